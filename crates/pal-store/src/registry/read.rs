//! Questions, once for every engine.

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use uuid::Uuid;

use super::audit::CheckpointHead;
use super::database::{Database, Query, ask_one};
use super::page::Bounds;
use super::{
    Change, CheckpointHeads, Cursor, KnownPartner, Link, LinkPage, PartnerProblem, RegistryFault, row, sql,
};
use crate::PrincipalScope;

pub(super) async fn link(
    database: &impl Database,
    scope: PrincipalScope,
) -> Result<Option<Link>, RegistryFault> {
    let question = Query::new(sql::LINK, [scope.tenant().into(), scope.object_id().into()]);
    let found = ask_one(database, question).await?.first().map(row::record).transpose()?;
    Ok(found.filter(|(record, _)| record.active).map(|(record, name)| record.link(scope, name)))
}

pub(super) async fn links(
    database: &impl Database,
    bounds: &Bounds,
    limit: u32,
) -> Result<LinkPage, RegistryFault> {
    let binds = [
        bounds.tenant.0.clone().into(),
        bounds.tenant.1.clone().into(),
        bounds.object_id.0.clone().into(),
        bounds.object_id.1.clone().into(),
        bounds.partner.0.clone().into(),
        bounds.partner.1.clone().into(),
        bounds.after.0.clone().into(),
        bounds.after.1.clone().into(),
        bounds.pattern.clone().into(),
        // One more than asked for: whether there is a next page.
        (i64::from(limit) + 1).into(),
    ];
    let rows = ask_one(database, Query::new(sql::LINKS, binds)).await?;
    let mut links = rows.iter().map(row::link).collect::<Result<Vec<_>, _>>()?;
    let more = links.len() > limit as usize;
    links.truncate(limit as usize);
    let next = links.last().filter(|_| more).map(Cursor::behind);
    Ok(LinkPage { links, next })
}

pub(super) async fn history(
    database: &impl Database,
    tenant: Uuid,
    object_id: Uuid,
) -> Result<Vec<Change>, RegistryFault> {
    let question = Query::new(sql::HISTORY, [tenant.into(), object_id.into()]);
    ask_one(database, question).await?.iter().map(row::change).collect()
}

pub(super) async fn partners(database: &impl Database) -> Result<Vec<KnownPartner>, RegistryFault> {
    select(database, Query::new(sql::PARTNERS, [])).await
}

pub(super) async fn partner(
    database: &impl Database,
    partner: PartnerId,
) -> Result<Option<KnownPartner>, RegistryFault> {
    Ok(select(database, Query::new(sql::PARTNER, [partner.into()])).await?.pop())
}

async fn select(database: &impl Database, question: Query) -> Result<Vec<KnownPartner>, RegistryFault> {
    ask_one(database, question).await?.iter().map(row::known_partner).collect()
}

/// Why no link can be made to an id, with the locations that a company's id stands for.
pub(super) async fn partner_problem(
    database: &impl Database,
    id: PartnerId,
    at: Timestamp,
) -> Result<Option<PartnerProblem>, RegistryFault> {
    let Some(known) = partner(database, id).await? else { return Ok(Some(PartnerProblem::Unknown)) };
    let Some(PartnerProblem::Global { .. }) = known.partner.problem_at(at) else {
        return Ok(known.partner.problem_at(at));
    };
    let locations = select(database, Query::new(sql::LOCATIONS, [id.into()]))
        .await?
        .into_iter()
        .filter(|location| location.partner.problem_at(at).is_none())
        .map(|location| location.partner.partner_id)
        .collect();
    Ok(Some(PartnerProblem::Global { locations }))
}

/// The heads of all chains, to be signed.
pub(super) async fn checkpoint_heads(database: &impl Database) -> Result<CheckpointHeads, RegistryFault> {
    let rows = ask_one(database, Query::new(sql::HEADS, [])).await?;
    let head = |row| {
        let (chain, sequence, hash) = row::chain_head(row)?;
        Ok((chain, CheckpointHead { sequence, hash }))
    };
    rows.iter().map(head).collect()
}
