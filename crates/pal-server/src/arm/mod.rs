//! The provider `Microsoft.ManagementPartner` and the front door it stands behind, as real Azure clients know
//! them (`wire.md`).
//!
//! One layer takes every request before routing: what lies under `/providers`, `/subscriptions`, `/tenants`
//! and `/metadata` is answered here, whatever it is, in ARM's shapes. The order of checks is the order of the
//! code: path, token, quota, body, api-version, route, link, id.

mod body;
pub(crate) mod describe;
mod envelope;
pub(crate) mod error;
pub(crate) mod operations;
pub(crate) mod partners;
pub(crate) mod path;
pub(crate) mod throttle;
pub(crate) mod version;

use std::borrow::Cow;

use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use tower::ServiceExt;
use uuid::Uuid;

use self::envelope::Stamp;
pub(crate) use self::envelope::{REQUEST_ID, Reply};
use self::error::ArmError;
use self::path::{Area, Path};
use self::throttle::Draw;
pub use self::throttle::Quota;
use crate::app::Shared;
use crate::caller::Caller;
use crate::observe::Asked;
use crate::{App, front};

/// The client's own id of a request.
pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const RETURN_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-return-client-request-id");

/// The longest of them that is kept; clients send a GUID.
const LONGEST_CLIENT_REQUEST_ID: usize = 128;

/// A request of an authenticated caller, on its way to a route.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) caller: Caller,
    /// HEAD is GET here: its body is dropped at the end.
    pub(crate) method: Method,
    pub(crate) version: String,
    request_id: Uuid,
    client_request_id: Option<String>,
}

impl Call {
    /// The error for a path that is known, and not by this method.
    pub(crate) fn method_refused(&self, allow: &'static str) -> ArmError {
        ArmError::Method { method: self.method.to_string(), allow }
    }
}

/// What comes before routing: the answer, and what it knows of its request.
///
/// - `inside`: what stands at paths that are not ARM's.
pub(crate) async fn front_door(shared: &Shared, request: Request, inside: Router) -> (Response, Asked) {
    let uri = request.uri().clone();
    let path = path::read(uri.path());
    let (mut response, asked) = match path {
        Ok(Path { area: None, .. }) => match inside.oneshot(request).await {
            Ok(response) => told(shared, response),
            Err(never) => match never {},
        },
        Ok(Path { area: Some(area), segments }) => answer(shared, area, &segments, request).await,
        Err(path::BadPath) => told(shared, refuse(shared, request.headers())),
    };
    if let Some(seconds) = shared.app.hsts_seconds {
        let value = HeaderValue::from_str(&format!("max-age={seconds}"));
        response.headers_mut().extend(value.map(|value| (header::STRICT_TRANSPORT_SECURITY, value)));
    }
    (response, asked)
}

/// An answer from behind ARM's paths, and what it knows of its request; each has an id, sign-in too.
fn told(shared: &Shared, mut response: Response) -> (Response, Asked) {
    let asked = response.extensions().get().copied();
    let asked = asked.unwrap_or_else(|| Asked { request_id: shared.app.ids.fresh(), caller: None });
    if !response.headers().contains_key(&REQUEST_ID)
        && let Ok(id) = HeaderValue::from_str(&asked.request_id.to_string())
    {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    (response, asked)
}

/// The answer to a request whose path leads nowhere.
pub(crate) fn refuse(shared: &Shared, headers: &HeaderMap) -> Response {
    let stamp = stamp(shared, headers);
    let asked = Asked { request_id: stamp.request_id, caller: None };
    let mut response = stamp.seal(ArmError::NoSuchPath.reply(&shared.app.sign_in.uri()));
    response.extensions_mut().insert(asked);
    response
}

async fn answer(
    shared: &Shared,
    area: Area,
    segments: &[Cow<'_, str>],
    request: Request,
) -> (Response, Asked) {
    let mut stamp = stamp(shared, request.headers());
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let reply = route(shared, area, &segments, request, &mut stamp).await;
    let asked = Asked { request_id: stamp.request_id, caller: stamp.caller };
    (stamp.seal(reply.unwrap_or_else(|error| error.reply(&shared.app.sign_in.uri()))), asked)
}

async fn route(
    shared: &Shared,
    area: Area,
    segments: &[&str],
    request: Request,
    stamp: &mut Stamp,
) -> Result<Reply, ArmError> {
    let app = &shared.app;
    match area {
        Area::Metadata => front::metadata(app, segments, &request),
        Area::Providers => provider(app, &authenticated(shared, request, stamp).await?, segments).await,
        Area::Subscriptions => front::subscriptions(&authenticated(shared, request, stamp).await?, segments),
        Area::Tenants => front::tenants(app, &authenticated(shared, request, stamp).await?, segments),
    }
}

fn stamp(shared: &Shared, headers: &HeaderMap) -> Stamp {
    let asked = headers
        .get(RETURN_CLIENT_REQUEST_ID)
        .is_some_and(|asked| asked.to_str().is_ok_and(|asked| asked.trim().eq_ignore_ascii_case("true")));
    Stamp {
        at: shared.app.clock.now(),
        request_id: shared.app.ids.fresh(),
        correlation_id: shared.app.ids.fresh(),
        caller: None,
        remaining: None,
        echo: headers.get(CLIENT_REQUEST_ID).filter(|_| asked).cloned(),
    }
}

/// All checks that come before the route.
async fn authenticated(shared: &Shared, request: Request, stamp: &mut Stamp) -> Result<Call, ArmError> {
    let (parts, body) = request.into_parts();
    let caller = Caller::of(&shared.app, &parts.headers, stamp.at).await;
    let caller = caller.map_err(|unknown| ArmError::unknown(unknown, stamp.at))?;
    stamp.caller = Some((caller.tenant(), caller.object_id()));
    draw(shared, &parts.method, &caller, stamp)?;
    body::discard(body, &parts.headers, shared.app.limits.body_bytes).await?;
    call(caller, parts, stamp.request_id)
}

fn draw(shared: &Shared, method: &Method, caller: &Caller, stamp: &mut Stamp) -> Result<(), ArmError> {
    let draw = Draw::of(method);
    match shared.draw(method, caller, stamp.at) {
        Ok(left) => stamp.remaining = left.map(|left| (draw, left)),
        Err(used_up) => {
            stamp.remaining = Some((draw, 0));
            return Err(ArmError::TooManyRequests { draw, used_up });
        }
    }
    Ok(())
}

fn call(caller: Caller, parts: Parts, request_id: Uuid) -> Result<Call, ArmError> {
    let version = version::required(parts.uri.query())?;
    Ok(Call {
        caller,
        method: if parts.method == Method::HEAD { Method::GET } else { parts.method },
        version,
        request_id,
        client_request_id: client_request_id(&parts.headers),
    })
}

/// The client's own id of a request, which it keeps over its retries.
pub(crate) fn client_request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(CLIENT_REQUEST_ID)?.to_str().ok()?.trim();
    (1..=LONGEST_CLIENT_REQUEST_ID).contains(&id.len()).then(|| id.to_owned())
}

async fn provider(app: &App, call: &Call, segments: &[&str]) -> Result<Reply, ArmError> {
    match *segments {
        ["microsoft.managementpartner", kind, ..] if !known(kind) || call.version != version::PROVIDER => {
            Err(ArmError::ResourceType { kind: kind.to_owned(), version: call.version.clone() })
        }
        ["microsoft.managementpartner", "operations"] => operations::answer(call),
        ["microsoft.managementpartner", "partners"] => partners::answer_own(app, call).await,
        ["microsoft.managementpartner", "partners", id] => partners::answer(app, call, id).await,
        [] | ["microsoft.managementpartner", ..] => Err(ArmError::NoSuchPath),
        [namespace, ..] => Err(ArmError::Namespace { namespace: namespace.to_owned() }),
    }
}

fn known(kind: &str) -> bool {
    matches!(kind, "partners" | "operations")
}
