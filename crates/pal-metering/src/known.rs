//! The people whom a state knows, in the parts that they fall into.

use crate::error::Unmetered;
use crate::kernel::guid::Guid;
use crate::kernel::narrow::{index, place};
use crate::kernel::table::hash;
use crate::parallel::each;
use crate::shard::{SHARDS, Shard, shard_of};
use crate::spill::Scratch;
use crate::state::State;

/// So many people are dealt out by one thread in one go.
const TOGETHER: usize = 1 << 17;

/// So many are looked up together.
const BLOCK: usize = 32;

/// A person with tenant, and with number in it.
type Known = (Guid, u32, u32);

/// The parts of all people, with those whom a state knows.
///
/// - `memory`: so many bytes may be taken on the way to the parts.
/// - `scratch`: where parts go that take more than they may.
///
/// # Errors
///
/// [`Unmetered`] when people cannot be read, or what does not fit into memory not be written.
pub(crate) fn shards(
    state: &State,
    threads: usize,
    memory: u64,
    scratch: Option<&Scratch>,
) -> Result<Vec<Shard>, Unmetered> {
    let mut shards: Vec<(usize, Shard)> = (0..SHARDS).map(|_| Shard::default()).enumerate().collect();
    // Each is there twice: as it was read, and dealt out.
    let most = (place(memory) / (2 * size_of::<Known>())).max(TOGETHER);
    let (mut wave, mut waiting) = (Vec::new(), 0);
    state.each_people(&|_| true, &mut |tenant, first, ids| {
        for (ids, start) in ids.chunks(TOGETHER).zip((first..).step_by(TOGETHER)) {
            let room = |piece: &&mut Vec<Known>| piece.len() + ids.len() <= TOGETHER;
            let known = ids.iter().zip(start..).map(|(id, person)| (*id, tenant, person));
            match wave.last_mut().filter(room) {
                Some(piece) => piece.extend(known),
                None => wave.push(known.collect()),
            }
            waiting += ids.len();
        }
        if waiting >= most {
            waiting = 0;
            know(&mut shards, &mut std::mem::take(&mut wave), threads, scratch)?;
        }
        Ok(())
    })?;
    know(&mut shards, &mut wave, threads, scratch)?;
    Ok(shards.into_iter().map(|(_, shard)| shard).collect())
}

/// Deals people out to their parts.
fn know(
    shards: &mut [(usize, Shard)],
    wave: &mut [Vec<Known>],
    threads: usize,
    scratch: Option<&Scratch>,
) -> Result<(), Unmetered> {
    if wave.is_empty() {
        return Ok(());
    }
    let dealt = each(threads, wave, |piece| deal(&std::mem::take(piece)))?;
    let took = each(threads, shards, |(number, shard)| {
        let own: Vec<&[Known]> =
            dealt.iter().filter_map(|dealt| dealt.get(*number)).map(Vec::as_slice).collect();
        shard.know(&own);
        scratch.map_or(Ok(()), |scratch| scratch.relieve(*number, shard))
    })?;
    took.into_iter().collect()
}

/// The people of a piece, by part.
fn deal(piece: &[Known]) -> Vec<Vec<Known>> {
    // The parts get about as many each.
    let each = piece.len() / SHARDS;
    let mut dealt: Vec<Vec<Known>> = (0..SHARDS).map(|_| Vec::with_capacity(each + each / 4)).collect();
    for known in piece {
        if let Some(dealt) = dealt.get_mut(shard_of(hash(known.0, known.1))) {
            dealt.push(*known);
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
