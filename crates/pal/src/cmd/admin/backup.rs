//! `pal admin backup`: a copy of the registry that stands alone, and the proof of it beside it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pal_store::registry::copy_file;

use super::signed;
use super::verify::{tell_report, verified};
use crate::exit::{Exit, Failure, Outcome};
use crate::output_files::write_files;
use crate::registry::{existing_file, failure, must_be_a_file};
use crate::render::{Answer, Items, tell};
use crate::shell::Shell;

pub(super) fn run(out: &Path, shell: &Shell) -> Outcome {
    must_be_a_file(shell, "back the database up with `pg_dump`, and verify with `pal admin verify`")?;
    let file = existing_file(shell)?;
    refuse_if_there(out)?;
    let unfinished = unfinished(out);
    if unfinished.exists() {
        fs::remove_file(&unfinished).with_context(|| format!("cannot remove `{}`", unfinished.display()))?;
    }
    copy_file(&file, &unfinished).map_err(failure)?;
    let checkpoint = signed(&unfinished, shell)?;
    let report = verified(&unfinished, &[])?;
    tell_report(&report, &[]);
    // A link, not a renaming: it takes no name that somebody else took meanwhile.
    let linked = fs::hard_link(&unfinished, out);
    fs::remove_file(&unfinished).with_context(|| format!("cannot remove `{}`", unfinished.display()))?;
    linked.with_context(|| format!("cannot write `{}`", out.display()))?;
    let beside = checkpoint_of(out);
    let name = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    write_files(folder, &[(name, format!("{}\n", checkpoint.to_json()).into_bytes())])?;
    if cfg!(unix) {
        fs::File::open(folder).and_then(|folder| folder.sync_all())?;
    }
    tell(format!("copied to `{}`; its checkpoint is `{}`", out.display(), beside.display()));
    let mut items = Items::new(["file", "checkpoint", "chains", "records", "sound"]);
    items.push(vec![
        out.display().to_string().into(),
        beside.display().to_string().into(),
        report.chains.into(),
        report.records.into(),
        report.sound().into(),
    ]);
    shell.output.write(&Answer::list(Vec::new(), "backups", &items))?;
    Ok(if report.sound() { Exit::Ok } else { Exit::Partial })
}

fn refuse_if_there(out: &Path) -> Result<(), Failure> {
    let there = [out.to_owned(), checkpoint_of(out)].into_iter().find(|path| path.exists());
    there.map_or(Ok(()), |path| {
        Err(Failure::new(
            Exit::Conflict,
            format!("`{}` is there already, and no backup is overwritten", path.display()),
            "name another file with `--out`",
        ))
    })
}

/// The name of a copy that is not whole yet.
fn unfinished(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!(".{name}.new"))
}

/// The checkpoint that stands beside a backup.
pub(super) fn checkpoint_of(backup: &Path) -> PathBuf {
    let name = backup.file_name().unwrap_or_default().to_string_lossy();
    backup.with_file_name(format!("{name}.checkpoint.json"))
}
