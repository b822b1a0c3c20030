//! How parts of a state stand in files: in blocks, each with a checksum, so that damage is found and named.

use crate::error::Unmetered;

/// What a part begins with: what it is, and the version of its form.
const MAGIC: [u8; 8] = *b"palstat\x02";
const BLOCK: usize = 1 << 20;
const HEAD: usize = 8 + 8 + 4;

/// Puts a part's bytes into blocks.
pub(super) fn seal(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(HEAD + bytes.len() + 4 * bytes.len().div_ceil(BLOCK));
    sealed.extend_from_slice(&MAGIC);
    sealed.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    let head = crc32fast::hash(&sealed);
    sealed.extend_from_slice(&head.to_le_bytes());
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        sealed.extend_from_slice(block);
        sealed.extend_from_slice(&checksum(number, block).to_le_bytes());
    }
    sealed
}

/// The checksum of a block at its place: the right block at the wrong place is damage too.
fn checksum(number: usize, block: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(number as u64).to_le_bytes());
    hasher.update(block);
    hasher.finalize()
}

/// Takes a part's bytes out of their blocks, in the memory that they are in.
///
/// - `name`: how errors name the part.
pub(super) fn unseal(name: &str, mut sealed: Vec<u8>) -> Result<Vec<u8>, Unmetered> {
    let damaged = |what: String| Err(Unmetered::Damaged { name: name.to_owned(), what });
    let Some((head, of_head)) = sealed.get(..HEAD).and_then(<[u8]>::split_last_chunk::<4>) else {
        return damaged("its head is cut off".to_owned());
    };
    if crc32fast::hash(head) != u32::from_le_bytes(*of_head) {
        return damaged("its head does not match its checksum".to_owned());
    }
    let (magic, length) = head.split_at(MAGIC.len());
    if magic != MAGIC {
        return damaged("it is of another version".to_owned());
    }
    let length =
        length.try_into().map(u64::from_le_bytes).ok().and_then(|length| usize::try_from(length).ok());
    let length = length.unwrap_or(usize::MAX);
    let (mut from, mut to, mut number) = (HEAD, 0, 0);
    while to < length {
        let end = from + (length - to).min(BLOCK);
        let of_block = sealed.get(end..).and_then(<[u8]>::first_chunk::<4>).copied();
        let (Some(block), Some(of_block)) = (sealed.get(from..end), of_block) else {
            return damaged(format!("block {number} is missing"));
        };
        if checksum(number, block) != u32::from_le_bytes(of_block) {
            return damaged(format!("block {number} does not match its checksum"));
        }
        sealed.copy_within(from..end, to);
        (from, to, number) = (end + 4, to + end - from, number + 1);
    }
    if from < sealed.len() {
        return damaged(format!("{} bytes follow its last block", sealed.len() - from));
    }
    sealed.truncate(length);
    Ok(sealed)
}
