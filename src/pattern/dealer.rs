//! DEALER: sends to its peers in turn, receives from them in turn.
//!
//! Thread: under the socket's lock. Invariants: as its parts. Counterpart: RFC 28; `dealer.cpp` of
//! libzmq 4.3.5.

use crate::error::Result;
use crate::pattern::pull::receive;
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::routing::load_balance::LoadBalance;
use crate::pattern::{Pattern, options, switch};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Dealer {
    pub(super) queue: FairQueue,
    pub(super) balance: LoadBalance,
    probe_router: bool,
}

impl Pattern for Dealer {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        if self.probe_router {
            probe(pipes, id);
        }
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
        self.balance.send_only(pipes, out)
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        receive(&mut self.queue, pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.queue.next(pipes).is_some()
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.balance.can_send(pipes)
    }

    fn sends_directly(&self) -> bool {
        true
    }

    fn receives_directly(&self) -> bool {
        true
    }

    fn set_option(&mut self, _pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        (id == options::PROBE_ROUTER).then(|| {
            self.probe_router = switch(value)?;
            Ok(())
        })
    }
}

impl Dealer {
    /// Drops whatever has come in so far.
    pub(super) fn drop_input(&mut self, pipes: &mut Pipes) {
        while let Some(id) = self.queue.next(pipes) {
            let Some(frame) = pipes.read(id) else { return };
            self.queue.took(frame.more());
        }
    }
}

/// `ZMQ_PROBE_ROUTER`: an empty message makes the new peer known to the application behind it.
pub(super) fn probe(pipes: &mut Pipes, id: PipeId) {
    // A pipe that was just made has room.
    let _ = pipes.write(id, &mut Outgoing::slice(&[], false));
}
