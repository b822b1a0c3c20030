//! Links over all tenants that a caller may see, and the history of one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use pal_rules::explain::make_real;
use pal_rules::id::PartnerId;
use pal_store::registry::{Change, Cursor, Link, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::problem::{Problem, ProblemBody, Refusals};
use super::{Asking, Placed, SignedIn};
use crate::Shared;

/// The most links of one page.
const LIMIT: u32 = 1000;
/// The longest text to look for.
const TEXT: usize = 200;

/// An active link. It is known on this server only: it is not a link at Microsoft.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub(super) struct LinkBody {
    /// The customer's directory.
    tenant_id: Uuid,
    /// What it is called, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tenant_name: Option<String>,
    /// The principal in it.
    object_id: Uuid,
    /// The partner location it is linked to.
    partner_id: String,
    /// Its name, if the partner directory has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    partner_name: Option<String>,
    /// Counts every change and every delete, from 1.
    version: i64,
    /// When the principal was first linked; survives delete and re-create.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// How the link came to be known: always `this_server`.
    known_from: &'static str,
    /// The same for people: always `only here`.
    known: &'static str,
    /// What makes it a link at Microsoft.
    make_real: MakeReal,
}

/// What makes a link that is only here a link at Microsoft: the two commands, or the page.
#[derive(Debug, Serialize, ToSchema)]
struct MakeReal {
    /// Two commands of the Azure CLI, signed in as the linked account.
    commands: [String; 2],
    /// Azure's page, for people; a service principal cannot use it.
    portal: &'static str,
}

/// A page of links.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkList {
    /// By tenant and object id.
    items: Vec<LinkBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// One accepted change of a link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(super) struct ChangeBody {
    /// The version that it made.
    version: i64,
    /// What it did.
    #[schema(example = "created", pattern = "^(created|updated|deleted)$")]
    kind: &'static str,
    /// The partner linked to from then on; of a delete, until then.
    partner_id: String,
    /// The partner linked to before, if another link was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    partner_before: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Its place in the tenant's audit chain.
    audit_sequence: i64,
    /// Who, for people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    caller_name: Option<String>,
    /// The client program that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// Our id of the request.
    request_id: Uuid,
    /// The client's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_request_id: Option<String>,
    /// The way in: `provider`, `cli` or `own_api`.
    via: String,
}

/// The history of a link.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeList {
    /// By version.
    items: Vec<ChangeBody>,
}

/// Which links to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LinkFilter {
    /// Only of this tenant.
    tenant_id: Option<Uuid>,
    /// Only to this partner.
    #[param(pattern = "^[0-9]{1,10}$")]
    partner_id: Option<String>,
    /// Only where an id, the partner's name or the name of who made the last change contains this, in any case.
    #[param(max_length = 200)]
    text: Option<String>,
    /// At most this many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
}

impl LinkFilter {
    fn page(self) -> Result<Page, Problem> {
        let wrong = |detail: &str| Problem::Parameter { detail: detail.to_owned() };
        let limit = self.limit.unwrap_or(100);
        if !(1..=LIMIT).contains(&limit) {
            return Err(wrong("`limit` is from 1 to 1000"));
        }
        if self.text.as_ref().is_some_and(|text| text.chars().count() > TEXT) {
            return Err(wrong("`text` is longer than 200 characters"));
        }
        let after =
            self.cursor.map(|text| Cursor::parse(&text).ok_or_else(|| wrong("`cursor` is none of ours")));
        let partner = self
            .partner_id
            .map(|text| PartnerId::new(&text).ok_or_else(|| wrong("`partner_id` is not 1 to 10 digits")));
        Ok(Page {
            limit,
            after: after.transpose()?,
            tenant: self.tenant_id,
            partner: partner.transpose()?,
            text: self.text.filter(|text| !text.is_empty()),
        })
    }
}

/// List links
///
/// All active links that the caller may see: operators and auditors those of every tenant, tenant readers those of their
/// tenant, everybody else its own. The links are known on this server only.
#[utoipa::path(
    get,
    path = "/api/v1/links",
    tag = "links",
    params(LinkFilter),
    responses(
        (status = 200, body = LinkList, description = "A page of links"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json",
            description = "A parameter is not what it should be"),
        Refusals,
    )
)]
pub(super) async fn list_links(
    State(shared): State<Arc<Shared>>,
    signed_in: SignedIn,
    Asking(filter): Asking<LinkFilter>,
) -> Result<Json<LinkList>, Problem> {
    let page = shared.app.registry.links(signed_in.caller.read_scope(), filter.page()?).await;
    let page = page.map_err(|fault| Problem::registry(&fault))?;
    Ok(Json(LinkList {
        items: page.links.iter().map(|link| LinkBody::of(&shared, link)).collect(),
        next: page.next.map(|cursor| cursor.to_string()),
    }))
}

/// Show the link of a principal
///
/// A principal without a link and one out of reach look the same: 404.
#[utoipa::path(
    get,
    path = "/api/v1/links/{tenant_id}/{object_id}",
    tag = "links",
    params(
        ("tenant_id" = Uuid, Path, description = "The customer's directory"),
        ("object_id" = Uuid, Path, description = "The principal in it"),
    ),
    responses(
        (status = 200, body = LinkBody, description = "The link"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json",
            description = "No link, or none within reach"),
        Refusals,
    )
)]
pub(super) async fn show_link(
    State(shared): State<Arc<Shared>>,
    signed_in: SignedIn,
    Placed((tenant, object_id)): Placed<(Uuid, Uuid)>,
) -> Result<Json<LinkBody>, Problem> {
    let link = shared.app.registry.link_of(signed_in.caller.read_scope(), tenant, object_id).await;
    let link = link.map_err(|fault| Problem::registry(&fault))?;
    let link = link.ok_or(Problem::NotFound { what: "link", hint: None })?;
    Ok(Json(LinkBody::of(&shared, &link)))
}

/// Show the history of a principal's link
///
/// Every accepted change, by version, also after the link was deleted.
#[utoipa::path(
    get,
    path = "/api/v1/links/{tenant_id}/{object_id}/history",
    tag = "links",
    params(
        ("tenant_id" = Uuid, Path, description = "The customer's directory"),
        ("object_id" = Uuid, Path, description = "The principal in it"),
    ),
    responses(
        (status = 200, body = ChangeList, description = "Its history"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json",
            description = "Never linked, or not within reach"),
        Refusals,
    )
)]
pub(super) async fn list_link_history(
    State(shared): State<Arc<Shared>>,
    signed_in: SignedIn,
    Placed((tenant, object_id)): Placed<(Uuid, Uuid)>,
) -> Result<Json<ChangeList>, Problem> {
    let changes = shared.app.registry.history(signed_in.caller.read_scope(), tenant, object_id).await;
    let changes = changes.map_err(|fault| Problem::registry(&fault))?;
    if changes.is_empty() {
        return Err(Problem::NotFound { what: "link", hint: None });
    }
    Ok(Json(ChangeList { items: changes.into_iter().map(ChangeBody::from).collect() }))
}

impl LinkBody {
    fn of(shared: &Shared, link: &Link) -> LinkBody {
        LinkBody {
            tenant_id: link.tenant,
            tenant_name: shared.app.tenant_name(link.tenant),
            object_id: link.object_id,
            partner_id: link.partner_id.to_string(),
            partner_name: link.partner_name.clone(),
            version: link.version,
            created_at: link.created_at.to_string(),
            updated_at: link.updated_at.to_string(),
            known_from: "this_server",
            known: "only here",
            make_real: MakeReal {
                commands: make_real::commands(&link.tenant.to_string(), link.partner_id),
                portal: make_real::PORTAL,
            },
        }
    }
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> ChangeBody {
        ChangeBody {
            version: change.version,
            kind: change.kind.as_str(),
            partner_id: change.partner_id.to_string(),
            partner_before: change.partner_before.map(|id| id.to_string()),
            at: change.at.to_string(),
            audit_sequence: change.audit_sequence,
            caller_name: change.caller_name,
            client_id: change.client_id,
            request_id: change.request_id,
            client_request_id: change.client_request_id,
            via: change.via,
        }
    }
}
