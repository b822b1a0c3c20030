//! From parts of people to runs: numbers that stay, and lists of each month by resource.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pal_rules::meter::Activity;
use pal_rules::time::Month;

use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{high, index, low, number, place};
use crate::kernel::radix::Sorter;
use crate::parallel::{each, with_each};
use crate::registry::Numbers;
use crate::shard::{SHARDS, Seen, Shard, Uses};
use crate::state::{Additions, Lists, Resource, Run, Segment, Sizes};
use crate::worker::Shared;

/// Makes runs of what was taken in, and passes them: one, or as many as are needed for each to fit into memory. Each
/// stands on the one before it, and no person is new in two of them.
///
/// - `base`: how many ids the state has that it is made on; its people lie in the parts, in the order of their numbers.
/// - `at_once`: bytes that a run may take on its way; one run if there are none.
pub(crate) fn finish(
    shared: Shared,
    base: &Sizes,
    threads: usize,
    at_once: Option<u64>,
    take: &mut dyn FnMut(Run) -> Result<(), Unmetered>,
) -> Result<(), Unmetered> {
    let unlocked = |shard: Mutex<Shard>| shard.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut shards: Vec<(usize, Shard)> = shared.shards.into_iter().map(unlocked).enumerate().collect();
    let numbers = shared.registry.numbers.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut beside = shared.beside.into_inner().unwrap_or_else(PoisonError::into_inner);
    sort_beside(&mut beside);
    let mut pieces = 1;
    if let (Some(at_once), Some(scratch)) = (at_once, &shared.scratch)
        && shards.iter().any(|(_, shard)| shard.spilled_bytes() > 0)
    {
        shards.iter_mut().try_for_each(|(number, shard)| scratch.spill(*number, shard))?;
        let spilled: u64 = shards.iter().map(|(_, shard)| shard.spilled_bytes()).sum();
        // Pairs and people take about so many times their bytes on disk.
        pieces = place((3 * spilled).div_ceil(at_once.max(1))).clamp(1, shards.len());
    }
    let mut shards = shards.into_iter().map(|(_, shard)| shard);
    let mut base = base.clone();
    let each = SHARDS.div_ceil(pieces);
    for _ in 0..SHARDS.div_ceil(each) {
        let piece: Vec<Shard> = shards.by_ref().take(each).collect();
        let (additions, segments) = finish_piece(piece, &numbers, &base, threads)?;
        let next = base.with(&additions);
        let (instances, aliases) = (shared.registry.instances.clone(), shared.registry.aliases.clone());
        let beside = std::mem::take(&mut beside);
        let base = std::mem::replace(&mut base, next);
        take(Run { base, additions, segments, beside, instances, aliases })?;
    }
    Ok(())
}

/// The ids and months of some parts of the people.
fn finish_piece(
    mut shards: Vec<Shard>,
    numbers: &Numbers,
    base: &Sizes,
    threads: usize,
) -> Result<(Additions, Vec<Segment>), Unmetered> {
    each(threads, &mut shards, Shard::restore)?.into_iter().collect::<Result<(), _>>()?;
    let people = each(threads, &mut shards, |shard| shard.take_people(shard.known.len()))?;
    let (finals, new_people) = settle_numbers(&people, &shards, base, numbers.tenants.ids.len());
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
        for one in &mut seen {
            one.person = of(finals, one.person);
        }
        seen
    })?;
    let of_months: Vec<Vec<Uses>> = months
        .iter()
        .map(|(_, number)| parts.iter_mut().map(|(shard, _)| shard.take_month(*number)).collect())
        .collect();
    let finals: Vec<&Vec<u32>> = parts.iter().map(|(_, finals)| finals).collect();
    // Months side by side, or one after another each on all threads where there are too few.
    let (at_once, within) = if months.len() >= 2 * threads { (threads, 1) } else { (1, threads) };
    let mut months: Vec<_> = months.into_iter().zip(of_months).collect();
    let segments = each(at_once, &mut months, |((month, number), uses)| {
        let (makes, active) = timed(&seen, *number);
        let uses = lists(uses, &finals, within)?;
        let mut segment = Segment { month: *month, uses, makes, active };
        segment.finish();
        Ok(segment)
    })?;
    let segments: Vec<Segment> = segments.into_iter().collect::<Result<_, Unmetered>>()?;
    Ok((additions, segments.into_iter().filter(|segment| !segment.is_empty()).collect()))
}

#[inline]
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

/// Of some tenants the people that are new, in the order of their numbers.
type NewPeople = Vec<(u32, Vec<Guid>)>;

/// The numbers that people get, part by part: those of the state, and from there on the next of their tenants; and
/// who is new. Within a part and a tenant they rise as the part's own do.
fn settle_numbers(
    new_people: &[Vec<(u32, Guid)>],
    shards: &[Shard],
    base: &Sizes,
    tenants: usize,
) -> (Vec<Vec<u32>>, NewPeople) {
    let mut new: Vec<Vec<Guid>> = vec![Vec::new(); tenants];
    let mut all = Vec::with_capacity(shards.len());
    for (people, shard) in new_people.iter().zip(shards) {
        let mut finals = shard.known.clone();
        finals.reserve(people.len());
        for (tenant, id) in people {
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

/// The lists of a month's uses, taken part by part.
fn lists(uses: &mut [Uses], finals: &[&Vec<u32>], threads: usize) -> Result<Lists, Unmetered> {
    let mut parts: Vec<_> = uses.iter_mut().zip(finals).collect();
    let take = |sorter: &mut Sorter, (uses, finals): &mut (&mut Uses, &&Vec<u32>)| {
        let mut pairs = uses.take(sorter)?;
        for pair in &mut pairs {
            *pair = u64::from(high(*pair)) << 32 | u64::from(of(finals, low(*pair)));
        }
        Some(pairs)
    };
    let pairs = with_each(threads, &mut parts, Sorter::default, take, drop)?;
    let pairs = pairs.into_iter().collect::<Option<Vec<_>>>().ok_or(Unmetered::Thread)?;
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
    all.sort_unstable_by_key(Seen::key);
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
