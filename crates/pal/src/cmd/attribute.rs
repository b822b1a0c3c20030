//! `pal attribute`: facts in, an explained statement out.

use pal_import::facts::Options;
use pal_metering::State;
use pal_rules::facts::Refusal;
use pal_rules::names::Names;
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::Window;

use crate::activity::Asked;
use crate::cli::{Attribute, Months};
use crate::digest::{settle_with_rows, sha256};
use crate::exit::{Exit, Failure, Outcome};
use crate::judge::{Judging, Scope};
use crate::load::Loaded;
use crate::output_files::{check_folder, hashes, manifest, refused_file, statement_files, write_files};
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
    let (rows, settled) = settle_with_rows(std::mem::take(&mut loaded.gathered));
    let activity = loaded.activity_files();
    let mut state = State::new();
    let asked = (&Asked::of(&[&settled.facts]), arguments.machine.settle());
    let (_, unread) = state::meter(&mut state, &activity, asked, Keeping::nothing(&windows), &mut progress)?;
    let judging = Judging { facts: &settled.facts, windows: &windows, scope: Scope::Digested(&rows) };
    let judged = judging.judge((&state, &activity), &mut progress)?;
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
    let names = Names(&settled.facts);
    let Some(folder) = &arguments.out else {
        shell.output.write(&view::statements_answer(&statements, names))?;
        return Ok(Exit::Ok);
    };
    for statement in &statements {
        let mut files = statement_files(statement, arguments.names.then_some(names))?;
        let month = statement.window.month.to_string();
        let place = if arguments.month.range { folder.join(month) } else { folder.clone() };
        // Of a range it stands once in the folder above.
        files.extend(refused.iter().filter(|_| !arguments.month.range).cloned());
        let hashes = hashes(&files, |(name, bytes)| Ok((name.clone(), sha256(bytes))))?;
        files.push(manifest(statement, None, &hashes)?);
        write_files(&place, &files)?;
        view::tell_written(statement, &place);
    }
    if arguments.month.range {
        write_files(folder, &refused)?;
    }
    Ok(Exit::Ok)
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
