//! POST `/{t}/oauth2/v2.0/token`: endpoint 7 of `clients.md` §4, one function per grant.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::asked::Asked;
use super::mint::Purpose;
use super::{Authority, Failure, Place};

/// Answers a token request.
pub(super) async fn token(
    State(authority): State<Authority>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    let answer = match Asked::form(&authority, request).await {
        Ok(asked) => authority.redeem(&tenant, &asked),
        Err(failure) => Err(failure),
    };
    match answer {
        Ok(body) => ([(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], Json(body)).into_response(),
        Err(failure) => failure.answer(authority.0.clock.now()),
    }
}

impl Authority {
    fn redeem(&self, tenant: &str, asked: &Asked) -> Result<Value, Failure> {
        let place = self.place(tenant)?;
        match asked.fields.need("grant_type")? {
            "client_credentials" => self.client_credentials(place, asked),
            "authorization_code" => self.authorization_code(place, asked),
            "refresh_token" => self.refresh_token(place, asked),
            "device_code" | "urn:ietf:params:oauth:grant-type:device_code" => self.device_code(place, asked),
            other => Err(Failure::GrantType(other.to_owned())),
        }
    }

    fn client_credentials(&self, place: Place<'_>, asked: &Asked) -> Result<Value, Failure> {
        let Place::Realm(realm) = place else { return Err(Failure::NoTenant) };
        let client_id = asked.fields.client_id()?;
        let app = realm.app(client_id).ok_or_else(|| Failure::UnknownApp {
            client: client_id.to_string(),
            tenant: realm.tenant.name.clone(),
        })?;
        let acr = self.prove(realm, app, asked)?;
        let scope = asked.fields.need("scope")?;
        if !scope.split(' ').any(|scope| scope.ends_with("/.default")) {
            return Err(Failure::NotDefaultScope(scope.to_owned()));
        }
        let audience = self.audience(scope, &realm.tenant.name)?;
        let purpose =
            Purpose { origin: &asked.origin, realm, client_id, audience: &audience, now: asked.now };
        self.app_tokens(purpose, app, acr)
    }
}
