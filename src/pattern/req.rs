//! REQ: a request, then its reply, in lock-step.
//!
//! On the wire a message is `[request id,] empty frame, body`.
//!
//! Thread: under the socket's lock. Invariants: a reply is taken from the peer that got the request
//! only. Counterpart: RFC 28; `req.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::dealer::Dealer;
use crate::pattern::{Pattern, options, switch};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

#[derive(Debug)]
pub(super) struct Req {
    dealer: Dealer,
    receiving_reply: bool,
    message_begins: bool,
    /// Who got the request.
    reply_pipe: Option<PipeId>,
    /// `ZMQ_REQ_CORRELATE`
    correlate: bool,
    request_id: u32,
    /// Not `ZMQ_REQ_RELAXED`
    strict: bool,
}

impl Req {
    pub(super) fn new(seed: u32) -> Self {
        Self {
            dealer: Dealer::default(),
            receiving_reply: false,
            message_begins: true,
            reply_pipe: None,
            correlate: false,
            request_id: seed,
            strict: true,
        }
    }

    fn send_frame(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        if let Some(id) = self.dealer.balance.send(pipes, out)? {
            self.reply_pipe = Some(id);
        }
        Ok(())
    }

    fn send_envelope(&mut self, pipes: &mut Pipes) -> Result<()> {
        self.reply_pipe = None;
        if self.correlate {
            self.request_id = self.request_id.wrapping_add(1);
            let id = self.request_id.to_ne_bytes();
            self.send_frame(pipes, &mut Outgoing::slice(&id, true))?;
        }
        self.send_frame(pipes, &mut Outgoing::slice(&[], true))?;
        self.message_begins = false;
        // What came before this request is complete cannot be its reply.
        self.dealer.drop_input(pipes);
        Ok(())
    }

    /// The pipe with the next frame of the reply; frames from others are dropped.
    fn next_reply_pipe(&mut self, pipes: &mut Pipes) -> Result<PipeId> {
        loop {
            let id = self.dealer.queue.next(pipes).ok_or(Errno::EAGAIN)?;
            if self.reply_pipe.is_none_or(|reply| reply == id) {
                return Ok(id);
            }
            let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
            self.dealer.queue.took(frame.more());
        }
    }

    /// Reads one frame of the envelope: true if `expected`, and more follow.
    fn take_envelope_frame(&mut self, pipes: &mut Pipes, expected: &[u8]) -> Result<bool> {
        let id = self.next_reply_pipe(pipes)?;
        let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
        let (fits, mut more) = (frame.more() && frame.data() == expected, frame.more());
        self.dealer.queue.took(more);
        while !fits && more {
            let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
            more = frame.more();
            self.dealer.queue.took(more);
        }
        Ok(fits)
    }

    fn take_envelope(&mut self, pipes: &mut Pipes) -> Result<()> {
        while self.message_begins {
            if self.correlate {
                let id = self.request_id.to_ne_bytes();
                if !self.take_envelope_frame(pipes, &id)? {
                    continue;
                }
            }
            if self.take_envelope_frame(pipes, &[])? {
                self.message_begins = false;
            }
        }
        Ok(())
    }
}

impl Pattern for Req {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, all: bool, local: bool) {
        self.dealer.attach(pipes, id, all, local);
    }

    fn detach(&mut self, pipes: &mut Pipes, id: PipeId) {
        if self.reply_pipe == Some(id) {
            self.reply_pipe = None;
        }
        self.dealer.detach(pipes, id);
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.dealer.read_activated(pipes, id);
    }

    fn write_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.dealer.write_activated(pipes, id);
    }

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        if self.receiving_reply {
            if self.strict {
                return Err(Errno::EFSM);
            }
            self.receiving_reply = false;
            self.message_begins = true;
        }
        if self.message_begins {
            self.send_envelope(pipes)?;
        }
        let more = out.more;
        self.send_frame(pipes, out)?;
        if !more {
            self.receiving_reply = true;
            self.message_begins = true;
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        if !self.receiving_reply {
            return Err(Errno::EFSM);
        }
        self.take_envelope(pipes)?;
        let id = self.next_reply_pipe(pipes)?;
        let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
        self.dealer.queue.took(frame.more());
        if !frame.more() {
            self.receiving_reply = false;
            self.message_begins = true;
        }
        Ok(frame)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.receiving_reply && self.dealer.can_recv(pipes)
    }

    fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        !(self.receiving_reply && self.strict) && self.dealer.can_send(pipes)
    }

    fn set_option(&mut self, pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        match id {
            options::REQ_CORRELATE => Some(switch(value).map(|on| self.correlate = on)),
            options::REQ_RELAXED => Some(switch(value).map(|on| self.strict = !on)),
            _ => self.dealer.set_option(pipes, id, value),
        }
    }
}
