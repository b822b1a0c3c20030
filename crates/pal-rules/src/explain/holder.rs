//! How the holder came to hold the resource, step by step.

use super::Section;
use super::teller::{Teller, day, moment};
use crate::evidence::IdleImport;
use crate::facts::{Origin, PlatformKept, listed};
use crate::fold::{FoldEffect, FoldEvent, FoldStep};
use crate::id::Id;
use crate::time::Timestamp;
use crate::word::ImportResult;

/// The steps, and what else was looked at and did nothing.
pub(super) fn section(teller: &Teller<'_>) -> Option<Section> {
    let evidence = teller.evidence;
    if !evidence.subject.product.goes_into_solutions() {
        return None;
    }
    let mut steps: Vec<(Timestamp, String)> = Vec::new();
    for (position, step) in evidence.fold.iter().enumerate() {
        let before = evidence.fold.get(..position).unwrap_or_default();
        steps.push((step.at, step_words(step, before, teller)));
    }
    steps.extend(evidence.idle_imports.iter().map(|import| (import.at, idle_words(import, teller))));
    // The sort is stable: the order of the fold stays.
    steps.sort_by_key(|(at, _)| *at);
    let mut sentences = Vec::new();
    if evidence.fold.is_empty() {
        sentences.push("No creation, owner change or import of it is known, so nobody holds it.".to_owned());
    }
    let rows: Vec<Vec<String>> = steps.into_iter().map(|(at, what)| vec![moment(at), what]).collect();
    let table = (!rows.is_empty()).then(|| (vec!["when", "what happened"], rows));
    Some(Section { table, notes: kept_words(teller), ..Section::new("Holder", sentences) })
}

fn step_words(step: &FoldStep, before: &[FoldStep], teller: &Teller<'_>) -> String {
    let who = teller.who(&step.object);
    let from = match step.origin {
        Origin::Dated => teller.event(&step.id),
        Origin::Listed | Origin::Inferred => inventory_words(&step.id, teller),
    };
    match &step.what {
        FoldEvent::Created if step.origin == Origin::Inferred => {
            let declared = listed(&step.id).is_some_and(|(at, ..)| teller.is_declared(at));
            let open = if declared { "" } else { ", which does not say since when" };
            format!("{who} is its owner, {from}{open}; taken as from its creation: the holder from then on.")
        }
        FoldEvent::OwnerSet if step.origin == Origin::Listed => {
            format!("{who} is its owner, {from}: the holder from then on.")
        }
        FoldEvent::Created => format!("{who} created it ({from}): the holder from then on."),
        FoldEvent::OwnerSet => format!("{who} was made its owner ({from}): the holder from then on."),
        FoldEvent::Imported { solution, managed, counts } => {
            let import = import_words(&who, solution, *managed, &step.id);
            let holder = before.iter().rev().find(|step| step.effect == FoldEffect::Holds);
            let by_import = holder.is_some_and(|step| matches!(step.what, FoldEvent::Imported { .. }));
            match (step.effect, counts, holder) {
                (FoldEffect::KeepsImporter, ..) => format!(
                    "{import}: changed nothing, since this account does not count and the importer before does."
                ),
                (_, false, Some(holder)) if !by_import && holder.object != step.object => format!(
                    "{import}: the holder from then on. This account does not count, yet any import takes the \
                     resource from an account that did not import it."
                ),
                _ => format!("{import}: the holder from then on."),
            }
        }
    }
}

fn inventory_words(id: &Id, teller: &Teller<'_>) -> String {
    match listed(id) {
        Some((at, ..)) if !teller.is_declared(at) => format!("says the inventory of {}", day(at)),
        _ => teller.event(id),
    }
}

fn import_words(who: &str, solution: &str, managed: bool, id: &Id) -> String {
    let managed = if managed { "managed" } else { "unmanaged" };
    format!("{who} imported {solution} ({managed}, import {id})")
}

fn idle_words(import: &IdleImport, teller: &Teller<'_>) -> String {
    let words = import_words(&teller.who(&import.object), &import.solution, import.managed, &import.id);
    let ended = match import.result {
        ImportResult::Succeeded => "succeeded",
        ImportResult::Failed => "failed",
        ImportResult::Cancelled => "was cancelled",
        ImportResult::Holding => "is on hold, not applied",
    };
    format!("{words}, but this import {ended}: it did nothing.")
}

/// Inventories that name the owner from before an import, those of one owner together.
fn kept_words(teller: &Teller<'_>) -> Vec<String> {
    let same_owner = |a: &PlatformKept, b: &PlatformKept| a.owner == b.owner;
    let words = teller.evidence.kept_by_platform.chunk_by(same_owner).filter_map(|kept| {
        let (first, last) = (kept.first()?, kept.last()?);
        let told = if kept.iter().any(|kept| teller.is_declared(kept.observed_at)) {
            format!("What was declared as from {} names", day(first.observed_at))
        } else if kept.len() == 1 {
            format!("The inventory of {} names", day(first.observed_at))
        } else {
            let (first, last) = (day(first.observed_at), day(last.observed_at));
            format!("{} inventories, from {first} to {last}, name", kept.len())
        };
        Some(format!(
            "{told} {}, the owner from before an import: the platform kept the old owner \
             (owner_kept_by_platform). Here the import decides.",
            teller.who(&first.owner)
        ))
    });
    words.collect()
}
