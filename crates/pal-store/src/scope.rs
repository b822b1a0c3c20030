//! What a caller may reach. No function that touches a tenant's rows runs without one of these, and only
//! authentication makes them: the two constructors are banned by `clippy.toml` everywhere but in
//! `pal-server/src/caller.rs`, so a handler cannot widen its own reach.

use uuid::Uuid;

/// One principal in one tenant: the only thing a provider call may read or change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrincipalScope {
    tenant: Uuid,
    object_id: Uuid,
}

impl PrincipalScope {
    /// The scope of an authenticated principal.
    pub fn granted(tenant: Uuid, object_id: Uuid) -> PrincipalScope {
        PrincipalScope { tenant, object_id }
    }

    /// The customer's directory.
    pub fn tenant(self) -> Uuid {
        self.tenant
    }

    /// The principal in it.
    pub fn object_id(self) -> Uuid {
        self.object_id
    }
}

/// How far a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadScope(Reach);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Everything,
    Tenant(Uuid),
    Principal(PrincipalScope),
}

impl ReadScope {
    /// Every tenant: an operator or an auditor.
    pub fn everything_granted() -> ReadScope {
        ReadScope(Reach::Everything)
    }

    /// One whole tenant: a tenant reader.
    pub fn tenant_granted(tenant: Uuid) -> ReadScope {
        ReadScope(Reach::Tenant(tenant))
    }

    /// Only the principal itself; narrower than what made the argument, hence free to call.
    pub fn own(principal: PrincipalScope) -> ReadScope {
        ReadScope(Reach::Principal(principal))
    }

    /// Whether a principal's rows are within this scope.
    pub fn reaches(self, tenant: Uuid, object_id: Uuid) -> bool {
        self.tenant().is_none_or(|only| only == tenant)
            && self.object_id().is_none_or(|only| only == object_id)
    }

    /// The scope of one principal, if this one reaches it; never wider, hence free to call.
    pub fn principal(self, tenant: Uuid, object_id: Uuid) -> Option<PrincipalScope> {
        self.reaches(tenant, object_id).then_some(PrincipalScope { tenant, object_id })
    }

    /// The tenant that this scope is confined to, if it is.
    pub fn tenant(self) -> Option<Uuid> {
        match self.0 {
            Reach::Everything => None,
            Reach::Tenant(tenant) => Some(tenant),
            Reach::Principal(principal) => Some(principal.tenant()),
        }
    }

    /// The principal that this scope is confined to, if it is.
    pub fn object_id(self) -> Option<Uuid> {
        match self.0 {
            Reach::Everything | Reach::Tenant(_) => None,
            Reach::Principal(principal) => Some(principal.object_id()),
        }
    }
}
