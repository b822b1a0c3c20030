//! Whom some windows ask for: people that a state mentions there. Of the others no id is read.

use std::sync::atomic::{AtomicU64, Ordering};

use pal_rules::usage::Window;

use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, place};
use crate::parallel::each;
use crate::state::{Lists, State};

/// So many lists are gone through in one go.
const TOGETHER: usize = 1 << 12;

/// Some people of a tenant, a bit each by number.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<AtomicU64>);

impl Marks {
    fn of(people: u32) -> Self {
        Self((0..people.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    fn mark(&self, person: u32) {
        let bit = 1 << (person & 63);
        if let Some(word) = self.0.get(index(person >> 6))
            && word.load(Ordering::Relaxed) & bit == 0
        {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn has(&self, person: u32) -> bool {
        let word = self.0.get(index(person >> 6));
        word.is_some_and(|word| word.load(Ordering::Relaxed) >> (person & 63) & 1 == 1)
    }

    /// Of every sixty-four numbers which are marked.
    pub(super) fn words(self) -> impl ExactSizeIterator<Item = u64> {
        self.0.into_iter().map(AtomicU64::into_inner)
    }
}

/// Whom the windows ask for, by tenant, and their ids in the order of their numbers.
///
/// - `asked`: by tenant, whether anybody is.
pub(super) fn people(
    state: &State,
    windows: &[Window],
    asked: &[bool],
    threads: usize,
) -> Result<Vec<(Marks, Vec<Guid>)>, Unmetered> {
    let is_asked = |tenant: u32| asked.get(index(tenant)).is_some_and(|asked| *asked);
    let sizes = (0..).zip(&state.dictionary().people);
    let marks: Vec<Marks> =
        sizes.map(|(tenant, people)| Marks::of(if is_asked(tenant) { *people } else { 0 })).collect();
    let tenants: Vec<u32> = state.dictionary().resources().iter().map(|resource| resource.tenant).collect();
    let mut pieces = Vec::new();
    for lists in state.lists(windows) {
        let starts = (0..lists.resources.len()).step_by(TOGETHER);
        pieces.extend(starts.map(|start| (lists, start..start + TOGETHER)));
    }
    let read = each(threads, &mut pieces, |(lists, range): &mut (&Lists, _)| {
        let tenant = |resource: u32| tenants.get(index(resource)).copied().filter(|tenant| is_asked(*tenant));
        lists.each_of(range.clone(), &|resource| tenant(resource).is_some(), &mut |resource, people| {
            if let Some(marks) = tenant(resource).and_then(|tenant| marks.get(index(tenant))) {
                for person in people {
                    marks.mark(*person);
                }
            }
        })
    })?;
    if read.contains(&None) {
        return Err(Unmetered::damaged("the metered state", &"a list cannot be unpacked"));
    }
    let count = |marks: &Marks| -> u64 {
        marks.0.iter().map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum()
    };
    let with_ids = |marks: Marks| (Vec::with_capacity(place(count(&marks))), marks);
    let mut people: Vec<(Vec<Guid>, Marks)> = marks.into_iter().map(with_ids).collect();
    state.each_people(&is_asked, &mut |tenant, first, ids| {
        if let Some((own, marks)) = people.get_mut(index(tenant)) {
            let marked = (first..).zip(ids).filter(|(person, _)| marks.has(*person));
            own.extend(marked.map(|(_, id)| *id));
        }
        Ok(())
    })?;
    Ok(people.into_iter().map(|(ids, marks)| (marks, ids)).collect())
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor};

    use pal_rules::facts::{Claimants, Gathered, settle};
    use pal_rules::id::{ObjectId, ResourceId, TenantId};
    use pal_rules::meter::Activity;
    use pal_rules::time::Month;
    use pal_rules::usage::Window;
    use pal_rules::word::ActivityKind;

    use super::super::{Answers, people::People};
    use crate::kernel::guid::Guid;
    use crate::metering::{Metering, Options};
    use crate::state::State;

    const ALL: u32 = 200_000;
    const ASKED: u32 = 1000;

    /// A state in which a tenant's people were seen in one month, and few of them in the next.
    fn state([earlier, asked]: [Month; 2]) -> State {
        let id = |id: u128| Guid::from(id << 64).id();
        let row = |person: u32, month: Month| Activity {
            at: month.start(),
            tenant: TenantId(id(1)),
            resource: ResourceId(id(2)),
            object: ObjectId(id(u128::from(person.wrapping_mul(0x9e37_79b1)))),
            kind: ActivityKind::Use,
        };
        let all = (0..ALL).map(|person| row(person, earlier));
        let few = (0..ASKED).map(|person| row(person * (ALL / ASKED), asked));
        let mut metering = Metering::onto(&State::new(), &Options::default());
        metering.take(&all.chain(few).collect::<Vec<_>>());
        let parts = metering.finish().unwrap().parts();
        let mut state = State::new();
        let mut open = |name: &str| {
            let part = parts.iter().find(|part| part.name == name).ok_or(io::ErrorKind::NotFound)?;
            Ok(Box::new(Cursor::new(part.bytes.clone())) as Box<dyn crate::state::Opened>)
        };
        state.read("run", None, &mut open).unwrap();
        state
    }

    /// With a hundred million people a byte for each is much.
    #[test]
    fn whoever_is_not_asked_for_takes_a_quarter_of_a_byte() {
        let months = ["2026-01", "2026-02"].map(|month| Month::parse(month).unwrap());
        let state = state(months);
        assert!(!state.holds_people());
        // However many parts there are.
        assert_eq!(state.open_files(), 64);
        let facts = settle(&Gathered::default()).facts;
        let windows = [Window::new(months[1], None).unwrap()];
        let answers = Answers::new(&state, (&facts, &Claimants::of(&facts)), &windows, None).unwrap();
        let bytes: usize = answers.people.iter().map(People::bytes).sum();
        let most = ALL / 4 + ASKED * 21 + 16;
        assert!(bytes <= most as usize, "{bytes} bytes are more than {most}");
    }
}
