//! What months are judged by but for activity: made while that is metered.

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::facts::{Claimants, Facts, Gathered, Settled, settle};
use pal_rules::id::TenantId;
use pal_rules::word::Product;

use crate::parallel::both;

/// What judging asks of facts as a whole.
#[derive(Debug)]
pub(crate) struct Groundwork<'a> {
    /// The tenants whose resources are judged, if not all are.
    pub(super) tenants: Option<&'a BTreeSet<TenantId>>,
    /// The positions of the resources in the order of a statement: by tenant, product and resource, as text.
    pub(super) order: Vec<usize>,
    pub(super) claimants: Claimants,
}

/// Rows, settled.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) settled: Settled,
    /// Of all tenants.
    pub(crate) groundwork: Groundwork<'static>,
}

impl<'a> Groundwork<'a> {
    /// That of facts; of some tenants, if not all are asked for.
    pub(crate) fn of(facts: &Facts, tenants: Option<&'a BTreeSet<TenantId>>) -> Self {
        let (order, claimants) = both(|| order(facts, tenants), || Claimants::of(facts));
        Self { tenants, order, claimants }
    }
}

impl Laid {
    /// Settles rows, and does something else meanwhile: settling is mostly one thread's work, and so is metering a file or
    /// two.
    ///
    /// # Errors
    ///
    /// Those of what is done meanwhile.
    pub(crate) fn of<M, E>(
        gathered: &Gathered,
        meanwhile: impl FnOnce() -> Result<M, E>,
    ) -> Result<(Self, M), E> {
        let laid = || {
            let settled = settle(gathered);
            let groundwork = Groundwork::of(&settled.facts, None);
            (settled, groundwork)
        };
        let ((settled, groundwork), done) = both(laid, meanwhile);
        Ok((Self { settled, groundwork }, done?))
    }
}

fn order(facts: &Facts, asked: Option<&BTreeSet<TenantId>>) -> Vec<usize> {
    let mut tenants: BTreeMap<&TenantId, BTreeMap<&Product, Vec<usize>>> = BTreeMap::new();
    // Resources stand by id, so those of a group do.
    for (position, resource) in facts.resources.iter().enumerate() {
        if asked.is_none_or(|tenants| tenants.contains(&resource.tenant)) {
            let groups = tenants.entry(&resource.tenant).or_default();
            groups.entry(&resource.product).or_default().push(position);
        }
    }
    tenants.into_values().flat_map(BTreeMap::into_values).flatten().collect()
}
