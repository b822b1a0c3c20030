//! Steps of the fold, imports that did nothing, inventories that disagree with an import.

use pal_rules::evidence::IdleImport;
use pal_rules::facts::{Origin, PlatformKept};
use pal_rules::fold::{FoldEffect, FoldEvent, FoldStep};
use pal_rules::id::{Id, ObjectId};
use pal_rules::word::ImportResult;
use serde::{Deserialize, Serialize};

use super::{Text, Unreadable, read, text, time};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StepJson {
    at: Text,
    id: Text,
    object_id: Text,
    origin: Text,
    holds: bool,
    #[serde(flatten)]
    what: StepKindJson,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum StepKindJson {
    Created,
    OwnerSet,
    Imported { solution: String, managed: bool, importer_counts: bool },
}

/// An import that did nothing.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IdleImportJson {
    at: Text,
    id: Text,
    object_id: Text,
    solution: String,
    managed: bool,
    result: Text,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptJson {
    observed_at: Text,
    owner: Text,
}

impl From<&FoldStep> for StepJson {
    fn from(step: &FoldStep) -> Self {
        let origin = match step.origin {
            Origin::Dated => "dated",
            Origin::Listed => "listed",
            Origin::Inferred => "inferred",
        };
        let what = match &step.what {
            FoldEvent::Created => StepKindJson::Created,
            FoldEvent::OwnerSet => StepKindJson::OwnerSet,
            FoldEvent::Imported { solution, managed, counts } => StepKindJson::Imported {
                solution: solution.clone(),
                managed: *managed,
                importer_counts: *counts,
            },
        };
        Self {
            at: text(&step.at),
            id: text(&step.id),
            object_id: text(&step.object),
            origin: text(&origin),
            holds: step.effect == FoldEffect::Holds,
            what,
        }
    }
}

impl TryFrom<&StepJson> for FoldStep {
    type Error = Unreadable;

    fn try_from(json: &StepJson) -> Result<Self, Unreadable> {
        let origin = |word: &str| match word {
            "dated" => Some(Origin::Dated),
            "listed" => Some(Origin::Listed),
            "inferred" => Some(Origin::Inferred),
            _ => None,
        };
        Ok(Self {
            at: time("at", &json.at)?,
            id: Id::new(&json.id),
            what: match &json.what {
                StepKindJson::Created => FoldEvent::Created,
                StepKindJson::OwnerSet => FoldEvent::OwnerSet,
                StepKindJson::Imported { solution, managed, importer_counts } => FoldEvent::Imported {
                    solution: solution.clone(),
                    managed: *managed,
                    counts: *importer_counts,
                },
            },
            object: ObjectId::new(&json.object_id),
            origin: read("origin", &json.origin, origin)?,
            effect: if json.holds { FoldEffect::Holds } else { FoldEffect::KeepsImporter },
        })
    }
}

impl From<&IdleImport> for IdleImportJson {
    fn from(import: &IdleImport) -> Self {
        Self {
            at: text(&import.at),
            id: text(&import.id),
            object_id: text(&import.object),
            solution: import.solution.clone(),
            managed: import.managed,
            result: text(&import.result),
        }
    }
}

impl TryFrom<&IdleImportJson> for IdleImport {
    type Error = Unreadable;

    fn try_from(json: &IdleImportJson) -> Result<Self, Unreadable> {
        Ok(Self {
            at: time("at", &json.at)?,
            id: Id::new(&json.id),
            solution: json.solution.clone(),
            managed: json.managed,
            object: ObjectId::new(&json.object_id),
            result: read("result", &json.result, ImportResult::parse)?,
        })
    }
}

impl From<&PlatformKept> for KeptJson {
    fn from(kept: &PlatformKept) -> Self {
        Self { observed_at: text(&kept.observed_at), owner: text(&kept.owner) }
    }
}

impl TryFrom<&KeptJson> for PlatformKept {
    type Error = Unreadable;

    fn try_from(json: &KeptJson) -> Result<Self, Unreadable> {
        Ok(Self { observed_at: time("observed_at", &json.observed_at)?, owner: ObjectId::new(&json.owner) })
    }
}
