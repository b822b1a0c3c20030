//! What is missing, and until when it can still be had: worked out by hand, on 25 November 2026.

use pal_rules::facts::Coverage;
use pal_rules::gaps::{Fetch, Have, MonthState, Reach, Run, Series, Told, series};
use pal_rules::id::{Id, TenantId};
use pal_rules::time::{Month, Timestamp};
use pal_rules::word::{ActorBasis, Product};

const NOW: &str = "2026-11-25T12:00:00Z";

fn at(text: &str) -> Timestamp {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse(&whole).unwrap()
}

/// Data of canvas apps from a source, `[from, until)`.
fn told(tenant: &str, source: &str, (from, until): (&str, &str), imported: &str) -> Told {
    Told {
        tenant: TenantId(Id::new(tenant)),
        product: Product::PowerAppsCanvas,
        coverage: Coverage {
            actor_basis: ActorBasis::Observed,
            from: at(from),
            until: at(until),
            source: source.into(),
        },
        imported_at: at(imported),
    }
}

fn reach(source: &str, _: &Product) -> Reach {
    match source {
        "audit" => Reach { fetched: Some(7), searched: Some(180) },
        "power-bi" => Reach { fetched: Some(28), searched: None },
        _ => Reach::default(),
    }
}

fn of(told: &[Told], month: Option<&str>) -> Vec<Series> {
    series(told, &reach, month.map(|month| Month::parse(month).unwrap()), at(NOW))
}

/// Runs as text: first and last day, what is known, `!` where the chance is about to pass.
fn runs(series: &Series) -> Vec<String> {
    let run = |run: &Run| {
        let have = match run.have {
            Have::Data { late_days } => format!("late {late_days}"),
            Have::Nothing(fetch, until) => {
                until.map_or_else(|| fetch.to_string(), |until| format!("{fetch} until {until}"))
            }
        };
        let soon = if run.passes_soon(at(NOW)) { " !" } else { "" };
        format!("{} {} ({} days): {have}{soon}", run.first, run.last, run.days())
    };
    series.runs.iter().map(run).collect()
}

fn months(series: &Series) -> Vec<String> {
    let month = |known: &pal_rules::gaps::MonthKnown| {
        format!("{} {}/{} {}", known.month, known.covered_days, known.days, known.state)
    };
    series.months.iter().map(month).collect()
}

#[test]
fn a_gap_that_begins_six_days_before_tomorrow_ends_tomorrow() {
    let found = of(
        &[
            told("t", "audit", ("2026-11-01", "2026-11-15"), "2026-11-16T09:00:00Z"),
            told("t", "audit", ("2026-11-15", "2026-11-20"), "2026-11-20T01:00:00Z"),
        ],
        None,
    );
    assert_eq!(found.len(), 1);
    assert_eq!(
        runs(&found[0]),
        [
            // The 1st was over on the 2nd, and imported on the 16th.
            "2026-11-01 2026-11-19 (19 days): late 14",
            "2026-11-20 2026-11-24 (5 days): possible until 2026-11-26 !",
        ]
    );
    assert_eq!(months(&found[0]), ["2026-11 19/30 provisional"]);
}

#[test]
fn what_is_out_of_reach_is_told_apart_from_what_is_not() {
    let found = of(
        &[
            told("t", "audit", ("2026-05-01", "2026-05-02"), "2026-05-02"),
            told("t", "power-bi", ("2026-10-01", "2026-10-02"), "2026-10-02"),
            told("t", "storage", ("2026-11-23", "2026-11-24"), "2026-11-24"),
        ],
        None,
    );
    let all: Vec<Vec<String>> = found.iter().map(runs).collect();
    assert_eq!(
        all,
        [
            [
                "2026-05-01 2026-05-01 (1 days): late 0",
                "2026-05-02 2026-05-29 (28 days): too_late",
                // 180 days with the 30th of May: its last day is the 25th of November.
                "2026-05-30 2026-11-18 (173 days): by_search until 2026-11-25 !",
                "2026-11-19 2026-11-24 (6 days): possible until 2026-11-25 !",
            ]
            .as_slice(),
            // The tenant's first day is that of any source.
            &[
                "2026-05-01 2026-09-30 (153 days): too_late",
                "2026-10-01 2026-10-01 (1 days): late 0",
                "2026-10-02 2026-10-28 (27 days): too_late",
                "2026-10-29 2026-11-24 (27 days): possible until 2026-11-25 !",
            ],
            &[
                "2026-05-01 2026-11-22 (206 days): no_limit",
                "2026-11-23 2026-11-23 (1 days): late 0",
                "2026-11-24 2026-11-24 (1 days): no_limit",
            ],
        ]
    );
}

#[test]
fn a_month_is_complete_when_data_of_a_week_later_is_there() {
    let of_months = |until: &str| {
        let spans = [
            told("t", "audit", ("2026-09-01", "2026-10-31T12:00:00Z"), "2026-11-02"),
            told("t", "audit", ("2026-10-31T12:00:00Z", until), "2026-11-20"),
        ];
        months(&of(&spans, None)[0])
    };
    let rest = "2026-11 7/30 provisional";
    assert_eq!(of_months("2026-11-08"), ["2026-09 30/30 complete", "2026-10 31/31 complete", rest]);
    let rest = "2026-11 6/30 provisional";
    assert_eq!(
        of_months("2026-11-07T23:00:00Z"),
        ["2026-09 30/30 complete", "2026-10 31/31 provisional", rest]
    );
    let holes = [
        told("t", "audit", ("2026-09-02", "2026-10-02"), "2026-10-03"),
        told("t", "audit", ("2026-10-08", "2026-10-09"), "2026-10-09"),
    ];
    assert_eq!(months(&of(&holes, Some("2026-09"))[0]), ["2026-09 29/30 gaps"]);
}

#[test]
fn a_day_in_pieces_was_whole_when_the_last_of_them_came() {
    let found = of(
        &[
            told("t", "audit", ("2026-11-22", "2026-11-23T06:00:00Z"), "2026-11-23T07:00:00Z"),
            told("t", "audit", ("2026-11-23T06:00:00Z", "2026-11-25T12:00:00Z"), "2026-11-25T12:00:00Z"),
            // Repeated later: the first time counts.
            told("t", "audit", ("2026-11-22", "2026-11-23"), "2026-11-25T12:00:00Z"),
        ],
        None,
    );
    assert_eq!(runs(&found[0]), ["2026-11-22 2026-11-24 (3 days): late 1"]);
}

#[test]
fn a_month_to_look_at_cuts_the_days() {
    let spans = [told("t", "audit", ("2026-09-11", "2026-11-25"), "2026-11-25")];
    let looked = |month: &str| of(&spans, Some(month))[0].clone();
    // Nothing is known of days before the first.
    assert_eq!(runs(&looked("2026-09")), ["2026-09-11 2026-09-30 (20 days): late 74"]);
    assert_eq!(runs(&looked("2026-11")), ["2026-11-01 2026-11-24 (24 days): late 23"]);
    assert_eq!((runs(&looked("2026-12")).len(), months(&looked("2026-12")).len()), (0, 0));
    assert_eq!((runs(&looked("2026-08")).len(), months(&looked("2026-08")).len()), (0, 0));
}

#[test]
fn what_is_known_of_persons_is_told_apart() {
    let mut proxy = told("t", "audit", ("2026-11-23", "2026-11-24"), "2026-11-24");
    proxy.coverage.actor_basis = ActorBasis::OwnerProxy;
    let found = of(&[told("t", "audit", ("2026-11-24", "2026-11-25"), "2026-11-25"), proxy], None);
    let bases: Vec<ActorBasis> = found.iter().map(|series| series.actor_basis).collect();
    assert_eq!(bases, [ActorBasis::Observed, ActorBasis::OwnerProxy]);
    // A series begins with the tenant's first day, whichever source had it.
    assert_eq!(runs(&found[0])[0], "2026-11-23 2026-11-23 (1 days): possible until 2026-11-29");
    assert_eq!(found[0].months[0].state, MonthState::Provisional);
    assert!(matches!(found[1].runs[1].have, Have::Nothing(Fetch::Possible, Some(_))));
}
