//! Whether the process lives, whether it can serve, and its numbers: for supervisors, load balancers and scrapers.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, FORWARDED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pal_rules::id::PartnerId;
use serde::Serialize;
use utoipa::ToSchema;

use super::SignedIn;
use super::problem::{Problem, ProblemBody, Refusals};
use crate::Shared;
use crate::caller::Role;

/// Whether the server can serve.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Readiness {
    /// Whether requests are answered as they should be.
    ready: bool,
    /// Whether the registry can be read.
    registry: bool,
    /// Whether the keys of every trusted issuer are at hand.
    keys: bool,
}

/// Tell whether the process lives
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    security(()),
    responses((status = 200, body = String, content_type = "text/plain", description = "It does"))
)]
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Tell whether the server can serve
///
/// 503 while the registry or the keys of an issuer cannot be read.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    security(()),
    responses(
        (status = 200, body = Readiness, description = "It can"),
        (status = 503, body = Readiness, description = "It cannot, now"),
    )
)]
pub(super) async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    let readiness = readiness(&shared).await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

/// Read the server's numbers
///
/// In the text form of Prometheus. For scrapers on the machine itself; from elsewhere, and through a proxy, for
/// operators and auditors, or for everybody where the server is told so.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    security((), ("bearer" = [])),
    responses(
        (status = 200, body = String, content_type = "application/openmetrics-text", description = "The numbers"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json",
            description = "The caller is neither operator nor auditor"),
        Refusals,
    )
)]
pub(super) async fn metrics(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    if !shared.app.open_metrics && !of_this_machine(peer, &parts.headers) {
        let signed_in = SignedIn::from_request_parts(&mut parts, &shared).await?;
        signed_in.must_be(&[Role::Operator, Role::Auditor])?;
    }
    let text = shared.metrics.text(readiness(&shared).await.ready);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

/// Whether nobody but a program on this machine asks: no proxy, either.
fn of_this_machine(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let forwarded = headers.contains_key(FORWARDED)
        || headers.keys().any(|name| name.as_str().starts_with("x-forwarded-"));
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) && !forwarded
}

async fn readiness(shared: &Shared) -> Readiness {
    // Any row will do, and none will, too.
    let registry = match PartnerId::new("0") {
        Some(any) => shared.app.registry.partner(any).await.is_ok(),
        None => false,
    };
    let keys = shared.app.authenticator.ready(shared.app.clock.now());
    Readiness { ready: registry && keys, registry, keys }
}
