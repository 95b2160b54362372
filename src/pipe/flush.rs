//! The reading end of a byte queue when its bytes go to the kernel as they are.
//!
//! Thread: the holder of a connection's transmit role.
//! Invariants: `done <= sent`; `done` stands at a message's beginning, and everything from there on
//! is kept, so that a message that was cut off by a broken connection is sent whole on the next.
//! Counterpart: encoder and output buffer of `stream_engine_base.cpp` in libzmq 4.3.5.

use std::fmt;
use std::io::{self, IoSlice};
use std::sync::Arc;

use crate::msg::{Msg, frame};
use crate::pipe::cursor::Cursor;
use crate::pipe::direction::Direction;

/// Slices per system call. The kernel takes 1024; a burst of small messages needs one.
const MAX_SLICES: usize = 32;

/// Bytes per system call. Larger writes are slower on loopback: the receiver starts later.
const MAX_BYTES: usize = 64 << 10;

/// What a flush left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Everything published was handed to the kernel.
    Drained,
    /// The kernel takes no more for now.
    Full,
}

/// The reading end for pass-through connections.
pub struct Flusher {
    /// At the first message that has not been handed over entirely.
    done: Cursor,
    /// How much beyond `done` has been handed over: stream bytes and bodies by pointer alike.
    ahead: u64,
    messages: u64,
    /// Bodies that went by pointer and are done with. Dropping one may run a user's function, so
    /// the holder takes them out and drops them when it holds nothing.
    pub spent: Vec<Msg>,
}

impl Flusher {
    pub(super) fn new(dir: Arc<Direction>) -> Self {
        Self { done: Cursor::new(dir), ahead: 0, messages: 0, spent: Vec::new() }
    }

    /// True if something published has not been handed over.
    #[inline]
    pub fn has_output(&mut self) -> bool {
        self.done.dir.published() != self.done.pos() || self.ahead > 0
    }

    /// Asks for [`signals::READABLE`](super::signals::READABLE) when more is published than was
    /// handed over. False: there is more already.
    pub fn arm(&mut self) -> bool {
        let (dir, at) = (&self.done.dir, self.done.pos());
        dir.arm_reader(at) || dir.writer_closed() && dir.published() == at
    }

    /// True if more than `limit` bytes of bodies that go by pointer have not been handed over, and
    /// little else.
    pub fn has_bulk(&mut self, limit: u64) -> bool {
        self.done.refresh(|_| ());
        let copied = self.done.published() - self.done.pos();
        if copied > limit / 8 {
            return false;
        }
        let limit = self.ahead + copied + limit;
        let mut bytes = 0;
        self.done.visit(self.done.published(), |part| {
            bytes += part.len() as u64;
            bytes <= limit
        });
        bytes > limit
    }

    /// Stream offset up to which everything was handed over.
    pub fn offset(&self) -> u64 {
        self.done.pos()
    }

    /// Hands `prefix` and then everything published to `send` (a vectored, non-blocking write),
    /// until all is gone or `send` would block. What was taken off `prefix` is removed from it.
    /// If the last flush ended inside a message, `prefix` follows that message.
    pub fn flush(
        &mut self,
        prefix: &mut Vec<u8>,
        mut send: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Flushed> {
        loop {
            let messages = self.done.dir.published_messages();
            self.done.refresh(|_| ());
            let until = self.done.published();
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let (mut count, mut bytes) = (0, 0);
            // A command may not stand inside a message.
            if self.ahead == 0 && !prefix.is_empty() {
                slices[0] = IoSlice::new(prefix);
                (count, bytes) = (1, prefix.len());
            }
            let mut skip = self.ahead;
            let mut complete = true;
            self.done.visit(until, |part| {
                let skipped = skip.min(part.len() as u64);
                skip -= skipped;
                let part = &part[skipped as usize..];
                if part.is_empty() {
                    return true;
                }
                if count == MAX_SLICES || bytes >= MAX_BYTES {
                    complete = false;
                    return false;
                }
                let room = if part.len() > MAX_BYTES { part.len() } else { MAX_BYTES - bytes };
                let take = part.len().min(room);
                // SAFETY: the bytes are published and `self.done` does not move before the slices
                // are gone at the end of this round; `visit` only cannot say so in its types.
                slices[count] = IoSlice::new(unsafe { &*std::ptr::from_ref(&part[..take]) });
                count += 1;
                bytes += take;
                complete = take == part.len();
                complete
            });
            if count == 0 {
                self.drained(until, messages);
                return Ok(Flushed::Drained);
            }
            let sent = match send(&slices[..count]) {
                Ok(sent) => sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Flushed::Full);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let from_prefix = if self.ahead == 0 { sent.min(prefix.len()) } else { 0 };
            prefix.drain(..from_prefix);
            self.ahead += (sent - from_prefix) as u64;
            if sent == bytes && complete {
                self.drained(until, messages);
            } else {
                self.advance();
                if sent < bytes {
                    return Ok(Flushed::Full);
                }
            }
        }
    }

    /// Everything before `until`, `messages` of them at least, has been handed over.
    fn drained(&mut self, until: u64, messages: u64) {
        self.ahead = 0;
        while self.done.pos() < until {
            if !self.done.has_bytes() && !self.done.refresh(|_| ()) {
                break;
            }
            let left = usize::try_from(until - self.done.pos()).unwrap_or(usize::MAX);
            self.done.skip(self.done.until_external().min(left));
            if self.done.at_external() {
                self.spent.push(self.done.take_external());
            }
        }
        if messages > self.messages {
            self.messages = messages;
            self.done.dir.consume(messages);
        }
    }

    /// Moves `done` over the messages that have been handed over entirely.
    fn advance(&mut self) {
        // One whole message at a time, measured header by header without moving.
        while let Some((length, frames)) = self.message_length() {
            if length > self.ahead {
                break;
            }
            self.ahead -= length;
            let mut is_message = false;
            for _ in 0..frames {
                if !self.done.has_bytes() {
                    self.done.refresh(|_| ());
                }
                let header = self.done.header();
                is_message = header.flags & frame::COMMAND == 0;
                self.done.skip(usize::from(header.header_len));
                if self.done.at_external() {
                    self.spent.push(self.done.take_external());
                } else {
                    self.done.skip(header.body_len as usize);
                }
            }
            self.messages += u64::from(is_message);
        }
        if self.messages > self.done.dir.consumed() {
            self.done.dir.consume(self.messages);
        }
    }

    /// Bytes on the wire and number of frames of the message at `done`.
    fn message_length(&self) -> Option<(u64, usize)> {
        let (mut length, mut frames) = (0u64, 0usize);
        // Bytes of a body that the walk still has to pass.
        let mut body = 0u64;
        let mut last = false;
        self.done.visit(self.done.published(), |mut part| {
            loop {
                let step = body.min(part.len() as u64);
                body -= step;
                part = &part[step as usize..];
                if body == 0 && last {
                    return false;
                }
                if part.is_empty() {
                    return true;
                }
                let Some(header) = frame::decode_header(part) else { return false };
                part = &part[usize::from(header.header_len)..];
                body = header.body_len;
                length += u64::from(header.header_len) + header.body_len;
                frames += 1;
                last = header.flags & frame::MORE == 0;
            }
        });
        (last && frames > 0).then_some((length, frames))
    }

    /// A new connection begins: what the old one got of an unfinished message is sent again.
    pub fn restart(&mut self) {
        self.ahead = 0;
    }

    /// True when the writer closed and everything was handed over.
    pub fn is_finished(&mut self) -> bool {
        self.done.dir.writer_closed() && !self.has_output()
    }

    /// Wants no more: the writer's side learns of it.
    pub fn close(&mut self) {
        self.done.dir.close_reader();
    }

    /// Turns into a frame-by-frame reader, for a connection that transforms what it sends. Starts
    /// at the first message that was not handed over entirely.
    pub fn into_reader(self) -> super::Reader {
        let mut reader = super::Reader::from_cursor(self.done, self.messages);
        reader.want_commands();
        reader
    }

    /// Turns a reader back, for the next connection.
    pub fn from_reader(reader: super::Reader) -> Self {
        let messages = reader.messages();
        Self { done: reader.cursor, ahead: 0, messages, spent: Vec::new() }
    }

    pub(super) fn cursor(&mut self) -> &mut Cursor {
        &mut self.done
    }
}

impl fmt::Debug for Flusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flusher")
            .field("dir", &self.done.dir)
            .field("done", &self.done.pos())
            .field("ahead", &self.ahead)
            .finish()
    }
}
