//! A facts directory, read: rows gathered for settling, activity left to be streamed.

use std::cell::Cell;
use std::path::Path;

use pal_import::facts::{self as files, FactFile, Options, Unreadable};
use pal_rules::facts::{Address, Entry, Gathered, Refusal, Row, Table};

use crate::activity::ActivityFiles;
use crate::exit::{Exit, Failure, io_exit};
use crate::progress::Progress;

/// The files of a facts directory and the rows of all but its activity.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) files: Vec<FactFile>,
    pub(crate) gathered: Gathered,
    pub(crate) refusals: Vec<Refusal>,
    options: Options,
}

impl Loaded {
    /// Reads every table but `activity`.
    pub(crate) fn read(directory: &Path, options: Options, progress: &mut Progress) -> Result<Self, Failure> {
        let files = files::discover(directory).map_err(unreadable)?;
        progress.expect(files.iter().map(|file| file.path.as_path()));
        let mut loaded = Self { files, gathered: Gathered::default(), refusals: Vec::new(), options };
        for number in 0..loaded.files.len() {
            loaded.read_table(number, progress)?;
        }
        Ok(loaded)
    }

    fn read_table(&mut self, number: usize, progress: &mut Progress) -> Result<(), Failure> {
        let Some(file) = self.files.get(number).filter(|file| file.table != Table::Activity) else {
            return Ok(());
        };
        let (table, gathered, refusals) = (file.table, &mut self.gathered, &mut self.refusals);
        read(file, number, self.options, progress, &mut |address, row| match row {
            Ok(row) => gathered.push(table, Entry { row, address }),
            Err(refusal) => refusals.push(refusal),
        })
    }

    /// Refuses a set that lacks a required table.
    pub(crate) fn require_whole(&self, directory: &Path) -> Result<(), Failure> {
        let missing: Vec<&str> = Table::ALL
            .into_iter()
            .filter(|table| table.required() && !self.files.iter().any(|file| file.table == *table))
            .map(Table::name)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Usage,
            format!("`{}` lacks the required table `{}`", directory.display(), missing.join("`, `")),
            "add it, even if it holds only a header row",
        ))
    }

    /// The files of activity, by their numbers.
    pub(crate) fn activity_files(&self) -> ActivityFiles {
        let files = self.files.iter().enumerate().filter(|(_, file)| file.table == Table::Activity);
        ActivityFiles {
            files: files.map(|(number, file)| (number, file.clone())).collect(),
            options: self.options,
            scratch: None,
        }
    }

    /// Streams the activity rows past `take`; none is kept.
    pub(crate) fn activity(
        &self,
        progress: &mut Progress,
        take: &mut dyn FnMut(Address, Result<Row, Refusal>),
    ) -> Result<(), Failure> {
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| file.table == Table::Activity)
        {
            read(file, number, self.options, progress, take)?;
        }
        Ok(())
    }

    /// The name of an address's file.
    pub(crate) fn name(&self, address: Address) -> &str {
        let file = usize::try_from(address.file).ok().and_then(|number| self.files.get(number));
        file.map_or("", |file| file.name.as_str())
    }
}

/// Reads one file; cells that cannot be read become refusals.
pub(crate) fn read(
    file: &FactFile,
    number: usize,
    options: Options,
    progress: &mut Progress,
    take: &mut dyn FnMut(Address, Result<Row, Refusal>),
) -> Result<(), Failure> {
    let number = u32::try_from(number)?;
    let passed = Cell::new(0);
    files::read(file, number, options, &passed, &mut |(address, row)| {
        progress.row(&file.name, &passed);
        take(address, row.map_err(|bad| Refusal::of_cell(file.table, address, bad)));
    })
    .map_err(unreadable)?;
    progress.file_done(passed.get());
    Ok(())
}

/// A file that cannot be read: the caller's to mend, unless the machine stands in the way.
pub(crate) fn unreadable(error: Unreadable) -> Failure {
    let (exit, advice) = match &error {
        Unreadable::Io { source, .. } => (io_exit(source), Some("check the path, and the disk it is on")),
        Unreadable::Damaged { .. } => (Exit::Usage, Some("write the file anew")),
        _ => (Exit::Usage, None),
    };
    Failure::of(exit, error.into()).or_advise(advice)
}
