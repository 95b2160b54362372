//! The application thread's half of a link: when to flush, and reading in place of waiting.
//!
//! A lone message leaves at once; of a burst, messages wait for each other, up to a number, a size
//! and a time, and the I/O thread's ticks look after the last ones. What is a burst is told by the
//! pace of the whole socket: sending to many peers in turn is one, sending to each at once is not.
//!
//! Thread: under the socket's lock. Invariants: what is not flushed is ticked for. Counterpart:
//! none.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

use crate::msg::Msg;
use crate::pipe::{Reader, Writer};
use crate::sys::clock::{self, Ticks};

use super::link::Link;

/// A flush at the latest after so many messages of a burst,
const BURST_MESSAGES: u32 = 500;
/// so many bytes,
const BURST_BYTES: u64 = 32 << 10;
/// or so long.
const BURST_SPAN: Duration = Duration::from_micros(40);
/// A message that comes so long after the socket's last flush begins no burst.
const PAUSE: Duration = Duration::from_micros(15);
/// Messages of a burst between two looks at the clock.
const CLOCK_EVERY: u32 = 16;
/// After a pause so many flushes are made at once before messages are taken for a burst: two
/// messages back to back, and then nothing, must not make the second one wait.
const PROMPT: u32 = 2;

/// How fast a socket's messages come, whatever pipes they go to.
#[derive(Debug)]
pub struct Pace {
    /// When the last flush from the socket's side ended.
    flushed_at: Ticks,
    /// Prompt flushes left.
    prompt: u32,
    /// [`BURST_SPAN`] and [`PAUSE`] in ticks.
    span: u64,
    pause: u64,
    /// Bodies that went out and whose drop runs a user's function: to be dropped when the socket's
    /// lock is released.
    pub spent: Vec<Msg>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            flushed_at: Ticks::from_raw(0),
            prompt: PROMPT,
            span: clock::ticks_in(BURST_SPAN),
            pause: clock::ticks_in(PAUSE),
            spent: Vec::new(),
        }
    }
}

impl Pace {
    /// The socket had to wait for input: what it sends next is an answer, and no part of a burst.
    pub fn calm_down(&mut self) {
        self.prompt = PROMPT;
    }

    /// The first message after a flush, at `now`: is it to leave at once?
    fn is_prompt(&mut self, now: Ticks) -> bool {
        if now.since(self.flushed_at) > self.pause {
            self.prompt = PROMPT;
            return true;
        }
        let prompt = self.prompt > 0;
        self.prompt = self.prompt.saturating_sub(1);
        prompt
    }
}

/// What came of reading in place of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The pipe has something.
    Data,
    /// The kernel has nothing: wait for [`Driver::fd`].
    Empty,
    /// Somebody else reads, or there is no connection: wait for the pipe's signal.
    NotOurs,
}

/// See the module.
#[derive(Debug)]
pub struct Driver {
    link: Arc<Link>,
    /// Messages that wait for more to come.
    burst: u32,
    /// The number of them at which to look at the clock, or to flush.
    look_at: u32,
    /// Stream offset from which on there is enough to flush.
    flush_at: u64,
    burst_began: Ticks,
    /// The owner knows of the burst.
    listed: bool,
}

impl Driver {
    /// A driver of the link of one of the socket's pipes.
    pub fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            burst: 0,
            look_at: 0,
            flush_at: 0,
            burst_began: Ticks::from_raw(0),
            listed: false,
        }
    }

    /// The link itself.
    pub fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// A message was written: sends it now or lets it wait for the next ones. `at_once` is what
    /// was decided for the other pipes that got it, if anything was. True: the caller is to list
    /// this driver for [`Driver::flush_burst`].
    #[inline(always)]
    pub fn written(
        &mut self,
        writer: &mut Writer,
        pace: &mut Pace,
        at_once: &mut Option<bool>,
    ) -> bool {
        if self.burst == 0 {
            return self.begin(writer, pace, at_once);
        }
        self.burst += 1;
        let early = self.burst < self.look_at && writer.offset() < self.flush_at;
        if early || !self.is_enough(writer, pace) {
            self.link.keep_ticking();
        } else {
            self.flush(Some(writer), pace);
        }
        false
    }

    /// The first message behind a flush.
    #[inline(never)]
    fn begin(&mut self, writer: &mut Writer, pace: &mut Pace, at_once: &mut Option<bool>) -> bool {
        let now = Ticks::now();
        if *at_once.get_or_insert_with(|| pace.is_prompt(now)) {
            self.flush(Some(writer), pace);
            return false;
        }
        self.burst = 1;
        self.look_at = CLOCK_EVERY;
        self.flush_at = writer.offset() + BURST_BYTES;
        self.burst_began = now;
        self.link.keep_ticking();
        !std::mem::replace(&mut self.listed, true)
    }

    #[inline(never)]
    fn is_enough(&mut self, writer: &Writer, pace: &Pace) -> bool {
        self.look_at = (self.burst + CLOCK_EVERY).min(BURST_MESSAGES);
        self.burst >= BURST_MESSAGES
            || writer.offset() >= self.flush_at
            || Ticks::now().since(self.burst_began) > pace.span
    }

    /// Sends what waits; the driver is no longer listed.
    #[inline]
    pub fn flush_burst(&mut self, writer: Option<&mut Writer>, pace: &mut Pace) {
        self.listed = false;
        if self.burst > 0 {
            self.flush(writer, pace);
        }
    }

    fn flush(&mut self, writer: Option<&mut Writer>, pace: &mut Pace) {
        self.burst = 0;
        // When the kernel is full, the I/O thread goes on as soon as there is room.
        if !self.link.is_full() {
            self.link.flush(writer, &mut pace.spent);
            pace.flushed_at = self.link.flushed_at();
        }
    }

    /// Reads what is there. `take_over`: also if the I/O thread has been reading so far.
    pub fn receive(&self, reader: &mut Reader, take_over: bool, pace: &mut Pace) -> Received {
        self.link.receive_app(reader, take_over, &mut pace.spent)
    }

    /// The descriptor to wait for, if the reading is the application's.
    pub fn fd(&self) -> Option<RawFd> {
        self.link.app_fd()
    }

    /// Brackets a wait for [`Driver::fd`].
    pub fn set_sleeping(&self, sleeping: bool) {
        self.link.set_sleeping(sleeping);
    }

    /// Leaves the reading to the I/O thread from now on.
    pub fn give_back(&self) {
        if self.link.app_fd().is_some() {
            self.link.take_back();
        }
    }
}
