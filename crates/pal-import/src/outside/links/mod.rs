//! Partner links: what clients print, which is what Microsoft says now, and what people keep in tables, which is declared
//! (`formats.md` §8, §10.8). Lists of people and accounts without a partner are rosters.

mod client;
mod roster;
mod sheet;
mod table;

use super::facts::{Facts, Outcome};
use super::{Context, Record, Shape, Source};

const fn shape(
    name: &'static str,
    source: Source,
    recognises: fn(Record<'_>) -> bool,
    becomes: fn(Record<'_>, &Context, &mut Facts) -> Outcome,
) -> Shape {
    Shape { name, source, recognises, becomes, identity: |_| None }
}

pub(super) const SHAPES: &[Shape] = &[
    shape("partner link", Source::Links, client::recognises, |record, context, facts| {
        Outcome::of(client::becomes(record, context, facts))
    }),
    shape("answer that there is no link", Source::Links, client::not_linked, |_, _, _| {
        Outcome::ignored("an answer that somebody is not linked does not say who")
    }),
    shape("list of links", Source::Links, sheet::recognises, |record, context, facts| {
        Outcome::of(sheet::becomes(record, context, facts))
    }),
];

/// Rosters have the fewest marks of their own: they are asked last of all.
pub(super) const ROSTERS: &[Shape] =
    &[shape("roster", Source::Roster, roster::recognises, |record, context, facts| {
        Outcome::of(roster::becomes(record, context, facts))
    })];
