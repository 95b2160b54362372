//! Whether a socket's callers are busy enough with it to read from the network themselves.
//!
//! Taking the reading over from the I/O thread and giving it back costs a few wake-ups of that
//! thread. It pays from the second message on; a caller that gets one in a hundred milliseconds is
//! cheaper to be woken by the I/O thread.
//!
//! Thread: under the socket's lock. Invariants: none. Counterpart: none.

use std::time::Duration;

use crate::sys::clock::{self, Ticks};

/// Without a look for so long the callers are at rest. The I/O thread takes the reading back after
/// half of it.
const REST: Duration = Duration::from_millis(20);
/// They are occupied again when they still look so long after the first look: longer than the busy
/// wait for a single message.
const SETTLED: Duration = Duration::from_micros(200);

#[derive(Debug)]
pub(super) struct Occupancy {
    looked_at: Ticks,
    since: Ticks,
    rest: u64,
    settled: u64,
}

impl Occupancy {
    /// Of a socket that nobody has looked at.
    pub(super) fn new() -> Self {
        let never = Ticks::from_raw(0);
        let (rest, settled) = (clock::ticks_in(REST), clock::ticks_in(SETTLED));
        Self { looked_at: never, since: never, rest, settled }
    }

    /// A caller looks for input. True: they have been at it for a while.
    #[inline]
    pub(super) fn look(&mut self, now: Ticks) -> bool {
        if now.since(self.looked_at) > self.rest {
            self.since = now;
        }
        self.looked_at = now;
        now.since(self.since) > self.settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_occupied_from_the_second_message_on() {
        let start = Ticks::from_raw(1 << 40);
        let mut occupancy = Occupancy { rest: 1000, settled: 10, ..Occupancy::new() };
        let mut look = |after: u64| occupancy.look(Ticks::from_raw(start.raw() + after));
        // The busy wait for one message, which comes after a rest.
        assert!(!look(0) && !look(5) && !look(10));
        assert!(!look(2000) && !look(2005));
        // Messages that follow each other.
        assert!(look(2500) && look(3400) && look(4400));
        assert!(!look(5401));
    }
}
