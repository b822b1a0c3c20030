//! The files in the folder of a closing, and the manifest that lists them (decision 0024).

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;
use pal_store::workspace::Closing;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::digest::{sha256, sha256_of};
use crate::exit::{Exit, Failure};
use crate::line_files::STATEMENT_FILE;
use crate::output_files::MANIFEST_FILE;
use crate::shell::RESTORE;

/// A file of a closing.
pub(crate) fn closed_file(closing: &Closing, name: &str) -> Result<Vec<u8>, Failure> {
    file(&closing.folder, name)
}

/// A file in a closing's folder.
pub(crate) fn file(folder: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    let path = folder.join(name);
    Ok(fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?)
}

/// The name of the file that holds a statement's evidence.
pub(crate) const EVIDENCE_FILE: &str = "evidence.jsonl.zst";

/// What a file of a closing holds that is kept packed.
pub(crate) fn unpacked(closing: &Closing, name: &str, packed: &[u8]) -> Result<Vec<u8>, Failure> {
    zstd::decode_all(packed).map_err(|error| damaged(closing, name, error.into()))
}

/// What a file of a closing says as JSON.
pub(crate) fn parsed<T: DeserializeOwned>(closing: &Closing, name: &str, json: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(json).map_err(|error| damaged(closing, name, error.into()))
}

/// The manifest of a closing.
pub(crate) fn kept_manifest(closing: &Closing) -> Result<Value, Failure> {
    parsed(closing, MANIFEST_FILE, &closed_file(closing, MANIFEST_FILE)?)
}

/// The manifest of a closing; null where there is none, or where it is damaged.
pub(crate) fn manifest_if_whole(closing: &Closing) -> Result<Value, Failure> {
    let bytes = file_if_any(&closing.folder, MANIFEST_FILE)?.unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// The hash of a file that a manifest lists.
pub(crate) fn listed_hash<'m>(manifest: &'m Value, name: &str) -> Option<&'m str> {
    manifest.get("files")?.get(name)?.as_str()
}

/// What is told of a file that is not as the manifest of its closing lists it.
pub(crate) fn not_as_listed(closing: &Closing, name: &str) -> Failure {
    let folder = closing.folder.display();
    let words = format!("`{name}` of `{folder}` is not what it was when it was closed");
    Failure::new(Exit::Fault, words, advice(name))
}

/// The files that make a version: it changes only when one of them does.
pub(crate) const LINES: [&str; 3] = [STATEMENT_FILE, "rollup.csv", "company.csv"];

/// What to do where a file of a closing is damaged or gone: what stands beside the lines can be made anew.
pub(crate) fn advice(name: &str) -> &'static str {
    if LINES.contains(&name) || name.starts_with("adjustments") { RESTORE } else { CLOSE_OR_RESTORE }
}

const CLOSE_OR_RESTORE: &str = "close the month again, which makes it anew for the newest version, or restore the data folder from a backup";

/// What is told of a file of a closing that cannot be unpacked or parsed.
pub(crate) fn damaged(closing: &Closing, name: &str, error: anyhow::Error) -> Failure {
    let words = format!("`{}` is damaged", closing.folder.join(name).display());
    Failure::of(Exit::Fault, error.context(words)).or_advise(advice(name))
}

/// The hash of a file in a closing's folder; nothing where it is not there.
pub(crate) fn kept_hash(folder: &Path, name: &str) -> Result<Option<String>, Failure> {
    Ok(file_if_any(folder, name)?.map(|bytes| sha256(&bytes)))
}

/// A file in a closing's folder; nothing where it is not there.
fn file_if_any(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    match fs::metadata(folder.join(name)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => file(folder, name).map(Some),
    }
}

/// The hash of the evidence in a closing's folder once it is unpacked; nothing where it is not there, or damaged.
pub(crate) fn evidence_hash(folder: &Path) -> Option<String> {
    File::open(folder.join(EVIDENCE_FILE)).and_then(zstd::Decoder::new).and_then(sha256_of).ok()
}
