//! `pal import auto` and the sources by name: exports as they are, read record by record, each accounted for.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use pal_import::facts::{ActivityWriter, Unwritable};
use pal_import::outside::{
    self, Account, Context, Covered, Dates, Input, Part, Source, Taken, Unopened, normal,
};
use pal_rules::facts::{Address, Row, Table, Value};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;
use pal_store::workspace::{
    ActivityFile, NewOutside, OutsideFile, RecordTally, Reject, SeenRecord, SolutionPart, Workspace,
};
use sha2::{Digest, Sha256};

use super::{hash_of, remove};
use crate::cli::Exports;
use crate::exit::{Exit, Failure, Outcome, io_exit};
use crate::progress::Progress;
use crate::render::{Answer, Items, tell};
use crate::shell::{Shell, workspace_failure};

/// How many reasons are told for each file; `-o json` and `pal import rejects` have more.
const TOLD: usize = 5;

pub(super) fn run(source: Option<Source>, exports: &Exports, shell: &Shell) -> Outcome {
    let context = context(exports, shell)?;
    check_over(exports, context.now)?;
    let inputs = outside::inputs(&exports.paths).map_err(unopened)?;
    let named: Vec<String> = exports.paths.iter().map(|path| path.display().to_string()).collect();
    let word = source.map_or("auto", Source::as_str);
    let (mut workspace, _lock) = shell.write(&format!("pal import {word} {}", named.join(" ")))?;
    let mut reading = Reading::new(&workspace, &inputs, source)?;
    let mut progress = shell.progress();
    progress.expect(inputs.iter().map(|input| input.path.as_path()));
    for (number, input) in inputs.iter().enumerate() {
        reading.read(number, input, &context, &mut progress)?;
    }
    drop(progress);
    let Reading { writer, files, records, mut covered, mut warnings, .. } = reading;
    warnings.extend(whole_days(&mut covered, exports, context.now));
    let written = writer.finish()?;
    let activity = written.iter().map(|file| ActivityFile {
        month: file.month,
        path: file.path.clone(),
        rows: file.rows,
    });
    let import = NewOutside {
        source: word,
        path: named.join(" "),
        imported_at: shell.now(),
        files,
        activity: activity.collect(),
    };
    let committed = workspace.commit_outside(&import, records, coverage(covered));
    let (id, tallies) = committed.map_err(|fault| {
        remove(workspace.folder(), &written);
        workspace_failure(fault)
    })?;
    for warning in warnings {
        tell(format!("warning: {warning}"));
    }
    let refused = tell_account(&import.files, &tallies);
    tell(format!("import {id}: done"));
    shell.output.write(&answer(id, &import.files, &tallies))?;
    Ok(if refused { Exit::Partial } else { Exit::Ok })
}

fn context(exports: &Exports, shell: &Shell) -> Result<Context, Failure> {
    let guid = |text: &String| {
        normal::guid(text).ok_or_else(|| {
            let hint = "name it by its id, as the directory's overview shows it";
            Failure::new(Exit::Usage, format!("`{text}` is no tenant id"), hint)
        })
    };
    Ok(Context {
        now: shell.now(),
        as_of: exports.as_of,
        assume_since: exports.assume_since,
        tenant: exports.tenant.as_ref().map(guid).transpose()?,
        environment: exports.environment.as_ref().map(environment).transpose()?,
        dates: exports
            .dates
            .map(|dates| Dates { day_first: dates.day_first, zone_minutes: dates.zone_minutes }),
        complete: exports.complete,
    })
}

/// Days that are not over cannot be declared to be whole.
fn check_over(exports: &Exports, now: Timestamp) -> Result<(), Failure> {
    let Some(days) = exports.covers.filter(|days| days.last >= now.day()) else { return Ok(()) };
    let message = format!("`--covers` ends on {}, which is not over", days.last);
    Err(Failure::new(Exit::Usage, message, format!("end it on {} or earlier", now.day().plus(-1))))
}

/// Leaves out days that are not over, of which no export has everything, and adds those that `--covers` declares to what
/// there is a record of; a warning, where that is nothing.
fn whole_days(covered: &mut BTreeSet<Covered>, exports: &Exports, now: Timestamp) -> Option<String> {
    let seen = covered.clone();
    covered.retain(|covered| covered.day < now.day());
    let days = exports.covers?;
    let seen: BTreeSet<Covered> =
        seen.into_iter().map(|covered| Covered { day: days.first, ..covered }).collect();
    for each in std::iter::successors(Some(days.first), |day| Some(day.next())) {
        if each > days.last {
            break;
        }
        covered.extend(seen.iter().map(|covered| Covered { day: each, ..covered.clone() }));
    }
    seen.is_empty()
        .then(|| "`--covers` declares nothing: no record tells of which tenant and product".to_owned())
}

/// An environment as it was named: by its id, or by its address.
pub(crate) fn environment(text: &String) -> Result<Id, Failure> {
    let named = if text.contains("://") { normal::host(text) } else { normal::environment(text) };
    named.ok_or_else(|| {
        let hint = "name it by its id, or by its address, such as https://contoso.crm.dynamics.com";
        Failure::new(Exit::Usage, format!("`{text}` is no environment"), hint)
    })
}

/// A path that cannot be read, or an archive that is not.
pub(crate) fn unopened(problem: Unopened) -> Failure {
    let (exit, hint) = match &problem {
        Unopened::Io { source, .. } => (io_exit(source), "check the path, and the disk it is on"),
        Unopened::Archive { .. } => (Exit::Usage, "fetch or write the archive anew"),
        Unopened::Unsafe { .. } => (Exit::Usage, "if you trust it, unpack it yourself and name the folder"),
    };
    Failure::of(exit, problem.into()).or_advise(hint)
}

/// An import on its way.
struct Reading {
    /// The source that was named.
    source: Option<Source>,
    writer: ActivityWriter,
    first_file: u32,
    /// For each file its hash, and whether it was imported before.
    hashes: Vec<(String, bool)>,
    files: Vec<OutsideFile>,
    records: Vec<SeenRecord>,
    covered: BTreeSet<Covered>,
    warnings: Vec<String>,
}

impl Reading {
    fn new(workspace: &Workspace, inputs: &[Input], source: Option<Source>) -> Result<Self, Failure> {
        let id = workspace.next_import().map_err(workspace_failure)?;
        let mut hashes = Vec::new();
        for input in inputs {
            let hash = hash_of_input(input)?;
            let known = workspace.has_outside_file(&hash).map_err(workspace_failure)?;
            hashes.push((hash, known));
        }
        Ok(Self {
            source,
            writer: ActivityWriter::new(workspace.folder(), &format!("{id:06}")),
            first_file: u32::try_from(workspace.next_import_file().map_err(workspace_failure)?)?,
            hashes,
            files: Vec::new(),
            records: Vec::new(),
            covered: BTreeSet::new(),
            warnings: Vec::new(),
        })
    }

    fn read(
        &mut self,
        number: usize,
        input: &Input,
        context: &Context,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let (hash, known) = self.hashes.get(number).cloned().unwrap_or_default();
        let file = self.first_file + u32::try_from(number)?;
        let (passed, mut fault) = (Cell::new(0), None);
        let (writer, records) = (&mut self.writer, &mut self.records);
        let mut take = |taken: Taken| {
            progress.row(&input.name, &passed);
            let kept = keep(taken, (number, file), known, writer);
            match kept {
                Ok(record) => records.push(record),
                Err(unwritable) => fault = fault.take().or(Some(unwritable)),
            }
        };
        let read = outside::read(input, self.source, context, &mut take);
        let (account, covered) = read.map_err(|outside::Problem::Unopened(problem)| unopened(problem))?;
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        progress.file_done(input.size());
        self.covered.extend(covered);
        self.warnings.extend(account.warnings.iter().map(|warning| format!("{}: {warning}", input.name)));
        let declared_since = context.assume_since;
        self.files.push(OutsideFile { declared_since, ..outside_file(input, hash, account) });
        Ok(())
    }
}

/// A record as it is stored; its activity goes to its file, unless that very file was imported before.
fn keep(
    taken: Taken,
    (number, file): (usize, u32),
    known: bool,
    writer: &mut ActivityWriter,
) -> Result<SeenRecord, Unwritable> {
    let mut key = Sha256::new();
    if let Some(identity) = &taken.identity {
        key.update(identity);
    }
    let mut rows = Vec::new();
    for (table, row) in taken.rows {
        if taken.identity.is_none() {
            update_with_row(&mut key, table, &row);
        }
        if table != Table::Activity {
            rows.push((table, row));
        } else if !known {
            writer.push(Address { file, line: taken.line }, row)?;
        }
    }
    let parts: Vec<SolutionPart> = taken.parts.iter().flat_map(parts_of).collect();
    if taken.identity.is_none() {
        taken.parts.iter().for_each(|part| update_with_part(&mut key, part));
    }
    let key = key.finalize().first_chunk().copied().unwrap_or_default();
    Ok(SeenRecord { key, file: number, line: taken.line, rows, parts })
}

fn update_with_row(key: &mut Sha256, table: Table, row: &Row) {
    key.update(table.name());
    for value in row.values() {
        key.update(value.text());
        key.update([0]);
    }
}

/// What a file says of solutions, as it is stored.
fn parts_of(part: &Part) -> Vec<SolutionPart> {
    match part {
        Part::Package(package) => {
            let components = package.components.iter().map(|component| SolutionPart::Packaged {
                solution: package.unique_name.clone(),
                version: package.version.clone(),
                name: component.key.clone(),
            });
            components.collect()
        }
        Part::Solution { environment, solution, unique_name, version } => vec![SolutionPart::Installed {
            environment: environment.to_string(),
            id: solution.to_string(),
            version: version.clone(),
            solution: unique_name.clone(),
        }],
        Part::Component { environment, solution, resource } => vec![SolutionPart::Component {
            environment: environment.to_string(),
            id: solution.to_string(),
            resource: resource.to_string(),
        }],
    }
}

fn update_with_part(key: &mut Sha256, part: &Part) {
    // A package may have no component that counts, and is itself all the same.
    if let Part::Package(package) = part {
        key.update(format!("{}\0{}\0", package.unique_name, package.version));
    }
    for part in parts_of(part) {
        key.update(part.cells().join("\0"));
        key.update([0]);
    }
}

/// The hash of a file's bytes; of one in an archive, of the archive's and its name.
fn hash_of_input(input: &Input) -> Result<String, Failure> {
    let hash = hash_of(Path::new(&input.path))?;
    Ok(match input.content {
        outside::Content::Entry(..) => {
            let name = input.name.rsplit('!').next().unwrap_or_default();
            crate::digest::hexadecimal(&Sha256::new().chain_update(&hash).chain_update(name).finalize())
        }
        _ => hash,
    })
}

fn outside_file(input: &Input, sha256: String, account: Account) -> OutsideFile {
    let reasons = |reasons: std::collections::BTreeMap<outside::Reason, u64>| {
        reasons.into_iter().map(|(reason, records)| (reason.into_owned(), records)).collect()
    };
    let rejects = account.rejects.into_iter().map(|refused| Reject {
        line: refused.line,
        reason: refused.reason.into_owned(),
        raw: refused.raw,
    });
    OutsideFile {
        name: input.name.clone(),
        sha256,
        read: account.read,
        ignored: reasons(account.ignored),
        refused: reasons(account.refused),
        rejects: rejects.collect(),
        declared_since: None,
    }
}

/// One row of `coverage` for each day, so that however exports are cut the rows are the same.
fn coverage(covered: BTreeSet<Covered>) -> impl Iterator<Item = (Table, Row)> {
    covered.into_iter().map(|Covered { tenant, product, source, actor_basis, day }| {
        let row = Row::new(vec![
            Value::Id(tenant),
            Value::Text(product.into()),
            Value::Time(day.start()),
            Value::Time(day.next().start()),
            Value::Text(source.into()),
            Value::Word(actor_basis),
        ]);
        (Table::Coverage, row)
    })
}

/// Says what was ignored and refused, and why; whether anything was refused.
fn tell_account(files: &[OutsideFile], tallies: &[RecordTally]) -> bool {
    for file in files {
        for (reason, records) in file.refused.iter().take(TOLD) {
            let records = if *records == 1 { "1 record".to_owned() } else { format!("{records} records") };
            tell(format!("refused: {}: {records}: {reason}", file.name));
        }
    }
    let refused = tallies.iter().any(|tally| tally.refused > 0);
    if refused {
        tell("hint: `pal import rejects` shows the refused records; what was kept is kept");
    }
    refused
}

fn answer(id: i64, files: &[OutsideFile], tallies: &[RecordTally]) -> Answer {
    let mut items = Items::new(["file", "read", "kept", "repeated", "ignored", "refused"]);
    for (file, tally) in files.iter().zip(tallies) {
        let numbers = [tally.read, tally.kept, tally.repeated, tally.ignored, tally.refused];
        items.push(std::iter::once(file.name.clone().into()).chain(numbers.map(Into::into)).collect());
    }
    Answer::list(vec![("import", id.into())], "files", &items)
}
