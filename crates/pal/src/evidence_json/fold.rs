//! Steps of the fold, imports that did nothing, inventories that disagree with an import.

use pal_rules::evidence::IdleImport;
use pal_rules::facts::{Origin, PlatformKept};
use pal_rules::fold::{FoldEffect, FoldEvent, FoldStep};
use pal_rules::id::{Id, ObjectId};
use pal_rules::word::ImportResult;
use serde::{Deserialize, Serialize};

use super::{Text, Unreadable, read, text, time};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StepJson<'a> {
    at: Text<'a>,
    id: Text<'a>,
    object_id: Text<'a>,
    origin: Text<'a>,
    holds: bool,
    #[serde(flatten)]
    what: StepKindJson<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum StepKindJson<'a> {
    Created,
    OwnerSet,
    Imported { solution: Text<'a>, managed: bool, importer_counts: bool },
}

/// An import that did nothing.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IdleImportJson<'a> {
    at: Text<'a>,
    id: Text<'a>,
    object_id: Text<'a>,
    solution: Text<'a>,
    managed: bool,
    result: Text<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptJson<'a> {
    observed_at: Text<'a>,
    owner: Text<'a>,
}

impl<'a> From<&'a FoldStep> for StepJson<'a> {
    fn from(step: &'a FoldStep) -> Self {
        let origin = match step.origin {
            Origin::Dated => "dated",
            Origin::Listed => "listed",
            Origin::Inferred => "inferred",
        };
        let what = match &step.what {
            FoldEvent::Created => StepKindJson::Created,
            FoldEvent::OwnerSet => StepKindJson::OwnerSet,
            FoldEvent::Imported { solution, managed, counts } => StepKindJson::Imported {
                solution: text(solution.as_str()),
                managed: *managed,
                importer_counts: *counts,
            },
        };
        Self {
            at: text(&step.at),
            id: text(&step.id),
            object_id: text(&step.object),
            origin: text(origin),
            holds: step.effect == FoldEffect::Holds,
            what,
        }
    }
}

impl TryFrom<&StepJson<'_>> for FoldStep {
    type Error = Unreadable;

    fn try_from(json: &StepJson<'_>) -> Result<Self, Unreadable> {
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
                    solution: solution.to_string(),
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

impl<'a> From<&'a IdleImport> for IdleImportJson<'a> {
    fn from(import: &'a IdleImport) -> Self {
        Self {
            at: text(&import.at),
            id: text(&import.id),
            object_id: text(&import.object),
            solution: text(import.solution.as_str()),
            managed: import.managed,
            result: text(&import.result),
        }
    }
}

impl TryFrom<&IdleImportJson<'_>> for IdleImport {
    type Error = Unreadable;

    fn try_from(json: &IdleImportJson<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            at: time("at", &json.at)?,
            id: Id::new(&json.id),
            solution: json.solution.to_string(),
            managed: json.managed,
            object: ObjectId::new(&json.object_id),
            result: read("result", &json.result, ImportResult::parse)?,
        })
    }
}

impl<'a> From<&'a PlatformKept> for KeptJson<'a> {
    fn from(kept: &'a PlatformKept) -> Self {
        Self { observed_at: text(&kept.observed_at), owner: text(&kept.owner) }
    }
}

impl TryFrom<&KeptJson<'_>> for PlatformKept {
    type Error = Unreadable;

    fn try_from(json: &KeptJson<'_>) -> Result<Self, Unreadable> {
        Ok(Self { observed_at: time("observed_at", &json.observed_at)?, owner: ObjectId::new(&json.owner) })
    }
}
