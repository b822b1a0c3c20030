//! `pal import auto` and the sources by name: exports as they are, read record by record, each accounted for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;

use pal_import::facts::ActivityWriter;
use pal_import::outside::{self, Account, Content, Context, Covered, Dates, Input, Source, Unopened, normal};
use pal_rules::id::Id;
use pal_store::workspace::{ActivityFile, NewOutside, OutsideFile, OutsideImport, RecordTally, Reject};
use sha2::{Digest, Sha256};

use super::waiting::{BATCH, Waiting};
use super::whole_days::WholeDays;
use super::{hash_of, listed, remove};
use crate::cli::Exports;
use crate::exit::{Exit, Failure, Outcome, io_exit};
use crate::progress::Progress;
use crate::render::{Answer, Items, tell};
use crate::shell::{Shell, workspace_failure};

/// How many reasons are told for each file; `-o json` and `pal import rejects` have more.
const TOLD: usize = 5;

pub(super) fn run(source: Option<Source>, exports: &Exports, shell: &Shell) -> Outcome {
    let context = context(exports, shell)?;
    let days = WholeDays::new(exports, context.now)?;
    let inputs = outside::inputs(&exports.paths).map_err(unopened)?;
    let named: Vec<String> = exports.paths.iter().map(|path| path.display().to_string()).collect();
    let word = source.map_or("auto", Source::as_str);
    let (mut workspace, _lock) = shell.write(&format!("pal import {word} {}", named.join(" ")))?;
    let folder = workspace.folder().to_owned();
    let new = NewOutside { source: word, path: named.join(" "), imported_at: shell.now() };
    let import = workspace.begin_outside(&new).map_err(workspace_failure)?;
    let id = import.id();
    let mut reading = Reading::new(import, &folder, source, days);
    let mut progress = shell.progress();
    progress.expect_bytes(inputs.iter().map(Input::size).sum());
    for input in &inputs {
        reading.read(input, &context, &mut progress)?;
    }
    drop(progress);
    let (files, warnings) = reading.commit(&folder)?;
    for warning in warnings {
        tell(format!("warning: {warning}"));
    }
    let refused = tell_account(&files);
    tell(format!("import {id}: done"));
    shell.output.write(&answer(id, &files))?;
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
        Unopened::NoFile { .. } => (Exit::Usage, "name a file, or a folder of files"),
        Unopened::Archive { .. } => (Exit::Usage, "fetch or write the archive anew"),
        Unopened::Unsafe { .. } => (Exit::Usage, "if you trust it, unpack it yourself and name the folder"),
    };
    Failure::of(exit, problem.into()).or_advise(hint)
}

/// An import on its way.
struct Reading<'a> {
    /// The source that was named.
    source: Option<Source>,
    import: OutsideImport<'a>,
    writer: ActivityWriter,
    /// The hash of the file that was hashed last: all entries of an archive have the same.
    hashed: (PathBuf, String),
    files: Vec<ReadFile>,
    covered: BTreeSet<Covered>,
    days: WholeDays,
    warnings: Vec<String>,
}

/// A file that was read, as people are told of it.
struct ReadFile {
    name: String,
    tally: RecordTally,
    /// The first reasons for which records were refused.
    refused: Vec<(String, u64)>,
}

impl<'a> Reading<'a> {
    fn new(import: OutsideImport<'a>, folder: &Path, source: Option<Source>, days: WholeDays) -> Self {
        Self {
            source,
            writer: ActivityWriter::new(folder, &format!("{:06}", import.id())),
            import,
            hashed: (PathBuf::new(), String::new()),
            files: Vec::new(),
            covered: BTreeSet::new(),
            days,
            warnings: Vec::new(),
        }
    }

    fn read(&mut self, input: &Input, context: &Context, progress: &mut Progress) -> Result<(), Failure> {
        let mut waiting = Waiting::begin(&mut self.import, &mut self.writer, &mut self.days, &input.name)?;
        let mut passed = |bytes| progress.bytes(&input.name, bytes);
        let (account, covered) = thread::scope(|scope| {
            // What cannot be read says so when it is read.
            let unread = self.hashed.0 != input.path && !matches!(input.content, Content::Refused(_));
            let hashing = unread.then(|| scope.spawn(|| hash_of(&input.path).unwrap_or_default()));
            let take = &mut |taken| waiting.take(taken);
            let read = outside::read_telling(input, self.source, context, &mut passed, take);
            if let Some(hash) = hashing.and_then(|hashing| hashing.join().ok()) {
                self.hashed = (input.path.clone(), hash);
            }
            read
        });
        waiting.end()?;
        progress.file_done(input.size());
        self.covered.extend(covered);
        if self.covered.len() > BATCH {
            self.store_coverage()?;
        }
        self.warnings.extend(account.warnings.iter().map(|warning| format!("{}: {warning}", input.name)));
        let mut account = outside_file(self.hash_of_input(input), account);
        account.declared_since = context.assume_since;
        let tally = self.import.end_file(&account).map_err(workspace_failure)?;
        let refused = account.refused.into_iter().take(TOLD).collect();
        self.files.push(ReadFile { name: input.name.clone(), tally, refused });
        Ok(())
    }

    /// The hash of a file's bytes; of one in an archive, of the archive's and its name. None of what is not read.
    fn hash_of_input(&self, input: &Input) -> String {
        let hash = &self.hashed.1;
        match input.content {
            Content::Refused(_) => String::new(),
            Content::Entry(..) => {
                let name = input.name.rsplit('!').next().unwrap_or_default();
                crate::digest::hexadecimal(&Sha256::new().chain_update(hash).chain_update(name).finalize())
            }
            _ => hash.clone(),
        }
    }

    fn store_coverage(&mut self) -> Result<(), Failure> {
        let covered = std::mem::take(&mut self.covered);
        self.days.store(&mut self.import, covered)
    }

    fn commit(mut self, folder: &Path) -> Result<(Vec<ReadFile>, Vec<String>), Failure> {
        self.store_coverage()?;
        self.warnings.extend(self.days.end(&mut self.import)?);
        let written = self.writer.finish()?;
        let activity: Vec<ActivityFile> = written.iter().map(listed).collect();
        self.import.commit(&activity).map_err(|fault| {
            remove(folder, &written);
            workspace_failure(fault)
        })?;
        Ok((self.files, self.warnings))
    }
}

fn outside_file(sha256: String, account: Account) -> OutsideFile {
    let reasons = |reasons: BTreeMap<outside::Reason, u64>| {
        reasons.into_iter().map(|(reason, records)| (reason.into_owned(), records)).collect()
    };
    let rejects = account.rejects.into_iter().map(|refused| Reject {
        line: refused.line,
        reason: refused.reason.into_owned(),
        raw: refused.raw,
    });
    OutsideFile {
        sha256,
        read: account.read,
        ignored: reasons(account.ignored),
        refused: reasons(account.refused),
        rejects: rejects.collect(),
        declared_since: None,
    }
}

/// Says what was refused, and why; whether anything was.
fn tell_account(files: &[ReadFile]) -> bool {
    for file in files {
        for (reason, records) in &file.refused {
            let records = if *records == 1 { "1 record".to_owned() } else { format!("{records} records") };
            tell(format!("refused: {}: {records}: {reason}", file.name));
        }
    }
    let refused = files.iter().any(|file| file.tally.refused > 0);
    if refused {
        tell("hint: `pal import rejects` shows the refused records; what was kept is kept");
    }
    refused
}

fn answer(id: i64, files: &[ReadFile]) -> Answer {
    let mut items = Items::new(["file", "read", "kept", "repeated", "ignored", "refused"]);
    for ReadFile { name, tally, .. } in files {
        let numbers = [tally.read, tally.kept, tally.repeated, tally.ignored, tally.refused];
        items.push(std::iter::once(name.clone().into()).chain(numbers.map(Into::into)).collect());
    }
    Answer::list(vec![("import", id.into())], "files", &items)
}
