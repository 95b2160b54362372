//! A short busy wait before sleeping, as long as it pays.
//!
//! Waking a sleeping thread costs tens of microseconds; if the answer tends to come sooner, looking
//! again in a loop is cheaper for everybody. The span grows while waits end within it and shrinks
//! while they don't, as the kernel's halt polling does; a thread that has one processor, or that
//! was preempted while it span, sleeps at once.
//!
//! Thread: under the socket's lock. Invariants: never longer than [`LONGEST`]. Counterpart: none.

use std::time::Duration;

use crate::sys::affinity;
use crate::sys::clock::{self, Ticks};

/// Upper bound of one busy wait.
const LONGEST: Duration = Duration::from_micros(50);
/// The span with which a socket begins to try.
const FIRST: Duration = Duration::from_micros(10);
/// After so many waits that span in vain, how many are made without.
const PAUSE: u32 = 32;

#[derive(Debug)]
pub(super) struct Spin {
    /// Ticks of the next busy wait.
    span: u64,
    longest: u64,
    first: u64,
    /// Waits to sit out before the next try.
    skip: u32,
}

/// What a look brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Found,
    Nothing,
    /// Somebody else needs what the caller holds.
    GiveUp,
}

impl Default for Spin {
    fn default() -> Self {
        Self::new()
    }
}

impl Spin {
    pub(super) fn new() -> Self {
        let allowed = affinity::allowed_cpus() > 1;
        let longest = if allowed { clock::ticks_in(LONGEST) } else { 0 };
        let first = clock::ticks_in(FIRST).min(longest);
        Self { span: first, longest, first, skip: 0 }
    }

    /// Calls `look` until it is found, or the span is over. True: it was found.
    pub(super) fn until(&mut self, mut look: impl FnMut() -> Look) -> bool {
        if self.longest == 0 {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        let began = Ticks::now();
        let mut last = began;
        loop {
            match look() {
                Look::Found => {
                    let took = last.since(began);
                    self.span = (self.span.max(took * 2)).clamp(self.first, self.longest);
                    return true;
                }
                Look::Nothing => {}
                Look::GiveUp => return false,
            }
            for _ in 0..8 {
                std::hint::spin_loop();
            }
            let now = Ticks::now();
            // A hole in time: somebody else needed the processor.
            let preempted = now.since(last) > self.longest;
            last = now;
            if preempted || now.since(began) >= self.span {
                self.span = if preempted { 0 } else { self.span / 2 };
                if self.span < self.first {
                    self.skip = PAUSE;
                    self.span = self.first;
                }
                return false;
            }
        }
    }

    /// A sleep followed and lasted `ticks`: short ones say that spinning longer would have paid.
    pub(super) fn slept(&mut self, ticks: u64) {
        if ticks < self.longest * 2 && self.longest > 0 {
            self.span = self.longest;
            self.skip = 0;
        }
    }
}
