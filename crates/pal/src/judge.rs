//! Months of statements from settled facts and streamed activity.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use pal_metering::{Answers, State, Strange};
use pal_rules::attribute::{Attributing, Attribution};
use pal_rules::coverage::CoverageLine;
use pal_rules::facts::{Facts, Refusal, Resource};
use pal_rules::id::{ResourceId, TenantId};
use pal_rules::statement::{Line, Rollup, RollupBy, rollup};
use pal_rules::usage::{Metered, Usage, Window};
use pal_rules::word::Product;

use crate::activity::ActivityFiles;
use crate::digest::{self, StateDigest};
use crate::exit::Failure;
use crate::parallel::{both, try_in_order};
use crate::progress::Progress;
use crate::wrong_tenant::WrongTenant;

/// The statement of one month, but for its lines: those go to whoever asked for them, as they are judged.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) window: Window,
    pub(crate) counts: Counts,
    pub(crate) rollup: Vec<Rollup>,
    pub(crate) company: Vec<Rollup>,
    pub(crate) coverage: Vec<CoverageLine>,
    /// The digest of all that the month can see; empty where none was asked for.
    pub(crate) digest: String,
}

/// What is counted of lines.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) lines: usize,
    pub(crate) credited: usize,
    /// Lines with a quantity.
    pub(crate) used: usize,
    /// Distinct (resource, principal) uses by principals that the directory does not know.
    pub(crate) unknown_users: u64,
}

/// What came of judging months.
#[derive(Debug)]
pub(crate) struct JudgedMonths {
    pub(crate) statements: Vec<Statement>,
    /// Activity rows left out; not looked for where only some tenants are judged: the answers know nothing of others.
    pub(crate) refusals: Vec<Refusal>,
    /// Resources of which there is activity, and which the facts do not know.
    pub(crate) unknown: BTreeSet<ResourceId>,
}

/// Some lines of a statement, one after another: by tenant, product and resource.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) lines: Vec<Attribution>,
    /// Of each line where its resource stands in the facts.
    pub(crate) positions: Vec<usize>,
}

impl Lines {
    /// None, with room for some.
    fn for_up_to(count: usize) -> Self {
        Self { lines: Vec::with_capacity(count), positions: Vec::with_capacity(count) }
    }
}

/// What months are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judging<'a> {
    pub(crate) facts: &'a Facts,
    /// In the order of their months.
    pub(crate) windows: &'a [Window],
    pub(crate) scope: Scope<'a>,
}

/// Of which tenants the resources are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope<'a> {
    /// Of all, with the digest of each window begun with the rows that the facts were settled from.
    Digested(&'a [StateDigest]),
    /// Of all.
    All,
    /// Of these.
    Tenants(&'a BTreeSet<TenantId>),
}

impl<'a> Scope<'a> {
    /// All tenants, with digests if there are any.
    pub(crate) fn all(digests: &'a [StateDigest]) -> Self {
        if digests.is_empty() { Self::All } else { Self::Digested(digests) }
    }
}

impl<'a> Judging<'a> {
    /// Judges every window by a metered state, and holds all lines: of each statement its own.
    ///
    /// - `activity`: what the state was made of, for the few rows that it cannot speak for.
    pub(crate) fn judge(
        self,
        metered: (&State, &ActivityFiles),
        progress: &mut Progress,
    ) -> Result<(JudgedMonths, Vec<Vec<Attribution>>), Failure> {
        let mut held: Vec<Vec<Attribution>> = self.windows.iter().map(|_| Vec::new()).collect();
        let judged = self.judge_into(
            metered,
            progress,
            |part| part.lines,
            |window, lines| {
                if let (Some(held), Some(lines)) = (held.get_mut(window), lines) {
                    held.extend(lines);
                }
                Ok(())
            },
        )?;
        Ok((judged, held))
    }

    /// As [`Judging::judge`], but of the lines it holds nothing.
    ///
    /// - `make`: gets lines as they are judged, on any core.
    /// - `take`: gets the number of the window and what was made, in the order of the statement; nothing once all is made.
    pub(crate) fn judge_into<R: Send>(
        self,
        (state, activity): (&State, &ActivityFiles),
        progress: &mut Progress,
        make: impl Fn(Lines) -> R + Sync,
        mut take: impl FnMut(usize, Option<R>) -> Result<(), Failure>,
    ) -> Result<JudgedMonths, Failure> {
        let Self { facts, windows, .. } = self;
        let (order, answers) = both(|| self.order(), || Answers::new(state, facts, windows, self.tenants()));
        let mut answers = answers.map_err(|fault| activity.failure(fault))?;
        activity.complete(&mut answers, facts, progress)?;
        answers.finish();
        let Strange { unknown, wrong_tenant } = answers.strange().clone();
        let refusals = if wrong_tenant.is_empty() || self.tenants().is_some() {
            Vec::new()
        } else {
            let last = windows.last().map(|last| last.month);
            WrongTenant { facts, resources: &wrong_tenant }.refusals(&activity.up_to(last), progress)?
        };
        let mut statements = Vec::with_capacity(windows.len());
        for (number, window) in windows.iter().enumerate() {
            let month = OneMonth { of: self, window: *window, number, metered: &answers };
            statements.push(month.statement(&order, &make, |made| take(number, made))?);
        }
        Ok(JudgedMonths { statements, refusals, unknown })
    }

    /// The tenants whose resources are judged, if not all are.
    fn tenants(&self) -> Option<&'a BTreeSet<TenantId>> {
        if let Scope::Tenants(tenants) = self.scope { Some(tenants) } else { None }
    }

    /// The positions of the resources in the order of a statement: by tenant, product and resource, as text.
    fn order(&self) -> Vec<usize> {
        let mut tenants: BTreeMap<&TenantId, Vec<(&Product, Vec<usize>)>> = BTreeMap::new();
        // Resources stand by id, so those of a group do.
        for (position, resource) in self.facts.resources.iter().enumerate() {
            if self.tenants().is_none_or(|tenants| tenants.contains(&resource.tenant)) {
                // Few products are found faster one by one than by their words.
                let groups = tenants.entry(&resource.tenant).or_default();
                match groups.iter_mut().find(|(product, _)| *product == &resource.product) {
                    Some((_, group)) => group.push(position),
                    None => groups.push((&resource.product, vec![position])),
                }
            }
        }
        let mut order = Vec::with_capacity(self.facts.resources.len());
        for mut groups in tenants.into_values() {
            groups.sort_unstable_by_key(|(product, _)| *product);
            order.extend(groups.into_iter().flat_map(|(_, group)| group));
        }
        order
    }
}

/// How many of some resources are judged at a time: not too many for all cores to have some.
fn part(resources: usize) -> usize {
    (resources >> 5).clamp(1 << 5, 1 << 10)
}

/// One window, of what was metered.
#[derive(Clone, Copy)]
struct OneMonth<'a, M> {
    of: Judging<'a>,
    window: Window,
    /// Its number among the windows.
    number: usize,
    metered: &'a M,
}

impl<M: Metered + Sync> OneMonth<'_, M> {
    /// - `order`: the positions of the resources, in the order of a statement.
    fn statement<R: Send>(
        &self,
        order: &[usize],
        make: &(impl Fn(Lines) -> R + Sync),
        mut take: impl FnMut(Option<R>) -> Result<(), Failure>,
    ) -> Result<Statement, Failure> {
        let window = self.window;
        let (mut sums, mut digest) = (Sums::default(), self.digest());
        let work = |_, positions: &[usize]| {
            let (lines, part) = self.judged(positions);
            Ok((make(lines), part))
        };
        try_in_order(order, part(order.len()), work, |(made, part)| {
            if let Some(digest) = &mut digest {
                digest.take(&part.seen);
            }
            sums.add(part.sums);
            take(Some(made))
        })?;
        take(None)?;
        let credited: Vec<(usize, &Line)> =
            sums.credited.iter().map(|(position, line)| (*position, line)).collect();
        let distinct = |resources: &[usize]| self.metered.distinct_users(resources, self.number);
        let roll = |by| rollup(window.month, &credited, by, distinct);
        let (rollup, company) = both(|| roll(RollupBy::Partner), || roll(RollupBy::Company));
        Ok(Statement {
            window,
            rollup,
            company,
            coverage: self.of.facts.coverage_lines(&window, sums.pairs),
            counts: sums.counts,
            digest: digest.map(StateDigest::finish).unwrap_or_default(),
        })
    }

    fn judged(&self, positions: &[usize]) -> (Lines, Part) {
        let (mut lines, mut part) = (Lines::for_up_to(positions.len()), Part::default());
        let mut attributing = Attributing::new(self.of.facts, self.window);
        for positions in positions.chunks(AHEAD) {
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
        }
        (lines, part)
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
        if !matches!(self.of.scope, Scope::Digested(_)) {
            return self.metered.usage(position, self.number);
        }
        let (usage, seen) = self.metered.usage_and_seen(position, self.number);
        digest::put_seen(digested, resource, &seen);
        usage
    }

    /// The digest as it was begun.
    fn digest(&self) -> Option<StateDigest> {
        if let Scope::Digested(begun) = self.of.scope { begun.get(self.number).cloned() } else { None }
    }
}

/// So many resources are looked at before anything is made of them.
const AHEAD: usize = 1 << 6;

/// Something of each part of a resource.
fn something_of(resource: &Resource) -> usize {
    let Resource { events, imports, idle_imports, profiles, kept_by_platform, .. } = resource;
    let lists = events.len() ^ imports.len() ^ idle_imports.len() ^ profiles.len() ^ kept_by_platform.len();
    let first = events.first().map_or(0, |event| event.kind as usize);
    lists ^ first ^ usize::from(resource.environment.is_some())
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
    credited: Vec<(usize, Line)>,
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
            self.credited.push((position, line.clone()));
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
