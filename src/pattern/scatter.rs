//! SCATTER: sends to its peers in turn, one frame a message.
//!
//! Thread: under the socket's lock. Invariants: as [`LoadBalance`]. Counterpart: RFC 49;
//! `scatter.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::push::drain;
use crate::pattern::routing::load_balance::LoadBalance;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Scatter {
    balance: LoadBalance,
}

impl Pattern for Scatter {
    fn attach(&mut self, _pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        self.balance.attach(id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.balance.detach(id);
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        drain(pipes, id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.balance.activated(id);
    }

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        single(out)?;
        self.balance.send_only(pipes, out)
    }

    fn recv<'p>(&'p mut self, _pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        Err(Errno::ENOTSUP)
    }

    fn can_recv(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.balance.can_send(pipes)
    }

    fn sends_directly(&self) -> bool {
        true
    }
}

/// Sockets that may be used by several threads send whole messages only: `EINVAL` for a part.
pub(super) fn single(out: &Outgoing<'_>) -> Result<()> {
    if out.more { Err(Errno::EINVAL) } else { Ok(()) }
}
