//! The metered state: months of packed lists over one dictionary of ids.
//!
//! A [`State`] is a row of [`Run`]s, each made of some activity and holding what that activity adds: ids that were not
//! there, and for each month lists of people. A run's lists use the numbers of the runs before it. Nothing of it
//! depends on facts.

mod dictionary;
mod encode;
mod envelope;
mod lists;
mod merge;
mod people;
mod segment;
mod union;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use pal_rules::meter::Activity;
use pal_rules::time::Month;
use pal_rules::usage::Window;

pub(crate) use self::dictionary::{Additions, Sizes};
pub use self::dictionary::{Dictionary, Resource};
pub use self::encode::Part;
pub(crate) use self::lists::{List, Lists};
use self::people::NewPeople;
pub use self::people::Opened;
pub(crate) use self::segment::Segment;
pub use self::union::Union;
pub use self::view::{Active, Last, MonthView};
use crate::kernel::guid::Guid;

/// What some activity adds to a state.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the dictionary had before.
    pub(crate) base: Sizes,
    pub(crate) additions: Additions,
    /// By month.
    pub(crate) segments: Vec<Segment>,
    /// Rows with ids that may stand for others, sorted and distinct.
    pub(crate) beside: Vec<Activity>,
    /// The instances for which first and last activity was kept, sorted.
    pub(crate) instances: Vec<Guid>,
    /// The GUIDs that were taken for aliases, sorted.
    pub(crate) aliases: Vec<Guid>,
}

impl Run {
    /// The months that it says something of.
    pub fn months(&self) -> impl Iterator<Item = Month> {
        self.segments.iter().map(|segment| segment.month)
    }

    /// How many people it adds, and how many uses it tells of.
    pub fn counts(&self) -> (u64, u64) {
        let people = self.additions.people.iter().map(|(_, people)| people.len() as u64).sum();
        (people, self.segments.iter().map(|segment| segment.uses.people()).sum())
    }
}

/// The metered state of any number of runs.
#[derive(Clone, Debug, Default)]
pub struct State {
    dictionary: Dictionary,
    /// Of each run those whom it adds.
    people: Vec<NewPeople>,
    segments: BTreeMap<Month, Vec<Segment>>,
    beside: Vec<Activity>,
    /// Those of every run.
    instances: Option<Vec<Guid>>,
    aliases: Option<Vec<Guid>>,
}

impl State {
    /// A state of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a run that was made on top of this state; gives it back if it was made on another.
    ///
    /// # Errors
    ///
    /// The run, unchanged.
    pub fn add(&mut self, mut run: Run) -> Result<(), Box<Run>> {
        if !self.is_base_of(&run) {
            return Err(Box::new(run));
        }
        let people = NewPeople::Held(std::mem::take(&mut run.additions.people));
        self.join(run, people);
        Ok(())
    }

    fn is_base_of(&self, run: &Run) -> bool {
        let same = |base: &Sizes, here: &Sizes| {
            base.tenants == here.tenants
                && base.resources == here.resources
                && base.people.iter().eq(here.people.iter().take(base.people.len()))
                && here.people.iter().skip(base.people.len()).all(|people| *people == 0)
        };
        same(&run.base, &self.dictionary.sizes())
    }

    /// Adds a run that stands on this state, but for its people, and those.
    fn join(&mut self, run: Run, people: NewPeople) {
        // Of an instance that no row was of until now, the run has all that there is.
        let known: BTreeSet<Guid> = self.dictionary.resources.iter().map(|resource| resource.id).collect();
        let new = run.instances.iter().copied().filter(|id| !known.contains(id));
        let first = self.instances.is_none();
        let mut instances = self.instances.take().unwrap_or_default();
        instances.retain(|id| run.instances.binary_search(id).is_ok());
        instances.extend(new);
        instances.sort_unstable();
        instances.dedup();
        self.instances = Some(if first { run.instances.clone() } else { instances });
        self.dictionary.add(run.additions.tenants, run.additions.resources, &people.counts());
        self.people.push(people);
        for segment in run.segments {
            self.segments.entry(segment.month).or_default().push(segment);
        }
        self.beside.extend(run.beside);
        self.aliases = Some(match self.aliases.take() {
            None => run.aliases,
            Some(mut kept) => {
                kept.retain(|id| run.aliases.binary_search(id).is_ok());
                kept
            }
        });
    }

    /// The ids behind the numbers.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// The months that it says something of.
    pub fn months(&self) -> impl Iterator<Item = Month> {
        self.segments.keys().copied()
    }

    /// Whether it can answer for these instances and aliases: if not, activity has to be metered again.
    ///
    /// - `instances`: ids of Customer Insights instances, whose first and last activity has to be there.
    /// - `aliases`: GUIDs that stand for others, whose rows have to be beside it.
    pub fn answers_for(&self, instances: &[Guid], aliases: &[Guid]) -> bool {
        let has = |kept: &Option<Vec<Guid>>, asked: &[Guid]| {
            kept.as_ref().is_none_or(|kept| asked.iter().all(|id| kept.binary_search(id).is_ok()))
        };
        has(&self.instances, instances) && has(&self.aliases, aliases)
    }

    /// Rows with ids that may stand for others, each at least once; whoever asks resolves them.
    pub fn beside(&self) -> &[Activity] {
        &self.beside
    }

    /// What it says of a month.
    pub fn month(&self, month: Month) -> MonthView<'_> {
        let upto = self.segments.range(..=month).flat_map(|(_, segments)| segments).collect();
        MonthView::new(month, self.segments.get(&month).map_or(&[], Vec::as_slice), upto)
    }

    /// The lists that answers for some windows may need.
    pub(crate) fn lists(&self, windows: &[Window]) -> Vec<&Lists> {
        let mut lists = Vec::new();
        for window in windows {
            lists.extend(self.segments.get(&window.month).into_iter().flatten().map(|one| &one.uses));
        }
        if let Some(last) = windows.iter().map(|window| window.month).max() {
            let upto = self.segments.range(..=last).flat_map(|(_, segments)| segments);
            lists.extend(upto.flat_map(|segment| [&segment.makes, &segment.active]));
        }
        lists
    }

    /// The bytes that its lists take, those of its dictionary, and how many uses they tell of.
    pub fn sizes(&self) -> (u64, u64, u64) {
        let all = || self.segments.values().flatten();
        let dictionary = &self.dictionary;
        let ids = dictionary.tenants.len() as u64 + dictionary.people_count();
        let ids = ids * 16 + dictionary.resources.len() as u64 * 20;
        (all().map(|one| one.size() as u64).sum(), ids, all().map(|one| one.uses.people()).sum())
    }
}
