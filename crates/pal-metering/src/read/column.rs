//! The columns of a row group, read page by page side by side.

use std::fs::File;

use arrow_schema::DataType;
use parquet::basic::Type;
use parquet::file::metadata::RowGroupMetaData;

use super::hybrid::Mix;
use super::pages::{Encoding, Pages, Unpacker};
use super::plan::{COLUMNS, Scale, Task, is_text};
use crate::columns::{Columns, MAKE, UNREADABLE, USE};
use crate::kernel::guid::{Guid, parse_all};
use crate::kernel::narrow::index;
use crate::registry::Local;
use crate::worker::Worker;

/// So many values of a column are read at once: those of all columns stay in the cache.
const BLOCK: usize = 1 << 11;

/// One column: its pages, its dictionary, and a block of the values of its page.
#[derive(Debug, Default)]
struct Column<T> {
    pages: Pages,
    dictionary: Vec<T>,
    /// How many values of the page are still to be read, and from where.
    left: usize,
    from: From,
    values: Vec<T>,
    used: usize,
}

/// Where the next values of a page stand.
#[derive(Clone, Copy, Debug)]
enum From {
    Plain(usize),
    Places(Mix),
}

impl Default for From {
    fn default() -> Self {
        Self::Plain(0)
    }
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

/// Reads so many values off the front of what a plain page has; returns how many bytes they take.
type Plain<'a, T> = dyn FnMut(&[u8], usize, &mut Vec<T>) -> Option<usize> + 'a;

impl<T: Copy> Column<T> {
    fn begin(&mut self, group: &RowGroupMetaData, place: usize, summed: bool) -> Option<()> {
        self.dictionary.clear();
        self.values.clear();
        (self.used, self.left) = (0, 0);
        self.pages.begin(group.columns().get(place)?, summed)
    }

    /// How many values are ahead; the next block's if this one's are used up. `plain` reads the values of a plain page.
    fn ahead(&mut self, file: &File, unpacker: &mut Unpacker, plain: &mut Plain<'_, T>) -> Option<usize> {
        if self.used == self.values.len() {
            while self.left == 0 {
                self.turn(file, unpacker, plain)?;
            }
            self.values.clear();
            self.used = 0;
            let wanted = self.left.min(BLOCK);
            match &mut self.from {
                From::Plain(start) => {
                    *start += plain(self.pages.body().get(*start..)?, wanted, &mut self.values)?;
                }
                From::Places(mix) => {
                    let of = |place: u32| self.dictionary.get(index(place)).copied();
                    mix.read(self.pages.body(), (wanted, self.left), of, &mut self.values)?;
                }
            }
            self.left = self.left.checked_sub(self.values.len())?;
        }
        Some(self.values.len() - self.used)
    }

    /// Goes on to the next page.
    fn turn(&mut self, file: &File, unpacker: &mut Unpacker, plain: &mut Plain<'_, T>) -> Option<()> {
        let page = self.pages.read(file, unpacker)?;
        if page.dictionary {
            self.dictionary.clear();
            plain(self.pages.body(), page.values, &mut self.dictionary)?;
            return Some(());
        }
        self.left = page.values;
        self.from = match page.encoding {
            Encoding::Plain => From::Plain(0),
            Encoding::Places => From::Places(Mix::of_page(self.pages.body())?),
        };
        Some(())
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

fn times(bytes: &[u8], count: usize, scale: Scale, to: &mut Vec<i64>) -> Option<usize> {
    let (values, _) = bytes.get(..count.checked_mul(8)?)?.as_chunks::<8>();
    for value in values {
        to.push(scale.micros(i64::from_le_bytes(*value))?);
    }
    Some(8 * count)
}

fn kinds(bytes: &[u8], count: usize, to: &mut Vec<u8>) -> Option<usize> {
    let mut ahead = bytes;
    for _ in 0..count {
        to.push(kind_of(text(&mut ahead)?));
    }
    Some(bytes.len() - ahead.len())
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
) -> Option<usize> {
    let (form, of_tenants) = column;
    let mut guids = Vec::new();
    if let Some(taken) = people(bytes, count, form, &mut guids) {
        local.numbers(of_tenants, &guids, to);
        return Some(taken);
    }
    let mut ahead = bytes;
    for _ in 0..count {
        let id = text(&mut ahead)?;
        to.push(match Guid::parse(id) {
            Some(id) if of_tenants => local.tenant(id),
            Some(id) => local.resource(id),
            // Rows without an id are told one by one, which Arrow's reader does.
            None if id.is_empty() || id.contains(&0) => return None,
            None => local.text(str::from_utf8(id).ok()?),
        });
    }
    Some(bytes.len() - ahead.len())
}

/// Reads ids of people. Texts that are no GUIDs are left to Arrow's reader.
fn people(bytes: &[u8], count: usize, form: Form, to: &mut Vec<Guid>) -> Option<usize> {
    if form == Form::Text {
        return parse_all(bytes, count, to).map(|()| 40 * count);
    }
    let (values, _) = bytes.get(..count.checked_mul(16)?)?.as_chunks::<16>();
    to.extend(values.iter().map(|id| Guid::from_bytes(*id)));
    Some(16 * count)
}
