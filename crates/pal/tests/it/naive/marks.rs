//! Counts which branches of the specification an evaluation reached.

use std::collections::BTreeMap;

/// How often each branch was reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks(pub(crate) BTreeMap<&'static str, u64>);

impl Marks {
    pub(crate) fn hit(&mut self, mark: &'static str) {
        *self.0.entry(mark).or_default() += 1;
    }
}
