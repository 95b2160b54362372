//! The queue of a socket with `ZMQ_CONFLATE`: it holds one message, the last one written.
//!
//! Thread: as the byte queue's ends. Invariants: at most one message is kept; single frames only,
//! as `ZMQ_CONFLATE` has it. Counterpart: `ypipe_conflate.hpp` and `dbuffer.hpp` in libzmq 4.3.5.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::msg::{Msg, PeerInfo};
use crate::pipe::direction::{Signal, signals};
use crate::pipe::{Body, Frame, Given, Outgoing};
use crate::sync::Slot;

struct Shared {
    state: Mutex<State>,
    peer: Slot<PeerInfo>,
    to_reader: Arc<dyn Signal>,
}

struct State {
    latest: Option<Msg>,
    /// The reader found nothing and wants a signal.
    armed: bool,
    writer_closed: bool,
    reader_closed: bool,
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a queue that keeps the last message only.
pub fn latest(to_reader: Arc<dyn Signal>) -> (LatestWriter, LatestReader) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            latest: None,
            armed: true,
            writer_closed: false,
            reader_closed: false,
        }),
        peer: Slot::new(),
        to_reader,
    });
    (
        LatestWriter(Arc::clone(&shared)),
        LatestReader { shared, peer: None, peeked: None, given: Given::new() },
    )
}

/// Writing end: never full.
pub struct LatestWriter(Arc<Shared>);

/// Reading end.
pub struct LatestReader {
    shared: Arc<Shared>,
    peer: Option<Arc<PeerInfo>>,
    peeked: Option<Msg>,
    /// The frame that was given out last.
    given: Given,
}

impl LatestWriter {
    /// Puts the frame in the place of the message that is there. Returns false when closed.
    pub fn write(&mut self, out: &mut Outgoing<'_>) -> bool {
        let (wake, replaced) = {
            let mut state = self.0.lock();
            if state.reader_closed {
                return false;
            }
            let mut msg = match &mut out.body {
                Body::Slice(bytes) => Msg::from_slice(bytes),
                Body::Msg(msg) => std::mem::take(*msg),
            };
            msg.set_more(out.more);
            (std::mem::take(&mut state.armed), state.latest.replace(msg))
        };
        drop(replaced);
        if wake {
            self.0.to_reader.signal(signals::READABLE);
        }
        true
    }

    /// As [`LatestWriter::write`], but leaves the body with the caller, who has others to send it to.
    pub fn write_copy(&mut self, out: &mut Outgoing<'_>) -> bool {
        match &mut out.body {
            // A user's function is to run where the message ends, not where the next one replaces it.
            Body::Msg(msg) if !msg.has_foreign() => {
                self.write(&mut Outgoing::msg(&mut msg.share(), out.more))
            }
            _ => self.write(&mut Outgoing::slice(out.data(), out.more)),
        }
    }

    /// True while somebody may read.
    pub fn can_write(&self) -> bool {
        !self.0.lock().reader_closed
    }

    /// Says who writes.
    pub fn set_peer(&mut self, peer: Arc<PeerInfo>) {
        self.0.peer.set(peer);
        self.0.to_reader.signal(signals::READABLE);
    }

    /// Ends the queue; a message that is there can still be read.
    pub fn close(&mut self) {
        let wake = {
            let mut state = self.0.lock();
            !std::mem::replace(&mut state.writer_closed, true) && state.armed
        };
        if wake {
            self.0.to_reader.signal(signals::READABLE | signals::CLOSED);
        }
    }

    /// Tells the reader's side something that stands outside the stream.
    pub fn signal_reader(&self, bits: u32) {
        self.0.to_reader.signal(bits);
    }
}

impl LatestReader {
    /// True if a message is there; arms the signal if not.
    pub fn can_read(&mut self) -> bool {
        if self.peeked.is_some() {
            return true;
        }
        let mut state = self.shared.lock();
        state.armed = state.latest.is_none();
        !state.armed
    }

    /// True if a message is there.
    pub fn has_message(&self) -> bool {
        self.peeked.is_some() || self.shared.lock().latest.is_some()
    }

    /// Takes the message.
    pub fn read(&mut self) -> Option<Msg> {
        let msg = self.peeked.take().or_else(|| self.shared.lock().latest.take());
        if msg.is_some() {
            self.peer = self.shared.peer.get();
        }
        msg
    }

    /// Takes the message as a frame.
    pub(super) fn read_frame(&mut self) -> Option<Frame<'_>> {
        let msg = self.read()?;
        let more = msg.more();
        self.given.set_peer(self.peer.as_ref());
        Some(self.given.put(msg, more))
    }

    /// Gives out bytes of the caller's as the first frame of the message that is there.
    pub(super) fn precede<'a>(&'a mut self, bytes: &'a [u8]) -> Frame<'a> {
        self.given.set_peer(self.peer.as_ref());
        self.given.put_slice(bytes, true)
    }

    /// The message's body, without giving it out. A later message no longer takes its place.
    pub fn peek(&mut self) -> Option<&[u8]> {
        if self.peeked.is_none() {
            self.peeked = self.shared.lock().latest.take();
        }
        self.peeked.as_ref().map(Msg::data)
    }

    /// True when the writer closed and nothing is left.
    pub fn is_finished(&self) -> bool {
        let state = self.shared.lock();
        state.writer_closed && state.latest.is_none()
    }

    /// Who wrote the last message that was read, or announced itself.
    pub fn peer(&self) -> Option<Arc<PeerInfo>> {
        self.peer.clone().or_else(|| self.shared.peer.get())
    }

    /// Wants no more.
    pub fn close(&mut self) {
        self.shared.lock().reader_closed = true;
    }
}

impl Drop for LatestWriter {
    fn drop(&mut self) {
        self.close();
    }
}

impl Drop for LatestReader {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for LatestWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LatestWriter")
    }
}

impl fmt::Debug for LatestReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LatestReader")
    }
}
