//! When an I/O thread looks again at what ticks.
//!
//! Who finds something each time (a session does so where many share the thread) is looked at less
//! often: between two rounds of such looks the thread rests for as long as one takes. More messages meet
//! in each write, and others have the processor. All others are looked at every [`TICK`], also
//! meanwhile.
//!
//! Thread: the I/O thread. Invariants: who waits for a round waits for [`Rounds::REST`] at most.
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
    /// As [`Look::Again`], and there was something now and the time before: it may wait for others.
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
    pub(super) const REST: Duration = Duration::from_millis(20);

    /// True if it is time for a round of steady looks.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.resting.is_none_or(|until| now >= until)
    }

    /// How long to wait for the next round.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.resting.map_or(TICK, |until| until.saturating_duration_since(now).max(TICK))
    }

    /// A round is over.
    pub(super) fn over(&mut self, began: Instant, ended: Instant) {
        let rest = ended.saturating_duration_since(began).min(Self::REST);
        self.resting = Some(ended + rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_as_long_as_the_round() {
        #[allow(clippy::disallowed_methods, reason = "any will do")]
        let began = Instant::now();
        let mut rounds = Rounds::default();
        assert!(rounds.is_due(began));
        for took in [Duration::from_micros(10), TICK, Duration::from_millis(7), Rounds::REST * 9] {
            let (ended, rest) = (began + took, took.min(Rounds::REST));
            rounds.over(began, ended);
            assert!(!rounds.is_due(ended) && rounds.is_due(ended + rest));
            assert_eq!(rounds.wait(ended), rest.max(TICK));
        }
    }
}
