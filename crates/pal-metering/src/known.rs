//! The people whom a state knows, in the parts that they fall into.

use std::ops::Range;

use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, number};
use crate::kernel::table::hash;
use crate::parallel::each;
use crate::shard::{SHARDS, Shard, shard_of};
use crate::state::Dictionary;

/// So many people are dealt out by one thread in one go.
const TOGETHER: usize = 1 << 17;

/// So many are looked up together.
const BLOCK: usize = 32;

/// A person with tenant, and with number in it.
type Known = (Guid, u32, u32);

/// A stretch of a tenant's people.
type Stretch = (u32, Range<usize>);

/// The parts of all people, with those whom a state knows.
///
/// # Errors
///
/// [`Unmetered::Thread`].
pub(crate) fn shards(dictionary: &Dictionary, threads: usize) -> Result<Vec<Shard>, Unmetered> {
    let mut shards: Vec<(usize, Shard)> = (0..SHARDS).map(|_| Shard::default()).enumerate().collect();
    if dictionary.people_count() > 0 {
        let dealt = each(threads, &mut pieces(dictionary), |piece| deal(dictionary, piece))?;
        each(threads, &mut shards, |(number, shard)| {
            let own: Vec<&[Known]> =
                dealt.iter().filter_map(|dealt| dealt.get(*number)).map(Vec::as_slice).collect();
            shard.know(&own);
        })?;
    }
    Ok(shards.into_iter().map(|(_, shard)| shard).collect())
}

/// All people in pieces of about equal size, in the order of their tenants and numbers.
fn pieces(dictionary: &Dictionary) -> Vec<Vec<Stretch>> {
    let (mut pieces, mut piece, mut size): (Vec<Vec<Stretch>>, Vec<Stretch>, usize) =
        (Vec::new(), Vec::new(), 0);
    for tenant in 0..number(dictionary.tenants().len()) {
        let people = dictionary.people(tenant).len();
        let mut start = 0;
        while start < people {
            let end = people.min(start + TOGETHER - size);
            piece.push((tenant, start..end));
            (size, start) = (size + end - start, end);
            if size == TOGETHER {
                pieces.push(std::mem::take(&mut piece));
                size = 0;
            }
        }
    }
    pieces.push(piece);
    pieces
}

/// The people of a piece, by part.
fn deal(dictionary: &Dictionary, piece: &[Stretch]) -> Vec<Vec<Known>> {
    // The parts get about as many each.
    let each = piece.iter().map(|(_, range)| range.len()).sum::<usize>() / SHARDS;
    let mut dealt: Vec<Vec<Known>> = (0..SHARDS).map(|_| Vec::with_capacity(each + each / 4)).collect();
    for (tenant, range) in piece {
        let people = dictionary.people(*tenant).get(range.clone()).unwrap_or_default();
        for (id, person) in people.iter().zip(number(range.start)..) {
            if let Some(dealt) = dealt.get_mut(shard_of(hash(*id, *tenant))) {
                dealt.push((*id, *tenant, person));
            }
        }
    }
    dealt
}

impl Shard {
    /// Takes in people whom the state knows, before all others.
    fn know(&mut self, people: &[&[Known]]) {
        let count = people.iter().map(|people| people.len()).sum();
        self.people.reserve(count);
        self.known.reserve(count);
        let mut hashes = [0; BLOCK];
        for block in people.iter().flat_map(|people| people.chunks(BLOCK)) {
            for (slot, (id, tenant, _)) in hashes.iter_mut().zip(block) {
                *slot = hash(*id, *tenant);
                self.people.ask(*slot);
            }
            for (hash, (id, tenant, person)) in hashes.iter().zip(block) {
                let number = self.people.number(*hash, *id, *tenant);
                if index(number) == self.known.len() {
                    self.known.push(*person);
                }
            }
        }
    }
}
