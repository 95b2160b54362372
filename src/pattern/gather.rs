//! GATHER: receives from its peers in turn, one frame a message.
//!
//! Thread: under the socket's lock. Invariants: as [`FairQueue`]. Counterpart: RFC 49; `gather.cpp`
//! of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Gather {
    queue: FairQueue,
}

impl Pattern for Gather {
    fn attach(&mut self, _pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        self.queue.attach(id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.detach(id);
    }

    fn read_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.activated(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    fn send(&mut self, _pipes: &mut Pipes, _out: &mut Outgoing<'_>) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        receive_single(&mut self.queue, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        next_single(&mut self.queue, pipes).is_some()
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }
}

/// The pipe with the next message of a socket that may be used by several threads: those of several
/// frames could not be received by one of them, and are dropped.
pub(super) fn next_single(queue: &mut FairQueue, pipes: &mut Pipes) -> Option<PipeId> {
    loop {
        let id = queue.next(pipes)?;
        if !pipes.peek_more(id) {
            return Some(id);
        }
        drop_message(queue, pipes, id);
    }
}

/// Drops the next message, or what is left of it.
pub(super) fn drop_message(queue: &mut FairQueue, pipes: &mut Pipes, id: PipeId) {
    let mut more = true;
    while more {
        let Some(frame) = pipes.read(id) else { return };
        more = frame.more();
        queue.took(more);
    }
}

/// As [`super::pull::receive`], for messages of one frame.
pub(super) fn receive_single<'p>(queue: &mut FairQueue, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
    let id = next_single(queue, pipes).ok_or(Errno::EAGAIN)?;
    let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
    queue.took(false);
    Ok(frame)
}
