//! Who the caller is, as this server understands it: the first thing to look at when something is out of reach.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::SignedIn;
use super::problem::{Problem, Refusals};
use crate::caller::{Kind, Role};
use crate::{Caller, Shared};

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Caller)]
pub(super) struct CallerBody {
    /// The directory that the token is for.
    tenant_id: Uuid,
    /// What it is called, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tenant_name: Option<String>,
    /// The principal in it.
    object_id: Uuid,
    /// A person, or a service principal or managed identity.
    kind: PrincipalKindWord,
    /// A name for people to read; never an identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// The client program that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// The roles that count here; `operator` and `auditor` only of the operator tenant.
    roles: Vec<RoleWord>,
    /// How far the caller sees.
    reads: Reads,
}

/// What kind of principal.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PrincipalKind)]
enum PrincipalKindWord {
    User,
    Application,
}

/// A role.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
enum RoleWord {
    Operator,
    Auditor,
    TenantReader,
}

/// How far a caller sees.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Reads {
    /// All tenants.
    Everything,
    /// Its own tenant.
    Tenant,
    /// Its own link.
    Own,
}

/// Show who the caller is
///
/// As this server understands the token: principal, roles, and how far it sees.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "caller",
    responses((status = 200, body = CallerBody, description = "The caller"), Refusals)
)]
pub(super) async fn show_caller(
    State(shared): State<Arc<Shared>>,
    SignedIn { caller, .. }: SignedIn,
) -> Result<Json<CallerBody>, Problem> {
    let roles = [
        (Role::Operator, RoleWord::Operator),
        (Role::Auditor, RoleWord::Auditor),
        (Role::TenantReader, RoleWord::TenantReader),
    ];
    Ok(Json(CallerBody {
        tenant_id: caller.tenant(),
        tenant_name: shared.app.tenant_name(caller.tenant()),
        object_id: caller.object_id(),
        kind: match caller.kind() {
            Kind::User => PrincipalKindWord::User,
            Kind::Application => PrincipalKindWord::Application,
        },
        name: caller.name().map(str::to_owned),
        client_id: caller.client_id().map(str::to_owned),
        roles: roles.into_iter().filter(|(role, _)| caller.has(*role)).map(|(_, word)| word).collect(),
        reads: reads(&caller),
    }))
}

fn reads(caller: &Caller) -> Reads {
    let scope = caller.read_scope();
    match (scope.tenant(), scope.object_id()) {
        (None, _) => Reads::Everything,
        (Some(_), None) => Reads::Tenant,
        (Some(_), Some(_)) => Reads::Own,
    }
}
