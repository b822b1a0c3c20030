//! Activity in files: metered in columns where it is Parquet, row by row where it is not.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use pal_import::facts::{FactFile, Format, Options, StoredActivity, Unreadable, checksums};
use pal_metering::{Answers, ByRow, Guid, Metering, Run, Source, State, Unmetered};
use pal_rules::facts::{Address, Facts, Gathered, Refusal, Row, Table};
use pal_rules::id::Id;
use pal_rules::meter::Activity;
use pal_rules::time::Month;
use pal_rules::word::{AliasKind, Product};
use tempfile::TempDir;

use crate::exit::{Exit, Failure, io_exit};
use crate::load;
use crate::parallel::try_each;
use crate::progress::Progress;
use crate::shell::RESTORE_OR_IMPORT;

/// How much of the machine metering may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    /// How many threads.
    pub(crate) threads: NonZeroUsize,
    /// How many bytes of memory.
    pub(crate) memory: u64,
}

/// The activity of a set of facts.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActivityFiles {
    /// With the number that addresses have; rows that an import wrote have their own.
    pub(crate) files: Vec<(usize, FactFile)>,
    pub(crate) options: Options,
    /// Where what does not fit into memory may be kept meanwhile, if there is a better place than that of the system.
    pub(crate) scratch: Option<PathBuf>,
}

/// Rows on their way from a reader into a metering, so many at once.
const ROWS: usize = 1 << 14;

impl ActivityFiles {
    /// Meters what the files hold, on top of a state; returns the rows that are refused.
    ///
    /// - `take`: gets what comes of it: a run, or several that stand on each other if one would not fit into memory.
    pub(crate) fn meter(
        &self,
        onto: &State,
        (asked, machine): (&Asked, Machine),
        progress: &mut Progress,
        take: &mut dyn FnMut(Run) -> Result<(), Failure>,
    ) -> Result<Vec<Refusal>, Failure> {
        let scratch = self.scratch()?;
        let options = pal_metering::Options {
            threads: machine.threads.get(),
            memory: machine.memory,
            scratch: Some(scratch.path().to_owned()),
            months: None,
            instances: asked.instances.clone(),
            aliases: asked.aliases.clone(),
            assume_utc: self.options.assume_utc,
        };
        let mut metering = Metering::onto(onto, &options);
        let mut refusals = Vec::new();
        let columns: Vec<&(usize, FactFile)> =
            self.files.iter().filter(|(_, file)| file.format != Format::Csv).collect();
        let sources = columns.iter().map(|(_, file)| source(file)).collect::<Result<Vec<Source>, _>>()?;
        let shown = Mutex::new(&mut *progress);
        let passed = |bytes| shown.lock().unwrap_or_else(PoisonError::into_inner).part("activity", bytes);
        let told = metering.read(&sources, &passed).map_err(|fault| self.failure(fault))?;
        for ((number, file), told) in columns.iter().zip(told) {
            let wanted = match told.by_row {
                ByRow::File => None,
                ByRow::Rows(rows) if rows.is_empty() => continue,
                ByRow::Rows(rows) => Some(rows),
            };
            let wanted = |line: &u64| wanted.as_ref().is_none_or(|rows| rows.binary_search(line).is_ok());
            let rows = self.by_row((*number, file), progress, &mut metering, &wanted)?;
            refusals.extend(rows);
        }
        for (number, file) in self.files.iter().filter(|(_, file)| file.format == Format::Csv) {
            refusals.extend(self.by_row((*number, file), progress, &mut metering, &|_| true)?);
        }
        let mut failed = None;
        let finished = metering.finish_each(&mut |run| {
            take(run).map_err(|failure| {
                failed = Some(failure);
                Unmetered::Thread
            })
        });
        match (failed, finished) {
            (Some(failure), _) => Err(failure),
            (None, finished) => finished.map(|()| refusals).map_err(|fault| self.failure(fault)),
        }
    }

    /// A folder that is gone when this is.
    pub(crate) fn scratch(&self) -> Result<TempDir, Failure> {
        let within = |folder: &Path| fs::create_dir_all(folder).and_then(|()| tempfile::tempdir_in(folder));
        // A data folder that nobody may write to can still be read.
        let scratch = self.scratch.as_deref().and_then(|folder| within(folder).ok());
        let scratch = scratch.map_or_else(tempfile::tempdir, Ok);
        Ok(scratch.context("cannot make a folder for what does not fit into memory")?)
    }

    /// Meters rows of a file one by one; returns those that are refused.
    fn by_row(
        &self,
        file: (usize, &FactFile),
        progress: &mut Progress,
        metering: &mut Metering,
        wanted: &dyn Fn(&u64) -> bool,
    ) -> Result<Vec<Refusal>, Failure> {
        let (mut refusals, mut rows) = (Vec::new(), Vec::new());
        self.read(file, progress, &mut |address, row| match row {
            _ if !wanted(&address.line) => {}
            Err(refusal) => refusals.push(refusal),
            Ok(row) => {
                rows.extend(Activity::read(&row));
                if rows.len() >= ROWS {
                    metering.take(&rows);
                    rows.clear();
                }
            }
        })?;
        metering.take(&rows);
        Ok(refusals)
    }

    /// Passes every row of a file.
    pub(crate) fn read(
        &self,
        (number, file): (usize, &FactFile),
        progress: &mut Progress,
        take: &mut dyn FnMut(Address, Result<Row, Refusal>),
    ) -> Result<(), Failure> {
        let stored = file.checksum().is_some();
        let read = load::read(file, number, self.options, progress, take);
        read.map_err(|failure| if stored { damaged(failure) } else { failure })
    }

    /// Passes every row to answers that lack it.
    pub(crate) fn complete(
        &self,
        answers: &mut Answers<'_>,
        facts: &Facts,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let lacking = answers.lacks();
        if lacking.is_empty() {
            return Ok(());
        }
        let lacks = |activity: &Activity| match lacking.get(&activity.at.month()) {
            None => false,
            Some(None) => true,
            Some(Some(resources)) => {
                resources.contains(&facts.aliases.resource(&activity.resource, activity.at))
            }
        };
        for (number, file) in &self.files {
            if month_of(file).is_some_and(|month| !lacking.contains_key(&month)) {
                continue;
            }
            self.read((*number, file), progress, &mut |_, row| {
                if let Some(activity) = row.ok().and_then(|row| Activity::read(&row)).filter(&lacks) {
                    answers.take(&activity);
                }
            })?;
        }
        Ok(())
    }

    /// Those that may have rows of months up to one.
    pub(crate) fn up_to(&self, last: Option<Month>) -> Self {
        let is_later = |file| month_of(file).zip(last).is_some_and(|(month, last)| month > last);
        let files = self.files.iter().filter(|(_, file)| !is_later(file));
        Self { files: files.cloned().collect(), ..self.clone() }
    }

    pub(crate) fn failure(&self, fault: Unmetered) -> Failure {
        let of_a_file = matches!(fault, Unmetered::Unreadable { .. } | Unmetered::Damaged { .. });
        let stored = self.files.first().is_some_and(|(_, file)| file.checksum().is_some());
        let (exit, advice) = match &fault {
            Unmetered::Unreadable { source, .. } | Unmetered::Scratch { source, .. } => {
                (io_exit(source), Some("check the path, and the disk it is on"))
            }
            Unmetered::Damaged { .. } => (Exit::Usage, Some("write the file anew")),
            Unmetered::Thread => (Exit::Fault, None),
        };
        let failure = Failure::of(exit, fault.into()).or_advise(advice);
        if stored && of_a_file { damaged(failure) } else { failure }
    }
}

/// Files that an import wrote, opened and checked on all cores.
pub(crate) fn opened(files: &[FactFile]) -> Result<Vec<StoredActivity>, Failure> {
    try_each(files, StoredActivity::open).map_err(unreadable_here)
}

/// A file that an import wrote and that cannot be read.
pub(crate) fn unreadable_here(fault: Unreadable) -> Failure {
    damaged(load::unreadable(fault))
}

/// Whatever is wrong with a file that an import wrote is a fault: no user wrote it.
pub(crate) fn damaged(failure: Failure) -> Failure {
    Failure { exit: Exit::Fault, hint: Some(RESTORE_OR_IMPORT.to_owned()), ..failure }
}

/// A file to be metered; of one that an import wrote, what its bytes are held against.
fn source(file: &FactFile) -> Result<Source, Failure> {
    let checksums = checksums(file).map_err(unreadable_here)?;
    let (name, path) = (file.name.clone(), file.path.clone());
    Ok(Source { name, path, stored: checksums.is_some(), checksums })
}

/// The month of a file that an import wrote, by its folder.
fn month_of(file: &FactFile) -> Option<Month> {
    let folder = file.path.parent()?.file_name()?.to_str()?;
    file.checksum().and_then(|_| Month::parse(folder))
}

/// Columns of `aliases`.
const ALIAS: usize = 2;
const STANDS_FOR: usize = 3;

/// What facts ask of a metering beyond what it keeps of all activity.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Customer Insights instances.
    pub(crate) instances: Vec<Guid>,
    /// Aliases that look like ids.
    pub(crate) aliases: Vec<Guid>,
}

impl Asked {
    /// What rows ask, whichever of them hold: so it is known before they are settled, and to keep more of the activity
    /// changes no answer.
    pub(crate) fn of(all: &[&Gathered]) -> Self {
        let rows = |table| all.iter().flat_map(move |rows| rows.rows(table)).map(|entry| &entry.row);
        let is_instance = |row: &&Row| {
            row.text(1).is_some_and(|product| Product::new(product) == Product::CustomerInsights)
        };
        let told: BTreeSet<&Id> =
            rows(Table::Resources).filter(is_instance).filter_map(|row| row.id(0)).collect();
        // An instance may be told under another name than its activity.
        let names_instance = |row: &&Row| {
            row.word(1) == Some(AliasKind::Resource.as_str())
                && row.id(ALIAS).is_some_and(|id| told.contains(id))
        };
        let named = rows(Table::Aliases).filter(names_instance).filter_map(|row| row.id(STANDS_FOR));
        let instances = guids(told.iter().copied().chain(named));
        let aliases = rows(Table::Aliases).filter_map(|row| row.id(ALIAS));
        Self { instances, aliases: guids(aliases) }
    }
}

fn guids<'a>(ids: impl Iterator<Item = &'a Id>) -> Vec<Guid> {
    let guids: BTreeSet<Guid> = ids.filter_map(Id::guid).map(Guid::from).collect();
    guids.into_iter().collect()
}
