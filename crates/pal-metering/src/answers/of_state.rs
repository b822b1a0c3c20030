//! What a state says of one resource in one window, with ids in place of numbers.

use std::borrow::Cow;

use pal_rules::facts::Resource;
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::{Active, Last, Usage, Window};
use pal_rules::word::Product;

use super::Answers;
use super::people::{People, Tally};
use crate::kernel::narrow::index;
use crate::state::{self, MonthView};

impl<'a> Answers<'a> {
    /// The first month of which a window does not see all activity on a resource.
    fn cut(window: &Window, resource: &Resource) -> Option<Month> {
        let deleted = resource.deleted_at.map(Timestamp::month);
        let judged_early = (window.end() < window.month.end()).then_some(window.month);
        deleted.into_iter().chain(judged_early).min()
    }

    /// Who used a resource in a window, as far as the state says, by place, in any order; and the people of their tenant.
    pub(super) fn state_users(
        &self,
        resource: usize,
        window: usize,
        users: &mut Vec<u32>,
    ) -> Option<&People> {
        users.clear();
        let (number, tenant) = self.numbers.get(resource).copied().flatten()?;
        let (of_facts, (window, month)) = (self.facts.resources.get(resource)?, self.windows.get(window)?);
        let people = self.people.get(index(tenant))?;
        if Self::cut(window, of_facts).is_none_or(|cut| window.month < cut) {
            month.uses(number, users);
            // All whom the window asks for have a place.
            for user in users {
                *user = people.place(*user).unwrap_or(u32::MAX);
            }
        }
        Some(people)
    }

    /// What the rules ask of a resource in a window, as far as the state says.
    pub(super) fn of_state(&self, resource: usize, window: usize) -> Option<Usage> {
        let mut users = Vec::new();
        let people = self.state_users(resource, window, &mut users)?;
        let mut tally = Tally::default();
        let mut linked_users = Vec::new();
        for user in &users {
            let class = people.class(*user);
            tally.note(class);
            if class.is_linked() {
                linked_users.extend(people.object(*user));
            }
        }
        linked_users.sort_unstable();
        let whose: &dyn Fn(u32) -> bool =
            &|person| people.place(person).is_some_and(|place| people.class(place).is_claimant());
        Some(Usage {
            users: tally.users(),
            makes: self.state_makes(people, (resource, window), whose).unwrap_or_default(),
            linked_users,
            active: self.state_active(people, (resource, window)).unwrap_or_default(),
            active_before: self.state_active_before(people, (resource, window), whose).unwrap_or_default(),
        })
    }

    /// What the state says of the last month, of a window or before, of which the window sees all on a resource; and
    /// whether that is the window's own.
    fn whole(&self, resource: &Resource, window: usize) -> Option<(Cow<'_, MonthView<'a>>, bool)> {
        let (window, view) = self.windows.get(window)?;
        Some(match Self::cut(window, resource).filter(|cut| *cut <= window.month) {
            Some(cut) => (Cow::Owned(self.state.month(cut.previous())), false),
            None => (Cow::Borrowed(view), true),
        })
    }

    /// The last `make`s of some people, by principal, as far as the state says.
    pub(super) fn state_makes(
        &self,
        people: &People,
        (resource, window): (usize, usize),
        whose: &dyn Fn(u32) -> bool,
    ) -> Option<Vec<Last>> {
        let (number, _) = self.numbers.get(resource).copied().flatten()?;
        let (view, _) = self.whole(self.facts.resources.get(resource)?, window)?;
        Some(lasts(people, view.makes(number, whose)))
    }

    /// The number of an instance, and itself; nothing for other resources.
    fn instance(&self, resource: usize) -> Option<(u32, &Resource)> {
        let (number, _) = self.numbers.get(resource).copied().flatten()?;
        let of_facts = self.facts.resources.get(resource)?;
        (of_facts.product == Product::CustomerInsights).then_some((number, of_facts))
    }

    /// Who was active on an instance in a window, by principal, as far as the state says.
    pub(super) fn state_active(
        &self,
        people: &People,
        (resource, window): (usize, usize),
    ) -> Option<Vec<Active>> {
        let (number, instance) = self.instance(resource)?;
        let (view, own) = self.whole(instance, window)?;
        let one = |one: state::Active| {
            let object = people.object(people.place(one.person)?)?;
            Some(Active { object, first: micros(one.first), last: micros(one.last) })
        };
        let seen = if own { view.active_on(number) } else { Vec::new() };
        let mut active: Vec<Active> = seen.into_iter().filter_map(one).collect();
        active.sort_unstable_by(|a, b| a.object.cmp(&b.object));
        Some(active)
    }

    /// The last activity of some people on an instance before a window, by principal, as far as the state says.
    fn state_active_before(
        &self,
        people: &People,
        (resource, window): (usize, usize),
        whose: &dyn Fn(u32) -> bool,
    ) -> Option<Vec<Last>> {
        let (number, instance) = self.instance(resource)?;
        let (view, own) = self.whole(instance, window)?;
        // The month that is not wholly seen is the first that does not lie before.
        let view = if own { view } else { Cow::Owned(self.state.month(view.month().next())) };
        Some(lasts(people, view.active_before(number, whose)))
    }
}

/// The last of each person, by principal.
fn lasts(people: &People, lasts: Vec<state::Last>) -> Vec<Last> {
    let placed = lasts.into_iter().filter_map(|one| Some((people.place(one.person)?, one.last)));
    let mut placed: Vec<(u32, i64)> = placed.collect();
    placed.sort_unstable_by_key(|(place, _)| *place);
    let last = |(place, last): (u32, i64)| Some(Last { object: people.object(place)?, last: micros(last) });
    placed.into_iter().filter_map(last).collect()
}

fn micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
