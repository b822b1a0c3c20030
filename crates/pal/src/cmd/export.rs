//! `pal export`: the files of closed statements, to take elsewhere.

use std::fs;

use anyhow::Context;
use pal_store::workspace::Closing;
use serde_json::Value;

use crate::cli::Export;
use crate::digest::sha256;
use crate::exit::{Exit, Failure, Outcome};
use crate::output_files::{OutputFile, check_folder, write_files};
use crate::render::tell;
use crate::shell::{RESTORE, Shell};
use crate::stored::{closed_file, closing, exported};

pub(crate) fn run(export: &Export, shell: &Shell) -> Outcome {
    check_folder(&export.out)?;
    let workspace = shell.read()?;
    let mut months = Vec::new();
    for month in export.month.each() {
        let closing = closing(&workspace, month, export.version)?;
        let files = files(&closing)?;
        months.push((closing, files));
    }
    for (closing, files) in months {
        let month = closing.month.to_string();
        let folder = if export.month.range { export.out.join(month) } else { export.out.clone() };
        write_files(&folder, &files)?;
        tell(format!("{}: version {} written to `{}`", closing.month, closing.version, folder.display()));
    }
    Ok(Exit::Ok)
}

/// The files of a closing as they are exported; stops where one that the manifest lists is missing or is no longer
/// what was closed.
fn files(closing: &Closing) -> Result<Vec<OutputFile>, Failure> {
    let mut stored = Vec::new();
    let listed = fs::read_dir(&closing.folder)
        .with_context(|| format!("cannot read `{}`", closing.folder.display()))?;
    for entry in listed {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let bytes = closed_file(closing, &name)?;
        stored.push((name, bytes));
    }
    let mut files = exported(&stored).map_err(|failure| failure.or_advise(RESTORE))?;
    files.sort();
    let manifest: Value = serde_json::from_slice(&closed_file(closing, "manifest.json")?)?;
    for (name, hash) in manifest.get("files").and_then(Value::as_object).into_iter().flatten() {
        let file = files.iter().find(|(file, _)| file == name).map(|(_, bytes)| sha256(bytes));
        let wrong = match file {
            Some(found) if hash.as_str() == Some(found.as_str()) => continue,
            Some(_) => "is not what it was when it was closed",
            None => "is missing",
        };
        let words = format!("`{name}` of `{}` {wrong}", closing.folder.display());
        return Err(Failure::new(Exit::Fault, words, RESTORE));
    }
    Ok(files)
}
