//! The files of a statement: made whole in memory, written under new names, then renamed.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use pal_rules::coverage::{COVERAGE_COLUMNS, CoverageLine};
use pal_rules::facts::Refusal;
use pal_rules::names::{NAME_COLUMNS, Names};
use pal_rules::statement::{COMPANY_COLUMNS, ROLLUP_COLUMNS, RULES_VERSION, Rollup, STATEMENT_COLUMNS};
use serde_json::{Map, Value, json};

use crate::digest::sha256;
use crate::exit::Failure;
use crate::judge::Statement;
use crate::render::{Table, delimited};

/// A file's name and its bytes.
pub(crate) type OutputFile = (String, String);

/// `statement.csv`, `rollup.csv`, `company.csv`, `coverage.csv`, with names `statement.named.csv`, and `manifest.json`.
pub(crate) fn statement_files(
    statement: &Statement,
    digest: &str,
    names: Option<Names<'_>>,
) -> Result<Vec<OutputFile>, Failure> {
    let mut files = vec![
        ("statement.csv".to_owned(), delimited(&statement_table(statement), b',', true)?),
        ("rollup.csv".to_owned(), delimited(&rollup_table(&statement.rollup), b',', true)?),
        ("company.csv".to_owned(), delimited(&company_table(&statement.company), b',', true)?),
        ("coverage.csv".to_owned(), delimited(&coverage_table(statement), b',', true)?),
    ];
    if let Some(names) = names {
        files
            .push(("statement.named.csv".to_owned(), delimited(&named_table(statement, names), b',', true)?));
    }
    files.push(("manifest.json".to_owned(), manifest(statement, digest, &files)?));
    Ok(files)
}

fn manifest(statement: &Statement, digest: &str, files: &[OutputFile]) -> Result<String, Failure> {
    let hashes: Map<String, Value> =
        files.iter().map(|(name, bytes)| (name.clone(), Value::from(sha256(bytes.as_bytes())))).collect();
    let manifest = json!({
        "format_version": 1,
        "month": statement.window.month.to_string(),
        "as_of": statement.window.as_of.map(|as_of| as_of.to_string()),
        "rules_version": RULES_VERSION,
        "digest": digest,
        "files": hashes,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&manifest)?))
}

/// The rows of `statement.csv`.
pub(crate) fn statement_table(statement: &Statement) -> Table {
    let rows = statement.lines.iter().map(|attribution| attribution.line.cells().to_vec()).collect();
    Table { rows, ..Table::new(STATEMENT_COLUMNS) }
}

/// The same with the names in front.
fn named_table(statement: &Statement, names: Names<'_>) -> Table {
    let row = |line: &pal_rules::statement::Line| {
        names.of_line(line).into_iter().chain(line.cells()).collect::<Vec<String>>()
    };
    let rows = statement.lines.iter().map(|attribution| row(&attribution.line)).collect();
    Table { rows, ..Table::new(NAME_COLUMNS.into_iter().chain(STATEMENT_COLUMNS)) }
}

/// The rows of `rollup.csv`.
pub(crate) fn rollup_table(rollup: &[Rollup]) -> Table {
    Table { rows: rollup.iter().map(Rollup::cells).collect(), ..Table::new(ROLLUP_COLUMNS) }
}

/// The rows of `company.csv`.
pub(crate) fn company_table(company: &[Rollup]) -> Table {
    Table { rows: company.iter().map(Rollup::company_cells).collect(), ..Table::new(COMPANY_COLUMNS) }
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

/// `refused.csv`: sorted by file as text, then line; `name` gives a refusal's file.
pub(crate) fn refused_file<'a>(
    refusals: &'a [Refusal],
    name: impl Fn(&Refusal) -> &'a str,
) -> Result<OutputFile, Failure> {
    let mut rows: Vec<(&str, &Refusal)> = refusals.iter().map(|refusal| (name(refusal), refusal)).collect();
    rows.sort_by_key(|(name, refusal)| (*name, refusal.address.line));
    let rows = rows.into_iter().map(|(name, refusal)| {
        let column = refusal.column.unwrap_or_default().to_owned();
        vec![name.to_owned(), refusal.address.line.to_string(), column, refusal.reason.to_string()]
    });
    let table = Table { rows: rows.collect(), ..Table::new(["file", "line", "column", "reason"]) };
    Ok(("refused.csv".to_owned(), delimited(&table, b',', true)?))
}

/// Writes files into a folder, which is made if need be: each whole, synced, and only then under its name.
pub(crate) fn write_files(folder: &Path, files: &[OutputFile]) -> Result<(), Failure> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    for (name, bytes) in files {
        let (path, unfinished) = (folder.join(name), folder.join(format!(".{name}.new")));
        let written = File::create(&unfinished)
            .and_then(|mut file| file.write_all(bytes.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&unfinished, &path));
        written.with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}
