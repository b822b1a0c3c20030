//! The registry of the data folder, read as facts at close (`cli.md`, The data folder): its partner directory as further
//! `partners` rows, its links as rows that are known from this server.

use std::collections::BTreeSet;

use pal_rules::facts::{Address, Entry, Row, Table, Value};
use pal_store::registry::audit::OPERATOR_CHAIN;
use pal_store::registry::{FILE_NAME, PartnerPolicy, RegistryRow, rows_of_file};
use pal_store::workspace::{Closing, NewRow, StoredFacts, Workspace};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::exit::{Exit, Failure};
use crate::output_files::OutputFile;
use crate::registry::{failure, refuse_migrated};
use crate::shell::{RESTORE, Shell};

/// The file of a closing that holds what it read of the registry, one JSON object a line, compressed.
const REGISTRY_FILE: &str = "registry.jsonl.zst";

/// What the registry tells, each row once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RegistryFacts(Vec<RegistryRow>);

impl RegistryFacts {
    /// Reads the registry: that of the setting `store`, else the one beside the workspace; nothing where there is none.
    ///
    /// - `with_links`: also its links, and not only its partner directory.
    pub(crate) fn read(workspace: &Workspace, shell: &Shell, with_links: bool) -> Result<Self, Failure> {
        if shell.settings.store.value.is_some() && workspace.folder() == shell.data() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let rows = runtime.block_on(async {
                let registry = shell.registry(PartnerPolicy::Directory).await?;
                registry.rows(with_links).await.map_err(failure)
            })?;
            return Ok(Self(rows));
        }
        let path = workspace.folder().join(FILE_NAME);
        if path.exists() {
            refuse_migrated(workspace.folder())?;
            rows_of_file(&path, with_links).map(Self).map_err(failure)
        } else {
            Ok(Self::default())
        }
    }

    /// Adds the rows to those of the workspace; their addresses are the changes they go back to.
    pub(crate) fn add_to(&self, stored: &mut StoredFacts) {
        for told in &self.0 {
            let name = changes_of(told.chain);
            // The rows of a chain follow each other.
            if stored.names.last() != Some(&name) {
                stored.names.push(name);
            }
            let number = stored.names.len() - 1;
            let address =
                Address { file: u32::try_from(number).unwrap_or(0), line: told.sequence.cast_unsigned() };
            stored.gathered.push(told.table, Entry { row: told.row.clone(), address });
        }
    }

    /// The links.
    pub(crate) fn links(&self) -> impl Iterator<Item = &Row> {
        self.0.iter().filter(|told| told.table == Table::Links).map(|told| &told.row)
    }

    /// What a version of a month read of the registry; nothing where there was none.
    pub(crate) fn of_closing(closing: &Closing) -> Result<Self, Failure> {
        // What is renewed beside its lines may have been read later: the version's own folder counts.
        let path = closing.folder.with_file_name(format!("v{}", closing.version)).join(REGISTRY_FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let damaged = || Failure::new(Exit::Fault, format!("`{}` is damaged", path.display()), RESTORE);
        let lines = zstd::decode_all(std::fs::read(&path)?.as_slice()).map_err(|_| damaged())?;
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows = lines.map(|line| unpacked(&serde_json::from_slice(line).ok()?));
        rows.collect::<Option<Vec<_>>>().map(Self).ok_or_else(damaged)
    }

    /// The rows as they are kept with a closing, if there are any.
    pub(crate) fn packed(&self) -> Result<Option<OutputFile>, Failure> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let mut lines = Vec::new();
        for told in &self.0 {
            serde_json::to_writer(&mut lines, &json_of(told))?;
            lines.push(b'\n');
        }
        Ok(Some((REGISTRY_FILE.to_owned(), zstd::encode_all(lines.as_slice(), 3)?)))
    }

    /// The rows that are not among earlier ones.
    pub(crate) fn since(&self, earlier: &Self) -> Vec<NewRow> {
        let known: BTreeSet<(Table, &Row)> = earlier.0.iter().map(|told| (told.table, &told.row)).collect();
        let new = self.0.iter().filter(|told| !known.contains(&(told.table, &told.row)));
        new.map(|told| new_row(told, changes_of(told.chain))).collect()
    }

    /// The rows of which nothing is left since, not even with another end: the registry was restored.
    pub(crate) fn gone_since(&self, earlier: &Self) -> Vec<NewRow> {
        let known: BTreeSet<(Table, Vec<&Value>)> = self.0.iter().map(key).collect();
        let gone = earlier.0.iter().filter(|told| !known.contains(&key(told)));
        gone.map(|told| new_row(told, format!("no longer in the {}", changes_of(told.chain)))).collect()
    }
}

/// What makes two rows the same fact, seen at different times: a partner's id, a link's principal and start.
fn key(told: &RegistryRow) -> (Table, Vec<&Value>) {
    let places: &'static [usize] = if told.table == Table::Links { &[0, 1, 3] } else { &[0] };
    (told.table, told.row.key(places).collect())
}

/// A chain as the place where a row is read.
fn changes_of(chain: Uuid) -> String {
    if chain == OPERATOR_CHAIN {
        "registry, change of the partner directory".to_owned()
    } else {
        format!("registry, change of tenant {chain}")
    }
}

fn new_row(told: &RegistryRow, file: String) -> NewRow {
    NewRow { table: told.table, row: told.row.clone(), import: 0, file, line: told.sequence.cast_unsigned() }
}

fn json_of(told: &RegistryRow) -> Json {
    let cells = told.table.columns().iter().zip(told.row.values());
    let row = cells.map(|(column, value)| (column.name.to_owned(), Json::from(value.text())));
    json!({
        "table": told.table.name(),
        "chain": told.chain.to_string(),
        "sequence": told.sequence,
        "row": Json::Object(row.collect()),
    })
}

fn unpacked(json: &Json) -> Option<RegistryRow> {
    let table = Table::parse(json.get("table")?.as_str()?)?;
    let columns = table.columns();
    let row = json.get("row")?;
    let cells: Vec<&str> =
        columns.iter().map(|column| row.get(column.name)?.as_str()).collect::<Option<_>>()?;
    let places: Vec<usize> = (0..columns.len()).collect();
    Some(RegistryRow {
        table,
        row: Row::parse(table, &places, cells.into_iter()).ok()?,
        chain: Uuid::try_parse(json.get("chain")?.as_str()?).ok()?,
        sequence: json.get("sequence")?.as_i64()?,
    })
}
