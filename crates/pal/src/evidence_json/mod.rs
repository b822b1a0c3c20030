//! Evidence as JSON: kept with every statement, answered by `pal explain -o json`, read back to re-derive a line.
//!
//! The rules know no serialisation; these mirrors are the one place that names the fields.

#[macro_use]
mod put;

mod claim;
mod fold;
mod people;
mod quantity;
mod text;

use pal_rules::evidence::{Evidence, Place, Subject};
use pal_rules::id::{EnvironmentId, PartnerId, ResourceId, TenantId};
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::Window;
use pal_rules::word::{EnvironmentKind, Product};

use claim::ClaimJson;
pub(crate) use claim::FactJson;
use fold::{IdleImportJson, KeptJson, StepJson};
use people::{InvolvedJson, LinkedUserJson, PastCoOwnerJson};
pub(crate) use put::Put;
use quantity::{CoverageJson, QuantityJson};
pub(crate) use text::Text;
use text::{Value, text};

mirror! {
    /// [`Evidence`], field by field, each text a [`Value`] to be written or a [`Text`] that was read. As it is kept, fields
    /// that say nothing are not there; nor are those that are younger than it.
    pub(crate) struct EvidenceJson<T> {
        month: T,
        as_of: Option<T>,
        /// Not kept where it is the end of the window.
        instant: Option<T>,
        tenant_id: T,
        environment_id: Option<T>,
        product: T,
        resource_id: T,
        created_at: Option<T>,
        deleted_at: Option<T>,
        #[serde(default)]
        fold: Vec<StepJson<T>>,
        #[serde(default)]
        claims: Vec<ClaimJson<T>>,
        quantity: QuantityJson<T>,
        environment_kind: Option<T>,
        tenant_own_global_partner_id: Option<T>,
        coverage: CoverageJson,
        #[serde(default)]
        involved: Vec<InvolvedJson<T>>,
        #[serde(default)]
        owner_kept_by_platform: Vec<KeptJson<T>>,
        #[serde(default)]
        idle_imports: Vec<IdleImportJson<T>>,
        #[serde(default)]
        past_co_owners: Vec<PastCoOwnerJson<T>>,
        #[serde(default)]
        linked_users: Vec<LinkedUserJson<T>>,
        #[serde(default)]
        runs: u64,
    }
}

/// A field of stored evidence that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("stored evidence has a `{field}` that cannot be read: `{value}`")]
pub(crate) struct Unreadable {
    field: &'static str,
    value: String,
}

fn read<T>(field: &'static str, value: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Unreadable> {
    parse(value).ok_or_else(|| Unreadable { field, value: value.to_owned() })
}

fn time(field: &'static str, value: &str) -> Result<Timestamp, Unreadable> {
    read(field, value, Timestamp::parse)
}

fn maybe_time(field: &'static str, value: Option<&Text<'_>>) -> Result<Option<Timestamp>, Unreadable> {
    value.map(|value| time(field, value)).transpose()
}

fn partner(field: &'static str, value: &str) -> Result<PartnerId, Unreadable> {
    read(field, value, PartnerId::new)
}

/// Reads every item of a list.
fn all<'a, J, T: TryFrom<&'a J, Error = Unreadable>>(items: &'a [J]) -> Result<Vec<T>, Unreadable> {
    items.iter().map(TryInto::try_into).collect()
}

impl<'a> From<&'a Evidence> for EvidenceJson<Value<'a>> {
    fn from(evidence: &'a Evidence) -> Self {
        let subject = &evidence.subject;
        Self {
            month: text(&evidence.window.month),
            as_of: evidence.window.as_of.as_ref().map(text),
            instant: Some(text(&evidence.instant)),
            tenant_id: text(&subject.tenant),
            environment_id: subject.environment.as_ref().map(text),
            product: text(&subject.product),
            resource_id: text(&subject.resource),
            created_at: subject.created_at.as_ref().map(text),
            deleted_at: subject.deleted_at.as_ref().map(text),
            fold: evidence.fold.iter().map(Into::into).collect(),
            claims: evidence.claims.iter().map(Into::into).collect(),
            quantity: (&evidence.quantity).into(),
            environment_kind: evidence.place.environment.as_ref().map(text),
            tenant_own_global_partner_id: evidence.place.own_company.as_ref().map(text),
            coverage: evidence.coverage.into(),
            involved: evidence.involved.iter().map(Into::into).collect(),
            owner_kept_by_platform: evidence.kept_by_platform.iter().map(Into::into).collect(),
            idle_imports: evidence.idle_imports.iter().map(Into::into).collect(),
            past_co_owners: evidence.past_co_owners.iter().map(Into::into).collect(),
            linked_users: evidence.linked_users.iter().map(Into::into).collect(),
            runs: evidence.runs,
        }
    }
}

impl<'a> EvidenceJson<Value<'a>> {
    /// Evidence as it is kept.
    pub(crate) fn kept(evidence: &'a Evidence) -> Self {
        let mut kept = Self::from(evidence);
        if evidence.instant == evidence.window.end() {
            kept.instant = None;
        }
        kept
    }
}

impl TryFrom<&EvidenceJson<Text<'_>>> for Evidence {
    type Error = Unreadable;

    fn try_from(json: &EvidenceJson<Text<'_>>) -> Result<Self, Unreadable> {
        let month = read("month", &json.month, Month::parse)?;
        let environment_kind = json.environment_kind.as_deref();
        let own_company = json.tenant_own_global_partner_id.as_deref();
        let window = Window { month, as_of: maybe_time("as_of", json.as_of.as_ref())? };
        Ok(Self {
            window,
            subject: Subject {
                tenant: TenantId::new(&json.tenant_id),
                environment: json.environment_id.as_deref().map(EnvironmentId::new),
                product: Product::new(&json.product),
                resource: ResourceId::new(&json.resource_id),
                created_at: maybe_time("created_at", json.created_at.as_ref())?,
                deleted_at: maybe_time("deleted_at", json.deleted_at.as_ref())?,
            },
            instant: maybe_time("instant", json.instant.as_ref())?.unwrap_or_else(|| window.end()),
            fold: all(&json.fold)?,
            claims: all(&json.claims)?,
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
            involved: all(&json.involved)?,
            kept_by_platform: all(&json.owner_kept_by_platform)?,
            idle_imports: all(&json.idle_imports)?,
            past_co_owners: all(&json.past_co_owners)?,
            linked_users: all(&json.linked_users)?,
            runs: json.runs,
        })
    }
}

#[cfg(test)]
mod tests;
