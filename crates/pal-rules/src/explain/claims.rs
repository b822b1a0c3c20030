//! Who claims the resource, and who wins.

use super::Section;
use super::make_real::only_here;
use super::teller::{
    Teller, basis_word, day, known_words, left_out_words, many, moment, moments, no_link_before,
};
use crate::claim::{Claim, FactRef};
use crate::decide::{Comparison, compare};
use crate::evidence::PastCoOwner;
use crate::standing::{LinkStanding, Obstacle, Standing, Verdict};
use crate::word::{Basis, KnownFrom, PrincipalKind, Product, Reason};

/// How many claims that were never linked are told one by one; an instance can have hundreds.
const TOLD: usize = 10;

/// The claims that are told one by one, those nearest to credit first, and those that are only counted.
pub(super) fn shown<'a>(teller: &Teller<'a>) -> (Vec<&'a Claim>, Vec<&'a Claim>) {
    let evidence = teller.evidence;
    let mut shown = evidence.contest();
    let (never, ever): (Vec<&Claim>, Vec<&Claim>) =
        evidence.beaten_by_standing().partition(|claim| claim.standing.was_never_linked());
    shown.extend(ever);
    let (told, untold) = never.split_at(never.len().min(TOLD));
    shown.extend(told);
    (shown, untold.to_vec())
}

/// Every claim with what decides about it.
pub(super) fn section(teller: &Teller<'_>) -> Section {
    let evidence = teller.evidence;
    let past = evidence.past_co_owners.iter().map(|past| past_words(past, teller));
    if evidence.claims.is_empty() {
        let nobody = match evidence.subject.product {
            Product::PowerBi => "No publisher of the dataset is known.",
            Product::CustomerInsights => "Nobody was active on the instance in the month.",
            Product::PowerAppsCanvas => "No holder or co-owner is known.",
            _ => "No holder is known.",
        };
        return Section { notes: past.collect(), ..Section::new("Claims", vec![nobody.to_owned()]) };
    }
    let (told, untold) = shown(teller);
    let row = |claim: &&Claim| {
        vec![
            teller.who(&claim.claimed.object),
            basis_word(claim.claimed.basis),
            day(claim.claimed.since),
            moment(claim.last_active_at),
            verdict_words(&claim.standing, teller),
        ]
    };
    let columns = vec!["account", "basis", "since", "last active", "counts"];
    let rows = told.iter().map(row).collect();
    let mut notes: Vec<String> = told.iter().filter_map(|claim| claim_words(claim, teller)).collect();
    if !untold.is_empty() {
        let accounts = many(untold.len() as u64, "more account claims", "more accounts claim");
        notes.push(format!("{accounts} it and never had a link; `-o json` lists them all."));
    }
    notes.extend(past);
    notes.extend(only_here(&told, teller));
    Section { table: Some((columns, rows)), notes, ..Section::new("Claims", Vec::new()) }
}

/// The link of a claim, and the facts behind its two times.
fn claim_words(claim: &Claim, teller: &Teller<'_>) -> Option<String> {
    let (claimed, standing) = (&claim.claimed, &claim.standing);
    let never = standing.was_never_linked();
    if claimed.basis == Basis::ActiveUser && never {
        // All that there is to say of the many users of an instance stands in the table.
        return None;
    }
    let who = teller.who(&claimed.object);
    let basis = match &claimed.group {
        Some(group) => format!("{} through {}", basis_word(claimed.basis), teller.who(group)),
        None => basis_word(claimed.basis),
    };
    let since = format!("{} since {} ({})", basis, moment(claimed.since), teller.fact(&claimed.since_fact));
    let last_active_at = moment(claim.last_active_at);
    let last = match &claim.last_active_fact {
        _ if claim.last_active_at == claimed.since => "no activity that counts since then".to_owned(),
        FactRef::Activity(_) => format!("{} last at {last_active_at}", teller.fact(&claim.last_active_fact)),
        fact => format!("last active {last_active_at} ({})", teller.fact(fact)),
    };
    Some(format!("{who}: {}; {since}; {last}.", link_words(standing, teller)))
}

fn past_words(past: &PastCoOwner, teller: &Teller<'_>) -> String {
    let through = past.group.as_ref().map(|group| format!(" through {}", teller.who(group)));
    format!(
        "{} was a co-owner{} from {} until {}, and has no claim any more.",
        teller.who(&past.object),
        through.unwrap_or_default(),
        moment(past.since),
        moment(past.until)
    )
}

/// The link, and how it is known.
fn link_words(standing: &Standing, teller: &Teller<'_>) -> String {
    let left_out = standing.left_out.map(|link| left_out_words(&link, teller));
    match (standing.link, left_out) {
        (LinkStanding::Never, Some(left_out)) => left_out,
        (link, Some(left_out)) => format!("{}; {left_out}", counting_link_words(link, teller)),
        (link, None) => counting_link_words(link, teller),
    }
}

fn counting_link_words(link: LinkStanding, teller: &Teller<'_>) -> String {
    let known = |known_from: Option<KnownFrom>| {
        known_from.map(|known_from| format!(", {}", known_words(known_from))).unwrap_or_default()
    };
    match link {
        LinkStanding::On { partner, linked_at, known_from, .. } => {
            format!(
                "linked to {} since {}{}",
                teller.partner(partner),
                moment(linked_at),
                known(Some(known_from))
            )
        }
        LinkStanding::Removed { partner, linked_at, unlinked_at, known_from } => format!(
            "linked to {} from {} until {}{}",
            teller.partner(partner),
            moment(linked_at),
            moment(unlinked_at),
            known(known_from)
        ),
        LinkStanding::Later { partner, linked_at, known_from } => format!(
            "{}, then to {}{}",
            no_link_before(linked_at, teller.evidence.instant),
            teller.partner(partner),
            known(known_from)
        ),
        LinkStanding::Never => "not linked".to_owned(),
    }
}

/// Whether it counts, and all that keeps it from it.
fn verdict_words(standing: &Standing, teller: &Teller<'_>) -> String {
    let obstacles = standing.obstacles();
    if obstacles.is_empty() {
        return "yes".to_owned();
    }
    let words: Vec<String> = obstacles.iter().map(|obstacle| obstacle_words(obstacle, teller)).collect();
    format!("no: {}", words.join(", "))
}

fn obstacle_words(obstacle: &Obstacle, teller: &Teller<'_>) -> String {
    match obstacle {
        Obstacle::System => "the platform itself".to_owned(),
        Obstacle::Group => "a group".to_owned(),
        Obstacle::Disabled(at) => format!("disabled since {}", day(*at)),
        Obstacle::PartnerInactive(_) => "partner not active".to_owned(),
        Obstacle::LeftOut(_) => "link does not count here".to_owned(),
        Obstacle::NoLink(LinkStanding::Removed { unlinked_at, .. }) => {
            format!("link ended {}", day(*unlinked_at))
        }
        Obstacle::NoLink(LinkStanding::Later { linked_at, .. }) => {
            no_link_before(*linked_at, teller.evidence.instant)
        }
        Obstacle::NoLink(_) => "not linked".to_owned(),
    }
}

/// Why the line is attributed to nobody, as the end of a sentence.
pub(super) fn why_nobody(teller: &Teller<'_>, reason: Reason) -> String {
    let claims = &teller.evidence.claims;
    let of_reason = || claims.iter().filter(|claim| claim.standing.verdict() == Verdict::Not(reason));
    match (reason, claims.as_slice()) {
        (Reason::NoAttributedUser, _) => format!("nobody claims it ({reason})"),
        (Reason::SystemOwned, _) => format!("only the platform itself claims it ({reason})"),
        (Reason::NotLinked, _) => nobody_linked(teller, of_reason().collect()),
        _ => of_reason().next().map_or_else(|| reason.to_string(), |claim| unfit(teller, claim, reason)),
    }
}

/// One claim of an account without a link.
fn not_linked(teller: &Teller<'_>, claim: &Claim) -> String {
    let (who, instant) = (teller.claimant(claim), teller.evidence.instant);
    if let Some(Obstacle::LeftOut(link)) = claim.standing.obstacles().last() {
        return format!("{who}, is {} ({})", left_out_words(link, teller), Reason::NotLinked);
    }
    match claim.standing.link {
        _ if claim.standing.kind == Some(PrincipalKind::Group) => {
            format!("{who}, is a group and cannot be linked ({})", Reason::NotLinked)
        }
        LinkStanding::Later { linked_at, .. } => {
            format!("for {who}, there is {}", no_link_before(linked_at, instant))
        }
        _ => format!("{who}, is not linked to a partner ({})", Reason::NotLinked),
    }
}

/// Claims, none of an account with a link.
fn nobody_linked(teller: &Teller<'_>, claims: Vec<&Claim>) -> String {
    if let [one] = claims.as_slice() {
        return not_linked(teller, one);
    }
    let accounts = format!("none of the {} accounts that claim it", claims.len());
    if claims.iter().any(|claim| claim.standing.left_out.is_some()) {
        return format!(
            "{accounts} is linked to a partner by a link that counts here, see links_from ({})",
            Reason::NotLinked
        );
    }
    let first = claims.into_iter().filter_map(|claim| match claim.standing.link {
        LinkStanding::Later { linked_at, .. } => Some((linked_at, &claim.claimed.object)),
        _ => None,
    });
    match first.min() {
        None => format!("{accounts} is linked to a partner ({})", Reason::NotLinked),
        Some((linked_at, object)) => format!(
            "{accounts} is linked to a partner yet; for {} there is {}",
            teller.who(object),
            no_link_before(linked_at, teller.evidence.instant)
        ),
    }
}

/// A claim of an account with a link that does not count.
fn unfit(teller: &Teller<'_>, claim: &Claim, reason: Reason) -> String {
    let who = teller.claimant(claim);
    match (claim.standing.link, claim.standing.disabled_at) {
        (LinkStanding::Removed { partner, unlinked_at, .. }, _) => format!(
            "{who}, was linked to {} until {} and no longer is ({reason})",
            teller.partner(partner),
            day(unlinked_at)
        ),
        (LinkStanding::On { partner, .. }, Some(disabled_at)) => format!(
            "{who}, is linked to {}, but this account is disabled since {} ({reason})",
            teller.partner(partner),
            day(disabled_at)
        ),
        (LinkStanding::On { partner, .. }, None) => {
            format!("{who}, is linked to {}, which is not active ({reason})", teller.partner(partner))
        }
        _ => format!("{who}, does not count ({reason})"),
    }
}

/// Who lost to whom by which comparison; nothing where one claim or none counts.
pub(super) fn contest(teller: &Teller<'_>) -> Option<Section> {
    let contest = teller.evidence.contest();
    let (winner, losers) = contest.split_first()?;
    let told = losers.iter().filter_map(|loser| {
        let (by, _) = compare(winner, loser)?;
        Some(comparison_words(by, winner, loser, teller))
    });
    Section::if_any("The latest", told.collect())
}

fn comparison_words(by: Comparison, winner: &Claim, loser: &Claim, teller: &Teller<'_>) -> String {
    let (first, second) = (teller.who(&winner.claimed.object), teller.who(&loser.claimed.object));
    let both = |claim: &Claim| match claim.standing.verdict() {
        Verdict::Counts(partner, linked_at) => Some((partner, linked_at)),
        _ => None,
    };
    let goes = format!("{first} goes before {second}");
    match (by, both(winner), both(loser)) {
        (Comparison::LastActive, ..) => {
            let (later, earlier) = moments(winner.last_active_at, loser.last_active_at);
            format!("{first} was active later than {second} ({later}, after {earlier}).")
        }
        (Comparison::Since, ..) => {
            let (later, earlier) = moments(winner.claimed.since, loser.claimed.since);
            let at = moment(winner.last_active_at);
            format!(
                "{goes}: both were last active at {at}, and the former's claim is younger ({later}, after \
                 {earlier})."
            )
        }
        (Comparison::LinkedAt, Some((_, a)), Some((_, b))) => {
            let (later, earlier) = moments(a, b);
            format!(
                "{goes}: activity and claim tie, and the former was linked later ({later}, after {earlier})."
            )
        }
        (Comparison::PartnerId, Some((a, _)), Some((b, _))) => {
            format!("{goes}: activity, claim and link tie, and the partner id {a} is smaller than {b}.")
        }
        _ => format!("{goes}: everything else ties, and the former's object id is smaller."),
    }
}
