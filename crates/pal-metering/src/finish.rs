//! From parts of people to one run: numbers that stay, and lists of each month by resource.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pal_rules::meter::Activity;
use pal_rules::time::Month;

use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{high, index, low, number};
use crate::kernel::table::Table;
use crate::parallel::each;
use crate::shard::{Seen, Shard};
use crate::state::{Additions, Lists, Resource, Run, Segment, Sizes};
use crate::worker::Shared;

/// Makes the run of what was taken in.
///
/// - `base`: how many ids the state has that it is made on; its people lie in the parts, in the order of their numbers.
pub(crate) fn finish(shared: Shared, base: Sizes, threads: usize) -> Result<Run, Unmetered> {
    let unlocked = |shard: Mutex<Shard>| shard.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut shards: Vec<Shard> = shared.shards.into_iter().map(unlocked).collect();
    let numbers = shared.registry.numbers.into_inner().unwrap_or_else(PoisonError::into_inner);
    let people = each(threads, &mut shards, people_of)?;
    let (finals, new_people) = settle_numbers(&people, &shards, &base, numbers.tenants.ids.len());
    drop(people);
    let resources = numbers.entry_ids.iter().map(|(tenant, id)| Resource { tenant: *tenant, id: *id });
    let additions = Additions {
        tenants: numbers.tenants.ids.iter().skip(index(base.tenants)).copied().collect(),
        resources: resources.skip(index(base.resources)).collect(),
        people: new_people,
    };
    let mut months: Vec<(Month, u32)> = numbers.months.iter().copied().zip(0..).collect();
    months.sort_unstable();
    let mut parts: Vec<(Shard, Vec<u32>)> = shards.into_iter().zip(finals).collect();
    let seen = each(threads, &mut parts, |(shard, finals)| {
        let mut seen = shard.take_seen();
        seen.iter_mut().for_each(|one| one.person = of(finals, one.person));
        seen
    })?;
    let timed = each(threads, &mut months, |(_, number)| timed(&seen, *number))?;
    let mut segments = Vec::with_capacity(months.len());
    for ((month, number), (makes, active)) in months.into_iter().zip(timed) {
        let uses = uses(&mut parts, number, threads)?;
        let mut segment = Segment { month, uses, makes, active };
        segment.finish();
        if !segment.is_empty() {
            segments.push(segment);
        }
    }
    let mut beside = shared.beside.into_inner().unwrap_or_else(PoisonError::into_inner);
    sort_beside(&mut beside);
    let (instances, aliases) = (shared.registry.instances, shared.registry.aliases);
    Ok(Run { base, additions, segments, beside, instances, aliases })
}

fn of(finals: &[u32], person: u32) -> u32 {
    finals.get(index(person)).copied().unwrap_or(u32::MAX)
}

/// Sorts rows and drops repeats.
pub(crate) fn sort_beside(rows: &mut Vec<Activity>) {
    let key = |row: &Activity| {
        (row.tenant.clone(), row.resource.clone(), row.object.clone(), row.at, row.kind.as_str())
    };
    rows.sort_by_cached_key(key);
    rows.dedup_by(|a, b| key(a) == key(b));
}

/// Of a part's people, by its own numbers, tenant and id.
fn people_of(shard: &mut Shard) -> Vec<(u32, Guid)> {
    let mut people = vec![(0, Guid::default()); shard.people.len()];
    for (id, tenant, number) in shard.people.each() {
        if let Some(slot) = people.get_mut(index(number)) {
            *slot = (tenant, id);
        }
    }
    shard.people = Table::default();
    people
}

/// The numbers that people get, part by part: those of the state, and from there on the next of their tenants; and
/// who is new. Within a part and a tenant they rise as the part's own do.
fn settle_numbers(
    people: &[Vec<(u32, Guid)>],
    shards: &[Shard],
    base: &Sizes,
    tenants: usize,
) -> (Vec<Vec<u32>>, Vec<(u32, Vec<Guid>)>) {
    let mut new: Vec<Vec<Guid>> = vec![Vec::new(); tenants];
    let mut all = Vec::with_capacity(people.len());
    for (people, shard) in people.iter().zip(shards) {
        let mut finals = shard.known.clone();
        finals.reserve(people.len() - finals.len());
        for (tenant, id) in people.iter().skip(shard.known.len()) {
            let before = base.people.get(index(*tenant)).copied().unwrap_or(0);
            if let Some(new) = new.get_mut(index(*tenant)) {
                finals.push(before + number(new.len()));
                new.push(*id);
            }
        }
        all.push(finals);
    }
    (all, (0..).zip(new).filter(|(_, people)| !people.is_empty()).collect())
}

/// The lists of a month's uses.
fn uses(parts: &mut [(Shard, Vec<u32>)], month: u32, threads: usize) -> Result<Lists, Unmetered> {
    let pairs = each(threads, parts, |(shard, finals)| {
        let mut pairs = shard.take_month(month).unwrap_or_default();
        pairs.iter_mut().for_each(|pair| *pair = *pair >> 32 << 32 | u64::from(of(finals, low(*pair))));
        pairs
    })?;
    let mut lists = Lists::default();
    for part in each(threads, &mut ranges(&pairs, threads), |range| lists_of(&pairs, range))? {
        lists.append(&part);
    }
    Ok(lists)
}

/// Cuts the resources into ranges with about as many pairs each. Each part is a sample of all.
fn ranges(pairs: &[Vec<u64>], threads: usize) -> Vec<Range<u32>> {
    let sample = pairs.iter().max_by_key(|pairs| pairs.len()).map_or(&[][..], Vec::as_slice);
    let pieces = if threads == 1 { 1 } else { 4 * threads };
    let cuts = (1..pieces).filter_map(|piece| sample.get(piece * sample.len() / pieces));
    let mut cuts: Vec<u32> = cuts.map(|pair| high(*pair)).chain([0, u32::MAX]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).filter_map(|cut| Some(*cut.first()?..*cut.last()?)).collect()
}

/// The lists of some resources: pairs are counted per resource, then put in their places.
fn lists_of(pairs: &[Vec<u64>], range: &Range<u32>) -> Lists {
    let within = |pairs: &'_ Vec<u64>| {
        let start = pairs.partition_point(|pair| high(*pair) < range.start);
        start..pairs.partition_point(|pair| high(*pair) < range.end)
    };
    let parts: Vec<&[u64]> = pairs.iter().filter_map(|pairs| pairs.get(within(pairs))).collect();
    let last = parts.iter().filter_map(|part| part.last()).map(|pair| high(*pair)).max();
    let Some(last) = last else { return Lists::default() };
    let mut ends = vec![0_u32; index(last - range.start) + 2];
    let slot = |pair: u64| index(high(pair) - range.start) + 1;
    for pair in parts.iter().copied().flatten() {
        if let Some(count) = ends.get_mut(slot(*pair)) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let starts = ends.clone();
    let mut people = vec![0_u32; index(sum)];
    for pair in parts.iter().copied().flatten() {
        if let Some(end) = ends.get_mut(slot(*pair) - 1) {
            if let Some(person) = people.get_mut(index(*end)) {
                *person = low(*pair);
            }
            *end += 1;
        }
    }
    let mut lists = Lists::default();
    for ((start, end), resource) in starts.iter().zip(&ends).zip(range.start..) {
        if let Some(people) = people.get_mut(index(*start)..index(*end)) {
            if !people.is_sorted() {
                people.sort_unstable();
            }
            lists.push(resource, people, &[]);
        }
    }
    lists
}

/// The lists of a month of what is kept with its time.
fn timed(seen: &[Vec<Seen>], month: u32) -> (Lists, Lists) {
    let of_month = |seen: &'_ Vec<Seen>| {
        let start = seen.partition_point(|one| one.month < month);
        start..seen.partition_point(|one| one.month <= month)
    };
    let mut all: Vec<Seen> =
        seen.iter().filter_map(|seen| seen.get(of_month(seen))).flatten().copied().collect();
    all.sort();
    let (mut makes, mut active) = (Lists::default(), Lists::default());
    for of_entry in all.chunk_by(|a, b| (a.entry, a.make) == (b.entry, b.make)) {
        let Some(Seen { entry, make, .. }) = of_entry.first() else { continue };
        let people: Vec<u32> = of_entry.iter().map(|one| one.person).collect();
        let first: Vec<i64> = of_entry.iter().map(|one| one.first).collect();
        let last: Vec<i64> = of_entry.iter().map(|one| one.last).collect();
        if *make {
            makes.push(*entry, &people, &[&last]);
        } else {
            active.push(*entry, &people, &[&first, &last]);
        }
    }
    (makes, active)
}
