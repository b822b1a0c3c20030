//! The header of a page: Thrift's compact protocol, as much of it as pages need.

use crate::kernel::varint;

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageKind {
    Dictionary,
    Data,
    /// Data of the second version: its levels stand before what is compressed.
    DataV2,
    Other,
}

/// The header of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) kind: PageKind,
    pub(crate) unpacked: usize,
    pub(crate) packed: usize,
    pub(crate) crc: Option<u32>,
    pub(crate) values: usize,
    pub(crate) encoding: i64,
    /// The encoding of the levels of a page of the first version.
    pub(crate) levels: i64,
    pub(crate) nulls: i64,
    pub(crate) definition: usize,
    pub(crate) repetition: usize,
    pub(crate) compressed: bool,
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const STRUCT: u8 = 12;

impl Header {
    /// Takes a header off the front; `None` if it is not whole, or none.
    pub(crate) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let mut header = Self {
            kind: PageKind::Other,
            unpacked: usize::MAX,
            packed: usize::MAX,
            crc: None,
            values: 0,
            encoding: -1,
            levels: 3,
            nulls: 0,
            definition: 0,
            repetition: 0,
            compressed: true,
        };
        let mut kind = -1;
        fields(bytes, &mut |id, of, bytes| {
            match (id, of) {
                (1, 5) => kind = varint::take_signed(bytes)?,
                (2, 5) => header.unpacked = size(bytes)?,
                (3, 5) => header.packed = size(bytes)?,
                (4, 5) => {
                    let crc = i32::try_from(varint::take_signed(bytes)?).ok()?;
                    header.crc = Some(crc.cast_unsigned());
                }
                (5 | 7 | 8, STRUCT) => header.take_of_kind(id, bytes)?,
                _ => skip(of, bytes, 0)?,
            }
            Some(())
        })?;
        header.kind = match kind {
            0 => PageKind::Data,
            2 => PageKind::Dictionary,
            3 => PageKind::DataV2,
            _ => PageKind::Other,
        };
        (header.unpacked != usize::MAX && header.packed != usize::MAX).then_some(header)
    }

    fn take_of_kind(&mut self, kind: i16, bytes: &mut &[u8]) -> Option<()> {
        fields(bytes, &mut |id, of, bytes| {
            match (kind, id, of) {
                (_, 1, 5) => self.values = size(bytes)?,
                (5 | 7, 2, 5) | (8, 4, 5) => self.encoding = varint::take_signed(bytes)?,
                (5, 3, 5) => self.levels = varint::take_signed(bytes)?,
                (8, 2, 5) => self.nulls = varint::take_signed(bytes)?,
                (8, 5, 5) => self.definition = size(bytes)?,
                (8, 6, 5) => self.repetition = size(bytes)?,
                (8, 7, TRUE) => self.compressed = true,
                (8, 7, FALSE) => self.compressed = false,
                _ => skip(of, bytes, 0)?,
            }
            Some(())
        })
    }
}

fn size(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(varint::take_signed(bytes)?).ok()
}

type Field<'a> = dyn FnMut(i16, u8, &mut &[u8]) -> Option<()> + 'a;

/// Passes each field of a struct: its number, its type, and the bytes from its value on.
fn fields(bytes: &mut &[u8], each: &mut Field<'_>) -> Option<()> {
    let mut id = 0_i16;
    loop {
        let (head, rest) = bytes.split_first()?;
        *bytes = rest;
        if *head == 0 {
            return Some(());
        }
        id = match head >> 4 {
            0 => i16::try_from(varint::take_signed(bytes)?).ok()?,
            more => id.checked_add(i16::from(more))?,
        };
        each(id, head & 0x0f, bytes)?;
    }
}

/// Passes a value over.
fn skip(of: u8, bytes: &mut &[u8], depth: u8) -> Option<()> {
    if depth > 8 {
        return None;
    }
    match of {
        TRUE | FALSE => {}
        3 => *bytes = bytes.get(1..)?,
        4..=6 => {
            varint::take(bytes)?;
        }
        7 => *bytes = bytes.get(8..)?,
        8 => {
            let length = usize::try_from(varint::take(bytes)?).ok()?;
            *bytes = bytes.get(length..)?;
        }
        9 | 10 => {
            let (head, rest) = bytes.split_first()?;
            *bytes = rest;
            let count = if head >> 4 == 15 { varint::take(bytes)? } else { u64::from(head >> 4) };
            for _ in 0..count {
                match head & 0x0f {
                    TRUE | FALSE => *bytes = bytes.get(1..)?,
                    of => skip(of, bytes, depth + 1)?,
                }
            }
        }
        STRUCT => fields(bytes, &mut |_, of, bytes| skip(of, bytes, depth + 1))?,
        _ => return None,
    }
    Some(())
}
