//! Rows that are about resources, taken to them.

use std::thread;

use super::alias::Aliases;
use super::gathered::Gathered;
use super::resources::Resource;
use super::settle::{Settling, Waiting};
use super::{Address, Facts, Row, Table};
use crate::id::ResourceId;

/// What rows tell about resources, by resource, each with the row's first address.
pub(super) type About<T> = Vec<(ResourceId, Address, T)>;

/// So many are gone through on one core.
const FEW: usize = 1 << 12;

impl Settling {
    /// Reads every kept row of a table whose rows are about resources.
    pub(super) fn about<T>(
        &mut self,
        table: Table,
        gathered: &Gathered,
        read: impl Fn(&Aliases, &Row) -> Option<(ResourceId, T)>,
    ) -> About<T> {
        let rows = self.judged(gathered, table);
        let mut about = Vec::with_capacity(rows.len());
        for row in rows.iter().filter(|row| row.refused.is_none()) {
            match read(&self.facts.aliases, &row.row) {
                Some((resource, told)) => about.push((resource, row.first, told)),
                None => Waiting::note(&mut self.waiting, table, row.first),
            }
        }
        about.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        about
    }

    /// Gives what rows tell to its resources, each with its position; rows whose resource is not known wait for it.
    pub(super) fn give<T: Sync>(
        &mut self,
        (table, about): (Table, About<T>),
        mut give: impl FnMut(&Aliases, (usize, &mut Resource), T),
    ) {
        let positions = positions(&self.facts, &about);
        let Facts { aliases, resources, .. } = &mut self.facts;
        let resources = resources.history();
        for ((_, first, told), position) in about.into_iter().zip(positions) {
            match position.and_then(|at| Some((at, resources.get_mut(at)?))) {
                Some(resource) => give(aliases, resource, told),
                None => Waiting::note(&mut self.waiting, table, first),
            }
        }
    }
}

/// Where the resources stand. They are looked for apart from all else, in their order and on two cores: each stands in
/// memory that was last touched long ago.
fn positions<T: Sync>(facts: &Facts, about: &About<T>) -> Vec<Option<usize>> {
    let find = |about: &[(ResourceId, Address, T)]| -> Vec<Option<usize>> {
        about.iter().map(|(resource, ..)| facts.resource(resource)).collect()
    };
    if about.len() < FEW {
        return find(about);
    }
    let (first, second) = about.split_at(about.len() / 2);
    thread::scope(|scope| {
        let second = scope.spawn(|| find(second));
        let mut positions = find(first);
        positions.extend(second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        positions
    })
}

/// Does something with each resource, on two cores where there are many.
pub(super) fn each(resources: &mut [Resource], change: fn(&mut Resource)) {
    if resources.len() < FEW {
        return resources.iter_mut().for_each(change);
    }
    let (first, second) = resources.split_at_mut(resources.len() / 2);
    thread::scope(|scope| {
        scope.spawn(|| first.iter_mut().for_each(change));
        second.iter_mut().for_each(change);
    });
}
