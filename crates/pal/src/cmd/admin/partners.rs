//! `pal admin partners`: the partner directory of the registry.

use std::fs;
use std::path::Path;

use pal_rules::time::Timestamp;
use pal_store::registry::{
    KnownPartner, PARTNER_COLUMNS, PartnerCsvProblem, PartnerCsvRefused, PartnersPut, check_together,
    read_partners,
};
use serde_json::Value;

use crate::cli::Partners;
use crate::exit::{Exit, Failure, Outcome, io_exit};
use crate::registry::{existing_file, file, make_data_folder, on_registry, own_request};
use crate::render::{Answer, Items, tell};
use crate::shell::Shell;

/// How many bad lines are told.
const TOLD: usize = 20;

pub(super) fn run(arguments: &Partners, shell: &Shell) -> Outcome {
    match arguments {
        Partners::Import { file } => import(file, shell),
        Partners::List => list(shell),
    }
}

fn import(csv: &Path, shell: &Shell) -> Outcome {
    if shell.settings.store.value.is_none() {
        file(shell);
    }
    let bytes = fs::read(csv).map_err(|error| {
        let exit = io_exit(&error);
        Failure::of(exit, anyhow::Error::new(error).context(format!("cannot read `{}`", csv.display())))
            .or_advise("name a CSV file of partners")
    })?;
    let partners = read_partners(&bytes).map_err(|refused| refusal(csv, &refused))?;
    make_data_folder(shell)?;
    let put = on_registry(shell, async |registry| {
        let known = registry.partners().await?.into_iter().map(|known| known.partner).collect::<Vec<_>>();
        match check_together(&partners, &known).into_iter().next() {
            Some((position, reason)) => Ok(Err((position + 1, reason))),
            None => registry.put_partners(partners, None, own_request()).await.map(Ok),
        }
    })?;
    let put = put.map_err(|(entry, reason)| {
        let message = format!("`{}`: entry {entry}: {reason}; nothing was imported", csv.display());
        Failure::new(Exit::Partial, message, "compare it with `pal admin partners list`")
    })?;
    let PartnersPut { changed, unchanged } = put;
    tell(format!("partner directory: {changed} changed, {unchanged} unchanged"));
    let mut items = Items::new(["changed", "unchanged"]);
    items.push(vec![changed.into(), unchanged.into()]);
    let answer = Answer::list(Vec::new(), "partners", &items);
    let fields = vec![("changed", Value::from(changed)), ("unchanged", Value::from(unchanged))];
    shell.output.write(&Answer { json: crate::render::object(fields), ..answer })?;
    Ok(Exit::Ok)
}

/// Why nothing was taken; bad lines are told one by one.
fn refusal(csv: &Path, refused: &PartnerCsvRefused) -> Failure {
    let shown = csv.display();
    match refused {
        PartnerCsvRefused::Header(PartnerCsvProblem { reason, .. }) => {
            let message = format!("`{shown}`: {reason}");
            Failure::new(Exit::Usage, message, "write the header as docs/operating.md shows it")
        }
        PartnerCsvRefused::Lines(problems) => {
            for problem in problems.iter().take(TOLD) {
                tell(format!("refused: {shown}: {problem}"));
            }
            if problems.len() > TOLD {
                tell(format!("refused: … and {} more lines", problems.len() - TOLD));
            }
            let lines =
                if problems.len() == 1 { "1 line".to_owned() } else { format!("{} lines", problems.len()) };
            Failure::new(
                Exit::Partial,
                format!("`{shown}`: {lines} refused; nothing was imported"),
                "correct them, then run it again",
            )
        }
    }
}

fn list(shell: &Shell) -> Outcome {
    if shell.settings.store.value.is_none() {
        existing_file(shell)?;
    }
    let partners = on_registry(shell, async |registry| registry.partners().await)?;
    shell.output.write(&Answer::list(Vec::new(), "partners", &items(&partners)))?;
    Ok(Exit::Ok)
}

fn items(partners: &[KnownPartner]) -> Items {
    let time = |at: Option<Timestamp>| at.map_or(Value::Null, |at| at.to_string().into());
    let mut items = Items::new(PARTNER_COLUMNS.into_iter().chain(["changed_at"]));
    for KnownPartner { partner, changed_at } in partners {
        items.push(vec![
            partner.partner_id.to_string().into(),
            partner.name.as_str().into(),
            partner.kind.as_str().into(),
            partner.global_partner_id.map_or(Value::Null, |id| id.to_string().into()),
            time(partner.active_from),
            time(partner.active_until),
            changed_at.to_string().into(),
        ]);
    }
    items
}
