//! Law 3: nothing is lost or counted twice between lines, roll-ups and companies.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::id::{ObjectId, PartnerId, ResourceId};
use pal_rules::time::Month;
use pal_rules::word::{ActivityKind, Product};
use proptest::prelude::{Strategy, any};

use super::{ASKED, Seeded, hold, worlds};
use crate::naive::{Row, Table};
use crate::rules::{Files, Rules};

/// Numbers by the name of their column.
type Numbers = BTreeMap<String, u64>;

/// A line of one of the files, its cells by column.
type Cells = BTreeMap<String, String>;

/// Worlds with more resources: sums need something to sum.
fn larger() -> impl Strategy<Value = Seeded> {
    (worlds(), 10..=30_usize, any::<bool>()).prop_map(|(world, resources, dirty)| Seeded {
        resources,
        dirty,
        ..world
    })
}

#[test]
fn credited_and_uncredited_make_the_total() {
    hold(80, &larger(), |world| {
        let mut tables = world.tables();
        let with = Rules::new(&tables).files(&ASKED[..2]).0;
        // Who is linked decides to whom a quantity goes, never how large it is.
        tables.0.remove("links");
        let without = Rules::new(&tables).files(&ASKED[..2]).0;
        for (with, without) in with.iter().zip(&without) {
            let total: Vec<u64> = quantities(without, |_| true);
            let credited = quantities(with, |line| line["outcome"] == "credited");
            let uncredited = quantities(with, |line| line["outcome"] == "uncredited");
            let both: Vec<u64> = credited.iter().zip(&uncredited).map(|(a, b)| a + b).collect();
            assert_eq!(both, total);
            assert!(quantities(without, |line| line["outcome"] == "credited").iter().all(|sum| *sum == 0));
        }
    });
}

#[test]
fn roll_ups_sum_what_their_lines_say() {
    hold(80, &larger(), |world| {
        for files in Rules::new(&world.tables()).files(&ASKED[..2]).0 {
            let credited = quantities(&files, |line| line["outcome"] == "credited");
            let lines = read(&files.statement).iter().filter(|line| line["outcome"] == "credited").count();
            for text in [&files.rollup, &files.company] {
                let sums = sum(&read(text));
                assert_eq!(vec![sums["mau_line_sum"], sums["unified_profiles"]], credited);
                assert_eq!(sums["resources"], lines as u64);
                read(text).iter().for_each(is_within_bounds);
            }
            companies_are_within_their_locations(&files, &Rules::new(&world.tables()));
        }
    });
}

#[test]
fn a_person_counts_once_per_line_and_once_per_roll_up() {
    hold(80, &larger(), |world| {
        let rules = Rules::new(&world.tables());
        for (asked, files) in ASKED.iter().zip(rules.files(&ASKED[..2]).0) {
            let used = users(&rules, asked.0);
            let mut together: BTreeMap<[String; 3], BTreeSet<&ObjectId>> = BTreeMap::new();
            for line in read(&files.statement).iter().filter(|line| line["metric"] == "mau") {
                let people = used.get(&ResourceId::new(&line["resource_id"]));
                let counted = people.map_or(0, BTreeSet::len).to_string();
                assert_eq!(line["quantity"], counted, "{line:?}");
                let workload = Product::new(&line["product"]).workload().unwrap().to_string();
                let key = [line["partner_id"].clone(), line["tenant_id"].clone(), workload];
                together.entry(key).or_default().extend(people.into_iter().flatten());
            }
            for line in read(&files.rollup).iter().filter(|line| line["workload"] != "customer_insights") {
                let key = ["partner_id", "tenant_id", "workload"].map(|column| line[column].clone());
                assert_eq!(line["mau_distinct"], together[&key].len().to_string(), "{line:?}");
            }
        }
    });
}

/// Who used each resource in a month, by the words of `attribution.md` §5.
fn users(rules: &Rules, month: &str) -> BTreeMap<ResourceId, BTreeSet<ObjectId>> {
    let (facts, month) = (rules.facts(), Month::parse(month).unwrap());
    let mut users: BTreeMap<ResourceId, BTreeSet<ObjectId>> = BTreeMap::new();
    for use_of in rules.activity().filter(|activity| activity.kind == ActivityKind::Use) {
        let id = facts.aliases.resource(&use_of.resource, use_of.at);
        let Some(resource) = facts.resource(&id).map(|position| &facts.resources[position]) else { continue };
        let until = resource.deleted_at.unwrap_or(month.end()).min(month.end());
        let person = facts.aliases.principal(Some(&use_of.tenant), &use_of.object, use_of.at);
        let key = (use_of.tenant.clone(), person);
        let is_user = facts.principals.get(&key.0, &key.1).is_none_or(|principal| {
            let kind = principal.kind.as_str();
            !["service_principal", "managed_identity", "system"].contains(&kind)
        });
        let seen = use_of.at >= month.start() && use_of.at < until && use_of.tenant == resource.tenant;
        if seen && is_user {
            users.entry(id).or_default().insert(key.1);
        }
    }
    users
}

/// MAU and unified profiles of the lines that are asked for.
fn quantities(files: &Files, of: impl Fn(&Cells) -> bool) -> Vec<u64> {
    let lines = read(&files.statement);
    let sum = |metric: &str| {
        let lines = lines.iter().filter(|line| line["metric"] == metric && of(line));
        lines.map(|line| line["quantity"].parse::<u64>().unwrap()).sum()
    };
    vec![sum("mau"), sum("unified_profiles")]
}

/// A person counts at least once where somebody counts, and at most once per line; what is eligible is part of it.
fn is_within_bounds(line: &Cells) {
    let number = |column: &str| line[column].parse::<u64>().unwrap();
    assert!(number("mau_distinct") <= number("mau_line_sum"), "{line:?}");
    assert_eq!(number("mau_distinct") == 0, number("mau_line_sum") == 0, "{line:?}");
    assert!(number("eligible_mau_distinct") <= number("mau_distinct"), "{line:?}");
    assert!(number("eligible_unified_profiles") <= number("unified_profiles"), "{line:?}");
    assert!(number("resources") > 0, "{line:?}");
}

/// A company counts a person at most as often as its locations together, and not less often than any of them.
fn companies_are_within_their_locations(files: &Files, rules: &Rules) {
    let mut by_company: BTreeMap<[String; 3], Vec<Cells>> = BTreeMap::new();
    for line in read(&files.rollup) {
        let partner = PartnerId::new(&line["partner_id"]).unwrap();
        let company = rules.facts().company(partner).to_string();
        let key = [company, line["tenant_id"].clone(), line["workload"].clone()];
        by_company.entry(key).or_default().push(line);
    }
    let companies = read(&files.company);
    assert_eq!(companies.len(), by_company.len());
    for company in companies {
        let key = ["global_partner_id", "tenant_id", "workload"].map(|column| company[column].clone());
        let locations = &by_company[&key];
        let number = |column: &str| company[column].parse::<u64>().unwrap();
        let sums = sum(locations);
        assert_eq!(number("locations"), locations.len() as u64, "{company:?}");
        for column in ["resources", "mau_line_sum", "unified_profiles", "eligible_unified_profiles"] {
            assert_eq!(number(column), sums[column], "{column} of {company:?}");
        }
        for column in ["mau_distinct", "eligible_mau_distinct"] {
            let most = locations.iter().map(|line| line[column].parse::<u64>().unwrap()).max().unwrap();
            assert!((most..=sums[column]).contains(&number(column)), "{column} of {company:?}");
        }
    }
}

/// The sums of all columns that hold numbers.
fn sum(lines: &[Cells]) -> Numbers {
    let columns = ["resources", "mau_line_sum", "unified_profiles", "mau_distinct"];
    let columns = columns.into_iter().chain(["eligible_mau_distinct", "eligible_unified_profiles"]);
    columns
        .map(|column| {
            (column.to_owned(), lines.iter().map(|line| line[column].parse::<u64>().unwrap()).sum())
        })
        .collect()
}

/// Reads one of the files; no cell of a generated world has a comma where numbers and ids stand.
fn read(text: &str) -> Vec<Cells> {
    let table = Table::parse(text);
    let named = |row: &Row| table.header.iter().cloned().zip(row.cells.iter().cloned()).collect();
    table.rows.iter().map(named).collect()
}
