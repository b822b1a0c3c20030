//! `pal import`: facts into the workspace; nothing stored is overwritten.

mod exports;
mod waiting;
mod whole_days;

pub(crate) use exports::{environment, unopened};

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use std::path::Path;

use pal_import::facts::{ActivityWriter, FactFile, Options, Unreadable, WrittenMonth};
use pal_import::outside::Source;
use pal_rules::facts::{Address, Entry, Gathered, Refusal, Row, Table, in_one_import};
use pal_store::workspace::{ActivityFile, ImportFile, ImportRow, NewImport, Tally, Workspace};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::attribute::too_many;
use crate::cli::{Import, Reading};
use crate::digest::{hexadecimal, sha256_of};
use crate::exit::{Exit, Failure, Outcome};
use crate::load::{Loaded, unreadable};
use crate::output_files::{check_folder, refused_file, write_files};
use crate::parallel::try_each;
use crate::progress::Progress;
use crate::render::{Answer, Items, tell};
use crate::shell::{Shell, workspace_failure};
use crate::view;

pub(crate) fn run(import: &Import, shell: &Shell) -> Outcome {
    match import {
        Import::Facts { facts, reading, out } => {
            out.as_deref().map_or(Ok(()), check_folder)?;
            let (mut workspace, _lock) = shell.write(&format!("pal import facts {}", facts.display()))?;
            let answer = import_facts(&mut workspace, facts, reading, out.as_deref(), shell)?;
            shell.output.write(&answer)?;
        }
        Import::Auto(exports) => return exports::run(None, exports, shell),
        Import::Audit(exports) => return exports::run(Some(Source::Audit), exports, shell),
        Import::PowerBi(exports) => return exports::run(Some(Source::PowerBi), exports, shell),
        Import::PowerPlatform(exports) => return exports::run(Some(Source::PowerPlatform), exports, shell),
        Import::DataLake(exports) => return exports::run(Some(Source::DataLake), exports, shell),
        Import::Dataverse(exports) => return exports::run(Some(Source::Dataverse), exports, shell),
        Import::Solution(exports) => return exports::run(Some(Source::Solution), exports, shell),
        Import::CustomerInsights(exports) => {
            return exports::run(Some(Source::CustomerInsights), exports, shell);
        }
        Import::Directory(exports) => return exports::run(Some(Source::Directory), exports, shell),
        Import::Links(exports) => return exports::run(Some(Source::Links), exports, shell),
        Import::Roster(exports) => return exports::run(Some(Source::Roster), exports, shell),
        Import::Rejects { import } => rejects(*import, shell)?,
        Import::List => list(shell)?,
    }
    Ok(Exit::Ok)
}

/// Lists what imports of exports refused.
fn rejects(import: Option<i64>, shell: &Shell) -> Result<(), Failure> {
    let workspace = shell.read()?;
    let mut items = Items::new(["import", "file", "line", "reason", "raw"]);
    for rejected in workspace.rejects(import).map_err(workspace_failure)? {
        items.push(vec![
            rejected.import.into(),
            rejected.file.into(),
            rejected.reject.line.into(),
            rejected.reject.reason.into(),
            rejected.reject.raw.into(),
        ]);
    }
    shell.output.write(&Answer::list(Vec::new(), "rejects", &items))
}

/// Imports a facts directory in one commit.
pub(crate) fn import_facts(
    workspace: &mut Workspace,
    directory: &Path,
    reading: &Reading,
    out: Option<&Path>,
    shell: &Shell,
) -> Result<Answer, Failure> {
    let mut progress = shell.progress();
    let options = Options { assume_utc: reading.assume_utc };
    let mut loaded = Loaded::read(directory, options, &mut progress)?;
    let hashes = try_each(&loaded.files, |file| hash_of(&file.path))?;
    let id = workspace.next_import().map_err(workspace_failure)?;
    let mut activity = Activity::new(&loaded, &hashes, workspace)?;
    let first_file = u32::try_from(workspace.next_import_file().map_err(workspace_failure)?)?;
    let writer = ActivityWriter::new(workspace.folder(), &format!("{id:06}"));
    let (written, refused) = activity.write(&loaded, writer, first_file, &mut progress)?;
    loaded.refusals.extend(in_one_import(&loaded.gathered));
    loaded.refusals.extend(refused);
    drop(progress);
    let named =
        loaded.refusals.iter().map(|refusal| (loaded.name(refusal.address).to_owned(), refusal.clone()));
    let named: Vec<(String, Refusal)> = named.collect();
    view::tell_refusals(&named);
    if let Some(folder) = out {
        write_files(folder, &[refused_file(&named)?])?;
    }
    if loaded.refusals.len() > reading.allow_refused {
        remove(workspace.folder(), &written);
        return Err(too_many(loaded.refusals.len(), reading.allow_refused));
    }
    let import = NewImport {
        source: "facts",
        path: directory.display().to_string(),
        imported_at: shell.now(),
        files: import_files(&loaded, hashes, &activity.read),
        activity: written.iter().map(listed).collect(),
    };
    let (_, tallies) = workspace
        .commit_import(&import, stored_rows(&loaded.gathered, &loaded.refusals))
        .map_err(workspace_failure)?;
    tell(format!("import {id}: done"));
    Ok(answer(id, &import, &tallies, &loaded.refusals))
}

/// Imports rows that were seen, not read from a file, in one commit; answers the import's number.
///
/// - `from`: where they were seen.
pub(crate) fn import_rows(
    workspace: &mut Workspace,
    from: &str,
    table: Table,
    rows: Vec<Row>,
    shell: &Shell,
) -> Result<i64, Failure> {
    let mut gathered = Gathered::default();
    let mut seen = Sha256::new();
    for (line, row) in (1..).zip(rows) {
        seen.update(format!(
            "{:?}\n",
            row.values().iter().map(pal_rules::facts::Value::text).collect::<Vec<_>>()
        ));
        gathered.push(table, Entry { row, address: Address { file: 0, line } });
    }
    let refusals = in_one_import(&gathered);
    let read = gathered.count(table);
    let file = ImportFile {
        name: table.name().to_owned(),
        table,
        sha256: hexadecimal(&seen.finalize()),
        read: u64::try_from(read)?,
        refused: u64::try_from(refusals.len())?,
    };
    let import = NewImport {
        source: "link",
        path: from.to_owned(),
        imported_at: shell.now(),
        files: vec![file],
        activity: Vec::new(),
    };
    let rows = stored_rows(&gathered, &refusals);
    let (id, _) = workspace.commit_import(&import, rows).map_err(workspace_failure)?;
    Ok(id)
}

/// The rows that are stored. Rows that contradict each other are stored too: which of a key's rows hold is judged on
/// the whole set, so that an import split in two is the same as one (`facts.md`, What holds).
fn stored_rows<'a>(
    gathered: &'a Gathered,
    refusals: &[Refusal],
) -> impl Iterator<Item = ImportRow<'a>> + use<'a> {
    let refused: BTreeSet<Address> = refusals.iter().map(|refusal| refusal.address).collect();
    // In the order of the keys, so that the database goes through its pages once; of equal rows the first counts.
    let sorted = |table| {
        let mut entries: Vec<&Entry> = gathered.rows(table).collect();
        entries.sort_by(|a, b| a.row.cmp(&b.row).then(a.address.cmp(&b.address)));
        entries
    };
    Table::ALL
        .into_iter()
        .flat_map(move |table| sorted(table).into_iter().map(move |entry| (table, entry)))
        .map(move |(table, entry)| ImportRow {
            table,
            row: &entry.row,
            file: usize::try_from(entry.address.file).unwrap_or(usize::MAX),
            line: entry.address.line,
            refused: refused.contains(&entry.address),
        })
}

/// The activity of an import on its way into files by month.
struct Activity {
    /// Files of the same bytes that were imported before: their rows are there already.
    known: Vec<bool>,
    /// For each file how many rows were read.
    read: BTreeMap<u32, u64>,
}

impl Activity {
    fn new(loaded: &Loaded, hashes: &[String], workspace: &Workspace) -> Result<Self, Failure> {
        let known = loaded.files.iter().zip(hashes).map(|(file, hash)| {
            let activity = file.table == Table::Activity;
            Ok(activity && workspace.has_file(hash, file.table).map_err(workspace_failure)?)
        });
        Ok(Self { known: known.collect::<Result<_, Failure>>()?, read: BTreeMap::new() })
    }

    fn write(
        &mut self,
        loaded: &Loaded,
        mut writer: ActivityWriter,
        first_file: u32,
        progress: &mut Progress,
    ) -> Result<(Vec<WrittenMonth>, Vec<Refusal>), Failure> {
        let (mut refusals, mut fault) = (Vec::new(), None);
        loaded.activity(progress, &mut |address, row| {
            *self.read.entry(address.file).or_default() += 1;
            let position = usize::try_from(address.file).unwrap_or(usize::MAX);
            match row {
                Err(refusal) => refusals.push(refusal),
                Ok(_) if self.known.get(position) == Some(&true) || fault.is_some() => {}
                Ok(row) => {
                    let stored = Address { file: first_file + address.file, ..address };
                    fault = writer.push(stored, row).err();
                }
            }
        })?;
        match fault {
            Some(fault) => Err(fault.into()),
            None => Ok((writer.finish()?, refusals)),
        }
    }
}

/// A file as its import lists it.
fn listed(file: &WrittenMonth) -> ActivityFile {
    let WrittenMonth { month, path, rows, checksum } = file.clone();
    ActivityFile { month, path, rows, checksum }
}

/// Removes files that no commit will list; what cannot be removed is swept by the next writer.
fn remove(folder: &Path, written: &[WrittenMonth]) {
    for file in written {
        let _ = std::fs::remove_file(folder.join(&file.path));
    }
}

fn hash_of(path: &Path) -> Result<String, Failure> {
    let hash = File::open(path).and_then(sha256_of);
    hash.map_err(|source| unreadable(Unreadable::Io { path: path.to_owned(), source }))
}

fn import_files(loaded: &Loaded, hashes: Vec<String>, activity: &BTreeMap<u32, u64>) -> Vec<ImportFile> {
    let mut read = activity.clone();
    for table in Table::ALL {
        for entry in loaded.gathered.rows(table) {
            *read.entry(entry.address.file).or_default() += 1;
        }
    }
    let mut refused: BTreeMap<u32, u64> = BTreeMap::new();
    for refusal in &loaded.refusals {
        *refused.entry(refusal.address.file).or_default() += 1;
        // Gathered rows and activity rows are counted above; a cell that cannot be read makes no gathered row.
        let unread =
            refusal.table != Table::Activity && refusal.reason == pal_rules::facts::RefusalReason::BadValue;
        *read.entry(refusal.address.file).or_default() += u64::from(unread);
    }
    let file = |(number, (file, sha256)): (u32, (&FactFile, String))| ImportFile {
        name: file.name.clone(),
        table: file.table,
        sha256,
        read: read.get(&number).copied().unwrap_or_default(),
        refused: refused.get(&number).copied().unwrap_or_default(),
    };
    (0..).zip(loaded.files.iter().zip(hashes)).map(file).collect()
}

fn answer(id: i64, import: &NewImport, tallies: &[Tally], refusals: &[Refusal]) -> Answer {
    let mut items = Items::new(["table", "file", "read", "kept", "repeated", "refused"]);
    for (file, tally) in import.files.iter().zip(tallies) {
        let numbers = [tally.read, tally.kept, tally.repeated, tally.refused];
        let names = [file.table.name().into(), file.name.clone().into()];
        items.push(names.into_iter().chain(numbers.map(Value::from)).collect());
    }
    let refused = Value::from(refusals.len());
    Answer::list(vec![("import", id.into()), ("refused", refused)], "files", &items)
}

fn list(shell: &Shell) -> Result<(), Failure> {
    let workspace = shell.read()?;
    let mut items = Items::new(["import", "source", "path", "imported_at"]);
    for import in workspace.imports().map_err(workspace_failure)? {
        items.push(vec![
            import.id.into(),
            import.source.into(),
            import.path.into(),
            import.imported_at.into(),
        ]);
    }
    shell.output.write(&Answer::list(Vec::new(), "imports", &items))
}
