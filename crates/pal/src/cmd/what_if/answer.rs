//! What differs between two judgements, by line and in sum.

use std::collections::BTreeMap;

use pal_rules::attribute::Attribution;
use pal_rules::compare::{Cause, Change, all_changes};
use pal_rules::evidence::Evidence;
use pal_rules::facts::Facts;
use pal_rules::id::{PartnerId, TenantId};
use pal_rules::names::Names;
use pal_rules::rollup::Rollup;
use pal_rules::time::Month;
use pal_rules::word::Workload;
use serde_json::Value;

use crate::judge::Statement;
use crate::render::{Answer, Items, draw, object};

/// - `before`, `after`: the same months, each with the lines of every one.
pub(super) fn answer(
    (before, lines_before): (&[Statement], &[Vec<Attribution>]),
    (after, lines_after): (&[Statement], &[Vec<Attribution>]),
    facts: &Facts,
) -> Answer {
    let names = Names(facts);
    let mut lines = Items::new([
        "month",
        "tenant_id",
        "tenant_name",
        "resource_id",
        "resource_name",
        "product",
        "metric",
        "partner_id",
        "partner_name",
        "change",
        "eligible_change",
        "cause",
    ]);
    for (month, (before, after)) in after.iter().zip(lines_before.iter().zip(lines_after)) {
        for change in all_changes(evidence(before), evidence(after)) {
            lines.push(line(month.window.month, &change, names));
        }
    }
    let mut sums = Items::new([
        "month",
        "partner_id",
        "partner_name",
        "tenant_id",
        "tenant_name",
        "workload",
        "before",
        "after",
        "change",
    ]);
    for (before, after) in before.iter().zip(after) {
        let is = by_group(&after.rollups.partners);
        for (group, (was, is)) in
            both(&by_group(&before.rollups.partners), &is).into_iter().filter(|(_, (was, is))| was != is)
        {
            sums.push(sum(after.window.month, group, (was, is), names));
        }
    }
    let mut view = String::new();
    if lines.is_empty() {
        view.push_str("Nothing would change.\n");
    } else {
        view.push_str("What would change, in sum (people or profiles, each counted once)\n\n");
        view.push_str(&draw(&sums.table().with_heads(SUM_HEADS)));
        view.push_str("\nBy resource\n\n");
        view.push_str(&draw(&lines.table().with_heads(LINE_HEADS)));
    }
    let json = object(vec![("sums", sums.objects()), ("changes", lines.objects())]);
    Answer { json, items: "changes", rows: lines.table(), view }
}

fn line(month: Month, change: &Change, names: Names<'_>) -> Vec<Value> {
    let line = &change.line;
    let cause = change.cause.or(change.eligible_cause);
    vec![
        month.to_string().into(),
        line.tenant.to_string().into(),
        names.tenant(&line.tenant).into(),
        line.resource.to_string().into(),
        names.resource(&line.resource).into(),
        line.product.as_str().into(),
        line.metric().as_str().into(),
        change.partner.map(|partner| partner.to_string()).into(),
        change.partner.map_or_else(|| "(nobody)".to_owned(), |partner| names.partner_shown(partner)).into(),
        change.quantity.into(),
        change.eligible_quantity.into(),
        cause.map(Cause::as_str).into(),
    ]
}

fn evidence(lines: &[Attribution]) -> impl Iterator<Item = &Evidence> {
    lines.iter().map(|attribution| &attribution.evidence)
}

type Group = (PartnerId, TenantId, &'static str);

/// What each partner has of each tenant and workload: distinct people, or profiles.
fn by_group(rollup: &[Rollup]) -> BTreeMap<Group, u64> {
    let number = |line: &Rollup| match line.workload {
        Workload::CustomerInsights => line.unified_profiles,
        _ => line.mau_distinct,
    };
    let group = |line: &Rollup| ((line.partner, line.tenant.clone(), line.workload.as_str()), number(line));
    rollup.iter().map(group).collect()
}

fn both(was: &BTreeMap<Group, u64>, is: &BTreeMap<Group, u64>) -> BTreeMap<Group, (u64, u64)> {
    let of = |all: &BTreeMap<Group, u64>, group: &Group| all.get(group).copied().unwrap_or(0);
    was.keys().chain(is.keys()).map(|group| (group.clone(), (of(was, group), of(is, group)))).collect()
}

fn sum(
    month: Month,
    (partner, tenant, workload): Group,
    (was, is): (u64, u64),
    names: Names<'_>,
) -> Vec<Value> {
    vec![
        month.to_string().into(),
        partner.to_string().into(),
        names.partner_shown(partner).into(),
        tenant.to_string().into(),
        names.tenant(&tenant).into(),
        workload.into(),
        was.into(),
        is.into(),
        (is.cast_signed() - was.cast_signed()).into(),
    ]
}

const SUM_HEADS: &[(&str, &str)] = &[
    ("month", "month"),
    ("partner_name", "partner"),
    ("tenant_name", "customer"),
    ("workload", "workload"),
    ("before", "before"),
    ("after", "after"),
    ("change", "change"),
];

const LINE_HEADS: &[(&str, &str)] = &[
    ("month", "month"),
    ("resource_name", "resource"),
    ("tenant_name", "customer"),
    ("partner_name", "partner"),
    ("change", "change"),
    ("eligible_change", "eligible"),
    ("cause", "cause"),
];
