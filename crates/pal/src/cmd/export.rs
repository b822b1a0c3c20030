//! `pal export`: the files of closed statements, to take elsewhere.

use std::fs;

use anyhow::Context;
use pal_store::workspace::Closing;
use serde_json::{Map, Value};

use crate::cli::Export;
use crate::digest::sha256;
use crate::exit::{Exit, Failure, Outcome};
use crate::line_files::{NAMES_FILE, STATEMENT_FILE, named_file};
use crate::output_files::{MANIFEST_FILE, OutputFile, check_folder, manifest_file, write_files};
use crate::render::tell;
use crate::shell::{RESTORE, Shell};
use crate::stored::{closed_file, closing};

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

/// A file of a closing, as it is kept and as it is exported.
struct Kept {
    kept: OutputFile,
    /// Where it is exported as another file.
    exported: Option<OutputFile>,
}

impl Kept {
    fn exported(&self) -> &OutputFile {
        self.exported.as_ref().unwrap_or(&self.kept)
    }

    /// Whether a manifest means this file by a name: those of earlier builds list files as they are exported.
    fn is_called(&self, name: &str) -> bool {
        self.kept.0 == name || self.exported().0 == name
    }

    /// The hash of it under one of its names.
    fn hash(&self, name: &str) -> String {
        sha256(if self.kept.0 == name { &self.kept.1 } else { &self.exported().1 })
    }
}

/// The files of a closing as they are exported, with a manifest of them (decision 0024).
///
/// # Errors
///
/// Where a file that the kept manifest lists is missing, or is no longer what was closed.
fn files(closing: &Closing) -> Result<Vec<OutputFile>, Failure> {
    let (mut kept, mut names) = (Vec::new(), Vec::new());
    let listed = fs::read_dir(&closing.folder)
        .with_context(|| format!("cannot read `{}`", closing.folder.display()))?;
    for entry in listed {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for name in names.into_iter().filter(|name| name != MANIFEST_FILE) {
        let bytes = closed_file(closing, &name)?;
        let exported = exported(closing, &name, &bytes)?;
        kept.push(Kept { kept: (name, bytes), exported });
    }
    let mut manifest: Value = serde_json::from_slice(&closed_file(closing, MANIFEST_FILE)?)?;
    if let Some(listed) = manifest.get_mut("files").and_then(Value::as_object_mut) {
        *listed = checked(closing, &kept, std::mem::take(listed))?;
    }
    let files = kept.into_iter().map(|file| file.exported.unwrap_or(file.kept));
    Ok(files.chain([manifest_file(&manifest)?]).collect())
}

/// The file that another is exported as: what is packed is unpacked, names get their lines.
fn exported(closing: &Closing, name: &str, bytes: &[u8]) -> Result<Option<OutputFile>, Failure> {
    let folder = || closing.folder.display();
    if name == NAMES_FILE {
        let named = named_file(bytes, &closed_file(closing, STATEMENT_FILE)?);
        let fault = || format!("`{name}` of `{}` has not a row for each of `{STATEMENT_FILE}`", folder());
        return named.map(Some).ok_or_else(|| Failure::new(Exit::Fault, fault(), RESTORE));
    }
    let Some(unpacked) = name.strip_suffix(".zst") else { return Ok(None) };
    let bytes = zstd::decode_all(bytes).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("`{name}` of `{}` is damaged", folder()));
        Failure::of(Exit::Fault, error).or_advise(RESTORE)
    })?;
    Ok(Some((unpacked.to_owned(), bytes)))
}

/// What a manifest lists, held against the files; the same of the files as they are exported.
fn checked(
    closing: &Closing,
    kept: &[Kept],
    listed: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let mut exported = Map::new();
    for (name, hash) in listed {
        let file = kept.iter().find(|file| file.is_called(&name));
        let found = file.map(|file| (file, file.hash(&name)));
        let wrong = match found {
            Some((file, found)) if hash.as_str() == Some(found.as_str()) => {
                let hash = file.exported.as_ref().map_or(found, |(_, bytes)| sha256(bytes));
                exported.insert(file.exported().0.clone(), hash.into());
                continue;
            }
            Some(_) => "is not what it was when it was closed",
            None => "is missing",
        };
        let words = format!("`{name}` of `{}` {wrong}", closing.folder.display());
        return Err(Failure::new(Exit::Fault, words, RESTORE));
    }
    Ok(exported)
}
