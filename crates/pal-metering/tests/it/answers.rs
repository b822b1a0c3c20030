//! What a state answers is what rows answer that are metered one by one, whatever the facts.

use std::collections::BTreeSet;

use pal_metering::{Answers, Guid, Metering, Options, State};
use pal_rules::attribute::attribute;
use pal_rules::facts::{Address, Claimants, Entry, Facts, Gathered, LinksFrom, Row, Table, settle};
use pal_rules::id::TenantId;
use pal_rules::meter::{Activity, Meter, Seen};
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::{Metered, Usage, Window};
use pal_rules::word::Product;
use proptest::prelude::*;

use crate::model::{guid, months, rows};

/// Products in turn; every fourth resource is an instance.
const PRODUCTS: [&str; 4] = ["power_apps_canvas", "power_automate", "power_bi", "customer_insights"];
const EVENTS: [&str; 4] = ["created", "owner_set", "co_owner_added", "published"];
/// The one group.
const GROUP: u8 = 200;
const KINDS: [&str; 5] = ["user", "guest", "service_principal", "managed_identity", "system"];

/// Some facts about the ids that rows have.
#[derive(Clone, Debug)]
struct Told {
    /// By resource: whether it is known, and when it was deleted.
    resources: Vec<(bool, Option<i64>)>,
    /// By person and tenant: of what kind it is, if the directory knows it, whether it was linked, and whether that counts.
    people: Vec<(Option<usize>, bool, bool)>,
    /// Owners: of which resource, who, since when, and by which kind of event; or the group that is it.
    owners: Vec<(u8, u8, i64, Option<usize>)>,
    /// Members of that group: in which tenant, who, and since when.
    members: Vec<(u8, u8, i64)>,
    /// Aliases: whether of a person, which, for whom, from when.
    aliases: Vec<(bool, u8, u8, i64)>,
}

fn instant() -> impl Strategy<Value = i64> {
    months()[0].start().micros()..months().last().unwrap().end().micros()
}

fn told() -> impl Strategy<Value = Told> {
    let deleted = prop_oneof![3 => Just(None), 1 => instant().prop_map(Some), 1 => Just(Some(months()[1].start().micros()))];
    let resource = (prop::bool::weighted(0.8), deleted);
    let person =
        (prop::option::weighted(0.6, 0..KINDS.len()), prop::bool::weighted(0.3), prop::bool::weighted(0.8));
    let owner = (0..30_u8, 0..30_u8, instant(), prop::option::weighted(0.8, 0..EVENTS.len()));
    let member = (0..3_u8, 0..30_u8, instant());
    let alias = (any::<bool>(), 0..5_u8, 0..30_u8, instant());
    (
        prop::collection::vec(resource, 30),
        prop::collection::vec(person, 90),
        prop::collection::vec(alias, 0..6),
        prop::collection::vec(owner, 0..40),
        prop::collection::vec(member, 0..12),
    )
        .prop_map(|(resources, people, aliases, owners, members)| Told {
            resources,
            people,
            owners,
            members,
            aliases,
        })
}

fn push(gathered: &mut Gathered, table: Table, cells: &[&str]) {
    let places: Vec<usize> = (0..cells.len()).collect();
    let row = Row::parse(table, &places, cells.iter().copied()).unwrap();
    gathered.push(table, Entry { row, address: Address { file: 0, line: 1 } });
}

fn facts(told: &Told) -> Facts {
    let mut gathered = Gathered::default();
    let time = |micros: i64| Timestamp::from_micros(micros).to_string();
    for (number, (known, deleted_at)) in (0_u8..).zip(&told.resources) {
        let product = PRODUCTS[usize::from(number) % PRODUCTS.len()];
        let deleted_at = deleted_at.map(time).unwrap_or_default();
        let (id, tenant) = (guid(number).to_string(), guid(number % 3).to_string());
        if *known {
            push(&mut gathered, Table::Resources, &[&id, product, &tenant, "", "Name", "", &deleted_at, ""]);
        }
    }
    for (number, (kind, linked, counts)) in (0_u8..).zip(&told.people) {
        let (id, tenant) = (guid(number / 3).to_string(), guid(number % 3).to_string());
        if let Some(kind) = kind {
            push(&mut gathered, Table::Principals, &[&tenant, &id, KINDS[*kind], "", "", "", "", ""]);
        }
        if *linked {
            let known_from = if *counts { "declared" } else { "this_server" };
            let cells = [&tenant, &id, "6000110", "2025-01-01T00:00:00Z", "", known_from];
            push(&mut gathered, Table::Links, &cells);
        }
    }
    gathered.keep_links(LinksFrom::Microsoft);
    for (number, (resource, who, at, kind)) in told.owners.iter().enumerate() {
        let (event, resource) = (number.to_string(), guid(*resource).to_string());
        let (kind, object) = kind.map_or(("co_owner_added", GROUP), |kind| (EVENTS[kind], *who));
        let cells = [&event, &resource, kind, &guid(object).to_string(), &time(*at)];
        push(&mut gathered, Table::Ownership, &cells);
    }
    for (tenant, who, from) in &told.members {
        let [tenant, group, who] = [*tenant, GROUP, *who].map(|id| guid(id).to_string());
        push(&mut gathered, Table::GroupMembers, &[&tenant, &group, &who, &time(*from), ""]);
    }
    if !told.members.is_empty() {
        for tenant in 0..3 {
            let cells = [&guid(tenant).to_string(), &guid(GROUP).to_string(), "group", "", "", "", "", ""];
            push(&mut gathered, Table::Principals, &cells);
        }
    }
    for (person, which, whom, from) in &told.aliases {
        // The last of them is shaped like an id itself.
        let (kind, word) = if *person { ("principal", "upn") } else { ("resource", "app") };
        let alias = if *which < 4 { format!("{word}:{which}@b.example") } else { guid(7).to_string() };
        let (id, from) = (guid(*whom).to_string(), time(*from));
        for tenant in 0..3 {
            push(&mut gathered, Table::Aliases, &[&guid(tenant).to_string(), kind, &alias, &id, &from, ""]);
        }
    }
    settle(&gathered).facts
}

fn guids<'a>(ids: impl Iterator<Item = &'a pal_rules::id::Id>) -> Vec<Guid> {
    ids.filter_map(pal_rules::id::Id::guid).map(Guid::from).collect()
}

/// A state of the rows made for these facts: of some runs on top of each other, or of parts of the rows metered apart,
/// as on several machines, and merged.
fn state(facts: &Facts, rows: &[Activity], (parts, apart): (usize, bool)) -> State {
    let instances = facts.resources.iter().filter(|resource| resource.product == Product::CustomerInsights);
    let instances = guids(instances.map(|resource| &resource.id.0));
    let aliases = guids(facts.aliases.shaped_like_ids().into_iter());
    let options = Options { instances, aliases, ..Options::default() };
    let (mut state, nothing) = (State::new(), State::new());
    for part in 0..parts {
        let mut metering = Metering::onto(if apart { &nothing } else { &state }, &options);
        // Tenants are the natural parts, but any will do.
        metering.take(rows.iter().skip(part).step_by(parts));
        let run = metering.finish().unwrap();
        if apart {
            let mut of_part = State::new();
            of_part.add(run).unwrap();
            state = of_part.merge(&state).unwrap();
        } else {
            state.add(run).unwrap();
        }
    }
    state
}

/// The answers of a state, with the rows that it lacks.
///
/// - `tenants`: those that are asked for, if not all are.
fn answers<'a>(
    (state, facts): (&'a State, &'a Facts),
    windows: &[Window],
    rows: &[Activity],
    tenants: Option<&BTreeSet<TenantId>>,
) -> Answers<'a> {
    let mut answers = Answers::new(state, (facts, &Claimants::of(facts)), windows, tenants).unwrap();
    let lacking = answers.lacks();
    for row in rows {
        let resource = facts.aliases.resource(&row.resource, row.at);
        match lacking.get(&row.at.month()) {
            Some(resources) if resources.as_ref().is_none_or(|all| all.contains(&resource)) => {
                answers.take(row);
            }
            _ => {}
        }
    }
    answers.finish();
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_state_answers_what_rows_answer(
        told in told(),
        rows in rows(300),
        first in 0..4_usize,
        count in 1..4_usize,
        early in prop::option::weighted(0.3, 1..27_i64),
        parts in 1..4_usize,
        apart in any::<bool>(),
    ) {
        let facts = facts(&told);
        let asked: Vec<Month> = months().into_iter().skip(first).take(count).collect();
        let as_of = early.zip(asked.last()).map(|(days, last)| {
            Timestamp::from_micros(last.start().micros() + days * 86_400_000_000 + 1)
        });
        let windows: Vec<Window> = asked.iter().filter_map(|month| Window::new(*month, as_of)).collect();
        let mut meter = Meter::new(&facts, &windows);
        let seen: Vec<Seen> = rows.iter().map(|row| meter.take(row)).collect();
        meter.finish();
        let state = state(&facts, &rows, (parts, apart));
        let of_one = facts.resources.first().map(|resource| BTreeSet::from([resource.tenant.clone()]));
        let of_one = answers((&state, &facts), &windows, &rows, of_one.as_ref());
        let answers = answers((&state, &facts), &windows, &rows, None);
        let positions: Vec<usize> = (0..facts.resources.len()).collect();
        let within = |position: &&usize| facts.resources[**position].tenant == facts.resources[0].tenant;
        let of_tenant: Vec<usize> = positions.iter().filter(within).copied().collect();
        for (window, asked) in windows.iter().enumerate() {
            for position in &of_tenant {
                let all = meter.usage_and_seen(*position, window);
                prop_assert_eq!(of_one.usage(*position, window), all.0.clone());
                prop_assert_eq!(of_one.usage_and_seen(*position, window), all);
            }
            prop_assert_eq!(
                of_one.distinct_users(&of_tenant, window), meter.distinct_users(&of_tenant, window)
            );
            for position in &positions {
                let resource = &facts.resources[*position];
                let id = &resource.id;
                let all = answers.usage_and_seen(*position, window);
                prop_assert_eq!(&all, &meter.usage_and_seen(*position, window), "{}", id);
                let usage = answers.usage(*position, window);
                prop_assert_eq!(&usage, &all.0, "{}", id);
                // The rules ask for nobody else.
                let of_all = Usage { makes: all.1.makes, ..usage.clone() };
                let judged = |usage: &Usage| attribute(&facts, resource, *asked, usage);
                prop_assert_eq!(judged(&usage), judged(&of_all), "{}", id);
            }
            for size in [1, 2, 5, 30] {
                for group in positions.chunks(size) {
                    prop_assert_eq!(answers.distinct_users(group, window), meter.distinct_users(group, window));
                }
            }
        }
        let of = |kind: Seen| -> BTreeSet<_> {
            let rows = rows.iter().zip(&seen).filter(|(_, seen)| **seen == kind);
            rows.map(|(row, _)| facts.aliases.resource(&row.resource, row.at)).collect()
        };
        prop_assert_eq!(&answers.strange().unknown, &of(Seen::Waits));
        prop_assert_eq!(&answers.strange().wrong_tenant, &of(Seen::WrongTenant));
    }
}
