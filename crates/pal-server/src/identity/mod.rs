//! Who signs tokens that this server believes: trusted issuers, or the built-in authority of a sandbox.

mod authority;
mod cache;
mod der;
mod fetch;
mod issuer;
mod json;
mod jws;
mod key;
mod key_store;
mod origins;
mod secret;
mod token;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use pal_rules::time::Timestamp;
use uuid::Uuid;

use cache::Cache;
use jws::Jws;
use key::Algorithm;
use key_store::Found;

use crate::caller::Kind;

pub use authority::{Authority, AuthorityProblem, Partner, PartnerKind, Tenant};
pub use fetch::{Fetch, FetchFailed};
pub use issuer::{IssuerProblem, IssuerSettings, TrustedIssuers};
pub use origins::{OriginProblem, Origins};
pub use secret::NoRandomness;
pub(crate) use secret::{random, sha256};

/// The instant after which a certificate (DER) does not hold.
pub(crate) fn certificate_end(der: &[u8]) -> Option<Timestamp> {
    der::certificate(der).map(|certificate| certificate.not_after)
}

/// What a token said, after its signature, issuer, audience and times were checked. Only this module can
/// make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    tenant: Uuid,
    object_id: Uuid,
    kind: Kind,
    name: Option<String>,
    client_id: Option<String>,
    roles: Vec<String>,
    expires_at: Timestamp,
}

impl Verified {
    /// The `tid` claim.
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The `oid` claim.
    pub fn object_id(&self) -> Uuid {
        self.object_id
    }

    /// Person or service principal.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// A name for people to read.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The `appid` or `azp` claim.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The `roles` claim as it stood.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }
}

/// Why a bearer token was not believed; the provider has a code for each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Signature, issuer, claims or form.
    #[error("the token is not one that this server believes")]
    Token,
    /// Meant for another service.
    #[error("the token is meant for another audience")]
    Audience,
    /// It was good once.
    #[error("the token expired at {expired_at}")]
    Expired {
        /// Its `exp`.
        expired_at: Timestamp,
    },
    /// The keys of its issuer cannot be had right now.
    #[error("the keys of the token's issuer cannot be read now")]
    KeysUnavailable,
}

/// How tokens are checked; cheap to clone.
#[derive(Debug, Clone)]
pub enum Authenticator {
    /// Opaque tokens in memory, for tests of what comes after sign-in.
    Fixed(Arc<BTreeMap<String, Arc<Verified>>>),
    /// Signed tokens of issuers, of the built-in authority, or of both for different tenants.
    Trusting(Arc<Trust>),
}

/// Whom an `Authenticator` believes.
pub struct Trust {
    issuers: Option<TrustedIssuers>,
    authority: Option<Authority>,
    cache: Cache,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

/// Tenants that a trusted issuer and the built-in authority would both sign in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tenant {0} is served by a trusted issuer and by the built-in authority; leave it to one of them")]
pub struct ServedTwice(pub Uuid);

/// A principal for `Authenticator::fixed`.
#[derive(Debug, Clone)]
pub struct FixedPrincipal {
    /// Its bearer token.
    pub token: String,
    /// Its tenant.
    pub tenant: Uuid,
    /// Its object id.
    pub object_id: Uuid,
    /// Person or service principal.
    pub kind: Kind,
    /// Its `roles` claim.
    pub roles: Vec<String>,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl Authenticator {
    /// Believes these tokens and no others.
    pub fn fixed(principals: impl IntoIterator<Item = FixedPrincipal>) -> Authenticator {
        let verified = |principal: FixedPrincipal| Verified {
            tenant: principal.tenant,
            object_id: principal.object_id,
            kind: principal.kind,
            name: None,
            client_id: None,
            roles: principal.roles,
            expires_at: principal.expires_at,
        };
        let tokens =
            principals.into_iter().map(|principal| (principal.token.clone(), Arc::new(verified(principal))));
        Authenticator::Fixed(Arc::new(tokens.collect()))
    }

    /// Believes these issuers and this authority.
    ///
    /// # Errors
    /// Both would sign in the same tenant.
    pub fn trusting(
        issuers: Option<TrustedIssuers>,
        authority: Option<Authority>,
    ) -> Result<Authenticator, ServedTwice> {
        let theirs: BTreeSet<Uuid> = issuers.iter().flat_map(TrustedIssuers::tenants).copied().collect();
        let ours = authority.iter().flat_map(Authority::tenants).map(|tenant| tenant.id);
        if let Some(twice) = ours.into_iter().find(|tenant| theirs.contains(tenant)) {
            return Err(ServedTwice(twice));
        }
        Ok(Authenticator::Trusting(Arc::new(Trust { issuers, authority, cache: Cache::default() })))
    }

    /// Checks a bearer token (without the word `Bearer`).
    ///
    /// # Errors
    /// The token is not believed; nothing of it may be logged.
    pub async fn verify(&self, bearer: &str, now: Timestamp) -> Result<Arc<Verified>, Refused> {
        let tokens = match self {
            Authenticator::Fixed(tokens) => tokens,
            Authenticator::Trusting(trust) => return trust.verify(bearer, now).await,
        };
        let verified = tokens.get(bearer).ok_or(Refused::Token)?;
        if verified.expires_at <= now {
            return Err(Refused::Expired { expired_at: verified.expires_at });
        }
        Ok(Arc::clone(verified))
    }

    /// Reads the keys of trusted issuers whose hour is over; at the start, all of them. To be called every
    /// minute or so.
    pub async fn refresh(&self, now: Timestamp) {
        if let Authenticator::Trusting(trust) = self
            && let Some(issuers) = &trust.issuers
        {
            issuers.refresh(now).await;
        }
    }

    /// Whether the keys of every tenant are at hand.
    pub fn ready(&self, now: Timestamp) -> bool {
        match self {
            Authenticator::Fixed(_) => true,
            Authenticator::Trusting(trust) => trust.issuers.as_ref().is_none_or(|issuers| issuers.ready(now)),
        }
    }
}

impl Trust {
    async fn verify(&self, bearer: &str, now: Timestamp) -> Result<Arc<Verified>, Refused> {
        let digest = secret::sha256(bearer.as_bytes());
        if let Some(verified) = self.cache.get(&digest, now) {
            return Ok(verified);
        }
        let token = Jws::parse(bearer).ok_or(Refused::Token)?;
        if token.header("alg") != Some("RS256") {
            return Err(Refused::Token);
        }
        let kid = token.header("kid").ok_or(Refused::Token)?;
        let origin = token::origin(token.claims()).ok_or(Refused::Token)?;
        let (found, issuers) = self.key(origin, kid, now).await;
        let key = match found {
            Found::Key(key) => key,
            Found::Unknown => return Err(Refused::Token),
            Found::Unavailable => return Err(Refused::KeysUnavailable),
        };
        if !key.jwk().key.signed(&token, Algorithm::Rs256) {
            return Err(Refused::Token);
        }
        let demands = self.demands(origin, &issuers).ok_or(Refused::Token)?;
        let verified = Arc::new(token::check(token.claims(), origin, demands, now)?);
        self.cache.insert(digest, Arc::clone(&verified), key);
        Ok(verified)
    }

    /// The key of this name that signs for the tenant, and the issuers its tokens may have.
    async fn key(&self, origin: token::Origin, kid: &str, now: Timestamp) -> (Found, Vec<String>) {
        if let Some(authority) = self.authority.as_ref().filter(|authority| authority.serves(origin.tenant)) {
            return (authority.key(origin, kid), authority.issuers(origin));
        }
        match self.issuers.as_ref().filter(|issuers| issuers.serves(origin.tenant)) {
            Some(issuers) => (issuers.key(origin, kid, now).await, vec![issuers.issuer(origin)]),
            None => (Found::Unknown, Vec::new()),
        }
    }

    fn demands<'a>(&'a self, origin: token::Origin, issuers: &'a [String]) -> Option<token::Demands<'a>> {
        if let Some(authority) = self.authority.as_ref().filter(|authority| authority.serves(origin.tenant)) {
            return Some(authority.demands(issuers));
        }
        self.issuers.as_ref().map(|trusted| trusted.demands(issuers))
    }
}
