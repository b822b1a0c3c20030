//! Evidence as JSON: kept with every statement, answered by `pal explain -o json`, read back to re-derive a line.
//!
//! The rules know no serialisation; these mirrors are the one place that names the fields.

mod claim;
mod fold;
mod people;
mod put;
mod quantity;
mod short;

use pal_rules::evidence::{Evidence, Place, Subject};
use pal_rules::id::{EnvironmentId, PartnerId, ResourceId, TenantId};
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::Window;
use pal_rules::word::{EnvironmentKind, Product};
use serde::{Deserialize, Serialize};

use claim::ClaimJson;
pub(crate) use claim::FactJson;
use fold::{IdleImportJson, KeptJson, StepJson};
use people::{InvolvedJson, LinkedUserJson, PastCoOwnerJson};
pub(crate) use put::Put;
use quantity::{CoverageJson, QuantityJson};
use short::{Text, text};

/// [`Evidence`], field by field. As it is kept, its own fields that say nothing are not there; nor are those that are
/// younger than it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EvidenceJson<'a> {
    month: Text<'a>,
    as_of: Option<Text<'a>>,
    instant: Text<'a>,
    tenant_id: Text<'a>,
    environment_id: Option<Text<'a>>,
    product: Text<'a>,
    resource_id: Text<'a>,
    created_at: Option<Text<'a>>,
    deleted_at: Option<Text<'a>>,
    #[serde(default)]
    fold: Vec<StepJson<'a>>,
    #[serde(default)]
    claims: Vec<ClaimJson<'a>>,
    quantity: QuantityJson<'a>,
    environment_kind: Option<Text<'a>>,
    tenant_own_global_partner_id: Option<Text<'a>>,
    coverage: CoverageJson,
    #[serde(default)]
    involved: Vec<InvolvedJson<'a>>,
    #[serde(default)]
    owner_kept_by_platform: Vec<KeptJson<'a>>,
    #[serde(default)]
    idle_imports: Vec<IdleImportJson<'a>>,
    #[serde(default)]
    past_co_owners: Vec<PastCoOwnerJson<'a>>,
    #[serde(default)]
    linked_users: Vec<LinkedUserJson<'a>>,
    #[serde(default)]
    runs: u64,
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

impl<'a> From<&'a Evidence> for EvidenceJson<'a> {
    fn from(evidence: &'a Evidence) -> Self {
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

impl TryFrom<&EvidenceJson<'_>> for Evidence {
    type Error = Unreadable;

    fn try_from(json: &EvidenceJson<'_>) -> Result<Self, Unreadable> {
        let month = read("month", &json.month, Month::parse)?;
        let environment_kind = json.environment_kind.as_deref();
        let own_company = json.tenant_own_global_partner_id.as_deref();
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
mod tests {
    use pal_rules::evidence::Evidence;
    use serde_json::{Value, json};

    use super::EvidenceJson;

    /// Evidence as it was kept before imports that did nothing, past co-owners, linked users and runs were.
    fn kept_before() -> Value {
        json!({
            "month": "2026-03", "as_of": null, "instant": "2026-04-01T00:00:00Z", "tenant_id": "t",
            "environment_id": "e", "product": "power_apps_canvas", "resource_id": "app",
            "created_at": null, "deleted_at": null, "fold": [],
            "claims": [{
                "object_id": "ann", "basis": "owner", "since": "2026-01-05T00:00:00Z",
                "since_fact": { "fact": "event", "id": "ev" }, "group_id": null,
                "last_active_at": "2026-01-05T00:00:00Z", "last_active_fact": { "fact": "event", "id": "ev" },
                "kind": "user", "disabled_at": null,
                "link": {
                    "state": "removed", "partner_id": "1", "linked_at": "2026-01-01T00:00:00Z",
                    "unlinked_at": "2026-02-01T00:00:00Z"
                },
            }],
            "quantity": {
                "metric": "mau", "counted": 3, "unknown": 1, "service_principals": 0, "managed_identities": 0,
                "systems": 0
            },
            "environment_kind": "production", "tenant_own_global_partner_id": null,
            "coverage": { "state": "covered" }, "involved": [], "owner_kept_by_platform": [],
        })
    }

    fn read(json: &Value) -> Evidence {
        let read: EvidenceJson<'_> = serde_json::from_value(json.clone()).unwrap();
        Evidence::try_from(&read).unwrap()
    }

    #[test]
    fn evidence_kept_by_earlier_versions_reads_and_derives_its_line() {
        let line = read(&kept_before()).line();
        assert_eq!(
            line.cells().join(","),
            "2026-03,t,e,power_apps_canvas,app,mau,3,uncredited,,,,,,link_removed,,"
        );
    }

    #[test]
    fn accounts_kept_with_nothing_but_their_link_read() {
        let mut json = kept_before();
        json["linked_users"] = json!([{ "object_id": "dan", "link": { "state": "never" } }]);
        let read = read(&json);
        assert_eq!(read.linked_users[0].standing.kind, None);
        assert_eq!(read.linked_users[0].standing.left_out, None);
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut json = kept_before();
        json["idle_imports"] = json!([{
            "at": "2026-02-02T00:00:00Z", "id": "im", "object_id": "cid", "solution": "Sol 1.1",
            "managed": true, "result": "holding"
        }]);
        json["past_co_owners"] = json!([{
            "object_id": "bob", "group_id": "team", "since": "2026-01-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"
        }]);
        let later = json!({
            "state": "not_before", "partner_id": "1", "linked_at": "2026-05-01T00:00:00Z", "known_from": "declared"
        });
        json["linked_users"] =
            json!([{ "object_id": "dan", "kind": "guest", "disabled_at": null, "link": later }]);
        json["involved"] = json!([{
            "object_id": "eve", "fact": { "fact": "event", "id": "ev" }, "at": "2026-01-05T00:00:00Z",
            "partner_ids": [], "kind": "user", "disabled_at": "2026-02-05T00:00:00Z", "link": { "state": "never" },
            "link_left_out": {
                "partner_id": "1", "linked_at": "2026-01-05T00:00:00Z", "known_from": "this_server"
            },
            "last_make_at": null,
        }]);
        json["runs"] = json!(412);
        json["quantity"]["by_alias"] = json!(2);
        json["claims"][0]["link"]["known_from"] = json!("microsoft");
        let written = serde_json::to_value(EvidenceJson::from(&read(&json))).unwrap();
        assert_eq!(written, json);
    }
}
