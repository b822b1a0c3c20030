//! Meters files of activity and writes what they say: distinct users per resource and month, the last `make` per
//! resource, principal and month, and distinct users per tenant and month, as Parquet; times go to stderr.
//!
//! ```text
//! cargo run --release -p pal-metering --example meter_activity -- FOLDER OUT [threads=2] [memory=1073741824]
//! ```
#![expect(clippy::print_stderr, reason = "an example has no other voice")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

mod outputs;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use pal_metering::{Metering, Options, Source, State};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("which folder, and where to?".into());
    };
    let mut options = Options { threads: 2, ..Options::default() };
    for setting in arguments {
        match setting.split_once('=') {
            Some(("threads", number)) => options.threads = number.parse()?,
            Some(("memory", number)) => options.memory = number.parse()?,
            _ => return Err(format!("{setting}?").into()),
        }
    }
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    let source = |path: PathBuf| Source { name: path.display().to_string(), path, stored: true };
    let sources: Vec<Source> = paths.into_iter().map(source).collect();
    let started = Instant::now();
    let mut metering = Metering::onto(&State::new(), &options);
    let told = metering.read(&sources, &|_| ())?;
    let rows: u64 = told.iter().map(|told| told.rows).sum();
    eprintln!(
        "read    {:6.3} s, {rows} rows, {} MB held",
        started.elapsed().as_secs_f64(),
        metering.bytes() >> 20
    );
    let run = metering.finish()?;
    let mut state = State::new();
    state.add(run).map_err(|_| "a run of another state")?;
    let (lists, ids, uses) = state.sizes();
    eprintln!(
        "state   {:6.3} s, {} MB of lists, {} MB of ids, {uses} uses, {} resources, {} people",
        started.elapsed().as_secs_f64(),
        lists >> 20,
        ids >> 20,
        state.dictionary().resources().len(),
        state.dictionary().people_count(),
    );
    outputs::write(&state, std::path::Path::new(&out), options.threads)?;
    eprintln!("written {:6.3} s", started.elapsed().as_secs_f64());
    Ok(())
}
