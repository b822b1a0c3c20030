//! Months of statements from settled facts and streamed activity.

mod groundwork;
mod one_month;

use std::collections::BTreeSet;
use std::thread;

use pal_metering::{Answers, State, Strange};
use pal_rules::attribute::Attribution;
use pal_rules::coverage::CoverageLine;
use pal_rules::facts::{Facts, Gathered, Refusal};
use pal_rules::id::ResourceId;
use pal_rules::rollup::Rollups;
use pal_rules::usage::Window;

pub(crate) use self::groundwork::{Groundwork, Laid};
use self::one_month::OneMonth;
use crate::activity::ActivityFiles;
use crate::digest::Digesting;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::wrong_tenant::WrongTenant;

/// The statement of one month, but for its lines: those go to whoever asked for them, as they are judged.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) window: Window,
    pub(crate) counts: Counts,
    pub(crate) rollups: Rollups,
    pub(crate) coverage: Vec<CoverageLine>,
    /// The digest of all that the month can see; empty where none was asked for, and until all months are judged.
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
    /// Of these facts; it says of which tenants the resources are judged.
    pub(crate) groundwork: &'a Groundwork<'a>,
    /// In the order of their months.
    pub(crate) windows: &'a [Window],
    /// The rows that the facts were settled from, where the digest of each window is asked for.
    pub(crate) digested: Option<&'a Gathered>,
}

impl Judging<'_> {
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
            |parts| parts.flat_map(|part| part.lines).collect::<Vec<_>>(),
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
    /// - `make`: gets lines as they are judged, some at a time, on any core; all that it does not go through are not judged.
    /// - `take`: gets the number of the window and what was made, in the order of the statement; nothing once all is made.
    pub(crate) fn judge_into<R: Send>(
        self,
        (state, activity): (&State, &ActivityFiles),
        progress: &mut Progress,
        make: impl Fn(&mut dyn Iterator<Item = Lines>) -> R + Sync,
        mut take: impl FnMut(usize, Option<R>) -> Result<(), Failure>,
    ) -> Result<JudgedMonths, Failure> {
        let Self { facts, groundwork, windows, .. } = self;
        let known = (facts, &groundwork.claimants);
        let answers = Answers::new(state, known, windows, groundwork.tenants);
        let mut answers = answers.map_err(|fault| activity.failure(fault))?;
        activity.complete(&mut answers, facts, progress)?;
        answers.finish();
        let Strange { unknown, wrong_tenant } = answers.strange().clone();
        let refusals = if wrong_tenant.is_empty() || groundwork.tenants.is_some() {
            Vec::new()
        } else {
            let last = windows.last().map(|last| last.month);
            WrongTenant { facts, resources: &wrong_tenant }.refusals(&activity.up_to(last), progress)?
        };
        let statements = thread::scope(|scope| {
            // Rows are hashed while the months are judged.
            let digesting = self.digested.map(|rows| Digesting::begin(scope, rows, windows));
            let mut digesting = digesting.transpose()?;
            let mut statements = Vec::with_capacity(windows.len());
            for (number, window) in windows.iter().enumerate() {
                let month = OneMonth { of: self, window: *window, number, metered: &answers };
                let take = |made| take(number, made);
                statements.push(month.statement(&groundwork.order, digesting.as_mut(), &make, take)?);
            }
            let digests = digesting.map(Digesting::finish).unwrap_or_default();
            for (statement, digest) in statements.iter_mut().zip(digests) {
                statement.digest = digest;
            }
            Ok::<_, Failure>(statements)
        })?;
        Ok(JudgedMonths { statements, refusals, unknown })
    }
}
