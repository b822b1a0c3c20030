//! What a workspace holds, judged: its facts settled, its activity streamed, its closed statements read back.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;

use pal_metering::State;
use pal_rules::attribute::Attribution;
use pal_rules::evidence::{CreditedBefore, Evidence};
use pal_rules::facts::{Facts, Gathered, Refusal, Settled, Table, Waiting, settle};
use pal_rules::id::{PartnerId, ResourceId};
use pal_rules::time::Month;
use pal_rules::usage::Window;
use pal_store::workspace::{Closing, StoredFacts, Workspace};

use crate::activity::{ActivityFiles, Asked};
use crate::closed_files::{EVIDENCE_FILE, closed_file, unpacked};
use crate::evidence_json::{EvidenceJson, Text};
use crate::exit::{Exit, Failure};
use crate::judge::{Groundwork, JudgedMonths, Judging, Laid, Statement};
use crate::outside_facts::{self, Derived};
use crate::progress::Progress;
use crate::registry_facts::RegistryFacts;
use crate::shell::{Shell, workspace_failure};
use crate::state::{self, NewRuns, Updating};
use crate::view::told_waiting;

/// A workspace whose facts are settled and whose activity is metered: all that months are judged by.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) facts: Facts,
    groundwork: Groundwork<'static>,
    /// The rows of the facts, where the months will be kept: only those have a digest.
    digested: Option<ManuallyDrop<Gathered>>,
    state: State,
    activity: ActivityFiles,
    /// The files that rows were read from.
    names: Vec<String>,
    refusals: Vec<Refusal>,
    waiting: BTreeMap<Table, Waiting>,
    last_import: i64,
    registry: RegistryFacts,
    derived: Derived,
    /// What of the metered state is to be kept.
    pub(crate) new_runs: Option<NewRuns>,
}

/// Months of a workspace, judged from all its facts.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) facts: Facts,
    pub(crate) statements: Vec<Statement>,
    /// Rows left out, each with the place where it was read.
    pub(crate) refusals: Vec<(String, Refusal)>,
    /// Words about rows that wait for resources that are not known.
    pub(crate) waiting: Vec<String>,
    pub(crate) last_import: i64,
    /// What the registry told.
    pub(crate) registry: RegistryFacts,
    /// What follows from several files together.
    pub(crate) derived: Derived,
}

impl Ready {
    /// Reads everything imported so far, and what the registry says now. Only what is kept has a digest.
    pub(crate) fn read(
        workspace: &Workspace,
        updating: &Updating<'_>,
        shell: &Shell,
        progress: &mut Progress,
    ) -> Result<Self, Failure> {
        require_whole(workspace)?;
        let last_import = workspace.last_import().map_err(workspace_failure)?;
        let (StoredFacts { gathered, names, .. }, derived, registry) =
            gathered(workspace, shell, last_import)?;
        // To give a million rows back one by one takes a quarter of a second, in which nothing else is done. A command
        // reads them once, and the end of its process gives them back; until then they take their memory.
        let gathered = ManuallyDrop::new(gathered);
        let (laid, (state, new_runs)) = Laid::of(&gathered, || {
            state::current(workspace, last_import, &Asked::of(&[&gathered]), updating, progress)
        })?;
        let Laid { settled: Settled { facts, refusals, waiting }, groundwork } = laid;
        let activity = state::files(workspace, 0, last_import)?;
        Ok(Self {
            facts,
            groundwork,
            digested: updating.keep.then_some(gathered),
            state,
            activity,
            names,
            refusals,
            waiting,
            last_import,
            registry,
            derived,
            new_runs,
        })
    }

    /// How months are judged by it, and what was metered.
    pub(crate) fn judging<'a>(
        &'a self,
        windows: &'a [Window],
    ) -> (Judging<'a>, (&'a State, &'a ActivityFiles)) {
        let Self { facts, groundwork, state, activity, .. } = self;
        let digested = self.digested.as_deref();
        (Judging { facts, groundwork, windows, digested }, (state, activity))
    }

    /// What is left once months are judged.
    pub(crate) fn judged(self, months: JudgedMonths) -> Judged {
        let names = self.names;
        let name = |refusal: Refusal| (file_name(&names, refusal.address.file), refusal);
        let waiting = told_waiting(&self.waiting, &months.unknown, |address| file_name(&names, address.file));
        Judged {
            statements: months.statements,
            refusals: self.refusals.into_iter().chain(months.refusals).map(name).collect(),
            waiting,
            facts: self.facts,
            last_import: self.last_import,
            registry: self.registry,
            derived: self.derived,
        }
    }
}

/// Judges months from everything imported so far, and from what the registry says now; with the lines of each.
pub(crate) fn judge_months(
    workspace: &Workspace,
    updating: &Updating<'_>,
    shell: &Shell,
    progress: &mut Progress,
) -> Result<(Judged, Vec<Vec<Attribution>>), Failure> {
    let ready = Ready::read(workspace, updating, shell, progress)?;
    let (judging, metered) = ready.judging(updating.windows);
    let (months, lines) = judging.judge(metered, progress)?;
    Ok((ready.judged(months), lines))
}

/// Reads all that a judgement sees but activity: the rows of a workspace, what follows from several files together, what
/// the registry says; of links those that count here.
pub(crate) fn gathered(
    workspace: &Workspace,
    shell: &Shell,
    last_import: i64,
) -> Result<(StoredFacts, Derived, RegistryFacts), Failure> {
    let (mut stored, derived) = outside_facts::read(workspace, last_import)?;
    let registry = RegistryFacts::read(workspace, shell, true)?;
    registry.add_to(&mut stored);
    stored.gathered.keep_links(shell.links_from());
    Ok((stored, derived, registry))
}

/// Refuses to judge a workspace that lacks a required table: nothing imported is not nothing there.
pub(crate) fn require_whole(workspace: &Workspace) -> Result<(), Failure> {
    let tables = workspace.tables().map_err(workspace_failure)?;
    let missing = Table::ALL.into_iter().filter(|table| table.required() && !tables.contains(table));
    let missing: Vec<String> = missing.map(|table| format!("`{}`", table.name())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Conflict,
        format!("no import had the required {}", missing.join(", ")),
        "import an export that has it (the directory, an inventory), or facts, if only a header row: docs/importing.md",
    ))
}

/// The name of a file that was imported, by its number.
pub(crate) fn file_name(names: &[String], file: u32) -> String {
    let position = usize::try_from(file).unwrap_or(0);
    names.get(position).cloned().unwrap_or_default()
}

/// The facts of a workspace, and the partners of its registry, for names and look-ups.
pub(crate) fn facts(workspace: &Workspace, shell: &Shell) -> Result<Facts, Failure> {
    let last = workspace.last_import().map_err(workspace_failure)?;
    let (mut stored, _) = outside_facts::read(workspace, last)?;
    RegistryFacts::read(workspace, shell, false)?.add_to(&mut stored);
    Ok(settle(&stored.gathered).facts)
}

/// The closing of a month: of a version, or the newest.
pub(crate) fn closing(workspace: &Workspace, month: Month, version: Option<i64>) -> Result<Closing, Failure> {
    let closings = workspace.closings().map_err(workspace_failure)?;
    let of_month: Vec<Closing> = closings.into_iter().filter(|closing| closing.month == month).collect();
    let newest = of_month.last().map(|closing| closing.version);
    let wanted = version.or(newest);
    of_month.into_iter().find(|closing| Some(closing.version) == wanted).ok_or_else(|| {
        match (version, newest) {
            (Some(version), Some(newest)) => Failure::new(
                Exit::NotFound,
                format!("{month} has no version {version}: its newest is {newest}"),
                "list them with `pal statement list`",
            ),
            _ => Failure::new(
                Exit::NotFound,
                format!("{month} is not closed"),
                format!("close it with `pal close {month}`, or look at it with `pal preview {month}`"),
            ),
        }
    })
}

/// The evidence of every line of a closing, in the statement's order.
pub(crate) fn evidence(closing: &Closing) -> Result<Vec<Evidence>, Failure> {
    let lines = unpacked(closing, EVIDENCE_FILE, &closed_file(closing, EVIDENCE_FILE)?)?;
    let mut evidence = Vec::new();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let json: EvidenceJson<Text<'_>> = serde_json::from_slice(line)?;
        evidence.push(Evidence::try_from(&json)?);
    }
    Ok(evidence)
}

/// For each resource and partner the latest earlier month whose newest statement credited it to the partner.
pub(crate) fn credited_before(
    workspace: &Workspace,
    month: Month,
) -> Result<BTreeMap<ResourceId, Vec<CreditedBefore>>, Failure> {
    let mut newest: BTreeMap<Month, Closing> = BTreeMap::new();
    for closing in workspace.closings().map_err(workspace_failure)? {
        if closing.month < month {
            newest.insert(closing.month, closing);
        }
    }
    let mut credited: BTreeMap<ResourceId, Vec<CreditedBefore>> = BTreeMap::new();
    for closing in newest.values().rev() {
        let statement = closed_file(closing, "statement.csv")?;
        let mut reader = csv::Reader::from_reader(statement.as_slice());
        for record in reader.records() {
            let record = record?;
            let (resource, partner) = (record.get(4), record.get(8).and_then(PartnerId::new));
            if let (Some(resource), Some(partner)) = (resource, partner) {
                let before = credited.entry(ResourceId::new(resource)).or_default();
                if !before.iter().any(|later| later.partner == partner) {
                    let (month, version) = (closing.month, closing.version);
                    before.push(CreditedBefore { partner, month, version });
                }
            }
        }
    }
    Ok(credited)
}
