//! A month of a state, as it is asked for.

use pal_rules::time::Month;

use super::{List, Lists, Segment};

/// The last of some activity of a person, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Last {
    /// Who, in the resource's tenant.
    pub person: u32,
    /// When, last; microseconds since 1970.
    pub last: i64,
}

/// The activity of a person on an instance, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Active {
    /// Who, in the resource's tenant.
    pub person: u32,
    /// When, first; microseconds since 1970.
    pub first: i64,
    /// When, last.
    pub last: i64,
}

/// A month of a state. Numbers of people are those in the resource's tenant, and rise.
#[derive(Clone, Debug)]
pub struct MonthView<'s> {
    month: Month,
    segments: &'s [Segment],
    /// Those of this month and all before.
    upto: Vec<&'s Segment>,
}

impl<'s> MonthView<'s> {
    pub(super) fn new(month: Month, segments: &'s [Segment], upto: Vec<&'s Segment>) -> Self {
        Self { month, segments, upto }
    }

    /// The month.
    pub fn month(&self) -> Month {
        self.month
    }

    /// Whether it says anything of a resource in the month itself.
    pub fn has(&self, resource: u32) -> bool {
        let has = |lists: &Lists| lists.position(resource).is_some();
        self.segments.iter().any(|segment| has(&segment.uses) || has(&segment.makes) || has(&segment.active))
    }

    /// Something of where a resource's users are found.
    pub fn look_at(&self, resource: u32) -> u64 {
        let near = |lists: &Lists| lists.near(resource).unwrap_or_default();
        self.segments.iter().fold(0, |seen, segment| seen ^ near(&segment.uses))
    }

    /// The resources that somebody used in the month, rising.
    pub fn used(&self) -> Vec<u32> {
        of_all(self.segments.iter().map(|segment| &segment.uses))
    }

    /// The instances that somebody was active on in the month, rising.
    pub fn active(&self) -> Vec<u32> {
        of_all(self.segments.iter().map(|segment| &segment.active))
    }

    /// Who used a resource in the month.
    ///
    /// - `people`: is emptied first; kept by the caller so that it need not be made again.
    #[expect(clippy::stable_sort_primitive, reason = "lists that rise, one behind the other, are merged")]
    pub fn uses(&self, resource: u32, people: &mut Vec<u32>) {
        let mut list = List { people: std::mem::take(people), ..List::default() };
        list.clear();
        for segment in self.segments {
            segment.uses.read(resource, 0, &mut list);
        }
        *people = list.people;
        if self.segments.len() > 1 && !people.is_sorted_by(|a, b| a < b) {
            people.sort();
            people.dedup();
        }
    }

    /// The last `make` of each of some people on a resource, in the month or before.
    ///
    /// - `place`: what stands for a person who is asked for, in place of the number. Each has its own, and the answer is in
    ///   their order.
    pub fn makes(&self, resource: u32, place: &dyn Fn(u32) -> Option<u32>) -> Vec<Last> {
        last_of_each(self.upto.iter().map(|segment| (&segment.makes, 1)), resource, place)
    }

    /// Passes each resource that somebody worked on in the month itself, with the last `make` of each person in it.
    pub fn each_make_within(&self, take: &mut dyn FnMut(u32, &[Last])) {
        for resource in of_all(self.segments.iter().map(|segment| &segment.makes)) {
            let within = self.segments.iter().map(|segment| (&segment.makes, 1));
            take(resource, &last_of_each(within, resource, &Some));
        }
    }

    /// Everyone active on an instance in the month, with first and last time.
    pub fn active_on(&self, resource: u32) -> Vec<Active> {
        let mut all: Vec<Active> = Vec::new();
        let mut list = List::default();
        for segment in self.segments {
            list.clear();
            segment.active.read(resource, 2, &mut list);
            let times = list.first.iter().zip(&list.last);
            let rows = list.people.iter().zip(times);
            all.extend(rows.map(|(person, (first, last))| Active {
                person: *person,
                first: *first,
                last: *last,
            }));
        }
        all.sort_unstable();
        all.dedup_by(|later, first| {
            let same = later.person == first.person;
            if same {
                first.last = first.last.max(later.last);
            }
            same
        });
        all
    }

    /// The last activity of each of some people on an instance before the month.
    ///
    /// - `place`: as of [`MonthView::makes`].
    pub fn active_before(&self, resource: u32, place: &dyn Fn(u32) -> Option<u32>) -> Vec<Last> {
        let earlier = self.upto.len() - self.segments.len();
        let before = self.upto.iter().take(earlier).map(|segment| (&segment.active, 2));
        last_of_each(before, resource, place)
    }
}

#[expect(clippy::stable_sort_primitive, reason = "lists that rise, one behind the other, are merged")]
fn of_all<'a>(lists: impl Iterator<Item = &'a Lists>) -> Vec<u32> {
    let mut resources: Vec<u32> = lists.flat_map(|lists| lists.resources.iter().copied()).collect();
    resources.sort();
    resources.dedup();
    resources
}

/// The latest of each of some people over some lists, whose last column of times counts.
fn last_of_each<'a>(
    lists: impl Iterator<Item = (&'a Lists, usize)>,
    resource: u32,
    place: &dyn Fn(u32) -> Option<u32>,
) -> Vec<Last> {
    let mut all: Vec<Last> = Vec::new();
    let mut list = List::default();
    for (lists, times) in lists {
        list.clear();
        lists.read(resource, times, &mut list);
        let last = if times == 2 { &list.last } else { &list.first };
        let placed = |(person, last): (&u32, &i64)| Some(Last { person: place(*person)?, last: *last });
        all.extend(list.people.iter().zip(last).filter_map(placed));
    }
    all.sort_unstable_by_key(|one| (one.person, std::cmp::Reverse(one.last)));
    all.dedup_by_key(|one| one.person);
    all
}
