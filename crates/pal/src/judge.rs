//! Months of statements from settled facts and streamed activity.

use std::collections::{BTreeMap, BTreeSet};

use pal_metering::{Answers, State, Strange};
use pal_rules::attribute::{Attribution, attribute};
use pal_rules::coverage::CoverageLine;
use pal_rules::facts::{Facts, Refusal, Resource};
use pal_rules::id::{ResourceId, TenantId};
use pal_rules::statement::{Line, Rollup, RollupBy, rollup};
use pal_rules::usage::{Metered, Window};
use pal_rules::word::Product;

use crate::activity::ActivityFiles;
use crate::digest::{self, SortedRows};
use crate::exit::Failure;
use crate::parallel::in_order;
use crate::progress::Progress;

/// The statement of one month, with the evidence of every line.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) window: Window,
    /// By tenant, product and resource.
    pub(crate) lines: Vec<Attribution>,
    /// Of each line where its resource stands in the facts.
    pub(crate) positions: Vec<usize>,
    pub(crate) rollup: Vec<Rollup>,
    pub(crate) company: Vec<Rollup>,
    pub(crate) coverage: Vec<CoverageLine>,
    /// Distinct (resource, principal) uses by principals that the directory does not know.
    pub(crate) unknown_users: u64,
    /// The digest of all that the month can see; empty where none was asked for.
    pub(crate) digest: String,
}

/// What came of judging months.
#[derive(Debug)]
pub(crate) struct JudgedMonths {
    pub(crate) statements: Vec<Statement>,
    /// Activity rows left out; not looked for where only some tenants are judged, because that reads all activity.
    pub(crate) refusals: Vec<Refusal>,
    /// Resources of which there is activity, and which the facts do not know.
    pub(crate) unknown: BTreeSet<ResourceId>,
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
    /// Of all, with a digest of the rows that the facts were settled from.
    Digested(&'a SortedRows),
    /// Of all.
    All,
    /// Of these.
    Tenants(&'a BTreeSet<TenantId>),
}

impl<'a> Judging<'a> {
    /// Judges every window by a metered state.
    ///
    /// - `activity`: what the state was made of, for the few rows that it cannot speak for.
    pub(crate) fn judge(
        self,
        (state, activity): (&State, &ActivityFiles),
        progress: &mut Progress,
    ) -> Result<JudgedMonths, Failure> {
        let Self { facts, windows, .. } = self;
        let answers = Answers::new(state, facts, windows, self.tenants());
        let mut answers = answers.map_err(|fault| activity.failure(fault))?;
        activity.complete(&mut answers, facts, progress)?;
        answers.finish();
        let Strange { unknown, wrong_tenant } = answers.strange().clone();
        let refusals = if wrong_tenant.is_empty() || self.tenants().is_some() {
            Vec::new()
        } else {
            activity.of_wrong_tenant(facts, windows.last().map(|last| last.month), progress)?
        };
        let order = self.order();
        let statements = windows.iter().enumerate();
        let statements = statements.map(|(number, window)| {
            OneMonth { of: self, window: *window, number, metered: &answers }.statement(&order)
        });
        Ok(JudgedMonths { statements: statements.collect(), refusals, unknown })
    }

    /// The tenants whose resources are judged, if not all are.
    fn tenants(&self) -> Option<&'a BTreeSet<TenantId>> {
        if let Scope::Tenants(tenants) = self.scope { Some(tenants) } else { None }
    }

    /// The positions of the resources in the order of a statement: by tenant, product and resource, as text.
    fn order(&self) -> Vec<usize> {
        let mut groups: BTreeMap<(&TenantId, &Product), Vec<usize>> = BTreeMap::new();
        // Resources stand by id, so those of a group do.
        for (position, resource) in self.facts.resources.iter().enumerate() {
            if self.tenants().is_none_or(|tenants| tenants.contains(&resource.tenant)) {
                groups.entry((&resource.tenant, &resource.product)).or_default().push(position);
            }
        }
        groups.into_values().flatten().collect()
    }
}

/// How many of some resources are judged at a time: not too many for all cores to have some.
fn part(resources: usize) -> usize {
    (resources >> 5).clamp(1 << 5, 1 << 12)
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
    fn statement(&self, order: &[usize]) -> Statement {
        let (facts, window) = (self.of.facts, self.window);
        let (mut lines, mut positions, mut unknown_users) = (Vec::with_capacity(order.len()), Vec::new(), 0);
        in_order(
            order,
            part(order.len()),
            |_, part| self.judged(part),
            |part| {
                lines.extend(part.lines);
                positions.extend(part.positions);
                unknown_users += part.unknown_users;
            },
        );
        let credited = positions.iter().zip(&lines).filter(|(_, line)| line.line.credit().is_some());
        let credited: Vec<(usize, &Line)> =
            credited.map(|(position, line)| (*position, &line.line)).collect();
        let distinct = |resources: &[usize]| self.metered.distinct_users(resources, self.number);
        let roll = |by| rollup(window.month, &credited, by, distinct);
        let (rollup, company) = (roll(RollupBy::Partner), roll(RollupBy::Company));
        let pair = |line: &Attribution| (line.line.tenant.clone(), line.line.product.clone());
        let groups =
            lines.chunk_by(|a, b| (&a.line.tenant, &a.line.product) == (&b.line.tenant, &b.line.product));
        let pairs: BTreeSet<(TenantId, Product)> = groups.filter_map(<[_]>::first).map(pair).collect();
        Statement {
            window,
            rollup,
            company,
            coverage: facts.coverage_lines(&window, pairs),
            unknown_users,
            digest: if let Scope::Digested(rows) = self.of.scope { self.digest(rows) } else { String::new() },
            lines,
            positions,
        }
    }

    fn judged(&self, positions: &[usize]) -> Part {
        let mut part = Part::default();
        for position in positions {
            let Some(resource) = self.of.facts.resources.get(*position) else { continue };
            let usage = self.metered.usage(*position, self.number);
            part.unknown_users += usage.users.unknown;
            if self.window.lists(resource) {
                part.lines.push(attribute(self.of.facts, resource, self.window, &usage));
                part.positions.push(*position);
            }
        }
        part
    }

    /// The digest of all that the window can see.
    fn digest(&self, rows: &SortedRows) -> String {
        let mut digest = rows.digest(&self.window);
        let put = |first: usize, resources: &[Resource]| {
            let mut bytes = Vec::new();
            for (position, resource) in (first..).zip(resources) {
                digest::put_seen(&mut bytes, &resource.id, &self.metered.seen(position, self.number));
            }
            bytes
        };
        let resources = &self.of.facts.resources;
        in_order(resources, part(resources.len()), put, |bytes| digest.take(&bytes));
        digest.finish()
    }
}

/// Some resources, judged.
#[derive(Default)]
struct Part {
    lines: Vec<Attribution>,
    /// Of each line the position of its resource.
    positions: Vec<usize>,
    unknown_users: u64,
}
