//! Power BI: "The user must be the publisher of the dataset. … In cases of multiple partners being mapped to a single
//! dataset, the user's activity is reviewed to select the *latest* partner."

use crate::claim::{Claimed, FactRef};
use crate::facts::Resource;
use crate::time::Timestamp;
use crate::word::{Basis, OwnershipKind};

/// A dataset: everyone who published it, since the first time (decision D4). Taking over is not publishing.
pub fn dataset(resource: &Resource, at: Timestamp) -> Vec<Claimed> {
    let published = |event: &&crate::facts::Event| event.kind == OwnershipKind::Published && event.at < at;
    resource
        .events
        .iter()
        .filter(published)
        .map(|event| Claimed {
            object: event.object.clone(),
            basis: Basis::Publisher,
            since: event.at,
            since_fact: FactRef::Event(event.id.0.clone()),
            group: None,
        })
        .collect()
}
