//! The inside of an open socket: pattern, pipes, options, endpoints.
//!
//! Thread: under the socket's lock. Invariants: every pipe in `pipes` is known to the pattern;
//! `drivers` stands beside it, by pipe id. Counterpart: `socket_base.cpp` of libzmq 4.3.5.

use std::os::fd::RawFd;
use std::sync::Arc;

use crate::connection::{Driver, Link, NewPipe, Received};
use crate::ctx::{Ctx, Live};
use crate::pattern::Pattern;
use crate::pipe::{End, PipeId, Pipes, Rx, Tx, signals};
use crate::protocol::SocketType;
use crate::sync::Guardable;

use super::endpoints::Endpoints;
use super::options::Options;
use super::shared::{Incoming, Shared};
use super::spin::Spin;

/// With more network peers than this, the I/O thread reads for the socket.
const MAX_DRIVEN: usize = 8;

pub(super) struct State {
    pub(super) kind: SocketType,
    pub(super) serial: u64,
    pub(super) ctx: Arc<Ctx>,
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    pub(super) pattern: Box<dyn Pattern>,
    pub(super) pipes: Pipes,
    /// The application's half of each network pipe, by pipe id.
    drivers: Vec<Option<Driver>>,
    /// Network pipes.
    driven: Vec<PipeId>,
    pub(super) endpoints: Endpoints,
    pub(super) last_endpoint: String,
    pub(super) rcvmore: bool,
    /// `ZMQ_ROUTER_RAW`
    pub(super) raw: bool,
    pub(super) spin: Spin,
    news: Vec<(u32, u32)>,
    /// Ends whose drop may run a user's function: dropped when the lock is released.
    pub(super) removed: Vec<End>,
    pub(super) live: Live,
}

impl Guardable for State {
    type Rest = Vec<End>;

    #[inline]
    fn has_rest(&self) -> bool {
        !self.removed.is_empty()
    }

    fn take_rest(&mut self) -> Vec<End> {
        std::mem::take(&mut self.removed)
    }
}

impl State {
    pub(super) fn new(
        kind: SocketType,
        serial: u64,
        ctx: Arc<Ctx>,
        shared: Arc<Shared>,
        pattern: Box<dyn Pattern>,
        live: Live,
    ) -> Self {
        Self {
            kind,
            serial,
            ctx,
            shared,
            options: Options::default(),
            pattern,
            pipes: Pipes::default(),
            drivers: Vec::new(),
            driven: Vec::new(),
            endpoints: Endpoints::default(),
            last_endpoint: String::new(),
            rcvmore: false,
            raw: false,
            spin: Spin::new(),
            news: Vec::new(),
            removed: Vec::new(),
            live,
        }
    }

    /// Looks at what others have left for the socket.
    #[inline]
    pub(super) fn process_news(&mut self) {
        if self.shared.has_news() {
            self.process_news_slow();
        }
    }

    #[cold]
    fn process_news_slow(&mut self) {
        self.shared.waiters.drain_descriptor();
        for pipe in self.shared.take_incoming() {
            match pipe {
                Incoming::Network(pipe) => {
                    self.attach(pipe);
                }
                Incoming::Inproc(end) => {
                    let subscribe_to_all = false;
                    self.attach_end(end, None, subscribe_to_all, false);
                }
            }
        }
        let mut news = std::mem::take(&mut self.news);
        let shared = Arc::clone(&self.shared);
        shared.inbox.take(|id, bits| news.push((id, bits)));
        for (id, bits) in news.drain(..) {
            let id = PipeId(id);
            if !self.pipes.contains(id) {
                continue;
            }
            if bits & signals::HICCUP != 0 {
                self.pattern.hiccuped(&mut self.pipes, id);
            }
            if bits & signals::WRITABLE != 0 {
                self.pattern.write_activated(&mut self.pipes, id);
            }
            if bits & (signals::READABLE | signals::CLOSED) != 0 {
                self.pattern.read_activated(&mut self.pipes, id);
            }
            if bits & signals::CLOSED != 0 && self.pipes.is_over(id) {
                self.pipes.terminate(id);
            }
        }
        self.news = news;
        self.settle();
    }

    /// Takes a network pipe in.
    pub(super) fn attach(&mut self, pipe: NewPipe) -> PipeId {
        let NewPipe { end, link, locally_initiated } = pipe;
        self.attach_end(end, Some(link), false, locally_initiated)
    }

    pub(super) fn attach_end(
        &mut self,
        end: End,
        link: Option<Arc<Link>>,
        subscribe_to_all: bool,
        locally_initiated: bool,
    ) -> PipeId {
        let id = self.pipes.insert(end, link.is_some());
        if let Some(link) = link {
            let index = id.0 as usize;
            if self.drivers.len() <= index {
                self.drivers.resize_with(index + 1, || None);
            }
            self.drivers[index] = Some(Driver::new(link));
            self.driven.push(id);
            if self.driven.len() == MAX_DRIVEN + 1 {
                for driver in self.drivers.iter().flatten() {
                    driver.give_back();
                }
            }
        }
        self.pattern.attach(&mut self.pipes, id, subscribe_to_all, locally_initiated);
        self.settle();
        id
    }

    /// After the pattern had its turn: sends what it wrote, removes the pipes that it ended.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.pipes.has_written() {
            self.send_written();
        }
        if self.pipes.has_leaving() {
            self.remove_leaving();
        }
    }

    fn send_written(&mut self) {
        while let Some(id) = self.pipes.next_written() {
            let Some(Some(driver)) = self.drivers.get_mut(id.0 as usize) else { continue };
            match self.pipes.end(id) {
                Some(End { tx: Tx::Queue(writer), .. }) => driver.written(writer),
                _ => driver.link().flush(None),
            }
        }
    }

    #[cold]
    fn remove_leaving(&mut self) {
        while let Some(id) = self.pipes.next_leaving() {
            self.pattern.detach(&mut self.pipes, id);
            self.remove(id);
        }
    }

    fn remove(&mut self, id: PipeId) {
        let Some(mut end) = self.pipes.remove(id) else { return };
        // Before the session is told, so that it finds the pipe's end.
        end.close();
        self.removed.push(end);
        if let Some(driver) = self.drivers.get_mut(id.0 as usize).and_then(Option::take) {
            self.driven.retain(|other| *other != id);
            // The session ends by itself when it finds the pipe closed and empty.
            driver.link().close(self.options.ints.linger);
            self.endpoints.forget_link(driver.link());
        }
    }

    /// The pipe of a link.
    pub(super) fn pipe_of_link(&self, link: &Arc<Link>) -> Option<PipeId> {
        let is_it = |driver: &Driver| Arc::ptr_eq(driver.link(), link);
        let at = self.drivers.iter().position(|driver| driver.as_ref().is_some_and(is_it))?;
        Some(PipeId(at as u32))
    }

    /// The link of a network pipe.
    pub(super) fn link_of(&self, id: PipeId) -> Option<&Arc<Link>> {
        self.drivers.get(id.0 as usize)?.as_ref().map(Driver::link)
    }

    /// Sends what waits for more to come: before this thread waits for anything.
    pub(super) fn flush_bursts(&mut self) {
        for id in &self.driven {
            let Some(Some(driver)) = self.drivers.get_mut(id.0 as usize) else { continue };
            match self.pipes.end(*id) {
                Some(End { tx: Tx::Queue(writer), .. }) => driver.flush_burst(Some(writer)),
                _ => driver.flush_burst(None),
            }
        }
    }

    /// True if the application's thread may read for itself.
    fn may_drive(&self) -> bool {
        self.driven.len() <= MAX_DRIVEN && !self.shared.waiters.has_descriptor()
    }

    /// Reads from the network in place of waiting; true if something came. `take_over`: from the
    /// I/O thread, too.
    pub(super) fn drive(&mut self, take_over: bool) -> bool {
        if !self.may_drive() {
            return false;
        }
        let mut data = false;
        for id in &self.driven {
            let Some(Some(driver)) = self.drivers.get(id.0 as usize) else { continue };
            if let Some(End { rx: Rx::Queue(reader), .. }) = self.pipes.end(*id) {
                data |= driver.receive(reader, take_over) == Received::Data;
            }
        }
        data
    }

    /// Descriptors that this socket's caller waits for, and brackets the wait.
    pub(super) fn begin_sleep(&self, mut wait_for: impl FnMut(RawFd)) {
        for driver in self.drivers.iter().flatten() {
            if let Some(fd) = driver.fd() {
                driver.set_sleeping(true);
                wait_for(fd);
            }
        }
    }

    pub(super) fn end_sleep(&self) {
        for driver in self.drivers.iter().flatten() {
            if driver.fd().is_some() {
                driver.set_sleeping(false);
            }
        }
    }

    /// Leaves all reading to the I/O thread: somebody waits for `ZMQ_FD`.
    pub(super) fn give_back_all(&self) {
        for driver in self.drivers.iter().flatten() {
            driver.give_back();
        }
    }

    /// New high-water marks reach the pipes that are there.
    pub(super) fn update_marks(&mut self) {
        let (sndhwm, rcvhwm) = (self.options.ints.sndhwm, self.options.ints.rcvhwm);
        let ids: Vec<PipeId> = self.pipes.ids().collect();
        for id in ids {
            let Some(end) = self.pipes.end(id) else { continue };
            if let Tx::Queue(writer) = &end.tx {
                writer.set_hwm(sndhwm as u32);
            }
            if let Rx::Queue(reader) = &end.rx {
                reader.set_hwm(rcvhwm as u32);
            }
        }
    }

    /// Ends all pipes and endpoints; sessions go on by themselves to send what is left.
    pub(super) fn shut(mut self: Box<Self>) {
        let linger = self.options.ints.linger;
        // An open burst goes first, then the pipes close behind it.
        self.flush_bursts();
        let ids: Vec<PipeId> = self.pipes.ids().collect();
        for id in ids {
            self.pattern.detach(&mut self.pipes, id);
            self.remove(id);
        }
        self.removed.clear();
        self.shared.close();
        let ctx = Arc::clone(&self.ctx);
        let shared = Arc::clone(&self.shared);
        self.endpoints.close_all(&ctx, &shared, linger);
        self.shared.monitor.stop();
        ctx.unregister();
        drop(self.live);
    }
}
