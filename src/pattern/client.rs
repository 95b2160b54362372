//! CLIENT: sends to its servers in turn, receives from them in turn, one frame a message.
//!
//! Thread: under the socket's lock. Invariants: as its parts. Counterpart: RFC 41; `client.cpp` of
//! libzmq 4.3.5.

use crate::error::Result;
use crate::pattern::Pattern;
use crate::pattern::gather::{next_single, receive_single};
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::routing::load_balance::LoadBalance;
use crate::pattern::scatter::single;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Client {
    queue: FairQueue,
    balance: LoadBalance,
}

impl Pattern for Client {
    fn attach(&mut self, _pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        self.queue.attach(id);
        self.balance.attach(id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.detach(id);
        self.balance.detach(id);
    }

    fn read_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.activated(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.balance.activated(id);
    }

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        single(out)?;
        self.balance.send_only(pipes, out)
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        receive_single(&mut self.queue, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        next_single(&mut self.queue, pipes).is_some()
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.balance.can_send(pipes)
    }

    fn sends_directly(&self) -> bool {
        true
    }
}
