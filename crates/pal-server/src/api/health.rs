//! Whether the process lives, whether it can serve, and its numbers: for supervisors, load balancers and scrapers.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, FORWARDED, VIA};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pal_rules::id::PartnerId;
use serde::Serialize;
use utoipa::ToSchema;

use super::SignedIn;
use super::problem::{Problem, ProblemBody, Refusals};
use crate::Shared;
use crate::caller::Role;
use crate::observe::Faulted;
use crate::serve::peer;

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
    let (readiness, fault) = readiness(&shared).await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, Json(readiness)).into_response();
    if let Some(fault) = fault {
        response.extensions_mut().insert(fault);
    }
    response
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
    let peer = peer(&parts.extensions);
    if !shared.app.open_metrics && !of_this_machine(peer, &parts.headers) {
        let signed_in = SignedIn::from_request_parts(&mut parts, &shared).await?;
        signed_in.must_be(&[Role::Operator, Role::Auditor])?;
    }
    let text = shared.metrics.text(readiness(&shared).await.0.ready);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

/// Whether nobody but a program on this machine asks: no proxy, either.
fn of_this_machine(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let forwarded = [FORWARDED, VIA].iter().any(|name| headers.contains_key(name))
        || headers.keys().any(|name| name == "x-real-ip" || name.as_str().starts_with("x-forwarded-"));
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) && !forwarded
}

/// Whether the server can serve, and if not, why, for the log.
async fn readiness(shared: &Shared) -> (Readiness, Option<Faulted>) {
    // Any row will do, and none will, too.
    let asked = match PartnerId::new("0") {
        Some(any) => shared.app.registry.partner(any).await.map(drop),
        None => Ok(()),
    };
    let without_keys = shared.app.authenticator.without_keys(shared.app.clock.now());
    let (registry, keys) = (asked.is_ok(), without_keys.is_empty());
    let fault = match asked {
        Err(fault) => Some(Faulted::of(&fault)),
        Ok(()) if keys => None,
        Ok(()) => {
            let tenants: Vec<String> = without_keys.iter().map(ToString::to_string).collect();
            Some(Faulted { chain: format!("the keys of tenant {} cannot be read", tenants.join(", ")) })
        }
    };
    (Readiness { ready: registry && keys, registry, keys }, fault)
}
