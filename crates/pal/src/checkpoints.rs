//! Signed checkpoints as files: `checkpoint.key` in the data folder signs them, and the folder that they are in is best
//! where whoever can write to the registry cannot.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pal_store::registry::audit::{Checkpoint, CheckpointKey, CheckpointProblem, PublicKey};

use crate::exit::{Exit, Failure, io_exit};
use crate::output_files::write_files;
use crate::registry::failure;

/// The file of the public key, in the data folder.
const PUBLIC_KEY: &str = "checkpoint.pub";

/// A checkpoint and the file it stands in.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
    pub(crate) checkpoint: Checkpoint,
}

/// The key of a data folder, made on first use; its public half is written beside it.
pub(crate) fn key(data: &Path) -> Result<CheckpointKey, Failure> {
    let fresh = || {
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret).map_err(|_| io::Error::other("there is no randomness"))?;
        Ok(secret)
    };
    let key = CheckpointKey::open_or_make(&data.join("checkpoint.key"), fresh).map_err(failure)?;
    if public_key(data)? != Some(key.public()) {
        write_files(data, &[(PUBLIC_KEY.to_owned(), format!("{}\n", key.public()).into_bytes())])?;
    }
    Ok(key)
}

/// The public key that stands in a data folder, if one does.
pub(crate) fn public_key(data: &Path) -> Result<Option<PublicKey>, Failure> {
    let path = data.join(PUBLIC_KEY);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(PublicKey::parse(text.trim_end())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display()))?,
    }
}

/// Writes a checkpoint into a folder, which is made if need be, under the time at which it was made.
pub(crate) fn write(folder: &Path, checkpoint: &Checkpoint) -> Result<PathBuf, Failure> {
    // Without colons, which not every file system takes.
    let name = format!("{}.json", checkpoint.made_at().to_string().replace(':', ""));
    let path = folder.join(&name);
    let written = write_files(folder, &[(name, format!("{}\n", checkpoint.to_json()).into_bytes())]);
    let hint = "name a folder that can be written to with `--checkpoints`";
    written.map_err(|failure| Failure { hint: Some(hint.to_owned()), ..failure })?;
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all())?;
    }
    Ok(path)
}

/// The checkpoints of files and folders, by name; each must be signed by the key.
pub(crate) fn read(paths: &[PathBuf], key: PublicKey) -> Result<Vec<Kept>, Failure> {
    let mut kept = Vec::new();
    for path in paths {
        for path in if path.is_dir() { files(path)? } else { vec![path.clone()] } {
            kept.push(read_one(path, key)?);
        }
    }
    Ok(kept)
}

/// The newest checkpoint of a folder, if it has one that can be read.
pub(crate) fn newest(folder: &Path) -> Option<Checkpoint> {
    let newest = files(folder).ok()?.pop()?;
    Checkpoint::from_json(&fs::read_to_string(newest).ok()?).ok()
}

/// The files of checkpoints in a folder, oldest first.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = || format!("cannot read `{}`", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_one(path: PathBuf, key: PublicKey) -> Result<Kept, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(&path).map_err(|error| {
        let exit = io_exit(&error);
        let error = anyhow::Error::new(error).context(format!("cannot read `{shown}`"));
        Failure::of(exit, error).or_advise("name checkpoints, or folders of them, with `--checkpoint`")
    })?;
    let checkpoint = Checkpoint::from_json(&text).map_err(|problem| match problem {
        CheckpointProblem::Signature => Failure::new(
            Exit::Conflict,
            format!("`{shown}`: {problem}"),
            "it was altered: take another copy of it, and ask who could write to this one",
        ),
        _ => Failure::new(
            Exit::Usage,
            format!("`{shown}`: {problem}"),
            "name only checkpoints, or leave it out",
        ),
    })?;
    if checkpoint.key() != key {
        let found = checkpoint.key();
        return Err(Failure::new(
            Exit::Conflict,
            format!("`{shown}` is signed by another key: {found}, where {key} is expected"),
            "it proves nothing here; if that key was yours once, name it with `--key`",
        ));
    }
    Ok(Kept { path, checkpoint })
}
