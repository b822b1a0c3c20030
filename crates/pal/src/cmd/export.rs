//! `pal export`: the files of closed statements, to take elsewhere.

use std::fs;

use anyhow::Context;

use crate::cli::Export;
use crate::exit::{Exit, Outcome};
use crate::output_files::write_files;
use crate::render::tell;
use crate::shell::Shell;
use crate::stored::{EVIDENCE_FILE, closed_file, closing};

pub(crate) fn run(export: &Export, shell: &Shell) -> Outcome {
    let workspace = shell.read()?;
    let mut closings = Vec::new();
    for month in export.month.each() {
        closings.push(closing(&workspace, month, export.version)?);
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
