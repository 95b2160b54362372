//! Letting others have a turn before a thread sleeps, as long as that pays.
//!
//! Where more threads of a process have work than it has processors, a reader that sleeps whenever it
//! has caught up is woken for each message, and takes the processor from the thread that sends them. If
//! it lets others run first, the sender goes on, and there are many messages when the reader's turn
//! comes, none of which had to wake it. Another program may have that turn instead, which lasts long and
//! brings little: then it is not tried again for a while.
//!
//! Thread: under a socket's lock, or a polling thread's own. Invariants: `credit` is above 0, `skip` at most
//! [`LONGEST_PAUSE`]. Counterpart: none.

use std::time::Duration;

use crate::sys::clock;

/// A turn that lasts no longer is no loss if something came in it,
const SHORT: Duration = Duration::from_micros(50);
/// nor is a longer one in which so many messages came.
const MANY: u64 = 8;
/// A turn that pays counts one, one in vain counts one against it, and a long one that brought little
/// counts [`LOSS`]. At nothing, none is given for a while.
const CREDIT: u32 = 32;
const LOSS: u32 = CREDIT / 2;
/// Waits without a turn, at first and at most: each time doubles it, and a loss makes it the longest.
const PAUSE: u32 = 32;
const LONGEST_PAUSE: u32 = 4096;
/// Who is to wait no longer than this gives none: others may not give the processor back in time.
pub(super) const LEAST_WAIT: Duration = Duration::from_millis(20);

/// See the module.
#[derive(Debug)]
pub(super) struct Turns {
    /// Ticks.
    short: u64,
    credit: u32,
    /// Waits to sit out before the next turn.
    skip: u32,
    /// The next pause.
    pause: u32,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { short: clock::ticks_in(SHORT), credit: CREDIT, skip: 0, pause: PAUSE }
    }

    /// The thread has read all that there was: is it to give others a turn before it sleeps?
    pub(super) fn is_due(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        true
    }

    /// Others had a turn of so many ticks. If something came, it is so many `messages`.
    pub(super) fn over(
        &mut self,
        ticks: u64,
        something_came: bool,
        messages: impl FnOnce() -> u64,
    ) {
        if !something_came {
            self.lost(1);
        } else if ticks <= self.short || messages() >= MANY {
            self.paid();
        } else {
            self.pause = LONGEST_PAUSE;
            self.lost(LOSS);
        }
    }

    fn paid(&mut self) {
        self.credit = (self.credit + 1).min(CREDIT);
        self.pause = PAUSE;
    }

    fn lost(&mut self, credit: u32) {
        self.credit = self.credit.saturating_sub(credit);
        if self.credit == 0 {
            // What comes after a pause has less time to show that it pays.
            self.credit = LOSS;
            self.skip = self.pause;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns() -> Turns {
        Turns { short: 100, credit: CREDIT, skip: 0, pause: PAUSE }
    }

    /// Gives so many turns that last so long; `messages` come in each.
    fn give(turns: &mut Turns, count: u32, ticks: u64, messages: u64) {
        for _ in 0..count {
            assert!(turns.is_due());
            turns.over(ticks, messages > 0, || messages);
        }
    }

    /// Waits without a turn until one is due.
    fn waits(turns: &mut Turns) -> u32 {
        (0..).find(|_| turns.is_due()).expect("some time")
    }

    #[test]
    fn short_turns_that_bring_something_are_given_each_time() {
        give(&mut turns(), 1000, 100, 1);
    }

    #[test]
    fn long_turns_are_given_as_long_as_much_comes_in_them() {
        give(&mut turns(), 1000, 101, MANY);
    }

    #[test]
    fn long_turns_that_bring_little_end_it_for_the_longest_while() {
        let mut turns = turns();
        give(&mut turns, CREDIT / LOSS, 101, MANY - 1);
        assert_eq!(waits(&mut turns), LONGEST_PAUSE);
        turns.over(101, true, || MANY - 1);
        assert_eq!(waits(&mut turns), LONGEST_PAUSE, "one more is enough");
    }

    #[test]
    fn turns_in_vain_become_rare() {
        let mut turns = turns();
        let mut given = 0;
        for _ in 0..100_000 {
            if turns.is_due() {
                given += 1;
                turns.over(1, false, || 0);
            }
        }
        assert!((100..1000).contains(&given), "{given}");
    }

    #[test]
    fn once_a_turn_has_paid_the_pause_is_short_again() {
        let mut turns = turns();
        (0..10 * CREDIT).for_each(|_| turns.over(1, false, || 0));
        assert_eq!(turns.pause, LONGEST_PAUSE);
        turns.over(1, true, || 1);
        assert_eq!(turns.pause, PAUSE);
    }
}
