//! `pal export`: the files of closed statements, to take elsewhere.

use std::fs;

use anyhow::Context;
use pal_store::workspace::Closing;
use serde_json::Value;

use crate::cli::Export;
use crate::digest::sha256;
use crate::exit::{Exit, Failure, Outcome};
use crate::output_files::{check_folder, write_files};
use crate::render::tell;
use crate::shell::Shell;
use crate::stored::{EVIDENCE_FILE, closed_file, closing};

pub(crate) fn run(export: &Export, shell: &Shell) -> Outcome {
    check_folder(&export.out)?;
    let workspace = shell.read()?;
    let mut closings = Vec::new();
    for month in export.month.each() {
        let closing = closing(&workspace, month, export.version)?;
        check(&closing)?;
        closings.push(closing);
    }
    for closing in closings {
        let month = closing.month.to_string();
        let folder = if export.month.range { export.out.join(month) } else { export.out.clone() };
        let mut files = Vec::new();
        let listed = fs::read_dir(&closing.folder)
            .with_context(|| format!("cannot read `{}`", closing.folder.display()))?;
        for entry in listed {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let bytes = closed_file(&closing, &name)?;
            files.push(if name == EVIDENCE_FILE {
                ("evidence.jsonl".to_owned(), zstd::decode_all(bytes.as_slice())?)
            } else {
                (name, bytes)
            });
        }
        files.sort();
        write_files(&folder, &files)?;
        tell(format!("{}: version {} written to `{}`", closing.month, closing.version, folder.display()));
    }
    Ok(Exit::Ok)
}

/// Stops where a file that the manifest lists is missing or is no longer what was closed.
fn check(closing: &Closing) -> Result<(), Failure> {
    let manifest: Value = serde_json::from_slice(&closed_file(closing, "manifest.json")?)?;
    for (name, hash) in manifest.get("files").and_then(Value::as_object).into_iter().flatten() {
        if hash.as_str() != Some(sha256(&closed_file(closing, name)?).as_str()) {
            let path = closing.folder.join(name);
            return Err(anyhow::anyhow!("`{}` is not what it was when it was closed", path.display()).into());
        }
    }
    Ok(())
}
