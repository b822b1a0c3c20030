//! When to ask again: too many requests, a fault of the server, a lost connection; a few times, after a growing wait.

use std::time::Duration;

use super::Answer;
use crate::problem::Problem;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;
/// The first wait; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait that a server may ask for; one that asks for more is believed, and not asked again.
const LONGEST: Duration = Duration::from_mins(1);

/// The repeats of one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retry {
    repeats: u32,
}

impl Retry {
    /// How long to wait before asking again; `None`: this is the answer.
    pub fn wait(&mut self, answered: &Result<Answer, Problem>) -> Option<Duration> {
        let asked_for = match answered {
            Ok(answer) if matches!(answer.status, 408 | 429 | 500 | 502 | 503 | 504) => {
                let seconds = answer.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
                seconds.map(Duration::from_secs)
            }
            Err(Problem::Unreachable { .. }) => None,
            _ => return None,
        };
        self.repeats += 1;
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.repeats - 1));
        let wait = asked_for.unwrap_or(doubled);
        (self.repeats < ATTEMPTS && wait <= LONGEST).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Retry;
    use crate::http::Answer;
    use crate::problem::Problem;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let headers = retry_after.map(|after| ("retry-after".to_owned(), after.to_owned()));
        Answer { status, headers: headers.into_iter().collect(), body: Vec::new() }
    }

    fn waits(answered: &Result<Answer, Problem>) -> Vec<u128> {
        let mut retry = Retry::default();
        std::iter::from_fn(|| retry.wait(answered)).map(|wait| wait.as_millis()).collect()
    }

    #[test]
    fn waits_grow_and_end_and_are_the_servers_where_it_says() {
        let lost = Err(Problem::Unreachable { host: "h".to_owned(), reason: "r".to_owned() });
        assert_eq!(waits(&lost), [500, 1000, 2000]);
        assert_eq!(waits(&Ok(answer(503, None))), [500, 1000, 2000]);
        assert_eq!(waits(&Ok(answer(429, Some("7")))), [7000, 7000, 7000]);
        assert_eq!(waits(&Ok(answer(429, Some("0")))), [0, 0, 0]);
        assert!(waits(&Ok(answer(429, Some("3600")))).is_empty(), "an hour is not waited");
        assert_eq!(waits(&Ok(answer(429, Some("Wed, 21 Oct 2026 07:28:00 GMT")))), [500, 1000, 2000]);
        for status in [200, 400, 401, 403, 404, 409, 501] {
            assert_eq!(Retry::default().wait(&Ok(answer(status, Some("1")))), None::<Duration>, "{status}");
        }
    }
}
