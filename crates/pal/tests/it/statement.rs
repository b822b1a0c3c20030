//! `pal statement`: the demo's closed months shown, listed, compared; late facts and their adjustments.

use crate::command::{Place, example};
use crate::snapshot::says;

/// The demo's workspace in `pal-data`.
fn demo() -> Place {
    let place = Place::new();
    place.pal(&["demo", "--folder", "pal-data"]).exits(0);
    place
}

#[test]
fn shows_and_lists() {
    let place = demo();
    says(&place, "statement_list", &["statement", "list", "-o", "table"]).exits(0);
    says(&place, "statement_list_first", &["statement", "list", "--query", "statements[0]"]).exits(0);
    says(&place, "statement_show", &["statement", "show", "2026-10", "-o", "table"]).exits(0);
    says(
        &place,
        "statement_show_head",
        &[
            "statement",
            "show",
            "2026-10",
            "--query",
            "{m: month, v: version, at: closed_at, digest: digest, first: lines[0]}",
        ],
    )
    .exits(0);
    says(&place, "statement_show_rollup", &["statement", "show", "2026-10", "--rollup", "-o", "table"])
        .exits(0);
    says(&place, "statement_show_rollup_csv", &["statement", "show", "2026-10", "--rollup", "-o", "csv"])
        .exits(0);
    says(&place, "statement_show_company", &["statement", "show", "2026-10", "--company", "-o", "table"])
        .exits(0);
    says(&place, "statement_show_both", &["statement", "show", "2026-10", "--company", "--rollup"]).exits(2);
    says(&place, "statement_show_open", &["statement", "show", "2025-08"]).exits(3);
    says(&place, "statement_show_version", &["statement", "show", "2026-10", "--version", "2"]).exits(3);
    says(&place, "statement_show_version_0", &["statement", "show", "2026-10", "--version", "0"]).exits(3);
    let newest = place.pal(&["statement", "show", "2026-10"]).exits(0).stdout;
    assert_eq!(newest, place.pal(&["statement", "show", "2026-10", "--version", "1"]).exits(0).stdout);
}

/// Where the data has gaps, a number is "at least", a zero is "unknown": in sums and losses too.
#[test]
fn shows_what_gaps_leave_uncertain() {
    let place = demo();
    let table = |name: &str, month: &str, what: &str| {
        says(&place, name, &["statement", "show", month, what, "-o", "table"]).exits(0);
    };
    table("statement_show_rollup_gaps", "2026-03", "--rollup");
    table("statement_show_company_gaps", "2026-06", "--company");

    for (name, bytes) in place.files("pal-data/facts") {
        place.write(&format!("facts/{name}"), bytes);
    }
    let vesterholm = "7e030000-0000-4000-8000-000000000003,power_apps_model_driven,";
    let coverage = place.read("facts/coverage.csv");
    let gaps = coverage.lines().filter(|line| !line.starts_with(vesterholm)).collect::<Vec<_>>().join("\n");
    place.write("facts/coverage.csv", gaps);
    place.pal(&["--data", "gaps", "init"]).exits(0);
    place.pal(&["--data", "gaps", "import", "facts", "facts"]).exits(0);
    place.pal(&["--data", "gaps", "close", "2026-03"]).exits(0);
    let lost = ["--data", "gaps", "statement", "show", "2026-03", "--lost", "Brackenfold"];
    says(&place, "statement_show_lost_gaps", &[&lost[..], &["-o", "table"]].concat()).exits(0);
    let query = "losses[?starts_with(resource_name, 'Outage')].[quantity, shown_quantity]";
    let shown = place.pal(&[&lost[..], &["--query", query]].concat()).exits(0).json();
    assert_eq!(shown, serde_json::json!([[41, "at least 41"]]));
}

#[test]
fn compares_by_each() {
    let place = demo();
    let by = |name: &str, by: &str| {
        says(&place, name, &["statement", "compare", "2026-02", "2026-03", "--by", by, "-o", "table"])
            .exits(0);
    };
    by("compare_by_tenant", "tenant");
    by("compare_by_partner", "partner");
    by("compare_by_workload", "workload");
    by("compare_by_cause", "cause");
    let two = ["statement", "compare", "2026-02", "2026-03"];
    says(&place, "compare_changes", &[&two[..], &["--query", "changes[?cause!='usage']"]].concat()).exits(0);
    says(&place, "compare_csv", &[&two[..], &["-o", "csv"]].concat()).exits(0);
    says(&place, "compare_same", &["statement", "compare", "2026-03", "2026-03", "-o", "table"]).exits(2);
    says(&place, "compare_later_first", &["statement", "compare", "2026-03", "2026-02"]).exits(2);
    says(&place, "compare_open", &["statement", "compare", "2025-08", "2026-03"]).exits(3);
    says(&place, "compare_by_nothing", &["statement", "compare", "2026-02", "2026-03", "--by", "colour"])
        .exits(2);
}

#[test]
fn tells_what_late_facts_changed() {
    let place = demo();
    says(&place, "diff_first_version", &["statement", "diff", "2026-02"]).exits(5);
    place.pal(&["import", "facts", &example("late-facts")]).exits(0);
    place.pal(&["close", "2026-02"]).exits(0);
    says(&place, "diff_table", &["statement", "diff", "2026-02", "-o", "table"]).exits(0);
    says(&place, "diff_json", &["statement", "diff", "2026-02"]).exits(0);
    says(&place, "diff_csv", &["statement", "diff", "2026-02", "-o", "csv"]).exits(0);
    says(&place, "diff_from_itself", &["statement", "diff", "2026-02", "--from", "2", "--to", "2"]).exits(2);
    says(&place, "diff_later_first", &["statement", "diff", "2026-02", "--from", "2", "--to", "1"]).exits(2);
    for (option, version) in [("--from", "9"), ("--to", "9"), ("--from", "0")] {
        place
            .pal(&["statement", "diff", "2026-02", option, version])
            .exits(3)
            .tells(&format!("2026-02 has no version {version}: its newest is 2"));
    }
    place.pal(&["statement", "diff", "2026-02", "--to", "1"]).exits(5);
    says(&place, "diff_open", &["statement", "diff", "2025-08"]).exits(3);
    let lines = [
        "--query",
        "lines[?resource_name=='Customs Papers (maker without a role)'] | [0].[outcome, partner_id]",
    ];
    for (name, version) in [("show_version_1", "1"), ("show_version_2", "2")] {
        says(&place, name, &[&["statement", "show", "2026-02", "--version", version], &lines[..]].concat())
            .exits(0);
    }
    let explained =
        place.pal(&["explain", "Customs Papers", "--month", "2026-02", "--version", "1"]).exits(0).json();
    assert_eq!(explained["line"]["outcome"], "uncredited");
    let explained = place.pal(&["explain", "Customs Papers", "--month", "2026-02"]).exits(0).json();
    assert_eq!(explained["line"]["outcome"], "credited");
    assert_eq!(explained["statement_version"], 2);
}
