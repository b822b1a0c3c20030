//! Months of statements from settled facts and streamed activity.

use std::collections::BTreeSet;

use pal_metering::{Answers, State, Strange};
use pal_rules::attribute::{Attribution, attribute};
use pal_rules::coverage::CoverageLine;
use pal_rules::facts::{Facts, Refusal};
use pal_rules::id::{ResourceId, TenantId};
use pal_rules::statement::{Line, Rollup, RollupBy, rollup};
use pal_rules::usage::{Metered, Window};
use pal_rules::word::Product;

use crate::activity::ActivityFiles;
use crate::digest::{SortedRows, StateDigest};
use crate::exit::Failure;
use crate::progress::Progress;

/// The statement of one month, with the evidence of every line.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) window: Window,
    /// By tenant, product and resource.
    pub(crate) lines: Vec<Attribution>,
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
    metered: &impl Metered,
) -> Vec<Statement> {
    let numbered = windows.iter().enumerate();
    numbered
        .map(|(number, window)| {
            statement(facts, rows.map(|rows| rows.digest(window)), (*window, number), metered)
        })
        .collect()
}

fn statement(
    facts: &Facts,
    mut digest: Option<StateDigest>,
    (window, number): (Window, usize),
    metered: &impl Metered,
) -> Statement {
    let mut judged: Vec<(usize, Attribution)> = Vec::new();
    let mut unknown_users = 0;
    for (position, resource) in facts.resources.iter().enumerate() {
        let usage = metered.usage(position, number);
        unknown_users += usage.users.unknown;
        if let Some(digest) = &mut digest {
            digest.take(&resource.id, &metered.users(position, number), &usage);
        }
        if window.lists(resource) {
            judged.push((position, attribute(facts, resource, window, &usage)));
        }
    }
    judged.sort_by(|(_, a), (_, b)| a.line.place().cmp(&b.line.place()));
    let lines: Vec<(usize, Line)> =
        judged.iter().map(|(position, attribution)| (*position, attribution.line.clone())).collect();
    let roll = |by| rollup(window.month, &lines, by, |resources| metered.distinct_users(resources, number));
    let pairs: BTreeSet<(TenantId, Product)> =
        lines.iter().map(|(_, line)| (line.tenant.clone(), line.product.clone())).collect();
    Statement {
        window,
        rollup: roll(RollupBy::Partner),
        company: roll(RollupBy::Company),
        coverage: facts.coverage_lines(&window, pairs),
        unknown_users,
        digest: digest.map(StateDigest::finish).unwrap_or_default(),
        lines: judged.into_iter().map(|(_, attribution)| attribution).collect(),
    }
}
