//! Facts of rows in any order, looked up and judged one by one or one after another.

use pal_rules::attribute::{Attributing, attribute};
use pal_rules::facts::{Address, Entry, Gathered, Row, Settled, Table, settle};
use pal_rules::id::{Id, ResourceId};
use pal_rules::time::Month;
use pal_rules::usage::{Usage, Window};
use proptest::option;
use proptest::prelude::*;

/// Few ids, so that rows meet: GUIDs, of which two share their upper half, and at times one that is none.
fn id(others: bool) -> BoxedStrategy<String> {
    let guids = prop::sample::select(vec![1_u128 << 64, 1 << 64 | 7, 5 << 100, u128::MAX, 9 << 90])
        .prop_map(|guid| Id::from_guid(guid).to_string());
    if others { prop_oneof![4 => guids, 1 => Just("app".to_owned())].boxed() } else { guids.boxed() }
}

fn day(month: u32) -> impl Strategy<Value = String> {
    (1..4_u32).prop_map(move |day| format!("2026-{month:02}-{day:02}T00:00:00Z"))
}

fn some(text: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(text).prop_map(str::to_owned)
}

/// Cells of a row that is absent where there is nothing.
fn row(table: Table, cells: impl IntoIterator<Item = Option<String>>) -> (Table, Row) {
    let cells: Vec<String> = cells.into_iter().map(Option::unwrap_or_default).collect();
    let places: Vec<usize> = (0..cells.len()).collect();
    (table, Row::parse(table, &places, cells.iter().map(String::as_str)).unwrap())
}

fn resource(others: bool) -> impl Strategy<Value = (Table, Row)> {
    let what =
        (id(others), some(&["power_bi", "power_automate", "power_apps_canvas", "else"]), some(&["t", "u"]));
    let about = (option::of(Just("e".to_owned())), option::of(some(&["a", "b"])), option::of(day(1)));
    (what, about, option::of(day(3)), option::of(day(4))).prop_map(
        |((id, product, tenant), (environment, name, created), deleted, observed)| {
            let cells =
                [Some(id), Some(product), Some(tenant), environment, name, created, deleted, observed];
            row(Table::Resources, cells)
        },
    )
}

fn event(others: bool) -> impl Strategy<Value = (Table, Row)> {
    let kind = some(&["created", "owner_set", "published"]);
    (some(&["ev1", "ev2", "ev3", "ev4"]), id(others), kind, some(&["ann", "bob"]), day(2)).prop_map(
        |(event, resource, kind, object, at)| {
            row(Table::Ownership, [event, resource, kind, object, at].map(Some))
        },
    )
}

fn alias(others: bool) -> impl Strategy<Value = (Table, Row)> {
    (id(others), id(others)).prop_map(|(alias, id)| {
        let text = |text: &str| Some(text.to_owned());
        let cells = [text("t"), text("resource"), Some(alias), Some(id), None, None];
        row(Table::Aliases, cells)
    })
}

/// What resources of one tenant and product share.
fn shared() -> Vec<(Table, Row)> {
    let text = |text: &str| Some(text.to_owned());
    let tenant = |id: &str, own: &str| row(Table::Tenants, [text(id), text(id), None, text(own), None]);
    let covered = |tenant: &str, product: &str, until: &str| {
        let (from, until) = ("2026-03-01T00:00:00Z", format!("2026-03-{until}T00:00:00Z"));
        let cells = [text(tenant), text(product), text(from), Some(until), text("audit"), text("observed")];
        row(Table::Coverage, cells)
    };
    vec![
        tenant("t", "7"),
        tenant("u", ""),
        covered("t", "power_bi", "31"),
        covered("t", "power_automate", "02"),
        covered("u", "power_bi", "09"),
    ]
}

fn settled<'a>(rows: impl Iterator<Item = &'a (Table, Row)>) -> Settled {
    let mut gathered = Gathered::default();
    for (table, row) in rows {
        gathered.push(*table, Entry { row: row.clone(), address: Address { file: 0, line: 1 } });
    }
    settle(&gathered)
}

/// All that does not depend on the order of rows, as text.
fn told(settled: &Settled) -> String {
    let mut refusals: Vec<String> = settled.refusals.iter().map(|refusal| format!("{refusal:?}")).collect();
    refusals.sort();
    let resources: Vec<String> = settled.facts.resources.iter().map(|one| format!("{one:?}")).collect();
    format!("{}\n{}\n{:?}", resources.join("\n"), refusals.join("\n"), settled.waiting)
}

fn rows(others: bool) -> impl Strategy<Value = Vec<(Table, Row)>> {
    let one =
        prop_oneof![6 => resource(others).boxed(), 3 => event(others).boxed(), 1 => alias(others).boxed()];
    prop::collection::vec(one, 0..16)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_that_rise_settle_as_any_others(rows in any::<bool>().prop_flat_map(rows), lone in any::<bool>()) {
        let mut rows = rows;
        if lone {
            // Each key once: sorted, they need no judging.
            rows.sort();
            rows.dedup_by(|later, first| later.0 == first.0 && later.1.id(0) == first.1.id(0));
        }
        rows.extend(shared());
        let mut sorted = rows.clone();
        sorted.sort();
        let backwards = settled(sorted.iter().rev());
        prop_assert_eq!(told(&settled(rows.iter())), told(&backwards));
        prop_assert_eq!(told(&settled(sorted.iter())), told(&backwards));
        let facts = &backwards.facts;
        for text in ["app", "other"].into_iter().map(str::to_owned).chain((0..140_u32).map(|bit| {
            Id::from_guid(1_u128.checked_shl(bit).unwrap_or(u128::MAX)).to_string()
        })) {
            let id = ResourceId::new(&text);
            prop_assert_eq!(facts.resource(&id), facts.resources.iter().position(|one| one.id == id));
        }
        let window = Window::new(Month::parse("2026-03").unwrap(), None).unwrap();
        let mut attributing = Attributing::new(facts, window);
        let usage = Usage::default();
        for resource in facts.resources.iter().filter(|resource| window.lists(resource)) {
            let alone = attribute(facts, resource, window, &usage);
            prop_assert_eq!(attributing.attribute(resource, &usage), alone);
        }
    }
}
