//! The resources of facts, and where each of them stands.

use std::ops::Deref;
use std::slice;

use super::record::Resource;
use super::search;
use crate::id::ResourceId;

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
