//! Tells a stream of messages, whose reader had better let some come together, from requests and
//! answers, of which each counts.
//!
//! Thread: under the socket's lock. Invariants: none. Counterpart: none.

use std::time::Duration;

use crate::sys::clock::{self, Ticks};

/// So many frames are a stream, if nothing was sent meanwhile,
const FRAMES: u32 = 32;
/// and no two waits for more of them were so far apart.
const GAP: Duration = Duration::from_micros(20);

#[derive(Debug)]
pub(super) struct Stream {
    /// Frames received since the last gap or frame sent.
    frames: u32,
    /// When the socket's caller found nothing the last time.
    caught_up: Ticks,
    gap: u64,
    /// `frames` at that time; `None` once a frame was sent.
    at_catch_up: Option<u32>,
}

impl Stream {
    pub(super) fn new() -> Self {
        Self {
            frames: 0,
            caught_up: Ticks::from_raw(0),
            gap: clock::ticks_in(GAP),
            at_catch_up: Some(0),
        }
    }

    /// A frame came.
    #[inline(always)]
    pub(super) fn received(&mut self) {
        // Begins anew after 2^32 frames in a row: it is a stream again 32 frames later.
        self.frames = self.frames.wrapping_add(1);
    }

    /// A frame went: the next one may be its answer.
    #[inline(always)]
    pub(super) fn sent(&mut self) {
        self.frames = 0;
        self.at_catch_up = None;
    }

    /// Frames that came since the caller found nothing the last time; `None` if one was sent since.
    pub(super) fn came(&self) -> Option<u32> {
        self.at_catch_up.map(|before| self.frames.wrapping_sub(before))
    }

    /// The caller finds nothing. True: more of a stream is on its way.
    pub(super) fn catch_up(&mut self) -> bool {
        let now = Ticks::now();
        let goes_on = now.since(self.caught_up) < self.gap;
        self.caught_up = now;
        let frames = self.frames;
        if !goes_on {
            // Counts once more: a batch takes its time to be read.
            self.frames = 0;
        }
        self.at_catch_up = Some(self.frames);
        frames >= FRAMES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(gap: u64) -> Stream {
        Stream { gap, ..Stream::new() }
    }

    #[test]
    fn frames_that_come_one_by_one_without_a_pause_are_a_stream() {
        let mut stream = stream(u64::MAX);
        for _ in 0..FRAMES {
            assert!(!stream.catch_up());
            stream.received();
        }
        assert!(stream.catch_up());
        assert!(stream.catch_up());
    }

    #[test]
    fn answers_are_none() {
        let mut stream = stream(u64::MAX);
        for _ in 0..2 * FRAMES {
            stream.sent();
            assert!(!stream.catch_up());
            stream.received();
        }
    }

    #[test]
    fn frames_with_pauses_between_them_are_none() {
        let mut stream = stream(0);
        for _ in 0..2 * FRAMES {
            assert!(!stream.catch_up());
            stream.received();
        }
    }

    #[test]
    fn what_came_is_counted_from_one_wait_to_the_next() {
        for gap in [0, u64::MAX] {
            let mut stream = stream(gap);
            for frames in [0, 1, 40, 3] {
                (0..frames).for_each(|_| stream.received());
                assert_eq!(stream.came(), Some(frames));
                stream.catch_up();
            }
            stream.sent();
            stream.received();
            assert_eq!(stream.came(), None);
            stream.catch_up();
            assert_eq!(stream.came(), Some(0));
        }
    }

    #[test]
    fn a_batch_is_a_stream_however_long_it_took_to_be_read() {
        let mut stream = stream(0);
        for _ in 0..FRAMES {
            stream.received();
        }
        assert!(stream.catch_up());
        assert!(!stream.catch_up());
    }
}
