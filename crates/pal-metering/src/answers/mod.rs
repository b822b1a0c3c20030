//! A state joined with facts: what metering answers, in columns.
//!
//! What a state says is for whole months. Rows that it cannot speak for are metered one by one beside it
//! ([`pal_rules::meter`]): those with ids that stand for others, and those of a resource in a month that is not wholly
//! seen, because the resource was deleted in it or because it is judged before its end. Whoever asks passes them
//! ([`Answers::take`]); which they are, [`Answers::lacks`] says.

mod people;

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::facts::{Facts, Resource};
use pal_rules::id::{ObjectId, ResourceId, TenantId};
use pal_rules::meter::{Activity, Meter, Seen};
use pal_rules::time::Month;
use pal_rules::usage::{Active, Last, Metered, Usage, Window};

use self::people::{Class, People, Tally};
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, number};
use crate::state::{self, State, Union};

/// The answers of a state for some windows, and of the rows beside it.
#[derive(Debug)]
pub struct Answers<'a> {
    state: &'a State,
    facts: &'a Facts,
    windows: Vec<Window>,
    /// By position of the resource: its number, and that of its tenant.
    numbers: Vec<Option<(u32, u32)>>,
    /// By number of the tenant.
    people: Vec<People<'a>>,
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
    /// Joins a state with facts, for windows in the order of their months.
    pub fn new(state: &'a State, facts: &'a Facts, windows: &[Window]) -> Self {
        let dictionary = state.dictionary();
        let tenants = 0..number(dictionary.tenants().len());
        let (numbers, strange) = numbers(state, facts);
        let mut answers = Self {
            state,
            facts,
            windows: windows.to_vec(),
            numbers,
            people: tenants.map(|tenant| People::of(dictionary, tenant, facts)).collect(),
            rows: Meter::new(facts, windows),
            by_rows: BTreeSet::new(),
            strange,
        };
        for row in state.beside() {
            answers.take(row);
        }
        answers
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
        for window in &self.windows {
            if window.end() < window.month.end() {
                lacking.insert(window.month, None);
            }
        }
        let last = self.windows.iter().map(|window| window.month).max();
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

    /// The first month of which a window does not see all activity on a resource.
    fn cut(window: &Window, resource: &Resource) -> Option<Month> {
        let deleted = resource.deleted_at.map(pal_rules::time::Timestamp::month);
        let judged_early = (window.end() < window.month.end()).then_some(window.month);
        deleted.into_iter().chain(judged_early).min()
    }

    /// Who used a resource in a window, as far as the state says, by number; and their tenant.
    fn state_users(&self, resource: usize, window: usize, users: &mut Vec<u32>) -> Option<&People<'a>> {
        users.clear();
        let (number, tenant) = self.numbers.get(resource).copied().flatten()?;
        let (of_facts, window) = (self.facts.resources.get(resource)?, self.windows.get(window)?);
        let people = self.people.get(index(tenant))?;
        if Self::cut(window, of_facts).is_none_or(|cut| window.month < cut) {
            self.state.month(window.month).uses(number, users);
        }
        Some(people)
    }

    fn of_state(&self, resource: usize, window: usize) -> Option<Usage> {
        let mut users = Vec::new();
        let people = self.state_users(resource, window, &mut users)?;
        let (number, _) = self.numbers.get(resource).copied().flatten()?;
        let (of_facts, window) = (self.facts.resources.get(resource)?, self.windows.get(window)?);
        let mut tally = Tally::default();
        let mut linked_users = Vec::new();
        for user in &users {
            let class = people.class(*user);
            tally.note(class);
            if class.is_linked() {
                linked_users.extend(people.object(*user));
            }
        }
        linked_users.sort_unstable();
        let cut = Self::cut(window, of_facts).filter(|cut| *cut <= window.month);
        let month = cut.map_or(window.month, Month::previous);
        let view = self.state.month(month);
        let lasts = |lasts: Vec<state::Last>| {
            let last =
                |one: state::Last| Some(Last { object: people.object(one.person)?, last: micros(one.last) });
            let mut lasts: Vec<Last> = lasts.into_iter().filter_map(last).collect();
            lasts.sort_unstable_by(|a, b| a.object.cmp(&b.object));
            lasts
        };
        let makes = lasts(view.makes(number));
        let (mut active, mut active_before) = (Vec::new(), Vec::new());
        if of_facts.product == pal_rules::word::Product::CustomerInsights {
            if cut.is_none() {
                let one = |one: state::Active| {
                    let object = people.object(one.person)?;
                    Some(Active { object, first: micros(one.first), last: micros(one.last) })
                };
                active = view.active_on(number).into_iter().filter_map(one).collect();
                active.sort_unstable_by(|a, b| a.object.cmp(&b.object));
            }
            let before = if cut.is_some() { month.next() } else { month };
            active_before = lasts(self.state.month(before).active_before(number));
        }
        Some(Usage { users: tally.users(), makes, linked_users, active, active_before })
    }

    fn class_of(&self, resource: &Resource, object: &ObjectId) -> Class {
        let key = (resource.tenant.clone(), object.clone());
        let kind = self.facts.principals.get(&key).map(|principal| principal.kind);
        Class::of(kind, self.facts.links.contains_key(&key))
    }

    /// What the state and the rows say together.
    fn together(&self, resource: usize, window: usize, of_state: Usage) -> Usage {
        let of_rows = self.rows.usage(resource, window);
        let Some(of_facts) = self.facts.resources.get(resource) else { return of_rows };
        let mut tally = Tally::default();
        let mut linked_users = Vec::new();
        for user in self.users(resource, window) {
            let class = self.class_of(of_facts, &user);
            tally.note(class);
            if class.is_linked() {
                linked_users.push(user);
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
    fn usage(&self, resource: usize, window: usize) -> Usage {
        let of_state = self.of_state(resource, window).unwrap_or_default();
        if self.by_rows.contains(&resource) { self.together(resource, window, of_state) } else { of_state }
    }

    fn users(&self, resource: usize, window: usize) -> Vec<ObjectId> {
        let mut numbers = Vec::new();
        let people = self.state_users(resource, window, &mut numbers);
        let mut users = people.map(|people| people.in_order(&mut numbers)).unwrap_or_default();
        if self.by_rows.contains(&resource) {
            users.extend(self.rows.users(resource, window));
            users.sort_unstable();
            users.dedup();
        }
        users
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
            for user in self.rows.users(*resource, window) {
                let people = tenant.and_then(|tenant| Some((tenant, self.people.get(index(tenant))?)));
                match people.and_then(|(tenant, people)| Some((tenant, people.number(&user)?))) {
                    Some((tenant, number)) => known.entry(tenant).or_default().add(&[number]),
                    None if self.class_of(of_facts, &user).counts() => {
                        others.insert((&of_facts.tenant, user));
                    }
                    None => {}
                }
            }
        }
        let counts = |tenant: u32, person: u32| {
            self.people.get(index(tenant)).is_some_and(|people| people.class(person).counts())
        };
        let known = known.into_iter();
        let known = known.map(|(tenant, mut union)| union.take_count_of(|person| counts(tenant, person)));
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

fn micros(micros: i64) -> pal_rules::time::Timestamp {
    pal_rules::time::Timestamp::from_micros(micros)
}

/// The number of each resource of the facts and of its tenant, and what of the state belongs to none.
fn numbers(state: &State, facts: &Facts) -> (Vec<Option<(u32, u32)>>, Strange) {
    let dictionary = state.dictionary();
    let mut numbers = vec![None; facts.resources.len()];
    let mut strange = Strange::default();
    for (resource, number) in dictionary.resources().iter().zip(0..) {
        let id = ResourceId(resource.id.id());
        let tenant = dictionary.tenants().get(index(resource.tenant)).map(|tenant| tenant.id());
        let Some(position) = facts.resource(&id) else {
            strange.unknown.insert(id);
            continue;
        };
        let of_facts = facts.resources.get(position).map(|resource| &resource.tenant.0);
        match numbers.get_mut(position) {
            Some(place) if of_facts == tenant.as_ref() => *place = Some((number, resource.tenant)),
            _ => _ = strange.wrong_tenant.insert(id),
        }
    }
    (numbers, strange)
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
