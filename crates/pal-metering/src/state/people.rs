//! The people of a state: held where they were just metered, else in the parts of their runs, and read from there when
//! they are asked for. There can be very many, and of most nobody asks.

use std::borrow::Cow;
use std::fmt::Debug;
use std::io::{self, Read, Seek};
use std::sync::{Arc, Mutex, PoisonError};

use super::envelope::{seal, unseal};
use super::{Part, State};
use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, number};

/// A part of a run that was opened: its bytes stay, also when its file is gone.
pub trait Opened: Read + Seek + Send + Debug {}

impl<T: Read + Seek + Send + Debug> Opened for T {}

/// So many people stand in a part: it is read as a whole. Fewer in tests, so that they have several.
const PART: usize = if cfg!(test) { 1 << 10 } else { 1 << 21 };

/// Parts of fewer bytes stay in memory: most runs bring few people.
const SMALL: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };

/// Parts of a state of so many bytes together stay in memory, too: they are asked for when it is opened, by whoever meters
/// more, and for the answers.
pub(super) const HELD: usize = if cfg!(test) { 1 << 12 } else { 1 << 26 };

/// So many files of a state stay open. What is in more parts than that stays in memory, too: a process may not have many.
pub(super) const OPEN: usize = 64;

/// Of some tenants the people who follow those of the runs before.
#[derive(Clone, Debug)]
pub(crate) enum NewPeople {
    /// By tenant.
    Held(Vec<(u32, Vec<Guid>)>),
    Kept(Arc<Kept>),
}

/// People in the parts of a run.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The tenants in the order in which their people stand, and how many each has.
    counts: Vec<(u32, u32)>,
    parts: Vec<KeptPart>,
}

#[derive(Debug)]
struct KeptPart {
    /// As errors name it.
    name: String,
    checksum: u32,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Opened(Mutex<Box<dyn Opened>>),
    /// Verified.
    Memory(Vec<u8>),
}

impl KeptPart {
    fn load(&self) -> Result<Cow<'_, [u8]>, Unmetered> {
        let opened = match &self.place {
            Place::Memory(bytes) => return Ok(bytes.into()),
            Place::Opened(opened) => opened,
        };
        let mut bytes = Vec::new();
        let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        let read = opened.rewind().and_then(|()| opened.read_to_end(&mut bytes));
        read.map_err(|source| Unmetered::Unreadable { name: self.name.clone(), source })?;
        let bytes = unseal(&self.name, bytes)?;
        if crc32fast::hash(&bytes) != self.checksum {
            return Err(Unmetered::damaged(&self.name, &"it belongs to another run"));
        }
        Ok(bytes.into())
    }
}

/// The name of a part of the people.
fn part_name(part: usize) -> String {
    format!("people-{part}")
}

/// Passes people as parts of so many; returns the checksum of each.
pub(super) fn each_part<E>(
    people: &[(u32, Vec<Guid>)],
    take: &mut dyn FnMut(Part) -> Result<(), E>,
) -> Result<Vec<u32>, E> {
    let (mut checksums, mut bytes) = (Vec::new(), Vec::new());
    let mut rest = people.iter().flat_map(|(_, people)| people).peekable();
    while rest.peek().is_some() {
        bytes.clear();
        rest.by_ref().take(PART).for_each(|id| bytes.extend_from_slice(&id.to_bytes()));
        let part = checksums.len();
        checksums.push(crc32fast::hash(&bytes));
        take(Part { name: part_name(part), bytes: seal(&bytes) })?;
    }
    Ok(checksums)
}

impl Kept {
    /// Opens the people of a run; whatever is wrong with them is found here.
    ///
    /// - `named`: the name of a part as errors give it.
    /// - `room`: so many files may stay open.
    /// - `memory`: so many bytes may stay in memory, beside what has to.
    pub(super) fn open(
        counts: Vec<(u32, u32)>,
        checksums: Vec<u32>,
        named: &dyn Fn(&str) -> String,
        open: &mut dyn FnMut(&str) -> io::Result<Box<dyn Opened>>,
        (mut room, mut memory): (usize, usize),
    ) -> Result<Self, Unmetered> {
        let mut parts: Vec<KeptPart> = Vec::new();
        let mut all = 0;
        for (part, checksum) in checksums.into_iter().enumerate() {
            let part = part_name(part);
            let name = named(&part);
            let opened = match open(&part) {
                Ok(opened) => Place::Opened(Mutex::new(opened)),
                Err(source) => return Err(Unmetered::Unreadable { name, source }),
            };
            let mut part = KeptPart { name, checksum, place: opened };
            let bytes = part.load()?.into_owned();
            all += bytes.len();
            if bytes.len() < SMALL || bytes.len() <= memory || room == 0 {
                memory = memory.saturating_sub(bytes.len());
                part.place = Place::Memory(bytes);
            } else {
                room -= 1;
            }
            parts.push(part);
        }
        let people: usize = counts.iter().map(|(_, count)| index(*count)).sum();
        let whole = all == 16 * people && parts.len() == people.div_ceil(PART);
        if whole { Ok(Self { counts, parts }) } else { Err(wrong(&named(&part_name(0)))) }
    }

    /// Passes the people of some tenants; of others only how many there are.
    fn each(&self, asked: &dyn Fn(u32) -> bool, take: &mut Take<'_>) -> Result<(), Unmetered> {
        let mut counts = self.counts.iter().copied();
        let mut begun: Option<(u32, u32)> = None;
        for part in &self.parts {
            let (mut stretches, mut room) = (Vec::new(), number(PART));
            while room > 0
                && let Some((tenant, count)) = begun.take().or_else(|| counts.next())
            {
                let here = count.min(room);
                stretches.push((tenant, here));
                room -= here;
                begun = Some((tenant, count - here)).filter(|(_, rest)| *rest > 0);
            }
            let is_asked = stretches.iter().any(|(tenant, _)| asked(*tenant));
            let bytes = if is_asked { part.load()? } else { Cow::Borrowed(&[][..]) };
            let mut ids = bytes.as_chunks::<16>().0;
            for (tenant, count) in stretches {
                let own;
                (own, ids) = ids.split_at_checked(index(count)).unwrap_or_default();
                let own = if asked(tenant) { own } else { &[] };
                take(tenant, count, &own.iter().map(|id| Guid::from_bytes(*id)).collect::<Vec<_>>())?;
            }
        }
        Ok(())
    }
}

fn wrong(name: &str) -> Unmetered {
    Unmetered::damaged(name, &"it is not what it should be")
}

/// Gets people of a tenant, with a number that goes with them.
type Take<'t> = dyn FnMut(u32, u32, &[Guid]) -> Result<(), Unmetered> + 't;

impl NewPeople {
    /// How many there are of each tenant.
    pub(super) fn counts(&self) -> Vec<(u32, u32)> {
        match self {
            Self::Held(people) => {
                people.iter().map(|(tenant, people)| (*tenant, number(people.len()))).collect()
            }
            Self::Kept(kept) => kept.counts.clone(),
        }
    }

    fn each(&self, asked: &dyn Fn(u32) -> bool, take: &mut Take<'_>) -> Result<(), Unmetered> {
        match self {
            Self::Held(people) => {
                people.iter().try_for_each(|(tenant, people)| take(*tenant, number(people.len()), people))
            }
            Self::Kept(kept) => kept.each(asked, take),
        }
    }
}

impl State {
    fn kept_parts(&self) -> impl Iterator<Item = &KeptPart> {
        let kept = self.people.iter().filter_map(|people| match people {
            NewPeople::Held(_) => None,
            NewPeople::Kept(kept) => Some(&kept.parts),
        });
        kept.flatten()
    }

    /// How many files of it stay open.
    pub(crate) fn open_files(&self) -> usize {
        self.kept_parts().filter(|part| matches!(part.place, Place::Opened(_))).count()
    }

    /// How many bytes of kept people are in memory.
    pub(super) fn held_bytes(&self) -> usize {
        let bytes = |part: &KeptPart| match &part.place {
            Place::Opened(_) => 0,
            Place::Memory(bytes) => bytes.len(),
        };
        self.kept_parts().map(bytes).sum()
    }

    /// Passes the people of some tenants, a part of them at a time: the tenant, the number of the first, and their ids.
    /// Of a tenant the numbers rise.
    pub(crate) fn each_people(
        &self,
        asked: &dyn Fn(u32) -> bool,
        take: &mut Take<'_>,
    ) -> Result<(), Unmetered> {
        let mut next = vec![0_u32; self.dictionary.tenants().len()];
        for people in &self.people {
            people.each(asked, &mut |tenant, count, ids| {
                let Some(next) = next.get_mut(index(tenant)) else { return Ok(()) };
                let first = std::mem::replace(next, *next + count);
                if asked(tenant) { take(tenant, first, ids) } else { Ok(()) }
            })?;
        }
        Ok(())
    }

    /// Whether it has ids of people in memory.
    #[cfg(test)]
    pub(crate) fn holds_people(&self) -> bool {
        self.people.iter().any(|people| matches!(people, NewPeople::Held(_)))
    }

    /// Everyone, by tenant, by number.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] that names the part which cannot be read.
    pub fn people(&self) -> Result<Vec<Vec<Guid>>, Unmetered> {
        let counts = self.dictionary.people.iter();
        let mut people: Vec<Vec<Guid>> = counts.map(|count| Vec::with_capacity(index(*count))).collect();
        people.resize(self.dictionary.tenants().len(), Vec::new());
        self.each_people(&|_| true, &mut |tenant, _, ids| {
            if let Some(people) = people.get_mut(index(tenant)) {
                people.extend_from_slice(ids);
            }
            Ok(())
        })?;
        Ok(people)
    }
}
