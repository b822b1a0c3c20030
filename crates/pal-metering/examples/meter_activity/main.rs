//! Meters files of activity and writes what they say: distinct users per resource and month, the last `make` per
//! resource, principal and month, and distinct users per tenant and month, as Parquet; times go to stderr.
//!
//! ```text
//! cargo run --release -p pal-metering --example meter_activity -- FOLDER OUT [threads=2] [memory=1073741824]
//!     [scratch=FOLDER] [keep=FOLDER] [onto=FOLDER]
//! ```
//!
//! `keep` writes the run's parts into an existing folder. `onto` reads such parts first, meters the files on top of
//! them, and answers for the months of the new files only. `scratch` is an existing folder for what does not fit into
//! `memory`; what then comes out in several runs is only counted.
#![expect(clippy::print_stderr, reason = "an example has no other voice")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

mod outputs;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use pal_metering::{Metering, Options, Source, State};
use pal_rules::time::Month;

type Fault = Box<dyn Error + Send + Sync>;

/// What is to be done.
struct Plan {
    files: PathBuf,
    out: PathBuf,
    keep: Option<PathBuf>,
    onto: Option<PathBuf>,
    options: Options,
}

fn plan() -> Result<Plan, Fault> {
    let mut arguments = std::env::args().skip(1);
    let (Some(files), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("which folder, and where to?".into());
    };
    let options = Options { threads: 2, ..Options::default() };
    let mut plan = Plan { files: files.into(), out: out.into(), keep: None, onto: None, options };
    for setting in arguments {
        match setting.split_once('=') {
            Some(("threads", number)) => plan.options.threads = number.parse()?,
            Some(("memory", number)) => plan.options.memory = number.parse()?,
            Some(("scratch", folder)) => plan.options.scratch = Some(folder.into()),
            Some(("keep", folder)) => plan.keep = Some(folder.into()),
            Some(("onto", folder)) => plan.onto = Some(folder.into()),
            _ => return Err(format!("{setting}?").into()),
        }
    }
    Ok(plan)
}

fn main() -> Result<(), Fault> {
    let plan = plan()?;
    let started = Instant::now();
    let say = |what: &str| eprintln!("{:6.3} s {what}", started.elapsed().as_secs_f64());
    let mut state = State::new();
    if let Some(onto) = &plan.onto {
        let last = months(onto)?.into_iter().next_back();
        state.read("base", last.map(|last| (last, last)), &mut |part| {
            Ok(Box::new(std::fs::File::open(onto.join(part))?))
        })?;
        say("read what is there");
    }
    let mut metering = Metering::onto(&state, &plan.options);
    say("ready");
    let told = metering.read(&sources(&plan.files)?, &|_| ())?;
    let rows: u64 = told.iter().map(|told| told.rows).sum();
    say(&format!("metered {rows} rows"));
    if plan.options.scratch.is_some() {
        return count(metering, &say);
    }
    let run = metering.finish()?;
    let months: Vec<Month> = run.months().collect();
    if let Some(folder) = &plan.keep {
        let mut bytes = 0;
        for part in run.parts() {
            bytes += part.bytes.len();
            std::fs::write(folder.join(&part.name), &part.bytes)?;
        }
        say(&format!("kept {bytes} bytes"));
    }
    state.add(run).map_err(|_| "a run of another state")?;
    let (lists, ids, uses) = state.sizes();
    let (resources, people) = (state.dictionary().resources().len(), state.dictionary().people_count());
    let sizes = format!("{} MB of lists, {} MB of ids", lists >> 20, ids >> 20);
    say(&format!("state: {sizes}, {uses} uses, {resources} resources, {people} people"));
    outputs::write(&state, &months, &plan.out, plan.options.threads)?;
    say("written");
    Ok(())
}

/// Counts what comes out in several runs.
fn count(metering: Metering, say: &dyn Fn(&str)) -> Result<(), Fault> {
    let (mut runs, mut people, mut uses) = (0, 0, 0);
    metering.finish_each(&mut |run| {
        let (more_people, more_uses) = run.counts();
        (runs, people, uses) = (runs + 1, people + more_people, uses + more_uses);
        Ok(())
    })?;
    say(&format!("{runs} runs, {uses} uses, {people} people"));
    Ok(())
}

fn sources(folder: &Path) -> Result<Vec<Source>, Fault> {
    let mut paths: Vec<PathBuf> = if folder.is_file() {
        vec![folder.to_owned()]
    } else {
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?
    };
    paths.sort();
    let source =
        |path: PathBuf| Source { name: path.display().to_string(), path, stored: true, checksums: None };
    Ok(paths.into_iter().map(source).collect())
}

/// The months of the parts in a folder.
fn months(folder: &Path) -> Result<Vec<Month>, Fault> {
    let mut months = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        months.extend(name.strip_suffix("-uses").and_then(Month::parse));
    }
    months.sort();
    Ok(months)
}
