//! Months of statements from settled facts and streamed activity.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::attribute::{Attribution, attribute};
use pal_rules::coverage::CoverageLine;
use pal_rules::facts::{Address, Facts, Refusal, RefusalReason, Row, Table, Waiting};
use pal_rules::id::TenantId;
use pal_rules::meter::{Activity, Meter, Seen};
use pal_rules::statement::{Line, Rollup, RollupBy, rollup};
use pal_rules::usage::{Metered, Window};
use pal_rules::word::Product;

use crate::digest::{SortedRows, StateDigest};
use crate::exit::Failure;

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
    /// The digest of all that the month can see.
    pub(crate) digest: String,
}

/// Where activity comes from: calls back with every row.
pub(crate) type ActivitySource<'a> =
    dyn FnMut(&mut dyn FnMut(Address, Result<Row, Refusal>)) -> Result<(), Failure> + 'a;

/// What came of judging months.
#[derive(Debug)]
pub(crate) struct JudgedMonths {
    pub(crate) statements: Vec<Statement>,
    /// Activity rows left out.
    pub(crate) refusals: Vec<Refusal>,
    /// Activity rows of resources that are not known, if there are any.
    pub(crate) waiting: Option<Waiting>,
}

/// Judges every window over one pass of the activity.
///
/// - `rows`: those that the facts were settled from, for the digest.
pub(crate) fn judge(
    facts: &Facts,
    rows: &SortedRows,
    windows: &[Window],
    activity: &mut ActivitySource<'_>,
) -> Result<JudgedMonths, Failure> {
    let mut meter = Meter::new(facts, windows);
    let (mut refusals, mut waiting) = (Vec::new(), BTreeMap::new());
    activity(&mut |address, row| match row {
        Err(refusal) => refusals.push(refusal),
        Ok(row) => match Activity::read(&row).map(|activity| meter.take(&activity)) {
            Some(Seen::WrongTenant) => {
                refusals.push(Refusal::of_row(Table::Activity, address, RefusalReason::WrongTenant));
            }
            Some(Seen::Waits) => Waiting::note(&mut waiting, Table::Activity, address),
            Some(Seen::Taken) | None => {}
        },
    })?;
    meter.finish();
    let statements = statements(facts, rows, windows, &meter);
    Ok(JudgedMonths { statements, refusals, waiting: waiting.remove(&Table::Activity) })
}

/// The statement of each window, of what was metered.
fn statements(
    facts: &Facts,
    rows: &SortedRows,
    windows: &[Window],
    metered: &impl Metered,
) -> Vec<Statement> {
    let numbered = windows.iter().enumerate();
    numbered
        .map(|(number, window)| statement(facts, rows.digest(window), (*window, number), metered))
        .collect()
}

fn statement(
    facts: &Facts,
    mut digest: StateDigest,
    (window, number): (Window, usize),
    metered: &impl Metered,
) -> Statement {
    let mut judged: Vec<(usize, Attribution)> = Vec::new();
    let mut unknown_users = 0;
    for (position, resource) in facts.resources.iter().enumerate() {
        let usage = metered.usage(position, number);
        unknown_users += usage.users.unknown;
        digest.take(&resource.id, &metered.users(position, number), &usage);
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
        digest: digest.finish(),
        lines: judged.into_iter().map(|(_, attribution)| attribution).collect(),
    }
}
