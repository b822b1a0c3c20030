//! What clients ask Azure's front door before they come to the provider: the cloud's description,
//! subscriptions, tenants (`clients.md` §5.1 and §5.5).
//!
//! **Absent:** subscriptions. A link belongs to a principal of a tenant, and this server has nothing that
//! could lie in a subscription: the list is empty, as for an account that has none in Azure.

use axum::extract::Request;
use axum::http::Method;
use serde_json::{Value, json};

use crate::App;
use crate::arm::describe::{ApiVersion, ErrorBody, Refusals};
use crate::arm::error::ArmError;
use crate::arm::{Call, Reply, version};

/// Read the cloud's description
///
/// As `az cloud register` and Az PowerShell ask for it; nobody needs a token.
#[utoipa::path(
    get,
    path = "/metadata/endpoints",
    tag = "front door",
    params(("api-version" = String, Query, description = "`2022-09-01`, `2019-05-01` or `1.0`", example = "2022-09-01")),
    security(()),
    responses(
        (status = 200, description = "An object, or a list of one, in the form of that version", body = Value),
        (status = 400, body = ErrorBody, description = "`api-version` is missing or none of ours"),
        (status = 405, body = ErrorBody, description = "The path does not take this method"),
    )
)]
pub(crate) fn metadata(app: &App, segments: &[&str], request: &Request) -> Result<Reply, ArmError> {
    let version = version::required(request.uri().query())?;
    if *segments != ["endpoints"] {
        return Err(ArmError::NoSuchPath);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ArmError::Method { method: request.method().to_string(), allow: "GET, HEAD" });
    }
    match version.as_str() {
        "2022-09-01" => Ok(Reply::ok(&cloud(app))),
        "2019-05-01" => Ok(Reply::ok(&json!([cloud(app)]))),
        "1.0" => Ok(Reply::ok(&legacy_cloud(app, "/"))),
        // The Azure CLI before 2.67 asks so, and puts a slash of its own behind the sign-in address.
        "2015-01-01" => Ok(Reply::ok(&legacy_cloud(app, ""))),
        _ => Err(ArmError::MetadataVersion { version }),
    }
}

fn cloud(app: &App) -> Value {
    let (origin, sign_in) = (&app.public_origin, &app.sign_in);
    json!({
        "name": "Pal",
        "portal": origin,
        "resourceManager": origin,
        "graph": format!("{origin}/graph/"),
        "graphAudience": format!("{origin}/graph/"),
        "authentication": {
            "loginEndpoint": sign_in.origin,
            "audiences": sign_in.audiences,
            "tenant": sign_in.tenant_or_common(),
            "identityProvider": "AAD",
        },
        "suffixes": {},
    })
}

/// As Az PowerShell asks for it; it wants each of the five, and none empty.
///
/// - `slash`: what stands at the end of the sign-in address.
fn legacy_cloud(app: &App, slash: &str) -> Value {
    let (origin, sign_in) = (&app.public_origin, &app.sign_in);
    json!({
        "galleryEndpoint": format!("{origin}/gallery/"),
        "graphEndpoint": format!("{origin}/graph/"),
        "portalEndpoint": format!("{origin}/"),
        "authentication": {
            "loginEndpoint": format!("{}{slash}", sign_in.origin),
            "audiences": sign_in.audiences,
        },
    })
}

/// List subscriptions
///
/// There are none, as for an account that has none in Azure.
#[utoipa::path(
    get,
    path = "/subscriptions",
    tag = "front door",
    params(ApiVersion),
    responses(
        (status = 200, description = "An empty list in `value`", body = Value),
        (status = 400, body = ErrorBody, description = "`api-version` is missing"),
        Refusals,
    )
)]
pub(crate) fn subscriptions(call: &Call, segments: &[&str]) -> Result<Reply, ArmError> {
    match (segments, &call.method) {
        ([], &Method::GET) => Ok(Reply::ok(&json!({ "value": [] }))),
        ([], _) => Err(call.method_refused("GET, HEAD")),
        ([subscription, ..], _) => Err(ArmError::Subscription { subscription: (*subscription).to_owned() }),
    }
}

/// List the caller's tenant
///
/// Its own, and no other.
#[utoipa::path(
    get,
    path = "/tenants",
    tag = "front door",
    params(ApiVersion),
    responses(
        (status = 200, description = "A list of one tenant in `value`", body = Value),
        (status = 400, body = ErrorBody, description = "`api-version` is missing"),
        Refusals,
    )
)]
pub(crate) fn tenants(app: &App, call: &Call, segments: &[&str]) -> Result<Reply, ArmError> {
    match (segments, &call.method) {
        ([], &Method::GET) => Ok(Reply::ok(&json!({ "value": [tenant(app, call)] }))),
        ([], _) => Err(call.method_refused("GET, HEAD")),
        _ => Err(ArmError::NoSuchPath),
    }
}

fn tenant(app: &App, call: &Call) -> Value {
    let id = call.caller.tenant();
    let mut tenant = json!({ "id": format!("/tenants/{id}"), "tenantId": id.to_string() });
    if let (Some(fields), Some(names)) = (tenant.as_object_mut(), app.tenants.get(&id)) {
        fields.insert("displayName".to_owned(), json!(names.display_name));
        fields.insert("defaultDomain".to_owned(), json!(names.domain));
    }
    if let Some(fields) = tenant.as_object_mut() {
        fields.insert("domains".to_owned(), json!([]));
        fields.insert("tenantCategory".to_owned(), json!("Home"));
    }
    tenant
}
