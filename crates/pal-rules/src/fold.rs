//! The holder of a resource: one fold over creations, owner changes and solution imports (`attribution.md` §2).

use crate::facts::{Facts, Origin, Resource};
use crate::id::{Id, ObjectId};
use crate::time::Timestamp;
use crate::word::OwnershipKind;

/// One step of the fold, with what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldStep {
    /// When.
    pub at: Timestamp,
    /// The event's or the import's id.
    pub id: Id,
    /// What happened.
    pub what: FoldEvent,
    /// Who did it, or whom it names.
    pub object: ObjectId,
    /// Where the fact comes from.
    pub origin: Origin,
    /// What it did to the holder.
    pub effect: FoldEffect,
}

/// What a step of the fold is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoldEvent {
    /// The resource was made.
    Created,
    /// An owner was set.
    OwnerSet,
    /// A solution that contains it was imported.
    Imported {
        /// The solution's name and version.
        solution: String,
        /// Whether it was managed; makes no difference to credit.
        managed: bool,
        /// Whether the importer counts at the instant.
        counts: bool,
    },
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldEffect {
    /// Its principal became the holder.
    Holds,
    /// Nothing: an import by an account that does not count takes nothing from an earlier importer that does (D2).
    KeepsImporter,
}

/// Who holds a resource, since when and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The principal.
    pub object: ObjectId,
    /// Since then.
    pub since: Timestamp,
    /// Whether by solution import.
    pub by_import: bool,
    /// The fact that made it so.
    pub id: Id,
}

/// Walks the steps before `at`, in order.
pub fn fold(facts: &Facts, resource: &Resource, at: Timestamp) -> Vec<FoldStep> {
    let mut steps = dated_steps(facts, resource, at);
    let mut importer_holds = false;
    for step in &mut steps {
        match step.what {
            FoldEvent::Created | FoldEvent::OwnerSet => importer_holds = false,
            FoldEvent::Imported { counts: true, .. } => importer_holds = true,
            FoldEvent::Imported { counts: false, .. } if importer_holds => {
                step.effect = FoldEffect::KeepsImporter;
            }
            FoldEvent::Imported { counts: false, .. } => {}
        }
    }
    steps
}

/// The holder after these steps: whoever the last one that did something names.
pub fn holder(steps: &[FoldStep]) -> Option<Holder> {
    let step = steps.iter().rev().find(|step| step.effect == FoldEffect::Holds)?;
    Some(Holder {
        object: step.object.clone(),
        since: step.at,
        by_import: matches!(step.what, FoldEvent::Imported { .. }),
        id: step.id.clone(),
    })
}

/// Creations, owner changes and imports by (time, dated before derived, id as text).
fn dated_steps(facts: &Facts, resource: &Resource, at: Timestamp) -> Vec<FoldStep> {
    let events = resource.events.iter().filter(|event| event.at < at).filter_map(|event| {
        let what = match event.kind {
            OwnershipKind::Created => FoldEvent::Created,
            OwnershipKind::OwnerSet => FoldEvent::OwnerSet,
            _ => return None,
        };
        Some(FoldStep {
            at: event.at,
            id: event.id.0.clone(),
            what,
            object: event.object.clone(),
            origin: event.origin,
            effect: FoldEffect::Holds,
        })
    });
    let imports =
        resource.imports().iter().filter(|import| import.completed_at < at).map(|import| FoldStep {
            at: import.completed_at,
            id: import.id.0.clone(),
            what: FoldEvent::Imported {
                solution: format!("{} {}", import.solution, import.version),
                managed: import.managed,
                counts: facts.standing(&resource.tenant, &import.object, at).counts(),
            },
            object: import.object.clone(),
            origin: Origin::Dated,
            effect: FoldEffect::Holds,
        });
    let mut steps: Vec<FoldStep> = events.chain(imports).collect();
    steps.sort_by(|a, b| {
        (a.at, a.origin != Origin::Dated, &a.id).cmp(&(b.at, b.origin != Origin::Dated, &b.id))
    });
    steps
}
