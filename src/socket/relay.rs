//! Moves messages from one socket to another: small ones with both sockets held, as long as they
//! come and there is room for them; all others, and all where there is somebody who wants a copy,
//! one by one.
//!
//! Thread: any, which holds the source's lock when it asks for that of the sink, and then takes it
//! only if it is free. Invariants: a message is taken from the source only when the sink has room
//! for it; what was taken is given, or an error returned. Counterpart: `proxy.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::pattern::PIPE_LOST;
use crate::pipe::{Frame, Outgoing};

use super::Socket;
use super::state::State;

/// Messages moved one way before the other has its turn.
const BURST: u32 = 1000;

/// Bodies up to this size are copied from side to side; larger ones travel as messages, which may
/// go by pointer.
const COPIED: usize = 512;

/// Messages and bytes that passed one socket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

impl Passed {
    /// COMPAT: each frame counts (`capi-tests/api/proxy.c`).
    #[inline(always)]
    fn count(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }
}

/// A frame that is copied as bytes.
#[inline(always)]
fn is_copied(frame: &Frame<'_>) -> bool {
    !frame.is_external() && frame.data().len() <= COPIED && frame.routing_id() == 0
}

/// A frame between the two sides, when neither is locked.
#[derive(Debug, Default)]
struct Cargo {
    bytes: Vec<u8>,
    /// The frame, if it is not in `bytes`.
    msg: Option<Msg>,
    more: bool,
}

impl Cargo {
    fn load(&mut self, frame: Frame<'_>) {
        self.more = frame.more();
        self.bytes.clear();
        if is_copied(&frame) {
            self.bytes.extend_from_slice(frame.data());
        } else {
            self.msg = Some(frame.into_anonymous_msg());
        }
    }

    fn len(&self) -> usize {
        self.msg.as_ref().map_or(self.bytes.len(), Msg::len)
    }

    fn copy_to(&mut self, socket: &'static Socket) -> Result<()> {
        match &mut self.msg {
            Some(msg) => socket.send_msg(&mut msg.share(), false, self.more)?,
            None => socket.send_slice(&self.bytes, false, self.more)?,
        };
        Ok(())
    }

    fn unload_to(&mut self, socket: &'static Socket) -> Result<()> {
        match self.msg.take() {
            Some(mut msg) => socket.send_msg(&mut msg, false, self.more)?,
            None => socket.send_slice(&self.bytes, false, self.more)?,
        };
        Ok(())
    }
}

/// Moves messages until there are no more, there is no room for more, or the other direction is to
/// have its turn. Counts them for both sides.
pub(super) fn forward(
    from: &'static Socket,
    to: &'static Socket,
    capture: Option<&'static Socket>,
    passed: [&mut Passed; 2],
) -> Result<()> {
    let mut route = Route { from, to, cargo: Cargo::default(), passed: Passed::default() };
    let result = route.forward(capture);
    for side in passed {
        side.messages += route.passed.messages;
        side.bytes += route.passed.bytes;
    }
    result
}

struct Route {
    from: &'static Socket,
    to: &'static Socket,
    cargo: Cargo,
    passed: Passed,
}

impl Route {
    fn forward(&mut self, capture: Option<&'static Socket>) -> Result<()> {
        let is_echo = std::ptr::eq(self.from, self.to);
        let mut left = BURST;
        while left > 0 {
            let loaded = capture.is_none() && self.run(&mut left)?;
            if !loaded && (!is_echo && !self.to.has_room()? || !self.take(true)?) {
                break;
            }
            self.finish(capture)?;
            left = left.saturating_sub(1);
            if is_echo {
                break;
            }
        }
        Ok(())
    }

    /// Moves small messages, counting `left` down, with both sockets held. True if the next frame is
    /// in the cargo; all else is for [`Route::take`] to find out.
    fn run(&mut self, left: &mut u32) -> Result<bool> {
        let mut source = self.from.open_to_news()?;
        let Some(mut sink) = self.to.try_lock() else { return Ok(false) };
        self.to.count_call();
        while *left > 0 && !source.is_contended() && !sink.is_contended() {
            let (source, sink) = (&mut *source, &mut *sink);
            for side in [&mut *source, &mut *sink] {
                if side.may_have_news() {
                    side.hear_news()?;
                }
            }
            if !sink.pattern.can_send(&mut sink.pipes) {
                break;
            }
            match self.pass(source, sink)? {
                Passage::Passed => *left -= 1,
                Passage::Loaded => return Ok(true),
                Passage::Nothing => break,
            }
        }
        Ok(false)
    }

    /// Moves one message.
    #[inline(always)]
    fn pass(&mut self, source: &mut State, sink: &mut State) -> Result<Passage> {
        let mut first = true;
        loop {
            let frame = match source.try_recv() {
                Ok(frame) => frame,
                Err(Errno::EAGAIN) if first => return Ok(Passage::Nothing),
                Err(errno) => return Err(errno),
            };
            first = false;
            let more = frame.more();
            let mut sent = Err(Errno::EAGAIN);
            if is_copied(&frame) {
                sent = self.to.send_held(sink, &mut Outgoing::slice(frame.data(), more));
            }
            // The rest of a message whose pipe is gone has nowhere to go.
            let is_sent = matches!(sent, Ok(()) | Err(PIPE_LOST));
            if is_sent {
                self.passed.count(frame.data().len());
            } else {
                self.cargo.load(frame);
            }
            source.received(more);
            source.settle();
            if !is_sent {
                return Ok(Passage::Loaded);
            }
            if !more {
                return Ok(Passage::Passed);
            }
        }
    }

    /// Takes a frame into the cargo; false if there is none, and it is the `first` of its message.
    fn take(&mut self, first: bool) -> Result<bool> {
        match self.from.recv(first, |frame| self.cargo.load(frame)) {
            Ok(()) => Ok(true),
            Err(Errno::EAGAIN) if first => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Gives the frame that is in the cargo, and the others of its message.
    fn finish(&mut self, capture: Option<&'static Socket>) -> Result<()> {
        loop {
            let len = self.cargo.len();
            if let Some(capture) = capture {
                self.cargo.copy_to(capture)?;
            }
            self.cargo.unload_to(self.to)?;
            self.passed.count(len);
            if !self.cargo.more {
                return Ok(());
            }
            self.take(false)?;
        }
    }
}

/// What became of a message.
enum Passage {
    Passed,
    /// Its next frame is in the cargo.
    Loaded,
    Nothing,
}
