//! ROUTER: addresses its peers by routing id.
//!
//! Received messages begin with the sender's routing id; sent ones with the receiver's.
//!
//! Thread: under the socket's lock. Invariants: a routing id names one pipe; a pipe is read from
//! only once it has one. Counterpart: RFC 28; `router.cpp` of libzmq 4.3.5.

use std::collections::HashMap;

use crate::error::{Errno, Result};
use crate::pattern::dealer::probe;
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::{Pattern, options, switch};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

type ByRoutingId = HashMap<Box<[u8]>, PipeId, foldhash::fast::RandomState>;

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

/// Routing ids and their pipes.
#[derive(Debug)]
pub(super) struct Peers {
    by_id: ByRoutingId,
    ids: Vec<Option<Box<[u8]>>>,
    /// The last one that was looked up: bursts go to one peer, and replies to the last asker.
    last: Option<PipeId>,
    next_generated: u32,
    /// `ZMQ_CONNECT_ROUTING_ID`, for the next connection.
    pub(super) for_next_connect: Vec<u8>,
}

impl Peers {
    /// The next connection that our side makes gets this id; `EINVAL` for none.
    pub(super) fn choose_next(&mut self, routing_id: &[u8]) -> Result<()> {
        if routing_id.is_empty() {
            return Err(Errno::EINVAL);
        }
        self.for_next_connect = routing_id.to_vec();
        Ok(())
    }

    pub(super) fn new(seed: u32) -> Self {
        Self {
            by_id: HashMap::default(),
            ids: Vec::new(),
            last: None,
            next_generated: seed,
            for_next_connect: Vec::new(),
        }
    }

    /// A routing id that no peer can choose: they do not begin with a zero byte.
    pub(super) fn generate(&mut self) -> Box<[u8]> {
        let number = self.next_generated.to_be_bytes();
        self.next_generated = self.next_generated.wrapping_add(1);
        [&[0][..], &number].concat().into()
    }

    #[inline]
    pub(super) fn find(&mut self, routing_id: &[u8]) -> Option<PipeId> {
        if let Some(last) = self.last
            && self.id_of(last).is_some_and(|id| is_same(id, routing_id))
        {
            return Some(last);
        }
        let found = self.by_id.get(routing_id).copied();
        self.last = found.or(self.last);
        found
    }

    #[inline]
    pub(super) fn id_of(&self, pipe: PipeId) -> Option<&[u8]> {
        self.ids.get(pipe.0 as usize)?.as_deref()
    }

    pub(super) fn get(&self, routing_id: &[u8]) -> Option<PipeId> {
        self.by_id.get(routing_id).copied()
    }

    pub(super) fn add(&mut self, routing_id: Box<[u8]>, pipe: PipeId) {
        let index = pipe.0 as usize;
        if self.ids.len() <= index {
            self.ids.resize(index + 1, None);
        }
        self.ids[index] = Some(routing_id.clone());
        self.by_id.insert(routing_id, pipe);
    }

    pub(super) fn remove(&mut self, pipe: PipeId) {
        if self.last == Some(pipe) {
            self.last = None;
        }
        if let Some(id) = self.ids.get_mut(pipe.0 as usize).and_then(Option::take)
            && self.by_id.get(&id) == Some(&pipe)
        {
            self.by_id.remove(&id);
        }
    }

    pub(super) fn pipes(&self) -> impl Iterator<Item = PipeId> + '_ {
        self.by_id.values().copied()
    }
}

/// As `==`, which is a call: most ids are short.
#[inline(always)]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        _ => a == b,
    }
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
            self.peers.add(chosen.into(), id);
            return true;
        }
        let Some(peer) = pipes.peer(id) else { return false };
        if self.raw || peer.routing_id.is_empty() {
            let generated = self.peers.generate();
            self.peers.add(generated, id);
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
            self.peers.add(generated, holder);
            if self.current_in == Some(holder) {
                self.handed_over = Some(holder);
            } else {
                pipes.terminate(holder);
            }
        }
        self.peers.add(peer.routing_id.clone(), id);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_ids_are_the_same_if_all_their_bytes_are() {
        for len in 0..40 {
            let id: Vec<u8> = (0..len).collect();
            assert!(is_same(&id, &id.clone()));
            assert!(!is_same(&id, &[&id[..], &[0]].concat()));
            for at in 0..id.len() {
                let mut other = id.clone();
                other[at] ^= 1;
                assert!(!is_same(&id, &other), "{len} bytes, byte {at} differs");
            }
        }
    }
}
