//! The resources of facts, each with its history, and where each of them stands.

use std::ops::Deref;
use std::slice;
use std::sync::Arc;

use super::record::{Event, Import, PlatformKept};
use super::row::Row;
use super::search;
use crate::id::{EnvironmentId, ResourceId, TenantId};
use crate::time::Timestamp;
use crate::word::Product;

/// An app, flow, dataset or instance, with its history.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Its product.
    pub product: Product,
    /// The tenant that it lies in.
    pub tenant: TenantId,
    /// The environment that it lies in; of a dataset, its workspace.
    pub environment: Option<EnvironmentId>,
    /// Its name.
    pub name: Option<Arc<str>>,
    /// Made at; absent: always there.
    pub created_at: Option<Timestamp>,
    /// Deleted at.
    pub deleted_at: Option<Timestamp>,
    /// Ownership events, dated and derived, in the order in which they are walked.
    pub events: Vec<Event>,
    /// What is mostly nothing: there are millions of resources, and four empty lists would be more than half of one.
    pub rest: Option<Box<Rest>>,
}

/// What few resources have.
#[derive(Clone, Debug, Default)]
pub struct Rest {
    /// Succeeded imports of solutions that contain it, by (time, id).
    pub imports: Vec<Arc<Import>>,
    /// Imports that contain it and did nothing (failed, cancelled, holding), by (time, id).
    pub idle_imports: Vec<Arc<Import>>,
    /// Unified profiles measured, by time, the larger of two at one time last.
    pub profiles: Vec<(Timestamp, u64)>,
    /// Listings that contradict an import because the platform keeps the old owner.
    pub kept_by_platform: Vec<PlatformKept>,
}

impl Resource {
    pub(super) fn read(row: &Row) -> Option<Self> {
        Some(Self {
            id: ResourceId(row.id(0)?.clone()),
            product: Product::new(row.text(1)?),
            tenant: TenantId(row.id(2)?.clone()),
            environment: row.id(3).cloned().map(EnvironmentId),
            name: row.text(4).cloned(),
            created_at: row.time(5),
            deleted_at: row.time(6),
            events: Vec::new(),
            rest: None,
        })
    }

    /// Adds an event; most resources have one at most.
    pub(super) fn add_event(&mut self, event: Event) {
        if self.events.is_empty() {
            self.events.reserve_exact(1);
        }
        self.events.push(event);
    }

    /// What few have, to be added to.
    pub fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    /// [`Rest::imports`].
    pub fn imports(&self) -> &[Arc<Import>] {
        self.rest.as_ref().map_or(&[], |rest| &rest.imports)
    }

    /// [`Rest::idle_imports`].
    pub fn idle_imports(&self) -> &[Arc<Import>] {
        self.rest.as_ref().map_or(&[], |rest| &rest.idle_imports)
    }

    /// [`Rest::profiles`].
    pub fn profiles(&self) -> &[(Timestamp, u64)] {
        self.rest.as_ref().map_or(&[], |rest| &rest.profiles)
    }

    /// [`Rest::kept_by_platform`].
    pub fn kept_by_platform(&self) -> &[PlatformKept] {
        self.rest.as_ref().map_or(&[], |rest| &rest.kept_by_platform)
    }
}

/// Resources by id, each once.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    all: Vec<Resource>,
    /// Their ids as numbers, if all are GUIDs. Millions are looked for, and each look at a resource itself is one into
    /// memory that was touched long ago; these stand close together.
    guids: Vec<u128>,
}

impl Resources {
    /// Resources that rise by id.
    ///
    /// # Errors
    ///
    /// The resources, where they do not, or where an id is no GUID.
    pub(super) fn rising(all: Vec<Resource>, guids: Vec<u128>) -> Result<Self, Vec<Resource>> {
        if guids.len() == all.len() && guids.is_sorted_by(|a, b| a < b) {
            Ok(Self { all, guids })
        } else {
            Err(all)
        }
    }

    /// The position of a resource.
    pub fn position(&self, id: &ResourceId) -> Option<usize> {
        if self.guids.is_empty() {
            return self.all.binary_search_by(|resource| resource.id.cmp(id)).ok();
        }
        search::position(&self.guids, id.0.guid()?)
    }

    /// What is told of them; their ids stay.
    pub(super) fn history(&mut self) -> &mut [Resource] {
        &mut self.all
    }
}

impl Deref for Resources {
    type Target = [Resource];

    fn deref(&self) -> &[Resource] {
        &self.all
    }
}

impl<'a> IntoIterator for &'a Resources {
    type Item = &'a Resource;
    type IntoIter = slice::Iter<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

/// Of those with one id the first counts.
impl From<Vec<Resource>> for Resources {
    fn from(mut all: Vec<Resource>) -> Self {
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.dedup_by(|later, first| later.id == first.id);
        let guids = all.iter().map(|resource| resource.id.0.guid()).collect::<Option<Vec<u128>>>();
        Self { all, guids: guids.unwrap_or_default() }
    }
}
