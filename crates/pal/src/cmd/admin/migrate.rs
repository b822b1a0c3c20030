//! `pal admin migrate`: the registry of the data folder into PostgreSQL.

use pal_store::registry::{PostgresSettings, RegistryFault, UrlSource, migrate_to_postgres};
use serde_json::Value;

use super::verify::tell_report;
use crate::exit::{Exit, Failure, Outcome};
use crate::registry::{existing_file, failure, lock, own_request};
use crate::render::{Answer, Items, tell};
use crate::shell::Shell;

pub(super) fn run(to: &str, shell: &Shell) -> Outcome {
    let problem = |problem| failure(RegistryFault::PostgresSettings(problem));
    let database = PostgresSettings::parse(to, UrlSource::Open).map_err(problem)?;
    let database = database.with_password_of(shell.settings.password_file.as_ref()).map_err(problem)?;
    let file = existing_file(shell)?;
    // No server may write to the file meanwhile.
    let _lock = lock(shell.data(), "pal admin migrate")?;
    tell(format!("into: {database}"));
    if let Some(warning) = database.warning() {
        tell(format!("warning: {warning}"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let migrated = runtime.block_on(migrate_to_postgres(&file, &database, shell.clocks.now, own_request()));
    let migrated = migrated.map_err(|fault: RegistryFault| -> Failure { failure(fault) })?;
    tell_report(&migrated.report, &[]);
    tell("keep the file as evidence; from now on start servers with `--store`, never on the file");
    let mut items = Items::new(["table", "rows"]);
    for (table, rows) in migrated.rows {
        items.push(vec![table.into(), Value::from(rows)]);
    }
    shell.output.write(&Answer::list(Vec::new(), "tables", &items))?;
    Ok(Exit::Ok)
}
