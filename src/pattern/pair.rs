//! PAIR: one peer, no routing.
//!
//! Thread: under the socket's lock. Invariants: one pipe at most; further ones are turned away.
//! Counterpart: RFC 31; `pair.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(super) struct Pair {
    pipe: Option<PipeId>,
}

impl Pattern for Pair {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        if let Some(old) = self.pipe {
            // A peer that left may not have been noticed yet.
            if !pipes.is_over(old) {
                return pipes.terminate(id);
            }
            pipes.terminate(old);
        }
        self.pipe = Some(id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        if self.pipe == Some(id) {
            self.pipe = None;
        }
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        // Notices the end of the pipe, and arms it for more.
        pipes.can_read(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        match self.pipe {
            Some(id) if pipes.write(id, out) => {
                if !out.more {
                    pipes.send_directly(id);
                }
                Ok(())
            }
            _ => Err(Errno::EAGAIN),
        }
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        let id = self.pipe.ok_or(Errno::EAGAIN)?;
        if !pipes.look_alone(id) {
            return Err(Errno::EAGAIN);
        }
        pipes.receive_directly(id);
        pipes.read(id).ok_or(Errno::EAGAIN)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.pipe.is_some_and(|id| pipes.look_alone(id))
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.pipe.is_some_and(|id| pipes.can_write(id))
    }

    fn sends_directly(&self) -> bool {
        true
    }

    fn receives_directly(&self) -> bool {
        true
    }
}
