//! A short busy wait before sleeping, as long as it pays.
//!
//! Waking a sleeping thread costs tens of microseconds; if the answer tends to come sooner, looking
//! again in a loop is cheaper for everybody. The span grows while waits end within it and shrinks
//! while they don't, as the kernel's halt polling does; a thread that was preempted while it span
//! sleeps at once. Where the process has one processor, the thread lets others run on it instead of
//! looping: half as dear as a sleep if the one that answers is among them.
//!
//! Thread: under the socket's lock. Invariants: never longer than [`LONGEST`], or [`PARTS`] times that
//! while something comes, but for what others run in between. Counterpart: none.

use std::thread;
use std::time::Duration;

use crate::pipe::Moment;
use crate::sys::affinity;
use crate::sys::clock::{self, Ticks};
use crate::sys::modes::Modes;

/// Upper bound of one busy wait for anything new.
const LONGEST: Duration = Duration::from_micros(50);
/// So many times that long it is if parts of a message come all the while: then the caller's
/// time-out has its turn.
const PARTS: u64 = 20;
/// The span with which a socket begins to try.
const FIRST: Duration = Duration::from_micros(10);
/// Times that a thread which has one processor lets others run in one wait.
const YIELDS: u32 = 2;
/// How long a reader falls back that has caught up with a stream.
const FALL_BACK: Duration = Duration::from_micros(4);
/// How often a reader that has caught up with a stream looks whether the kernel has more.
const LOOK_EVERY: Duration = Duration::from_micros(3);
/// A wait that was caught counts one, one that was missed counts [`MISS`] against it; at nothing, no
/// more is tried for a while.
const CREDIT: u32 = 4;
const MISS: u32 = 2;
/// Waits that are then made without spinning, at first and at most: the pause doubles each time.
const PAUSE: u32 = 32;
const LONGEST_PAUSE: u32 = 4096;
/// What it is multiplied by instead where the process has one processor and another program had its
/// turn on it, which may last a hundred times as long as a wait.
const LENGTHENED: u32 = 8;

#[derive(Debug)]
pub(super) struct Spin {
    /// Ticks of the next busy wait.
    span: u64,
    longest: u64,
    first: u64,
    fall_back: u64,
    /// The process has one processor.
    alone: bool,
    /// Waits to sit out before the next try.
    skip: u32,
    /// The next pause.
    pause: u32,
    credit: u32,
}

/// Spaces out the looks at the kernel, each of which is a system call, in the wait of a reader that
/// has caught up with a stream: what it waits for is a burst that was held back for longer.
#[derive(Debug)]
pub(super) struct Spacing {
    /// Ticks; 0 for a wait that is no such one.
    every: u64,
    last: Ticks,
}

impl Spacing {
    pub(super) fn new(streaming: bool) -> Self {
        let every = if streaming { clock::ticks_in(LOOK_EVERY) } else { 0 };
        Self { every, last: Ticks::from_raw(0) }
    }

    /// True if it is time to look.
    pub(super) fn is_due(&mut self) -> bool {
        if self.every == 0 {
            return true;
        }
        let now = Ticks::now();
        let due = now.since(self.last) >= self.every;
        if due {
            self.last = now;
        }
        due
    }
}

/// What a look brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Found,
    /// A part of what is waited for: the rest is on its way.
    Part,
    Nothing,
    /// Somebody else needs what the caller holds.
    GiveUp,
}

impl Spin {
    pub(super) fn new() -> Self {
        if !Modes::current().spins {
            return Self::none();
        }
        let alone = affinity::allowed_cpus() == 1;
        let (longest, first) = (clock::ticks_in(LONGEST), clock::ticks_in(FIRST));
        let fall_back = if alone { 0 } else { clock::ticks_in(FALL_BACK) };
        Self { span: first, longest, first, fall_back, alone, credit: CREDIT, ..Self::none() }
    }

    /// For the rest of a message of which a part came: does not learn, as such a wait says nothing
    /// about others.
    pub(super) fn for_rest(&self) -> Self {
        let longest = if self.alone { 0 } else { self.longest };
        Self { span: longest, longest, first: longest, ..Self::none() }
    }

    /// Never spins: stands in for the one that is in use.
    pub(super) const fn none() -> Self {
        Self {
            span: 0,
            longest: 0,
            first: 0,
            fall_back: 0,
            alone: false,
            skip: 0,
            pause: PAUSE,
            credit: 0,
        }
    }

    /// Waits are made without spinning for a while, as that has not paid.
    pub(super) fn is_pausing(&self) -> bool {
        self.skip > 0
    }

    /// Lets the other side get ahead for a moment: a reader on its heels makes the cache line with
    /// its position travel for each message.
    pub(super) fn fall_back(&self) {
        if self.longest == 0 || self.skip > 0 {
            return;
        }
        clock::keep_busy(self.fall_back);
    }

    /// For readers that let the other side get ahead while there is something to read; `None` for a
    /// socket whose callers are not to keep the processor.
    pub(super) fn moment(&self) -> Option<Moment> {
        (self.fall_back > 0).then_some(Moment(|| clock::keep_busy(clock::ticks_in(Moment::SPAN))))
    }

    /// Where the process has one processor, lets others run on it at once, if that has paid every
    /// time of late. True: they did, and the caller is to look again.
    pub(super) fn give_way(&mut self) -> bool {
        if !self.alone || self.skip > 0 || self.credit < CREDIT {
            return false;
        }
        let began = Ticks::now();
        thread::yield_now();
        self.came_back_after(Ticks::now().since(began));
        true
    }

    /// The processor was given away, and is this thread's again `ticks` later.
    fn came_back_after(&mut self, ticks: u64) {
        if ticks > self.longest {
            self.missed(true);
        } else {
            self.shorten_pause();
        }
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
        let first = Ticks::now();
        let mut began = first;
        let mut last = began;
        let mut yields = 0;
        loop {
            match look() {
                Look::Found => {
                    let took = last.since(began);
                    self.span = self.span.max(took * 2).clamp(self.first, self.longest);
                    self.credit = (self.credit + 1).min(CREDIT);
                    self.shorten_pause();
                    return true;
                }
                Look::Part if last.since(first) < self.longest * PARTS => began = last,
                Look::Part | Look::Nothing => {}
                Look::GiveUp => return false,
            }
            if self.alone {
                yields += 1;
                thread::yield_now();
            } else {
                // Once: virtual machines make a pause last longer than a look.
                std::hint::spin_loop();
            }
            let now = Ticks::now();
            // A hole in time: somebody else needed the processor.
            let preempted = now.since(last) > self.longest;
            last = now;
            let over = if self.alone { yields == YIELDS } else { now.since(began) >= self.span };
            if preempted || over {
                self.missed(preempted);
                return false;
            }
        }
    }

    /// A wait was not in vain. With one processor that says little: another program that computes
    /// on it has its turn after some yields, not all, and a timer of the system is no program.
    fn shorten_pause(&mut self) {
        self.pause = if self.alone { (self.pause - self.pause / 16).max(PAUSE) } else { PAUSE };
    }

    fn missed(&mut self, preempted: bool) {
        self.span = (self.span / 2).max(self.first);
        self.credit = if preempted { 0 } else { self.credit.saturating_sub(MISS) };
        if self.credit == 0 {
            self.credit = CREDIT;
            self.skip = self.pause;
            let times = if preempted && self.alone { LENGTHENED } else { 2 };
            self.pause = (self.pause * times).min(LONGEST_PAUSE);
            self.span = self.first;
        }
    }

    /// A sleep followed and lasted `ticks`, half of which a wake-up may have taken: short ones say
    /// that spinning longer would have paid.
    pub(super) fn slept(&mut self, ticks: u64) {
        if ticks < self.longest * 2 {
            self.span = self.longest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does not depend on the processors that the test may use.
    fn spin() -> Spin {
        let longest = clock::ticks_in(LONGEST);
        Spin { span: longest, longest, first: longest, credit: CREDIT, ..Spin::none() }
    }

    fn micros(ticks: u64) -> u64 {
        ticks / clock::ticks_in(Duration::from_micros(1))
    }

    #[test]
    fn the_rest_of_a_message_is_waited_for_as_long_as_parts_come() {
        // Six times as long as without parts. Another program may take the processor meanwhile,
        // which ends a wait.
        let all_came = || {
            let began = Ticks::now();
            spin().for_rest().until(|| {
                let parts = micros(Ticks::now().since(began)) / 30;
                if parts < 10 { Look::Part } else { Look::Found }
            })
        };
        assert!((0..100).any(|_| all_came()));
    }

    #[test]
    fn parts_that_never_end_do_not_hold_the_caller() {
        let mut spin = spin().for_rest();
        assert!(!spin.until(|| Look::Part));
    }

    #[test]
    fn misses_end_the_trying_for_a_while() {
        let mut spin = spin();
        while spin.skip == 0 {
            assert!(!spin.until(|| Look::Nothing));
        }
        while spin.skip > 0 {
            assert!(!spin.until(|| Look::Found));
        }
        assert!(spin.until(|| Look::Found));
    }

    #[test]
    fn a_thread_with_one_processor_yields_it_twice() {
        let mut looks = 0;
        let mut spin = Spin { alone: true, ..spin() };
        assert!(!spin.until(|| {
            looks += 1;
            Look::Nothing
        }));
        assert!((1..=YIELDS).contains(&looks), "{looks}");
        assert!(!spin.for_rest().until(|| Look::Found));
    }

    #[test]
    fn yields_to_another_programs_turns_are_soon_tried_no_more() {
        let mut spin = Spin { alone: true, ..spin() };
        for _ in 0..4 {
            spin.skip = 0;
            assert!(!spin.until(|| {
                thread::sleep(2 * LONGEST);
                Look::Nothing
            }));
        }
        assert_eq!(spin.skip, LONGEST_PAUSE);
    }

    #[test]
    fn one_such_turn_in_a_hundred_yields_is_a_short_pause() {
        let mut spin = Spin { alone: true, ..spin() };
        spin.came_back_after(spin.longest + 1);
        assert_eq!((spin.skip, spin.pause), (PAUSE, PAUSE * LENGTHENED));
        (1..100).for_each(|_| spin.came_back_after(spin.longest));
        assert_eq!(spin.pause, PAUSE);
    }

    #[test]
    fn a_thread_gives_way_at_once_where_it_has_one_processor_and_that_pays() {
        let mut spin = Spin { alone: true, ..spin() };
        assert!(spin.give_way());
        spin = Spin { alone: true, ..self::spin() };
        spin.missed(false);
        assert!(!spin.give_way());
        assert!(!self::spin().give_way());
        assert!(!Spin::none().give_way());
    }
}
