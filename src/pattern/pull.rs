//! PULL: receives from its peers in turn.
//!
//! Thread: under the socket's lock. Invariants: as [`FairQueue`]. Counterpart: RFC 30; `pull.cpp`
//! of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Pull {
    queue: FairQueue,
}

impl Pattern for Pull {
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
        receive(&mut self.queue, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.queue.next(pipes).is_some()
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }

    fn receives_directly(&self) -> bool {
        true
    }
}

/// The next frame of a fair queue.
#[inline(always)]
pub(super) fn receive<'p>(queue: &mut FairQueue, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
    let Some(id) = queue.at_hand(pipes) else { return receive_further(queue, pipes) };
    let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
    queue.took(frame.more());
    Ok(frame)
}

/// As [`receive`], with nothing at hand.
#[inline(never)]
fn receive_further<'p>(queue: &mut FairQueue, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
    let id = queue.next(pipes).ok_or(Errno::EAGAIN)?;
    if queue.is_alone() {
        pipes.receive_directly(id);
    }
    let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
    queue.took(frame.more());
    Ok(frame)
}
