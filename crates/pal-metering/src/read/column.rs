//! The columns of a row group, read page by page side by side.

use std::fs::File;

use arrow_schema::DataType;
use parquet::basic::Type;
use parquet::file::metadata::RowGroupMetaData;

use super::hybrid;
use super::pages::{Encoding, Pages, Unpacker};
use super::plan::{COLUMNS, Scale, Task, is_text};
use crate::columns::{Columns, MAKE, NO_ID, UNREADABLE, USE};
use crate::kernel::guid::{Guid, parse_all};
use crate::kernel::narrow::index;
use crate::registry::Local;
use crate::worker::Worker;

/// One column: its pages, its dictionary, and the values of its page.
#[derive(Debug, Default)]
struct Column<T> {
    pages: Pages,
    dictionary: Vec<T>,
    values: Vec<T>,
    used: usize,
}

/// The columns of a row group, and what is kept from one row group to the next.
#[derive(Debug, Default)]
pub(crate) struct Group {
    unpacker: Unpacker,
    at: Column<i64>,
    tenant: Column<u32>,
    resource: Column<u32>,
    object: Column<Guid>,
    kind: Column<u8>,
}

/// Reads so many values of a plain page.
type Plain<'a, T> = dyn FnMut(&[u8], usize, &mut Vec<T>) -> Option<()> + 'a;

impl<T: Copy> Column<T> {
    fn begin(&mut self, group: &RowGroupMetaData, place: usize, summed: bool) -> Option<()> {
        self.dictionary.clear();
        self.values.clear();
        self.used = 0;
        self.pages.begin(group.columns().get(place)?, summed)
    }

    /// How many values are ahead; the next page's if this one's are used up. `plain` reads the values of a plain page.
    fn ahead(&mut self, file: &File, unpacker: &mut Unpacker, plain: &mut Plain<'_, T>) -> Option<usize> {
        while self.used == self.values.len() {
            let page = self.pages.read(file, unpacker)?;
            if page.dictionary {
                self.dictionary.clear();
                plain(self.pages.body(), page.values, &mut self.dictionary)?;
                continue;
            }
            self.values.clear();
            self.used = 0;
            if page.encoding == Encoding::Plain {
                plain(self.pages.body(), page.values, &mut self.values)?;
            } else {
                let (width, places) = self.pages.body().split_first()?;
                let of = |place: u32| self.dictionary.get(index(place)).copied();
                hybrid::values(places, u32::from(*width), page.values, of, &mut self.values)?;
            }
            if self.values.len() != page.values {
                return None;
            }
        }
        Some(self.values.len() - self.used)
    }

    fn next(&mut self, rows: usize) -> Option<&[T]> {
        let next = self.values.get(self.used..self.used + rows)?;
        self.used += rows;
        Some(next)
    }
}

impl Group {
    /// Reads a row group and appends it; `None` if some of it is not of the sort that is read here.
    ///
    /// - `unreadable`: gets the rows of the file, numbered from 1, that cannot be read.
    pub(crate) fn read(
        &mut self,
        file: &File,
        task: &Task<'_>,
        worker: &mut Worker<'_>,
        unreadable: &mut Vec<u64>,
    ) -> Option<()> {
        let group = task.metadata()?;
        let [at, tenant, resource, object, kind] = task.places;
        let fields = task.plan.metadata.schema().fields();
        let of =
            |place: usize| Some((group.columns().get(place)?.column_type(), fields.get(place)?.data_type()));
        let (physical, logical) = of(at)?;
        let scale = Scale::of(logical).filter(|_| physical == Type::INT64)?;
        let form = |place| Form::of(of(place)?);
        let (tenants, resources, objects) = (form(tenant)?, form(resource)?, form(object)?);
        form(kind).filter(|form| *form == Form::Text)?;
        let summed = task.checksums().is_some();
        self.at.begin(group, at, summed)?;
        self.tenant.begin(group, tenant, summed)?;
        self.resource.begin(group, resource, summed)?;
        self.object.begin(group, object, summed)?;
        self.kind.begin(group, kind, summed)?;
        let (mut before, mut left) = (task.before, usize::try_from(group.num_rows()).ok()?);
        while left > 0 {
            let Self { unpacker, at, tenant, resource, object, kind, .. } = self;
            let local = &mut worker.local;
            let rows = left
                .min(at.ahead(file, unpacker, &mut |bytes, count, to| times(bytes, count, scale, to))?)
                .min(kind.ahead(file, unpacker, &mut kinds)?)
                .min(tenant.ahead(file, unpacker, &mut |bytes, count, to| {
                    ids(bytes, count, (tenants, true), local, to)
                })?)
                .min(resource.ahead(file, unpacker, &mut |bytes, count, to| {
                    ids(bytes, count, (resources, false), local, to)
                })?)
                .min(
                    object
                        .ahead(file, unpacker, &mut |bytes, count, to| people(bytes, count, objects, to))?,
                );
            let columns = Columns {
                at: at.next(rows)?,
                tenant: tenant.next(rows)?,
                resource: resource.next(rows)?,
                object: object.next(rows)?,
                object_text: &[],
                kind: kind.next(rows)?,
            };
            worker.append(&columns, &mut |row| unreadable.push(before + row as u64 + 1));
            before += rows as u64;
            left -= rows;
        }
        Some(())
    }

    /// The checksums of the columns of the row group that was read, where they are asked for.
    pub(crate) fn checksums(&mut self, file: &File) -> [Option<u32>; COLUMNS] {
        let Self { at, tenant, resource, object, kind, .. } = self;
        [&mut at.pages, &mut tenant.pages, &mut resource.pages, &mut object.pages, &mut kind.pages]
            .map(|pages| pages.checksum(file))
    }
}

/// How ids are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Text behind its length.
    Text,
    /// Sixteen bytes.
    Bytes,
}

impl Form {
    fn of((physical, logical): (Type, &DataType)) -> Option<Self> {
        match (physical, logical) {
            (Type::BYTE_ARRAY, logical) if is_text(logical) => Some(Self::Text),
            (Type::FIXED_LEN_BYTE_ARRAY, DataType::FixedSizeBinary(16)) => Some(Self::Bytes),
            _ => None,
        }
    }
}

fn times(bytes: &[u8], count: usize, scale: Scale, to: &mut Vec<i64>) -> Option<()> {
    let (values, _) = bytes.get(..count.checked_mul(8)?)?.as_chunks::<8>();
    for value in values {
        to.push(scale.micros(i64::from_le_bytes(*value))?);
    }
    Some(())
}

fn kinds(bytes: &[u8], count: usize, to: &mut Vec<u8>) -> Option<()> {
    let mut bytes = bytes;
    for _ in 0..count {
        to.push(kind_of(text(&mut bytes)?));
    }
    Some(())
}

/// What a row says.
pub(crate) fn kind_of(word: &[u8]) -> u8 {
    match word {
        b"use" => USE,
        b"make" => MAKE,
        _ => UNREADABLE,
    }
}

/// Takes a text off the front.
#[inline]
fn text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (text, rest) = rest.split_at_checked(index(u32::from_le_bytes(*length)))?;
    *bytes = rest;
    Some(text)
}

/// Reads ids of tenants or of resources.
fn ids(
    bytes: &[u8],
    count: usize,
    column: (Form, bool),
    local: &mut Local<'_>,
    to: &mut Vec<u32>,
) -> Option<()> {
    let (form, of_tenants) = column;
    let mut guids = Vec::new();
    if people(bytes, count, form, &mut guids).is_some() {
        local.numbers(of_tenants, &guids, to);
        return Some(());
    }
    let mut bytes = bytes;
    for _ in 0..count {
        let id = text(&mut bytes)?;
        to.push(match Guid::parse(id) {
            Some(id) if of_tenants => local.tenant(id),
            Some(id) => local.resource(id),
            None if id.is_empty() || id.contains(&0) => NO_ID,
            None => local.text(str::from_utf8(id).ok()?),
        });
    }
    Some(())
}

/// Reads ids of people. Texts that are no GUIDs are left to Arrow's reader.
fn people(bytes: &[u8], count: usize, form: Form, to: &mut Vec<Guid>) -> Option<()> {
    if form == Form::Text {
        return parse_all(bytes, count, to);
    }
    let (values, _) = bytes.get(..count.checked_mul(16)?)?.as_chunks::<16>();
    to.extend(values.iter().map(|id| Guid::from_bytes(*id)));
    Some(())
}
