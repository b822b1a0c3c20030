//! The grants of people: what a code, a device code or a refresh token stands for, and what it is redeemed for.

use pal_rules::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::jws;
use super::super::secret::{Secret, sha256};
use super::asked::{Asked, Fields};
use super::directory::{Realm, User};
use super::mint::{Purpose, add};
use super::throttle::Attempt;
use super::{Authority, Failure, Place, after, locked};

/// Clients of Microsoft's that everybody has and that keep no secret: the Azure CLI and the SDKs, Az PowerShell.
const PUBLIC_CLIENTS: [&str; 2] =
    ["04b07795-8ddb-461a-bbee-02f9e1bf7b46", "1950a258-227b-4e31-a9cf-717495945fc2"];
/// How long a refresh token holds, in seconds.
const REFRESH_LIFETIME: i64 = 86_400;
/// How long a refresh token holds once it was used, in seconds: its answer may have been lost.
const REFRESH_GRACE: i64 = 60;

/// A person who signed in to a client.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// Where the person signed in.
    pub(super) tenant: Uuid,
    pub(super) upn: String,
    pub(super) client_id: Uuid,
    pub(super) scope: String,
}

/// What an authorization code stands for.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
}

/// What a device code stands for.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) place: String,
    pub(super) client_id: Uuid,
    pub(super) scope: String,
    pub(super) ends: Timestamp,
    pub(super) answer: DeviceAnswer,
}

/// What the person said at the device page.
#[derive(Debug, Clone)]
pub(super) enum DeviceAnswer {
    /// Nothing yet.
    Waiting,
    /// Go on, as this one.
    Approved { tenant: Uuid, upn: String },
    /// Stop.
    Declined,
}

impl Authority {
    /// Checks a name and a password. An unknown name costs the same time and answer as a wrong password.
    pub(super) fn sign_in<'a>(
        &'a self,
        place: Place<'a>,
        upn: &str,
        password: &str,
        asked: &Asked,
    ) -> Result<(&'a Realm, &'a User), Failure> {
        self.attempt(Attempt::new(upn, asked.address), asked.now, || {
            let found = self.person(place, upn).ok();
            let nobody = Secret::new("");
            let matches = found.map_or(&nobody, |(_, user)| &user.password).matches(password);
            found.filter(|_| matches).ok_or(Failure::Password)
        })
    }

    /// The person of this name in a place.
    pub(super) fn person<'a>(
        &'a self,
        place: Place<'a>,
        upn: &str,
    ) -> Result<(&'a Realm, &'a User), Failure> {
        let (realm, name) = match place {
            Place::Realm(realm) => (Some(realm), realm.tenant.name.as_str()),
            Place::Anywhere(name) => (self.0.directory.home(upn), name),
        };
        let found = realm.and_then(|realm| Some((realm, realm.user(upn)?)));
        found.ok_or_else(|| Failure::UserNotInTenant(name.to_owned()))
    }

    /// The client that wants to sign people in: one of everybody's, or an app of the place.
    pub(super) fn client(&self, place: Place<'_>, fields: &Fields) -> Result<Uuid, Failure> {
        let client_id = fields.client_id()?;
        let known = public(client_id)
            || match place {
                Place::Realm(realm) => realm.app(client_id).is_some(),
                Place::Anywhere(_) => {
                    self.0.directory.realms.iter().any(|realm| realm.app(client_id).is_some())
                }
            };
        let tenant = match place {
            Place::Realm(realm) => &realm.tenant.name,
            Place::Anywhere(name) => name,
        };
        let unknown = || Failure::UnknownApp { client: client_id.to_string(), tenant: tenant.to_owned() };
        if known { Ok(client_id) } else { Err(unknown()) }
    }

    /// Redeems an authorization code, once.
    pub(super) fn authorization_code(&self, place: Place<'_>, asked: &Asked) -> Result<Value, Failure> {
        let client_id = self.client(place, &asked.fields)?;
        let text = asked.fields.need("code")?;
        let code = locked(&self.0.codes).take(text, asked.now).ok_or(Failure::Grant)?;
        if code.grant.client_id != client_id {
            return Err(Failure::Grant);
        }
        if asked.fields.get("redirect_uri") != Some(&code.redirect_uri) {
            return Err(Failure::ReplyAddress);
        }
        let verifier = asked.fields.need("code_verifier")?;
        if !Secret::new(&jws::encode(sha256(verifier.as_bytes()))).matches(&code.challenge) {
            return Err(Failure::Verifier);
        }
        let grant = rescoped(code.grant, asked);
        self.tokens(place, &grant, asked, code.nonce.as_deref())
    }

    /// Redeems a refresh token. The answer brings a new one; the old one holds for a minute more.
    pub(super) fn refresh_token(&self, place: Place<'_>, asked: &Asked) -> Result<Value, Failure> {
        let client_id = self.client(place, &asked.fields)?;
        let text = asked.fields.need("refresh_token")?;
        let grant = locked(&self.0.refresh_tokens).get_mut(text, asked.now).cloned();
        let grant = grant.filter(|grant| grant.client_id == client_id).ok_or(Failure::Grant)?;
        let answer = self.tokens(place, &rescoped(grant, asked), asked, None)?;
        locked(&self.0.refresh_tokens).shorten(text, after(asked.now, REFRESH_GRACE));
        Ok(answer)
    }

    /// Redeems a device code, once its person has answered.
    pub(super) fn device_code(&self, place: Place<'_>, asked: &Asked) -> Result<Value, Failure> {
        let client_id = self.client(place, &asked.fields)?;
        let text = asked.fields.get("device_code").or_else(|| asked.fields.get("code"));
        let text = text.ok_or(Failure::Missing("device_code"))?;
        let device = locked(&self.0.devices).get_mut(text, asked.now).cloned();
        let device = device.filter(|device| device.client_id == client_id).ok_or(Failure::DeviceCode)?;
        if device.ends <= asked.now {
            return Err(Failure::DeviceExpired);
        }
        let (tenant, upn) = match device.answer {
            DeviceAnswer::Waiting => return Err(Failure::Pending),
            DeviceAnswer::Declined => return Err(Failure::Declined),
            DeviceAnswer::Approved { tenant, upn } => (tenant, upn),
        };
        let grant = Grant { tenant, upn, client_id, scope: device.scope };
        let answer = self.tokens(place, &grant, asked, None)?;
        // Two polls at once may both have come this far: the code is for one of them.
        locked(&self.0.devices).take(text, asked.now).ok_or(Failure::DeviceCode)?;
        Ok(answer)
    }

    /// The answer to a person who signed in, in this place: where the sign-in was, or another tenant that has a
    /// user of the same name.
    fn tokens(
        &self,
        place: Place<'_>,
        grant: &Grant,
        asked: &Asked,
        nonce: Option<&str>,
    ) -> Result<Value, Failure> {
        let (realm, user, home) = self.reached(place, grant)?;
        if !public(grant.client_id) {
            let unknown = || Failure::UnknownApp {
                client: grant.client_id.to_string(),
                tenant: realm.tenant.name.clone(),
            };
            let app = realm.app(grant.client_id).ok_or_else(unknown)?;
            if app.has_credential() {
                self.prove(realm, app, asked)?;
            }
        }
        let audience = self.audience(&grant.scope, &realm.tenant.name)?;
        let client_id = grant.client_id;
        let purpose =
            Purpose { origin: &asked.origin, realm, client_id, audience: &audience, now: asked.now };
        let scope = format!("{audience}/user_impersonation {audience}/.default");
        let mut answer = self.user_tokens(purpose, user, (home, &scope, nonce))?;
        let until = after(asked.now, REFRESH_LIFETIME);
        let refresh_token = locked(&self.0.refresh_tokens).put(grant.clone(), until)?;
        add(&mut answer, json!({ "refresh_token": refresh_token }));
        Ok(answer)
    }

    /// The person of a grant in this place, and the account they are of. Only who signed in at home reaches other
    /// tenants: the password of a guest opens the one tenant that it is for.
    fn reached<'a>(&'a self, place: Place<'a>, grant: &Grant) -> Result<Reached<'a>, Failure> {
        let home = self.0.directory.home(&grant.upn);
        let at_home = home.is_some_and(|home| home.tenant.id == grant.tenant);
        let signed_in = self.0.directory.realms.iter().find(|realm| realm.tenant.id == grant.tenant);
        let place = match (place, signed_in) {
            (Place::Anywhere(_), Some(realm)) => Place::Realm(realm),
            (place, _) => place,
        };
        let (realm, user) = self.person(place, &grant.upn)?;
        if !at_home && realm.tenant.id != grant.tenant {
            return Err(Failure::UserNotInTenant(realm.tenant.name.clone()));
        }
        let account = home.and_then(|home| Some((home.tenant.id, home.user(&grant.upn)?.object_id)));
        Ok((realm, user, account.unwrap_or((realm.tenant.id, user.object_id))))
    }
}

/// The tenant, the user in it, and tenant and object of the account.
type Reached<'a> = (&'a Realm, &'a User, (Uuid, Uuid));

/// A grant for the scope that is asked for now, or for the one it was given for.
fn rescoped(grant: Grant, asked: &Asked) -> Grant {
    match asked.fields.get("scope") {
        Some(scope) => Grant { scope: scope.to_owned(), ..grant },
        None => grant,
    }
}

fn public(client_id: Uuid) -> bool {
    PUBLIC_CLIENTS.contains(&client_id.to_string().as_str())
}
