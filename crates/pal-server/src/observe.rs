//! What is seen of every exchange, for the log and for the metrics. Never a token, a secret, a query or a body.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use pal_rules::time::Timestamp;
use pal_store::registry::RegistryFault;
use uuid::Uuid;

use crate::Shared;

/// The longest part of a path, or of a client's id, that is told.
const TOLD: usize = 200;

/// A request and its answer, told once the answer is ready to be sent.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When the request came.
    pub at: Timestamp,
    /// How long the answer took.
    pub duration: Duration,
    /// The method.
    pub method: Method,
    /// The path as it came, without its query; cut where it is very long.
    pub path: String,
    /// Which part of the service it is for.
    pub area: Area,
    /// The status of the answer.
    pub status: u16,
    /// Our id of the request, which the answer, history and audit have too.
    pub request_id: Option<Uuid>,
    /// The client's own id of the request.
    pub client_request_id: Option<String>,
    /// Who asked: tenant and object id.
    pub caller: Option<(Uuid, Uuid)>,
    /// Where the connection comes from.
    pub peer: Option<SocketAddr>,
    /// Something that we must fix went wrong: the fault and its causes.
    pub fault: Option<String>,
}

/// A part of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Area {
    /// The provider, and the front door around it.
    Provider,
    /// Our own API.
    Api,
    /// Health and metrics.
    Health,
    /// Sign-in of the built-in authority, and whatever is nothing else.
    SignIn,
}

impl Area {
    /// The word for it in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Area::Provider => "provider",
            Area::Api => "api",
            Area::Health => "health",
            Area::SignIn => "sign_in",
        }
    }

    fn of(path: &str) -> Area {
        let first = path.split('/').nth(1).unwrap_or_default();
        let is = |words: &[&str]| words.iter().any(|word| first.eq_ignore_ascii_case(word));
        if is(&["providers", "subscriptions", "tenants", "metadata"]) {
            Area::Provider
        } else if is(&["api"]) {
            Area::Api
        } else if is(&["livez", "readyz", "metrics"]) {
            Area::Health
        } else {
            Area::SignIn
        }
    }
}

/// Who is told of every exchange; cheap to clone.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Exchange) + Send + Sync>);

impl Observer {
    /// Tells `told`, on the thread that answers: it must not wait.
    pub fn new(told: impl Fn(&Exchange) + Send + Sync + 'static) -> Observer {
        Observer(Arc::new(told))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// What an answer knows of its request: an extension of the response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) request_id: Uuid,
    pub(crate) caller: Option<(Uuid, Uuid)>,
}

/// Something that we must fix went wrong in this request: an extension of the response, for the log.
#[derive(Debug, Clone)]
pub(crate) struct Faulted {
    pub(crate) chain: String,
}

impl Faulted {
    /// A fault with all its causes.
    pub(crate) fn of(fault: &RegistryFault) -> Faulted {
        let first: &dyn std::error::Error = fault;
        let causes = std::iter::successors(Some(first), |fault| fault.source());
        let chain: Vec<String> = causes.map(ToString::to_string).collect();
        Faulted { chain: chain.join(": ") }
    }
}

/// The outermost layer: sees what comes and what goes.
pub(crate) async fn exchange(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let clock = &shared.app.clock;
    let (at, started) = (clock.now(), clock.elapsed());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let (method, path) = (request.method().clone(), told(request.uri().path()));
    let area = Area::of(request.uri().path());
    let client_request_id = request.headers().get("x-ms-client-request-id");
    let client_request_id = client_request_id.and_then(|id| id.to_str().ok()).map(told);
    let _under_way = shared.metrics.under_way();
    let response = next.run(request).await;
    let asked = response.extensions().get::<Asked>();
    let exchange = Exchange {
        at,
        duration: clock.elapsed().saturating_sub(started),
        method,
        path,
        area,
        status: response.status().as_u16(),
        request_id: asked.map(|asked| asked.request_id),
        client_request_id,
        caller: asked.and_then(|asked| asked.caller),
        peer,
        fault: response.extensions().get::<Faulted>().map(|fault| fault.chain.clone()),
    };
    shared.metrics.count(&exchange);
    if let Some(Observer(told)) = &shared.app.observer {
        told(&exchange);
    }
    response
}

fn told(text: &str) -> String {
    text.chars().take(TOLD).collect()
}
