//! What a state says of one resource in one window, with ids in place of numbers.

use std::borrow::Cow;

use pal_rules::facts::Resource;
use pal_rules::time::{Month, Timestamp};
use pal_rules::usage::{Active, Everyone, Last, Usage, Window};
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
        let makes = self.state_makes(people, (resource, window), &|place| people.class(place).is_claimant());
        let active = self.state_active(people, (resource, window)).unwrap_or_default();
        Some(self.usage_of(people, (resource, window), &users, (&makes, active)))
    }

    /// The same with all that was seen: its lists are read once for both.
    pub(super) fn all_of_state(&self, resource: usize, window: usize) -> Option<(Usage, Everyone)> {
        let mut users = Vec::new();
        let people = self.state_users(resource, window, &mut users)?;
        users.sort_unstable();
        let makes = self.state_makes(people, (resource, window), &|_| true);
        let active = self.state_active(people, (resource, window)).unwrap_or_default();
        let everyone = Everyone {
            users: users.iter().filter_map(|place| people.object(*place)).collect(),
            makes: lasts(people, &makes),
            active: active.clone(),
        };
        let of_claimants = makes.into_iter().filter(|make| people.class(make.person).is_claimant());
        let of_claimants: Vec<state::Last> = of_claimants.collect();
        Some((self.usage_of(people, (resource, window), &users, (&of_claimants, active)), everyone))
    }

    /// - `users`: by place.
    /// - `makes`: of claimants, by place.
    fn usage_of(
        &self,
        people: &People,
        asked: (usize, usize),
        users: &[u32],
        (makes, active): (&[state::Last], Vec<Active>),
    ) -> Usage {
        let mut tally = Tally::default();
        let mut linked_users = Vec::new();
        for user in users {
            let class = people.class(*user);
            tally.note(class);
            if class.is_linked() {
                linked_users.extend(people.object(*user));
            }
        }
        linked_users.sort_unstable();
        Usage {
            users: tally.users(),
            makes: lasts(people, makes),
            linked_users,
            active,
            active_before: self.state_active_before(people, asked).unwrap_or_default(),
        }
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

    /// The last `make` of each of some people, by place in place of the number, as far as the state says.
    ///
    /// - `whose`: of whom, by place.
    pub(super) fn state_makes(
        &self,
        people: &People,
        (resource, window): (usize, usize),
        whose: &dyn Fn(u32) -> bool,
    ) -> Vec<state::Last> {
        let number = self.numbers.get(resource).copied().flatten();
        let view = self.facts.resources.get(resource).and_then(|resource| self.whole(resource, window));
        let Some(((number, _), (view, _))) = number.zip(view) else { return Vec::new() };
        let place = |person| people.place(person).filter(|place| whose(*place));
        view.makes(number, &place)
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

    /// The last activity of each claimant on an instance before a window, by principal, as far as the state says.
    fn state_active_before(&self, people: &People, (resource, window): (usize, usize)) -> Option<Vec<Last>> {
        let (number, instance) = self.instance(resource)?;
        let (view, own) = self.whole(instance, window)?;
        // The month that is not wholly seen is the first that does not lie before.
        let view = if own { view } else { Cow::Owned(self.state.month(view.month().next())) };
        let place = |person| people.place(person).filter(|place| people.class(*place).is_claimant());
        Some(lasts(people, &view.active_before(number, &place)))
    }
}

/// The last of each person, by principal.
///
/// - `placed`: by place.
fn lasts(people: &People, placed: &[state::Last]) -> Vec<Last> {
    let last = |one: &state::Last| Some(Last { object: people.object(one.person)?, last: micros(one.last) });
    placed.iter().filter_map(last).collect()
}

fn micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
