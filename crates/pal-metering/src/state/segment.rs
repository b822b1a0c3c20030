//! What some activity says of one month.

use pal_rules::time::Month;

use super::lists::Lists;

/// What some activity says of one month: one import's, or all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) month: Month,
    /// Who used.
    pub(crate) uses: Lists,
    /// Who made, and when last.
    pub(crate) makes: Lists,
    /// Who was active on an instance, first and last.
    pub(crate) active: Lists,
}

impl Segment {
    pub(crate) fn is_empty(&self) -> bool {
        self.uses.is_empty() && self.makes.is_empty() && self.active.is_empty()
    }

    pub(crate) fn finish(&mut self) {
        self.uses.finish();
        self.makes.finish();
        self.active.finish();
    }

    /// The bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.uses.size() + self.makes.size() + self.active.size()
    }
}
