//! When an I/O thread takes its next round of looks at what ticks.
//!
//! While round after round most looks find something, the thread rests between two of them for as long
//! as one takes: more messages meet in each write, and others have the processor. A round that finds
//! less is followed by the next at once.
//!
//! Thread: the I/O thread. Invariants: a rest is no longer than the round before it.
//! Counterpart: none; libzmq 4.3.5 is woken for each batch of each pipe.

use std::time::{Duration, Instant};

/// How long something may lie about before a ticking thread looks at it, if it does nothing else.
pub(super) const TICK: Duration = Duration::from_micros(100);

/// What a handler found when it looked, see [`Handler::tick`](super::Handler::tick).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing, and it ticks no more.
    Last,
    /// It is to be called again.
    Again,
    /// As [`Look::Again`], and there was something now and the time before.
    Steady,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// The thread rests until then.
    resting: Option<Instant>,
}

impl Rounds {
    /// The longest rest.
    const REST: Duration = Duration::from_millis(20);

    /// True if it is time for a round.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.resting.is_none_or(|until| now >= until)
    }

    /// How long to wait for the next round.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.resting.map_or(TICK, |until| until.saturating_duration_since(now).max(TICK))
    }

    /// A round of so many `looks` is over, of which so many were [`Look::Steady`].
    pub(super) fn over(&mut self, began: Instant, ended: Instant, looks: usize, steady: usize) {
        let rest = ended.saturating_duration_since(began).min(Self::REST);
        self.resting = (2 * steady > looks).then(|| ended + rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOKS: usize = 1000;

    /// How long the thread rests behind a round that took so long and had so many steady looks.
    fn rest(took: Duration, steady: usize) -> Duration {
        #[allow(clippy::disallowed_methods, reason = "any will do")]
        let began = Instant::now();
        let ended = began + took;
        let mut rounds = Rounds::default();
        rounds.over(began, ended, LOOKS, steady);
        let until = rounds.resting.unwrap_or(ended);
        assert!(rounds.is_due(until));
        assert_eq!(rounds.is_due(ended), until == ended);
        assert_eq!(rounds.wait(ended), (until - ended).max(TICK));
        until - ended
    }

    #[test]
    fn the_rest_is_as_long_as_the_round() {
        for took in [Duration::from_micros(10), TICK, Duration::from_millis(7)] {
            assert_eq!(rest(took, LOOKS), took);
            assert_eq!(rest(took, LOOKS / 2 + 1), took);
        }
        assert_eq!(rest(Duration::from_secs(1), LOOKS), Rounds::REST);
    }

    #[test]
    fn no_rest_where_most_looks_find_nothing_or_something_new() {
        for steady in [0, LOOKS / 2] {
            assert_eq!(rest(Duration::from_millis(7), steady), Duration::ZERO);
        }
    }

    #[test]
    fn a_round_that_finds_less_ends_the_rests() {
        #[allow(clippy::disallowed_methods, reason = "any will do")]
        let began = Instant::now();
        let ended = began + Duration::from_millis(7);
        let mut rounds = Rounds::default();
        rounds.over(began, ended, LOOKS, LOOKS);
        assert!(!rounds.is_due(ended));
        rounds.over(began, ended, LOOKS, 0);
        assert!(rounds.is_due(ended));
    }
}
