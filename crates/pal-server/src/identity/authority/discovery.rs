//! The documents that clients and validators read before anything else: endpoints 4 to 6 of `clients.md` §4.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::asked::Asked;
use super::{Authority, Place};

/// What stands for the tenant in documents that are for all of them.
const TENANT: &str = "{tenantid}";

/// GET `/{t}/v2.0/.well-known/openid-configuration`.
pub(super) async fn v2(
    State(authority): State<Authority>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    document(&authority, &tenant, request, "/v2.0", "/discovery/v2.0/keys")
}

/// GET `/{t}/.well-known/openid-configuration`.
pub(super) async fn v1(
    State(authority): State<Authority>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    document(&authority, &tenant, request, "/", "/discovery/keys")
}

/// GET `/{t}/discovery/v2.0/keys` and `/{t}/discovery/keys`.
pub(super) async fn keys(State(authority): State<Authority>, Path(tenant): Path<String>) -> Response {
    match authority.place(&tenant) {
        Ok(_) => Json(authority.0.signing.key_set()).into_response(),
        Err(failure) => failure.answer(authority.0.clock.now()),
    }
}

fn document(authority: &Authority, tenant: &str, request: Request, issuer: &str, keys: &str) -> Response {
    let asked = Asked::plain(authority, request);
    let (named, issued) = match authority.place(tenant) {
        Ok(Place::Realm(realm)) => (realm.tenant.id.to_string(), realm.tenant.id.to_string()),
        Ok(Place::Anywhere(name)) => (name.to_owned(), TENANT.to_owned()),
        Err(failure) => return failure.answer(asked.now),
    };
    let host = &asked.origin;
    let oauth = format!("{host}/{named}/oauth2/v2.0");
    Json(json!({
        "issuer": format!("{host}/{issued}{issuer}"),
        "authorization_endpoint": format!("{oauth}/authorize"),
        "token_endpoint": format!("{oauth}/token"),
        "device_authorization_endpoint": format!("{oauth}/devicecode"),
        "jwks_uri": format!("{host}/{named}{keys}"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_modes_supported": ["query", "form_post"],
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver",
        ],
        "request_uri_parameter_supported": false,
    }))
    .into_response()
}
