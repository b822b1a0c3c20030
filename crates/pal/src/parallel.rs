//! Work on all cores whose results come in order: the same bytes however many there are.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::thread;

use crate::exit::{Exit, Failure};

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
    let work = |first, part: &[T]| Ok::<R, Infallible>(work(first, part));
    let Ok(()) = try_in_order(items, size, work, |result| {
        take(result);
        Ok(())
    });
}

/// As [`in_order`], of work and taking that may fail: the first failure counts, in the order of the parts, and ends it.
pub(crate) fn try_in_order<T: Sync, R: Send, E: Send, F: FnMut(R) -> Result<(), E>>(
    items: &[T],
    size: usize,
    work: impl Fn(usize, &[T]) -> Result<R, E> + Sync,
    mut take: F,
) -> Result<(), E> {
    let parts: Vec<&[T]> = items.chunks(size).collect();
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(parts.len());
    let in_turn = |mut take: F| {
        parts.iter().enumerate().try_for_each(|(number, part)| take(work(number * size, part)?))
    };
    if threads < 2 {
        return in_turn(take);
    }
    let (next, due) = (AtomicUsize::new(0), Due::default());
    let run = || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let part = parts.get(number)?;
        // However long one part takes, the others do not run far ahead of it.
        due.wait_for(number.saturating_sub(AHEAD * threads));
        Some((number, work(number * size, part)))
    };
    // What waits here is bounded by how far the threads run ahead.
    let (send, receive) = mpsc::channel();
    thread::scope(|scope| {
        // What is left is not worked on once this ends, however it does.
        let (receive, _freed) = (receive, Freed(&due));
        let start = |_: &usize| {
            let (send, run, due) = (send.clone(), &run, &due);
            let work = move || {
                // Whoever waits for what this thread panicked at would wait for ever.
                let _freed = Freed(due);
                while run().is_some_and(|done| send.send(done).is_ok()) {}
            };
            thread::Builder::new().spawn_scoped(scope, work).is_ok()
        };
        // Where no more threads may be, those that there are do it all.
        if (0..threads).take_while(start).count() == 0 {
            return in_turn(take);
        }
        drop(send);
        let (mut next, mut early) = (0, BTreeMap::new());
        for (number, result) in receive {
            early.insert(number, result);
            while let Some(result) = early.remove(&next) {
                take(result?)?;
                next += 1;
                due.reach(next);
            }
        }
        Ok(())
    })
}

/// Works on each item of a list; what came of each, in their order, or the first failure.
pub(crate) fn try_each<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let mut all = Vec::with_capacity(items.len());
    let work = |_, part: &[T]| part.iter().map(&work).collect::<Result<Vec<R>, E>>();
    try_in_order(items, 1, work, |made| {
        all.extend(made);
        Ok(())
    })?;
    Ok(all)
}

/// How far somebody has come: the number of the part that is taken next, or of the byte. Others do not run far ahead.
#[derive(Debug, Default)]
pub(crate) struct Due(Mutex<usize>, Condvar);

impl Due {
    pub(crate) fn reach(&self, number: usize) {
        let mut due = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *due = number.max(*due);
        self.1.notify_all();
    }

    /// Waits until a number is due, or was.
    pub(crate) fn wait_for(&self, number: usize) {
        let due = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.1.wait_while(due, |due| *due < number));
    }
}

/// Lets everybody go on when it is dropped.
pub(crate) struct Freed<'a>(pub(crate) &'a Due);

impl Drop for Freed<'_> {
    fn drop(&mut self) {
        self.0.reach(usize::MAX);
    }
}

/// Does two things at once, or one after the other where no thread may be started; whoever waits for them sees the panic of
/// either.
pub(crate) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    let (give, given) = mpsc::channel();
    thread::scope(|scope| {
        // It is given what to do once it is there, so that nothing is lost where it cannot be started.
        let started = thread::Builder::new().spawn_scoped(scope, move || given.recv().map(|one| call(one)));
        let Ok(thread) = started else { return (one(), other()) };
        let _ = give.send(one);
        let other = other();
        match thread.join() {
            Ok(Ok(one)) => (one, other),
            Ok(Err(never_given)) => resume_unwind(Box::new(never_given)),
            Err(panic) => resume_unwind(panic),
        }
    })
}

fn call<A>(one: impl FnOnce() -> A) -> A {
    one()
}

/// What is told where a thread has to be started and may not be.
pub(crate) fn no_thread(error: io::Error) -> Failure {
    let error = anyhow::Error::new(error).context("cannot start a thread");
    Failure::of(Exit::Fault, error).or_advise("allow more threads: `ulimit -u` says how many there may be")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::{AHEAD, in_order, try_in_order};

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
    fn what_fails_ends_the_rest_and_a_panic_is_seen() {
        let items: Vec<u32> = (0..100_000).collect();
        let worked = AtomicUsize::new(0);
        let work = |_, part: &[u32]| {
            worked.fetch_add(1, Ordering::Relaxed);
            Ok(part.len())
        };
        assert_eq!(try_in_order(&items, 10, work, |_| Err("full")), Err("full"));
        assert!(worked.into_inner() < 1000);
        let panics = |first, _: &[u32]| assert_ne!(first, 0);
        let caught = std::panic::catch_unwind(|| in_order(&items, 10, panics, |()| ()));
        assert!(caught.is_err());
    }

    /// What is made and not taken is held.
    #[test]
    fn nobody_runs_far_ahead() {
        let items: Vec<u32> = (0..200).collect();
        let (made, mut taken, mut most) = (AtomicUsize::new(0), 0, 0);
        let work = |_, _: &[u32]| made.fetch_add(1, Ordering::SeqCst);
        in_order(&items, 1, work, |_| {
            thread::sleep(Duration::from_millis(1));
            most = most.max(made.load(Ordering::SeqCst) - taken);
            taken += 1;
        });
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        assert!(most <= (AHEAD + 1) * threads, "{most} parts were made and not taken");
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
