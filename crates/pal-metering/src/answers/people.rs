//! People of a state as the facts know them.

use std::cmp::Ordering;
use std::sync::OnceLock;

use pal_rules::facts::{Claimants, Facts};
use pal_rules::id::{ObjectId, TenantId};
use pal_rules::usage::Users;
use pal_rules::word::PrincipalKind;

use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, low};
use crate::state::Dictionary;

/// What is asked of a person, in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// How many there are.
    const ALL: usize = 32;
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
        let of = |kind: u8| -> u64 {
            let theirs = (0..).zip(&self.0).filter(|(class, _)| Class(*class).kind() == kind);
            theirs.map(|(_, count)| count).sum()
        };
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

/// The people of one tenant of a state, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct People<'s> {
    ids: &'s [Guid],
    classes: Vec<Class>,
    /// For each number its place in the order of the ids.
    ranks: Vec<u32>,
    /// Numbers in that order, where somebody is looked up: there can be very many people.
    by_id: OnceLock<Vec<u32>>,
}

impl<'s> People<'s> {
    /// Looks everyone of a tenant up in the facts: both are sorted by id, so one walk does.
    pub(super) fn of(dictionary: &'s Dictionary, tenant: u32, facts: &Facts, claimants: &Claimants) -> Self {
        let ids = dictionary.people(tenant);
        let Some(name) = dictionary.tenants().get(index(tenant)) else { return Self::default() };
        let name = TenantId(name.id());
        let by_id = dictionary.people_by_id(tenant);
        let mut ranks = vec![0; ids.len()];
        for (rank, number) in (0..).zip(&by_id) {
            if let Some(place) = ranks.get_mut(index(*number)) {
                *place = rank;
            }
        }
        let classes = vec![Class::UNKNOWN; ids.len()];
        let mut people = Self { ids, classes, ranks, by_id: OnceLock::new() };
        let kinds = of_tenant(&facts.principals, &name).map(|(id, principal)| (id, principal.kind));
        people.meet(&by_id, kinds, |_, kind| Class::of(Some(kind), false));
        let linked = of_tenant(&facts.links, &name).map(|(id, _)| (id, ()));
        people.meet(&by_id, linked, |Class(class), ()| Class(class | Class::LINKED));
        let claimants = claimants.within(&name).iter();
        let claimants = claimants.filter_map(|object| Some((Guid::from(object.0.guid()?), ())));
        people.meet(&by_id, claimants, |Class(class), ()| Class(class | Class::CLAIMANT));
        people
    }

    /// Changes the class of everyone who is among sorted others.
    fn meet<T>(
        &mut self,
        by_id: &[u32],
        others: impl Iterator<Item = (Guid, T)>,
        class: impl Fn(Class, T) -> Class,
    ) {
        let mut numbers = by_id.iter().copied().peekable();
        for (id, value) in others {
            while let Some(number) = numbers.peek().copied() {
                let order = self.ids.get(index(number)).map_or(Ordering::Less, |mine| mine.cmp(&id));
                if order == Ordering::Greater {
                    break;
                }
                numbers.next();
                if let (Ordering::Equal, Some(old)) = (order, self.classes.get_mut(index(number))) {
                    *old = class(*old, value);
                    break;
                }
            }
        }
    }

    pub(super) fn class(&self, number: u32) -> Class {
        self.classes.get(index(number)).copied().unwrap_or(Class::UNKNOWN)
    }

    pub(super) fn object(&self, number: u32) -> Option<ObjectId> {
        self.ids.get(index(number)).map(|id| ObjectId(id.id()))
    }

    /// The number of a person, if the state has one.
    pub(super) fn number(&self, object: &ObjectId) -> Option<u32> {
        let id = Guid::from(object.0.guid()?);
        let at = |number: &u32| self.ids.get(index(*number)).map_or(Ordering::Less, |mine| mine.cmp(&id));
        let by_id = self.by_id.get_or_init(|| {
            let mut by_id = vec![0; self.ids.len()];
            for (number, rank) in (0..).zip(&self.ranks) {
                if let Some(place) = by_id.get_mut(index(*rank)) {
                    *place = number;
                }
            }
            by_id
        });
        let place = by_id.binary_search_by(at).ok()?;
        by_id.get(place).copied()
    }

    /// The place of a person in the order of ids.
    pub(super) fn rank(&self, number: u32) -> u32 {
        self.ranks.get(index(number)).copied().unwrap_or(u32::MAX)
    }

    /// People in the order of their ids.
    pub(super) fn in_order(&self, numbers: &[u32]) -> Vec<ObjectId> {
        let ranked = |number: &u32| u64::from(self.rank(*number)) << 32 | u64::from(*number);
        let mut ranked: Vec<u64> = numbers.iter().map(ranked).collect();
        ranked.sort_unstable();
        ranked.into_iter().filter_map(|ranked| self.object(low(ranked))).collect()
    }
}

/// The entries of one tenant whose ids are GUIDs, by id: the order of text is the order of GUIDs.
fn of_tenant<'a, T>(
    all: &'a std::collections::BTreeMap<(TenantId, ObjectId), T>,
    tenant: &'a TenantId,
) -> impl Iterator<Item = (Guid, &'a T)> {
    let first = (tenant.clone(), ObjectId(pal_rules::id::Id::new("")));
    all.range(first..)
        .take_while(move |((of, _), _)| of == tenant)
        .filter_map(|((_, object), value)| Some((Guid::from(object.0.guid()?), value)))
}
