//! The inventory as the admin center downloads it, a spreadsheet under the names that it shows. Which columns it has is up to
//! whoever downloads it. A row becomes an entry of the inventory, and that what it becomes.

use serde_json::{Value, json};

use super::inventory;
use crate::outside::facts::{Facts, Outcome};
use crate::outside::inventory::somebody;
use crate::outside::{Context, Record, normal};

pub(super) fn recognises(record: Record<'_>) -> bool {
    record.has(&["Item name", "Item type"])
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    match entry(record) {
        Ok(entry) => inventory::becomes(Record::new(&entry), context, facts),
        Err(outcome) => outcome,
    }
}

/// The cell under one of these heads; a dash stands for nothing.
fn cell<'a>(record: Record<'a>, heads: &[&str]) -> Option<&'a str> {
    heads.iter().filter_map(|head| record.text(&[head])).find(|text| !matches!(*text, "–" | "—" | "-"))
}

fn entry(record: Record<'_>) -> Result<Value, Outcome> {
    let item = cell(record, &["Item ID"]).ok_or(Outcome::refused(
        "the row has no item id: show the column Item ID before you download the inventory",
    ))?;
    let kind = kind(cell(record, &["Item type"]).unwrap_or_default())
        .ok_or(Outcome::ignored("an item that is neither app, flow nor environment"))?;
    let environment =
        cell(record, &["Environment ID", "Environment"]).filter(|text| normal::guid(bare(text)).is_some());
    if environment.is_none() && !kind.starts_with("microsoft.powerplatform/") {
        return Err(Outcome::refused(
            "the row names its environment by no id: show the column Environment ID before you download the inventory, \
             or export it through its API",
        ));
    }
    let owner = cell(record, &["Owner ID", "Owner"]);
    // An owner who is only called by a name is somebody; the creator is not the owner then.
    let named_only = owner.is_some() && somebody(&[owner]).is_none();
    let canvas = kind == "microsoft.powerapps/canvasapps";
    let creator = cell(record, &["Created by ID", "Created by"]).filter(|_| !(canvas && named_only));
    Ok(json!({
        "name": item,
        "type": kind,
        "tenantId": cell(record, &["Tenant ID"]),
        "properties": {
            "displayName": cell(record, &["Item name"]),
            "environmentId": environment,
            "environmentType": cell(record, &["Environment type"]),
            "ownerId": owner,
            "createdBy": creator,
            "createdAt": cell(record, &["Created on"]),
            "lastModifiedAt": cell(record, &["Modified on"]),
            "appModuleId": cell(record, &["App module ID"]),
            "logicalName": cell(record, &["Logical name"]),
            "workflowEntityId": cell(record, &["Workflow entity ID"]),
        },
    }))
}

/// An environment's id without what marks the default one.
fn bare(text: &str) -> &str {
    let cut = text.get(..8).filter(|start| start.eq_ignore_ascii_case("default-"));
    text.get(cut.map_or(0, str::len)..).unwrap_or_default()
}

/// The type as the inventory has it, by the word that is shown.
fn kind(shown: &str) -> Option<String> {
    let word: String = shown.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
    Some(match word.trim_end_matches('s') {
        "canvasapp" => "microsoft.powerapps/canvasapps".to_owned(),
        "modeldrivenapp" => "microsoft.powerapps/modeldrivenapps".to_owned(),
        "codeapp" | "vibeapp" => "microsoft.powerapps/codeapps".to_owned(),
        "cloudflow" => "microsoft.powerautomate/cloudflows".to_owned(),
        "agentflow" => "microsoft.powerautomate/agentflows".to_owned(),
        "environment" => "microsoft.powerplatform/environments".to_owned(),
        _ if shown.to_ascii_lowercase().starts_with("microsoft.") => shown.to_ascii_lowercase(),
        _ => return None,
    })
}
