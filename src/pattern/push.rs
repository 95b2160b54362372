//! PUSH: sends to its peers in turn.
//!
//! Thread: under the socket's lock. Invariants: as [`LoadBalance`]. Counterpart: RFC 30;
//! `push.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::routing::load_balance::LoadBalance;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Push {
    balance: LoadBalance,
}

impl Pattern for Push {
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

/// Reads what nobody will ask for: a peer that talks to a socket that only sends. Also notices the
/// pipe's end.
pub(super) fn drain(pipes: &mut Pipes, id: PipeId) {
    while pipes.can_read(id) {
        pipes.read(id);
    }
}
