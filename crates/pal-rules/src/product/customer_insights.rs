//! Customer Insights: "Any active user of an Instance is treated as the attributed user. In cases of multiple partners
//! being mapped to a single Instance, the user's activity is reviewed to select the *latest* partner."

use crate::claim::{Claimed, FactRef};
use crate::usage::Usage;
use crate::word::Basis;

/// An instance: everyone, service accounts included, with any activity on it in the month before the instant.
pub fn instance(usage: &Usage) -> Vec<Claimed> {
    usage
        .active
        .iter()
        .map(|active| Claimed {
            object: active.object.clone(),
            basis: Basis::ActiveUser,
            since: active.first,
            since_fact: FactRef::AnyActivity,
            group: None,
        })
        .collect()
}
