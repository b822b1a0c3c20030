//! Who claims the resource, and who wins.

use super::{Section, basis_words, not_linked_words};
use crate::claim::{Claim, FactRef};
use crate::decide::{Comparison, compare};
use crate::evidence::Evidence;
use crate::id::TenantId;
use crate::names::Names;
use crate::standing::{LinkStanding, Standing, Verdict};
use crate::word::{KnownFrom, PrincipalKind, Product};

/// Every claim with what decides about it.
pub(super) fn section(evidence: &Evidence, names: Names<'_>) -> Section {
    if evidence.claims.is_empty() {
        let nobody = match evidence.subject.product {
            Product::PowerBi => "No publisher of the dataset is known.",
            Product::CustomerInsights => "Nobody was active on the instance in the month.",
            _ => "No holder or co-owner is known.",
        };
        return Section::new("Claims", vec![nobody.to_owned()]);
    }
    let tenant = &evidence.subject.tenant;
    let row = |claim: &Claim| {
        let claimed = &claim.claimed;
        let through =
            claimed.group.as_ref().map(|group| format!(" (through {})", names.principal(tenant, group)));
        let who = names.principal(tenant, &claimed.object) + through.as_deref().unwrap_or_default();
        vec![
            who,
            claimed.basis.to_string(),
            format!("{} ({})", claimed.since, fact_words(&claimed.since_fact, names, tenant)),
            link_words(&claim.standing, names),
            format!("{} ({})", claim.last_active_at, fact_words(&claim.last_active_fact, names, tenant)),
            verdict_words(&claim.standing),
        ]
    };
    let columns = vec!["account", "basis", "since", "link", "last activity", "counts"];
    let rows = evidence.claims.iter().map(row).collect();
    Section { title: "Claims", sentences: Vec::new(), table: Some((columns, rows)) }
}

/// Who lost to whom by which comparison; nothing where one claim or none counts.
pub(super) fn contest(evidence: &Evidence, names: Names<'_>) -> Option<Section> {
    let contest = evidence.contest();
    let (winner, losers) = contest.split_first()?;
    let name = |claim: &Claim| names.principal(&evidence.subject.tenant, &claim.claimed.object);
    let sentences: Vec<String> = losers
        .iter()
        .filter_map(|loser| {
            let (by, _) = compare(winner, loser)?;
            Some(format!(
                "{} goes before {}: {}.",
                name(winner),
                name(loser),
                comparison_words(by, winner, loser)
            ))
        })
        .collect();
    (!sentences.is_empty()).then(|| Section::new("The latest", sentences))
}

fn comparison_words(by: Comparison, winner: &Claim, loser: &Claim) -> String {
    match by {
        Comparison::LastActive => {
            format!("it was active later ({} after {})", winner.last_active_at, loser.last_active_at)
        }
        Comparison::Since => format!(
            "both were last active at {}, and its claim is younger ({} after {})",
            winner.last_active_at, winner.claimed.since, loser.claimed.since
        ),
        Comparison::LinkedAt => "both tie in activity and claim, and it was linked later".to_owned(),
        Comparison::PartnerId => {
            "both tie in activity, claim and link, and its partner id is smaller".to_owned()
        }
        Comparison::ObjectId => "both tie in everything else, and its object id is smaller".to_owned(),
    }
}

/// A fact, by its id or kind.
pub(super) fn fact_words(fact: &FactRef, names: Names<'_>, tenant: &TenantId) -> String {
    match fact {
        FactRef::Event(id) => format!("event {id}"),
        FactRef::Import(id) => format!("import {id}"),
        FactRef::Membership(group) => format!("member of {}", names.principal(tenant, group)),
        FactRef::Activity(kind) => format!("`{kind}` activity"),
        FactRef::AnyActivity => "activity on the instance".to_owned(),
    }
}

fn link_words(standing: &Standing, names: Names<'_>) -> String {
    match standing.link {
        LinkStanding::On { partner, linked_at, known_from, .. } => {
            let known = match known_from {
                KnownFrom::Microsoft => "read from Microsoft",
                KnownFrom::Declared => "declared",
                KnownFrom::ThisServer => "only here",
            };
            format!("{} ({partner}) since {linked_at}, {known}", names.partner(partner))
        }
        LinkStanding::Removed { partner, unlinked_at, .. } => {
            format!("{} ({partner}) until {unlinked_at}", names.partner(partner))
        }
        LinkStanding::Later { linked_at, .. } => not_linked_words(Some(linked_at)),
        LinkStanding::Never => not_linked_words(None),
    }
}

fn verdict_words(standing: &Standing) -> String {
    match standing.verdict() {
        Verdict::Counts(..) => "yes".to_owned(),
        Verdict::System => "no: the platform itself".to_owned(),
        Verdict::Not(_) if standing.kind == Some(PrincipalKind::Group) => "no: a group".to_owned(),
        Verdict::Not(reason) => match standing.disabled_at {
            Some(disabled_at) => format!("no: {reason}, disabled since {disabled_at}"),
            None => format!("no: {reason}"),
        },
    }
}

/// A claim's account and what it is to the resource.
pub(super) fn claimant(claim: &Claim, evidence: &Evidence, names: Names<'_>) -> String {
    let account = names.principal(&evidence.subject.tenant, &claim.claimed.object);
    format!("{account}, {}", basis_words(claim.claimed.basis))
}
