//! Changes of links, and the record that each leaves: the link first, then the id (`wire.md` §8).

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::row::Cells;
use super::writer::Batch;
use super::{directory, read};
use crate::PrincipalScope;
use crate::registry::audit::{Entry, Hash, Head, OPERATOR_CHAIN, Who};
use crate::registry::link::Record;
use crate::registry::{ChangeKind, Created, Deleted, PartnerPolicy, RegistryFault, Request, Updated, sql};

pub(super) fn create(
    batch: &Batch<'_>,
    scope: PrincipalScope,
    partner: PartnerId,
    request: &Request,
) -> Result<Created, RegistryFault> {
    let (stored, name) = read::record(batch.connection, scope)?.unzip();
    let name = name.flatten();
    if let Some(record) = stored.as_ref().filter(|record| record.active) {
        let link = record.link(scope, name);
        return Ok(if record.made_by(partner, request) {
            Created::Repeated(link)
        } else {
            Created::AlreadyLinked(link)
        });
    }
    let place = Place::next(batch, scope.tenant())?;
    let Standing::Linkable(name) = standing(batch, partner, place.at)? else {
        return Ok(Created::UnknownPartner);
    };
    let made_by = request.client_request_id.clone();
    let record = Record { made_by, ..Record::after(stored.as_ref(), partner, place.at) };
    let change = Written { kind: ChangeKind::Created, before: stored.as_ref(), after: &record };
    write(batch, scope, &place, &change, request)?;
    Ok(Created::Made(record.link(scope, name)))
}

pub(super) fn update(
    batch: &Batch<'_>,
    scope: PrincipalScope,
    partner: PartnerId,
    request: &Request,
) -> Result<Updated, RegistryFault> {
    let (stored, name) = match read::record(batch.connection, scope)? {
        Some((record, name)) if record.active => (record, name),
        _ => return Ok(Updated::NotLinked),
    };
    if stored.partner_id == partner {
        return Ok(Updated::Unchanged(stored.link(scope, name)));
    }
    let place = Place::next(batch, scope.tenant())?;
    let Standing::Linkable(name) = standing(batch, partner, place.at)? else {
        return Ok(Updated::UnknownPartner);
    };
    let record = Record::after(Some(&stored), partner, place.at);
    let change = Written { kind: ChangeKind::Updated, before: Some(&stored), after: &record };
    write(batch, scope, &place, &change, request)?;
    Ok(Updated::Changed(record.link(scope, name)))
}

pub(super) fn delete(
    batch: &Batch<'_>,
    scope: PrincipalScope,
    partner: Option<PartnerId>,
    request: &Request,
) -> Result<Deleted, RegistryFault> {
    let (stored, name) = match read::record(batch.connection, scope)? {
        Some((record, name)) if record.active => (record, name),
        _ => return Ok(Deleted::NotLinked),
    };
    if partner.is_some_and(|partner| partner != stored.partner_id) {
        return Ok(Deleted::OtherPartner(stored.link(scope, name)));
    }
    let place = Place::next(batch, scope.tenant())?;
    let record = Record { active: false, ..Record::after(Some(&stored), stored.partner_id, place.at) };
    let change = Written { kind: ChangeKind::Deleted, before: Some(&stored), after: &record };
    write(batch, scope, &place, &change, request)?;
    Ok(Deleted::Deleted(record.link(scope, name)))
}

/// Whether a link can be made to a partner.
enum Standing {
    /// It can; with the partner's name, if the directory has one.
    Linkable(Option<String>),
    Refused,
}

fn standing(batch: &Batch<'_>, partner: PartnerId, at: Timestamp) -> Result<Standing, RegistryFault> {
    let known = directory::one(batch.connection, partner)?.map(|known| known.partner);
    let linkable = match batch.policy {
        PartnerPolicy::Directory => known.as_ref().is_some_and(|known| known.problem_at(at).is_none()),
        PartnerPolicy::AnyPartnerId => true,
    };
    Ok(if linkable { Standing::Linkable(known.map(|known| known.name)) } else { Standing::Refused })
}

/// Where the next record of a chain goes, and its time.
pub(super) struct Place {
    chain: Uuid,
    head: Option<Head>,
    pub(super) at: Timestamp,
}

impl Place {
    pub(super) fn next(batch: &Batch<'_>, chain: Uuid) -> Result<Self, RegistryFault> {
        let mut statement = batch.connection.prepare_cached(sql::HEAD)?;
        let found = statement.query_row([chain.to_string()], |row| Ok(head_of(row)));
        let head = found.optional()?.transpose()?;
        Ok(Self { chain, head, at: batch.time_after(head.map(|head| head.at)) })
    }
}

fn head_of(row: &Row<'_>) -> Result<Head, RegistryFault> {
    let cells = Cells { table: "audit_head", row };
    Ok(Head { sequence: cells.get(0)?, hash: cells.parse(1, Hash::parse)?, at: cells.time(2)? })
}

/// Something that happened, as audit tells it.
pub(super) struct Happened<'a> {
    pub(super) what: &'a str,
    pub(super) by: Option<PrincipalScope>,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// Adds a record to a chain; tells its place there.
pub(super) fn record(
    batch: &Batch<'_>,
    place: &Place,
    happened: Happened<'_>,
    request: &Request,
) -> Result<i64, RegistryFault> {
    let who = Who {
        tenant: happened.by.map(|by| by.tenant().to_string()),
        object_id: happened.by.map(|by| by.object_id().to_string()),
        name: request.caller_name.as_deref(),
        client_id: request.client_id.as_deref(),
    };
    let Happened { what, before, after, .. } = happened;
    let entry = Entry { tenant: place.chain, at: place.at, who, what, before, after, request };
    let (bytes, head) =
        entry.behind(place.head).map_err(|error| RegistryFault::damaged("audit_record", &error))?;
    let (chain, hash) = (place.chain.to_string(), head.hash.to_string());
    let mut add = batch.connection.prepare_cached(sql::ADD_RECORD)?;
    add.execute(params![chain, head.sequence, bytes, hash])?;
    let mut put = batch.connection.prepare_cached(sql::PUT_HEAD)?;
    put.execute(params![chain, head.sequence, hash, head.at.micros()])?;
    Ok(head.sequence)
}

struct Written<'a> {
    kind: ChangeKind,
    before: Option<&'a Record>,
    after: &'a Record,
}

/// Writes a change: the record of the principal, its history and its audit, in one transaction.
fn write(
    batch: &Batch<'_>,
    scope: PrincipalScope,
    place: &Place,
    change: &Written<'_>,
    request: &Request,
) -> Result<(), RegistryFault> {
    let audited = |record: &Record| record.audited(scope.object_id());
    let happened = Happened {
        what: change.kind.audit_word(),
        by: Some(scope),
        before: change.before.map_or(Value::Null, audited),
        after: audited(change.after),
    };
    put_link(batch, scope, change.after, request)?;
    let sequence = record(batch, place, happened, request)?;
    add_history(batch, scope, change, (sequence, request))
}

fn put_link(
    batch: &Batch<'_>,
    scope: PrincipalScope,
    record: &Record,
    request: &Request,
) -> Result<(), RegistryFault> {
    batch.connection.prepare_cached(sql::PUT_LINK)?.execute(params![
        scope.tenant().to_string(),
        scope.object_id().to_string(),
        record.partner_id.to_string(),
        record.state(),
        record.version,
        record.created_at.micros(),
        record.updated_at.micros(),
        record.made_by,
        request.caller_name.as_deref().map(str::to_lowercase),
    ])?;
    Ok(())
}

fn add_history(
    batch: &Batch<'_>,
    scope: PrincipalScope,
    change: &Written<'_>,
    (sequence, request): (i64, &Request),
) -> Result<(), RegistryFault> {
    let replaced = change.before.filter(|_| change.kind == ChangeKind::Updated);
    batch.connection.prepare_cached(sql::ADD_HISTORY)?.execute(params![
        scope.tenant().to_string(),
        scope.object_id().to_string(),
        change.after.version,
        change.kind.as_str(),
        change.after.partner_id.to_string(),
        replaced.map(|record| record.partner_id.to_string()),
        change.after.updated_at.micros(),
        sequence,
        request.caller_name,
        request.client_id,
        request.request_id.to_string(),
        request.client_request_id,
        request.via,
    ])?;
    Ok(())
}

/// Records a restore in the operator's chain.
pub(super) fn restored(batch: &Batch<'_>, from: &str, request: &Request) -> Result<(), RegistryFault> {
    let place = Place::next(batch, OPERATOR_CHAIN)?;
    let happened =
        Happened { what: "restored", by: None, before: Value::Null, after: json!({ "from": from }) };
    record(batch, &place, happened, request).map(|_| ())
}
