//! Steps of the fold, imports that did nothing, inventories that disagree with an import.

use pal_rules::evidence::IdleImport;
use pal_rules::facts::{Origin, PlatformKept};
use pal_rules::fold::{FoldEffect, FoldEvent, FoldStep};
use pal_rules::id::{Id, ObjectId};
use pal_rules::word::ImportResult;

use super::put::Flat;
use super::{Text, Unreadable, Value, read, text, time};

mirror! {
    pub(super) struct StepJson<T> {
        at: T,
        id: T,
        object_id: T,
        origin: T,
        holds: bool,
        #[serde(flatten)]
        what: Flat<StepKindJson<T>>,
    }

    enum StepKindJson<T> by "what" {
        Created = "created",
        OwnerSet = "owner_set",
        Imported = "imported" { solution: T, managed: bool, importer_counts: bool },
    }

    /// An import that did nothing.
    pub(super) struct IdleImportJson<T> {
        at: T,
        id: T,
        object_id: T,
        solution: T,
        managed: bool,
        result: T,
    }

    pub(super) struct KeptJson<T> {
        observed_at: T,
        owner: T,
    }
}

impl<'a> From<&'a FoldStep> for StepJson<Value<'a>> {
    fn from(step: &'a FoldStep) -> Self {
        let what = match &step.what {
            FoldEvent::Created => StepKindJson::Created,
            FoldEvent::OwnerSet => StepKindJson::OwnerSet,
            FoldEvent::Imported { solution, managed, counts } => StepKindJson::Imported {
                solution: text(solution),
                managed: *managed,
                importer_counts: *counts,
            },
        };
        Self {
            at: text(&step.at),
            id: text(&step.id),
            object_id: text(&step.object),
            origin: text(&step.origin),
            holds: step.effect == FoldEffect::Holds,
            what: Flat(what),
        }
    }
}

impl TryFrom<&StepJson<Text<'_>>> for FoldStep {
    type Error = Unreadable;

    fn try_from(json: &StepJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(Self {
            at: time("at", &json.at)?,
            id: Id::new(&json.id),
            what: match &json.what.0 {
                StepKindJson::Created => FoldEvent::Created,
                StepKindJson::OwnerSet => FoldEvent::OwnerSet,
                StepKindJson::Imported { solution, managed, importer_counts } => FoldEvent::Imported {
                    solution: solution.to_string(),
                    managed: *managed,
                    counts: *importer_counts,
                },
            },
            object: ObjectId::new(&json.object_id),
            origin: read("origin", &json.origin, Origin::parse)?,
            effect: if json.holds { FoldEffect::Holds } else { FoldEffect::KeepsImporter },
        })
    }
}

impl<'a> From<&'a IdleImport> for IdleImportJson<Value<'a>> {
    fn from(import: &'a IdleImport) -> Self {
        Self {
            at: text(&import.at),
            id: text(&import.id),
            object_id: text(&import.object),
            solution: text(&import.solution),
            managed: import.managed,
            result: text(&import.result),
        }
    }
}

impl TryFrom<&IdleImportJson<Text<'_>>> for IdleImport {
    type Error = Unreadable;

    fn try_from(json: &IdleImportJson<Text<'_>>) -> Result<Self, Unreadable> {
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

impl<'a> From<&'a PlatformKept> for KeptJson<Value<'a>> {
    fn from(kept: &'a PlatformKept) -> Self {
        Self { observed_at: text(&kept.observed_at), owner: text(&kept.owner) }
    }
}

impl TryFrom<&KeptJson<Text<'_>>> for PlatformKept {
    type Error = Unreadable;

    fn try_from(json: &KeptJson<Text<'_>>) -> Result<Self, Unreadable> {
        Ok(Self { observed_at: time("observed_at", &json.observed_at)?, owner: ObjectId::new(&json.owner) })
    }
}
