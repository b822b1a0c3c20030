//! Work on all cores whose results come in order: the same bytes however many there are.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::thread;

/// So many parts for each thread are worked on ahead of the one that is due.
const AHEAD: usize = 4;

/// Works on parts of a list.
///
/// - `size`: how many items a part has.
/// - `work`: gets the position of a part's first item, and its items.
/// - `take`: gets the results, in the order of the parts.
pub(crate) fn in_order<T: Sync, R: Send>(
    items: &[T],
    size: usize,
    work: impl Fn(usize, &[T]) -> R + Sync,
    mut take: impl FnMut(R),
) {
    let parts: Vec<&[T]> = items.chunks(size).collect();
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(parts.len());
    if threads < 2 {
        for (number, part) in parts.iter().enumerate() {
            take(work(number * size, part));
        }
        return;
    }
    let next = AtomicUsize::new(0);
    // However long one part takes, the others do not run far ahead of it.
    let (due, taken) = (Mutex::new(0), Condvar::new());
    let run = || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let part = parts.get(number)?;
        let due = due.lock().unwrap_or_else(PoisonError::into_inner);
        drop(taken.wait_while(due, |due| number >= *due + AHEAD * threads));
        Some((number, work(number * size, part)))
    };
    let (send, receive) = mpsc::sync_channel(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, run) = (send.clone(), &run);
            scope.spawn(move || while run().is_some_and(|done| send.send(done).is_ok()) {});
        }
        drop(send);
        let (mut next, mut early) = (0, BTreeMap::new());
        for (number, result) in receive {
            early.insert(number, result);
            while let Some(result) = early.remove(&next) {
                take(result);
                next += 1;
                *due.lock().unwrap_or_else(PoisonError::into_inner) = next;
                taken.notify_all();
            }
        }
    });
}

/// Does two things at once; whoever waits for them sees the panic of either.
pub(crate) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}

/// As [`in_order`], of work and taking that may fail: the first failure counts, in the order of the parts.
pub(crate) fn try_in_order<T: Sync, R: Send, E: Send>(
    items: &[T],
    size: usize,
    work: impl Fn(usize, &[T]) -> Result<R, E> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut outcome = Ok(());
    in_order(items, size, work, |done| {
        if outcome.is_ok() {
            outcome = done.and_then(&mut take);
        }
    });
    outcome
}

#[cfg(test)]
mod tests {
    use super::{in_order, try_in_order};

    #[test]
    fn the_first_failure_counts() {
        let items: Vec<u32> = (0..1000).collect();
        let mut taken = 0;
        let work = |_, part: &[u32]| {
            part.iter().find(|item| **item % 300 == 299).map_or(Ok(part.len()), |item| Err(*item))
        };
        let mut take = |count| {
            taken += count;
            if taken < 1000 { Ok(()) } else { Err(0) }
        };
        assert_eq!(try_in_order(&items, 10, work, &mut take), Err(299));
        assert_eq!(taken, 290);
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 7, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let mut taken = Vec::new();
            in_order(
                &items,
                3,
                |first, part| (first, part.to_vec()),
                |(first, part)| {
                    assert_eq!(part.first(), Some(&first));
                    taken.extend(part);
                },
            );
            assert_eq!(taken, items);
        }
    }
}
