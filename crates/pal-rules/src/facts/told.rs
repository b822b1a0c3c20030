//! Resources as their rows tell them: by far the most of all facts.

use std::collections::BTreeMap;

use super::alias::Aliases;
use super::gathered::Gathered;
use super::keep;
use super::resources::{Resource, Resources};
use super::settle::kept;
use super::{Refusal, Row, Table};
use crate::id::ResourceId;
use crate::time::Timestamp;

/// What the rows of resources tell, with ids as they stand there.
pub(super) struct Told {
    resources: Vec<Resource>,
    /// Of each when it was observed, and whether it only reports a deletion.
    observed: Vec<(Option<Timestamp>, bool)>,
    refusals: Vec<Refusal>,
}

impl Told {
    /// Reads rows, judged against equal keys; where each has one of its own they are read as they stand.
    pub(super) fn read(gathered: &Gathered) -> Self {
        if gathered.rise(Table::Resources) {
            let rows = gathered.rows(Table::Resources).map(|entry| &entry.row);
            return Self::of(rows, gathered.count(Table::Resources), Vec::new());
        }
        let rows = gathered.judge(Table::Resources);
        Self::of(kept(&rows), rows.len(), keep::refusals(Table::Resources, &rows).collect())
    }

    /// - `most`: how many rows there are at most.
    fn of<'a>(rows: impl Iterator<Item = &'a Row>, most: usize, refusals: Vec<Refusal>) -> Self {
        let read = |row: &Row| Some((Resource::read(row)?, (row.time(7), row.only_reports_deletion())));
        let mut told = (Vec::with_capacity(most), Vec::with_capacity(most));
        told.extend(rows.filter_map(read));
        let (resources, observed) = told;
        Self { resources, observed, refusals }
    }

    /// The resources that hold, by id, each as it was observed last and deleted when that was first reported.
    pub(super) fn hold(self, aliases: &Aliases, refusals: &mut Vec<Refusal>) -> Resources {
        refusals.extend(self.refusals);
        let (mut told, mut observed) = (self.observed.into_iter(), Vec::with_capacity(self.resources.len()));
        let mut guids = Vec::with_capacity(self.resources.len());
        let (mut resources, mut deletions) = (self.resources, BTreeMap::<ResourceId, Timestamp>::new());
        resources.retain_mut(|resource| {
            let (observed_at, reports_deletion) = told.next().unwrap_or_default();
            let deletion = resource.deleted_at.filter(|_| reports_deletion);
            // A report of a deletion has no other time than that; what has no `created_at` was always there.
            let at = deletion.or(resource.created_at).unwrap_or(Timestamp::MIN);
            resource.id = aliases.resource(&resource.id, at);
            resource.environment = resource.environment.take().map(|id| aliases.environment(&id, at));
            if let Some(deleted_at) = deletion {
                let earliest = deletions.entry(resource.id.clone()).or_insert(deleted_at);
                *earliest = deleted_at.min(*earliest);
            } else {
                observed.push(observed_at);
                guids.extend(resource.id.0.guid());
            }
            deletion.is_none()
        });
        let resources = Resources::rising(resources, guids);
        let mut resources = resources.unwrap_or_else(|resources| observed_last(resources, observed).into());
        if deletions.is_empty() {
            return resources;
        }
        for resource in resources.history() {
            if let Some(reported) = deletions.get(&resource.id) {
                resource.deleted_at = Some(resource.deleted_at.map_or(*reported, |own| own.min(*reported)));
            }
        }
        resources
    }
}

/// Resources by id, of those with one id the one first that was observed last.
fn observed_last(resources: Vec<Resource>, observed: Vec<Option<Timestamp>>) -> Vec<Resource> {
    let mut resources: Vec<_> = observed.into_iter().zip(resources).collect();
    resources.sort_by(|(a_at, a), (b_at, b)| a.id.cmp(&b.id).then(b_at.cmp(a_at)));
    resources.into_iter().map(|(_, resource)| resource).collect()
}
