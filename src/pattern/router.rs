//! ROUTER: addresses its peers by routing id.
//!
//! Received messages begin with the sender's routing id; sent ones with the receiver's.
//!
//! Thread: under the socket's lock. Invariants: a routing id names one pipe; a pipe is read from
//! only once it has one. Counterpart: RFC 28; `router.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::dealer::probe;
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::routing::peers::Peers;
use crate::pattern::{Pattern, options, switch};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug)]
pub(super) struct Router {
    pub(super) queue: FairQueue,
    pub(super) peers: Peers,
    /// Pipes whose peer has not said who it is.
    anonymous: Vec<PipeId>,
    /// The pipe whose message is being received; its routing id was given out.
    current_in: Option<PipeId>,
    /// `current_in` was taken over by another peer: it ends after this message.
    handed_over: Option<PipeId>,
    current_out: Option<PipeId>,
    more_out: bool,
    mandatory: bool,
    raw: bool,
    handover: bool,
    probe_router: bool,
}

impl Router {
    pub(super) fn new(seed: u32) -> Self {
        Self {
            queue: FairQueue::default(),
            peers: Peers::new(seed),
            anonymous: Vec::new(),
            current_in: None,
            handed_over: None,
            current_out: None,
            more_out: false,
            mandatory: false,
            raw: false,
            handover: false,
            probe_router: false,
        }
    }

    /// Finds out the pipe's routing id; false if it is not known yet.
    fn identify(&mut self, pipes: &mut Pipes, id: PipeId, locally_initiated: bool) -> bool {
        if locally_initiated && !self.peers.for_next_connect.is_empty() {
            let chosen = std::mem::take(&mut self.peers.for_next_connect);
            self.peers.add(&chosen, id);
            return true;
        }
        let Some(peer) = pipes.peer(id) else { return false };
        if self.raw || peer.routing_id.is_empty() {
            let generated = self.peers.generate();
            self.peers.add(&generated, id);
            return true;
        }
        if let Some(holder) = self.peers.get(&peer.routing_id) {
            if !self.handover {
                // Its messages could not be told from the holder's, so it is turned away.
                pipes.terminate(id);
                return true;
            }
            self.peers.remove(holder);
            let generated = self.peers.generate();
            self.peers.add(&generated, holder);
            if self.current_in == Some(holder) {
                self.handed_over = Some(holder);
            } else {
                pipes.terminate(holder);
            }
        }
        self.peers.add(&peer.routing_id, id);
        true
    }

    fn begin_send(&mut self, pipes: &mut Pipes, out: &Outgoing<'_>) -> Result<()> {
        if !out.more {
            // A lone routing id is no message.
            return Ok(());
        }
        match self.peers.find(out.data()) {
            Some(pipe) if pipes.can_write(pipe) => self.current_out = Some(pipe),
            Some(pipe) if self.mandatory => {
                let full = pipes.is_reachable(pipe);
                return Err(if full { Errno::EAGAIN } else { Errno::EHOSTUNREACH });
            }
            None if self.mandatory => return Err(Errno::EHOSTUNREACH),
            _ => {}
        }
        self.more_out = true;
        Ok(())
    }

    /// Gives out the routing id of a pipe that has a message.
    #[inline(always)]
    fn begin_recv<'p>(&'p mut self, pipes: &'p mut Pipes, id: PipeId) -> Result<Frame<'p>> {
        self.current_in = Some(id);
        pipes.precede(id, self.peers.id_of(id).unwrap_or_default()).ok_or(Errno::EAGAIN)
    }

    /// Receives with nothing at hand, or something left to do first.
    #[inline(never)]
    fn recv_further<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        if let Some(id) = self.handed_over.take() {
            pipes.terminate(id);
        }
        let id = self.queue.next(pipes).ok_or(Errno::EAGAIN)?;
        self.begin_recv(pipes, id)
    }

    /// Ends a message half sent.
    pub(super) fn rollback(&mut self, pipes: &mut Pipes) {
        if let Some(pipe) = self.current_out.take() {
            pipes.rollback(pipe);
            self.more_out = false;
        }
    }
}

impl Pattern for Router {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, locally_initiated: bool) {
        if self.probe_router {
            probe(pipes, id);
        }
        if self.identify(pipes, id, locally_initiated) {
            self.queue.attach(id);
        } else {
            self.anonymous.push(id);
        }
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.anonymous.retain(|pipe| *pipe != id);
        self.peers.remove(id);
        self.queue.detach(id);
        if self.current_in == Some(id) {
            self.current_in = None;
        }
        if self.handed_over == Some(id) {
            self.handed_over = None;
        }
        if self.current_out == Some(id) {
            self.current_out = None;
        }
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        if let Some(place) = self.anonymous.iter().position(|pipe| *pipe == id) {
            if self.identify(pipes, id, false) {
                self.anonymous.swap_remove(place);
                self.queue.attach(id);
            } else {
                // Notices the end of a pipe whose peer never got through.
                pipes.can_read(id);
            }
        } else {
            self.queue.activated(id);
        }
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        if !self.more_out {
            return self.begin_send(pipes, out);
        }
        if self.raw {
            out.more = false;
        }
        let more = out.more;
        self.more_out = more;
        let Some(pipe) = self.current_out else { return Ok(()) };
        if self.raw && out.data().is_empty() {
            pipes.terminate(pipe);
            self.current_out = None;
        } else if !pipes.write(pipe, out) {
            pipes.rollback(pipe);
            self.current_out = None;
        } else if !more {
            self.current_out = None;
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        if let Some(id) = self.current_in {
            let Some(frame) = pipes.read(id) else {
                self.current_in = None;
                return Err(Errno::EAGAIN);
            };
            self.queue.took(frame.more());
            if !frame.more() {
                self.current_in = None;
            }
            return Ok(frame);
        }
        if self.handed_over.is_none()
            && let Some(id) = self.queue.at_hand(pipes)
        {
            return self.begin_recv(pipes, id);
        }
        self.recv_further(pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.current_in.is_some() || self.queue.next(pipes).is_some()
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        if !self.mandatory {
            return true;
        }
        let peers: Vec<PipeId> = self.peers.pipes().collect();
        peers.into_iter().any(|pipe| pipes.can_write(pipe))
    }

    fn set_option(&mut self, _pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        Some(match id {
            options::ROUTER_RAW => switch(value).map(|on| {
                self.raw = on;
            }),
            options::ROUTER_MANDATORY => switch(value).map(|on| self.mandatory = on),
            options::PROBE_ROUTER => switch(value).map(|on| self.probe_router = on),
            options::ROUTER_HANDOVER => switch(value).map(|on| self.handover = on),
            options::CONNECT_ROUTING_ID => self.peers.choose_next(value),
            _ => return None,
        })
    }

    fn has_connect_routing_id(&self) -> bool {
        !self.peers.for_next_connect.is_empty()
            && self.peers.get(&self.peers.for_next_connect).is_some()
    }

    fn has_room_for(&mut self, pipes: &mut Pipes, routing_id: &[u8]) -> Result<bool> {
        let pipe = self.peers.get(routing_id).ok_or(Errno::EHOSTUNREACH)?;
        Ok(pipes.can_write(pipe))
    }
}
