//! The network pipes of a socket, as its callers' threads drive them: sending what they wrote, and
//! reading in place of waiting.
//!
//! Thread: under the socket's lock. Invariants: a driver stands under its pipe's id; one with an
//! unsent burst is listed; with more than [`MAX_READ`] pipes the I/O thread does the reading. Where
//! the I/O threads are to do everything (`sys::modes`), these are only known here.
//! Counterpart: none; libzmq 4.3.5 leaves all of this to its I/O thread.

use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::sync::Arc;

use crate::connection::{Driver, Link, Pace, Received};
use crate::msg::Msg;
use crate::pipe::{End, PipeId, Pipes, Rx, Tx, Writer};
use crate::sys::clock::Ticks;
use crate::sys::modes::Modes;

/// With more network peers than this, the I/O thread reads for the socket.
const MAX_READ: usize = 8;

/// Bursts that are looked at when the thread waits for room, the next ones the next time.
const LOOKS: usize = 64;

#[derive(Debug)]
pub(super) struct Drivers {
    /// False: the I/O threads do everything, see `sys::modes`.
    by_callers: bool,
    by_pipe: Vec<Option<Entry>>,
    ids: Vec<PipeId>,
    /// Pipes with messages that wait for more to come.
    bursting: VecDeque<PipeId>,
    pace: Pace,
}

#[derive(Debug)]
struct Entry {
    driver: Driver,
    /// Where the pipe stands in `ids`.
    place: usize,
}

impl Drivers {
    pub(super) fn new() -> Self {
        Self {
            by_callers: Modes::current().application_drives,
            by_pipe: Vec::new(),
            ids: Vec::new(),
            bursting: VecDeque::new(),
            pace: Pace::default(),
        }
    }

    /// True if [`Drivers::send_written`] is to hear of what is written.
    pub(super) fn send(&self) -> bool {
        self.by_callers
    }

    /// A pipe comes in.
    pub(super) fn attach(&mut self, id: PipeId, link: Arc<Link>) {
        let index = id.0 as usize;
        if self.by_pipe.len() <= index {
            self.by_pipe.resize_with(index + 1, || None);
        }
        link.set_pipe(id);
        self.by_pipe[index] = Some(Entry { driver: Driver::new(link), place: self.ids.len() });
        self.ids.push(id);
        if self.ids.len() == MAX_READ + 1 {
            self.give_back_all();
        }
    }

    /// A pipe goes.
    pub(super) fn detach(&mut self, id: PipeId) -> Option<Driver> {
        let Entry { driver, place } = self.by_pipe.get_mut(id.0 as usize).and_then(Option::take)?;
        self.ids.swap_remove(place);
        if let Some(moved) = self.ids.get(place)
            && let Some(Some(entry)) = self.by_pipe.get_mut(moved.0 as usize)
        {
            entry.place = place;
        }
        if driver.is_listed() {
            self.bursting.retain(|other| *other != id);
            self.pace.waiting = self.bursting.len();
        }
        Some(driver)
    }

    /// True if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// They are few enough for the caller's thread to read from all of them.
    pub(super) fn are_few(&self) -> bool {
        self.by_callers && self.ids.len() <= MAX_READ
    }

    /// The link of a pipe.
    pub(super) fn link(&self, id: PipeId) -> Option<&Arc<Link>> {
        self.by_pipe.get(id.0 as usize)?.as_ref().map(|entry| entry.driver.link())
    }

    /// The pipe of a link.
    pub(super) fn pipe_of(&self, link: &Arc<Link>) -> Option<PipeId> {
        let id = link.pipe();
        self.link(id).is_some_and(|own| Arc::ptr_eq(own, link)).then_some(id)
    }

    /// Messages were written: sends them, or lets them wait for the next ones.
    #[inline(always)]
    pub(super) fn send_written(&mut self, pipes: &mut Pipes) {
        // All pipes that one call wrote to are treated alike.
        let mut at_once = None;
        self.pace.reach = pipes.written();
        while let Some(id) = pipes.next_written() {
            let Some(Some(Entry { driver, .. })) = self.by_pipe.get_mut(id.0 as usize) else {
                continue;
            };
            let Some(writer) = writer_of(pipes, id) else {
                if driver.replaced(&mut self.pace) {
                    self.list(id);
                }
                continue;
            };
            if !driver.join(writer, &mut self.pace) {
                self.begin(pipes, id, &mut at_once);
            }
        }
    }

    /// The first message of a pipe behind a flush.
    #[inline(never)]
    fn begin(&mut self, pipes: &mut Pipes, id: PipeId, at_once: &mut Option<bool>) {
        let others_wait = at_once.is_none() && self.do_others_wait(pipes, id);
        let Some(Some(Entry { driver, .. })) = self.by_pipe.get_mut(id.0 as usize) else { return };
        let Some(writer) = writer_of(pipes, id) else { return };
        if driver.begin(writer, &mut self.pace, at_once, others_wait) {
            self.list(id);
        }
    }

    /// Messages wait for more to come on a pipe.
    fn list(&mut self, id: PipeId) {
        self.bursting.push_back(id);
        self.pace.waiting = self.bursting.len();
    }

    /// True if messages wait for more to come on another pipe than that one, as far as [`LOOKS`] tell.
    fn do_others_wait(&self, pipes: &mut Pipes, id: PipeId) -> bool {
        self.bursting.iter().take(LOOKS).any(|other| {
            let Some(Some(Entry { driver, .. })) = self.by_pipe.get(other.0 as usize) else {
                return false;
            };
            *other != id && writer_of(pipes, *other).is_some_and(|writer| driver.waits(writer))
        })
    }

    /// The link, if there is just one, for callers that drive it.
    pub(super) fn only_link(&self) -> Option<&Arc<Link>> {
        match self.ids[..] {
            [id] if self.by_callers => self.link(id),
            _ => None,
        }
    }

    /// Bodies to be dropped when the socket's lock is released.
    pub(super) fn spent(&mut self) -> &mut Vec<Msg> {
        &mut self.pace.spent
    }

    /// True if there are any of those.
    #[inline]
    pub(super) fn has_spent(&self) -> bool {
        !self.pace.spent.is_empty()
    }

    /// True if messages wait for more to come.
    #[inline]
    pub(super) fn have_bursts(&self) -> bool {
        !self.bursting.is_empty()
    }

    /// Sends what waits for more to come: before the thread waits for anything but room here, see
    /// [`Drivers::flush_full`].
    #[inline]
    pub(super) fn flush_bursts(&mut self, pipes: &mut Pipes) {
        if !self.bursting.is_empty() {
            self.flush_bursting(pipes);
        }
        self.pace.wait();
    }

    /// Sends what waits for more to come on pipes that have no room for more: before the thread waits for
    /// room. On the others few messages would meet in a write, and others may join them; until then
    /// the I/O thread looks after them, and after all that are beyond [`LOOKS`].
    pub(super) fn flush_full(&mut self, pipes: &mut Pipes) {
        for _ in 0..self.bursting.len().min(LOOKS) {
            let Some(id) = self.bursting.pop_front() else { break };
            let Some(Some(Entry { driver, .. })) = self.by_pipe.get_mut(id.0 as usize) else {
                continue;
            };
            let writer = writer_of(pipes, id);
            if writer.as_deref().is_some_and(|writer| driver.waits(writer) && writer.room() > 0) {
                self.bursting.push_back(id);
            } else {
                driver.flush_burst(writer, &mut self.pace);
            }
        }
        self.pace.waiting = self.bursting.len();
        self.pace.wait();
    }

    fn flush_bursting(&mut self, pipes: &mut Pipes) {
        self.pace.waiting = 0;
        for id in self.bursting.drain(..) {
            let Some(Some(Entry { driver, .. })) = self.by_pipe.get_mut(id.0 as usize) else {
                continue;
            };
            driver.flush_burst(writer_of(pipes, id), &mut self.pace);
        }
    }

    /// Reads from the network in place of waiting; the most that came of it. `take_over`: from the
    /// I/O thread, too.
    pub(super) fn receive(&mut self, pipes: &mut Pipes, take_over: bool) -> Received {
        let mut most = Received::NotOurs;
        for id in &self.ids {
            let Some(Some(Entry { driver, .. })) = self.by_pipe.get(id.0 as usize) else {
                continue;
            };
            if let Some(End { rx: Rx::Queue(reader), .. }) = pipes.end(*id) {
                most = most.max(driver.receive(reader, take_over, &mut self.pace));
            }
        }
        most
    }

    /// The caller's thread had to wait for input.
    pub(super) fn calm_down(&mut self) {
        self.pace.calm_down();
    }

    /// The caller's thread had to wait for room.
    pub(super) fn go_on(&mut self) {
        self.pace.go_on(Ticks::now());
    }

    /// Drivers whose reading may be the caller's thread's.
    fn readers(&self) -> impl Iterator<Item = &Driver> {
        let ids = if self.are_few() { self.ids.as_slice() } else { &[] };
        ids.iter().filter_map(|id| Some(&self.by_pipe.get(id.0 as usize)?.as_ref()?.driver))
    }

    /// Begins a wait; `wait_for` hears of the descriptors to wait for.
    pub(super) fn begin_sleep(&self, mut wait_for: impl FnMut(RawFd)) {
        for driver in self.readers() {
            if let Some(fd) = driver.fd() {
                driver.set_sleeping(true);
                wait_for(fd);
            }
        }
    }

    /// Ends a wait.
    pub(super) fn end_sleep(&self) {
        // Also those whose reading was taken back meanwhile: they must not look asleep later.
        for driver in self.readers() {
            driver.set_sleeping(false);
        }
    }

    /// Leaves all reading to the I/O thread.
    pub(super) fn give_back_all(&self) {
        for entry in self.by_pipe.iter().flatten() {
            entry.driver.give_back();
        }
    }
}

/// The writing end of a pipe to which messages are queued.
fn writer_of(pipes: &mut Pipes, id: PipeId) -> Option<&mut Writer> {
    match pipes.end(id) {
        Some(End { tx: Tx::Queue(writer), .. }) => Some(writer),
        _ => None,
    }
}
