//! One thread's work: rows in columns go to the part of their person, a few thousand at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pal_rules::id::{ObjectId, ResourceId, TenantId};
use pal_rules::meter::Activity;
use pal_rules::time::Timestamp;
use pal_rules::word::ActivityKind;

use crate::columns::{Columns, MAKE, UNREADABLE, USE};
use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::index;
use crate::kernel::radix::Sorter;
use crate::kernel::table::hash;
use crate::parallel::with_each;
use crate::registry::{BESIDE, Local, NOT_ASKED, Span};
use crate::shard::{Event, SHARDS, Shard, Use, Waiting, append, shard_of};
use crate::spill::Scratch;

/// So many uses wait until their part is locked: those of all parts stay in the cache.
const WAITING: usize = 1 << 6;
/// So many events.
const FEW: usize = 1 << 4;
/// So many rows beside the state.
const BESIDES: usize = 1 << 11;

/// What all threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) registry: crate::registry::Registry,
    pub(crate) shards: Vec<Mutex<Shard>>,
    /// What waits for each of them; apart, so that a thread need not wait while another takes in.
    pub(crate) waiting: Vec<Mutex<Waiting>>,
    /// Rows kept beside the state.
    pub(crate) beside: Mutex<Vec<Activity>>,
    /// So many uses of a part may wait.
    pub(crate) most_waiting: usize,
    /// So many pairs of a part may lie unsorted.
    pub(crate) most_raw: usize,
    /// Where to put what does not fit into memory; absent: it has to fit.
    pub(crate) scratch: Option<Scratch>,
    /// What went wrong where nobody waited for an answer.
    pub(crate) failed: Mutex<Option<Unmetered>>,
}

impl Shared {
    fn waiting(&self, shard: usize) -> Option<MutexGuard<'_, Waiting>> {
        self.waiting.get(shard).map(|waiting| waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in all that still waits.
    pub(crate) fn take_rest<'m>(&'m self, threads: usize) -> Result<(), Unmetered> {
        let mut numbers: Vec<usize> = (0..SHARDS).collect();
        let take = |worker: &mut Worker<'m>, number: &mut usize| {
            if let Some(waiting) = self.waiting(*number) {
                worker.take_in(*number, waiting);
            }
        };
        with_each(threads, &mut numbers, || Worker::new(self), take, drop)?;
        self.outcome()
    }

    /// What went wrong, if something did.
    pub(crate) fn outcome(&self) -> Result<(), Unmetered> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// One thread's work.
#[derive(Debug)]
pub(crate) struct Worker<'m> {
    shared: &'m Shared,
    pub(crate) local: Local<'m>,
    uses: Vec<Vec<Use>>,
    events: Vec<Vec<Event>>,
    beside: Vec<Activity>,
    span: Span,
    sorter: Sorter,
    /// What was taken out of a part's, to be taken in.
    taken: Waiting,
}

impl<'m> Worker<'m> {
    pub(crate) fn new(shared: &'m Shared) -> Self {
        Self {
            shared,
            local: Local::new(&shared.registry),
            uses: (0..SHARDS).map(|_| Vec::with_capacity(WAITING)).collect(),
            events: (0..SHARDS).map(|_| Vec::with_capacity(FEW)).collect(),
            beside: Vec::new(),
            span: Span { from: 0, until: 0, month: NOT_ASKED },
            sorter: Sorter::default(),
            taken: Waiting::default(),
        }
    }

    /// Takes rows; of those that cannot be read it passes the position.
    pub(crate) fn append(&mut self, columns: &Columns<'_>, unreadable: &mut dyn FnMut(usize)) {
        let rows = columns.at.iter().zip(columns.tenant).zip(columns.resource);
        let rows = rows.zip(columns.object).zip(columns.kind).enumerate();
        let plain = columns.object_text.is_empty() && self.shared.registry.aliases.is_empty();
        let mut span = self.span;
        for (row, ((((at, tenant), resource), object), kind)) in rows {
            if *kind >= UNREADABLE {
                unreadable(row);
                continue;
            }
            if *at < span.from || *at >= span.until {
                span = self.local.span(*at);
            }
            if span.month == NOT_ASKED {
                continue;
            }
            let known = self.local.known.get(index(*resource));
            if let (true, Some(known), USE) = (plain, known.filter(|known| known.tenant == *tenant), *kind)
                && !known.instance
                && known.entry != BESIDE
            {
                let one = Use { person: *object, entry: known.entry, month: span.month };
                self.push_use(one, *tenant);
            } else {
                self.span = span;
                self.append_one(columns, row);
            }
        }
        self.span = span;
    }

    /// Takes one row of any sort.
    #[inline(never)]
    fn append_one(&mut self, columns: &Columns<'_>, row: usize) -> Option<()> {
        let (at, object) = (*columns.at.get(row)?, *columns.object.get(row)?);
        let (tenant, resource, kind) =
            (*columns.tenant.get(row)?, *columns.resource.get(row)?, *columns.kind.get(row)?);
        let text = columns.object_text.get(row).copied().unwrap_or(0);
        let known = self.local.look_up(resource, tenant);
        let month = self.span.month;
        if known.entry == BESIDE || text != 0 || self.shared.registry.is_alias(object) {
            let object = if text == 0 { object.id() } else { self.local.id(false, text) };
            self.beside.push(Activity {
                at: Timestamp::from_micros(at),
                tenant: TenantId(self.local.id(true, tenant)),
                resource: ResourceId(self.local.id(false, resource)),
                object: ObjectId(object),
                kind: if kind == MAKE { ActivityKind::Make } else { ActivityKind::Use },
            });
            if self.beside.len() >= BESIDES {
                self.flush_beside();
            }
            return Some(());
        }
        let entry = known.entry;
        if kind == USE {
            self.push_use(Use { person: object, entry, month }, tenant);
        }
        if kind == MAKE {
            self.push_event(Event { person: object, entry, month, at, make: true }, tenant);
        }
        if known.instance {
            self.push_event(Event { person: object, entry, month, at, make: false }, tenant);
        }
        Some(())
    }

    #[inline]
    fn push_use(&mut self, one: Use, tenant: u32) {
        let shard = shard_of(hash(one.person, tenant));
        if let Some(waiting) = self.uses.get_mut(shard) {
            waiting.push(one);
            if waiting.len() >= WAITING {
                self.flush_uses(shard);
            }
        }
    }

    fn push_event(&mut self, one: Event, tenant: u32) {
        let shard = shard_of(hash(one.person, tenant));
        if let Some(waiting) = self.events.get_mut(shard) {
            waiting.push(one);
            if waiting.len() >= FEW {
                self.flush_events(shard);
            }
        }
    }

    /// Lets uses wait for their part, and takes them in if there are many.
    #[inline(never)]
    fn flush_uses(&mut self, shard: usize) {
        let most = self.shared.most_waiting;
        if let (Some(uses), Some(mut waiting)) = (self.uses.get_mut(shard), self.shared.waiting(shard)) {
            append(&mut waiting.uses, uses, most);
            if waiting.uses.len() >= most {
                self.take_in(shard, waiting);
            }
        }
    }

    fn flush_events(&mut self, shard: usize) {
        let most = self.shared.most_waiting / 4;
        if let (Some(events), Some(mut waiting)) = (self.events.get_mut(shard), self.shared.waiting(shard)) {
            append(&mut waiting.events, events, most);
            if waiting.events.len() >= most {
                self.take_in(shard, waiting);
            }
        }
    }

    /// Takes in all that waits for a part. Others may let more wait meanwhile.
    fn take_in(&mut self, number: usize, mut waiting: MutexGuard<'m, Waiting>) {
        std::mem::swap(&mut *waiting, &mut self.taken);
        drop(waiting);
        let Some(shard) = self.shared.shards.get(number) else { return };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        self.local.catch_up();
        shard.take(&mut self.taken, &self.local.tenant_of, self.shared.most_raw, &mut self.sorter);
        self.relieve(number, &mut shard);
    }

    fn relieve(&self, number: usize, shard: &mut Shard) {
        let scratch = self.shared.scratch.as_ref();
        if let Some(Err(error)) = scratch.map(|scratch| scratch.relieve(number, shard)) {
            *self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }

    fn flush_beside(&mut self) {
        self.shared.beside.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.beside);
    }

    /// Lets all that it has wait for its part.
    pub(crate) fn finish(mut self) {
        for shard in 0..SHARDS {
            self.flush_uses(shard);
            self.flush_events(shard);
        }
        self.flush_beside();
    }

    /// Takes one row that was read by itself.
    pub(crate) fn take(&mut self, activity: &Activity) {
        let number = |local: &mut Local<'_>, id: &pal_rules::id::Id, of_tenant: bool| match id.guid() {
            Some(guid) if of_tenant => local.tenant(guid.into()),
            Some(guid) => local.resource(guid.into()),
            None => local.text(&id.to_string()),
        };
        let tenant = number(&mut self.local, &activity.tenant.0, true);
        let resource = number(&mut self.local, &activity.resource.0, false);
        let guid = activity.object.0.guid().map(Guid::from);
        let text = if guid.is_some() { 0 } else { self.local.text(&activity.object.0.to_string()) };
        let kind = if activity.kind == ActivityKind::Make { MAKE } else { USE };
        let columns = Columns {
            at: &[activity.at.micros()],
            tenant: &[tenant],
            resource: &[resource],
            object: &[guid.unwrap_or_default()],
            object_text: &[text],
            kind: &[kind],
        };
        self.append(&columns, &mut |_| ());
    }
}
