//! The transmitting side of a link: from the pipe to the kernel.
//!
//! Thread: the holder of the transmit role. Invariants: commands go out between messages only;
//! what the kernel did not take stays in the pipe or in `wire`.
//! Counterpart: the output half of `stream_engine_base.cpp` in libzmq 4.3.5.

use std::io::{self, IoSlice};
use std::sync::Arc;

use crate::msg::Msg;
use crate::pipe::{self, Flushed, Flusher, LatestReader, Reader, Writer};
use crate::sys;

use super::codec::Codec;
use super::jam::{BACKLOG, Patience};
use super::link::Conn;

/// Bytes encoded ahead of the kernel.
const WIRE_AHEAD: usize = 64 << 10;

/// The pipe's end from which the bytes come.
#[derive(Debug)]
pub(super) enum Source {
    /// Passed through as they lie in the pipe.
    Flusher(Flusher),
    /// Frame by frame.
    Reader(Reader),
    /// The last message only.
    Latest(LatestReader),
    /// The pipe is gone, or was not made yet.
    None,
}

#[derive(Debug)]
pub(super) struct TxSide {
    pub(super) source: Source,
    pub(super) conn: Option<Arc<Conn>>,
    codec: Codec,
    /// Commands to be sent between two messages.
    pub(super) prefix: Vec<u8>,
    /// Encoded and not sent, for sources that are not passed through.
    wire: Vec<u8>,
    sent: usize,
    /// Of senders, when the kernel is full.
    pub(super) patience: Patience,
}

impl TxSide {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            conn: None,
            codec: Codec::V3,
            prefix: Vec::new(),
            wire: Vec::new(),
            sent: 0,
            patience: Patience::new(),
        }
    }

    /// A connection begins that speaks `codec`.
    pub(super) fn begin(&mut self, conn: Arc<Conn>, codec: Codec, subscribes: bool) {
        self.conn = Some(conn);
        self.codec = codec;
        self.prefix.clear();
        self.wire.clear();
        self.sent = 0;
        let pass_through = match codec {
            Codec::V3 => true,
            Codec::V2 => !subscribes,
            Codec::V1 | Codec::Raw => false,
        };
        self.source = match std::mem::replace(&mut self.source, Source::None) {
            Source::Flusher(mut flusher) => {
                flusher.restart();
                if pass_through {
                    Source::Flusher(flusher)
                } else {
                    Source::Reader(flusher.into_reader())
                }
            }
            Source::Reader(reader) if pass_through && !reader.in_message() => {
                Source::Flusher(Flusher::from_reader(reader))
            }
            other => other,
        };
    }

    /// A message that goes before all that waits in the pipe; the connection has just begun.
    pub(super) fn send_first(&mut self, body: &[u8]) {
        self.codec.encode(&mut self.prefix, body, false, false);
    }

    /// The connection is gone; the pipe stays.
    pub(super) fn end(&mut self) -> Option<Arc<Conn>> {
        if let Source::Flusher(flusher) = &mut self.source {
            flusher.restart();
        }
        self.conn.take()
    }

    /// Hands to the kernel what is there. Bodies that are done with end up in `spent`, to be
    /// dropped by the caller when it holds nothing.
    pub(super) fn flush(&mut self, spent: &mut Vec<Msg>) -> io::Result<Flushed> {
        let Some(conn) = self.conn.clone() else { return Ok(Flushed::Drained) };
        let send = |slices: &[IoSlice<'_>]| sys::io::send(&conn.stream, slices);
        if let Source::Flusher(flusher) = &mut self.source {
            let result = flusher.flush(&mut self.prefix, send);
            spent.append(&mut flusher.spent);
            return result;
        }
        loop {
            self.encode(spent);
            let pending = &self.wire[self.sent..];
            if pending.is_empty() {
                return Ok(Flushed::Drained);
            }
            match send(&[IoSlice::new(pending)]) {
                Ok(n) => self.sent += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Flushed::Full);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn encode(&mut self, spent: &mut Vec<Msg>) {
        if self.sent == self.wire.len() {
            self.wire.clear();
            self.sent = 0;
            if self.wire.capacity() > WIRE_AHEAD * 2 {
                self.wire.shrink_to(WIRE_AHEAD);
            }
        }
        while self.wire.len() - self.sent < WIRE_AHEAD {
            if !self.prefix.is_empty() && self.between_messages() {
                self.wire.append(&mut self.prefix);
            }
            match &mut self.source {
                Source::Reader(reader) => {
                    let Some(frame) = reader.read() else { return };
                    self.codec.encode(
                        &mut self.wire,
                        frame.data(),
                        frame.more(),
                        frame.is_command(),
                    );
                    spent.extend(frame.into_external());
                }
                Source::Latest(reader) => {
                    let Some(msg) = reader.read() else {
                        // Arms the signal for the next message.
                        if !reader.can_read() {
                            return;
                        }
                        continue;
                    };
                    self.codec.encode(&mut self.wire, msg.data(), msg.more(), false);
                    spent.push(msg);
                }
                Source::Flusher(_) | Source::None => return,
            }
        }
    }

    /// Asks the pipe for a signal when there is more. False: there is already.
    pub(super) fn arm(&mut self) -> bool {
        if self.conn.is_none() {
            // The next connection begins with a flush.
            return true;
        }
        match &mut self.source {
            Source::Flusher(flusher) => flusher.arm(),
            Source::Reader(reader) => !reader.can_read(),
            Source::Latest(reader) => !reader.can_read(),
            Source::None => true,
        }
    }

    fn between_messages(&self) -> bool {
        match &self.source {
            Source::Reader(reader) => !reader.in_message(),
            _ => true,
        }
    }

    /// Stream offset up to which the pipe was emptied.
    pub(super) fn offset(&self) -> Option<u64> {
        match &self.source {
            Source::Flusher(flusher) => Some(flusher.offset()),
            _ => None,
        }
    }

    /// Something is published that the kernel did not get.
    pub(super) fn has_output(&mut self) -> bool {
        if self.sent < self.wire.len() || !self.prefix.is_empty() {
            return true;
        }
        match &mut self.source {
            Source::Flusher(flusher) => flusher.has_output(),
            Source::Reader(reader) => reader.can_read(),
            Source::Latest(reader) => reader.can_read(),
            Source::None => false,
        }
    }

    /// More large bodies wait in the pipe than is good for them.
    pub(super) fn is_backed_up(&mut self) -> bool {
        match &mut self.source {
            Source::Flusher(flusher) => flusher.has_bulk(BACKLOG),
            _ => false,
        }
    }

    /// Has the I/O thread told when the kernel has room, or not any more.
    pub(super) fn wait_for_room(&self, wait: bool) -> io::Result<()> {
        self.conn.as_ref().map_or(Ok(()), |conn| conn.registration.set_write(wait))
    }

    /// The socket closed its end and everything went out.
    pub(super) fn is_finished(&mut self) -> bool {
        !self.has_output()
            && match &mut self.source {
                Source::Flusher(flusher) => flusher.is_finished(),
                Source::Reader(reader) => reader.is_finished(),
                Source::Latest(reader) => reader.is_finished(),
                Source::None => true,
            }
    }

    /// Lets the pipe start over in the same memory when everything went out.
    pub(super) fn rewind(&mut self, writer: &mut Writer) {
        if let Source::Flusher(flusher) = &mut self.source {
            pipe::rewind_outbound(writer, flusher);
        }
    }
}
