//! The files of a statement: made whole in memory, written under new names, then renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use pal_rules::coverage::{COVERAGE_COLUMNS, CoverageLine};
use pal_rules::facts::{self, Refusal};
use pal_rules::rollup::{COMPANY_COLUMNS, ROLLUP_COLUMNS, Rollup, Rollups};
use pal_rules::statement::RULES_VERSION;
use pal_rules::text::Written;
use serde_json::{Map, Value, json};

use crate::digest::sha256;
use crate::exit::{Exit, Failure, io_exit};
use crate::judge::Statement;
use crate::line_rows::put_row;
use crate::render::{Table, delimited};

/// A file's name and its bytes.
pub(crate) type OutputFile = (String, Vec<u8>);

/// `rollup.csv`, `company.csv` and `coverage.csv`.
pub(crate) fn sum_files(statement: &Statement) -> Result<Vec<OutputFile>, Failure> {
    let Rollups { partners, companies } = &statement.rollups;
    Ok(vec![
        ("rollup.csv".to_owned(), rows(&ROLLUP_COLUMNS, partners.iter().map(Rollup::values))?),
        ("company.csv".to_owned(), rows(&COMPANY_COLUMNS, companies.iter().map(Rollup::company_values))?),
        ("coverage.csv".to_owned(), csv(&coverage_table(statement))?),
    ])
}

/// Rows as the bytes of a CSV file.
pub(crate) fn csv(table: &Table) -> Result<Vec<u8>, Failure> {
    Ok(delimited(table, b',', true)?.into_bytes())
}

/// Values below their columns as the bytes of a CSV file.
fn rows<'a, const N: usize>(
    columns: &[&str; N],
    values: impl Iterator<Item = [&'a dyn Written; N]>,
) -> Result<Vec<u8>, Failure> {
    let mut bytes = csv(&Table::new(columns.iter().copied()))?;
    values.for_each(|values| put_row(&mut bytes, &values));
    Ok(bytes)
}

/// The rows of `refused.csv` as that file.
pub(crate) fn refused_file(refusals: &[(String, Refusal)]) -> Result<OutputFile, Failure> {
    Ok(("refused.csv".to_owned(), csv(&refused_table(refusals))?))
}

/// The name and the hash of each file, as a manifest lists them.
pub(crate) fn hashes(files: &[OutputFile]) -> Map<String, Value> {
    files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes).into())).collect()
}

/// `manifest.json` of a statement, with the hashes of the files that stand beside it.
///
/// - `links_from`: which links counted, where that is set (a workspace); the manifest says so (decision D11).
pub(crate) fn manifest(
    statement: &Statement,
    links_from: Option<&str>,
    hashes: &Map<String, Value>,
) -> Result<OutputFile, Failure> {
    let mut manifest = json!({
        "format_version": 1,
        "month": statement.window.month.to_string(),
        "as_of": statement.window.as_of.map(|as_of| as_of.to_string()),
        "rules_version": RULES_VERSION,
        "digest": statement.digest,
        "files": hashes,
    });
    if let (Some(links_from), Some(fields)) = (links_from, manifest.as_object_mut()) {
        fields.insert("links_from".to_owned(), links_from.into());
    }
    manifest_file(&manifest)
}

/// The name of the file that lists the others, each with its hash.
pub(crate) const MANIFEST_FILE: &str = "manifest.json";

/// A manifest as that file.
pub(crate) fn manifest_file(manifest: &Value) -> Result<OutputFile, Failure> {
    let text = format!("{}\n", serde_json::to_string_pretty(manifest)?);
    Ok((MANIFEST_FILE.to_owned(), text.into_bytes()))
}

fn coverage_table(statement: &Statement) -> Table {
    let row = |line: &CoverageLine| {
        vec![
            statement.window.month.to_string(),
            line.tenant.to_string(),
            line.product.to_string(),
            line.actor_basis.map(|basis| basis.to_string()).unwrap_or_default(),
            line.covered_days.to_string(),
            line.days.to_string(),
        ]
    };
    Table { rows: statement.coverage.iter().map(row).collect(), ..Table::new(COVERAGE_COLUMNS) }
}

/// The rows of `refused.csv`: sorted by file as text, then line. Each refusal comes with the name of its file.
fn refused_table(refusals: &[(String, Refusal)]) -> Table {
    let mut sorted: Vec<&(String, Refusal)> = refusals.iter().collect();
    sorted.sort_by(|(a, x), (b, y)| (a, x.address.line).cmp(&(b, y.address.line)));
    let rows = sorted.into_iter().map(|(name, refusal)| {
        let column = refusal.column.unwrap_or_default().to_owned();
        vec![name.clone(), refusal.address.line.to_string(), column, refusal.reason.to_string()]
    });
    Table { rows: rows.collect(), ..Table::new(["file", "line", "column", "reason"]) }
}

/// Refuses a folder to write into that holds facts, whose tables have the names of output files: before any work.
pub(crate) fn check_folder(folder: &Path) -> Result<(), Failure> {
    let refuse = |what: &str| {
        Err(Failure::new(
            Exit::Usage,
            format!("`--out {}`: {what}", folder.display()),
            "name a new folder, or one that `--out` wrote before",
        ))
    };
    if folder.exists() && !folder.is_dir() {
        return refuse("that is a file, not a folder");
    }
    let table = |table: facts::Table| ["csv", "parquet"].map(|ending| format!("{}.{ending}", table.name()));
    let holds = |name: &String| folder.join(name).exists();
    // An earlier output holds `coverage.csv` too, and nothing else of that kind.
    let mut facts =
        facts::Table::ALL.into_iter().flat_map(table).filter(|name| name != "coverage.csv").filter(holds);
    match facts.next() {
        Some(name) => refuse(&format!("it holds the facts table `{name}`, and facts are never overwritten")),
        None => Ok(()),
    }
}

/// Writes files into a folder, which is made if need be: each whole, synced, and only then under its name.
pub(crate) fn write_files(folder: &Path, files: &[OutputFile]) -> Result<(), Failure> {
    let failed = |error: io::Error, doing: &str, path: &Path| {
        let exit = if error.kind() == io::ErrorKind::NotFound { Exit::Fault } else { io_exit(&error) };
        let error = anyhow::Error::new(error).context(format!("cannot {doing} `{}`", path.display()));
        Failure::of(exit, error).or_advise("name another folder with `--out`")
    };
    fs::create_dir_all(folder).map_err(|error| failed(error, "make the folder", folder))?;
    for (name, bytes) in files {
        let (path, unfinished) = (folder.join(name), folder.join(format!(".{name}.new")));
        File::create(&unfinished)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&unfinished, &path))
            .map_err(|error| {
                let _ = fs::remove_file(&unfinished);
                failed(error, "write", &path)
            })?;
    }
    Ok(())
}
