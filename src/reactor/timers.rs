//! Deadlines of the handlers of one I/O thread.
//!
//! Thread: the I/O thread. Invariants: a handler has at most one deadline per timer id.
//! Counterpart: the timers of `poller_base.cpp` in libzmq 4.3.5.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use super::Token;

/// A handler's own name for one of its timers.
pub(super) type TimerId = u8;

#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(Instant, Token, TimerId)>,
    deadlines: HashMap<(Token, TimerId), Instant>,
}

impl Timers {
    pub(super) fn set(&mut self, token: Token, id: TimerId, at: Instant) {
        if let Some(old) = self.deadlines.insert((token, id), at) {
            self.order.remove(&(old, token, id));
        }
        self.order.insert((at, token, id));
    }

    pub(super) fn cancel(&mut self, token: Token, id: TimerId) {
        if let Some(old) = self.deadlines.remove(&(token, id)) {
            self.order.remove(&(old, token, id));
        }
    }

    pub(super) fn cancel_all(&mut self, token: Token) {
        for id in 0..TimerId::MAX {
            if self.deadlines.is_empty() {
                return;
            }
            if id >= super::io_thread::MAX_TIMERS {
                return;
            }
            self.cancel(token, id);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, ..)| *at)
    }

    /// Takes one deadline that has passed.
    pub(super) fn expired(&mut self, now: Instant) -> Option<(Token, TimerId)> {
        let &(at, token, id) = self.order.first()?;
        if at > now {
            return None;
        }
        self.cancel(token, id);
        Some((token, id))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "any instant will do to count from")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn later_deadline_replaces_the_earlier() {
        let mut timers = Timers::default();
        let (now, token) = (Instant::now(), Token::for_test(1));
        timers.set(token, 0, now);
        timers.set(token, 0, now + Duration::from_secs(1));
        assert_eq!(timers.expired(now), None);
        assert_eq!(timers.next(), Some(now + Duration::from_secs(1)));
        timers.cancel_all(token);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn expires_in_order() {
        let mut timers = Timers::default();
        let now = Instant::now();
        timers.set(Token::for_test(1), 0, now + Duration::from_millis(2));
        timers.set(Token::for_test(2), 1, now + Duration::from_millis(1));
        let later = now + Duration::from_millis(5);
        assert_eq!(timers.expired(later), Some((Token::for_test(2), 1)));
        assert_eq!(timers.expired(later), Some((Token::for_test(1), 0)));
        assert_eq!(timers.expired(later), None);
    }
}
