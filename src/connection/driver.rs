//! The application thread's half of a link: when to flush, and reading in place of waiting.
//!
//! [`Pace`] says whether a message leaves at once or waits for more to come; the I/O thread's ticks
//! look after those that wait.
//!
//! Thread: under the socket's lock. Invariants: what is not flushed is ticked for. Counterpart:
//! none.

use std::os::fd::RawFd;
use std::sync::Arc;

use crate::pipe::{Reader, Writer};
use crate::sys::clock::Ticks;

use super::link::Link;
use super::pace::{self, Burst, Pace};

/// What came of reading in place of waiting.
/// The more, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Received {
    /// Somebody else reads, or there is no connection: wait for the pipe's signal.
    NotOurs,
    /// The kernel has nothing: wait for [`Driver::fd`].
    Empty,
    /// A part of a large body: the rest is on its way.
    Part,
    /// The pipe has something.
    Data,
}

/// See the module.
#[derive(Debug)]
pub struct Driver {
    link: Arc<Link>,
    burst: Burst,
    /// The owner knows of the burst.
    listed: bool,
}

impl Driver {
    /// A driver of the link of one of the socket's pipes.
    pub fn new(link: Arc<Link>) -> Self {
        Self { link, burst: Burst::default(), listed: false }
    }

    /// The link itself.
    pub fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// A message was written: it joins those that wait for more to come, or leaves with them. False:
    /// none wait, see [`Driver::begin`].
    #[inline(always)]
    pub fn join(&mut self, writer: &mut Writer, pace: &mut Pace) -> bool {
        if !self.burst.is_open() {
            return false;
        }
        if self.burst.is_due(writer.offset(), writer.messages()) && self.is_enough(writer, pace) {
            self.flush(Some(writer), pace);
            return true;
        }
        // If the I/O thread has stopped looking, what waited is gone, and this is the first again.
        let waits = self.link.attention().is_paid();
        if waits {
            self.wait_until_due(writer);
        }
        waits
    }

    /// The first message behind a flush: sends it now or lets it wait for the next ones. `at_once` is
    /// what was decided for the other pipes that got it, if anything was; `others_wait` tells whether
    /// messages wait on any other. True: the caller is to list this driver for
    /// [`Driver::flush_burst`].
    pub fn begin(
        &mut self,
        writer: &mut Writer,
        pace: &mut Pace,
        at_once: &mut Option<bool>,
        others_wait: bool,
    ) -> bool {
        let (now, sent_at) = (Ticks::now(), self.link.flushed_at());
        let at_once = *at_once.get_or_insert_with(|| pace.is_prompt(now, sent_at, others_wait));
        if at_once && pace.reach <= pace::AT_ONCE {
            self.flush(Some(writer), pace);
            return false;
        }
        let follow = pace::may_follow(writer.room());
        self.burst.begin(writer.offset(), writer.messages(), follow, pace, now);
        if at_once {
            self.link.hand_over();
        } else {
            self.link.keep_ticking();
        }
        self.wait_until_due(writer);
        !std::mem::replace(&mut self.listed, true)
    }

    /// The message of a queue that keeps the last one only was written: sends it now, or leaves it for
    /// the I/O thread, where the next ones may take its place. True: the caller is to list this driver
    /// for [`Driver::flush_burst`].
    pub fn replaced(&mut self, pace: &mut Pace) -> bool {
        let (now, sent_at) = (Ticks::now(), self.link.flushed_at());
        if pace.is_prompt(now, sent_at, false) {
            self.flush(None, pace);
            return false;
        }
        self.burst.begin(0, 0, 0, pace, now);
        self.link.hand_over();
        !std::mem::replace(&mut self.listed, true)
    }

    fn wait_until_due(&self, writer: &mut Writer) {
        writer.set_due(self.burst.due_at(writer.offset(), writer.messages()));
    }

    #[inline(never)]
    fn is_enough(&mut self, writer: &Writer, pace: &mut Pace) -> bool {
        let (to, messages) = (writer.offset(), writer.messages());
        self.burst.is_enough(to, messages, self.link.flushed(), pace, Ticks::now())
    }

    /// True if the owner was asked to list it for [`Driver::flush_burst`].
    pub fn is_listed(&self) -> bool {
        self.listed
    }

    /// True if messages wait for more to come, and the I/O thread is still to send them: where it has
    /// stopped looking, what is in the pipe has just been written, and waits for nothing.
    pub fn waits(&self, writer: &Writer) -> bool {
        self.burst.is_open()
            && self.link.attention().is_paid()
            && self.link.flushed() < writer.offset()
    }

    /// Sends what waits; the driver is no longer listed.
    #[inline]
    pub fn flush_burst(&mut self, writer: Option<&mut Writer>, pace: &mut Pace) {
        self.listed = false;
        if self.burst.is_open() {
            self.flush(writer, pace);
        }
    }

    fn flush(&mut self, mut writer: Option<&mut Writer>, pace: &mut Pace) {
        let last = writer.as_ref().map_or(0, |writer| writer.messages());
        self.burst.end(last, pace);
        if let Some(writer) = &mut writer {
            writer.set_due(0);
        }
        // When the kernel is full, the I/O thread goes on as soon as there is room.
        if !self.link.is_full() {
            let began = Ticks::now();
            self.link.flush(writer, &mut pace.spent);
            pace.flushed(began, self.link.flushed_at());
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
