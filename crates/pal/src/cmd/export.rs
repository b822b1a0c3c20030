//! `pal export`: the files of closed statements, to take elsewhere.

use std::path::Path;

use anyhow::anyhow;
use pal_store::workspace::Closing;
use serde_json::Value;

use crate::cli::Export;
use crate::closed_files::{advice, closed_file, damaged, kept_manifest, not_as_listed, unpacked};
use crate::digest::sha256;
use crate::exit::{Exit, Failure, Outcome};
use crate::line_files::{NAMES_FILE, STATEMENT_FILE, named_file};
use crate::output_files::{MANIFEST_FILE, OutputFile, check_folder, manifest_file, write_files};
use crate::render::tell;
use crate::shell::Shell;
use crate::stored::closing;

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

/// The files of a closing that its manifest lists, as they are exported, with a manifest of them (decision 0024).
///
/// # Errors
///
/// Where one is missing, or is no longer what was closed.
fn files(closing: &Closing) -> Result<Vec<OutputFile>, Failure> {
    let mut manifest = kept_manifest(closing)?;
    let unlisted = || damaged(closing, MANIFEST_FILE, anyhow!("it does not list `{STATEMENT_FILE}`"));
    let listed = manifest.get_mut("files").and_then(Value::as_object_mut);
    let listed = listed.filter(|listed| listed.contains_key(STATEMENT_FILE)).ok_or_else(unlisted)?;
    let mut files: Vec<OutputFile> = Vec::new();
    for (name, hash) in std::mem::take(listed) {
        if Path::new(&name).file_name() != Some(name.as_ref()) {
            return Err(damaged(closing, MANIFEST_FILE, anyhow!("it lists `{name}`, which is elsewhere")));
        }
        let bytes = listed_file(closing, &name)?;
        if hash.as_str() != Some(sha256(&bytes).as_str()) {
            return Err(not_as_listed(closing, &name));
        }
        let is_lines = |(file, _): &&OutputFile| file == STATEMENT_FILE;
        let file = if name == NAMES_FILE {
            let lines = files.iter().find(is_lines).map(|(_, lines)| lines.as_slice()).unwrap_or_default();
            named_file(&bytes, lines).map_err(|failure| failure.or_advise(advice(&name)))?
        } else if let Some(exported) = name.strip_suffix(".zst") {
            (exported.to_owned(), unpacked(closing, &name, &bytes)?)
        } else {
            (name.clone(), bytes)
        };
        let hash = if file.0 == name { hash } else { sha256(&file.1).into() };
        listed.insert(file.0.clone(), hash);
        files.push(file);
    }
    files.push(manifest_file(&manifest)?);
    Ok(files)
}

/// A file that a manifest lists: those of earlier builds list what is packed as it is exported.
fn listed_file(closing: &Closing, name: &str) -> Result<Vec<u8>, Failure> {
    let is_there = |name: &str| closing.folder.join(name).exists();
    let packed = format!("{name}.zst");
    if is_there(name) {
        closed_file(closing, name)
    } else if is_there(&packed) {
        unpacked(closing, &packed, &closed_file(closing, &packed)?)
    } else {
        let words = format!("`{name}` of `{}` is missing", closing.folder.display());
        Err(Failure::new(Exit::Fault, words, advice(name)))
    }
}
