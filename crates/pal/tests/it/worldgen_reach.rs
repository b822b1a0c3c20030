//! Holds the world generator to its promise: every outcome, tie and refusal really occurs.

use std::collections::BTreeMap;

use crate::naive::{Output, SCHEMAS, Table, World};
use crate::worldgen::{Knobs, generate};

const MONTHS: [(&str, Option<&str>); 5] = [
    ("2026-01", None),
    ("2026-02", None),
    ("2026-03", None),
    ("2026-04", None),
    ("2026-03", Some("2026-03-17T12:00:00Z")),
];

#[test]
fn clean_worlds_are_clean_and_the_same_again() {
    for seed in 0..12 {
        let knobs = Knobs { resources: 40, dirty: false };
        let tables = generate(seed, knobs);
        let output = World::new(&tables).output("2026-03", None);
        assert_eq!(output.refused_csv, "file,line,column,reason\n", "seed {seed}");
        assert_eq!(format!("{tables:?}"), format!("{:?}", generate(seed, knobs)), "seed {seed}");
    }
}

#[test]
fn tables_read_back_from_csv_are_the_same() {
    for (name, table) in generate(7, Knobs { resources: 60, dirty: true }).0 {
        let read = Table::parse(&table.csv());
        assert_eq!(format!("{table:?}"), format!("{read:?}"), "{name}");
    }
}

#[test]
fn order_and_repetition_of_rows_change_nothing() {
    for seed in 200..212 {
        let tables = generate(seed, Knobs { resources: 50, dirty: seed % 2 == 0 });
        let mut other = tables.clone();
        for table in other.0.values_mut() {
            table.rows.reverse();
            table.rows.extend(table.rows[..table.rows.len() / 2].to_vec());
        }
        let (one, two) = (World::new(&tables), World::new(&other));
        for (month, as_of) in MONTHS {
            let (one, two) = (one.output(month, as_of), two.output(month, as_of));
            assert_eq!(one.statement_csv, two.statement_csv, "seed {seed} {month}");
            assert_eq!(one.rollup_csv, two.rollup_csv, "seed {seed} {month}");
            assert_eq!(one.company_csv, two.company_csv, "seed {seed} {month}");
        }
    }
}

#[test]
fn worlds_reach_everything() {
    let mut reached: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 100..140 {
        let tables = generate(seed, Knobs { resources: 60, dirty: seed % 2 == 0 });
        let world = World::new(&tables);
        for (position, (month, as_of)) in MONTHS.into_iter().enumerate() {
            let output = world.output(month, as_of);
            lines(&output, &mut reached);
            if position == 0 {
                refusals(&output, &mut reached);
            }
            for (mark, hits) in &output.marks.0 {
                *reached.entry((*mark).to_owned()).or_default() += hits;
            }
        }
    }
    println!("{reached:#?}");
    let missing: Vec<String> = wanted().into_iter().filter(|mark| !reached.contains_key(mark)).collect();
    assert!(missing.is_empty(), "never reached: {missing:#?}");
}

/// Counts what the lines of a statement say.
fn lines(output: &Output, reached: &mut BTreeMap<String, u64>) {
    let statement = Table::parse(&output.statement_csv);
    for row in &statement.rows {
        let cell = |name: &str| {
            let position = statement.header.iter().position(|column| column == name).unwrap();
            row.cells[position].as_str()
        };
        for name in ["product", "outcome", "reason", "eligible", "ineligible_reason"] {
            *reached.entry(format!("{name}: {}", cell(name))).or_default() += 1;
        }
        *reached.entry(format!("basis: {} {}", cell("product"), cell("basis"))).or_default() += 1;
        let some = if cell("quantity") == "0" { "none" } else { "some" };
        *reached.entry(format!("quantity: {} {some}", cell("metric"))).or_default() += 1;
        for name in ["environment_id", "object_id"] {
            if cell(name).contains(':') {
                *reached.entry(format!("unresolved: {name}")).or_default() += 1;
            }
        }
    }
    for row in Table::parse(&output.company_csv).rows {
        let many = if row.cells[4] == "1" { "one" } else { "several" };
        *reached.entry(format!("locations: {many}")).or_default() += 1;
    }
}

fn refusals(output: &Output, reached: &mut BTreeMap<String, u64>) {
    for row in Table::parse(&output.refused_csv).rows {
        let [file, _, column, reason] = row.cells.as_slice() else { panic!("{row:?}") };
        let mark = match reason.as_str() {
            "bad_value" => format!("refused: {file} {column} bad_value"),
            "conflict" => format!("refused: {file} conflict"),
            other => format!("refused: {other}"),
        };
        *reached.entry(mark).or_default() += 1;
    }
}

/// Everything that has to occur.
fn wanted() -> Vec<String> {
    let mut wanted: Vec<String> = MARKS.iter().map(|mark| (*mark).to_owned()).collect();
    for schema in SCHEMAS {
        wanted.push(format!("refused: {}.csv  bad_value", schema.name));
        for column in schema.columns {
            if column.can_be_bad() {
                wanted.push(format!("refused: {}.csv {} bad_value", schema.name, column.name));
            }
        }
        if schema.keyed() {
            wanted.push(format!("refused: {}.csv conflict", schema.name));
        }
    }
    wanted
}

const MARKS: &[&str] = &[
    "alias: ambiguous",
    "alias: no row",
    "alias: not at this time, of this kind or tenant",
    "alias: resolved",
    "basis: customer_insights active_user",
    "basis: power_apps_canvas co_owner",
    "basis: power_apps_canvas importer",
    "basis: power_apps_canvas owner",
    "basis: power_apps_model_driven creator",
    "basis: power_apps_model_driven importer",
    "basis: power_automate creator",
    "basis: power_automate importer",
    "basis: power_bi publisher",
    "claim: group expanded",
    "claim: group inside a group",
    "claim: group without a member",
    "claim: holder is co-owner too",
    "claim: several paths",
    "eligible: false",
    "eligible: true",
    "fold: counting import",
    "fold: counting import displaces counting importer",
    "fold: import that does not count changes nothing",
    "fold: import that does not count displaces",
    "fold: owner change displaces importer",
    "ineligible_reason: environment_unknown",
    "ineligible_reason: not_production",
    "ineligible_reason: own_tenant",
    "instant: deletion within the month",
    "instant: disabled at it",
    "instant: enabled at it",
    "instant: linked at it",
    "instant: member from it",
    "instant: member until it",
    "instant: partner active from it",
    "instant: partner active until it",
    "instant: unlinked at it",
    "latest: activity",
    "latest: activity, one partner",
    "latest: linked_at",
    "latest: linked_at, one partner",
    "latest: object id",
    "latest: partner id",
    "latest: since",
    "latest: since, one partner",
    "link: microsoft ended by not linked",
    "link: microsoft ended by the next",
    "link: microsoft seen again",
    "listing: co-owner removed",
    "listing: created inferred",
    "listing: created inferred, not known since when",
    "listing: model-driven owner not set",
    "listing: owner as recorded",
    "listing: owner_kept_by_platform",
    "listing: owner_set derived",
    "listing: published inferred",
    "locations: one",
    "locations: several",
    "outcome: credited",
    "outcome: uncredited",
    "quantity: mau none",
    "quantity: mau some",
    "quantity: unified_profiles none",
    "quantity: unified_profiles some",
    "reason: identity_disabled",
    "reason: link_removed",
    "reason: no_attributed_user",
    "reason: not_linked",
    "reason: partner_inactive",
    "reason: system_owned",
    "refused: component_environment",
    "refused: component_product",
    "refused: global_partner",
    "refused: overlap",
    "refused: unknown_import",
    "refused: unknown_partner",
    "refused: wrong_tenant",
    "resource: deletion reported alone",
    "standing: group with a link",
    "standing: not in the directory, counts",
    "unresolved: environment_id",
    "unresolved: object_id",
];
