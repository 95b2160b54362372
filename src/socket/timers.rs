//! Intervals that a program runs down by itself (`zmq_timers_*`).
//!
//! Thread: one at a time, as `zmq_timers(3)` says. Invariants: ids are never used again; a cancelled
//! timer is known, and never due, until the set is looked at.
//! Counterpart: `timers.cpp` of libzmq 4.3.5.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::error::{Errno, Result};

/// A set of timers, each with what is to be called.
#[derive(Debug)]
pub struct Timers<T> {
    next_id: i32,
    timers: BTreeMap<i32, Timer<T>>,
    /// COMPAT: these can still be reset, to no effect (`capi-tests/api/timers.c`).
    cancelled: BTreeSet<i32>,
    /// Deadline and order of setting, to timer.
    order: BTreeMap<(Instant, u64), i32>,
    settings: u64,
}

#[derive(Debug)]
struct Timer<T> {
    interval: Duration,
    handler: T,
    place: (Instant, u64),
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            next_id: 0,
            timers: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            order: BTreeMap::new(),
            settings: 0,
        }
    }
}

impl<T: Clone> Timers<T> {
    /// A timer that runs down every `interval`; returns its id.
    pub fn add(&mut self, interval: Duration, handler: T, now: Instant) -> i32 {
        self.next_id += 1;
        let id = self.next_id;
        let place = self.schedule(id, interval, now);
        self.timers.insert(id, Timer { interval, handler, place });
        id
    }

    fn schedule(&mut self, id: i32, interval: Duration, now: Instant) -> (Instant, u64) {
        self.settings += 1;
        // An interval beyond what the clock can express never comes.
        let far = Duration::from_secs(100 * 365 * 24 * 3600);
        let at = now.checked_add(interval.min(far)).unwrap_or(now);
        self.order.insert((at, self.settings), id);
        (at, self.settings)
    }

    /// Forgets a timer; `EINVAL` if there is none.
    pub fn cancel(&mut self, id: i32) -> Result<()> {
        let known = self.timers.contains_key(&id);
        if known && self.cancelled.insert(id) { Ok(()) } else { Err(Errno::EINVAL) }
    }

    fn forget_cancelled(&mut self) {
        for id in std::mem::take(&mut self.cancelled) {
            if let Some(timer) = self.timers.remove(&id) {
                self.order.remove(&timer.place);
            }
        }
    }

    /// Changes an interval and starts it anew; `EINVAL` if there is no such timer.
    pub fn set_interval(&mut self, id: i32, interval: Duration, now: Instant) -> Result<()> {
        self.timers.get_mut(&id).ok_or(Errno::EINVAL)?.interval = interval;
        self.reset(id, now)
    }

    /// Starts an interval anew; `EINVAL` if there is no such timer.
    pub fn reset(&mut self, id: i32, now: Instant) -> Result<()> {
        let timer = self.timers.get(&id).ok_or(Errno::EINVAL)?;
        let interval = timer.interval;
        self.order.remove(&timer.place);
        let place = self.schedule(id, interval, now);
        if let Some(timer) = self.timers.get_mut(&id) {
            timer.place = place;
        }
        Ok(())
    }

    /// Time until the next one runs down, if there is one.
    pub fn timeout(&mut self, now: Instant) -> Option<Duration> {
        self.forget_cancelled();
        let ((at, _), _) = self.order.first_key_value()?;
        Some(at.saturating_duration_since(now))
    }

    /// Takes one that has run down, set before `round` began, and starts it anew.
    pub fn due(&mut self, round: Round, now: Instant) -> Option<(i32, T)> {
        self.forget_cancelled();
        let (&(at, setting), &id) = self.order.first_key_value()?;
        if at > now || setting > round.0 {
            return None;
        }
        let handler = self.timers.get(&id)?.handler.clone();
        self.reset(id, now).ok()?;
        Some((id, handler))
    }

    /// Begins a round: what is set from here on is not due in it.
    pub fn begin_round(&self) -> Round {
        Round(self.settings)
    }
}

/// See [`Timers::begin_round`].
#[derive(Clone, Copy, Debug)]
pub struct Round(u64);

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "any instant will do to count from")]
mod tests {
    use super::*;

    #[test]
    fn runs_down_again_and_again_until_cancelled() {
        let start = Instant::now();
        let mut timers = Timers::default();
        let id = timers.add(Duration::from_millis(10), 'a', start);
        assert_eq!(timers.timeout(start), Some(Duration::from_millis(10)));
        let later = start + Duration::from_millis(15);
        let round = timers.begin_round();
        assert_eq!(timers.due(round, later), Some((id, 'a')));
        assert_eq!(timers.due(round, later), None);
        assert_eq!(timers.timeout(later), Some(Duration::from_millis(10)));
        timers.cancel(id).expect("exists");
        assert_eq!(timers.cancel(id), Err(Errno::EINVAL));
        assert_eq!(timers.timeout(later), None);
    }
}
