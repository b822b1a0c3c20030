//! How an app proves itself: with its secret, with an assertion signed by its certificate's key, or with a token
//! of an issuer elsewhere.

use pal_rules::time::Timestamp;

use super::super::json::{self, Object};
use super::super::jws::Jws;
use super::super::key::Algorithm;
use super::asked::Asked;
use super::directory::{App, Certificate, Federated, Realm};
use super::throttle::Attempt;
use super::{Authority, Failure, locked};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The audience of tokens from elsewhere.
const EXCHANGE: &str = "api://AzureADTokenExchange";
/// How far clocks may be apart, in seconds.
const SKEW: i64 = 300;
/// How long an assertion may be good for, in seconds: its `jti` is remembered that long.
const LONGEST: i64 = 86_400;

impl Authority {
    /// Checks the app's credential; answers how it proved itself, as `appidacr` has it.
    pub(super) fn prove(&self, realm: &Realm, app: &App, asked: &Asked) -> Result<&'static str, Failure> {
        let account = format!("{}/{}", realm.tenant.id, app.client_id);
        let attempt = Attempt::new(&account, asked.address);
        self.attempt(attempt, asked.now, || match asked.fields.get("client_assertion") {
            Some(assertion) => self.assertion(realm, app, asked, assertion).map(|()| "2"),
            None => secret(app, asked).map(|()| "1"),
        })
    }

    fn assertion(&self, realm: &Realm, app: &App, asked: &Asked, assertion: &str) -> Result<(), Failure> {
        if asked.fields.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(Failure::AssertionType);
        }
        let token = Jws::parse(assertion).ok_or(Failure::Assertion)?;
        let issuer = text(token.claims(), "iss").ok_or(Failure::Assertion)?;
        if issuer.eq_ignore_ascii_case(&app.client_id.to_string()) {
            let certificate = app.certificate.as_ref().ok_or(Failure::AssertionKey)?;
            signed_by_certificate(certificate, &token, asked.now)?;
            return self.own_claims(realm, app, asked, token.claims());
        }
        federated(app.federated.as_ref().ok_or(Failure::Federated("issuer"))?, &token, asked.now)
    }

    /// The claims of an assertion that the app signed itself.
    fn own_claims(&self, realm: &Realm, app: &App, asked: &Asked, claims: &Object) -> Result<(), Failure> {
        let client = app.client_id.to_string();
        if !text(claims, "sub").is_some_and(|subject| subject.eq_ignore_ascii_case(&client)) {
            return Err(Failure::Assertion);
        }
        let audience = text(claims, "aud").ok_or(Failure::AssertionAudience)?;
        if !self.is_here(realm, audience) {
            return Err(Failure::AssertionAudience);
        }
        let ends = times(claims, asked.now)?;
        let jti = text(claims, "jti").filter(|jti| !jti.is_empty()).ok_or(Failure::Assertion)?;
        self.use_once(&format!("{client}/{jti}"), ends, asked.now)
    }

    /// Whether the audience is the token endpoint of this tenant, by any of its names.
    fn is_here(&self, realm: &Realm, audience: &str) -> bool {
        let id = realm.tenant.id.to_string();
        let names = [&id, &realm.tenant.domain];
        self.0.origins.all().flat_map(|origin| names.map(|name| format!("{origin}/{name}"))).any(|base| {
            ["/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/"]
                .iter()
                .any(|end| audience.eq_ignore_ascii_case(&format!("{base}{end}")))
        })
    }

    /// Remembers an assertion until it ends. When too many are remembered, new ones are refused: forgetting one
    /// would let it be used again.
    fn use_once(&self, name: &str, ends: Timestamp, now: Timestamp) -> Result<(), Failure> {
        let mut used = locked(&self.0.assertions);
        if used.get_mut(name, now).is_some() {
            return Err(Failure::AssertionReplay);
        }
        if used.len() >= super::ASSERTIONS {
            used.prune(now);
        }
        if used.len() >= super::ASSERTIONS {
            return Err(Failure::Throttled(60));
        }
        used.put_behind(name, (), ends);
        Ok(())
    }
}

fn secret(app: &App, asked: &Asked) -> Result<(), Failure> {
    let given = asked.fields.get("client_secret").ok_or(Failure::NoCredential)?;
    let matches = app.secret.as_ref().is_some_and(|secret| secret.matches(given));
    if matches { Ok(()) } else { Err(Failure::Secret(app.client_id.to_string())) }
}

/// The certificate is named by `x5t` or `x5t#S256`, still holds, and its key signed.
fn signed_by_certificate(certificate: &Certificate, token: &Jws<'_>, now: Timestamp) -> Result<(), Failure> {
    let algorithm = match token.header("alg") {
        Some("RS256") => Algorithm::Rs256,
        Some("PS256") => Algorithm::Ps256,
        _ => return Err(Failure::Assertion),
    };
    // MSAL for Python writes the SHA-1 name with padding.
    let name = |member: &str| token.header(member).map(|name| name.trim_end_matches('='));
    let (s256, sha1) = (name("x5t#S256"), name("x5t"));
    let named = (s256.is_some() || sha1.is_some())
        && s256.is_none_or(|name| name == certificate.x5t_s256)
        && sha1.is_none_or(|name| name == certificate.x5t);
    let holds = named && now <= certificate.not_after && certificate.key.signed(token, algorithm);
    if holds { Ok(()) } else { Err(Failure::AssertionKey) }
}

/// A token of the issuer, about the subject, that the app is registered with.
fn federated(federated: &Federated, token: &Jws<'_>, now: Timestamp) -> Result<(), Failure> {
    let claims = token.claims();
    if text(claims, "iss") != Some(&federated.issuer) {
        return Err(Failure::Federated("issuer"));
    }
    let key = match (token.header("alg"), token.header("kid")) {
        (Some("RS256"), Some(kid)) => federated.keys.iter().find(|key| key.kid == kid),
        _ => return Err(Failure::Assertion),
    };
    if !key.is_some_and(|key| key.key.signed(token, Algorithm::Rs256)) {
        return Err(Failure::AssertionKey);
    }
    if text(claims, "sub") != Some(&federated.subject) {
        return Err(Failure::Federated("subject"));
    }
    if text(claims, "aud") != Some(EXCHANGE) {
        return Err(Failure::Federated("audience"));
    }
    times(claims, now).map(|_| ())
}

/// Checks `exp`, `nbf` and `iat`; answers until when the assertion could be used.
fn times(claims: &Object, now: Timestamp) -> Result<Timestamp, Failure> {
    let now = now.micros().div_euclid(1_000_000);
    let read = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => json::whole_seconds(value).map(Some).ok_or(Failure::Assertion),
    };
    let ends = read("exp")?.ok_or(Failure::Assertion)?;
    let begun = |at: Option<i64>| at.is_none_or(|at| at <= now + SKEW);
    if !begun(read("nbf")?) || !begun(read("iat")?) || ends <= now - SKEW || ends > now + LONGEST + SKEW {
        return Err(Failure::AssertionTime);
    }
    Ok(Timestamp::from_micros((ends + SKEW) * 1_000_000))
}

fn text<'a>(claims: &'a Object, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}
