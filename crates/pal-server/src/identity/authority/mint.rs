//! The tokens that the authority makes: what is in them, and the answer they come in.
//!
//! Source: `clients.md` §5.3 and §5.8.

use pal_rules::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::jws;
use super::directory::{App, Realm, User};
use super::{Authority, Failure};

/// How long an access token is good for, in seconds.
pub(super) const LIFETIME: i64 = 3_600;

/// What a token is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose<'a> {
    pub(super) origin: &'a str,
    pub(super) realm: &'a Realm,
    pub(super) client_id: Uuid,
    pub(super) audience: &'a str,
    pub(super) now: Timestamp,
}

impl Purpose<'_> {
    /// The claims that all access tokens have.
    fn claims(self, subject: Uuid, roles: &[String]) -> Result<Value, Failure> {
        let tenant = self.realm.tenant.id;
        let now = seconds(self.now);
        let mut claims = json!({
            "aud": self.audience,
            "iss": format!("{}/{tenant}/", self.origin),
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "appid": self.client_id.to_string(),
            "oid": subject.to_string(),
            "sub": subject.to_string(),
            "tid": tenant.to_string(),
            "uti": jws::encode(super::super::secret::random::<16>()?),
            "ver": "1.0",
        });
        if !roles.is_empty() {
            add(&mut claims, json!({ "roles": roles }));
        }
        Ok(claims)
    }
}

impl Authority {
    /// The answer to a service principal. `acr` is how it proved itself: 1 with a secret, 2 with a key.
    pub(super) fn app_tokens(&self, purpose: Purpose<'_>, app: &App, acr: &str) -> Result<Value, Failure> {
        let mut claims = purpose.claims(app.object_id, &app.roles)?;
        add(&mut claims, json!({ "idtyp": "app", "appidacr": acr }));
        Ok(json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME - 1,
            "ext_expires_in": LIFETIME - 1,
            "access_token": self.signed(&claims)?,
        }))
    }

    /// The answer to a person, all but the refresh token: `home` is the tenant and object of the account, which
    /// may be another than the one that the tokens are for.
    pub(super) fn user_tokens(
        &self,
        purpose: Purpose<'_>,
        user: &User,
        (home, scope, nonce): ((Uuid, Uuid), &str, Option<&str>),
    ) -> Result<Value, Failure> {
        let mut claims = purpose.claims(user.object_id, &user.roles)?;
        add(
            &mut claims,
            json!({
                "scp": "user_impersonation", "appidacr": "0",
                "upn": user.upn, "unique_name": user.upn, "name": user.upn,
            }),
        );
        let client_info = json!({ "uid": home.1.to_string(), "utid": home.0.to_string() });
        Ok(json!({
            "token_type": "Bearer",
            "scope": scope,
            "expires_in": LIFETIME - 1,
            "ext_expires_in": LIFETIME - 1,
            "access_token": self.signed(&claims)?,
            "id_token": self.signed(&id_claims(purpose, user, nonce))?,
            "client_info": jws::encode(client_info.to_string()),
        }))
    }

    fn signed(&self, claims: &Value) -> Result<String, Failure> {
        self.0.signing.sign(claims).ok_or(Failure::Fault)
    }
}

fn id_claims(purpose: Purpose<'_>, user: &User, nonce: Option<&str>) -> Value {
    let tenant = purpose.realm.tenant.id;
    let now = seconds(purpose.now);
    let mut claims = json!({
        "aud": purpose.client_id.to_string(),
        "iss": format!("{}/{tenant}/v2.0", purpose.origin),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "name": user.upn,
        "oid": user.object_id.to_string(),
        "preferred_username": user.upn,
        "sub": user.object_id.to_string(),
        "tid": tenant.to_string(),
        "ver": "2.0",
    });
    if let Some(nonce) = nonce {
        add(&mut claims, json!({ "nonce": nonce }));
    }
    claims
}

/// Adds members to an object.
pub(super) fn add(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}
