//! Who signs tokens that this server believes: trusted issuers, or the built-in authority of a sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;

use pal_rules::time::Timestamp;
use uuid::Uuid;

use crate::caller::Kind;

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

/// How tokens are checked.
#[derive(Debug, Clone)]
pub enum Authenticator {
    /// Opaque tokens in memory, for tests of what comes after sign-in.
    Fixed(Arc<BTreeMap<String, Verified>>),
}

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
        let tokens = principals.into_iter().map(|principal| (principal.token.clone(), verified(principal)));
        Authenticator::Fixed(Arc::new(tokens.collect()))
    }

    /// Checks a bearer token (without the word `Bearer`).
    ///
    /// # Errors
    /// The token is not believed; nothing of it may be logged.
    #[expect(clippy::unused_async, reason = "issuers' keys are fetched here")]
    pub async fn verify(&self, bearer: &str, now: Timestamp) -> Result<Verified, Refused> {
        let Authenticator::Fixed(tokens) = self;
        let verified = tokens.get(bearer).ok_or(Refused::Token)?;
        if verified.expires_at <= now {
            return Err(Refused::Expired { expired_at: verified.expires_at });
        }
        Ok(verified.clone())
    }
}
