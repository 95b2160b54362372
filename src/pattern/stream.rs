//! STREAM: bare TCP connections, each known by a routing id.
//!
//! Messages are `routing id, bytes`; an empty body tells of a connection's begin or end, and, when
//! sent, closes it.
//!
//! Thread: under the socket's lock. Invariants: as ROUTER. Counterpart: `stream.cpp` of libzmq
//! 4.3.5; `zmq_socket(3)`.

use crate::error::{Errno, Result};
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::routing::peers::{GENERATED, Peers};
use crate::pattern::{Pattern, options};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug)]
pub(super) struct Stream {
    queue: FairQueue,
    peers: Peers,
    current_in: Option<PipeId>,
    current_out: Option<PipeId>,
    more_out: bool,
    /// COMPAT: `ZMQ_ROUTING_ID` reads as the id given to the latest peer, by which an application
    /// that has just connected knows whom to send to.
    last_generated: Option<[u8; GENERATED]>,
}

impl Stream {
    pub(super) fn new(seed: u32) -> Self {
        Self {
            queue: FairQueue::default(),
            peers: Peers::new(seed),
            current_in: None,
            current_out: None,
            more_out: false,
            last_generated: None,
        }
    }
}

impl Pattern for Stream {
    fn attach(&mut self, _pipes: &mut Pipes, id: PipeId, _all: bool, locally_initiated: bool) {
        let chosen = if locally_initiated {
            std::mem::take(&mut self.peers.for_next_connect)
        } else {
            Vec::new()
        };
        if chosen.is_empty() {
            let generated = self.peers.generate();
            self.peers.add(&generated, id);
            self.last_generated = Some(generated);
        } else {
            self.peers.add(&chosen, id);
        }
        self.queue.attach(id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.peers.remove(id);
        self.queue.detach(id);
        if self.current_in == Some(id) {
            self.current_in = None;
        }
        if self.current_out == Some(id) {
            self.current_out = None;
        }
    }

    fn read_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.activated(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        if !self.more_out {
            if out.more {
                let pipe = self.peers.find(out.data()).ok_or(Errno::EHOSTUNREACH)?;
                if !pipes.can_write(pipe) {
                    return Err(Errno::EAGAIN);
                }
                self.current_out = Some(pipe);
            }
            self.more_out = true;
            return Ok(());
        }
        self.more_out = false;
        out.more = false;
        if let Some(pipe) = self.current_out.take() {
            if out.data().is_empty() {
                pipes.terminate(pipe);
            } else {
                // Room was seen with the routing id; a pipe that is gone since takes nothing.
                let _ = pipes.write(pipe, out);
            }
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        if let Some(id) = self.current_in.take() {
            let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
            self.queue.took(frame.more());
            return Ok(frame);
        }
        let id = self.queue.next(pipes).ok_or(Errno::EAGAIN)?;
        self.current_in = Some(id);
        pipes.precede(id, self.peers.id_of(id).unwrap_or_default()).ok_or(Errno::EAGAIN)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.current_in.is_some() || self.queue.next(pipes).is_some()
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        true
    }

    fn set_option(&mut self, _pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        (id == options::CONNECT_ROUTING_ID).then(|| self.peers.choose_next(value))
    }

    fn last_routing_id(&self) -> Option<&[u8]> {
        self.last_generated.as_ref().map(|id| &id[..])
    }

    fn has_connect_routing_id(&self) -> bool {
        !self.peers.for_next_connect.is_empty()
            && self.peers.get(&self.peers.for_next_connect).is_some()
    }
}
