//! The partner directory.

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_rules::word::PartnerKind;
use rusqlite::{Connection, Params, Row, params};
use serde_json::Value;

use super::change::{Happened, Place, record};
use super::row::Cells;
use super::writer::Batch;
use crate::PrincipalScope;
use crate::registry::audit::OPERATOR_CHAIN;
use crate::registry::{
    DirectoryPartner, KnownPartner, PartnerProblem, PartnersPut, RegistryFault, Request, sql,
};

pub(super) fn all(connection: &Connection) -> Result<Vec<KnownPartner>, RegistryFault> {
    select(connection, sql::PARTNERS, [])
}

pub(super) fn one(
    connection: &Connection,
    partner: PartnerId,
) -> Result<Option<KnownPartner>, RegistryFault> {
    Ok(select(connection, sql::PARTNER, [partner.to_string()])?.pop())
}

fn select(
    connection: &Connection,
    sql: &str,
    binds: impl Params,
) -> Result<Vec<KnownPartner>, RegistryFault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(binds)?;
    let mut partners = Vec::new();
    while let Some(row) = rows.next()? {
        partners.push(known_partner(row)?);
    }
    Ok(partners)
}

fn known_partner(row: &Row<'_>) -> Result<KnownPartner, RegistryFault> {
    let cells = Cells { table: "partner", row };
    let partner = DirectoryPartner {
        partner_id: cells.partner(0)?,
        name: cells.get(1)?,
        kind: cells.parse(2, PartnerKind::parse)?,
        global_partner_id: cells.optional_partner(3)?,
        active_from: cells.optional_time(4)?,
        active_until: cells.optional_time(5)?,
    };
    Ok(KnownPartner { partner, changed_at: cells.time(6)? })
}

/// Why no link can be made to an id, with the locations that a company's id stands for.
pub(super) fn problem(
    connection: &Connection,
    partner: PartnerId,
    at: Timestamp,
) -> Result<Option<PartnerProblem>, RegistryFault> {
    let Some(known) = one(connection, partner)? else { return Ok(Some(PartnerProblem::Unknown)) };
    let Some(PartnerProblem::Global { .. }) = known.partner.problem_at(at) else {
        return Ok(known.partner.problem_at(at));
    };
    let locations = select(connection, sql::LOCATIONS, [partner.to_string()])?
        .into_iter()
        .filter(|location| location.partner.problem_at(at).is_none())
        .map(|location| location.partner.partner_id)
        .collect();
    Ok(Some(PartnerProblem::Global { locations }))
}

pub(super) fn put(
    batch: &Batch<'_>,
    partners: &[DirectoryPartner],
    by: Option<PrincipalScope>,
    request: &Request,
) -> Result<PartnersPut, RegistryFault> {
    let mut put = PartnersPut::default();
    for partner in partners {
        let stored = one(batch.connection, partner.partner_id)?.map(|known| known.partner);
        if stored.as_ref() == Some(partner) {
            put.unchanged += 1;
            continue;
        }
        let place = Place::next(batch, OPERATOR_CHAIN)?;
        put_one(batch, partner, place.at)?;
        let happened = Happened {
            what: "partner_put",
            by,
            before: stored.map_or(Value::Null, |stored| stored.audited()),
            after: partner.audited(),
        };
        record(batch, &place, happened, request)?;
        put.changed += 1;
    }
    Ok(put)
}

fn put_one(batch: &Batch<'_>, partner: &DirectoryPartner, at: Timestamp) -> Result<(), RegistryFault> {
    batch.connection.prepare_cached(sql::PUT_PARTNER)?.execute(params![
        partner.partner_id.to_string(),
        partner.name,
        partner.name.to_lowercase(),
        partner.kind.as_str(),
        partner.global_partner_id.map(|id| id.to_string()),
        partner.active_from.map(Timestamp::micros),
        partner.active_until.map(Timestamp::micros),
        at.micros(),
    ])?;
    Ok(())
}
