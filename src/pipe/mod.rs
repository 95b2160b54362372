//! The hop between threads: a pipe joins a socket to a connection, or two sockets (inproc). It is
//! two byte queues, one each way; a queue holds ZMTP frames, encoded once by whoever writes, so
//! that a connection passes them to the kernel and from it as they are.
//!
//! ```text
//!   socket A                         pipe                          connection, or socket B
//!   End { tx: Writer  ------ Direction: chunks, credit ------> Reader / Flusher
//!         rx: Reader  <----- Direction: chunks, credit ------- Writer / Filler }
//! ```
//!
//! `chunk` is the memory, `direction` the words that both ends share, `cursor` a place in the
//! stream; `writer`/`reader` work frame by frame, `fill` (with `walk`) and `flush` against the kernel; `conflate` is
//! the queue that keeps the last message only; `port` is how a socket hears of its pipes.
//!
//! Thread: each end belongs to one holder at a time (the socket's lock, a connection's role).
//! Invariants: every message that `write` accepted is read, or still queued, or dropped with a
//! closed end; a reader sees whole messages in order.
//! Counterpart: `pipe.cpp`, `ypipe.hpp`, `yqueue.hpp` of libzmq 4.3.5.

mod attention;
mod chunk;
mod conflate;
mod copy;
mod crossing;
mod cursor;
mod direction;
mod fill;
mod flush;
mod frame;
mod heels;
mod pipes;
mod port;
mod reader;
mod walk;
mod writer;

use std::sync::Arc;

use crate::msg::Msg;
use direction::Direction;

pub use attention::Attention;
pub use conflate::{LatestReader, LatestWriter, latest};
pub use direction::{Signal, signals};
pub use fill::{Filler, ScanError, Scanned};
pub use flush::{Flushed, Flusher};
pub use frame::{Frame, Given};
pub use heels::Moment;
pub use pipes::{End, PipeId, Pipes, Rx, Tx};
pub use port::{Inbox, LatePort, Port, PortSignal, Wake};
pub use reader::Reader;
pub use writer::{Thresholds, Writer};

/// The body of a frame on its way out.
#[derive(Debug)]
pub enum Body<'a> {
    /// Bytes that the caller keeps.
    Slice(&'a [u8]),
    /// A message that is moved from when it is taken, and left alone when not.
    Msg(&'a mut Msg),
}

/// A frame on its way out.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// What to send.
    pub body: Body<'a>,
    /// More frames of the same message follow.
    pub more: bool,
}

impl<'a> Outgoing<'a> {
    /// A frame of bytes.
    pub fn slice(bytes: &'a [u8], more: bool) -> Self {
        Self { body: Body::Slice(bytes), more }
    }

    /// A frame of a message.
    pub fn msg(msg: &'a mut Msg, more: bool) -> Self {
        Self { body: Body::Msg(msg), more }
    }

    /// The number of the peer that the message is for; 0 for none.
    pub fn routing_id(&self) -> u32 {
        match &self.body {
            Body::Slice(_) => 0,
            Body::Msg(msg) => msg.routing_id(),
        }
    }

    /// The group that the message is for.
    pub fn group(&self) -> &[u8] {
        match &self.body {
            Body::Slice(_) => &[],
            Body::Msg(msg) => msg.group(),
        }
    }

    /// The body's bytes.
    pub fn data(&self) -> &[u8] {
        match &self.body {
            Body::Slice(bytes) => bytes,
            Body::Msg(msg) => msg.data(),
        }
    }
}

/// The watermarks of one queue: each side's share in messages, 0 for "no limit", `None` for a side
/// that has no say.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// The writer's share.
    pub writer: Option<u32>,
    /// The reader's share.
    pub reader: Option<u32>,
}

/// Makes one byte queue.
pub fn queue(
    to_reader: Arc<dyn Signal>,
    to_writer: Arc<dyn Signal>,
    marks: Marks,
    thresholds: Thresholds,
) -> (Writer, Reader) {
    let dir = Direction::new(to_reader, to_writer, marks.writer, marks.reader);
    (Writer::new(Arc::clone(&dir), thresholds), Reader::new(dir))
}

/// Makes one byte queue whose reading end passes its bytes to the kernel.
pub fn outbound(
    to_reader: Arc<dyn Signal>,
    to_writer: Arc<dyn Signal>,
    marks: Marks,
) -> (Writer, Flusher) {
    let dir = Direction::new(to_reader, to_writer, marks.writer, marks.reader);
    (Writer::new(Arc::clone(&dir), Thresholds::NETWORK), Flusher::new(dir))
}

/// Lets the queue start over in the same memory, which is then still in the cache: for a caller
/// that holds both ends when everything was consumed. Does nothing otherwise.
pub fn rewind_outbound(writer: &mut Writer, flusher: &mut Flusher) {
    writer.rewind(flusher.cursor(), false);
}

/// As [`rewind_outbound`]; bytes of an unfinished frame move to the front.
pub fn rewind_inbound(filler: &mut Filler, reader: &mut Reader) {
    let hungry = filler.take_hungry();
    if filler.has_body() {
        return;
    }
    filler.writer().rewind(&mut reader.cursor, hungry);
}
