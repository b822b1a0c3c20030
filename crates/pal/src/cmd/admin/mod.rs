//! `pal admin`: looks after the registry of the data folder.

mod backup;
mod migrate;
mod partners;
mod restore;
mod verify;

use std::path::{Path, PathBuf};

use pal_store::registry::audit::{Checkpoint, PublicKey};
use pal_store::registry::checkpoint_file;
use serde_json::Value;

use crate::checkpoints::{self, Kept};
use crate::cli::Admin;
use crate::exit::{Exit, Failure, Outcome};
use crate::registry::{existing_file, failure, on_registry};
use crate::render::{Answer, Items, tell};
use crate::shell::Shell;

pub(crate) fn run(arguments: &Admin, shell: &Shell) -> Outcome {
    match arguments {
        Admin::Verify(arguments) => verify::run(arguments, shell),
        Admin::Checkpoint { checkpoints } => checkpoint(checkpoints.as_deref(), shell),
        Admin::Backup { out } => backup::run(out, shell),
        Admin::Restore(arguments) => restore::run(arguments, shell),
        Admin::Migrate { to } => migrate::run(to, shell),
        Admin::Partners(arguments) => partners::run(arguments, shell),
    }
}

/// Signs a checkpoint now.
fn checkpoint(folder: Option<&Path>, shell: &Shell) -> Outcome {
    let checkpoint = if shell.settings.store.value.is_some() {
        let key = checkpoints::key(shell.data())?;
        on_registry(shell, async |registry| registry.checkpoint(&key).await)?
    } else {
        signed(&existing_file(shell)?, shell)?
    };
    let path = checkpoints::write(&shell.checkpoints(folder), &checkpoint)?;
    tell(format!("signed with {}: keep that key where this machine cannot change it", checkpoint.key()));
    let mut items = Items::new(["file", "made_at", "chains", "key"]);
    items.push(vec![
        path.display().to_string().into(),
        checkpoint.made_at().to_string().into(),
        checkpoint.heads().len().into(),
        checkpoint.key().to_string().into(),
    ]);
    shell.output.write(&Answer::list(Vec::new(), "checkpoints", &items))?;
    Ok(Exit::Ok)
}

/// A checkpoint of a registry's file, signed with the key of the data folder.
fn signed(file: &Path, shell: &Shell) -> Result<Checkpoint, Failure> {
    checkpoint_file(file, shell.now(), &checkpoints::key(shell.data())?).map_err(failure)
}

/// The checkpoints that were named, else those of the folder that the settings name; says which.
fn known_checkpoints(named: &[PathBuf], key: Option<PublicKey>, shell: &Shell) -> Result<Vec<Kept>, Failure> {
    let folder = shell.checkpoints(None);
    let paths = match named {
        [] if folder.is_dir() => &[folder],
        named => named,
    };
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let ours = || checkpoints::public_key(shell.data());
    let Some(key) = key.map_or_else(ours, |key| Ok(Some(key)))? else {
        return Err(Failure::new(
            Exit::Usage,
            format!("`{}` holds no checkpoint.pub: which key signs here?", shell.data().display()),
            "name it with `--key`",
        ));
    };
    let kept = checkpoints::read(paths, key)?;
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    tell(format!("checkpoints: {} of {}, signed with {key}", kept.len(), shown.join(", ")));
    Ok(kept)
}

/// Checkpoints as data.
fn checkpoints_json(kept: &[Kept]) -> Value {
    let mut items = Items::new(["file", "made_at"]);
    for kept in kept {
        let made_at = kept.checkpoint.made_at().to_string();
        items.push(vec![kept.path.display().to_string().into(), made_at.into()]);
    }
    items.objects()
}
