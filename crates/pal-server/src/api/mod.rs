//! Our own API beside the provider's: all links that a caller may see, their history, the partner directory.
//!
//! One table of routes; the description of the API is made from the same handlers. Whoever is not given a role sees its
//! own link and nothing else; what is out of reach looks like what is not there.

mod caller;
mod health;
mod link;
mod object;
mod page;
mod partner;
mod problem;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use pal_store::registry;
use serde::de::DeserializeOwned;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::Shared;
use crate::arm::{REQUEST_ID, client_request_id};
use crate::caller::{Caller, Role};
use crate::describe::{self, OwnApi};
use crate::observe::Asked;
use problem::Problem;

/// Every route, once, and the description made from them.
fn table() -> (Router<Arc<Shared>>, OpenApi) {
    OpenApiRouter::with_openapi(<OwnApi as utoipa::OpenApi>::openapi())
        .routes(routes!(caller::show_caller))
        .routes(routes!(link::list_links))
        .routes(routes!(link::show_link))
        .routes(routes!(link::list_link_history))
        .routes(routes!(partner::list_partners, partner::put_partners))
        .routes(routes!(partner::show_partner))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .split_for_parts()
}

/// The description of our own API.
pub fn own_api() -> OpenApi {
    table().1
}

/// The routes with everything around them.
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let (routes, _) = table();
    let documents = Router::new()
        .route("/api/openapi.json", get(async || describe::answer(&own_api())))
        .route("/api/provider.openapi.json", get(async || describe::answer(&describe::provider_api())))
        .route("/api/docs", get(async || page::answer(&[own_api(), describe::provider_api()])))
        .route("/api", get(nothing))
        .route("/api/", get(nothing))
        .route("/api/{*rest}", get(nothing));
    routes
        .merge(documents)
        .method_not_allowed_fallback(async || Problem::Method)
        .layer(from_fn_with_state(shared.clone(), around))
}

async fn nothing() -> Problem {
    Problem::NoSuchPath
}

/// A request as our own API knows it from its first layer on.
#[derive(Debug, Clone)]
struct Ticket {
    request_id: Uuid,
    /// Who asks, once that is known: tenant and object id, for the log.
    caller: Arc<OnceLock<(Uuid, Uuid)>>,
}

/// Around every answer: its id, and that it is nobody else's to keep.
async fn around(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let ticket = Ticket { request_id: shared.app.ids.fresh(), caller: Arc::default() };
    request.extensions_mut().insert(ticket.clone());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.answer(&response, ticket.request_id, &shared.app.sign_in.uri());
    }
    let caller = ticket.caller.get().copied();
    response.extensions_mut().insert(Asked { request_id: ticket.request_id, caller });
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&ticket.request_id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// An authenticated caller within its quota; whoever has none is refused before the handler.
#[derive(Debug)]
struct SignedIn {
    caller: Caller,
    request_id: Uuid,
    client_request_id: Option<String>,
}

impl FromRequestParts<Arc<Shared>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<SignedIn, Problem> {
        let now = shared.app.clock.now();
        let ticket = parts.extensions.get::<Ticket>().cloned().ok_or(Problem::NoSuchPath)?;
        let caller = Caller::of(&shared.app, &parts.headers, now).await.map_err(Problem::unknown)?;
        let _ = ticket.caller.set((caller.tenant(), caller.object_id()));
        shared.draw(&parts.method, &caller, now).map_err(Problem::TooMany)?;
        let client_request_id = client_request_id(&parts.headers);
        Ok(SignedIn { caller, request_id: ticket.request_id, client_request_id })
    }
}

impl SignedIn {
    /// Refuses whoever was not given one of these roles.
    fn must_be(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.iter().any(|role| self.caller.has(*role)) {
            return Ok(());
        }
        Err(Problem::Forbidden { roles: roles.iter().map(|role| role.as_str()).collect() })
    }

    /// What the audit log keeps of the request.
    fn request(&self) -> registry::Request {
        registry::Request {
            client_request_id: self.client_request_id.clone(),
            request_id: self.request_id,
            caller_name: self.caller.name().map(str::to_owned),
            client_id: self.caller.client_id().map(str::to_owned),
            via: "own_api",
        }
    }
}

/// What stands in a path; what cannot be read is not there.
struct Placed<T>(T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Placed<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Placed<T>, Problem> {
        let placed = Path::<T>::from_request_parts(parts, shared).await;
        placed
            .map(|Path(placed)| Placed(placed))
            .map_err(|_| Problem::NotFound { what: "resource", hint: None })
    }
}

/// What stands in a query.
struct Asking<T>(T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Asking<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Asking<T>, Problem> {
        let asking = Query::<T>::from_request_parts(parts, shared).await;
        asking.map(|Query(asking)| Asking(asking)).map_err(|error| Problem::Parameter {
            detail: format!("the query cannot be read: {}", error.body_text()),
        })
    }
}
