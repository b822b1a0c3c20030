//! Words that depend on data in a way that can break.

use super::{Section, explain};
use crate::claim::{Claim, Claimed, FactRef};
use crate::evidence::{
    Coverage, CreditedBefore, Evidence, IdleImport, LossFact, PastCoOwner, Place, Quantity, Subject,
};
use crate::facts::{Facts, Origin, PlatformKept};
use crate::fold::{FoldEffect, FoldEvent, FoldStep};
use crate::id::{EnvironmentId, Id, ObjectId, PartnerId, ResourceId, TenantId};
use crate::names::Names;
use crate::standing::{LinkLeftOut, LinkStanding, Standing};
use crate::time::{Month, Timestamp};
use crate::usage::{Users, Window};
use crate::word::{Basis, EnvironmentKind, ImportResult, KnownFrom, PrincipalKind, Product};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn partner(text: &str) -> PartnerId {
    PartnerId::new(text).unwrap()
}

/// A canvas app with 3 users in March, covered, in production, that nobody claims.
fn evidence() -> Evidence {
    Evidence {
        window: Window { month: Month::parse("2026-03").unwrap(), as_of: None },
        subject: Subject {
            tenant: TenantId::new("t"),
            environment: Some(EnvironmentId::new("e")),
            product: Product::PowerAppsCanvas,
            resource: ResourceId::new("app"),
            created_at: None,
            deleted_at: None,
        },
        instant: at("2026-04-01T00:00:00Z"),
        fold: Vec::new(),
        claims: Vec::new(),
        quantity: Quantity::Users(Users { counted: 3, ..Users::default() }),
        place: Place { environment: Some(EnvironmentKind::Production), own_company: None },
        coverage: Coverage::Covered,
        involved: Vec::new(),
        kept_by_platform: Vec::new(),
        idle_imports: Vec::new(),
        past_co_owners: Vec::new(),
        linked_users: Vec::new(),
        runs: 0,
    }
}

fn claim(object: &str, link: LinkStanding, last_active_at: &str) -> Claim {
    Claim {
        claimed: Claimed {
            object: ObjectId::new(object),
            basis: Basis::CoOwner,
            since: at("2026-01-05T00:00:00Z"),
            since_fact: FactRef::Event(Id::new("ev")),
            group: None,
        },
        last_active_at: at(last_active_at),
        last_active_fact: FactRef::Event(Id::new("ev")),
        standing: Standing { kind: Some(PrincipalKind::User), disabled_at: None, link, left_out: None },
    }
}

fn linked(to: &str) -> LinkStanding {
    LinkStanding::On {
        partner: partner(to),
        company: partner(to),
        linked_at: at("2026-01-01T00:00:00Z"),
        known_from: KnownFrom::Declared,
        partner_active: true,
    }
}

fn later(linked_at: &str) -> LinkStanding {
    LinkStanding::Later { partner: partner("7"), linked_at: at(linked_at), known_from: None }
}

/// All that is said, a line each.
fn told(evidence: &Evidence, before: &[CreditedBefore]) -> String {
    let facts = Facts::default();
    let lines = |section: Section| {
        let rows = section.table.map(|(_, rows)| rows).unwrap_or_default();
        let rows = rows.into_iter().map(|row| row.join(" | "));
        let lines: Vec<String> = section.sentences.into_iter().chain(rows).chain(section.notes).collect();
        lines
    };
    explain(evidence, Names(&facts), before).into_iter().flat_map(lines).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn says(told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "`{word}` is missing in:\n{told}");
    }
}

#[test]
fn a_first_link_that_begins_later_is_no_missing_link() {
    let mut evidence = evidence();
    evidence.claims = vec![claim("ann", later("2026-04-20T08:00:00Z"), "2026-02-01T00:00:00Z")];
    let words = told(&evidence, &[]);
    says(&words, &["for ann, a co-owner since 2026-01-05, there is no link known before 2026-04-20."]);
    says(&words, &["| no: no link known before 2026-04-20"]);
    assert!(!words.contains("not_linked"), "{words}");
    evidence.claims = vec![claim("ann", later("2026-04-01T08:00:00Z"), "2026-02-01T00:00:00Z")];
    says(&told(&evidence, &[]), &["no link known before 2026-04-01T08:00:00Z"]);
}

#[test]
fn what_is_not_known_is_not_told_as_fact() {
    let told_of = |counted: u64, coverage: Coverage| {
        let quantity = Quantity::Users(Users { counted, ..Users::default() });
        told(&Evidence { quantity, coverage, ..evidence() }, &[])
    };
    let gaps = Coverage::Gaps { covered_days: 9, days: 31 };
    says(
        &told_of(0, gaps),
        &["An unknown number of monthly active users", "seen using it in the month: unknown"],
    );
    says(&told_of(20, gaps), &["At least 20 distinct people were seen using it", "9 of 31 whole days"]);
    says(&told_of(1, gaps), &["At least 1 monthly active user of 2026-03 is", "At least 1 person was seen"]);
    says(&told_of(0, Coverage::Untold), &["Nobody was seen using it in the month.", "this 0 may be a gap"]);
    says(&told_of(0, Coverage::Covered), &["Nobody used it in the month."]);
}

#[test]
fn one_is_not_told_as_many() {
    let users = Users { counted: 1, service_principals: 1, by_alias: 1, ..Users::default() };
    let one = Evidence { quantity: Quantity::Users(users), runs: 1, ..evidence() };
    let words = told(&one, &[]);
    says(&words, &["1 person used it in the month.", "Left out: 1 service principal, which is no person."]);
    says(&words, &["1 run without a person in the month; never counted as users."]);
}

#[test]
fn a_month_that_is_not_over_is_judged_now() {
    let now = at("2026-03-10T12:00:00.123456Z");
    let window = Window { as_of: Some(now), ..evidence().window };
    let words = told(&Evidence { window, instant: now, ..evidence() }, &[]);
    says(&words, &["Judged at 2026-03-10T12:00:00Z, now; the month is not over", "of 2026-03 so far"]);
}

#[test]
fn a_lost_line_names_the_statement_and_what_wins_it_back() {
    let mut evidence = evidence();
    evidence.claims = vec![
        claim("ann", linked("1"), "2026-02-01T00:00:00Z"),
        claim("bob", linked("2"), "2026-02-01T00:00:00.5Z"),
    ];
    let before =
        CreditedBefore { partner: partner("1"), month: Month::parse("2026-02").unwrap(), version: 3 };
    let words = told(&evidence, &[before]);
    says(&words, &["the statement of 2026-02 (version 3) credited it to this partner"]);
    says(
        &words,
        &["For partner id 1 to win it back: an account linked to this partner that claims it (ann)"],
    );
    // Times that look the same to the second are told in full.
    says(&words, &["bob was active later than ann (2026-02-01T00:00:00.5Z, after 2026-02-01T00:00:00Z)."]);
    let because = &evidence.lost_to(&[before]).first().unwrap().because.clone();
    assert_eq!(*because, LossFact::CreditedBefore { month: before.month, version: 3 });
}

#[test]
fn steps_that_did_nothing_are_told_as_such() {
    let import = |counts| FoldEvent::Imported { solution: "Sol 1.0".to_owned(), managed: true, counts };
    let step = |at, what, object: &str, origin, effect| FoldStep {
        at,
        id: Id::new("listing:2026-01-09T03:00:00Z:owner:ann"),
        what,
        object: ObjectId::new(object),
        origin,
        effect,
    };
    let mut evidence = evidence();
    evidence.fold = vec![
        step(at("2026-01-01T00:00:00Z"), FoldEvent::Created, "ann", Origin::Inferred, FoldEffect::Holds),
        step(at("2026-01-20T00:00:00Z"), import(true), "bob", Origin::Dated, FoldEffect::Holds),
        step(at("2026-02-03T00:00:00Z"), import(false), "cid", Origin::Dated, FoldEffect::KeepsImporter),
    ];
    evidence.idle_imports = vec![IdleImport {
        at: at("2026-02-02T00:00:00Z"),
        id: Id::new("im-9"),
        solution: "Sol 1.1".to_owned(),
        managed: false,
        object: ObjectId::new("cid"),
        result: ImportResult::Failed,
    }];
    let kept = |day| PlatformKept { observed_at: at(day), owner: ObjectId::new("ann") };
    evidence.kept_by_platform = vec![kept("2026-02-09T03:00:00Z"), kept("2026-03-09T03:00:00Z")];
    let words = told(&evidence, &[]);
    says(
        &words,
        &[
            "ann is its owner, says the inventory of 2026-01-09",
            "(unmanaged, import im-9), but this import failed: it did nothing.",
        ],
    );
    says(
        &words,
        &[
            "changed nothing, since this account does not count",
            "2 inventories, from 2026-02-09 to 2026-03-09, name ann",
        ],
    );
    assert!(!words.contains("ann created it"), "{words}");
    let failed = words.find("im-9").unwrap();
    assert!(failed < words.find("changed nothing").unwrap(), "by time:\n{words}");
}

#[test]
fn co_owners_of_the_past_are_told() {
    let mut evidence = evidence();
    evidence.past_co_owners = vec![PastCoOwner {
        object: ObjectId::new("ann"),
        group: Some(ObjectId::new("team")),
        since: at("2026-01-01T00:00:00Z"),
        until: at("2026-03-02T00:00:00Z"),
    }];
    says(
        &told(&evidence, &[]),
        &["ann was a co-owner through team from 2026-01-01T00:00:00Z until 2026-03-02"],
    );
}

#[test]
fn an_uncredited_line_says_whether_it_would_count_for_programs() {
    let place = |environment, own_company| Place { environment, own_company };
    let own = told(
        &Evidence { place: place(Some(EnvironmentKind::Default), Some(partner("5"))), ..evidence() },
        &[],
    );
    says(&own, &["would count for programs: its environment is the default one", "except for partner id 5"]);
    let sandbox = told(&Evidence { place: place(Some(EnvironmentKind::Sandbox), None), ..evidence() }, &[]);
    says(&sandbox, &["Even if it were credited, it would not count", "To make it count"]);
}

#[test]
fn a_partner_without_a_row_is_told_by_its_id_once() {
    let facts = Facts::default();
    let names = Names(&facts);
    assert_eq!(names.partner_and_id(partner("111")), "partner id 111");
    assert_eq!(names.partner_shown(partner("111")), "partner id 111");
}

#[test]
fn one_of_one_is_not_told_as_one_of_them() {
    let users = Users { counted: 1, unknown: 1, by_alias: 1, ..Users::default() };
    let words = told(&Evidence { quantity: Quantity::Users(users), ..evidence() }, &[]);
    says(&words, &["This account is not in the directory; it counts.", "The activity came, in part"]);
    assert!(!words.contains("of them"), "{words}");
}

#[test]
fn a_link_that_does_not_count_here_is_told_with_the_decision() {
    let here = |object| {
        let mut claim = claim(object, LinkStanding::Never, "2026-02-01T00:00:00Z");
        claim.standing.left_out = Some(LinkLeftOut {
            partner: partner("7"),
            linked_at: at("2026-01-01T00:00:00Z"),
            known_from: KnownFrom::ThisServer,
        });
        claim
    };
    let words = told(&Evidence { claims: vec![here("ann"), here("bob")], ..evidence() }, &[]);
    says(&words, &["none of the 2 accounts that claim it is linked to a partner by a link that counts here"]);
    says(&words, &["ann, a co-owner since 2026-01-05, is linked only here to partner id 7"]);
    says(&words, &["which does not count here (links_from): link this account where it counts.", "D11 | "]);
}

#[test]
fn hundreds_of_unlinked_claims_are_counted_together() {
    let mut evidence = evidence();
    let unlinked = |number| claim(&format!("user-{number:03}"), LinkStanding::Never, "2026-03-02T00:00:00Z");
    evidence.claims = (0..200).map(unlinked).collect();
    evidence.claims.push(claim("zoe", linked("1"), "2026-02-01T00:00:00Z"));
    let words = told(&evidence, &[]);
    says(&words, &["190 more accounts claim it and never had a link", "zoe | co-owner"]);
    assert!(words.lines().count() < 60, "{} lines", words.lines().count());
}
