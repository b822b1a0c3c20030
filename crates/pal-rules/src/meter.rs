//! Activity, row by row: the plain form of metering, held against the columnar one.
//!
//! Rows are folded into distinct sets as they pass; none is kept.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};

use crate::facts::{Claimants, Facts, Row};
use crate::id::{ObjectId, ResourceId, TenantId};
use crate::time::Timestamp;
use crate::usage::{Active, Everyone, Last, Metered, Usage, Users, Window};
use crate::word::{ActivityKind, PrincipalKind, Product};

/// One row of `activity`, ids as they came.
#[derive(Clone, Debug)]
pub struct Activity {
    /// When.
    pub at: Timestamp,
    /// In which tenant.
    pub tenant: TenantId,
    /// On which resource.
    pub resource: ResourceId,
    /// Who.
    pub object: ObjectId,
    /// What.
    pub kind: ActivityKind,
}

/// Whether a row's tenant is not that of its resource, which the facts know.
pub fn is_of_wrong_tenant(facts: &Facts, activity: &Activity) -> bool {
    let id = facts.aliases.resource(&activity.resource, activity.at);
    is_wrong_tenant(facts, &id, &activity.tenant)
}

/// Whether a tenant is not that of a resource which the facts know.
///
/// - `resource`: under its own id.
pub fn is_wrong_tenant(facts: &Facts, resource: &ResourceId, tenant: &TenantId) -> bool {
    let known = facts.resource(resource).and_then(|position| facts.resources.get(position));
    known.is_some_and(|known| known.tenant != *tenant)
}

/// What became of an activity row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It was taken in.
    Taken,
    /// Its resource is not known; it waits for it.
    Waits,
    /// Refused: its tenant is not its resource's.
    WrongTenant,
}

/// Numbers of a resource and of a person: dense, so that pairs are small.
type Pair = (u32, u32);

impl Activity {
    /// Reads a row of the `activity` table; `None` for a row of another.
    pub fn read(row: &Row) -> Option<Self> {
        Some(Self {
            at: row.time(0)?,
            tenant: TenantId(row.id(1)?.clone()),
            resource: ResourceId(row.id(2)?.clone()),
            object: ObjectId(row.id(3)?.clone()),
            kind: ActivityKind::parse(row.word(4)?)?,
        })
    }
}

#[expect(clippy::disallowed_types, reason = "numbers are looked up by key; nothing walks the map")]
type Map<K> = std::collections::HashMap<K, u32, BuildHasherDefault<DefaultHasher>>;

/// Dense numbers of keys: a hash map with fixed seeds, whose order is never looked at.
#[derive(Debug)]
struct Numbers<K>(Map<K>);

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self(Map::default())
    }
}

impl<K: Eq + Hash> Numbers<K> {
    fn get(&self, key: &K) -> Option<u32> {
        self.0.get(key).copied()
    }

    fn insert(&mut self, key: K, number: u32) {
        self.0.insert(key, number);
    }
}

/// Takes activity rows in any order; as [`Metered`] it then answers for each resource and window.
#[derive(Debug)]
pub struct Meter<'facts> {
    facts: &'facts Facts,
    windows: Vec<Window>,
    /// Made when somebody comes.
    claimants: Option<Claimants>,
    people: Numbers<(TenantId, ObjectId)>,
    persons: Vec<Person>,
    /// Per window: (resource, person) of each use; distinct once compacted.
    uses: Vec<Uses>,
    /// Per window: those of them that came under another id, such as a sign-in name.
    by_alias: Vec<Uses>,
    /// (resource, person, first window that sees it) → last make.
    makes: BTreeMap<(u32, u32, usize), Timestamp>,
    /// (resource, window, person) → first and last activity on a Customer Insights instance.
    active: BTreeMap<(u32, usize, u32), (Timestamp, Timestamp)>,
    /// (resource, person, first window that sees it) → last activity on an instance before that window.
    active_before: BTreeMap<(u32, u32, usize), Timestamp>,
}

/// What is asked of a principal.
#[derive(Debug)]
struct Person {
    object: ObjectId,
    /// Absent: the directory does not know it.
    kind: Option<PrincipalKind>,
    /// Whether it was ever linked.
    linked: bool,
    /// Whether the rules ask when it last made something.
    claimant: bool,
}

#[derive(Clone, Debug, Default)]
struct Uses {
    pairs: Vec<Pair>,
    compacted: usize,
}

impl Uses {
    /// Below this many new pairs sorting again does not pay.
    const SLACK: usize = 1 << 16;

    fn push(&mut self, pair: Pair) {
        self.pairs.push(pair);
        if self.pairs.len() > 2 * self.compacted + Self::SLACK {
            self.compact();
        }
    }

    fn compact(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup();
        self.compacted = self.pairs.len();
    }

    fn of(&self, resource: u32) -> &[Pair] {
        let start = self.pairs.partition_point(|pair| pair.0 < resource);
        let end = self.pairs.partition_point(|pair| pair.0 <= resource);
        self.pairs.get(start..end).unwrap_or_default()
    }
}

impl<'facts> Meter<'facts> {
    /// A meter for some windows, in the order of their months.
    pub fn new(facts: &'facts Facts, windows: &[Window]) -> Self {
        Self {
            facts,
            windows: windows.to_vec(),
            claimants: None,
            people: Numbers::default(),
            persons: Vec::new(),
            uses: vec![Uses::default(); windows.len()],
            by_alias: vec![Uses::default(); windows.len()],
            makes: BTreeMap::new(),
            active: BTreeMap::new(),
            active_before: BTreeMap::new(),
        }
    }

    /// Takes one row.
    pub fn take(&mut self, activity: &Activity) -> Seen {
        let (facts, at) = (self.facts, activity.at);
        let id = facts.aliases.resource(&activity.resource, at);
        let Some(position) = facts.resource(&id) else { return Seen::Waits };
        let Some((number, resource)) = u32::try_from(position).ok().zip(facts.resources.get(position)) else {
            return Seen::Waits;
        };
        if resource.tenant != activity.tenant {
            return Seen::WrongTenant;
        }
        // The first window that can see the row; what lies at or after the deletion is never seen.
        let window = self.windows.partition_point(|window| window.end() <= at);
        let Some(seen_in) = self.windows.get(window).filter(|window| at < window.instant(resource)) else {
            return Seen::Taken;
        };
        let in_window = at >= seen_in.start();
        let counts = in_window && activity.kind == ActivityKind::Use;
        let instance = resource.product == Product::CustomerInsights;
        if !(counts || instance || activity.kind == ActivityKind::Make) {
            return Seen::Taken;
        }
        let (person, by_alias) = self.person(activity);
        if let (true, Some(uses)) = (counts, self.uses.get_mut(window)) {
            uses.push((number, person));
        }
        if let (true, true, Some(uses)) = (counts, by_alias, self.by_alias.get_mut(window)) {
            uses.push((number, person));
        }
        if activity.kind == ActivityKind::Make {
            let last = self.makes.entry((number, person, window)).or_insert(at);
            *last = at.max(*last);
        }
        if instance && !in_window {
            let last = self.active_before.entry((number, person, window)).or_insert(at);
            *last = at.max(*last);
        } else if instance {
            let (first, last) = self.active.entry((number, window, person)).or_insert((at, at));
            (*first, *last) = (at.min(*first), at.max(*last));
        }
        Seen::Taken
    }

    /// The number of whoever it was, and whether the row names it by another id.
    fn person(&mut self, activity: &Activity) -> (u32, bool) {
        let tenant = &activity.tenant;
        let object = self.facts.aliases.principal(Some(tenant), &activity.object, activity.at);
        let by_alias = object != activity.object;
        let key = (tenant.clone(), object);
        if let Some(person) = self.people.get(&key) {
            return (person, by_alias);
        }
        let kind = self.facts.principals.get(&key.0, &key.1).map(|principal| principal.kind);
        let linked = self.facts.links.has(&key.0, &key.1);
        let claimants = self.claimants.get_or_insert_with(|| Claimants::of(self.facts));
        let claimant = claimants.has(&key.0, &key.1);
        let person = u32::try_from(self.persons.len()).unwrap_or(u32::MAX);
        self.persons.push(Person { object: key.1.clone(), kind, linked, claimant });
        self.people.insert(key, person);
        (person, by_alias)
    }

    /// Ends the taking-in: from here on it answers.
    pub fn finish(&mut self) {
        self.uses.iter_mut().chain(&mut self.by_alias).for_each(Uses::compact);
    }

    fn known(&self, person: u32) -> Option<&Person> {
        self.persons.get(usize::try_from(person).ok()?)
    }

    fn kind(&self, person: u32) -> Option<PrincipalKind> {
        self.known(person)?.kind
    }

    fn object(&self, person: u32) -> Option<ObjectId> {
        Some(self.known(person)?.object.clone())
    }

    /// The last `make` of each of some people.
    fn makes_of(&self, resource: u32, window: usize, whose: impl Fn(&Person) -> bool) -> Vec<Last> {
        let of_resource = self.makes.range((resource, 0, 0)..=(resource, u32::MAX, usize::MAX));
        let seen = of_resource.filter(|((_, _, seen_in), _)| *seen_in <= window);
        let seen = seen.filter(|((_, person, _), _)| self.known(*person).is_some_and(&whose));
        self.last_of_each(seen.map(|((_, person, _), last)| (*person, *last)))
    }

    /// Which claimants were active on an instance before a window: what lies before every window, and what earlier windows saw.
    fn active_before(&self, resource: u32, window: usize) -> Vec<Last> {
        let before = self.active_before.range((resource, 0, 0)..=(resource, u32::MAX, usize::MAX));
        let before = before.filter(|((_, _, seen_in), _)| *seen_in <= window);
        let before = before.map(|((_, person, _), last)| (*person, *last));
        let earlier = self.active.range((resource, 0, 0)..(resource, window, 0));
        let all = before.chain(earlier.map(|((_, _, person), (_, last))| (*person, *last)));
        self.last_of_each(all.filter(|(person, _)| self.known(*person).is_some_and(|person| person.claimant)))
    }

    /// The latest of each principal, by principal.
    fn last_of_each(&self, seen: impl Iterator<Item = (u32, Timestamp)>) -> Vec<Last> {
        let last = |(person, last)| self.object(person).map(|object| Last { object, last });
        let mut all: Vec<Last> = seen.filter_map(last).collect();
        all.sort_by(|a, b| a.object.cmp(&b.object).then(b.last.cmp(&a.last)));
        all.dedup_by(|later, first| later.object == first.object);
        all
    }

    fn active_on(&self, resource: u32, window: usize) -> Vec<Active> {
        let of_window = self.active.range((resource, window, 0)..=(resource, window, u32::MAX));
        let mut active: Vec<Active> = of_window
            .filter_map(|((_, _, person), (first, last))| {
                Some(Active { object: self.object(*person)?, first: *first, last: *last })
            })
            .collect();
        active.sort_by(|a, b| a.object.cmp(&b.object));
        active
    }

    /// All that was seen of a resource in a window, whether the rules ask for it or not.
    pub fn seen(&self, resource: usize, window: usize) -> Everyone {
        let Ok(number) = u32::try_from(resource) else { return Everyone::default() };
        let uses = self.uses.get(window).map_or(&[][..], |uses| uses.of(number));
        let mut users: Vec<ObjectId> = uses.iter().filter_map(|(_, person)| self.object(*person)).collect();
        users.sort_unstable();
        let makes = self.makes_of(number, window, |_| true);
        Everyone { users, makes, active: self.active_on(number, window) }
    }
}

impl Metered for Meter<'_> {
    fn usage(&self, resource: usize, window: usize) -> Usage {
        let Ok(number) = u32::try_from(resource) else { return Usage::default() };
        let mut users = Users::default();
        let mut linked_users = Vec::new();
        for (_, person) in self.uses.get(window).map_or(&[][..], |uses| uses.of(number)) {
            let Some(person) = self.known(*person) else { continue };
            if person.linked {
                linked_users.push(person.object.clone());
            }
            match person.kind {
                Some(PrincipalKind::ServicePrincipal) => users.service_principals += 1,
                Some(PrincipalKind::ManagedIdentity) => users.managed_identities += 1,
                Some(PrincipalKind::System) => users.systems += 1,
                Some(_) => users.counted += 1,
                None => {
                    users.counted += 1;
                    users.unknown += 1;
                }
            }
        }
        let by_alias = self.by_alias.get(window).map_or(&[][..], |uses| uses.of(number));
        users.by_alias = by_alias.iter().filter(|pair| counts_as_user(self.kind(pair.1))).count() as u64;
        linked_users.sort_unstable();
        Usage {
            users,
            makes: self.makes_of(number, window, |person| person.claimant),
            linked_users,
            active: self.active_on(number, window),
            active_before: self.active_before(number, window),
        }
    }

    fn usage_and_seen(&self, resource: usize, window: usize) -> (Usage, Everyone) {
        (self.usage(resource, window), self.seen(resource, window))
    }

    fn distinct_users(&self, resources: &[usize], window: usize) -> u64 {
        let Some(uses) = self.uses.get(window) else { return 0 };
        let mut people: Vec<u32> = resources
            .iter()
            .filter_map(|resource| u32::try_from(*resource).ok())
            .flat_map(|resource| uses.of(resource))
            .map(|pair| pair.1)
            .filter(|person| counts_as_user(self.kind(*person)))
            .collect();
        people.sort_unstable();
        people.dedup();
        people.len() as u64
    }
}

/// Whether a principal of this kind is a user (decision D9); one that the directory does not know is.
pub fn counts_as_user(kind: Option<PrincipalKind>) -> bool {
    !matches!(
        kind,
        Some(PrincipalKind::ServicePrincipal | PrincipalKind::ManagedIdentity | PrincipalKind::System)
    )
}
