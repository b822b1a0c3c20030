//! Aliases: other names of principals, resources and environments, each valid for a time (`facts.md`, Aliases).

use std::collections::BTreeMap;

use super::Row;
use crate::id::{EnvironmentId, Id, ObjectId, ResourceId, TenantId};
use crate::time::Timestamp;
use crate::word::AliasKind;

/// What one alias stood for, from when until when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    id: Id,
}

impl Span {
    fn is_on(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    fn meets(&self, other: &Self) -> bool {
        let begins_before = |from: Option<Timestamp>, until: Option<Timestamp>| {
            from.is_none() || until.is_none() || from < until
        };
        begins_before(self.from, other.until) && begins_before(other.from, self.until)
    }
}

type Spans = BTreeMap<Id, Vec<Span>>;

/// All aliases of a set of facts.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    principals: BTreeMap<TenantId, Spans>,
    resources: Spans,
    environments: Spans,
    /// Whether some alias is itself GUID-shaped: if not, GUIDs need no look-up.
    guids: bool,
}

impl Aliases {
    /// Adds an `aliases` row.
    pub(super) fn add(&mut self, row: &Row) -> Option<()> {
        let (alias, id) = (row.id(2)?.clone(), row.id(3)?.clone());
        self.guids |= alias.guid().is_some();
        let spans = match AliasKind::parse(row.word(1)?)? {
            AliasKind::Principal => self.principals.entry(TenantId(row.id(0)?.clone())).or_default(),
            AliasKind::Resource => &mut self.resources,
            AliasKind::Environment => &mut self.environments,
        };
        spans.entry(alias).or_default().push(Span { from: row.time(4), until: row.time(5), id });
        Some(())
    }

    /// The principal that an id stands for in a tenant at a time: the id itself where no alias says otherwise.
    pub fn principal(&self, tenant: Option<&TenantId>, id: &ObjectId, at: Timestamp) -> ObjectId {
        if id.0.guid().is_some() && !self.guids {
            return id.clone();
        }
        let spans = tenant.and_then(|tenant| self.principals.get(tenant));
        spans.and_then(|spans| self.look_up(spans, &id.0, at)).map_or_else(|| id.clone(), ObjectId)
    }

    /// The resource that an id stands for at a time.
    pub fn resource(&self, id: &ResourceId, at: Timestamp) -> ResourceId {
        self.look_up(&self.resources, &id.0, at).map_or_else(|| id.clone(), ResourceId)
    }

    /// The environment that an id stands for at a time.
    pub fn environment(&self, id: &EnvironmentId, at: Timestamp) -> EnvironmentId {
        self.look_up(&self.environments, &id.0, at).map_or_else(|| id.clone(), EnvironmentId)
    }

    /// The alias of an `aliases` row, and every id that it stands for at one time or another.
    pub(super) fn meanings<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a Id> {
        let spans = match row.word(1).and_then(AliasKind::parse) {
            Some(AliasKind::Principal) => row.id(0).and_then(|id| self.principals.get(&TenantId(id.clone()))),
            Some(AliasKind::Resource) => Some(&self.resources),
            Some(AliasKind::Environment) => Some(&self.environments),
            None => None,
        };
        let alias = row.id(2);
        let stands_for = spans.zip(alias).and_then(|(spans, alias)| spans.get(alias));
        alias.into_iter().chain(stands_for.into_iter().flatten().map(|span| &span.id))
    }

    /// An id, and every principal of a tenant that it stands for at one time or another.
    pub(super) fn principals_named<'a>(
        &'a self,
        tenant: &TenantId,
        id: &'a Id,
    ) -> impl Iterator<Item = &'a Id> + use<'a> {
        let stands_for = self.principals.get(tenant).and_then(|spans| spans.get(id));
        [id].into_iter().chain(stands_for.into_iter().flatten().map(|span| &span.id))
    }

    /// Whether an id is an alias of a resource at one time or another.
    pub fn names_resources(&self, alias: &ResourceId) -> bool {
        self.resources.contains_key(&alias.0)
    }

    /// Whether some alias of a tenant stands for a principal at one time or another.
    pub(super) fn stand_for(&self, tenant: &TenantId, object: &ObjectId) -> bool {
        let spans = self.principals.get(tenant).into_iter().flat_map(BTreeMap::values).flatten();
        spans.into_iter().any(|span| span.id == object.0)
    }

    /// The one id that an alias stands for at a time; none where several do.
    fn look_up(&self, spans: &Spans, alias: &Id, at: Timestamp) -> Option<Id> {
        if alias.guid().is_some() && !self.guids {
            return None;
        }
        let mut ids = spans.get(alias)?.iter().filter(|span| span.is_on(at)).map(|span| &span.id);
        let id = ids.next()?;
        ids.all(|other| other == id).then(|| id.clone())
    }

    /// Aliases that are themselves GUID-shaped.
    pub fn shaped_like_ids(&self) -> Vec<&Id> {
        if !self.guids {
            return Vec::new();
        }
        let all = self.principals.values().chain([&self.resources, &self.environments]);
        all.flat_map(BTreeMap::keys).filter(|alias| alias.guid().is_some()).collect()
    }

    /// Aliases that stand for two different ids at one time and so for none of them, sorted.
    pub fn ambiguous(&self) -> Vec<(AliasKind, Option<TenantId>, Id)> {
        fn of(spans: &Spans) -> impl Iterator<Item = &Id> {
            spans.iter().filter(|(_, spans)| clash(spans)).map(|(alias, _)| alias)
        }
        let principals = self.principals.iter().flat_map(|(tenant, spans)| {
            of(spans).map(move |alias| (AliasKind::Principal, Some(tenant.clone()), alias.clone()))
        });
        let resources = of(&self.resources).map(|alias| (AliasKind::Resource, None, alias.clone()));
        let environments = of(&self.environments).map(|alias| (AliasKind::Environment, None, alias.clone()));
        principals.chain(resources).chain(environments).collect()
    }
}

/// Whether two of these spans stand for different ids at one time.
fn clash(spans: &[Span]) -> bool {
    let mut rest = spans;
    while let Some((first, others)) = rest.split_first() {
        if others.iter().any(|other| other.id != first.id && first.meets(other)) {
            return true;
        }
        rest = others;
    }
    false
}
