//! A state joined with facts: what metering answers, in columns.
//!
//! What a state says is for whole months. Rows that it cannot speak for are metered one by one beside it
//! ([`pal_rules::meter`]): those with ids that stand for others, and those of a resource in a month that is not wholly
//! seen, because the resource was deleted in it or because it is judged before its end. Whoever asks passes them
//! ([`Answers::take`]); which they are, [`Answers::lacks`] says.

mod mentioned;
mod of_state;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::thread;

use pal_rules::facts::{Claimants, Facts, Resource};
use pal_rules::id::{Id, ObjectId, ResourceId, TenantId};
use pal_rules::meter::{Activity, Meter, Seen};
use pal_rules::time::Month;
use pal_rules::usage::{Active, Everyone, Last, Metered, Usage, Window};

use self::people::{Class, People, Tally};
use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::index;
use crate::parallel::each;
use crate::state::{self, MonthView, State, Union};

/// The answers of a state for some windows, and of the rows beside it.
#[derive(Debug)]
pub struct Answers<'a> {
    state: &'a State,
    facts: &'a Facts,
    /// Each with what the state says of its month.
    windows: Vec<(Window, MonthView<'a>)>,
    /// By position of the resource: its number, and that of its tenant.
    numbers: Vec<Option<(u32, u32)>>,
    /// By number of the tenant.
    people: Vec<People>,
    rows: Meter<'a>,
    /// Positions of the resources that rows were taken of.
    by_rows: BTreeSet<usize>,
    /// Resources that the state has activity of in another tenant than theirs, or that the facts do not know.
    strange: Strange,
}

/// Resources of a state that no statement has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strange {
    /// Those that the facts do not know.
    pub unknown: BTreeSet<ResourceId>,
    /// Those of which there is activity in a tenant that is not theirs.
    pub wrong_tenant: BTreeSet<ResourceId>,
}

/// Rows that answers need beside the state, by month: of some resources, or of all.
pub type Lacking = BTreeMap<Month, Option<BTreeSet<ResourceId>>>;

impl<'a> Answers<'a> {
    /// Joins a state with facts and their claimants, for windows in the order of their months.
    ///
    /// - `tenants`: if not all are asked for; of the resources of others it says nothing.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] when people of the state cannot be read, or a thread ended early.
    pub fn new(
        state: &'a State,
        (facts, claimants): (&'a Facts, &Claimants),
        windows: &[Window],
        tenants: Option<&BTreeSet<TenantId>>,
    ) -> Result<Self, Unmetered> {
        let dictionary = state.dictionary();
        let among = |tenant: &Guid| tenants.is_none_or(|tenants| tenants.contains(&TenantId(tenant.id())));
        let asked: Vec<bool> = dictionary.tenants().iter().map(among).collect();
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (numbers, strange) = numbers(state, facts, &asked, threads)?;
        let people = mentioned::people(state, windows, &asked, threads)?;
        let mut people: Vec<_> = people.into_iter().zip(dictionary.tenants()).collect();
        let people = each(threads, &mut people, |((marks, ids), tenant)| {
            let people = (std::mem::take(marks), std::mem::take(ids));
            People::of(people, &TenantId(tenant.id()), facts, claimants)
        })?;
        let mut answers = Self {
            state,
            facts,
            windows: windows.iter().map(|window| (*window, state.month(window.month))).collect(),
            numbers,
            people,
            rows: Meter::new(facts, windows),
            by_rows: BTreeSet::new(),
            strange,
        };
        for row in state.beside() {
            answers.take(row);
        }
        Ok(answers)
    }

    /// Takes a row that the state cannot speak for; to take one that it can changes nothing.
    pub fn take(&mut self, row: &Activity) -> Seen {
        let seen = self.rows.take(row);
        let resource = self.facts.aliases.resource(&row.resource, row.at);
        match seen {
            Seen::Taken => self.by_rows.extend(self.facts.resource(&resource)),
            Seen::Waits => _ = self.strange.unknown.insert(resource),
            Seen::WrongTenant => _ = self.strange.wrong_tenant.insert(resource),
        }
        seen
    }

    /// Ends the taking-in.
    pub fn finish(&mut self) {
        self.rows.finish();
    }

    /// Resources of which there is activity, and which stand in no statement.
    pub fn strange(&self) -> &Strange {
        &self.strange
    }

    /// The rows that are needed beside the state and are not in it by themselves.
    pub fn lacks(&self) -> Lacking {
        let mut lacking = Lacking::new();
        for (window, _) in &self.windows {
            if window.end() < window.month.end() {
                lacking.insert(window.month, None);
            }
        }
        let last = self.windows.iter().map(|(window, _)| window.month).max();
        for (resource, numbers) in self.facts.resources.iter().zip(&self.numbers) {
            let (Some(deleted_at), Some((number, _)), Some(last)) = (resource.deleted_at, numbers, last)
            else {
                continue;
            };
            let month = deleted_at.month();
            if month <= last
                && month.start() < deleted_at
                && self.state.month(month).has(*number)
                && let Some(resources) = lacking.entry(month).or_insert_with(|| Some(BTreeSet::new()))
            {
                resources.insert(resource.id.clone());
            }
        }
        lacking
    }

    fn class_of(&self, resource: &Resource, object: &ObjectId) -> Class {
        let kind = self.facts.principals.get(&resource.tenant, object).map(|principal| principal.kind);
        Class::of(kind, self.facts.links.has(&resource.tenant, object))
    }

    /// What the state and the rows say together.
    ///
    /// - `users`: everyone who used the resource in the window, by principal.
    fn together(&self, (resource, window): (usize, usize), of_state: Usage, users: &[ObjectId]) -> Usage {
        let of_rows = self.rows.usage(resource, window);
        let Some(of_facts) = self.facts.resources.get(resource) else { return of_rows };
        let mut tally = Tally::default();
        let mut linked_users = Vec::new();
        for user in users {
            let class = self.class_of(of_facts, user);
            tally.note(class);
            if class.is_linked() {
                linked_users.push(user.clone());
            }
        }
        let mut users = tally.users();
        users.by_alias = of_rows.users.by_alias;
        Usage {
            users,
            makes: latest(of_state.makes, of_rows.makes),
            linked_users,
            active: widest(of_state.active, of_rows.active),
            active_before: latest(of_state.active_before, of_rows.active_before),
        }
    }
}

impl Metered for Answers<'_> {
    fn look_at(&self, resource: usize, window: usize) {
        let number = self.numbers.get(resource).copied().flatten();
        black_box(
            number.zip(self.windows.get(window)).map(|((number, _), (_, month))| month.look_at(number)),
        );
    }

    fn usage(&self, resource: usize, window: usize) -> Usage {
        if self.by_rows.contains(&resource) {
            return self.usage_and_seen(resource, window).0;
        }
        self.of_state(resource, window).unwrap_or_default()
    }

    fn usage_and_seen(&self, resource: usize, window: usize) -> (Usage, Everyone) {
        let (usage, mut seen) = self.all_of_state(resource, window).unwrap_or_default();
        if !self.by_rows.contains(&resource) {
            return (usage, seen);
        }
        let of_rows = self.rows.seen(resource, window);
        seen.users.extend(of_rows.users);
        seen.users.sort_unstable();
        seen.users.dedup();
        let usage = self.together((resource, window), usage, &seen.users);
        let (makes, active) = (latest(seen.makes, of_rows.makes), widest(seen.active, of_rows.active));
        (usage, Everyone { makes, active, ..seen })
    }

    fn distinct_users(&self, resources: &[usize], window: usize) -> u64 {
        let mut known: BTreeMap<u32, Union> = BTreeMap::new();
        let mut others: BTreeSet<(&TenantId, ObjectId)> = BTreeSet::new();
        let mut users = Vec::new();
        for resource in resources {
            let Some(of_facts) = self.facts.resources.get(*resource) else { continue };
            let tenant = self.numbers.get(*resource).copied().flatten().map(|(_, tenant)| tenant);
            if let (Some(tenant), Some(_)) = (tenant, self.state_users(*resource, window, &mut users)) {
                known.entry(tenant).or_default().add(&users);
            }
            if !self.by_rows.contains(resource) {
                continue;
            }
            let tenant = tenant.or_else(|| self.tenant(of_facts));
            for user in self.rows.seen(*resource, window).users {
                let people = tenant.and_then(|tenant| Some((tenant, self.people.get(index(tenant))?)));
                match people.and_then(|(tenant, people)| Some((tenant, people.place_of(&user)?))) {
                    Some((tenant, place)) => known.entry(tenant).or_default().add(&[place]),
                    None if self.class_of(of_facts, &user).counts() => {
                        others.insert((&of_facts.tenant, user));
                    }
                    None => {}
                }
            }
        }
        let counts = |tenant: u32, place: u32| {
            self.people.get(index(tenant)).is_some_and(|people| people.class(place).counts())
        };
        let known = known.into_iter();
        let known = known.map(|(tenant, mut union)| union.take_count_of(|place| counts(tenant, place)));
        others.len() as u64 + known.sum::<u64>()
    }
}

impl Answers<'_> {
    /// The number of a resource's tenant, if the state has it.
    fn tenant(&self, resource: &Resource) -> Option<u32> {
        let id = Guid::from(resource.tenant.0.guid()?);
        self.state.dictionary().tenants().iter().zip(0..).find(|(tenant, _)| **tenant == id).map(|(_, of)| of)
    }
}

/// The number of each resource of the facts and of its tenant, and what of the state belongs to none.
type Numbers = (Vec<Option<(u32, u32)>>, Strange);

/// Looks the resources of a state up in the facts.
///
/// - `asked`: by number of the tenant, whether its resources are asked for.
fn numbers(state: &State, facts: &Facts, asked: &[bool], threads: usize) -> Result<Numbers, Unmetered> {
    let dictionary = state.dictionary();
    let is_asked = |one: &state::Resource| asked.get(index(one.tenant)).is_some_and(|asked| *asked);
    let tenants: Vec<Id> = dictionary.tenants().iter().map(|tenant| tenant.id()).collect();
    // Its position, and whether its tenant is that of the facts.
    let find = |one: &state::Resource| {
        let position = facts.resource(&ResourceId(one.id.id()))?;
        let of_facts = facts.resources.get(position).map(|resource| &resource.tenant.0);
        Some((position, of_facts == tenants.get(index(one.tenant))))
    };
    let find = |one: &state::Resource| is_asked(one).then(|| find(one));
    let mut parts: Vec<&[state::Resource]> = dictionary.resources().chunks(1 << 12).collect();
    let found = each(threads, &mut parts, |part| part.iter().map(find).collect::<Vec<_>>())?;
    let mut numbers = vec![None; facts.resources.len()];
    let mut strange = Strange::default();
    let found = found.into_iter().flatten().zip(dictionary.resources()).zip(0..);
    for ((found, resource), number) in found.filter_map(|((found, one), of)| Some(((found?, one), of))) {
        let id = || ResourceId(resource.id.id());
        let Some((position, is_theirs)) = found else {
            strange.unknown.insert(id());
            continue;
        };
        match numbers.get_mut(position) {
            Some(place) if is_theirs => *place = Some((number, resource.tenant)),
            _ => _ = strange.wrong_tenant.insert(id()),
        }
    }
    Ok((numbers, strange))
}

/// The latest of each principal, by principal.
fn latest(mut one: Vec<Last>, other: Vec<Last>) -> Vec<Last> {
    if other.is_empty() {
        return one;
    }
    one.extend(other);
    one.sort_unstable_by(|a, b| a.object.cmp(&b.object).then(b.last.cmp(&a.last)));
    one.dedup_by(|later, first| later.object == first.object);
    one
}

/// First and last of each principal, by principal.
fn widest(mut one: Vec<Active>, other: Vec<Active>) -> Vec<Active> {
    if other.is_empty() {
        return one;
    }
    one.extend(other);
    one.sort_unstable_by(|a, b| a.object.cmp(&b.object));
    one.dedup_by(|later, first| {
        let same = later.object == first.object;
        if same {
            (first.first, first.last) = (first.first.min(later.first), first.last.max(later.last));
        }
        same
    });
    one
}
