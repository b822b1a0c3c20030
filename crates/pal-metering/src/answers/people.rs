//! People of a state as the facts know them.

use pal_rules::facts::{ByPrincipal, Claimants, Facts};
use pal_rules::id::{ObjectId, TenantId};
use pal_rules::usage::Users;
use pal_rules::word::PrincipalKind;

use super::mentioned::Marks;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{high, index, low, number};

/// What is asked of a person, in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// How many there are.
    const ALL: usize = 32;
    /// How many without the marks.
    const KINDS: usize = 8;
    const LINKED: u8 = 8;
    const CLAIMANT: u8 = 16;
    const UNKNOWN: Self = Self(1);
    const SERVICE_PRINCIPAL: u8 = 2;
    const MANAGED_IDENTITY: u8 = 3;
    const SYSTEM: u8 = 4;

    /// Of a principal.
    ///
    /// - `kind`: absent for one that the directory does not know.
    /// - `linked`: whether it was ever linked.
    pub(super) fn of(kind: Option<PrincipalKind>, linked: bool) -> Self {
        let class = match kind {
            Some(PrincipalKind::ServicePrincipal) => Self::SERVICE_PRINCIPAL,
            Some(PrincipalKind::ManagedIdentity) => Self::MANAGED_IDENTITY,
            Some(PrincipalKind::System) => Self::SYSTEM,
            Some(_) => 0,
            None => Self::UNKNOWN.0,
        };
        Self(if linked { class | Self::LINKED } else { class })
    }

    pub(super) fn is_linked(self) -> bool {
        self.0 & Self::LINKED != 0
    }

    pub(super) fn is_claimant(self) -> bool {
        self.0 & Self::CLAIMANT != 0
    }

    /// Whether it counts as a user (decision D9).
    pub(super) fn counts(self) -> bool {
        self.kind() < Self::SERVICE_PRINCIPAL
    }

    fn kind(self) -> u8 {
        self.0 & !(Self::LINKED | Self::CLAIMANT)
    }
}

/// How many people there are of each class.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally([u64; Class::ALL]);

impl Tally {
    pub(super) fn note(&mut self, class: Class) {
        if let Some(count) = self.0.get_mut(usize::from(class.0)) {
            *count += 1;
        }
    }

    /// As users of a resource; who came under another id is counted elsewhere.
    pub(super) fn users(&self) -> Users {
        let mut kinds = [0; Class::KINDS];
        for (class, count) in (0..).zip(&self.0).filter(|(_, count)| **count > 0) {
            if let Some(kind) = kinds.get_mut(usize::from(Class(class).kind())) {
                *kind += count;
            }
        }
        let of = |kind: u8| kinds.get(usize::from(kind)).copied().unwrap_or_default();
        Users {
            counted: of(0) + of(Class::UNKNOWN.0),
            unknown: of(Class::UNKNOWN.0),
            by_alias: 0,
            service_principals: of(Class::SERVICE_PRINCIPAL),
            managed_identities: of(Class::MANAGED_IDENTITY),
            systems: of(Class::SYSTEM),
        }
    }
}

/// The people of one tenant whom a state mentions where it is asked, in the order of their ids. Others take a quarter
/// of a byte.
#[derive(Debug, Default)]
pub(super) struct People {
    /// By number.
    marked: Vec<Marked>,
    /// Of everyone marked the place in the order of ids.
    places: Vec<u32>,
    /// By place, as the classes.
    ids: Vec<Guid>,
    classes: Vec<Class>,
}

/// Which of sixty-four numbers in a row are marked, and how many before them.
#[derive(Clone, Copy, Debug)]
struct Marked {
    bits: u64,
    before: u32,
}

impl People {
    /// Looks people of a tenant up in the facts: both are sorted by id, so one walk does.
    ///
    /// - `ids`: of those who are marked, by number.
    pub(super) fn of(
        (marks, ids): (Marks, Vec<Guid>),
        name: &TenantId,
        facts: &Facts,
        claimants: &Claimants,
    ) -> Self {
        let mut before = 0;
        let marked = marks.words().map(|bits| {
            let marked = Marked { bits, before };
            before += bits.count_ones();
            marked
        });
        let marked = marked.collect();
        let order = by_id(&ids);
        let mut places = vec![0; ids.len()];
        for (place, one) in (0..).zip(&order) {
            if let Some(of_one) = places.get_mut(index(low(*one))) {
                *of_one = place;
            }
        }
        let mut in_order = Vec::with_capacity(ids.len());
        in_order.extend(order.iter().filter_map(|one| ids.get(index(low(*one))).copied()));
        drop((ids, order));
        let classes = vec![Class::UNKNOWN; in_order.len()];
        let mut people = Self { marked, places, ids: in_order, classes };
        let kinds = of_tenant(&facts.principals, name).map(|(id, principal)| (id, principal.kind));
        people.meet(kinds, |_, kind| Class::of(Some(kind), false));
        let linked = of_tenant(&facts.links, name).map(|(id, _)| (id, ()));
        people.meet(linked, |Class(class), ()| Class(class | Class::LINKED));
        let claimants = claimants.within(name).iter();
        let claimants = claimants.filter_map(|object| Some((Guid::from(object.0.guid()?), ())));
        people.meet(claimants, |Class(class), ()| Class(class | Class::CLAIMANT));
        people
    }

    /// Changes the class of everyone who is among sorted others.
    fn meet<T>(&mut self, others: impl Iterator<Item = (Guid, T)>, class: impl Fn(Class, T) -> Class) {
        let mut people = self.ids.iter().zip(&mut self.classes).peekable();
        for (id, value) in others {
            while people.next_if(|(mine, _)| **mine < id).is_some() {}
            if let Some((_, old)) = people.next_if(|(mine, _)| **mine == id) {
                *old = class(*old, value);
            }
        }
    }

    /// The place of a person by number, who is among those asked for.
    #[inline]
    pub(super) fn place(&self, number: u32) -> Option<u32> {
        let Marked { bits, before } = *self.marked.get(index(number >> 6))?;
        let bit = 1 << (number & 63);
        let position = before + (bits & (bit - 1)).count_ones();
        if bits & bit == 0 { None } else { self.places.get(index(position)).copied() }
    }

    /// The class of whoever is at a place.
    #[inline]
    pub(super) fn class(&self, place: u32) -> Class {
        self.classes.get(index(place)).copied().unwrap_or(Class::UNKNOWN)
    }

    pub(super) fn object(&self, place: u32) -> Option<ObjectId> {
        self.ids.get(index(place)).map(|id| ObjectId(id.id()))
    }

    /// The bytes that it takes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let by_number =
            self.marked.capacity() * size_of::<Marked>() + self.places.capacity() * size_of::<u32>();
        by_number + self.ids.capacity() * size_of::<Guid>() + self.classes.capacity()
    }

    /// The place of a principal, if it is among those asked for.
    pub(super) fn place_of(&self, object: &ObjectId) -> Option<u32> {
        let id = Guid::from(object.0.guid()?);
        self.ids.binary_search(&id).ok().map(number)
    }
}

/// The positions of ids in their order, in the lower halves.
fn by_id(ids: &[Guid]) -> Vec<u64> {
    // Half of what an id and a number take: few ids begin alike.
    let begins = ids.iter().zip(0_u64..).map(|(id, number)| id.upper >> 32 << 32 | number);
    let mut order: Vec<u64> = begins.collect();
    order.sort_unstable();
    for alike in order.chunk_by_mut(|a, b| high(*a) == high(*b)).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by_key(|one| ids.get(index(low(*one))));
    }
    order
}

/// What is known of principals of one tenant whose ids are GUIDs, by id: the order of text is the order of GUIDs.
fn of_tenant<'a, T>(all: &'a ByPrincipal<T>, tenant: &'a TenantId) -> impl Iterator<Item = (Guid, &'a T)> {
    all.within(tenant).filter_map(|(object, value)| Some((Guid::from(object.0.guid()?), value)))
}
