//! Work that falls into pieces, on several threads.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::Unmetered;

/// Does something with each of some items, on as many threads as given; answers stand in the items' order.
pub(crate) fn each<T: Send, R: Send>(
    threads: usize,
    items: &mut [T],
    work: impl Fn(&mut T) -> R + Sync,
) -> Result<Vec<R>, Unmetered> {
    with_each(threads, items, || (), |(), item| work(item), |()| ())
}

/// As [`each`], with something that each thread begins with, uses for all its items, and ends.
pub(crate) fn with_each<W, T: Send, R: Send>(
    threads: usize,
    items: &mut [T],
    begin: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &mut T) -> R + Sync,
    end: impl Fn(W) + Sync,
) -> Result<Vec<R>, Unmetered> {
    let threads = threads.min(items.len());
    let queue = Mutex::new(items.iter_mut().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let one = || {
        let mut with = begin();
        let work = |(number, item)| (number, work(&mut with, item));
        let answers: Vec<(usize, R)> = std::iter::from_fn(next).map(work).collect();
        end(with);
        answers
    };
    let mut answers: Vec<(usize, R)> = if threads <= 1 {
        one()
    } else {
        let all = thread::scope(|scope| {
            let start = |_| thread::Builder::new().spawn_scoped(scope, one).ok();
            let threads: Vec<_> = (0..threads).map_while(start).collect();
            // Where no more threads may be, those that there are do it all.
            let own = if threads.is_empty() { one() } else { Vec::new() };
            let answers = threads.into_iter().map(|thread| thread.join().map_err(|_| Unmetered::Thread));
            answers.chain([Ok(own)]).collect::<Result<Vec<_>, _>>()
        })?;
        all.into_iter().flatten().collect()
    };
    answers.sort_unstable_by_key(|(number, _)| *number);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}
