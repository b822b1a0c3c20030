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
use crate::digest::{self, SortedRows, StateDigest};
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
    /// Activity rows left out.
    pub(crate) refusals: Vec<Refusal>,
    /// Resources of which there is activity, and which the facts do not know.
    pub(crate) unknown: BTreeSet<ResourceId>,
}

/// Judges every window by a metered state.
///
/// - `rows`: those that the facts were settled from, for the digest; without them there is none.
/// - `activity`: what the state was made of, for the few rows that it cannot speak for.
pub(crate) fn judge(
    (facts, rows): (&Facts, Option<&SortedRows>),
    windows: &[Window],
    (state, activity): (&State, &ActivityFiles),
    progress: &mut Progress,
) -> Result<JudgedMonths, Failure> {
    let mut answers = Answers::new(state, facts, windows);
    activity.complete(&mut answers, facts, progress)?;
    answers.finish();
    let Strange { unknown, wrong_tenant } = answers.strange().clone();
    let refusals = if wrong_tenant.is_empty() {
        Vec::new()
    } else {
        activity.of_wrong_tenant(facts, windows.last().map(|last| last.month), progress)?
    };
    Ok(JudgedMonths { statements: statements(facts, rows, windows, &answers), refusals, unknown })
}

/// The statement of each window, of what was metered.
fn statements(
    facts: &Facts,
    rows: Option<&SortedRows>,
    windows: &[Window],
    metered: &(impl Metered + Sync),
) -> Vec<Statement> {
    let order = order(facts);
    let numbered = windows.iter().enumerate();
    numbered
        .map(|(number, window)| {
            let mut judged = Judged { digest: rows.map(|rows| rows.digest(window)), ..Judged::default() };
            judged.read(facts, (*window, number), metered);
            let of = |position: &usize| Some((*position, judged.of_resources.get_mut(*position)?.take()?));
            let lines = order.iter().filter_map(of).collect();
            let statement = statement(facts, (*window, number), lines, metered);
            let digest = judged.digest.map(StateDigest::finish).unwrap_or_default();
            Statement { digest, unknown_users: judged.unknown_users, ..statement }
        })
        .collect()
}

/// The positions of all resources in the order of a statement: by tenant, product and resource, as text.
fn order(facts: &Facts) -> Vec<usize> {
    let mut groups: BTreeMap<(&TenantId, &Product), Vec<usize>> = BTreeMap::new();
    // Resources stand by id, so those of a group do.
    for (position, resource) in facts.resources.iter().enumerate() {
        groups.entry((&resource.tenant, &resource.product)).or_default().push(position);
    }
    groups.into_values().flatten().collect()
}

/// All resources in one window.
#[derive(Default)]
struct Judged {
    /// By position; none of those that the window does not list.
    of_resources: Vec<Option<Attribution>>,
    unknown_users: u64,
    digest: Option<StateDigest>,
}

impl Judged {
    /// How many resources are judged at a time.
    const PART: usize = 1 << 12;

    fn read(&mut self, facts: &Facts, (window, number): (Window, usize), metered: &(impl Metered + Sync)) {
        let digested = self.digest.is_some();
        let part = |first: usize, resources: &[Resource]| {
            let (mut judged, mut bytes, mut unknown_users) =
                (Vec::with_capacity(resources.len()), Vec::new(), 0);
            for (position, resource) in (first..).zip(resources) {
                let usage = metered.usage(position, number);
                unknown_users += usage.users.unknown;
                if digested {
                    digest::put_usage(&mut bytes, &resource.id, &metered.users(position, number), &usage);
                }
                judged.push(window.lists(resource).then(|| attribute(facts, resource, window, &usage)));
            }
            (judged, bytes, unknown_users)
        };
        in_order(&facts.resources, Self::PART, part, |(judged, bytes, unknown_users)| {
            self.of_resources.extend(judged);
            self.unknown_users += unknown_users;
            if let Some(digest) = &mut self.digest {
                digest.take(&bytes);
            }
        });
    }
}

/// - `lines`: by tenant, product and resource, each with the position of its resource.
fn statement(
    facts: &Facts,
    (window, number): (Window, usize),
    lines: Vec<(usize, Attribution)>,
    metered: &impl Metered,
) -> Statement {
    let credited = lines.iter().filter(|(_, attribution)| attribution.line.credit().is_some());
    let credited: Vec<(usize, Line)> =
        credited.map(|(position, attribution)| (*position, attribution.line.clone())).collect();
    let roll =
        |by| rollup(window.month, &credited, by, |resources| metered.distinct_users(resources, number));
    let pair = |line: &Line| (line.tenant.clone(), line.product.clone());
    let groups = lines
        .chunk_by(|(_, a), (_, b)| (&a.line.tenant, &a.line.product) == (&b.line.tenant, &b.line.product));
    let pairs: BTreeSet<(TenantId, Product)> =
        groups.filter_map(|group| group.first()).map(|(_, attribution)| pair(&attribution.line)).collect();
    Statement {
        window,
        rollup: roll(RollupBy::Partner),
        company: roll(RollupBy::Company),
        coverage: facts.coverage_lines(&window, pairs),
        unknown_users: 0,
        digest: String::new(),
        positions: lines.iter().map(|(position, _)| *position).collect(),
        lines: lines.into_iter().map(|(_, attribution)| attribution).collect(),
    }
}
