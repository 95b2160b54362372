//! REP: receives a request, then sends its reply, in lock-step.
//!
//! A request comes with an envelope (addresses, then an empty frame), which goes to the front of
//! the reply.
//!
//! Thread: under the socket's lock. Invariants: the reply goes where the request came from.
//! Counterpart: RFC 28; `rep.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::Pattern;
use crate::pattern::router::Router;
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug)]
pub(super) struct Rep {
    router: Router,
    sending_reply: bool,
    request_begins: bool,
}

impl Rep {
    pub(super) fn new(seed: u32) -> Self {
        Self { router: Router::new(seed), sending_reply: false, request_begins: true }
    }

    /// Moves the envelope of the next request into the reply.
    fn take_envelope(&mut self, pipes: &mut Pipes) -> Result<()> {
        while self.request_begins {
            let frame = self.router.recv(pipes)?;
            let (more, bottom) = (frame.more(), frame.data().is_empty());
            if !more {
                // No body: not a request. Forget what went into the reply.
                self.router.rollback(pipes);
                continue;
            }
            let mut msg = frame.into_msg();
            msg.set_peer(None);
            // A peer that cannot be written to gets no reply, which is what happens anyway.
            let _ = self.router.send(pipes, &mut Outgoing::msg(&mut msg, true));
            self.request_begins = !bottom;
        }
        Ok(())
    }
}

impl Pattern for Rep {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, all: bool, local: bool) {
        self.router.attach(pipes, id, all, local);
    }

    fn detach(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.router.detach(pipes, id);
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.router.read_activated(pipes, id);
    }

    fn write_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.router.write_activated(pipes, id);
    }

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        if !self.sending_reply {
            return Err(Errno::EFSM);
        }
        let more = out.more;
        self.router.send(pipes, out)?;
        if !more {
            self.sending_reply = false;
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        if self.sending_reply {
            return Err(Errno::EFSM);
        }
        self.take_envelope(pipes)?;
        let frame = self.router.recv(pipes)?;
        if !frame.more() {
            self.sending_reply = true;
            self.request_begins = true;
        }
        Ok(frame)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        !self.sending_reply && self.router.can_recv(pipes)
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        self.sending_reply && self.router.can_send(pipes)
    }

    fn set_option(&mut self, pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        self.router.set_option(pipes, id, value)
    }

    fn has_room_for(&mut self, pipes: &mut Pipes, routing_id: &[u8]) -> Result<bool> {
        self.router.has_room_for(pipes, routing_id)
    }

    fn has_connect_routing_id(&self) -> bool {
        self.router.has_connect_routing_id()
    }
}
