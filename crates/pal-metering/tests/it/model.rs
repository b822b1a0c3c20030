//! Metering as plainly as can be: ordered sets and maps of ids, and a state's answers in the same form.

use std::collections::{BTreeMap, BTreeSet};

use pal_metering::{Guid, State};
use pal_rules::id::{ObjectId, ResourceId, TenantId};
use pal_rules::meter::Activity;
use pal_rules::time::{Month, Timestamp};
use pal_rules::word::ActivityKind;
use proptest::prelude::*;

/// A resource as rows name it.
type Named = (TenantId, ResourceId);

/// All that is asked of a state, by ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) uses: BTreeMap<(Month, Named), BTreeSet<ObjectId>>,
    pub(crate) makes: BTreeMap<(Month, Named, ObjectId), i64>,
    pub(crate) active: BTreeMap<(Month, Named, ObjectId), (i64, i64)>,
    pub(crate) active_before: BTreeMap<(Month, Named, ObjectId), i64>,
    pub(crate) beside: BTreeSet<(TenantId, ResourceId, ObjectId, Timestamp, &'static str)>,
}

/// The months that answers are asked of.
pub(crate) fn months() -> Vec<Month> {
    ["2025-12", "2026-01", "2026-02", "2026-03"].map(|month| Month::parse(month).unwrap()).to_vec()
}

/// What the rows say, worked out row by row.
pub(crate) fn plainly(rows: &[Activity], instances: &[Guid], aliases: &[Guid]) -> Answers {
    let mut answers = Answers::default();
    let known = |id: &pal_rules::id::Id| id.guid().is_some_and(|id| !aliases.contains(&Guid::from(id)));
    for row in rows {
        let ids = (row.tenant.clone(), row.resource.clone(), row.object.clone());
        let (month, at) = (row.at.month(), row.at.micros());
        if row.tenant.0.guid().is_none() || !known(&row.resource.0) || !known(&row.object.0) {
            answers.beside.insert((ids.0, ids.1, ids.2, row.at, row.kind.as_str()));
            continue;
        }
        let named = (ids.0, ids.1);
        if row.kind == ActivityKind::Use {
            answers.uses.entry((month, named.clone())).or_default().insert(ids.2.clone());
        }
        for asked in months().into_iter().filter(|asked| *asked >= month) {
            if row.kind == ActivityKind::Make {
                let last = answers.makes.entry((asked, named.clone(), ids.2.clone())).or_insert(at);
                *last = at.max(*last);
            }
            let instance = instances.iter().any(|id| Some(u128::from(*id)) == row.resource.0.guid());
            if instance && asked == month {
                let times = answers.active.entry((month, named.clone(), ids.2.clone())).or_insert((at, at));
                *times = (times.0.min(at), times.1.max(at));
            } else if instance {
                let last = answers.active_before.entry((asked, named.clone(), ids.2.clone())).or_insert(at);
                *last = at.max(*last);
            }
        }
    }
    answers
}

/// What a state says.
pub(crate) fn answers(state: &State) -> Answers {
    let mut answers = Answers::default();
    let dictionary = state.dictionary();
    let everyone = state.people().unwrap();
    let mut people = Vec::new();
    for month in months() {
        let view = state.month(month);
        for (number, resource) in (0..).zip(dictionary.resources()) {
            let tenant = dictionary.tenants()[resource.tenant as usize];
            let named = (TenantId(tenant.id()), ResourceId(resource.id.id()));
            let person = |person: u32| ObjectId(everyone[resource.tenant as usize][person as usize].id());
            view.uses(number, &mut people);
            assert!(people.is_sorted_by(|a, b| a < b));
            assert_eq!(view.used().contains(&number), !people.is_empty());
            if !people.is_empty() {
                let ids = people.iter().map(|one| person(*one)).collect();
                answers.uses.insert((month, named.clone()), ids);
            }
            for make in view.makes(number, &Some) {
                answers.makes.insert((month, named.clone(), person(make.person)), make.last);
            }
            for one in view.active_on(number) {
                answers.active.insert((month, named.clone(), person(one.person)), (one.first, one.last));
            }
            for one in view.active_before(number, &Some) {
                answers.active_before.insert((month, named.clone(), person(one.person)), one.last);
            }
        }
    }
    for row in state.beside() {
        let kind = row.kind.as_str();
        let row = (row.tenant.clone(), row.resource.clone(), row.object.clone(), row.at, kind);
        answers.beside.insert(row);
    }
    answers
}

/// GUIDs that are random, or nearly the same.
pub(crate) fn guid(number: u8) -> Guid {
    let random = u128::from(number / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Guid::from(if number.is_multiple_of(2) { u128::from(number) } else { random })
}

fn id(text: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        12 => (0..30_u8).prop_map(|number| guid(number).to_string()),
        2 => (0..30_u8).prop_map(|number| guid(number).to_string().to_uppercase()),
        1 => (0..4_u8).prop_map(move |number| format!("{text}:{number}@b.example")),
    ]
}

/// Rows with ids in every form.
pub(crate) fn rows(most: usize) -> impl Strategy<Value = Vec<Activity>> {
    let start = months()[0].start().micros();
    let end = months().last().unwrap().end().micros();
    let row = (start..end, 0..3_u8, id("app"), id("upn"), prop::bool::weighted(0.3), 0..3_u8);
    let row = row.prop_map(|(at, tenant, resource, object, make, whole)| Activity {
        at: Timestamp::from_micros(if whole > 0 { at / 1_000_000 * 1_000_000 } else { at }),
        tenant: TenantId(guid(tenant).id()),
        resource: ResourceId::new(&resource),
        object: ObjectId::new(&object),
        kind: if make { ActivityKind::Make } else { ActivityKind::Use },
    });
    prop::collection::vec(row, 0..most)
}
