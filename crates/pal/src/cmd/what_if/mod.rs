//! `pal what-if`: two judgements of one metered state, of the facts as they are and as they are supposed to be.

mod answer;
mod supposed;

use pal_metering::State;
use pal_rules::facts::settle;
use pal_rules::usage::Window;

use super::attribute::window;
use crate::activity::{ActivityFiles, Asked};
use crate::cli::WhatIf;
use crate::exit::{Exit, Failure, Outcome};
use crate::judge::{Groundwork, JudgedMonths, Judging};
use crate::load::Loaded;
use crate::progress::Progress;
use crate::render::tell;
use crate::shell::{Shell, workspace_failure};
use crate::state::{self, Keeping, Updating};
use crate::stored::{gathered, require_whole};

pub(crate) fn run(what_if: &WhatIf, shell: &Shell) -> Outcome {
    refuse_nothing(what_if)?;
    let workspace = shell.read()?;
    require_whole(&workspace)?;
    let windows = windows(what_if, shell)?;
    let mut progress = shell.progress();
    let last_import = workspace.last_import().map_err(workspace_failure)?;
    let (stored, ..) = gathered(&workspace, shell, last_import)?;
    let before = settle(&stored.gathered).facts;
    let overlay = what_if.facts.as_ref().map(|folder| Loaded::read(folder, <_>::default(), &mut progress));
    let overlay = overlay.transpose()?;
    let mut rows = vec![&stored.gathered];
    rows.extend(overlay.as_ref().map(|overlay| &overlay.gathered));
    let asked = Asked::of(&rows);
    let supposed = supposed::suppose(&before, stored.gathered, (what_if, overlay.as_ref()), shell)?;
    for word in &supposed.told {
        tell(word);
    }
    let after = supposed.facts;
    let updating = Updating { windows: &windows, machine: what_if.machine.settle(), keep: false };
    let (mut state, _) = state::current(&workspace, last_import, &asked, &updating, &mut progress)?;
    let mut activity = state::files(&workspace, 0, last_import)?;
    let groundwork = |facts| Groundwork::of(facts, supposed.tenants.as_ref());
    let groundworks = (groundwork(&before), groundwork(&after));
    let judging = |facts, groundwork| Judging { facts, groundwork, windows: &windows, digested: None };
    let metered = (&state, &activity);
    let (first, lines_before) = judging(&before, &groundworks.0).judge(metered, &mut progress)?;
    if let Some(overlay) = &overlay {
        add(&mut state, &mut activity, (overlay, &asked), &updating, &mut progress)?;
    }
    let (second, lines_after) = judging(&after, &groundworks.1).judge((&state, &activity), &mut progress)?;
    drop(progress);
    tell_ineffective(what_if, (&first, &second));
    let (first, second) = ((&*first.statements, &*lines_before), (&*second.statements, &*lines_after));
    shell.output.write(&answer::answer(first, second, &after))?;
    Ok(Exit::Ok)
}

fn refuse_nothing(what_if: &WhatIf) -> Result<(), Failure> {
    let WhatIf { link, unlink, owner, import, disable, facts, .. } = what_if;
    let none =
        link.is_empty() && unlink.is_empty() && owner.is_empty() && import.is_empty() && disable.is_empty();
    if !none || facts.is_some() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        "nothing is supposed",
        "name a change: `--link`, `--unlink`, `--owner`, `--import`, `--disable` or `--facts`",
    ))
}

fn windows(what_if: &WhatIf, shell: &Shell) -> Result<Vec<Window>, Failure> {
    let begun = |month| super::preview::begun(month, None, shell.now());
    let windows: Vec<Window> = what_if.month.each().map(begun).collect::<Result<_, _>>()?;
    for running in windows.iter().filter(|window| window.as_of.is_some()) {
        window(running.month, running.as_of)?;
        tell(format!("{} is judged up to now: its numbers will change", running.month));
    }
    Ok(windows)
}

/// Says which of what is supposed cannot show in the months that are judged.
fn tell_ineffective(what_if: &WhatIf, (first, second): (&JudgedMonths, &JudgedMonths)) {
    let WhatIf { link, unlink, owner, import, disable, .. } = what_if;
    let times = link.iter().map(|change| change.at).chain(unlink.iter().map(|change| change.at));
    let times =
        times.chain(owner.iter().map(|change| change.at)).chain(import.iter().map(|change| change.at));
    let times = times.chain(disable.iter().map(|change| change.at)).flatten();
    for at in times.filter(|at| *at >= what_if.month.last.end()) {
        tell(format!("a change from {at} on begins after the months that are judged"));
    }
    for resource in second.unknown.difference(&first.unknown) {
        tell(format!("supposed activity on `{resource}` counts for nothing: the resource is not known"));
    }
    if let Some(more) = second.refusals.len().checked_sub(first.refusals.len()).filter(|more| *more > 0) {
        tell(format!(
            "{more} rows of supposed activity count for nothing: their resource is of another tenant"
        ));
    }
}

/// Meters the activity of supposed facts on top of the state.
fn add(
    state: &mut State,
    activity: &mut ActivityFiles,
    (overlay, asked): (&Loaded, &Asked),
    updating: &Updating<'_>,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let more = overlay.activity_files();
    if more.files.is_empty() {
        return Ok(());
    }
    let keeping = Keeping::nothing(updating.windows);
    let (_, refusals) = state::meter(state, &more, (asked, updating.machine), keeping, progress)?;
    if let Some(first) = refusals.first() {
        let place = format!("{}:{}", overlay.name(first.address), first.address.line);
        return Err(Failure::new(
            Exit::Usage,
            format!("{} rows of supposed activity cannot be read (first: {place})", refusals.len()),
            "correct them; `pal attribute` lists them all",
        ));
    }
    activity.files.extend(more.files);
    Ok(())
}
