//! Work on the parts of a file on several threads, taken in the order of the parts: what comes out is as if there were one.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// How many threads help at most. The one that reads and takes works too while it has nothing else to do.
const HELPERS: usize = 2;
/// How many parts each may have before it at a time, so that it has some while another thread works on one.
const AHEAD: usize = 3;

/// A part that is not taken yet.
enum Waiting<U> {
    /// A helper has it.
    Given(usize),
    Done(U),
}

/// A thread that helps.
struct Helper<T, U> {
    parts: Sender<T>,
    results: Receiver<U>,
    /// How many parts it was given whose results are not taken.
    given: usize,
}

/// Works on every part.
///
/// - `next`: the next part; nothing at the end. What it fails with is told once all before it is taken.
/// - `work`: what is done on all threads.
/// - `take`: gets what came of each part.
pub(super) fn in_order<T: Send, U: Send>(
    mut next: impl FnMut() -> io::Result<Option<T>>,
    work: impl Fn(T) -> U + Sync,
    mut take: impl FnMut(U),
) -> io::Result<()> {
    thread::scope(|scope| {
        let start = || {
            let (parts, given) = channel::<T>();
            let (done, results) = channel();
            let work = &work;
            // It ends with the channel, or when nobody listens any more.
            scope.spawn(move || given.iter().try_for_each(|part| done.send(work(part))));
            Helper { parts, results, given: 0 }
        };
        // Where there is no part, as with every record of a list, nobody is asked to help.
        let (mut helpers, mut most): (Vec<Helper<T, U>>, _) = (Vec::new(), None);
        let (mut waiting, mut outcome) = (VecDeque::new(), None);
        loop {
            let full = outcome.is_some() || most.is_some_and(|most| waiting.len() == (most + 1) * AHEAD);
            if let Some(done) = first(&mut waiting, &mut helpers, full) {
                take(done);
                continue;
            }
            if waiting.is_empty()
                && let Some(outcome) = outcome.take()
            {
                return outcome;
            }
            if full {
                // A helper panicked, which the end of the scope tells.
                return Ok(());
            }
            let part = match next() {
                Ok(Some(part)) => part,
                ended => {
                    outcome = Some(ended.map(|_| ()));
                    continue;
                }
            };
            let most = *most.get_or_insert_with(|| {
                thread::available_parallelism().map_or(1, NonZeroUsize::get).clamp(2, HELPERS + 1) - 1
            });
            if helpers.len() < most && helpers.iter().all(|helper| helper.given > 0) {
                helpers.push(start());
            }
            let idlest = helpers.iter_mut().zip(0..).min_by_key(|(helper, _)| helper.given);
            waiting.push_back(match idlest {
                Some((helper, number)) if helper.given < AHEAD => {
                    if helper.parts.send(part).is_err() {
                        return Ok(());
                    }
                    helper.given += 1;
                    Waiting::Given(number)
                }
                _ => Waiting::Done(work(part)),
            });
        }
    })
}

/// What came of the part that is due; nothing while somebody works on it, unless it is to be waited for.
fn first<T, U>(waiting: &mut VecDeque<Waiting<U>>, helpers: &mut [Helper<T, U>], wait: bool) -> Option<U> {
    let found = match waiting.front()? {
        Waiting::Done(_) => None,
        Waiting::Given(number) => {
            let helper = helpers.get_mut(*number)?;
            let found = if wait { helper.results.recv().ok() } else { Some(helper.results.try_recv().ok()?) };
            helper.given = helper.given.saturating_sub(1);
            found
        }
    };
    match waiting.pop_front() {
        Some(Waiting::Done(done)) => Some(done),
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::in_order;

    /// What is taken, and what it ends with.
    fn taken(parts: u32, fails: bool) -> (Vec<u32>, Option<io::ErrorKind>) {
        let (mut left, mut taken) = (0..parts, Vec::new());
        let next = || match left.next() {
            None if fails => Err(io::ErrorKind::UnexpectedEof.into()),
            part => Ok(part),
        };
        // Some parts take much longer than others.
        let work = |part: u32| {
            (part, (0..part % 7 * 2000).fold(part, |sum, number| sum ^ number.rotate_left(sum % 5)))
        };
        let read = in_order(next, work, |(part, _)| taken.push(part));
        (taken, read.err().map(|error| error.kind()))
    }

    #[test]
    fn all_is_taken_in_the_order_of_the_parts_before_an_error_is_told() {
        for parts in [0, 1, 2, 5, 300] {
            let all: Vec<u32> = (0..parts).collect();
            assert_eq!(taken(parts, false), (all.clone(), None));
            assert_eq!(taken(parts, true), (all, Some(io::ErrorKind::UnexpectedEof)));
        }
    }

    #[test]
    fn work_that_panics_ends_it_with_a_panic() {
        for broken in [0, 3, 40] {
            let ends = std::panic::catch_unwind(|| {
                let mut left = 0..50;
                in_order(|| Ok(left.next()), |part| assert_ne!(part, broken), |()| {})
            });
            assert!(ends.is_err(), "{broken}");
        }
    }
}
