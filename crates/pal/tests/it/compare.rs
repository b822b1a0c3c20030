//! `pal statement compare`: whatever changes are summed by, the sums are the difference of the two statements.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::Place;
use crate::shared_worlds::{MONTHS, RANGE, write_csv};
use crate::workspace::{import, random};

const SEED: u64 = 20_260_307;

/// (partner or nobody, metric) → quantity, and the eligible part of it.
type Sums = BTreeMap<(String, String), (i64, i64)>;

/// What each partner, or nobody, has of a closed month.
fn statement(place: &Place, data: &str, month: &str) -> Sums {
    let shown = place.pal(&["--data", data, "statement", "show", month, "-o", "csv"]).exits(0);
    let mut reader = csv::Reader::from_reader(shown.stdout.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mut sums = Sums::new();
    for record in reader.records().map(Result::unwrap) {
        let partner = match &record[column("partner_id")] {
            "" => "(nobody)",
            partner => partner,
        };
        let quantity: i64 = record[column("quantity")].parse().unwrap();
        let eligible = if &record[column("eligible")] == "true" { quantity } else { 0 };
        let sum = sums.entry((partner.to_owned(), record[column("metric")].to_owned())).or_default();
        *sum = (sum.0 + quantity, sum.1 + eligible);
    }
    sums
}

fn number(json: &Value) -> i64 {
    json.as_i64().unwrap()
}

/// Holds every sum of a comparison against the two statements; how many causes it had.
fn adds_up(place: &Place, data: &str, before: &str, after: &str) -> Vec<String> {
    let (earlier, later) = (statement(place, data, before), statement(place, data, after));
    let mut expected = Sums::new();
    for (key, (quantity, eligible)) in later {
        expected.insert(key, (quantity, eligible));
    }
    for (key, (quantity, eligible)) in earlier {
        let difference = expected.entry(key).or_default();
        *difference = (difference.0 - quantity, difference.1 - eligible);
    }
    expected.retain(|_, difference| *difference != (0, 0));
    let mut causes = Vec::new();
    for by in ["tenant", "partner", "workload", "cause"] {
        let ran = place.pal(&["--data", data, "statement", "compare", before, after, "--by", by]).exits(0);
        let answer = ran.json();
        let mut sums = Sums::new();
        for sum in answer["sums"].as_array().unwrap() {
            let key = (
                sum["partner_id"].as_str().unwrap_or("(nobody)").to_owned(),
                sum["metric"].as_str().unwrap().to_owned(),
            );
            let total = sums.entry(key).or_default();
            *total = (total.0 + number(&sum["change"]), total.1 + number(&sum["eligible_change"]));
            causes.extend(sum["cause"].as_str().map(str::to_owned));
        }
        sums.retain(|_, sum| *sum != (0, 0));
        assert_eq!(sums, expected, "{before} to {after} by {by}");
        for change in answer["changes"].as_array().unwrap() {
            for (quantity, cause) in [("change", "cause"), ("eligible_change", "eligible_cause")] {
                assert_eq!(
                    change[quantity] == 0,
                    change[cause].is_null(),
                    "one cause for a change: {change}"
                );
            }
        }
    }
    causes
}

#[test]
fn causes_add_up_in_the_demo_world() {
    let place = Place::new();
    place.pal(&["demo"]).exits(0);
    let months: Vec<String> =
        (9..=22).map(|month| format!("{}-{:02}", 2025 + (month - 1) / 12, (month - 1) % 12 + 1)).collect();
    let mut causes: Vec<String> =
        months.windows(2).flat_map(|pair| adds_up(&place, "pal-demo", &pair[0], &pair[1])).collect();
    causes.sort();
    causes.dedup();
    let all = [
        "account_disabled",
        "eligibility",
        "import",
        "latest_partner",
        "link",
        "missing_data",
        "ownership",
        "resource",
        "usage",
    ];
    assert_eq!(causes, all, "the demo world shows every cause");
}

#[test]
fn causes_add_up_in_random_worlds() {
    for seed in [SEED, SEED + 1] {
        println!("seed {seed}");
        let place = Place::with_workspace();
        write_csv(&place, "facts", &random(seed, seed % 2 == 0), "\n");
        import(&place, "facts");
        place.pal(&["close", RANGE]).exits(0);
        for pair in MONTHS.windows(2) {
            assert!(!adds_up(&place, "pal-data", pair[0], pair[1]).is_empty());
        }
    }
}
