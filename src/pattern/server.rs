//! SERVER: knows its peers by number; PEER is a SERVER that is told the number of a peer when it
//! connects to it.
//!
//! The number of the sender comes with each message, and that of the receiver goes with it.
//!
//! Thread: under the socket's lock. Invariants: no pipe has the number 0, no two have the same.
//! Counterpart: RFC 41, RFC 51; `server.cpp`, `peer.cpp` of libzmq 4.3.5.

use std::collections::HashMap;

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::gather::{next_single, receive_single};
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::scatter::single;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug)]
pub(super) struct Server {
    queue: FairQueue,
    pipes: HashMap<u32, PipeId, foldhash::fast::RandomState>,
    next_number: u32,
}

impl Server {
    pub(super) fn new(seed: u32) -> Self {
        Self { queue: FairQueue::default(), pipes: HashMap::default(), next_number: seed }
    }

    fn new_number(&mut self) -> u32 {
        loop {
            let number = self.next_number;
            self.next_number = number.wrapping_add(1);
            if number != 0 && !self.pipes.contains_key(&number) {
                return number;
            }
        }
    }
}

impl Pattern for Server {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        let number = self.new_number();
        self.pipes.insert(number, id);
        pipes.set_routing_id(id, number);
        self.queue.attach(id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.pipes.retain(|_, pipe| *pipe != id);
        self.queue.detach(id);
    }

    fn read_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.activated(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        single(out)?;
        let pipe = *self.pipes.get(&out.routing_id()).ok_or(Errno::EHOSTUNREACH)?;
        if pipes.write(pipe, out) { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        receive_single(&mut self.queue, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        next_single(&mut self.queue, pipes).is_some()
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        // Whether there is room depends on whom the message is for.
        true
    }

    fn number_of(&self, id: PipeId) -> Option<u32> {
        self.pipes.iter().find(|(_, pipe)| **pipe == id).map(|(number, _)| *number)
    }
}
