//! Files of activity: Parquet, whatever their layout.
//!
//! A row group is read page by page where its pages are of the plain sort that writers of activity make. Anything else
//! about it, and it is read again in Arrow's batches: to meter a row twice changes nothing.

mod arrow;
mod checksum;
mod column;
mod header;
mod hybrid;
mod pages;
mod plan;

use std::fs::File;
use std::path::PathBuf;

pub(crate) use self::arrow::append_batch as append;
use self::column::Group;
use self::plan::{Plan, Task};
use crate::error::Unmetered;
use crate::parallel::{each, with_each};
use crate::worker::{Shared, Worker};

/// A file of activity.
#[derive(Clone, Debug)]
pub struct Source {
    /// How errors name it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was written by an import: its rows can all be read, and months not asked for may be passed over.
    pub stored: bool,
    /// The checksum (CRC-32) of each column of each row group, if it has them: what does not match is an error.
    pub checksums: Option<Vec<Vec<u32>>>,
}

/// What is told of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How many rows it has.
    pub rows: u64,
    /// What of it was not taken in, but has to be read row by row, which either refuses it or takes it.
    pub by_row: ByRow,
}

/// What of a file has to be read row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByRow {
    /// These rows, numbered from 1, rising; mostly none.
    Rows(Vec<u64>),
    /// The whole file: its columns are not those of activity, or not of the types that they should be.
    File,
}

/// Takes files in, on several threads.
pub(crate) fn read(
    shared: &Shared,
    sources: &[Source],
    threads: usize,
    assume_utc: bool,
    passed: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Told>, Unmetered> {
    let mut numbered: Vec<(usize, &Source)> = sources.iter().enumerate().collect();
    let asked = shared.registry.asked;
    let plans =
        each(threads, &mut numbered, |(number, source)| Plan::of(*number, source, assume_utc, asked))?;
    let plans = plans.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut tasks: Vec<Task<'_>> = plans.iter().flat_map(Plan::tasks).collect();
    let worker = || (Worker::new(shared), Reader::default());
    let work = |(worker, reader): &mut (Worker<'_>, Reader), task: &mut Task<'_>| {
        let rows = reader.read(worker, task);
        passed(task.bytes());
        rows.map(|rows| (task.plan.number, rows))
    };
    let done = with_each(threads, &mut tasks, worker, work, |(worker, _)| worker.finish())?;
    let mut told: Vec<Told> = plans.iter().map(Plan::told).collect();
    for answer in done {
        let (number, rows) = answer?;
        if let Some(Told { by_row: ByRow::Rows(all), .. }) = told.get_mut(number) {
            all.extend(rows);
        }
    }
    Ok(told)
}

/// One thread's open file, and all that reading needs, kept from row group to row group.
#[derive(Debug, Default)]
struct Reader {
    open: Option<(usize, File)>,
    group: Group,
}

impl Reader {
    /// Reads a row group; returns the rows, numbered from 1, that have to be read by themselves.
    fn read(&mut self, worker: &mut Worker<'_>, task: &Task<'_>) -> Result<Vec<u64>, Unmetered> {
        let plan = task.plan;
        if self.open.as_ref().is_none_or(|(number, _)| *number != plan.number) {
            self.open = Some((plan.number, plan.open()?));
        }
        let Some((_, file)) = &self.open else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        let read = self.group.read(file, task, worker, &mut rows);
        // What is damaged gets no second opinion.
        let sums = read.map(|()| self.group.checksums(file)).unwrap_or_default();
        checksum::check(file, task, &sums)?;
        if read.is_none() {
            rows.clear();
            arrow::read(file, task, worker, &mut rows)?;
        }
        Ok(rows)
    }
}
