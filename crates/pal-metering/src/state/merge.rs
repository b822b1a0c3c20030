//! States of parts of the activity, put together; and runs made into one.

use std::collections::BTreeMap;

use pal_rules::time::Month;

use super::people::NewPeople;
use super::{Additions, Dictionary, List, Lists, MonthView, Resource, Run, Segment, Sizes, State};
use crate::error::Unmetered;
use crate::finish::sort_beside;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, number};
use crate::kernel::table::{Table, hash};

impl State {
    /// What two states say together: the same whichever comes first, and nothing new from what both know.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] when people of either cannot be read.
    pub fn merge(&self, other: &Self) -> Result<Self, Unmetered> {
        let mut merged = self.clone();
        let (mut people, others) = (self.people()?, other.people()?);
        let into = Renumbered::of((&mut merged.dictionary, &mut people), (&other.dictionary, &others));
        merged.dictionary.people = people.iter().map(|people| number(people.len())).collect();
        merged.people = vec![NewPeople::Held((0..).zip(people).collect())];
        for (month, segments) in &other.segments {
            let of_month = merged.segments.entry(*month).or_default();
            of_month.extend(segments.iter().map(|segment| into.segment(segment)));
            *of_month = vec![compacted(*month, of_month)];
        }
        merged.beside.extend(other.beside.iter().cloned());
        sort_beside(&mut merged.beside);
        let both = |one: &Option<Vec<Guid>>, two: &Option<Vec<Guid>>| match (one, two) {
            (Some(one), Some(two)) => {
                Some(one.iter().filter(|id| two.binary_search(id).is_ok()).copied().collect())
            }
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        merged.instances = both(&self.instances, &other.instances);
        merged.aliases = both(&self.aliases, &other.aliases);
        Ok(merged)
    }

    /// The whole state as one run, which stands on nothing: what keeps the number of runs small.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] when its people cannot be read.
    pub fn whole(&self) -> Result<Run, Unmetered> {
        let dictionary = &self.dictionary;
        let people = (0..).zip(self.people()?).filter(|(_, people)| !people.is_empty());
        let additions = Additions {
            tenants: dictionary.tenants.clone(),
            resources: dictionary.resources.clone(),
            people: people.collect(),
        };
        let segments = self.segments.iter().map(|(month, segments)| compacted(*month, segments)).collect();
        let mut beside = self.beside.clone();
        sort_beside(&mut beside);
        Ok(Run {
            base: Sizes::default(),
            additions,
            segments,
            beside,
            instances: self.instances.clone().unwrap_or_default(),
            aliases: self.aliases.clone().unwrap_or_default(),
        })
    }
}

/// The segments of a month as one.
fn compacted(month: Month, segments: &[Segment]) -> Segment {
    if let [only] = segments {
        return only.clone();
    }
    let view = MonthView::new(month, segments, Vec::new());
    let mut whole =
        Segment { month, uses: Lists::default(), makes: Lists::default(), active: Lists::default() };
    let mut people = Vec::new();
    for resource in view.used() {
        view.uses(resource, &mut people);
        whole.uses.push(resource, &people, &[]);
    }
    view.each_make_within(&mut |resource, makes| {
        let people: Vec<u32> = makes.iter().map(|make| make.person).collect();
        let last: Vec<i64> = makes.iter().map(|make| make.last).collect();
        whole.makes.push(resource, &people, &[&last]);
    });
    for resource in view.active() {
        let active = view.active_on(resource);
        let people: Vec<u32> = active.iter().map(|one| one.person).collect();
        let first: Vec<i64> = active.iter().map(|one| one.first).collect();
        let last: Vec<i64> = active.iter().map(|one| one.last).collect();
        whole.active.push(resource, &people, &[&first, &last]);
    }
    whole.finish();
    whole
}

/// The numbers that one dictionary's ids have in another.
struct Renumbered {
    /// By resource: its number, and the tenant that it has in the dictionary it comes from.
    resources: Vec<(u32, u32)>,
    /// By tenant, by person.
    people: Vec<Vec<u32>>,
}

impl Renumbered {
    /// Adds the ids of a dictionary, and people by tenant, to others.
    fn of(
        (into, known): (&mut Dictionary, &mut Vec<Vec<Guid>>),
        (from, people): (&Dictionary, &[Vec<Guid>]),
    ) -> Self {
        let mut tenants: BTreeMap<Guid, u32> = into.tenants.iter().copied().zip(0..).collect();
        let mut tenant = |id: Guid, into: &mut Dictionary| {
            *tenants.entry(id).or_insert_with(|| {
                into.tenants.push(id);
                known.push(Vec::new());
                number(into.tenants.len() - 1)
            })
        };
        let of_tenants: Vec<u32> = from.tenants.iter().map(|id| tenant(*id, into)).collect();
        let mut resources: BTreeMap<Resource, u32> = into.resources.iter().copied().zip(0..).collect();
        let of_resource = |old: &Resource| {
            let new = Resource { tenant: of_tenants.get(index(old.tenant)).copied()?, id: old.id };
            let number = *resources.entry(new).or_insert_with(|| {
                into.resources.push(new);
                number(into.resources.len() - 1)
            });
            Some((number, old.tenant))
        };
        let of_resources = from.resources.iter().filter_map(of_resource).collect();
        let of_people = of_tenants.iter().zip(people).map(|(tenant, people)| {
            let Some(known) = known.get_mut(index(*tenant)) else { return Vec::new() };
            add_people(known, people)
        });
        Self { people: of_people.collect(), resources: of_resources }
    }

    /// The same lists in the other numbers.
    fn segment(&self, segment: &Segment) -> Segment {
        let mut new = Segment {
            month: segment.month,
            uses: self.lists(&segment.uses, 0),
            makes: self.lists(&segment.makes, 1),
            active: self.lists(&segment.active, 2),
        };
        new.finish();
        new
    }

    fn lists(&self, lists: &Lists, times: usize) -> Lists {
        let of = |old: &u32| self.resources.get(index(*old)).map(|(new, tenant)| (*new, *old, *tenant));
        let mut order: Vec<(u32, u32, u32)> = lists.resources.iter().filter_map(of).collect();
        order.sort_unstable();
        let (mut renumbered, mut list) = (Lists::default(), List::default());
        for (new, old, tenant) in order {
            list.clear();
            lists.read(old, times, &mut list);
            let people = self.people.get(index(tenant)).map_or(&[][..], Vec::as_slice);
            let time = |times: &[i64], at: usize| times.get(at).copied().unwrap_or(0);
            let rows = list.people.iter().enumerate();
            let rows = rows.filter_map(|(at, old)| {
                Some((*people.get(index(*old))?, time(&list.first, at), time(&list.last, at)))
            });
            let mut rows: Vec<(u32, i64, i64)> = rows.collect();
            rows.sort_unstable();
            let people: Vec<u32> = rows.iter().map(|row| row.0).collect();
            let first: Vec<i64> = rows.iter().map(|row| row.1).collect();
            let last: Vec<i64> = rows.iter().map(|row| row.2).collect();
            let columns: &[&[i64]] = &[&first, &last];
            renumbered.push(new, &people, columns.get(..times).unwrap_or_default());
        }
        renumbered
    }
}

/// Adds people to those of a tenant, and says which number each has there.
fn add_people(known: &mut Vec<Guid>, people: &[Guid]) -> Vec<u32> {
    let mut table = Table::default();
    table.reserve(known.len() + people.len());
    for id in known.iter() {
        table.number(hash(*id, 0), *id, 0);
    }
    let number_of = |id: &Guid| {
        let number = table.number(hash(*id, 0), *id, 0);
        if index(number) == known.len() {
            known.push(*id);
        }
        number
    };
    people.iter().map(number_of).collect()
}
