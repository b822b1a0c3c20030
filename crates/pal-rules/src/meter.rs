//! Activity, row by row: the plain form of metering, held against the columnar one.
//!
//! Rows are folded into distinct sets as they pass; none is kept.

use std::collections::BTreeMap;

use crate::facts::{Facts, Row};
use crate::id::{ObjectId, ResourceId, TenantId};
use crate::time::Timestamp;
use crate::usage::{Active, Make, Usage, Users, Window};
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

/// Takes activity rows in any order; [`Meter::usage`] then answers for each resource and window.
#[derive(Debug)]
pub struct Meter<'facts> {
    facts: &'facts Facts,
    windows: Vec<Window>,
    people: BTreeMap<(TenantId, ObjectId), u32>,
    kinds: Vec<(ObjectId, Option<PrincipalKind>)>,
    /// Per window: (resource, person) of each use; distinct once compacted.
    uses: Vec<Uses>,
    /// (resource, person, first window that sees it) → last make.
    makes: BTreeMap<(u32, u32, usize), Timestamp>,
    /// (resource, person, window) → first and last activity on a Customer Insights instance.
    active: BTreeMap<(u32, usize, u32), (Timestamp, Timestamp)>,
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
            people: BTreeMap::new(),
            kinds: Vec::new(),
            uses: vec![Uses::default(); windows.len()],
            makes: BTreeMap::new(),
            active: BTreeMap::new(),
        }
    }

    /// Takes one row.
    pub fn take(&mut self, activity: &Activity) -> Seen {
        let (facts, at) = (self.facts, activity.at);
        let id = facts.aliases.resource(&activity.resource, at);
        let Some(position) = facts.resource(&id) else { return Seen::Waits };
        let Some(resource) = facts.resources.get(position) else { return Seen::Waits };
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
        let instance = in_window && resource.product == Product::CustomerInsights;
        if !(counts || instance || activity.kind == ActivityKind::Make) {
            return Seen::Taken;
        }
        let (Ok(resource), person) = (u32::try_from(position), self.person(activity)) else {
            return Seen::Waits;
        };
        if let (true, Some(uses)) = (counts, self.uses.get_mut(window)) {
            uses.push((resource, person));
        }
        if activity.kind == ActivityKind::Make {
            let last = self.makes.entry((resource, person, window)).or_insert(at);
            *last = at.max(*last);
        }
        if instance {
            let (first, last) = self.active.entry((resource, window, person)).or_insert((at, at));
            (*first, *last) = (at.min(*first), at.max(*last));
        }
        Seen::Taken
    }

    fn person(&mut self, activity: &Activity) -> u32 {
        let tenant = &activity.tenant;
        let object = self.facts.aliases.principal(Some(tenant), &activity.object, activity.at);
        let key = (tenant.clone(), object);
        if let Some(person) = self.people.get(&key) {
            return *person;
        }
        let kind = self.facts.principals.get(&key).map(|principal| principal.kind);
        let person = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        self.kinds.push((key.1.clone(), kind));
        self.people.insert(key, person);
        person
    }

    /// Ends the taking-in: from here on [`Meter::usage`] and [`Meter::distinct_users`] answer.
    pub fn finish(&mut self) {
        self.uses.iter_mut().for_each(Uses::compact);
    }

    /// What was seen of a resource in a window, both by position.
    pub fn usage(&self, resource: usize, window: usize) -> Usage {
        let Ok(number) = u32::try_from(resource) else { return Usage::default() };
        let mut users = Users::default();
        for (_, person) in self.uses.get(window).map_or(&[][..], |uses| uses.of(number)) {
            match self.kind(*person) {
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
        Usage { users, makes: self.makes_of(number, window), active: self.active_on(number, window) }
    }

    fn kind(&self, person: u32) -> Option<PrincipalKind> {
        self.kinds.get(usize::try_from(person).ok()?)?.1
    }

    fn object(&self, person: u32) -> Option<ObjectId> {
        Some(self.kinds.get(usize::try_from(person).ok()?)?.0.clone())
    }

    fn makes_of(&self, resource: u32, window: usize) -> Vec<Make> {
        let mut makes: Vec<Make> = Vec::new();
        for ((_, person, seen_in), last) in
            self.makes.range((resource, 0, 0)..=(resource, u32::MAX, usize::MAX))
        {
            if *seen_in <= window {
                makes.extend(self.object(*person).map(|object| Make { object, last: *last }));
            }
        }
        makes.sort_by(|a, b| a.object.cmp(&b.object).then(b.last.cmp(&a.last)));
        makes.dedup_by(|later, first| later.object == first.object);
        makes
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

    /// How many (resource, principal) uses of a window are by principals that the directory does not know.
    pub fn unknown_users(&self, window: usize) -> u64 {
        let pairs = self.uses.get(window).map_or(&[][..], |uses| &uses.pairs);
        pairs.iter().filter(|(_, person)| self.kind(*person).is_none()).count() as u64
    }

    /// The metered state that a window sees, as sorted text: the activity that goes into a statement's digest.
    pub fn state(&self, window: usize) -> Vec<String> {
        let name = |resource: u32| {
            let resource =
                usize::try_from(resource).ok().and_then(|position| self.facts.resources.get(position));
            resource.map(|resource| resource.id.to_string()).unwrap_or_default()
        };
        let object = |person: u32| self.object(person).map(|object| object.to_string()).unwrap_or_default();
        let pairs = self.uses.get(window).map_or(&[][..], |uses| &uses.pairs);
        let uses =
            pairs.iter().map(|(resource, person)| format!("use\t{}\t{}", name(*resource), object(*person)));
        let mut last: BTreeMap<Pair, Timestamp> = BTreeMap::new();
        for ((resource, person, seen_in), at) in &self.makes {
            if *seen_in <= window {
                let latest = last.entry((*resource, *person)).or_insert(*at);
                *latest = (*at).max(*latest);
            }
        }
        let makes = last
            .iter()
            .map(|((resource, person), at)| format!("make\t{}\t{}\t{at}", name(*resource), object(*person)));
        let active = self.active.iter().filter(|((_, of, _), _)| *of == window);
        let active = active.map(|((resource, _, person), (first, last))| {
            format!("active\t{}\t{}\t{first}\t{last}", name(*resource), object(*person))
        });
        let mut state: Vec<String> = uses.chain(makes).chain(active).collect();
        state.sort_unstable();
        state
    }

    /// How many distinct people used any of these resources in a window; those that never count are left out.
    pub fn distinct_users(&self, resources: &[usize], window: usize) -> u64 {
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
