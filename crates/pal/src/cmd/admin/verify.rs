//! `pal admin verify`: whether the registry is whole, as far as the checkpoints reach.

use std::path::Path;

use pal_store::registry::audit::{Beyond, Checkpoint, Finding, Flaw, OPERATOR_CHAIN, Report};
use pal_store::registry::verify_file;
use serde_json::{Value, json};

use super::{checkpoints_json, known_checkpoints};
use crate::checkpoints::Kept;
use crate::cli::Verify;
use crate::exit::{Exit, Failure, Outcome};
use crate::registry::{existing_file, failure, on_registry};
use crate::render::{Answer, Items, draw, tell};
use crate::shell::Shell;

/// How many chains are told one by one on stderr; `-o json` has them all.
const TOLD: usize = 20;

pub(super) fn run(arguments: &Verify, shell: &Shell) -> Outcome {
    let in_database = shell.settings.store.value.is_some();
    let file = if in_database { None } else { Some(existing_file(shell)?) };
    let kept = known_checkpoints(&arguments.checkpoint, arguments.key, shell)?;
    let report = match file {
        Some(file) => verified(&file, &kept)?,
        None => on_registry(shell, async |registry| registry.verify(checkpoints_of(&kept)).await)?,
    };
    tell_report(&report, &kept);
    shell.output.write(&answer(&report, &kept))?;
    Ok(if report.sound() { Exit::Ok } else { Exit::Partial })
}

/// Verifies a registry's file against checkpoints.
pub(super) fn verified(file: &Path, kept: &[Kept]) -> Result<Report, Failure> {
    verify_file(file, &checkpoints_of(kept)).map_err(failure)
}

fn checkpoints_of(kept: &[Kept]) -> Vec<Checkpoint> {
    kept.iter().map(|kept| kept.checkpoint.clone()).collect()
}

/// Says in words what was found, and what nobody vouches for.
pub(super) fn tell_report(report: &Report, kept: &[Kept]) {
    let size = format!("{} records of {} chains", report.records, report.chains);
    let newest = kept.iter().map(|kept| kept.checkpoint.made_at()).max();
    let reach = match newest {
        Some(at) => format!("up to the newest checkpoint, of {at}"),
        None => "in themselves; no checkpoint was given, so that nobody vouches for them".to_owned(),
    };
    match report.findings.len() {
        0 => tell(format!("sound: {size} are whole {reach}")),
        1 => tell(format!("not sound: 1 finding in {size}")),
        many => tell(format!("not sound: {many} findings in {size}")),
    }
    for finding in report.findings.iter().take(TOLD) {
        tell(format!("  {finding}"));
    }
    // Without any checkpoint that is said of all of them already.
    let beyond = if kept.is_empty() { &[] } else { report.beyond.as_slice() };
    for Beyond { tenant, after, last } in beyond.iter().take(TOLD) {
        let chain = chain_words(tenant);
        let records = match last - after {
            1 => format!("record {last} of {chain}: whole in itself"),
            _ => format!("records {} to {last} of {chain}: whole in themselves", after + 1),
        };
        tell(format!("after the newest checkpoint: {records}; what came later may have been cut off"));
    }
    let more = |all: usize| all.saturating_sub(TOLD);
    if more(report.findings.len()) + more(beyond.len()) > 0 {
        tell("… and more: `-o json` has all of them");
    }
}

/// A chain by whose it is.
pub(super) fn chain_words(tenant: &str) -> String {
    if tenant == OPERATOR_CHAIN.to_string() {
        "the operator's chain".to_owned()
    } else {
        format!("tenant {tenant}")
    }
}

fn answer(report: &Report, kept: &[Kept]) -> Answer {
    let beyond =
        |beyond: &Beyond| json!({ "tenant_id": beyond.tenant, "after": beyond.after, "last": beyond.last });
    let found = findings(report);
    let answer = Answer::list(
        vec![
            ("sound", report.sound().into()),
            ("chains", report.chains.into()),
            ("records", report.records.into()),
            ("checkpoints", checkpoints_json(kept)),
            ("beyond", report.beyond.iter().map(beyond).collect()),
        ],
        "findings",
        &found,
    );
    let mut summary = Items::new(["sound", "chains", "records", "checkpoints", "findings"]);
    let sound = if report.sound() { "yes" } else { "no" };
    let numbers = [report.chains, report.records, kept.len() as u64, report.findings.len() as u64];
    summary.push(std::iter::once(sound.into()).chain(numbers.map(Value::from)).collect());
    let view = draw(&summary.table());
    Answer { view: if found.is_empty() { view } else { format!("{view}\n{}", answer.view) }, ..answer }
}

/// What was found, as items.
pub(super) fn findings(report: &Report) -> Items {
    let mut items = Items::new(["tenant_id", "record", "flaw", "says"]);
    for finding in &report.findings {
        let Finding { tenant, sequence, flaw } = finding;
        let row: [Value; 4] =
            [tenant.as_str().into(), (*sequence).into(), word(flaw).into(), finding.to_string().into()];
        items.push(row.to_vec());
    }
    items
}

/// A flaw as one word.
const fn word(flaw: &Flaw) -> &'static str {
    match flaw {
        Flaw::Altered => "altered",
        Flaw::Misplaced => "misplaced",
        Flaw::Unchained => "unchained",
        Flaw::Missing { .. } => "missing",
        Flaw::HeadMissing => "head_missing",
        Flaw::HeadDiffers => "head_differs",
        Flaw::Rewritten { .. } => "rewritten",
        Flaw::RowDiffers { .. } => "row_differs",
        Flaw::RowsDiffer { .. } => "rows_differ",
    }
}
