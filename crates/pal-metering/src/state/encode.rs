//! Runs as parts: ids, and for each month uses apart from what has times, so that no more is read than asked for.

use pal_rules::id::{Id, ObjectId, ResourceId, TenantId};
use pal_rules::meter::Activity;
use pal_rules::time::{Month, Timestamp};
use pal_rules::word::ActivityKind;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use super::envelope::{seal, unseal};
use super::people::{HELD, Kept, NewPeople, OPEN, Opened, each_part};
use super::{Additions, Lists, Resource, Run, Segment, Sizes, State};
use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, place};
use crate::kernel::varint;

/// The part of a run that is read first; it says which others there are.
const IDS: &str = "ids";
const BESIDE: &str = "beside";

/// A part of a run, to be kept as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name within the run.
    pub name: String,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

impl Run {
    /// The run as parts, to be kept as files.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let Ok(()) = self.each_part::<Infallible>(&mut |part| {
            parts.push(part);
            Ok(())
        });
        parts
    }

    /// Passes the parts of the run one by one, so that they need not all be in memory.
    ///
    /// # Errors
    ///
    /// What `take` returns.
    pub fn each_part<E>(&self, take: &mut dyn FnMut(Part) -> Result<(), E>) -> Result<(), E> {
        let checksums = each_part(&self.additions.people, take)?;
        let ids = self.encode_ids(&checksums);
        let identity = crc32fast::hash(&ids);
        take(Part { name: IDS.to_owned(), bytes: seal(&ids) })?;
        drop(ids);
        let mut part = |name: String, put: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = identity.to_le_bytes().to_vec();
            put(&mut bytes);
            take(Part { name, bytes: seal(&bytes) })
        };
        for segment in &self.segments {
            part(uses_name(segment.month), &|bytes| segment.uses.encode(bytes))?;
            part(times_name(segment.month), &|bytes| {
                segment.makes.encode(bytes);
                segment.active.encode(bytes);
            })?;
        }
        if !self.beside.is_empty() {
            part(BESIDE.to_owned(), &|bytes| encode_beside(&self.beside, bytes))?;
        }
        Ok(())
    }

    fn encode_ids(&self, checksums: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let count = |bytes: &mut Vec<u8>, count: usize| varint::put(bytes, count as u64);
        varint::put(&mut bytes, u64::from(self.base.tenants));
        varint::put(&mut bytes, u64::from(self.base.resources));
        count(&mut bytes, self.base.people.len());
        self.base.people.iter().for_each(|people| varint::put(&mut bytes, u64::from(*people)));
        for ids in [&self.additions.tenants, &self.instances, &self.aliases] {
            put_ids(&mut bytes, ids);
        }
        count(&mut bytes, self.additions.resources.len());
        for resource in &self.additions.resources {
            varint::put(&mut bytes, u64::from(resource.tenant));
            bytes.extend_from_slice(&resource.id.to_bytes());
        }
        count(&mut bytes, self.additions.people.len());
        for (tenant, people) in &self.additions.people {
            varint::put(&mut bytes, u64::from(*tenant));
            count(&mut bytes, people.len());
        }
        count(&mut bytes, checksums.len());
        for checksum in checksums {
            bytes.extend_from_slice(&checksum.to_le_bytes());
        }
        count(&mut bytes, self.segments.len());
        for segment in &self.segments {
            let name = segment.month.to_string();
            count(&mut bytes, name.len());
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes.push(u8::from(!self.beside.is_empty()));
        bytes
    }
}

impl State {
    /// Adds a run that was kept as parts. Its people stay where they are, and are read when somebody asks for them.
    ///
    /// - `name`: how errors name it.
    /// - `months`: the months whose uses are asked for, first and last; what has times is read of all months up to the
    ///   last. All of all months if there are none.
    /// - `open`: opens a part.
    ///
    /// # Errors
    ///
    /// [`Unmetered`] that names the part which cannot be read or is damaged, or the run, if it was made on top of another
    /// state.
    pub fn read(
        &mut self,
        name: &str,
        months: Option<(Month, Month)>,
        open: &mut dyn FnMut(&str) -> io::Result<Box<dyn Opened>>,
    ) -> Result<(), Unmetered> {
        let named = |part: &str| format!("{name}/{part}");
        let mut load = |part: &str| {
            let mut bytes = Vec::new();
            let read = open(part).and_then(|mut opened| opened.read_to_end(&mut bytes));
            read.map_err(|source| Unmetered::Unreadable { name: named(part), source })?;
            unseal(&named(part), bytes)
        };
        let ids = load(IDS)?;
        let identity = crc32fast::hash(&ids).to_le_bytes();
        let wrong = |part: &str| Unmetered::damaged(&named(part), &"it is not what it should be");
        let Ids { mut run, people, checksums, months: of_months, has_beside } =
            decode_ids(&ids).ok_or_else(|| wrong(IDS))?;
        let mut own = |part: &str| {
            let mut bytes = load(part)?;
            if bytes.first_chunk::<4>() != Some(&identity) {
                return Err(Unmetered::damaged(&named(part), &"it belongs to another run"));
            }
            bytes.drain(..identity.len());
            Ok(bytes)
        };
        for month in of_months {
            let asked = months.is_none_or(|(first, last)| first <= month && month <= last);
            let upto = months.is_none_or(|(_, last)| month <= last);
            let mut segment =
                Segment { month, uses: Lists::default(), makes: Lists::default(), active: Lists::default() };
            if asked {
                let part = uses_name(month);
                segment.uses = Lists::decode(&mut own(&part)?.as_slice()).ok_or_else(|| wrong(&part))?;
            }
            if upto {
                let part = times_name(month);
                let bytes = own(&part)?;
                let mut bytes = bytes.as_slice();
                segment.makes = Lists::decode(&mut bytes).ok_or_else(|| wrong(&part))?;
                segment.active = Lists::decode(&mut bytes).ok_or_else(|| wrong(&part))?;
                run.segments.push(segment);
            }
        }
        if has_beside {
            run.beside = decode_beside(&own(BESIDE)?).ok_or_else(|| wrong(BESIDE))?;
        }
        if !self.is_base_of(&run) {
            return Err(Unmetered::damaged(name, &"it does not stand on the run before it"));
        }
        let room = (OPEN.saturating_sub(self.open_files()), HELD.saturating_sub(self.held_bytes()));
        let people = Kept::open(people, checksums, &named, open, room)?;
        self.join(run, NewPeople::Kept(Arc::new(people)));
        Ok(())
    }
}

fn uses_name(month: Month) -> String {
    format!("{month}-uses")
}

fn times_name(month: Month) -> String {
    format!("{month}-times")
}

fn put_ids(bytes: &mut Vec<u8>, ids: &[Guid]) {
    varint::put(bytes, ids.len() as u64);
    bytes.reserve(ids.len() * 16);
    for id in ids {
        bytes.extend_from_slice(&id.to_bytes());
    }
}

fn take_ids(bytes: &mut &[u8]) -> Option<Vec<Guid>> {
    let length = place(varint::take(bytes)?).checked_mul(16)?;
    let (ids, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(ids.as_chunks::<16>().0.iter().map(|id| Guid::from_bytes(*id)).collect())
}

/// What the first part of a run says.
struct Ids {
    /// Without what its other parts hold.
    run: Run,
    /// How many people it adds, by tenant.
    people: Vec<(u32, u32)>,
    /// Of their parts.
    checksums: Vec<u32>,
    months: Vec<Month>,
    /// Whether it has rows beside it.
    has_beside: bool,
}

fn decode_ids(mut bytes: &[u8]) -> Option<Ids> {
    let bytes = &mut bytes;
    let (tenants, resources) = (varint::take_u32(bytes)?, varint::take_u32(bytes)?);
    let count = varint::take(bytes)?;
    let of_tenants = (0..count).map(|_| varint::take_u32(bytes)).collect::<Option<_>>()?;
    let base = Sizes { tenants, resources, people: of_tenants };
    let (tenants, instances, aliases) = (take_ids(bytes)?, take_ids(bytes)?, take_ids(bytes)?);
    let mut additions = Additions { tenants, ..Additions::default() };
    for _ in 0..varint::take(bytes)? {
        let tenant = varint::take_u32(bytes)?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        *bytes = rest;
        additions.resources.push(Resource { tenant, id: Guid::from_bytes(*id) });
    }
    let (mut people, mut checksums) = (Vec::new(), Vec::new());
    for _ in 0..varint::take(bytes)? {
        people.push((varint::take_u32(bytes)?, varint::take_u32(bytes)?));
    }
    for _ in 0..varint::take(bytes)? {
        let (checksum, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        checksums.push(u32::from_le_bytes(*checksum));
    }
    let mut months = Vec::new();
    for _ in 0..varint::take(bytes)? {
        let length = place(varint::take(bytes)?);
        let (name, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        months.push(Month::parse(str::from_utf8(name).ok()?)?);
    }
    let has_beside = bytes.first().is_some_and(|flag| *flag == 1);
    let run = Run { base, additions, segments: Vec::new(), beside: Vec::new(), instances, aliases };
    Some(Ids { run, people, checksums, months, has_beside })
}

fn encode_beside(rows: &[Activity], into: &mut Vec<u8>) {
    let ids = |row: &Activity| [row.tenant.0.clone(), row.resource.0.clone(), row.object.0.clone()];
    let mut places: BTreeMap<Id, u64> = rows.iter().flat_map(ids).map(|id| (id, 0)).collect();
    let mut bytes = Vec::new();
    varint::put(&mut bytes, places.len() as u64);
    for ((id, place), number) in places.iter_mut().zip(0..) {
        let text = id.to_string();
        varint::put(&mut bytes, text.len() as u64);
        bytes.extend_from_slice(text.as_bytes());
        *place = number;
    }
    varint::put(&mut bytes, rows.len() as u64);
    for row in rows {
        for id in ids(row) {
            varint::put(&mut bytes, places.get(&id).copied().unwrap_or(0));
        }
        varint::put_signed(&mut bytes, row.at.micros());
        bytes.push(u8::from(row.kind == ActivityKind::Make));
    }
    varint::put(into, bytes.len() as u64);
    let packed = zstd::bulk::compress(&bytes, 1).unwrap_or_default();
    into.extend_from_slice(&packed);
}

fn decode_beside(mut packed: &[u8]) -> Option<Vec<Activity>> {
    let length = place(varint::take(&mut packed)?);
    let bytes = zstd::bulk::decompress(packed, length).ok()?;
    let bytes = &mut bytes.as_slice();
    let mut ids = Vec::new();
    for _ in 0..varint::take(bytes)? {
        let length = place(varint::take(bytes)?);
        let (text, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        ids.push(Id::new(str::from_utf8(text).ok()?));
    }
    let mut rows = Vec::new();
    for _ in 0..varint::take(bytes)? {
        let mut id = || ids.get(index(varint::take_u32(bytes)?)).cloned();
        let (tenant, resource, object) = (TenantId(id()?), ResourceId(id()?), ObjectId(id()?));
        let at = Timestamp::from_micros(varint::take_signed(bytes)?);
        let (make, rest) = bytes.split_first()?;
        *bytes = rest;
        let kind = if *make == 1 { ActivityKind::Make } else { ActivityKind::Use };
        rows.push(Activity { at, tenant, resource, object, kind });
    }
    Some(rows)
}
