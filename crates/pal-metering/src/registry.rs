//! Numbers of tenants, resources, months and texts, shared by all threads, and each thread's copy of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pal_rules::id::Id;
use pal_rules::time::{Month, Timestamp};

use crate::columns::{NO_ID, TEXT};
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, number};
use crate::kernel::table::{Table, hash};

/// The number of no entry: its rows are kept beside the state.
pub(crate) const BESIDE: u32 = u32::MAX;
/// The number of no month: its rows were not asked for.
pub(crate) const NOT_ASKED: u32 = u32::MAX;

/// So many ids are looked up together.
const TOGETHER: usize = 32;

/// Ids that are GUIDs, numbered in the order in which they were first seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbered {
    table: Table,
    /// By number.
    pub(crate) ids: Vec<Guid>,
}

impl Numbered {
    pub(crate) fn get(&self, id: Guid) -> Option<u32> {
        self.table.get(hash(id, 0), id, 0)
    }

    pub(crate) fn number(&mut self, id: Guid) -> u32 {
        self.table.reserve(1);
        let number = self.table.number(hash(id, 0), id, 0);
        if index(number) == self.ids.len() {
            self.ids.push(id);
        }
        number
    }

    fn insert(&mut self, id: Guid, number: u32) {
        self.table.insert(id, 0, number);
    }
}

/// All numbers, shared.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) tenants: Numbered,
    /// Ids of resources; what is counted is an entry, because a row may name a wrong tenant.
    resources: Numbered,
    /// (resource, tenant) as the halves of an id.
    entries: Table,
    /// Of each entry the tenant and the resource's id.
    pub(crate) entry_ids: Vec<(u32, Guid)>,
    by_text: BTreeMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    pub(crate) months: Vec<Month>,
}

/// The shared numbers, and what is asked of resources.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) numbers: Mutex<Numbers>,
    /// Resources whose first and last activity is kept, sorted.
    pub(crate) instances: Vec<Guid>,
    /// GUIDs that may stand for another id, sorted: their rows are kept beside the state.
    pub(crate) aliases: Vec<Guid>,
    /// The months that are asked for, first and last; all if there are none.
    pub(crate) asked: Option<(Month, Month)>,
}

impl Registry {
    /// The shared numbers; a thread that ended early left them whole.
    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an id may stand for another.
    pub(crate) fn is_alias(&self, id: Guid) -> bool {
        self.aliases.binary_search(&id).is_ok()
    }
}

impl Numbers {
    /// Numbers with those of a state that is added to.
    pub(crate) fn of(tenants: &[Guid], resources: &[(u32, Guid)]) -> Self {
        let mut numbers = Self::default();
        for tenant in tenants {
            numbers.tenants.number(*tenant);
        }
        for (tenant, id) in resources {
            let resource = numbers.resources.number(*id);
            numbers.entry(resource, *tenant);
        }
        numbers
    }

    fn entry(&mut self, resource: u32, tenant: u32) -> u32 {
        let key = pair(resource, tenant);
        self.entries.reserve(1);
        let entry = self.entries.number(hash(key, 0), key, 0);
        if let (true, Some(id)) =
            (index(entry) == self.entry_ids.len(), self.resources.ids.get(index(resource)))
        {
            self.entry_ids.push((tenant, *id));
        }
        entry
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.by_text.get(text) {
            return *number;
        }
        let (text, number): (Arc<str>, u32) = (Arc::from(text), TEXT | number(self.texts.len()));
        self.by_text.insert(text.clone(), number);
        self.texts.push(text);
        number
    }

    fn month(&mut self, month: Month) -> u32 {
        let found = self.months.iter().position(|known| *known == month);
        number(found.unwrap_or_else(|| {
            self.months.push(month);
            self.months.len() - 1
        }))
    }
}

fn pair(resource: u32, tenant: u32) -> Guid {
    Guid { upper: u64::from(resource), lower: u64::from(tenant) }
}

/// What a resource's number in a row leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The tenant that it was last seen in.
    pub(crate) tenant: u32,
    /// The entry of the two, or [`BESIDE`].
    pub(crate) entry: u32,
    /// Whether first and last activity is kept.
    pub(crate) instance: bool,
}

const UNKNOWN: Known = Known { tenant: NO_ID, entry: BESIDE, instance: false };

/// A month on the line of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Its first microsecond.
    pub(crate) from: i64,
    /// The first after it.
    pub(crate) until: i64,
    /// Its number, or [`NOT_ASKED`].
    pub(crate) month: u32,
}

/// A thread's copy of the numbers, so that it asks the shared ones but once for each.
#[derive(Debug)]
pub(crate) struct Local<'m> {
    pub(crate) registry: &'m Registry,
    tenants: Numbered,
    resources: Numbered,
    /// By resource; two tenants of one resource take turns.
    pub(crate) known: Vec<Known>,
    /// By entry.
    pub(crate) tenant_of: Vec<u32>,
    spans: Vec<Span>,
}

impl<'m> Local<'m> {
    pub(crate) fn new(registry: &'m Registry) -> Self {
        let (tenants, resources) = (Numbered::default(), Numbered::default());
        Self { registry, tenants, resources, known: Vec::new(), tenant_of: Vec::new(), spans: Vec::new() }
    }

    /// The number of a tenant.
    pub(crate) fn tenant(&mut self, id: Guid) -> u32 {
        let Self { tenants, registry, .. } = self;
        tenants.get(id).unwrap_or_else(|| {
            let number = registry.lock().tenants.number(id);
            tenants.insert(id, number);
            number
        })
    }

    /// The number of a resource.
    pub(crate) fn resource(&mut self, id: Guid) -> u32 {
        let Self { resources, registry, .. } = self;
        resources.get(id).unwrap_or_else(|| {
            let number = registry.lock().resources.number(id);
            resources.insert(id, number);
            number
        })
    }

    /// The numbers of many tenants or resources, looked up together.
    pub(crate) fn numbers(&mut self, of_tenants: bool, ids: &[Guid], to: &mut Vec<u32>) {
        for block in ids.chunks(TOGETHER) {
            let known = if of_tenants { &self.tenants } else { &self.resources };
            for id in block {
                known.table.ask(hash(*id, 0));
            }
            for id in block {
                to.push(if of_tenants { self.tenant(*id) } else { self.resource(*id) });
            }
        }
    }

    /// The number of a text that is no GUID.
    pub(crate) fn text(&self, text: &str) -> u32 {
        self.registry.lock().text(text)
    }

    /// The id that a number of a resource, a tenant or a text stands for.
    pub(crate) fn id(&self, of_tenant: bool, number: u32) -> Id {
        let numbers = self.registry.lock();
        if number & TEXT != 0 {
            return Id::new(numbers.texts.get(index(number & !TEXT)).map_or("", |text| text));
        }
        let ids = if of_tenant { &numbers.tenants.ids } else { &numbers.resources.ids };
        ids.get(index(number)).copied().unwrap_or_default().id()
    }

    /// What a resource in a tenant is; remembered for the next row.
    pub(crate) fn look_up(&mut self, resource: u32, tenant: u32) -> Known {
        if (resource | tenant) & TEXT != 0 {
            return UNKNOWN;
        }
        let at = index(resource);
        if let Some(known) = self.known.get(at).filter(|known| known.tenant == tenant) {
            return *known;
        }
        let mut numbers = self.registry.lock();
        let id = numbers.resources.ids.get(at).copied().unwrap_or_default();
        let beside = self.registry.is_alias(id);
        let entry = if beside { BESIDE } else { numbers.entry(resource, tenant) };
        let instance = self.registry.instances.binary_search(&id).is_ok();
        let known = Known { tenant, entry, instance };
        if self.known.len() <= at {
            self.known.resize(at + 1, UNKNOWN);
        }
        if let Some(slot) = self.known.get_mut(at) {
            *slot = known;
        }
        known
    }

    /// Learns the tenants of entries that other threads found.
    pub(crate) fn catch_up(&mut self) {
        let numbers = self.registry.lock();
        let fresh = numbers.entry_ids.iter().skip(self.tenant_of.len()).map(|(tenant, _)| *tenant);
        self.tenant_of.extend(fresh);
    }

    /// The month around an instant.
    pub(crate) fn span(&mut self, at: i64) -> Span {
        let around = |span: &&Span| span.from <= at && at < span.until;
        if let Some(span) = self.spans.iter().find(around) {
            return *span;
        }
        let month = Timestamp::from_micros(at).month();
        let asked = self.registry.asked.is_none_or(|(first, last)| first <= month && month <= last);
        let number = if asked { self.registry.lock().month(month) } else { NOT_ASKED };
        let (from, until) = (month.start().micros(), month.end().micros());
        let span = Span { from, until, month: number };
        self.spans.push(span);
        span
    }
}
