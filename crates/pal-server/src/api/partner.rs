//! The partner directory: which ids can be linked to, and why not.

use std::sync::Arc;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_rules::word::PartnerKind;
use pal_store::registry::{
    DirectoryPartner, KnownPartner, PartnerCsvRefused, PartnerProblem, check_together, read_partners,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::object::Object;
use super::problem::{Problem, ProblemBody, Refusals};
use super::{Placed, SignedIn};
use crate::Shared;
use crate::caller::Role;

/// How many wrong lines are told.
const SHOWN: usize = 20;
/// The longest body that is read.
const BODY: usize = 4 << 20;

/// What kind of account a partner id is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PartnerKind)]
enum PartnerKindWord {
    /// An account of one place: the one that links may name.
    Location,
    /// The company above them.
    Global,
}

/// A partner of the directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Partner)]
pub(super) struct PartnerBody {
    /// The id.
    partner_id: String,
    /// The name of the organization.
    name: String,
    /// A location, which accounts are linked to, or a whole company.
    kind: PartnerKindWord,
    /// Of a location, the company it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    global_partner_id: Option<String>,
    /// Since when the id is valid; always, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    active_from: Option<String>,
    /// From when on it is no longer valid; never, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    active_until: Option<String>,
    /// When its entry last changed.
    #[schema(format = DateTime)]
    changed_at: String,
}

/// A partner, and whether links can be made to it now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartnerStanding {
    #[serde(flatten)]
    partner: PartnerBody,
    /// Whether a link can be made to it now.
    linkable: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemOfPartner>,
}

/// Why no link can be made to a partner id.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemOfPartner {
    /// The reason.
    kind: ReasonWord,
    /// What to do about it.
    hint: String,
    /// Of a company, its locations that can be linked to now.
    locations: Vec<String>,
}

/// A reason why no link can be made to a partner id.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReasonWord {
    Unknown,
    Global,
    NotYetActive,
    NoLongerActive,
}

/// The partner directory.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartnerList {
    /// By id.
    items: Vec<PartnerBody>,
}

/// Entries to add or to replace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartnersToPut {
    /// The entries; all are taken, or none.
    #[schema(value_type = Vec<PartnerToPut>)]
    partners: Vec<Object<PartnerToPut>>,
}

/// An entry to add, or to put in the place of the one with its id.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PartnerToPut {
    /// The id.
    #[schema(pattern = "^[0-9]{1,10}$")]
    partner_id: String,
    /// The name of the organization.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// A location, which accounts are linked to, or a whole company.
    #[schema(value_type = PartnerKindWord)]
    kind: String,
    /// Of a location, the company it belongs to.
    #[schema(pattern = "^[0-9]{1,10}$")]
    global_partner_id: Option<String>,
    /// Since when the id is valid; always, if absent.
    #[schema(format = DateTime)]
    active_from: Option<String>,
    /// From when on it is no longer valid; never, if absent.
    #[schema(format = DateTime)]
    active_until: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnersPut)]
pub(super) struct PartnersPutBody {
    /// Entries that are new or different.
    changed: u64,
    /// Entries that stood there already as they are.
    unchanged: u64,
}

/// List the partner directory
///
/// For operators and auditors.
#[utoipa::path(
    get,
    path = "/api/v1/partners",
    tag = "partners",
    responses(
        (status = 200, body = PartnerList, description = "The directory"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json",
            description = "The caller is neither operator nor auditor"),
        Refusals,
    )
)]
pub(super) async fn list_partners(
    State(shared): State<Arc<Shared>>,
    signed_in: SignedIn,
) -> Result<Json<PartnerList>, Problem> {
    signed_in.must_be(&[Role::Operator, Role::Auditor])?;
    let known = shared.app.registry.partners().await.map_err(|fault| Problem::registry(&fault))?;
    Ok(Json(PartnerList { items: known.into_iter().map(PartnerBody::from).collect() }))
}

/// Show a partner id
///
/// Whether a link can be made to it, and if not, what to do: of a company, which of its locations to use instead.
#[utoipa::path(
    get,
    path = "/api/v1/partners/{partner_id}",
    tag = "partners",
    params(("partner_id" = String, Path, description = "The id")),
    responses(
        (status = 200, body = PartnerStanding, description = "The partner"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json",
            description = "The directory does not have it"),
        Refusals,
    )
)]
pub(super) async fn show_partner(
    State(shared): State<Arc<Shared>>,
    _: SignedIn,
    Placed(id): Placed<String>,
) -> Result<Json<PartnerStanding>, Problem> {
    let fault = |fault| Problem::registry(&fault);
    let absent = |hint: &str| Problem::NotFound { what: "partner id", hint: Some(hint.to_owned()) };
    let id = PartnerId::new(&id).ok_or(absent("a partner id is 1 to 10 digits"))?;
    let problem = shared.app.registry.partner_problem(id).await.map_err(fault)?;
    let known = shared.app.registry.partner(id).await.map_err(fault)?;
    let known = known.ok_or(absent("the operator can add it to the partner directory"))?;
    Ok(Json(PartnerStanding {
        partner: known.into(),
        linkable: problem.is_none(),
        problem: problem.map(ProblemOfPartner::from),
    }))
}

/// Add partners to the directory, or replace their entries
///
/// For operators. All entries are taken, or none.
#[utoipa::path(
    put,
    path = "/api/v1/partners",
    tag = "partners",
    request_body(
        description = "As JSON, or as CSV with the same columns and a header",
        content((PartnersToPut = "application/json"), (String = "text/csv"))
    ),
    responses(
        (status = 200, body = PartnersPutBody, description = "They were taken"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json",
            description = "An entry is not what it should be; nothing was taken"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json",
            description = "The caller is no operator"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json",
            description = "The body is longer than 4 MiB"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json",
            description = "The body is of another kind"),
        Refusals,
    )
)]
pub(super) async fn put_partners(
    State(shared): State<Arc<Shared>>,
    signed_in: SignedIn,
    request: Request,
) -> Result<Json<PartnersPutBody>, Problem> {
    signed_in.must_be(&[Role::Operator])?;
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body =
        to_bytes(request.into_body(), BODY).await.map_err(|_| Problem::BodyTooLarge { limit: BODY })?;
    let partners = match kind.as_str() {
        "application/json" => read_json(&body)?,
        "text/csv" => read_csv(&body)?,
        _ => return Err(Problem::MediaType),
    };
    let known = shared.app.registry.partners().await.map_err(|fault| Problem::registry(&fault))?;
    let known: Vec<DirectoryPartner> = known.into_iter().map(|known| known.partner).collect();
    if let Some((place, why)) = check_together(&partners, &known).into_iter().next() {
        return Err(Problem::Body { detail: format!("partners[{place}]: {why}") });
    }
    let by = Some(signed_in.caller.principal_scope());
    let put = shared.app.registry.put_partners(partners, by, signed_in.request()).await;
    let put = put.map_err(|fault| Problem::registry(&fault))?;
    Ok(Json(PartnersPutBody { changed: put.changed, unchanged: put.unchanged }))
}

fn read_csv(body: &Bytes) -> Result<Vec<DirectoryPartner>, Problem> {
    read_partners(body).map_err(|refused| {
        let problems = match refused {
            PartnerCsvRefused::Header(problem) => vec![problem],
            PartnerCsvRefused::Lines(problems) => problems,
        };
        let words: Vec<String> = problems.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = problems.len().saturating_sub(SHOWN);
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        Problem::Body { detail: format!("{}{more}", words.join("; ")) }
    })
}

fn read_json(body: &Bytes) -> Result<Vec<DirectoryPartner>, Problem> {
    let wrong = |detail| Problem::Body { detail };
    let Object(read): Object<PartnersToPut> =
        serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
    let entries = read.partners.into_iter().enumerate();
    entries
        .map(|(place, Object(entry))| entry.read().map_err(|why| wrong(format!("partners[{place}]: {why}"))))
        .collect()
}

impl PartnerToPut {
    fn read(self) -> Result<DirectoryPartner, String> {
        let id = |text: &str| PartnerId::new(text).ok_or(format!("`{text}` is not 1 to 10 digits"));
        let time = |text: &str| {
            Timestamp::parse(text).ok_or(format!("`{text}` is no time such as 2026-03-01T00:00:00Z"))
        };
        let kind = PartnerKind::parse(&self.kind)
            .ok_or_else(|| format!("`{}` is neither `location` nor `global`", self.kind))?;
        let partner = DirectoryPartner {
            partner_id: id(&self.partner_id)?,
            name: self.name,
            kind,
            global_partner_id: self.global_partner_id.as_deref().map(id).transpose()?,
            active_from: self.active_from.as_deref().map(time).transpose()?,
            active_until: self.active_until.as_deref().map(time).transpose()?,
        };
        partner.check().map(|()| partner)
    }
}

impl From<KnownPartner> for PartnerBody {
    fn from(known: KnownPartner) -> PartnerBody {
        let partner = known.partner;
        PartnerBody {
            partner_id: partner.partner_id.to_string(),
            name: partner.name,
            kind: match partner.kind {
                PartnerKind::Location => PartnerKindWord::Location,
                PartnerKind::Global => PartnerKindWord::Global,
            },
            global_partner_id: partner.global_partner_id.map(|id| id.to_string()),
            active_from: partner.active_from.map(|at| at.to_string()),
            active_until: partner.active_until.map(|at| at.to_string()),
            changed_at: known.changed_at.to_string(),
        }
    }
}

impl From<PartnerProblem> for ProblemOfPartner {
    fn from(problem: PartnerProblem) -> ProblemOfPartner {
        let (kind, hint, locations) = match problem {
            PartnerProblem::Unknown => (ReasonWord::Unknown, "check the id".to_owned(), Vec::new()),
            PartnerProblem::Global { locations } => {
                let locations: Vec<String> = locations.iter().map(ToString::to_string).collect();
                let hint = if locations.is_empty() {
                    "this is the id of a company: link to one of its locations, none of which is known here"
                        .to_owned()
                } else {
                    format!(
                        "this is the id of a company: link to one of its locations, {}",
                        locations.join(", ")
                    )
                };
                (ReasonWord::Global, hint, locations)
            }
            PartnerProblem::NotYetActive { from } => {
                (ReasonWord::NotYetActive, format!("it is valid from {from} on"), Vec::new())
            }
            PartnerProblem::NoLongerActive { since } => {
                (ReasonWord::NoLongerActive, format!("it is no longer valid since {since}"), Vec::new())
            }
        };
        ProblemOfPartner { kind, hint, locations }
    }
}
