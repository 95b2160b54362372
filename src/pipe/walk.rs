//! A walk over frames that arrived, to find the messages among them.
//!
//! Thread: the holder of a connection's receive role. Invariants: `committed <= at`, both at a frame's
//! beginning; `at` is inside a message exactly if `in_message`.
//! Counterpart: `v2_decoder.cpp` of libzmq 4.3.5.

use crate::msg::frame::{self, Header};

/// A command of up to so many bytes stops the walk: whoever drives the connection looks at it. Longer
/// ones are passed like a message's frame, as no command that concerns a connection is that long.
const LONGEST_COMMAND: u64 = 8192;

/// Why a walk ends.
#[derive(Debug)]
pub(super) enum Stop {
    /// At the end of what arrived.
    Partial,
    /// A message begins for which there is no credit.
    Credit,
    /// At a command that is complete.
    Command,
    /// The frame is longer than the limit: its length.
    Oversize(u64),
    /// The header is there, the rest of the frame is not.
    Incomplete(Header),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    /// Where the walk is.
    pub(super) at: usize,
    /// The end of the last whole message, or of a command between messages.
    pub(super) committed: usize,
    /// Whole messages found.
    pub(super) messages: u64,
    pub(super) in_message: bool,
    /// How many messages may be found.
    credit: u64,
}

impl<'a> Walk<'a> {
    /// A walk that begins at the first of `bytes`.
    pub(super) fn new(bytes: &'a [u8], in_message: bool, credit: u64) -> Self {
        Self { bytes, at: 0, committed: 0, messages: 0, in_message, credit }
    }

    /// Walks as far as possible. Bodies may have up to `max_len` bytes.
    #[inline]
    pub(super) fn run(&mut self, max_len: u64) -> Stop {
        loop {
            if max_len >= u64::from(u8::MAX) {
                self.pass_short_frames();
            }
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(header) = frame::decode_header(rest) else { return Stop::Partial };
            // What it announces may be any number.
            let len = header.body_len.saturating_add(u64::from(header.header_len));
            let is_command = header.flags & frame::COMMAND != 0;
            if is_command && header.body_len <= LONGEST_COMMAND {
                let complete = len <= rest.len() as u64;
                return if complete { Stop::Command } else { Stop::Incomplete(header) };
            }
            if header.body_len > max_len {
                return Stop::Oversize(header.body_len);
            }
            if len > rest.len() as u64 {
                return Stop::Incomplete(header);
            }
            if !self.in_message && self.credit == 0 {
                return Stop::Credit;
            }
            self.at += len as usize;
            if !is_command {
                self.in_message = header.flags & frame::MORE != 0;
                self.messages += u64::from(!self.in_message);
                self.credit -= u64::from(!self.in_message).min(self.credit);
            }
            if !self.in_message {
                self.committed = self.at;
            }
        }
    }

    /// The hot loop: passes messages of one short frame.
    #[inline]
    fn pass_short_frames(&mut self) {
        if self.in_message {
            return;
        }
        let start = self.credit;
        while self.credit > 0
            && let Some(&[0, len]) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk())
            && self.at + 2 + usize::from(len) <= self.bytes.len()
        {
            self.at += 2 + usize::from(len);
            self.credit -= 1;
        }
        if self.credit != start {
            self.messages += start - self.credit;
            self.committed = self.at;
        }
    }
}
