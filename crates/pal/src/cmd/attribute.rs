//! `pal attribute`: facts in, an explained statement out.

use std::mem::ManuallyDrop;

use pal_import::facts::Options;
use pal_metering::State;
use pal_rules::facts::Refusal;
use pal_rules::names::Names;
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::Window;

use crate::activity::{ActivityFiles, Asked};
use crate::cli::{Attribute, Months};
use crate::exit::{Exit, Failure, Outcome};
use crate::judge::{JudgedMonths, Judging, Laid, Lines};
use crate::line_files::{LineBytes, LineMaker, STATEMENT_FILE, named_file};
use crate::load::Loaded;
use crate::output_files::{check_folder, hashes, manifest, refused_file, sum_files, write_files};
use crate::progress::Progress;
use crate::render::tell;
use crate::shell::Shell;
use crate::state::{self, Keeping};
use crate::view::{self, told_waiting};

pub(crate) fn run(arguments: &Attribute, shell: &Shell) -> Outcome {
    let windows = windows(&arguments.month, arguments.as_of)?;
    arguments.out.as_deref().map_or(Ok(()), check_folder)?;
    let mut progress = shell.progress();
    let options = Options { assume_utc: arguments.reading.assume_utc };
    let mut loaded = Loaded::read(&arguments.facts, options, &mut progress)?;
    loaded.require_whole(&arguments.facts)?;
    // Given back faster by the end of the process than one by one.
    let gathered = ManuallyDrop::new(std::mem::take(&mut loaded.gathered));
    let (activity, mut state) = (loaded.activity_files(), State::new());
    let machine = arguments.machine.settle();
    let (laid, (_, unread)) = Laid::of(&gathered, || {
        let asked = Asked::of(&[&gathered]);
        state::meter(&mut state, &activity, (&asked, machine), Keeping::nothing(&windows), &mut progress)
    })?;
    let Laid { settled, groundwork } = laid;
    // What is only shown has no manifest.
    let digested = arguments.out.is_some().then_some(&*gathered);
    let (facts, groundwork) = (&settled.facts, &groundwork);
    let judging = Judging { facts, groundwork, windows: &windows, digested };
    let names = Names(&settled.facts);
    let maker = LineMaker::new(arguments.names.then_some(names), false);
    let (metered, mut lines, mut bytes) = ((&state, &activity), Vec::new(), Vec::new());
    let judged = if arguments.out.is_some() {
        in_bytes(judging, metered, &maker, &mut bytes, &mut progress)?
    } else {
        let (judged, held) = judging.judge(metered, &mut progress)?;
        lines = held;
        judged
    };
    drop(progress);
    let refusals =
        loaded.refusals.iter().cloned().chain(settled.refusals).chain(unread).chain(judged.refusals);
    let refusals: Vec<(String, Refusal)> =
        refusals.map(|refusal| (loaded.name(refusal.address).to_owned(), refusal)).collect();
    let refused = [refused_file(&refusals)?];
    view::tell_refusals(&refusals);
    if refusals.len() > arguments.reading.allow_refused {
        if let Some(folder) = &arguments.out {
            write_files(folder, &refused)?;
        }
        return Err(too_many(refusals.len(), arguments.reading.allow_refused));
    }
    let waiting = told_waiting(&settled.waiting, &judged.unknown, |address| loaded.name(address).to_owned());
    let statements = judged.statements;
    view::tell_warnings(&settled.facts, &statements, &waiting);
    tell_running(&windows, shell.now());
    let Some(folder) = &arguments.out else {
        shell.output.write(&view::statements_answer(lines, names))?;
        return Ok(Exit::Ok);
    };
    for (statement, bytes) in statements.iter().zip(bytes) {
        let named = arguments.names.then(|| named_file(&bytes.names, &bytes.plain)).transpose()?;
        let mut files = vec![(STATEMENT_FILE.to_owned(), bytes.plain)];
        files.extend(sum_files(statement)?);
        files.extend(named);
        let month = statement.window.month.to_string();
        let place = if arguments.month.range { folder.join(month) } else { folder.clone() };
        // Of a range it stands once in the folder above.
        files.extend(refused.iter().filter(|_| !arguments.month.range).cloned());
        files.push(manifest(statement, None, &hashes(&files))?);
        write_files(&place, &files)?;
        view::tell_written(statement, &place);
    }
    if arguments.month.range {
        write_files(folder, &refused)?;
    }
    Ok(Exit::Ok)
}

/// Judges months, and makes the files that have a line for every resource.
fn in_bytes(
    judging: Judging<'_>,
    metered: (&State, &ActivityFiles),
    maker: &LineMaker<'_>,
    bytes: &mut Vec<LineBytes>,
    progress: &mut Progress,
) -> Result<JudgedMonths, Failure> {
    *bytes = judging.windows.iter().map(|_| maker.heads()).collect::<Result<_, _>>()?;
    let make = |parts: &mut dyn Iterator<Item = Lines>| maker.make(parts);
    judging.judge_into(metered, progress, make, |window, made| {
        let Some(made) = made.transpose()? else { return Ok(()) };
        if let Some(bytes) = bytes.get_mut(window) {
            bytes.plain.extend_from_slice(&made.plain);
            bytes.names.extend_from_slice(&made.names);
        }
        maker.spare.give(made.plain);
        maker.spare.give(made.names);
        Ok(())
    })
}

/// A month that is not over can be stated, if its data is made up or early: that is told.
fn tell_running(windows: &[Window], now: Timestamp) {
    let running = windows.iter().find(|window| window.as_of.is_none() && now < window.month.end());
    if let Some(Window { month, .. }) = running {
        tell(format!(
            "warning: {month} is not over: its numbers will change; `--as-of` judges it up to an instant"
        ));
    }
}

fn windows(months: &Months, as_of: Option<Timestamp>) -> Result<Vec<Window>, Failure> {
    months.each().map(|month| window(month, as_of)).collect()
}

/// The window of a month; an `as_of` at or before its start is a mistake.
pub(crate) fn window(month: Month, as_of: Option<Timestamp>) -> Result<Window, Failure> {
    Window::new(month, as_of).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("`--as-of` is at or before the start of {month}"),
            format!("give an instant after {}", month.start()),
        )
    })
}

/// The end of a command that found more refused rows than it may leave out.
pub(crate) fn too_many(refused: usize, allowed: usize) -> Failure {
    let rows = if refused == 1 { "1 row is".to_owned() } else { format!("{refused} rows are") };
    Failure::new(
        Exit::Partial,
        format!("{rows} refused, {allowed} allowed: nothing was done"),
        format!("correct the rows listed above, or pass `--allow-refused {refused}` to leave them out"),
    )
}
