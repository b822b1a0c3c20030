//! Evidence as JSON: kept with every statement, answered by `pal explain -o json`, read back to re-derive a line.
//!
//! The rules know no serialisation; these mirrors are the one place that names the fields.

use pal_rules::claim::{Claim, Claimed, FactRef};
use pal_rules::evidence::{Coverage, Evidence, Involved, Place, Quantity, Subject};
use pal_rules::facts::{Origin, PlatformKept};
use pal_rules::fold::{FoldEffect, FoldEvent, FoldStep};
use pal_rules::id::{EnvironmentId, Id, ObjectId, PartnerId, ResourceId, TenantId};
use pal_rules::standing::{LinkStanding, Standing};
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::{Users, Window};
use pal_rules::word::{ActivityKind, Basis, EnvironmentKind, KnownFrom, PrincipalKind, Product};
use serde::{Deserialize, Serialize};

/// [`Evidence`], field by field.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EvidenceJson {
    month: String,
    as_of: Option<String>,
    instant: String,
    tenant_id: String,
    environment_id: Option<String>,
    product: String,
    resource_id: String,
    created_at: Option<String>,
    deleted_at: Option<String>,
    fold: Vec<StepJson>,
    claims: Vec<ClaimJson>,
    quantity: QuantityJson,
    environment_kind: Option<String>,
    tenant_own_global_partner_id: Option<String>,
    coverage: CoverageJson,
    involved: Vec<InvolvedJson>,
    owner_kept_by_platform: Vec<KeptJson>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StepJson {
    at: String,
    id: String,
    object_id: String,
    origin: String,
    holds: bool,
    #[serde(flatten)]
    what: StepKindJson,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum StepKindJson {
    Created,
    OwnerSet,
    Imported { solution: String, managed: bool, importer_counts: bool },
}

#[derive(Debug, Serialize, Deserialize)]
struct ClaimJson {
    object_id: String,
    basis: String,
    since: String,
    since_fact: FactJson,
    group_id: Option<String>,
    last_active_at: String,
    last_active_fact: FactJson,
    kind: Option<String>,
    disabled_at: Option<String>,
    link: LinkJson,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
enum FactJson {
    Event { id: String },
    Import { id: String },
    Membership { group_id: String },
    Activity { kind: String },
    AnyActivity,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum LinkJson {
    On {
        partner_id: String,
        global_partner_id: String,
        linked_at: String,
        known_from: String,
        partner_active: bool,
    },
    Removed {
        partner_id: String,
        linked_at: String,
        unlinked_at: String,
    },
    NotBefore {
        partner_id: String,
        linked_at: String,
    },
    Never,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "metric", rename_all = "snake_case")]
enum QuantityJson {
    Mau { counted: u64, unknown: u64, service_principals: u64, managed_identities: u64, systems: u64 },
    UnifiedProfiles { measured_at: Option<String>, unified_profiles: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum CoverageJson {
    Untold,
    Covered,
    Gaps { covered_days: u64, days: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
struct InvolvedJson {
    object_id: String,
    fact: FactJson,
    at: String,
    partner_ids: Vec<String>,
    link: LinkJson,
    last_make_at: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptJson {
    observed_at: String,
    owner: String,
}

/// A field of stored evidence that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("stored evidence has a `{field}` that cannot be read: `{value}`")]
pub(crate) struct Unreadable {
    field: &'static str,
    value: String,
}

fn text(value: &impl ToString) -> String {
    value.to_string()
}

fn read<T>(field: &'static str, value: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Unreadable> {
    parse(value).ok_or_else(|| Unreadable { field, value: value.to_owned() })
}

fn time(field: &'static str, value: &str) -> Result<Timestamp, Unreadable> {
    read(field, value, Timestamp::parse)
}

fn maybe_time(field: &'static str, value: Option<&String>) -> Result<Option<Timestamp>, Unreadable> {
    value.map(|value| time(field, value)).transpose()
}

fn partner(field: &'static str, value: &str) -> Result<PartnerId, Unreadable> {
    read(field, value, PartnerId::new)
}

impl From<&Evidence> for EvidenceJson {
    fn from(evidence: &Evidence) -> Self {
        let subject = &evidence.subject;
        Self {
            month: text(&evidence.window.month),
            as_of: evidence.window.as_of.as_ref().map(text),
            instant: text(&evidence.instant),
            tenant_id: text(&subject.tenant),
            environment_id: subject.environment.as_ref().map(text),
            product: text(&subject.product),
            resource_id: text(&subject.resource),
            created_at: subject.created_at.as_ref().map(text),
            deleted_at: subject.deleted_at.as_ref().map(text),
            fold: evidence.fold.iter().map(Into::into).collect(),
            claims: evidence.claims.iter().map(Into::into).collect(),
            quantity: evidence.quantity.into(),
            environment_kind: evidence.place.environment.as_ref().map(text),
            tenant_own_global_partner_id: evidence.place.own_company.as_ref().map(text),
            coverage: evidence.coverage.into(),
            involved: evidence.involved.iter().map(Into::into).collect(),
            owner_kept_by_platform: evidence
                .kept_by_platform
                .iter()
                .map(|kept| KeptJson { observed_at: text(&kept.observed_at), owner: text(&kept.owner) })
                .collect(),
        }
    }
}

impl TryFrom<&EvidenceJson> for Evidence {
    type Error = Unreadable;

    fn try_from(json: &EvidenceJson) -> Result<Self, Unreadable> {
        let month = read("month", &json.month, Month::parse)?;
        let environment_kind = json.environment_kind.as_deref();
        let own_company = json.tenant_own_global_partner_id.as_deref();
        let kept = json.owner_kept_by_platform.iter().map(|kept| {
            Ok(PlatformKept {
                observed_at: time("observed_at", &kept.observed_at)?,
                owner: ObjectId::new(&kept.owner),
            })
        });
        Ok(Self {
            window: Window { month, as_of: maybe_time("as_of", json.as_of.as_ref())? },
            subject: Subject {
                tenant: TenantId::new(&json.tenant_id),
                environment: json.environment_id.as_deref().map(EnvironmentId::new),
                product: Product::new(&json.product),
                resource: ResourceId::new(&json.resource_id),
                created_at: maybe_time("created_at", json.created_at.as_ref())?,
                deleted_at: maybe_time("deleted_at", json.deleted_at.as_ref())?,
            },
            instant: time("instant", &json.instant)?,
            fold: json.fold.iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            claims: json.claims.iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            quantity: (&json.quantity).try_into()?,
            place: Place {
                environment: environment_kind
                    .map(|kind| read("environment_kind", kind, EnvironmentKind::parse))
                    .transpose()?,
                own_company: own_company
                    .map(|company| partner("tenant_own_global_partner_id", company))
                    .transpose()?,
            },
            coverage: (&json.coverage).into(),
            involved: json.involved.iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            kept_by_platform: kept.collect::<Result<_, _>>()?,
        })
    }
}

impl From<&FoldStep> for StepJson {
    fn from(step: &FoldStep) -> Self {
        let origin = match step.origin {
            Origin::Dated => "dated",
            Origin::Listed => "listed",
            Origin::Inferred => "inferred",
        };
        let what = match &step.what {
            FoldEvent::Created => StepKindJson::Created,
            FoldEvent::OwnerSet => StepKindJson::OwnerSet,
            FoldEvent::Imported { solution, managed, counts } => StepKindJson::Imported {
                solution: solution.clone(),
                managed: *managed,
                importer_counts: *counts,
            },
        };
        Self {
            at: text(&step.at),
            id: text(&step.id),
            object_id: text(&step.object),
            origin: origin.to_owned(),
            holds: step.effect == FoldEffect::Holds,
            what,
        }
    }
}

impl TryFrom<&StepJson> for FoldStep {
    type Error = Unreadable;

    fn try_from(json: &StepJson) -> Result<Self, Unreadable> {
        let origin = |word: &str| match word {
            "dated" => Some(Origin::Dated),
            "listed" => Some(Origin::Listed),
            "inferred" => Some(Origin::Inferred),
            _ => None,
        };
        Ok(Self {
            at: time("at", &json.at)?,
            id: Id::new(&json.id),
            what: match &json.what {
                StepKindJson::Created => FoldEvent::Created,
                StepKindJson::OwnerSet => FoldEvent::OwnerSet,
                StepKindJson::Imported { solution, managed, importer_counts } => FoldEvent::Imported {
                    solution: solution.clone(),
                    managed: *managed,
                    counts: *importer_counts,
                },
            },
            object: ObjectId::new(&json.object_id),
            origin: read("origin", &json.origin, origin)?,
            effect: if json.holds { FoldEffect::Holds } else { FoldEffect::KeepsImporter },
        })
    }
}

impl From<&Claim> for ClaimJson {
    fn from(claim: &Claim) -> Self {
        let (claimed, standing) = (&claim.claimed, &claim.standing);
        Self {
            object_id: text(&claimed.object),
            basis: text(&claimed.basis),
            since: text(&claimed.since),
            since_fact: (&claimed.since_fact).into(),
            group_id: claimed.group.as_ref().map(text),
            last_active_at: text(&claim.last_active_at),
            last_active_fact: (&claim.last_active_fact).into(),
            kind: standing.kind.as_ref().map(text),
            disabled_at: standing.disabled_at.as_ref().map(text),
            link: standing.link.into(),
        }
    }
}

impl TryFrom<&ClaimJson> for Claim {
    type Error = Unreadable;

    fn try_from(json: &ClaimJson) -> Result<Self, Unreadable> {
        let kind = json.kind.as_deref().map(|kind| read("kind", kind, PrincipalKind::parse));
        Ok(Self {
            claimed: Claimed {
                object: ObjectId::new(&json.object_id),
                basis: read("basis", &json.basis, Basis::parse)?,
                since: time("since", &json.since)?,
                since_fact: (&json.since_fact).try_into()?,
                group: json.group_id.as_deref().map(ObjectId::new),
            },
            last_active_at: time("last_active_at", &json.last_active_at)?,
            last_active_fact: (&json.last_active_fact).try_into()?,
            standing: Standing {
                kind: kind.transpose()?,
                disabled_at: maybe_time("disabled_at", json.disabled_at.as_ref())?,
                link: (&json.link).try_into()?,
            },
        })
    }
}

impl From<&FactRef> for FactJson {
    fn from(fact: &FactRef) -> Self {
        match fact {
            FactRef::Event(id) => Self::Event { id: text(id) },
            FactRef::Import(id) => Self::Import { id: text(id) },
            FactRef::Membership(group) => Self::Membership { group_id: text(group) },
            FactRef::Activity(kind) => Self::Activity { kind: text(kind) },
            FactRef::AnyActivity => Self::AnyActivity,
        }
    }
}

impl TryFrom<&FactJson> for FactRef {
    type Error = Unreadable;

    fn try_from(json: &FactJson) -> Result<Self, Unreadable> {
        Ok(match json {
            FactJson::Event { id } => Self::Event(Id::new(id)),
            FactJson::Import { id } => Self::Import(Id::new(id)),
            FactJson::Membership { group_id } => Self::Membership(ObjectId::new(group_id)),
            FactJson::Activity { kind } => Self::Activity(read("kind", kind, ActivityKind::parse)?),
            FactJson::AnyActivity => Self::AnyActivity,
        })
    }
}

impl From<LinkStanding> for LinkJson {
    fn from(link: LinkStanding) -> Self {
        match link {
            LinkStanding::On { partner, company, linked_at, known_from, partner_active } => Self::On {
                partner_id: text(&partner),
                global_partner_id: text(&company),
                linked_at: text(&linked_at),
                known_from: text(&known_from),
                partner_active,
            },
            LinkStanding::Removed { partner, linked_at, unlinked_at } => Self::Removed {
                partner_id: text(&partner),
                linked_at: text(&linked_at),
                unlinked_at: text(&unlinked_at),
            },
            LinkStanding::Later { partner, linked_at } => {
                Self::NotBefore { partner_id: text(&partner), linked_at: text(&linked_at) }
            }
            LinkStanding::Never => Self::Never,
        }
    }
}

impl TryFrom<&LinkJson> for LinkStanding {
    type Error = Unreadable;

    fn try_from(json: &LinkJson) -> Result<Self, Unreadable> {
        Ok(match json {
            LinkJson::On { partner_id, global_partner_id, linked_at, known_from, partner_active } => {
                Self::On {
                    partner: partner("partner_id", partner_id)?,
                    company: partner("global_partner_id", global_partner_id)?,
                    linked_at: time("linked_at", linked_at)?,
                    known_from: read("known_from", known_from, KnownFrom::parse)?,
                    partner_active: *partner_active,
                }
            }
            LinkJson::Removed { partner_id, linked_at, unlinked_at } => Self::Removed {
                partner: partner("partner_id", partner_id)?,
                linked_at: time("linked_at", linked_at)?,
                unlinked_at: time("unlinked_at", unlinked_at)?,
            },
            LinkJson::NotBefore { partner_id, linked_at } => Self::Later {
                partner: partner("partner_id", partner_id)?,
                linked_at: time("linked_at", linked_at)?,
            },
            LinkJson::Never => Self::Never,
        })
    }
}

impl From<Quantity> for QuantityJson {
    fn from(quantity: Quantity) -> Self {
        match quantity {
            Quantity::Users(users) => Self::Mau {
                counted: users.counted,
                unknown: users.unknown,
                service_principals: users.service_principals,
                managed_identities: users.managed_identities,
                systems: users.systems,
            },
            Quantity::Profiles(measured) => Self::UnifiedProfiles {
                measured_at: measured.map(|(at, _)| text(&at)),
                unified_profiles: quantity.number(),
            },
        }
    }
}

impl TryFrom<&QuantityJson> for Quantity {
    type Error = Unreadable;

    fn try_from(json: &QuantityJson) -> Result<Self, Unreadable> {
        Ok(match json {
            QuantityJson::Mau { counted, unknown, service_principals, managed_identities, systems } => {
                Self::Users(Users {
                    counted: *counted,
                    unknown: *unknown,
                    service_principals: *service_principals,
                    managed_identities: *managed_identities,
                    systems: *systems,
                })
            }
            QuantityJson::UnifiedProfiles { measured_at, unified_profiles } => {
                let measured_at = maybe_time("measured_at", measured_at.as_ref())?;
                Self::Profiles(measured_at.map(|at| (at, *unified_profiles)))
            }
        })
    }
}

impl From<Coverage> for CoverageJson {
    fn from(coverage: Coverage) -> Self {
        match coverage {
            Coverage::Untold => Self::Untold,
            Coverage::Covered => Self::Covered,
            Coverage::Gaps { covered_days, days } => Self::Gaps { covered_days, days },
        }
    }
}

impl From<&CoverageJson> for Coverage {
    fn from(json: &CoverageJson) -> Self {
        match json {
            CoverageJson::Untold => Self::Untold,
            CoverageJson::Covered => Self::Covered,
            CoverageJson::Gaps { covered_days, days } => {
                Self::Gaps { covered_days: *covered_days, days: *days }
            }
        }
    }
}

impl From<&Involved> for InvolvedJson {
    fn from(involved: &Involved) -> Self {
        Self {
            object_id: text(&involved.object),
            fact: (&involved.fact).into(),
            at: text(&involved.at),
            partner_ids: involved.partners.iter().map(text).collect(),
            link: involved.link.into(),
            last_make_at: involved.last_make.as_ref().map(text),
        }
    }
}

impl TryFrom<&InvolvedJson> for Involved {
    type Error = Unreadable;

    fn try_from(json: &InvolvedJson) -> Result<Self, Unreadable> {
        let partners = json.partner_ids.iter().map(|id| partner("partner_ids", id));
        Ok(Self {
            object: ObjectId::new(&json.object_id),
            fact: (&json.fact).try_into()?,
            at: time("at", &json.at)?,
            partners: partners.collect::<Result<_, _>>()?,
            link: (&json.link).try_into()?,
            last_make: maybe_time("last_make_at", json.last_make_at.as_ref())?,
        })
    }
}
