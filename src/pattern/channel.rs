//! CHANNEL: one peer, no routing, one frame a message.
//!
//! Thread: under the socket's lock. Invariants: one pipe at most; further ones are turned away.
//! Counterpart: RFC 52; `channel.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::gather::{next_single, receive_single};
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::scatter::single;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Channel {
    pipe: Option<PipeId>,
    /// Holds that one pipe.
    queue: FairQueue,
}

impl Pattern for Channel {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        if let Some(old) = self.pipe {
            // A peer that left may not have been noticed yet.
            if !pipes.is_over(old) {
                return pipes.terminate(id);
            }
            pipes.terminate(old);
            self.queue.detach(old);
        }
        self.pipe = Some(id);
        self.queue.attach(id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        if self.pipe == Some(id) {
            self.pipe = None;
            self.queue.detach(id);
        }
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.queue.activated(id);
        // Notices the end of the pipe.
        pipes.can_read(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        single(out)?;
        match self.pipe {
            Some(id) if pipes.write(id, out) => Ok(()),
            _ => Err(Errno::EAGAIN),
        }
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        receive_single(&mut self.queue, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        next_single(&mut self.queue, pipes).is_some()
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.pipe.is_some_and(|id| pipes.can_write(id))
    }
}
