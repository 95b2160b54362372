//! Which way bodies of some kilobytes get into a chunk that another processor reads: through this one's
//! cache, or past it.
//!
//! How long the reader's processor takes to get what lies in the writer's cache, and the writer's to get
//! the right to write it again, depends on where the two are: behind one cache it is less than what it
//! takes to write to the memory, further apart it is a multiple; and a virtual machine's processors
//! move. So writing is timed, now and then the way that is not the usual one is tried, and the quicker
//! one is the usual one from then on.
//!
//! Thread: the writer's end. Invariants: none. Counterpart: none.

/// Bytes written past the cache in a trial: soon seen to be slower, where it is.
const TRIAL_PAST: u64 = 512 << 10;
/// Bytes written through the cache in a trial. Its second half counts, before which all chunks that are
/// used in turn were written that way.
const TRIAL_THROUGH: u64 = 2 << 20;
/// Bytes between two trials, at first and at most: each that changes nothing doubles it.
const PAUSE: u64 = 32 << 20;
const LONGEST_PAUSE: u64 = 512 << 20;
/// One message of so many is timed.
const TIMED: u32 = 16;
/// How much one counts that took longer or shorter than those before: one part of so many,
const SMOOTHING: u64 = 8;
/// and no more than if it had taken so many times as long, as its thread may have lost the processor.
const LONGEST: u64 = 2;
/// What the usual way costs has become so many times as much: a trial is to come soon, which is when
/// so many bytes more were written.
const WORSE: u64 = 2;
const SOON: u64 = 2 << 20;
/// Bytes for which costs are told.
const UNIT: u64 = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Through,
    Past,
}

impl Way {
    fn other(self) -> Self {
        match self {
            Self::Through => Self::Past,
            Self::Past => Self::Through,
        }
    }

    /// Bytes of a trial, and those at its end that count.
    fn trial(self) -> (u64, u64) {
        match self {
            Self::Through => (TRIAL_THROUGH, TRIAL_THROUGH / 2),
            Self::Past => (TRIAL_PAST, TRIAL_PAST),
        }
    }
}

/// What messages cost of late, in ticks per [`UNIT`]; 0 before the first.
#[derive(Clone, Copy, Debug)]
struct Cost(u64);

impl Cost {
    fn note(&mut self, took: u64) {
        let before = if self.0 == 0 { took } else { self.0 };
        let took = took.min(before.saturating_mul(LONGEST));
        self.0 = before - before / SMOOTHING + took / SMOOTHING;
    }

    /// By a quarter at least, or else they are much the same.
    fn is_less_than(self, other: Self) -> bool {
        self.0 + self.0 / 4 < other.0
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Crossing {
    /// Of the next message.
    way: Way,
    /// Messages until one is timed.
    untimed: u32,
    usual: Way,
    /// Of the usual way, and what it was when it was chosen.
    cost: Cost,
    cost_then: u64,
    /// Of the other, in the trial that is under way.
    trial: Option<Cost>,
    /// Bytes until that is over, or the next one begins.
    left: u64,
    /// Bytes until the one after the next.
    pause: u64,
}

impl Default for Crossing {
    fn default() -> Self {
        Self {
            way: Way::Through,
            untimed: TIMED,
            usual: Way::Through,
            cost: Cost(0),
            cost_then: u64::MAX,
            trial: None,
            left: PAUSE,
            pause: PAUSE,
        }
    }
}

impl Crossing {
    /// One that goes one way for ever.
    #[cfg(test)]
    pub(super) fn always(way: Way) -> Self {
        Self { way, untimed: u32::MAX, ..Self::default() }
    }

    /// The way of the next message. `None`: it is to be timed; ask again, and tell by
    /// [`Crossing::took`].
    #[inline(always)]
    pub(super) fn next_way(&mut self) -> Option<Way> {
        self.untimed = self.untimed.wrapping_sub(1);
        (self.untimed != 0).then_some(self.way)
    }

    /// A message with a body of so many bytes took so long, in ticks. Those before it were alike.
    #[cold]
    pub(super) fn took(&mut self, len: usize, took: u64) {
        self.untimed = TIMED;
        let len = len.max(1) as u64;
        self.left = self.left.saturating_sub(len * u64::from(TIMED));
        let mut cost = took.saturating_mul(UNIT) / len;
        if self.cost.0 > 0 {
            // The first of a trial has none before it to be held against, and weighs most.
            cost = cost.min(self.cost.0.saturating_mul(LONGEST * LONGEST));
        }
        let (bytes, counted) = self.usual.other().trial();
        match &mut self.trial {
            None => self.cost.note(cost),
            Some(trial) if self.left < counted => trial.note(cost),
            Some(_) => {}
        }
        match self.trial {
            Some(trial) if self.left == 0 => self.decide(trial),
            None if self.left == 0 => {
                self.trial = Some(Cost(0));
                self.left = bytes;
            }
            // Not at once: what it costs now has yet to show.
            None if self.cost.0 / WORSE > self.cost_then => self.left = self.left.min(SOON),
            _ => {}
        }
        self.way = if self.trial.is_some() { self.usual.other() } else { self.usual };
    }

    /// A trial is over, which cost so much.
    fn decide(&mut self, other: Cost) {
        self.trial = None;
        if other.is_less_than(self.cost) {
            self.usual = self.usual.other();
            self.cost = other;
            self.pause = PAUSE;
        } else {
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        self.cost_then = self.cost.0;
        self.left = self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a message.
    const LEN: usize = 1024;
    /// More than the longest pause and a trial.
    const LONG: u64 = 2 * LONGEST_PAUSE;

    /// Writes so many bytes in messages that take so long; tells how many bytes went past the cache.
    fn write(crossing: &mut Crossing, bytes: u64, through: u64, past: u64) -> u64 {
        let mut went_past = 0;
        for _ in 0..bytes / LEN as u64 {
            let mut way = crossing.next_way();
            let is_timed = way.is_none();
            way = way.or_else(|| crossing.next_way());
            went_past += if way == Some(Way::Past) { LEN as u64 } else { 0 };
            if is_timed {
                crossing.took(LEN, if way == Some(Way::Past) { past } else { through });
            }
        }
        went_past
    }

    #[test]
    fn messages_go_the_quicker_way_and_try_the_other_now_and_then() {
        let mut crossing = Crossing::default();
        assert_eq!(write(&mut crossing, PAUSE + TRIAL_PAST, 100, 100), TRIAL_PAST, "a first trial");
        write(&mut crossing, LONG, 100, 100);
        let tried = write(&mut crossing, LONGEST_PAUSE + TRIAL_PAST, 100, 100);
        assert_eq!(tried, TRIAL_PAST, "the pause is long");
        let past = write(&mut crossing, PAUSE, 400, 100);
        assert!(past > PAUSE - 2 * SOON, "found soon: {past}");
        write(&mut crossing, LONG, 400, 100);
        let past = write(&mut crossing, LONGEST_PAUSE + TRIAL_THROUGH, 400, 100);
        assert_eq!(past, LONGEST_PAUSE, "the other way is tried");
        write(&mut crossing, LONG, 100, 200);
        assert_eq!(write(&mut crossing, PAUSE, 100, 200), 0);
    }

    #[test]
    fn ways_that_are_much_the_same_are_not_changed() {
        let mut crossing = Crossing::default();
        write(&mut crossing, LONG, 120, 100);
        assert_eq!(crossing.usual, Way::Through);
        write(&mut crossing, LONG, 130, 100);
        assert_eq!(crossing.usual, Way::Past);
        write(&mut crossing, LONG, 100, 120);
        assert_eq!(crossing.usual, Way::Past);
    }

    #[test]
    fn the_way_through_the_cache_is_not_judged_by_its_beginning() {
        let mut crossing = Crossing::default();
        write(&mut crossing, LONG, 200, 100);
        while crossing.trial.is_none() {
            write(&mut crossing, LEN as u64, 200, 100);
        }
        write(&mut crossing, TRIAL_THROUGH / 2, 200, 100);
        write(&mut crossing, TRIAL_THROUGH / 2, 50, 100);
        assert_eq!((crossing.usual, crossing.trial.is_none()), (Way::Through, true));
    }

    #[test]
    fn messages_that_lost_the_processor_say_little() {
        let mut crossing = Crossing::default();
        write(&mut crossing, PAUSE, 100, 100);
        crossing.took(LEN, u64::MAX);
        write(&mut crossing, TRIAL_PAST, 100, 100);
        assert_eq!((crossing.usual, crossing.trial.is_none()), (Way::Through, true));
    }

    #[test]
    fn a_trial_whose_first_message_lost_the_processor_is_fair() {
        let mut crossing = Crossing::default();
        write(&mut crossing, PAUSE, 300, 100);
        assert!(crossing.trial.is_some());
        crossing.took(LEN, u64::MAX);
        write(&mut crossing, TRIAL_PAST, 300, 100);
        assert_eq!(crossing.usual, Way::Past);
    }
}
