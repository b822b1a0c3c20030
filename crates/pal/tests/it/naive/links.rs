//! Links: from rows to the periods that hold (`facts.md`, *Periods*).

use std::collections::BTreeMap;

use super::alias::Aliases;
use super::marks::Marks;
use super::read::{Fact, Refused};
use super::world::Partner;

/// One period of one principal's link that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) partner: String,
    pub(crate) from: i64,
    pub(crate) until: Option<i64>,
}

/// A row on its way to a period: `partner` is absent when it reports "not linked".
struct Sighting {
    partner: Option<String>,
    from: i64,
    until: Option<i64>,
    microsoft: bool,
    lines: Vec<u64>,
}

/// Links by tenant and principal.
pub(crate) type Links = BTreeMap<String, BTreeMap<String, Vec<Link>>>;

pub(crate) fn links(
    facts: &[Fact],
    aliases: &Aliases,
    partners: &BTreeMap<String, Partner>,
    refused: &mut Refused,
    marks: &mut Marks,
) -> Links {
    let mut people: BTreeMap<(String, String), Vec<Sighting>> = BTreeMap::new();
    for fact in facts {
        let partner = fact.maybe_text("partner_id");
        if let Some(reason) = partner.and_then(|id| wrong_partner(id, partners)) {
            refused.add("links", &fact.lines, reason);
            continue;
        }
        let (tenant, from) = (fact.text("tenant_id"), fact.time("linked_at"));
        let object = aliases.principal(Some(tenant), fact.text("object_id"), from, marks);
        people.entry((tenant.to_owned(), object)).or_default().push(Sighting {
            partner: partner.map(str::to_owned),
            from,
            until: fact.maybe_time("unlinked_at"),
            microsoft: fact.text("known_from") == "microsoft",
            lines: fact.lines.clone(),
        });
    }
    let mut links = Links::new();
    for ((tenant, object), mut sightings) in people {
        let ends_last = |until: Option<i64>| until.unwrap_or(i64::MAX);
        sightings.sort_by(|a, b| {
            (a.from, &a.partner, ends_last(a.until)).cmp(&(b.from, &b.partner, ends_last(b.until)))
        });
        let kept = walk(observed(joined(sightings, marks), marks), refused);
        links.entry(tenant).or_default().insert(object, kept);
    }
    links
}

fn wrong_partner(id: &str, partners: &BTreeMap<String, Partner>) -> Option<&'static str> {
    match partners.get(id) {
        Some(partner) if partner.global => Some("global_partner"),
        None if !partners.is_empty() => Some("unknown_partner"),
        _ => None,
    }
}

/// Makes one of those that say the same now that they name the same principal, an open one and an ended one too.
fn joined(sightings: Vec<Sighting>, marks: &mut Marks) -> Vec<Sighting> {
    let mut joined: Vec<Sighting> = Vec::new();
    for mut sighting in sightings {
        match joined.last_mut() {
            Some(last)
                if sighting.partner.is_some()
                    && (last.from, &last.partner) == (sighting.from, &sighting.partner)
                    && (sighting.until.is_none() || sighting.until == last.until) =>
            {
                marks.hit("link: repeat on resolved ids");
                last.lines.append(&mut sighting.lines);
                last.microsoft |= sighting.microsoft;
            }
            _ => joined.push(sighting),
        }
    }
    joined
}

/// Ends the open observations of Microsoft, drops their repeats and the rows without a partner.
fn observed(mut sightings: Vec<Sighting>, marks: &mut Marks) -> Vec<Sighting> {
    let mut repeat = vec![false; sightings.len()];
    for first in 0..sightings.len() {
        let open = |sighting: &Sighting| sighting.microsoft && sighting.until.is_none();
        if repeat[first] || !open(&sightings[first]) || sightings[first].partner.is_none() {
            continue;
        }
        for next in first + 1..sightings.len() {
            if open(&sightings[next]) && sightings[next].partner == sightings[first].partner {
                marks.hit("link: microsoft seen again");
                repeat[next] = true;
                let lines = std::mem::take(&mut sightings[next].lines);
                sightings[first].lines.extend(lines);
            } else if sightings[next].from > sightings[first].from {
                marks.hit(match sightings[next].partner {
                    None => "link: microsoft ended by not linked",
                    Some(_) => "link: microsoft ended by the next",
                });
                sightings[first].until = Some(sightings[next].from);
                break;
            }
        }
    }
    let mut repeat = repeat.into_iter();
    sightings.retain(|sighting| !repeat.next().unwrap() && sighting.partner.is_some());
    sightings
}

/// Refuses each period that overlaps one kept before it.
fn walk(sightings: Vec<Sighting>, refused: &mut Refused) -> Vec<Link> {
    let mut kept: Vec<Link> = Vec::new();
    for sighting in sightings {
        let link = Link { partner: sighting.partner.unwrap(), from: sighting.from, until: sighting.until };
        if kept.iter().any(|before| overlap(before, &link)) {
            refused.add("links", &sighting.lines, "overlap");
        } else {
            kept.push(link);
        }
    }
    kept
}

fn overlap(a: &Link, b: &Link) -> bool {
    let something = |link: &Link| link.until.is_none_or(|until| link.from < until);
    something(a)
        && something(b)
        && b.until.is_none_or(|until| a.from < until)
        && a.until.is_none_or(|until| b.from < until)
}
