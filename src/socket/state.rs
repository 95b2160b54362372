//! The inside of an open socket: pattern, pipes, options, endpoints.
//!
//! Thread: under the socket's lock. Invariants: every pipe in `pipes` is known to the pattern;
//! `drivers` stands beside it, by pipe id. Counterpart: `socket_base.cpp` of libzmq 4.3.5.

use std::os::fd::RawFd;
use std::sync::Arc;

use crate::connection::{Link, NewPipe, Received};
use crate::ctx::{Ctx, Live};
use crate::error::Result;
use crate::msg::Msg;
use crate::pattern::Pattern;
use crate::pipe::{End, Frame, Inbox, PipeId, Pipes, Rx, Tx, signals};
use crate::protocol::SocketType;
use crate::sync::{Guardable, Ordering};
use crate::sys::clock::Ticks;

use super::Wait;
use super::drivers::Drivers;
use super::endpoint_list::Endpoints;
use super::endpoints::close_all;
use super::occupancy::Occupancy;
use super::options::Options;
use super::shared::{Incoming, OWN_PORT, Shared};
use super::spin::Spin;
use super::stream::Stream;
use super::turns::{LEAST_WAIT, Turns};

/// With more pipes than this, looking at each costs more than being told.
const MAX_LOOKED_AT: usize = 8;

pub(super) struct State {
    pub(super) kind: SocketType,
    pub(super) serial: u64,
    pub(super) ctx: Arc<Ctx>,
    pub(super) shared: Arc<Shared>,
    /// That of `shared`, nearer.
    inbox: Arc<Inbox>,
    pub(super) options: Options,
    pub(super) pattern: Box<dyn Pattern>,
    pub(super) pipes: Pipes,
    drivers: Drivers,
    occupancy: Occupancy,
    pub(super) endpoints: Endpoints,
    pub(super) last_endpoint: String,
    pub(super) rcvmore: bool,
    pub(super) stream: Stream,
    /// `ZMQ_ROUTER_RAW`
    pub(super) raw: bool,
    pub(super) spin: Spin,
    pub(super) turns: Turns,
    /// The last look at the kernel brought a part of a large message, and no whole one.
    pub(super) amid_message: bool,
    /// A thread has the socket on its list of those with bursts, see `pending`.
    pub(super) listed: bool,
    /// `ZMQ_FD` was asked for.
    has_descriptor: bool,
    /// It is readable from the start, until the events are asked for.
    descriptor_is_fresh: bool,
    /// See [`State::try_recv`].
    looks_itself: bool,
    news: Vec<(u32, u32)>,
    /// Ends whose drop may run a user's function: dropped when the lock is released.
    pub(super) removed: Vec<End>,
    pub(super) live: Live,
}

impl Guardable for State {
    type Rest = (Vec<End>, Vec<Msg>);

    #[inline]
    fn has_rest(&self) -> bool {
        !self.removed.is_empty() || self.drivers.has_spent()
    }

    fn take_rest(&mut self) -> Self::Rest {
        (std::mem::take(&mut self.removed), std::mem::take(self.drivers.spent()))
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
        let spin = Spin::new();
        Self {
            kind,
            serial,
            ctx,
            inbox: Arc::clone(&shared.inbox),
            shared,
            options: Options::default(),
            pattern,
            pipes: Pipes::new(spin.moment()),
            drivers: Drivers::new(),
            occupancy: Occupancy::new(),
            endpoints: Endpoints::default(),
            last_endpoint: String::new(),
            rcvmore: false,
            stream: Stream::new(),
            raw: false,
            spin,
            turns: Turns::new(),
            amid_message: false,
            listed: false,
            has_descriptor: false,
            descriptor_is_fresh: false,
            looks_itself: true,
            news: Vec::new(),
            removed: Vec::new(),
            live,
        }
    }

    /// True if there is something to look at, see [`Shared::has_news`], or may be.
    #[inline(always)]
    pub(super) fn may_have_news(&self) -> bool {
        // Whoever waits for the descriptor counts on any call to make it quiet.
        !self.inbox.is_empty() || self.has_descriptor
    }

    /// Looks at what others have left for the socket.
    #[inline(always)]
    pub(super) fn process_news(&mut self) {
        if self.may_have_news() {
            self.process_news_slow();
        }
    }

    /// As [`State::process_news`]; `ETERM` when the context is ending.
    #[cold]
    pub(super) fn hear_news(&mut self) -> Result<()> {
        if self.shared.stopped.load(Ordering::Relaxed) {
            return Err(self.shared.tell());
        }
        self.process_news_slow();
        Ok(())
    }

    #[cold]
    fn process_news_slow(&mut self) {
        self.shared.waiters.drain_descriptor();
        for incoming in self.shared.take_incoming() {
            match incoming {
                Incoming::GaveUp(link) => {
                    if let Some(id) = self.pipe_of_link(&link) {
                        self.pipes.terminate(id);
                    }
                    self.endpoints.forget_link(&link);
                }
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
        self.inbox.take(|id, bits| news.push((id, bits)));
        self.pipes.ask_pattern();
        for (id, bits) in news.drain(..) {
            if id == OWN_PORT {
                self.shared.own_port_was_taken();
            }
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
        mut end: End,
        link: Option<Arc<Link>>,
        subscribe_to_all: bool,
        locally_initiated: bool,
    ) -> PipeId {
        if let (Some(link), Tx::Queue(writer)) = (&link, &mut end.tx) {
            writer.count_on(link.attention().clone());
        }
        let id = self.pipes.insert(end, link.is_some() && self.drivers.send());
        self.pipes_changed();
        if let Some(link) = link {
            self.drivers.attach(id, link);
        }
        self.pattern.attach(&mut self.pipes, id, subscribe_to_all, locally_initiated);
        // Signals of a pipe that the socket did not know yet went by unseen.
        self.pattern.read_activated(&mut self.pipes, id);
        if self.pipes.is_over(id) {
            self.pipes.terminate(id);
        }
        self.settle();
        id
    }

    /// After the pattern had its turn: sends what it wrote, removes the pipes that it ended.
    #[inline(always)]
    pub(super) fn settle(&mut self) {
        self.send_written();
        self.remove_leaving();
    }

    /// Sends what the pattern wrote, or lets it wait for more. True if it had written anything.
    #[inline(always)]
    pub(super) fn send_written(&mut self) -> bool {
        if !self.pipes.has_written() {
            return false;
        }
        self.drivers.send_written(&mut self.pipes);
        true
    }

    /// Removes the pipes that the pattern ended.
    #[inline(always)]
    pub(super) fn remove_leaving(&mut self) {
        if self.pipes.has_leaving() {
            self.remove_all_leaving();
        }
    }

    #[cold]
    fn remove_all_leaving(&mut self) {
        while let Some(id) = self.pipes.next_leaving() {
            self.pattern.detach(&mut self.pipes, id);
            self.remove(id);
        }
    }

    fn remove(&mut self, id: PipeId) {
        // A session that closed the pipe by itself may be about to connect again (`ZMQ_IMMEDIATE`).
        let closed_by_peer = self.pipes.is_over(id);
        let Some(mut end) = self.pipes.remove(id) else { return };
        self.pipes_changed();
        // Before the session is told, so that it finds the pipe's end.
        end.close();
        self.removed.push(end);
        if let Some(driver) = self.drivers.detach(id) {
            if !closed_by_peer {
                // The session ends when what was written is sent.
                driver.link().close(self.options.ints.linger);
                self.endpoints.forget_link(driver.link());
            }
        } else {
            self.endpoints.forget_pipe(id);
        }
    }

    /// The pipe of a link.
    pub(super) fn pipe_of_link(&self, link: &Arc<Link>) -> Option<PipeId> {
        self.drivers.pipe_of(link)
    }

    /// The link of a network pipe.
    pub(super) fn link_of(&self, id: PipeId) -> Option<&Arc<Link>> {
        self.drivers.link(id)
    }

    /// True if a burst waits to be sent and no thread is going to see to it.
    #[inline]
    pub(super) fn has_unlisted_burst(&self) -> bool {
        !self.listed && self.drivers.have_bursts()
    }

    /// The link of the one network pipe that there is.
    pub(super) fn only_link(&self) -> Option<&Arc<Link>> {
        self.drivers.only_link()
    }

    /// True if there are peers beyond the process.
    pub(super) fn has_connections(&self) -> bool {
        !self.drivers.is_empty()
    }

    /// Sends what waits for more to come: before this thread waits for anything but room on this socket.
    #[inline]
    pub(super) fn flush_bursts(&mut self) {
        self.drivers.flush_bursts(&mut self.pipes);
    }

    /// Sends what waits for more to come and has no room for it: before this thread waits for room.
    pub(super) fn flush_full(&mut self) {
        self.drivers.flush_full(&mut self.pipes);
    }

    /// Decides anew whether a caller looks at the pipes by itself, instead of waiting to be told.
    fn pipes_changed(&mut self) {
        self.looks_itself = self.pipes.len() <= MAX_LOOKED_AT && !self.has_descriptor;
    }

    /// Reads from the network in place of waiting; true if something came. `take_over`: from the
    /// I/O thread, too, if this goes on; a caller that comes now and then leaves it to that thread.
    pub(super) fn drive(&mut self, take_over: bool) -> bool {
        if !self.drivers.are_few() || self.has_descriptor {
            return false;
        }
        let occupied = self.occupancy.look(Ticks::now());
        let received = self.drivers.receive(&mut self.pipes, take_over && occupied);
        self.amid_message = received == Received::Part;
        let data = received == Received::Data;
        if !data && !occupied {
            self.drivers.give_back_all();
        }
        data
    }

    /// The caller had to wait for input.
    pub(super) fn calm_down(&mut self) {
        self.drivers.calm_down();
        self.pipes.calm_down();
    }

    /// The caller had to wait for room.
    pub(super) fn go_on(&mut self) {
        self.drivers.go_on();
    }

    /// Leaves the reading to the I/O thread.
    pub(super) fn give_back_all(&self) {
        self.drivers.give_back_all();
    }

    /// Descriptors that this socket's caller waits for; begins the wait.
    pub(super) fn begin_sleep(&self, wait_for: impl FnMut(RawFd)) {
        self.drivers.begin_sleep(wait_for);
    }

    /// Ends the wait.
    pub(super) fn end_sleep(&self) {
        self.drivers.end_sleep();
    }

    /// The descriptor of `ZMQ_FD`. From now on the reading is the I/O thread's: somebody waits for
    /// the descriptor outside the library.
    pub(super) fn descriptor(&mut self) -> Result<RawFd> {
        if !self.has_descriptor {
            self.has_descriptor = true;
            self.descriptor_is_fresh = true;
            self.pipes_changed();
            self.drivers.give_back_all();
        }
        self.shared.waiters.descriptor()
    }

    /// The events are looked at: what made the descriptor readable when it was made is seen.
    pub(super) fn descriptor_was_heeded(&mut self) {
        if std::mem::take(&mut self.descriptor_is_fresh) {
            self.shared.waiters.drain_descriptor();
        }
    }

    // Receiving.

    /// Takes a frame, if there is one. A caller that is going to look again by itself asks for no
    /// signal, which spares the peer the sending of it.
    #[inline]
    pub(super) fn try_recv(&mut self) -> Result<Frame<'_>> {
        self.pipes.set_unarmed(self.looks_itself);
        self.pattern.recv(&mut self.pipes)
    }

    /// A frame was received, of whose message `more` follow.
    #[inline(always)]
    pub(super) fn received(&mut self, more: bool) {
        self.rcvmore = more;
        self.stream.received();
    }

    /// The caller waits for input: is it to give others a turn before it sleeps? Not where spinning pays,
    /// nor before an answer, or the rest of a message, which is not to come when another program's turn
    /// is over.
    pub(super) fn is_to_give_turn(&mut self, wait: &Wait) -> bool {
        self.spin.is_pausing()
            && !self.stream.awaits_answer()
            && !self.amid_message
            && wait.lasts(LEAST_WAIT)
            && self.turns.is_due()
    }

    /// True if the caller need not wait any more: there is news, the socket was stopped, or there is
    /// something to receive, for a caller that `awaits_input`.
    pub(super) fn has_come(&mut self, awaits_input: bool) -> bool {
        self.shared.has_news()
            || self.shared.stopped.load(Ordering::Relaxed)
            || awaits_input && self.has_input()
    }

    /// As [`State::is_readable`], for a caller that looks again by itself.
    fn has_input(&mut self) -> bool {
        self.pipes.set_unarmed(self.looks_itself);
        self.pattern.can_recv(&mut self.pipes)
    }

    /// True if there is something to receive; if not, a signal will tell.
    pub(super) fn is_readable(&mut self) -> bool {
        self.pipes.set_unarmed(false);
        self.pattern.can_recv(&mut self.pipes)
    }

    /// New high-water marks reach the pipes that are there.
    pub(super) fn update_marks(&mut self) {
        let (sndhwm, rcvhwm) = (self.options.ints.sndhwm, self.options.ints.rcvhwm);
        let ids: Vec<PipeId> = self.pipes.ids().collect();
        for id in ids {
            let is_networked = self.drivers.link(id).is_some();
            let Some(end) = self.pipes.end(id) else { continue };
            if let Tx::Queue(writer) = &end.tx {
                writer.set_hwm(sndhwm as u32);
            }
            // COMPAT: an inproc peer goes on by the mark of when it connected
            // (`capi-tests/api/hwm.c`).
            if let Rx::Queue(reader) = &end.rx
                && is_networked
            {
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
        close_all(&mut self.endpoints, &ctx, &shared, linger);
        self.shared.monitor.stop();
        ctx.unregister();
        drop(self.live);
    }
}
