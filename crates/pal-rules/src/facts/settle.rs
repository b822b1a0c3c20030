//! Rows in, facts out: what holds of a whole set, whoever told it and in whatever order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use super::alias::Aliases;
use super::gathered::Gathered;
use super::give;
use super::keep::{self, Distinct};
use super::link;
use super::listing::{self, Listing};
use super::record::{Coverage, Environment, Event, Import, Member, Origin, Partner, Principal, Runs, Tenant};
use super::resources::Resource;
use super::told::Told;
use super::{Address, Facts, Refusal, RefusalReason, Row, Table};
use crate::coverage;
use crate::id::{EnvironmentId, EventId, ImportId, ObjectId, ResourceId, TenantId};
use crate::time::Timestamp;
use crate::word::{ImportResult, ListingRole, OwnershipKind};

/// Facts and what was left out of them.
#[derive(Debug)]
pub struct Settled {
    /// What holds.
    pub facts: Facts,
    /// What does not, in no particular order.
    pub refusals: Vec<Refusal>,
    /// Rows about resources that are not known, by table: not refused, they wait for them.
    pub waiting: BTreeMap<Table, Waiting>,
}

/// Rows of one table that wait for resources that are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub rows: u64,
    /// Where the first of them stands.
    pub first: Address,
}

impl Waiting {
    /// One more row.
    pub(super) fn note(all: &mut BTreeMap<Table, Self>, table: Table, address: Address) {
        let waiting = all.entry(table).or_insert(Self { rows: 0, first: address });
        waiting.rows += 1;
        waiting.first = waiting.first.min(address);
    }
}

/// Settles a whole set of rows; of links all count that are there ([`Gathered::keep_links`]).
pub fn settle(gathered: &Gathered) -> Settled {
    let mut settling = Settling::default();
    // Most rows are those of resources and their events: the ones are read while the others are compared.
    let (told, events) = thread::scope(|scope| {
        let told = scope.spawn(|| Told::read(gathered));
        settling.directory(gathered);
        settling.links(gathered);
        settling.members(gathered);
        let events = settling.about(Table::Ownership, gathered, event);
        (told.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), events)
    });
    settling.facts.resources = told.hold(&settling.facts.aliases, &mut settling.refusals);
    settling.give((Table::Ownership, events), |aliases, (_, resource), mut event| {
        event.object = aliases.principal(Some(&resource.tenant), &event.object, event.at);
        resource.add_event(event);
    });
    settling.imports(gathered);
    let profiles = settling.about(Table::Profiles, gathered, profiles);
    settling.give((Table::Profiles, profiles), |_, (_, resource), profiles| {
        resource.rest_mut().profiles.push(profiles);
    });
    give::each(settling.facts.resources.history(), in_order);
    settling.listings(gathered);
    settling.measures(gathered);
    let Settling { facts, refusals, waiting } = settling;
    Settled { facts, refusals, waiting }
}

/// What happened to a resource, by time.
fn in_order(resource: &mut Resource) {
    resource.events.sort_by(|a, b| a.place().cmp(&b.place()));
    let Some(rest) = &mut resource.rest else { return };
    for imports in [&mut rest.imports, &mut rest.idle_imports] {
        imports.sort_by(|a, b| (a.completed_at, &a.id).cmp(&(b.completed_at, &b.id)));
        imports.dedup_by(|a, b| a.id == b.id);
    }
    rest.profiles.sort_unstable();
}

/// The rows that are not refused.
pub(super) fn kept<'a>(rows: &'a [Distinct<'_>]) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(|row| row.refused.is_none()).map(|row| row.row.as_ref())
}

/// Of each key the row observed last: rows arrive sorted by key and time, so the last one wins.
fn holding<K, V, C: FromIterator<(K, V)>>(rows: &[Distinct<'_>], read: impl Fn(&Row) -> Option<(K, V)>) -> C {
    kept(rows).filter_map(read).collect()
}

#[derive(Default)]
pub(super) struct Settling {
    pub(super) facts: Facts,
    refusals: Vec<Refusal>,
    pub(super) waiting: BTreeMap<Table, Waiting>,
}

impl Settling {
    fn refuse(&mut self, table: Table, rows: &[Distinct<'_>]) {
        self.refusals.extend(keep::refusals(table, rows));
    }

    /// Takes a table's rows, judged against equal keys, and notes those refused.
    pub(super) fn judged<'a>(&mut self, gathered: &'a Gathered, table: Table) -> Vec<Distinct<'a>> {
        let rows = gathered.judge(table);
        self.refuse(table, &rows);
        rows
    }

    fn directory(&mut self, gathered: &Gathered) {
        self.facts.partners = holding(&self.judged(gathered, Table::Partners), Partner::read);
        self.facts.tenants = holding(&self.judged(gathered, Table::Tenants), Tenant::read);
        self.facts.principals = holding(&self.judged(gathered, Table::Principals), Principal::read);
        let environments = self.judged(gathered, Table::Environments);
        let kinds: BTreeMap<_, _> = holding(&environments, |row| {
            let (id, environment) = Environment::read(row)?;
            Some(((id, environment.kind_from), environment))
        });
        for ((id, _), environment) in kinds {
            self.facts.environments.entry(id).or_default().push(environment);
        }
        for row in kept(&self.judged(gathered, Table::Aliases)) {
            self.facts.aliases.add(row);
        }
    }

    fn links(&mut self, gathered: &Gathered) {
        let mut rows = gathered.judge(Table::Links);
        self.facts.links = link::settle(&mut rows, &self.facts.partners, &self.facts.aliases);
        self.refuse(Table::Links, &rows);
        let mut left_out = gathered.judge_links_left_out();
        self.facts.links_left_out = link::settle(&mut left_out, &self.facts.partners, &self.facts.aliases);
    }

    fn members(&mut self, gathered: &Gathered) {
        let rows = self.judged(gathered, Table::GroupMembers);
        for row in kept(&rows) {
            self.member(row);
        }
        for members in self.facts.members.values_mut() {
            members.sort();
        }
    }

    fn member(&mut self, row: &Row) -> Option<()> {
        let (tenant, from) = (TenantId(row.id(0)?.clone()), row.time(3)?);
        let resolve = |position| {
            Some(self.facts.aliases.principal(Some(&tenant), &ObjectId(row.id(position)?.clone()), from))
        };
        let (group, object) = (resolve(1)?, resolve(2)?);
        let members = self.facts.members.or_default(tenant, group);
        members.push(Member { object, from, until: row.time(4) });
        Some(())
    }

    fn imports(&mut self, gathered: &Gathered) {
        let rows = self.judged(gathered, Table::SolutionImports);
        let imports: BTreeMap<ImportId, Arc<Import>> =
            kept(&rows).filter_map(|row| self.import(row)).collect();
        let mut components = gathered.judge(Table::SolutionComponents);
        for component in &mut components {
            component.refused = self.component(component, &imports);
        }
        self.refuse(Table::SolutionComponents, &components);
    }

    fn import(&self, row: &Row) -> Option<(ImportId, Arc<Import>)> {
        let (id, completed_at) = (ImportId(row.id(0)?.clone()), row.time(7)?);
        let environment = self.facts.aliases.environment(&EnvironmentId(row.id(1)?.clone()), completed_at);
        let tenant =
            self.facts.environment(&environment, completed_at).map(|environment| &environment.tenant);
        let object = self.facts.aliases.principal(tenant, &ObjectId(row.id(5)?.clone()), completed_at);
        let import = Import {
            id: id.clone(),
            environment,
            solution: row.text(2)?.clone(),
            version: row.text(3)?.clone(),
            managed: row.flag(4)?,
            object,
            completed_at,
            result: ImportResult::parse(row.word(6)?)?,
        };
        Some((id, Arc::new(import)))
    }

    /// Gives a component to its resource, or says why not; a resource that is not known is waited for.
    fn component(
        &mut self,
        component: &Distinct<'_>,
        imports: &BTreeMap<ImportId, Arc<Import>>,
    ) -> Option<RefusalReason> {
        let row = &component.row;
        let import = imports.get(&ImportId(row.id(0)?.clone()));
        // Without its import a component has no time of its own: its id is then taken as it stands.
        let id = ResourceId(row.id(1)?.clone());
        let id = import.map_or(id.clone(), |import| self.facts.aliases.resource(&id, import.completed_at));
        let position = self.facts.resource(&id);
        let resource = position.and_then(|position| self.facts.resources.history().get_mut(position));
        if resource.as_ref().is_some_and(|resource| !resource.product.goes_into_solutions()) {
            return Some(RefusalReason::ComponentProduct);
        }
        let (Some(import), resource) = (import, resource) else {
            return Some(RefusalReason::UnknownImport);
        };
        let Some(resource) = resource else {
            Waiting::note(&mut self.waiting, Table::SolutionComponents, component.first);
            return None;
        };
        if resource.environment.as_ref().is_some_and(|environment| *environment != import.environment) {
            return Some(RefusalReason::ComponentEnvironment);
        }
        if import.result == ImportResult::Succeeded {
            resource.rest_mut().imports.push(import.clone());
            if !import.managed {
                self.facts.unmanaged.entry(import.id.clone()).or_insert_with(|| import.clone());
            }
        } else {
            resource.rest_mut().idle_imports.push(import.clone());
        }
        None
    }

    fn listings(&mut self, gathered: &Gathered) {
        let mut listings: BTreeMap<usize, Vec<Listing>> = BTreeMap::new();
        let about = self.about(Table::Listings, gathered, listing);
        self.give((Table::Listings, about), |aliases, (position, resource), mut listing| {
            let (tenant, at) = (Some(&resource.tenant), listing.observed_at);
            listing.object = listing.object.map(|object| aliases.principal(tenant, &object, at));
            listings.entry(position).or_default().push(listing);
        });
        for (position, listings) in listings {
            if let Some(resource) = self.facts.resources.history().get_mut(position) {
                listing::derive(resource, listings);
            }
        }
    }

    fn measures(&mut self, gathered: &Gathered) {
        for row in kept(&self.judged(gathered, Table::Coverage)) {
            self.coverage(row);
        }
        self.facts.coverage.values_mut().for_each(coverage::join);
        for row in kept(&self.judged(gathered, Table::Runs)) {
            self.runs(row);
        }
        for runs in self.facts.runs.values_mut() {
            runs.sort_unstable_by(|a, b| (a.day, &a.status, b.runs).cmp(&(b.day, &b.status, a.runs)));
            runs.dedup_by(|less, most| (less.day, &less.status) == (most.day, &most.status));
        }
    }

    fn coverage(&mut self, row: &Row) -> Option<()> {
        let (key, coverage) = Coverage::read(row)?;
        self.facts.coverage.entry(key).or_default().push(coverage);
        Some(())
    }

    /// Per (resource, day, status) the greatest number holds: inventories repeat a day while it grows.
    fn runs(&mut self, row: &Row) -> Option<()> {
        let day = row.day(1)?;
        let id = self.facts.aliases.resource(&ResourceId(row.id(0)?.clone()), day.start());
        let (status, runs) = (row.text(2).cloned(), row.count(3)?);
        self.facts.runs.entry(id).or_default().push(Runs { day, status, runs });
        Some(())
    }
}

fn event(aliases: &Aliases, row: &Row) -> Option<(ResourceId, Event)> {
    let at = row.time(4)?;
    let event = Event {
        at,
        origin: Origin::Dated,
        id: EventId(row.id(0)?.clone()),
        kind: OwnershipKind::parse(row.word(2)?)?,
        object: ObjectId(row.id(3)?.clone()),
    };
    Some((aliases.resource(&ResourceId(row.id(1)?.clone()), at), event))
}

fn listing(aliases: &Aliases, row: &Row) -> Option<(ResourceId, Listing)> {
    let observed_at = row.time(0)?;
    let listing = Listing {
        observed_at,
        role: ListingRole::parse(row.word(2)?)?,
        object: row.id(3).cloned().map(ObjectId),
        complete: row.flag(4)?,
    };
    Some((aliases.resource(&ResourceId(row.id(1)?.clone()), observed_at), listing))
}

fn profiles(aliases: &Aliases, row: &Row) -> Option<(ResourceId, (Timestamp, u64))> {
    let measured_at = row.time(1)?;
    let id = aliases.resource(&ResourceId(row.id(0)?.clone()), measured_at);
    Some((id, (measured_at, row.count(2)?)))
}
