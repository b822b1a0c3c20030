//! Work on the parts of a file on other threads, taken in the order of the parts: what comes out is as if there were one.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// How many threads work. Two keep up with the one that reads and takes.
const WORKERS: usize = 2;
/// How many parts each may have before it at a time.
const AHEAD: usize = 2;

/// Works on every part.
///
/// - `next`: the next part; nothing at the end. What it fails with is told once all before it is taken.
/// - `work`: what is done on other threads.
/// - `take`: gets what came of each part.
pub(super) fn in_order<T: Send, U: Send>(
    mut next: impl FnMut() -> io::Result<Option<T>>,
    work: impl Fn(T) -> U + Sync,
    mut take: impl FnMut(U),
) -> io::Result<()> {
    thread::scope(|scope| {
        let workers: Vec<(Sender<T>, Receiver<U>)> = (0..WORKERS)
            .map(|_| {
                let (parts, given) = channel::<T>();
                let (done, results) = channel();
                let work = &work;
                // It ends with the channel, or when nobody listens any more.
                scope.spawn(move || given.iter().try_for_each(|part| done.send(work(part))));
                (parts, results)
            })
            .collect();
        let mut waiting = VecDeque::new();
        let mut turns = workers.iter().cycle();
        let outcome = loop {
            let part = match next() {
                Ok(Some(part)) => part,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            if let Some((parts, results)) = turns.next()
                && parts.send(part).is_ok()
            {
                waiting.push_back(results);
            }
            if waiting.len() == WORKERS * AHEAD
                && let Some(result) = waiting.pop_front().and_then(|results| results.recv().ok())
            {
                take(result);
            }
        };
        for results in waiting {
            results.recv().into_iter().for_each(&mut take);
        }
        outcome
    })
}
