//! SUB: receives what it subscribed to.
//!
//! Thread: under the socket's lock. Invariants: as [`Xsub`]. Counterpart: RFC 29; `sub.cpp` of
//! libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::xsub::Xsub;
use crate::pattern::{Pattern, int, options};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

/// `ZMQ_INVERT_MATCHING`
const INVERT_MATCHING: i32 = 74;

#[derive(Debug)]
pub(super) struct Subscriber(Xsub);

impl Default for Subscriber {
    fn default() -> Self {
        Self(Xsub::new(true))
    }
}

impl Pattern for Subscriber {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, all: bool, local: bool) {
        self.0.attach(pipes, id, all, local);
    }

    fn detach(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.0.detach(pipes, id);
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.0.read_activated(pipes, id);
    }

    fn write_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.0.write_activated(pipes, id);
    }

    fn hiccuped(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.0.hiccuped(pipes, id);
    }

    fn send(&mut self, _pipes: &mut Pipes, _out: &mut Outgoing<'_>) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        self.0.recv(pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.0.can_recv(pipes)
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }

    fn set_option(&mut self, pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        match id {
            options::SUBSCRIBE => Some(self.0.subscribe(pipes, value)),
            options::UNSUBSCRIBE => {
                self.0.unsubscribe(pipes, value);
                Some(Ok(()))
            }
            INVERT_MATCHING => Some(int(value).map(|value| self.0.invert = value != 0)),
            _ => None,
        }
    }

    fn get_option(&self, id: i32) -> Option<i32> {
        self.0.get_option(id)
    }
}
