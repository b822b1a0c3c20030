//! Who is asking. A `Caller` is made from a verified token and from nothing else, and it alone makes the
//! scopes that the store asks for: a row of another tenant cannot be reached by a handler's mistake.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use pal_rules::time::Timestamp;
use pal_store::{PrincipalScope, ReadScope};
use uuid::Uuid;

use crate::App;
use crate::identity::{Refused, Verified};

/// Why nobody is known to be asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// There is no `Authorization` header.
    NoAuthorization,
    /// What it holds is not believed.
    Token(Refused),
}

/// What kind of principal a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person, or a guest.
    User,
    /// A service principal or a managed identity.
    Application,
}

/// What our own API lets a caller see beyond itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads and changes everything that is the operator's.
    Operator,
    /// Reads everything.
    Auditor,
    /// Reads its own tenant.
    TenantReader,
}

impl Role {
    /// The value of the `roles` claim.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::TenantReader => "tenant_reader",
        }
    }
}

/// An authenticated principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    verified: Arc<Verified>,
    roles: BTreeSet<Role>,
}

impl Caller {
    /// The caller that the headers of a request name.
    pub(crate) async fn of(app: &App, headers: &HeaderMap, at: Timestamp) -> Result<Caller, Unknown> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().ok_or(Unknown::NoAuthorization)?;
        let token = bearer(value).filter(|_| values.next().is_none());
        let token = token.ok_or(Unknown::Token(Refused::Token))?;
        let verified = app.authenticator.verify(token, at).await.map_err(Unknown::Token)?;
        Ok(Caller::authenticated(&verified, app.operator_tenant))
    }

    /// The caller that a verified token names. App roles are assigned by each tenant's own admin, so
    /// `operator` and `auditor` count only in tokens of the operator tenant.
    pub fn authenticated(verified: &Arc<Verified>, operator_tenant: Option<Uuid>) -> Caller {
        let operators = operator_tenant == Some(verified.tenant());
        let roles = [Role::Operator, Role::Auditor, Role::TenantReader]
            .into_iter()
            .filter(|role| operators || *role == Role::TenantReader)
            .filter(|role| verified.roles().iter().any(|claim| claim == role.as_str()))
            .collect();
        Caller { verified: Arc::clone(verified), roles }
    }

    /// The directory the token is for.
    pub fn tenant(&self) -> Uuid {
        self.verified.tenant()
    }

    /// The principal in it.
    pub fn object_id(&self) -> Uuid {
        self.verified.object_id()
    }

    /// Person or service principal.
    pub fn kind(&self) -> Kind {
        self.verified.kind()
    }

    /// A name for people to read; never an identity.
    pub fn name(&self) -> Option<&str> {
        self.verified.name()
    }

    /// The client program that signed in.
    pub fn client_id(&self) -> Option<&str> {
        self.verified.client_id()
    }

    /// Whether the caller was given this role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The caller's own link.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes scopes")]
    pub fn principal_scope(&self) -> PrincipalScope {
        PrincipalScope::granted(self.tenant(), self.object_id())
    }

    /// All that the caller may read.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes scopes")]
    pub fn read_scope(&self) -> ReadScope {
        if self.has(Role::Operator) || self.has(Role::Auditor) {
            ReadScope::everything_granted()
        } else if self.has(Role::TenantReader) {
            ReadScope::tenant_granted(self.tenant())
        } else {
            ReadScope::own(self.principal_scope())
        }
    }
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
