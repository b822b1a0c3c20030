//! What is seen of every exchange, for the log and for the metrics. Never a token, a secret, a query or a body.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, Uri};
use axum::response::Response;
use pal_rules::time::Timestamp;
use pal_store::registry::RegistryFault;
use uuid::Uuid;

use crate::Shared;
use crate::arm::{CLIENT_REQUEST_ID, path};
use crate::metrics::UnderWay;
use crate::serve::peer;

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
    pub request_id: Uuid,
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

    /// The part that a raw path leads to. Only ARM's words may be written in other ways, as the front door reads them.
    fn of(path: &str) -> Area {
        let Ok(Some(first)) = path::first(path) else { return Area::SignIn };
        match (first.area, first.segment) {
            (Some(_), _) => Area::Provider,
            (None, Cow::Borrowed("api")) => Area::Api,
            (None, Cow::Borrowed("livez" | "readyz" | "metrics")) => Area::Health,
            (None, _) => Area::SignIn,
        }
    }
}

/// Who is told of exchanges; cheap to clone.
#[derive(Clone)]
pub struct Observer {
    told: Arc<dyn Fn(&Exchange) + Send + Sync>,
    wants_all: bool,
}

impl Observer {
    /// Tells `told` of every exchange, on the thread that answers: it must not wait.
    pub fn of_all(told: impl Fn(&Exchange) + Send + Sync + 'static) -> Observer {
        Observer { told: Arc::new(told), wants_all: true }
    }

    /// Tells `told` of those that failed for a reason of ours.
    pub fn of_faults(told: impl Fn(&Exchange) + Send + Sync + 'static) -> Observer {
        Observer { told: Arc::new(told), wants_all: false }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// What an answer knows of its request.
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

/// What is known of an exchange before it is answered. Nothing is copied that a log may not want.
pub(crate) struct Begun {
    at: Timestamp,
    started: Duration,
    method: Method,
    uri: Uri,
    client_request_id: Option<HeaderValue>,
    peer: Option<SocketAddr>,
    _under_way: UnderWay,
}

impl Begun {
    pub(crate) fn of(shared: &Shared, request: &Request) -> Begun {
        let clock = &shared.app.clock;
        Begun {
            at: clock.now(),
            started: clock.elapsed(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            client_request_id: request.headers().get(CLIENT_REQUEST_ID).cloned(),
            peer: peer(request.extensions()),
            _under_way: shared.metrics.under_way(),
        }
    }

    /// Counts the exchange, and tells whoever wants to know of it.
    pub(crate) fn end(self, shared: &Shared, response: &Response, asked: Asked) {
        let duration = shared.app.clock.elapsed().saturating_sub(self.started);
        let area = Area::of(self.uri.path());
        let fault = response.extensions().get::<Faulted>();
        let status = response.status().as_u16();
        shared.metrics.count(area, (&self.method, status), duration, fault.is_some());
        let Some(observer) = &shared.app.observer else { return };
        if fault.is_none() && !observer.wants_all {
            return;
        }
        let client_request_id = self.client_request_id.as_ref().and_then(|id| id.to_str().ok());
        (observer.told)(&Exchange {
            at: self.at,
            duration,
            method: self.method,
            path: told(self.uri.path()),
            area,
            status,
            request_id: asked.request_id,
            client_request_id: client_request_id.map(told),
            caller: asked.caller,
            peer: self.peer,
            fault: fault.map(|fault| fault.chain.clone()),
        });
    }
}

fn told(text: &str) -> String {
    text.chars().take(TOLD).collect()
}
