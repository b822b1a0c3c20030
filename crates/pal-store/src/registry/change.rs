//! The rules of a change, once for every engine: the link first, then the id (`wire.md` §8). What is known is read
//! under the lock of the tenant's chain, judged without asking further, and written with its history and audit.

use std::fmt;
use std::sync::Arc;

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::audit::{Entry, Head, OPERATOR_CHAIN, Who};
use super::database::{Database, Query};
use super::link::Record;
use super::{
    ChangeKind, Created, Deleted, DirectoryPartner, PartnerPolicy, PartnersPut, RegistryFault, Request,
    Updated, row, sql,
};
use crate::PrincipalScope;

/// What an engine is told once, when it is opened.
#[derive(Clone)]
pub(super) struct House {
    pub(super) now: Clock,
    pub(super) policy: PartnerPolicy,
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Tells the time.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An answer, and what has to be written for it to be true.
type Judged<T> = (T, Vec<Query>);

/// All that a change of a link is judged by.
struct Known<'a> {
    scope: PrincipalScope,
    request: &'a Request,
    /// The principal's record, and the name of its partner.
    stored: Option<(Record, Option<String>)>,
    standing: Standing,
    place: Place,
}

/// Whether a link can be made to the partner asked for.
enum Standing {
    /// It can; with the partner's name, if the directory has one.
    Linkable(Option<String>),
    Refused,
}

/// Where the next record of a chain goes, and its time.
struct Place {
    chain: Uuid,
    head: Option<Head>,
    at: Timestamp,
}

impl Place {
    /// The place behind a head. The clock is asked under the lock, and the time is always after that of the record
    /// before: the order of times is the order of changes.
    fn behind(chain: Uuid, head: Option<Head>, house: &House) -> Self {
        let next =
            head.map_or(Timestamp::MIN, |head| Timestamp::from_micros(head.at.micros().saturating_add(1)));
        Self { chain, head, at: (house.now)().max(next) }
    }
}

pub(super) async fn create(
    database: &impl Database,
    house: &House,
    scope: PrincipalScope,
    (partner, request): (PartnerId, &Request),
) -> Result<Created, RegistryFault> {
    let known = known(database, house, scope, (Some(partner), request)).await?;
    let (answer, writes) = known.create(partner)?;
    database.write(writes).await?;
    Ok(answer)
}

pub(super) async fn update(
    database: &impl Database,
    house: &House,
    scope: PrincipalScope,
    (partner, request): (PartnerId, &Request),
) -> Result<Updated, RegistryFault> {
    let known = known(database, house, scope, (Some(partner), request)).await?;
    let (answer, writes) = known.update(partner)?;
    database.write(writes).await?;
    Ok(answer)
}

pub(super) async fn delete(
    database: &impl Database,
    house: &House,
    scope: PrincipalScope,
    (partner, request): (Option<PartnerId>, &Request),
) -> Result<Deleted, RegistryFault> {
    let known = known(database, house, scope, (None, request)).await?;
    let (answer, writes) = known.delete(partner)?;
    database.write(writes).await?;
    Ok(answer)
}

/// Locks the tenant's chain and reads what a change of the principal's link is judged by.
async fn known<'a>(
    database: &impl Database,
    house: &House,
    scope: PrincipalScope,
    (partner, request): (Option<PartnerId>, &'a Request),
) -> Result<Known<'a>, RegistryFault> {
    let mut questions = vec![Query::new(sql::LINK, [scope.tenant().into(), scope.object_id().into()])];
    questions.extend(partner.map(|partner| Query::new(sql::PARTNER, [partner.into()])));
    let (head, mut rows) = under_lock(database, scope.tenant(), questions).await?;
    let place = Place::behind(scope.tenant(), head, house);
    let directory = if partner.is_some() { rows.pop().unwrap_or_default() } else { Vec::new() };
    let directory = directory.first().map(row::known_partner).transpose()?.map(|known| known.partner);
    let stored = rows.pop().unwrap_or_default().first().map(row::record).transpose()?;
    let linkable = match house.policy {
        PartnerPolicy::Directory => {
            directory.as_ref().is_some_and(|known| known.problem_at(place.at).is_none())
        }
        PartnerPolicy::AnyPartnerId => true,
    };
    let standing =
        if linkable { Standing::Linkable(directory.map(|known| known.name)) } else { Standing::Refused };
    Ok(Known { scope, request, stored, standing, place })
}

/// Locks a chain; its head, and the answers to questions asked once it was locked.
async fn under_lock<D: Database>(
    database: &D,
    chain: Uuid,
    questions: Vec<Query>,
) -> Result<(Option<Head>, Vec<Vec<row::Row>>), RegistryFault> {
    let lock = D::LOCK_HEAD.iter().map(|sql| Query::new(sql, [chain.into()]));
    let mut rows = database.ask(lock.chain(questions).collect()).await?;
    let answers = rows.split_off(D::LOCK_HEAD.len().min(rows.len()));
    let head = rows.pop().unwrap_or_default().first().map(row::head).transpose()?.flatten();
    Ok((head, answers))
}

impl Known<'_> {
    fn create(self, partner: PartnerId) -> Result<Judged<Created>, RegistryFault> {
        if let Some((record, name)) = self.stored.as_ref().filter(|(record, _)| record.active) {
            let link = record.link(self.scope, name.clone());
            let repeated = record.made_by(partner, self.request);
            return Ok((
                if repeated { Created::Repeated(link) } else { Created::AlreadyLinked(link) },
                Vec::new(),
            ));
        }
        let Standing::Linkable(name) = &self.standing else {
            return Ok((Created::UnknownPartner, Vec::new()));
        };
        let before = self.stored.as_ref().map(|(record, _)| record);
        let made_by = self.request.client_request_id.clone();
        let record = Record { made_by, ..Record::after(before, partner, self.place.at) };
        let writes = self.writes(ChangeKind::Created, before, &record)?;
        Ok((Created::Made(record.link(self.scope, name.clone())), writes))
    }

    fn update(self, partner: PartnerId) -> Result<Judged<Updated>, RegistryFault> {
        let Some((stored, stored_name)) = self.linked() else {
            return Ok((Updated::NotLinked, Vec::new()));
        };
        if stored.partner_id == partner {
            return Ok((Updated::Unchanged(stored.link(self.scope, stored_name.clone())), Vec::new()));
        }
        let Standing::Linkable(name) = &self.standing else {
            return Ok((Updated::UnknownPartner, Vec::new()));
        };
        let record = Record::after(Some(stored), partner, self.place.at);
        let writes = self.writes(ChangeKind::Updated, Some(stored), &record)?;
        Ok((Updated::Changed(record.link(self.scope, name.clone())), writes))
    }

    fn delete(self, partner: Option<PartnerId>) -> Result<Judged<Deleted>, RegistryFault> {
        let Some((stored, name)) = self.linked() else {
            return Ok((Deleted::NotLinked, Vec::new()));
        };
        if partner.is_some_and(|partner| partner != stored.partner_id) {
            return Ok((Deleted::OtherPartner(stored.link(self.scope, name.clone())), Vec::new()));
        }
        let record =
            Record { active: false, ..Record::after(Some(stored), stored.partner_id, self.place.at) };
        let writes = self.writes(ChangeKind::Deleted, Some(stored), &record)?;
        Ok((Deleted::Deleted(record.link(self.scope, name.clone())), writes))
    }

    /// The record of a principal that is linked now.
    fn linked(&self) -> Option<&(Record, Option<String>)> {
        self.stored.as_ref().filter(|(record, _)| record.active)
    }

    /// The record of the principal, the audit of the change, and its row of history.
    fn writes(
        &self,
        kind: ChangeKind,
        before: Option<&Record>,
        after: &Record,
    ) -> Result<Vec<Query>, RegistryFault> {
        let audited = |record: &Record| record.audited(self.scope.object_id());
        let happened = Happened {
            what: kind.audit_word(),
            by: Some(self.scope),
            before: before.map_or(Json::Null, audited),
            after: audited(after),
        };
        let (sequence, audit) = record(&self.place, happened, self.request)?;
        let replaced = before.filter(|_| kind == ChangeKind::Updated).map(|record| record.partner_id);
        let history = self.history(kind, after, (replaced, sequence));
        Ok([self.put_link(after)].into_iter().chain(audit).chain([history]).collect())
    }

    fn put_link(&self, record: &Record) -> Query {
        let binds = [
            self.scope.tenant().into(),
            self.scope.object_id().into(),
            record.partner_id.into(),
            record.state().into(),
            record.version.into(),
            record.created_at.into(),
            record.updated_at.into(),
            record.made_by.clone().into(),
            self.request.caller_name.as_deref().map(str::to_lowercase).into(),
        ];
        Query::new(sql::PUT_LINK, binds)
    }

    fn history(
        &self,
        kind: ChangeKind,
        after: &Record,
        (replaced, sequence): (Option<PartnerId>, i64),
    ) -> Query {
        let binds = [
            self.scope.tenant().into(),
            self.scope.object_id().into(),
            after.version.into(),
            kind.as_str().into(),
            after.partner_id.into(),
            replaced.into(),
            after.updated_at.into(),
            sequence.into(),
            self.request.caller_name.clone().into(),
            self.request.client_id.clone().into(),
            self.request.request_id.into(),
            self.request.client_request_id.clone().into(),
            self.request.via.into(),
        ];
        Query::new(sql::ADD_HISTORY, binds)
    }
}

/// Something that happened, as audit tells it.
struct Happened<'a> {
    what: &'a str,
    by: Option<PrincipalScope>,
    before: Json,
    after: Json,
}

/// What adds a record to a chain, and its place there.
fn record(
    place: &Place,
    happened: Happened<'_>,
    request: &Request,
) -> Result<(i64, [Query; 2]), RegistryFault> {
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
    let add = [chain.clone().into(), head.sequence.into(), bytes.into(), hash.clone().into()];
    let put = [chain.into(), head.sequence.into(), hash.into(), head.at.into()];
    Ok((head.sequence, [Query::new(sql::ADD_RECORD, add), Query::new(sql::PUT_HEAD, put)]))
}

/// Adds entries to the partner directory; those that say what it says already leave no trace.
pub(super) async fn put_partners(
    database: &impl Database,
    house: &House,
    partners: &[DirectoryPartner],
    (by, request): (Option<PrincipalScope>, &Request),
) -> Result<PartnersPut, RegistryFault> {
    let mut put = PartnersPut::default();
    for partner in partners {
        let question = Query::new(sql::PARTNER, [partner.partner_id.into()]);
        let (head, rows) = under_lock(database, OPERATOR_CHAIN, vec![question]).await?;
        let stored = rows.first().and_then(|rows| rows.first());
        let stored = stored.map(row::known_partner).transpose()?.map(|known| known.partner);
        if stored.as_ref() == Some(partner) {
            put.unchanged += 1;
            continue;
        }
        let place = Place::behind(OPERATOR_CHAIN, head, house);
        let before = stored.map_or(Json::Null, |stored| stored.audited());
        let happened = Happened { what: "partner_put", by, before, after: partner.audited() };
        let (_, audit) = record(&place, happened, request)?;
        database.write([put_partner(partner, place.at)].into_iter().chain(audit).collect()).await?;
        put.changed += 1;
    }
    Ok(put)
}

fn put_partner(partner: &DirectoryPartner, at: Timestamp) -> Query {
    let binds = [
        partner.partner_id.into(),
        partner.name.clone().into(),
        partner.name.to_lowercase().into(),
        partner.kind.as_str().into(),
        partner.global_partner_id.into(),
        partner.active_from.into(),
        partner.active_until.into(),
        at.into(),
    ];
    Query::new(sql::PUT_PARTNER, binds)
}

/// Records in the operator's chain that the registry as a whole came from elsewhere.
pub(super) async fn record_origin(
    database: &impl Database,
    house: &House,
    (what, from): (&str, &str),
    request: &Request,
) -> Result<(), RegistryFault> {
    let (head, _) = under_lock(database, OPERATOR_CHAIN, Vec::new()).await?;
    let place = Place::behind(OPERATOR_CHAIN, head, house);
    let happened = Happened { what, by: None, before: Json::Null, after: json!({ "from": from }) };
    let (_, audit) = record(&place, happened, request)?;
    database.write(audit.into()).await
}
