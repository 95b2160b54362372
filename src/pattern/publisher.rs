//! PUB: sends to those who subscribed.
//!
//! Thread: under the socket's lock. Invariants: as [`Xpub`]. Counterpart: RFC 29; `pub.cpp` of
//! libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::xpub::{Kind, Xpub};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug)]
pub(super) struct Publisher(Xpub);

impl Default for Publisher {
    fn default() -> Self {
        Self(Xpub::new(Kind::Pub))
    }
}

impl Pattern for Publisher {
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

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        self.0.send(pipes, out)
    }

    fn recv<'p>(&'p mut self, _pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        Err(Errno::ENOTSUP)
    }

    fn can_recv(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.0.can_send(pipes)
    }

    fn set_option(&mut self, pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        self.0.set_option(pipes, id, value)
    }

    fn get_option(&self, id: i32) -> Option<i32> {
        self.0.get_option(id)
    }
}
