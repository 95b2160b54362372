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
    /// A frame was sent, and none had come since when the caller waited the last time.
    has_sent: bool,
}

impl Stream {
    pub(super) fn new() -> Self {
        Self {
            frames: 0,
            caught_up: Ticks::from_raw(0),
            gap: clock::ticks_in(GAP),
            has_sent: false,
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
        self.has_sent = true;
    }

    /// True if a frame was sent since one came: what comes next may be its answer.
    pub(super) fn awaits_answer(&self) -> bool {
        self.has_sent && self.frames == 0
    }

    /// The caller finds nothing. True: more of a stream is on its way.
    pub(super) fn catch_up(&mut self) -> bool {
        let now = Ticks::now();
        let goes_on = now.since(self.caught_up) < self.gap;
        self.caught_up = now;
        let frames = self.frames;
        self.has_sent = self.awaits_answer();
        if !goes_on {
            // Counts once more: a batch takes its time to be read.
            self.frames = 0;
        }
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
    fn who_has_sent_something_awaits_an_answer_until_a_frame_comes() {
        for gap in [0, u64::MAX] {
            let mut stream = stream(gap);
            assert!(!stream.awaits_answer());
            stream.sent();
            assert!(stream.awaits_answer());
            stream.catch_up();
            assert!(stream.awaits_answer(), "however often it waits");
            stream.received();
            assert!(!stream.awaits_answer());
            stream.catch_up();
            assert!(!stream.awaits_answer());
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
