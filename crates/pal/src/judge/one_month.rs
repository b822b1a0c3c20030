//! One month of a statement, judged part by part on all cores.

use std::collections::BTreeSet;
use std::hint::black_box;

use pal_rules::attribute::Attributing;
use pal_rules::facts::Resource;
use pal_rules::id::{ResourceId, TenantId};
use pal_rules::rollup::{Credited, Rollups, by_company, roll_up};
use pal_rules::statement::Line;
use pal_rules::usage::{Metered, Usage, Window};
use pal_rules::word::Product;

use super::{Counts, Judging, Lines, Statement};
use crate::digest::{self, Digesting};
use crate::exit::Failure;
use crate::parallel::{in_order, try_in_order};

/// How many of so many are worked on at a time, between two numbers: not too many for all cores to have some.
fn part(all: usize, (least, most): (usize, usize)) -> usize {
    (all >> 5).clamp(least, most)
}

/// Resources are judged in parts of so many.
const RESOURCES: (usize, usize) = (1 << 5, 1 << 10);

/// Groups of lines are rolled up in parts of so many: one may have a hundred thousand lines, most have a few.
const GROUPS: (usize, usize) = (1, 1 << 4);

/// One window, of what was metered.
#[derive(Clone, Copy)]
pub(super) struct OneMonth<'a, M> {
    pub(super) of: Judging<'a>,
    pub(super) window: Window,
    /// Its number among the windows.
    pub(super) number: usize,
    pub(super) metered: &'a M,
}

impl<M: Metered + Sync> OneMonth<'_, M> {
    /// The statement, but for its digest.
    ///
    /// - `order`: the positions of the resources, in the order of a statement.
    /// - `digesting`: takes what was seen of them, where a digest is asked for.
    pub(super) fn statement<R: Send>(
        &self,
        order: &[usize],
        mut digesting: Option<&mut Digesting<'_>>,
        make: &(impl Fn(&mut dyn Iterator<Item = Lines>) -> R + Sync),
        mut take: impl FnMut(Option<R>) -> Result<(), Failure>,
    ) -> Result<Statement, Failure> {
        let window = self.window;
        let mut sums = Sums::default();
        let work = |_, positions: &[usize]| {
            let mut part = Part::default();
            let made =
                make(&mut positions.chunks(TOGETHER).map(|positions| self.judged(positions, &mut part)));
            Ok((made, part))
        };
        try_in_order(order, part(order.len(), RESOURCES), work, |(made, part)| {
            if let Some(digesting) = &mut digesting {
                digesting.take(self.number, part.seen);
            }
            sums.add(part.sums);
            take(Some(made))
        })?;
        take(None)?;
        Ok(Statement {
            window,
            rollups: self.rollups(sums.credited),
            coverage: self.of.facts.coverage_lines(&window, sums.pairs),
            counts: sums.counts,
            digest: String::new(),
        })
    }

    /// Credited lines, rolled up on all cores.
    fn rollups(&self, mut credited: Vec<Credited<usize>>) -> Rollups {
        let distinct = |resources: &[usize]| self.metered.distinct_users(resources, self.number);
        let (groups, mut rolled) = (by_company(&mut credited), Vec::new());
        let work = |_, groups: &[&[Credited<usize>]]| {
            groups.iter().map(|group| roll_up(self.window.month, group, distinct)).collect::<Vec<_>>()
        };
        in_order(&groups, part(groups.len(), GROUPS), work, |part| rolled.extend(part));
        Rollups::joined(rolled.into_iter())
    }

    fn judged(&self, positions: &[usize], part: &mut Part) -> Lines {
        let mut lines = Lines::for_up_to(positions.len());
        let mut attributing = Attributing::new(self.of.facts, self.window);
        for (position, resource) in self.looked_at(positions) {
            let usage = self.usage(position, &resource.id, &mut part.seen);
            part.sums.counts.unknown_users += usage.users.unknown;
            if self.window.lists(resource) {
                let line = attributing.attribute(resource, &usage);
                part.sums.note(position, &line.line);
                lines.lines.push(line);
                lines.positions.push(position);
            }
        }
        lines
    }

    /// Resources by their positions, each looked at before anything is made of any: they stand all over the memory, which
    /// then fetches many at once.
    fn looked_at(&self, positions: &[usize]) -> Vec<(usize, &Resource)> {
        let resources = &self.of.facts.resources;
        let resources = positions.iter().filter_map(|position| Some((*position, resources.get(*position)?)));
        let resources: Vec<(usize, &Resource)> = resources.collect();
        let mut seen = 0;
        for (position, resource) in &resources {
            seen ^= something_of(resource);
            self.metered.look_at(*position, self.number);
        }
        black_box(seen);
        resources
    }

    /// What the rules ask of a resource; all that was seen of it goes to the digest, if there is one.
    fn usage(&self, position: usize, resource: &ResourceId, digested: &mut Vec<u8>) -> Usage {
        if self.of.digested.is_none() {
            return self.metered.usage(position, self.number);
        }
        let (usage, seen) = self.metered.usage_and_seen(position, self.number);
        digest::put_seen(digested, resource, &seen);
        usage
    }
}

/// So many resources of a part are judged before anything is made of their lines: those stay in the nearest caches.
const TOGETHER: usize = 1 << 6;

/// Something of what stands apart from a resource and is asked of each.
fn something_of(resource: &Resource) -> usize {
    let first = resource.events.first();
    let first = first.map_or(0, |event| event.kind as usize ^ usize::from(event.id.0.first_byte()));
    first ^ usize::from(resource.rest.is_some()) ^ usize::from(resource.environment.is_some())
}

/// Some resources, judged: what is not made of their lines.
#[derive(Default)]
struct Part {
    sums: Sums,
    /// What the digest takes.
    seen: Vec<u8>,
}

/// What a statement says of its lines in sum.
#[derive(Default)]
struct Sums {
    counts: Counts,
    /// The credited lines, each with the position of its resource.
    credited: Vec<Credited<usize>>,
    pairs: BTreeSet<(TenantId, Product)>,
}

impl Sums {
    fn note(&mut self, position: usize, line: &Line) {
        self.counts.lines += 1;
        self.counts.used += usize::from(line.quantity > 0);
        // Lines of one pair follow each other.
        if self.pairs.last().is_none_or(|last| (&last.0, &last.1) != (&line.tenant, &line.product)) {
            self.pairs.insert((line.tenant.clone(), line.product.clone()));
        }
        if line.credit().is_some() {
            self.counts.credited += 1;
            self.credited.extend(Credited::of(position, line));
        }
    }

    fn add(&mut self, more: Self) {
        let Counts { lines, credited, used, unknown_users } = more.counts;
        self.counts.lines += lines;
        self.counts.credited += credited;
        self.counts.used += used;
        self.counts.unknown_users += unknown_users;
        self.credited.extend(more.credited);
        self.pairs.extend(more.pairs);
    }
}
