//! The registry as facts: what a closing reads of it, each row with the change that it goes back to.

use std::collections::BTreeMap;
use std::sync::Arc;

use pal_rules::facts::{Row, Table, Value};
use pal_rules::id::{Id, PartnerId};
use pal_rules::time::Timestamp;
use pal_rules::word::KnownFrom;
use uuid::Uuid;

use super::audit::{OPERATOR_CHAIN, Told};
use super::database::{Database, Query, ask_one};
use super::{ChangeKind, KnownPartner, RegistryFault, read, row, sql};

/// A row of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryRow {
    /// Its table: `partners`, or `links`, a row per period.
    pub table: Table,
    /// The row.
    pub row: Row,
    /// The audit chain of the change that it goes back to: of a link the one that began it, of a partner the last.
    pub chain: Uuid,
    /// The place of that change in it; no two rows of a chain share one.
    pub sequence: i64,
}

/// One change of a principal's link.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) tenant: Uuid,
    pub(super) object_id: Uuid,
    pub(super) kind: ChangeKind,
    pub(super) partner_id: PartnerId,
    pub(super) at: Timestamp,
    pub(super) sequence: i64,
}

/// A period that has begun.
struct Begun {
    tenant: Uuid,
    object_id: Uuid,
    partner_id: PartnerId,
    at: Timestamp,
    sequence: i64,
}

impl Begun {
    fn row(&self, end: Option<&Step>) -> RegistryRow {
        let id = |id: Uuid| Value::Id(Id::new(&id.to_string()));
        let row = Row::new(vec![
            id(self.tenant),
            id(self.object_id),
            Value::Partner(self.partner_id),
            Value::Time(self.at),
            end.map_or(Value::Absent, |end| Value::Time(end.at)),
            Value::Word(KnownFrom::ThisServer.as_str()),
        ]);
        RegistryRow { table: Table::Links, row, chain: self.tenant, sequence: self.sequence }
    }
}

/// The partner directory, and all links if asked for; to be called in a transaction that sees one instant.
pub(super) async fn all(
    database: &impl Database,
    with_links: bool,
) -> Result<Vec<RegistryRow>, RegistryFault> {
    let mut rows = partners(database).await?;
    if !with_links {
        return Ok(rows);
    }
    let history = ask_one(database, Query::new(sql::ALL_HISTORY, [])).await?;
    rows.extend(link_rows(history.iter().map(row::step))?);
    Ok(rows)
}

/// The partner directory alone.
async fn partners(database: &impl Database) -> Result<Vec<RegistryRow>, RegistryFault> {
    let mut places: BTreeMap<PartnerId, i64> = BTreeMap::new();
    for record in ask_one(database, Query::new(sql::CHAIN, [OPERATOR_CHAIN.into()])).await? {
        if let Some(Told::Partner { partner_id, .. }) = Told::read(&record.lossy(1)) {
            places.insert(partner_id, record.integer("audit_record", 0)?);
        }
    }
    let row = |known: KnownPartner| {
        let place = places.get(&known.partner.partner_id).copied();
        partner_row(&known, OPERATOR_CHAIN, place.unwrap_or(0))
    };
    Ok(read::partners(database).await?.into_iter().map(row).collect())
}

/// The links, a row per period: what creates or moves a link begins one, what moves or deletes it ends one.
///
/// - `steps`: by principal and version.
fn link_rows(
    steps: impl IntoIterator<Item = Result<Step, RegistryFault>>,
) -> Result<Vec<RegistryRow>, RegistryFault> {
    let mut rows = Vec::new();
    let mut begun: Option<Begun> = None;
    for step in steps {
        let step = step?;
        if let Some(before) = begun.take() {
            let same = (before.tenant, before.object_id) == (step.tenant, step.object_id);
            rows.push(before.row(Some(&step).filter(|_| same)));
        }
        if step.kind != ChangeKind::Deleted {
            let Step { tenant, object_id, partner_id, at, sequence, .. } = step;
            begun = Some(Begun { tenant, object_id, partner_id, at, sequence });
        }
    }
    rows.extend(begun.map(|begun| begun.row(None)));
    Ok(rows)
}

/// An entry of the directory, observed when it last changed.
fn partner_row(known: &KnownPartner, chain: Uuid, sequence: i64) -> RegistryRow {
    let partner = &known.partner;
    let id = partner.partner_id.to_string();
    // Facts have no empty names.
    let name = if partner.name.is_empty() { &id } else { &partner.name };
    let time = |at: Option<Timestamp>| at.map_or(Value::Absent, Value::Time);
    let row = Row::new(vec![
        Value::Partner(partner.partner_id),
        Value::Text(Arc::from(name.as_str())),
        Value::Word(partner.kind.as_str()),
        partner.global_partner_id.map_or(Value::Absent, Value::Partner),
        time(partner.active_from),
        time(partner.active_until),
        Value::Time(known.changed_at),
    ]);
    RegistryRow { table: Table::Partners, row, chain, sequence }
}
