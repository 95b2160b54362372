//! Keeps a reader off its writer's heels.
//!
//! A reader that takes each message as soon as it is there asks for cache lines that the writer's
//! processor still writes, and its own processor fetches those behind them ahead of time: both ends go
//! at the pace at which lines travel to and fro, though neither ever waits. If the reader lets its
//! writer get ahead from time to time, and then reads what has gathered, both are faster. That helps
//! only while the writer goes on by itself, which is tried out.
//!
//! Thread: the reader's end. Invariants: none. Counterpart: none.

use std::time::Duration;

/// A look that brings fewer bytes than this finds the writer right ahead: a page, beyond which
/// processors fetch nothing ahead of time.
const CLOSE: u64 = 4096;
/// So many such looks in a row, none in vain, make the reader fall back
const LOOKS: u32 = 4;
/// for so many moments, or until the writer has not gone on in one.
const MOMENTS: u32 = 5;
/// It has paid if at least so many bytes are there afterwards.
const WORTH: u64 = 2048;
/// Times that the reader stays where it is after it has not, at first and at most: each doubles it.
const PAUSE: u32 = 32;
const LONGEST_PAUSE: u32 = 4096;

/// Lets [`Moment::SPAN`] pass without giving the processor away.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub fn());

impl Moment {
    /// How long it lasts.
    pub const SPAN: Duration = Duration::from_micros(2);
}

#[derive(Debug)]
pub(super) struct Heels {
    /// Close looks in a row.
    close: u32,
    /// Times to stay where it is.
    skip: u32,
    /// The next pause.
    pause: u32,
}

impl Heels {
    pub(super) const fn new() -> Self {
        Self { close: 0, skip: 0, pause: PAUSE }
    }

    /// A look was in vain: the reader waits for the writer in any case.
    pub(super) fn found_nothing(&mut self) {
        self.close = 0;
    }

    /// A look brought `ahead` bytes. True: the reader had better [`fall_back`], and tell by
    /// [`Heels::fell_back`].
    pub(super) fn are_near(&mut self, ahead: u64) -> bool {
        if ahead >= CLOSE {
            self.close = 0;
            return false;
        }
        self.close += 1;
        if self.close < LOOKS {
            return false;
        }
        self.close = 0;
        let stays = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        !stays
    }

    /// The reader fell back, and that has `paid` or not.
    pub(super) fn fell_back(&mut self, paid: bool) {
        if paid {
            self.pause = PAUSE;
        } else {
            self.skip = self.pause;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Lets the writer get ahead, whose position `written` tells. True: that has paid.
pub(super) fn fall_back(moment: Moment, written: impl Fn() -> u64) -> bool {
    let began = written();
    let mut at = began;
    for _ in 0..MOMENTS {
        (moment.0)();
        let now = written();
        if now == at {
            return false;
        }
        at = now;
    }
    at - began >= WORTH
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Whether it pays to fall back from a writer that writes so many bytes in each moment, and the
    /// moments that pass.
    fn falls_back(each: &[u64]) -> (bool, usize) {
        let (looks, position) = (Cell::new(0), Cell::new(0));
        let paid = fall_back(Moment(|| ()), || {
            let at = position.get();
            position.set(at + each[looks.get() % each.len()]);
            looks.set(looks.get() + 1);
            at
        });
        (paid, looks.get() - 1)
    }

    #[test]
    fn it_pays_if_the_writer_goes_on_and_writes_much() {
        assert_eq!(falls_back(&[WORTH / 4]), (true, 5));
        assert_eq!(falls_back(&[WORTH / 8]), (false, 5));
    }

    #[test]
    fn a_writer_that_stands_still_is_not_waited_for() {
        assert_eq!(falls_back(&[0]), (false, 1));
        assert_eq!(falls_back(&[WORTH, WORTH, 0]), (false, 3));
    }

    fn is_near_after(heels: &mut Heels, looks: u32) -> bool {
        (1..looks).for_each(|_| assert!(!heels.are_near(CLOSE - 1)));
        heels.are_near(CLOSE - 1)
    }

    #[test]
    fn some_close_looks_in_a_row_are_near() {
        let mut heels = Heels::new();
        assert!(is_near_after(&mut heels, LOOKS));
        heels.fell_back(true);
        assert!(is_near_after(&mut heels, LOOKS));
    }

    #[test]
    fn a_look_in_vain_or_one_that_brings_much_begins_anew() {
        let mut heels = Heels::new();
        assert!(!is_near_after(&mut heels, LOOKS - 1));
        heels.found_nothing();
        assert!(!is_near_after(&mut heels, LOOKS - 1));
        assert!(!heels.are_near(CLOSE));
        assert!(is_near_after(&mut heels, LOOKS));
    }

    #[test]
    fn a_writer_that_waits_for_its_reader_is_soon_left_alone() {
        let mut heels = Heels::new();
        let mut looks = 0;
        let mut fell_back = 0;
        while looks < 100_000 {
            looks += LOOKS;
            if is_near_after(&mut heels, LOOKS) {
                heels.fell_back(false);
                fell_back += 1;
            }
        }
        assert!((2..20).contains(&fell_back), "{fell_back}");
    }

    #[test]
    fn once_it_has_paid_the_pause_is_short_again() {
        let mut heels = Heels::new();
        (0..10).for_each(|_| heels.fell_back(false));
        assert_eq!(heels.skip, LONGEST_PAUSE);
        heels.fell_back(true);
        heels.fell_back(false);
        assert_eq!(heels.skip, PAUSE);
    }
}
