//! `pal export`: the files of closed statements, to take elsewhere.

use std::fs;

use anyhow::Context;
use pal_store::workspace::Closing;
use serde_json::Value;

use crate::cli::Export;
use crate::digest::sha256;
use crate::exit::{Exit, Failure, Outcome};
use crate::line_files::{NAMED_FILE, NAMES_FILE, STATEMENT_FILE, named_file};
use crate::output_files::{MANIFEST_FILE, OutputFile, check_folder, manifest_file, write_files};
use crate::render::tell;
use crate::shell::{RESTORE, Shell};
use crate::stored::{closed_file, closing, unpacked};

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

/// The files of a closing as they are exported, with a manifest of them (decision 0024).
///
/// # Errors
///
/// Where a file that the kept manifest lists is missing, or is no longer what was closed.
fn files(closing: &Closing) -> Result<Vec<OutputFile>, Failure> {
    let mut kept = kept(closing)?;
    let mut manifest: Value = serde_json::from_slice(&closed_file(closing, MANIFEST_FILE)?)?;
    for (name, hash) in manifest.get("files").and_then(Value::as_object).into_iter().flatten() {
        check(closing, &kept, name, hash.as_str())?;
    }
    let names = kept.iter().position(|(name, _)| name == NAMES_FILE).map(|place| kept.swap_remove(place));
    let lines = file(&kept, STATEMENT_FILE).unwrap_or_default();
    let named = names.map(|(_, names)| named_file(&names, lines)).transpose();
    let named = named.map_err(|failure| failure.or_advise(RESTORE))?;
    kept.retain(|(name, _)| name != MANIFEST_FILE);
    let files = kept.into_iter().map(|file| exported(closing, file)).chain(named.map(Ok));
    let mut files: Vec<OutputFile> = files.collect::<Result<_, _>>()?;
    if let Some(listed) = manifest.get_mut("files").and_then(Value::as_object_mut) {
        let instead = |(name, hash): (String, Value)| match file(&files, exported_name(&name)) {
            Some(bytes) if name != exported_name(&name) => {
                (exported_name(&name).to_owned(), sha256(bytes).into())
            }
            _ => (name, hash),
        };
        *listed = std::mem::take(listed).into_iter().map(instead).collect();
    }
    files.push(manifest_file(&manifest)?);
    Ok(files)
}

/// The files in the folder of a closing.
fn kept(closing: &Closing) -> Result<Vec<OutputFile>, Failure> {
    let listed = fs::read_dir(&closing.folder)
        .with_context(|| format!("cannot read `{}`", closing.folder.display()))?;
    let mut files = Vec::new();
    for entry in listed {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let bytes = closed_file(closing, &name)?;
        files.push((name, bytes));
    }
    Ok(files)
}

/// Refuses a file that is not what a manifest lists. Those of earlier builds list files as they are exported.
fn check(closing: &Closing, kept: &[OutputFile], name: &str, hash: Option<&str>) -> Result<(), Failure> {
    let packed = |file: &&OutputFile| file.0.strip_suffix(".zst") == Some(name);
    let found = match (file(kept, name), kept.iter().find(packed)) {
        (Some(bytes), _) => Some(sha256(bytes)),
        (None, Some((packed, bytes))) => Some(sha256(&unpacked(closing, packed, bytes)?)),
        (None, None) => None,
    };
    let wrong = match found {
        Some(found) if hash == Some(found.as_str()) => return Ok(()),
        Some(_) => "is not what it was when it was closed",
        None => "is missing",
    };
    Err(Failure::new(Exit::Fault, format!("`{name}` of `{}` {wrong}", closing.folder.display()), RESTORE))
}

fn file<'f>(files: &'f [OutputFile], name: &str) -> Option<&'f [u8]> {
    files.iter().find(|(file, _)| file == name).map(|(_, bytes)| bytes.as_slice())
}

/// The name that a file is exported under.
fn exported_name(name: &str) -> &str {
    if name == NAMES_FILE { NAMED_FILE } else { name.strip_suffix(".zst").unwrap_or(name) }
}

/// A file as it is exported: what is packed is unpacked.
fn exported(closing: &Closing, (name, bytes): OutputFile) -> Result<OutputFile, Failure> {
    if exported_name(&name) == name {
        return Ok((name, bytes));
    }
    Ok((exported_name(&name).to_owned(), unpacked(closing, &name, &bytes)?))
}
