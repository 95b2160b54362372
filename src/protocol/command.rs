//! Commands: a name, and what it takes.
//!
//! Thread: any. Invariants: none. Counterpart: RFC 37 "commands"; `msg.hpp` and
//! `stream_engine_base.cpp` of libzmq 4.3.5.

use super::limits::MAX_PING_CONTEXT;
use super::reader::Reader;

/// Name of the command that subscribes, with its length byte.
pub const SUBSCRIBE: &[u8] = b"\x09SUBSCRIBE";
/// Name of the command that unsubscribes.
pub const CANCEL: &[u8] = b"\x06CANCEL";
/// Name of the command that joins a group.
pub const JOIN: &[u8] = b"\x04JOIN";
/// Name of the command that leaves a group.
pub const LEAVE: &[u8] = b"\x05LEAVE";
pub(super) const READY: &[u8] = b"\x05READY";
pub(super) const ERROR: &[u8] = b"\x05ERROR";
const PING: &[u8] = b"\x04PING";
const PONG: &[u8] = b"\x04PONG";

/// A command that comes after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// A subscription to all that begins with the topic.
    Subscribe(&'a [u8]),
    /// The end of a subscription.
    Cancel(&'a [u8]),
    /// Membership of a group.
    Join(&'a [u8]),
    /// The end of a membership.
    Leave(&'a [u8]),
    /// "Answer me"; give me up after `ttl` tenths of a second without traffic (0: never).
    Ping {
        /** tenths of a second */
        ttl: u16,
        /** comes back in PONG */
        context: &'a [u8],
    },
    /// The answer.
    Pong(&'a [u8]),
    /// The peer gives up, for a reason.
    Error(&'a [u8]),
    /// Anything else that is well formed: not for us.
    Unknown,
}

/// Parses a command frame's body; `None` if it is malformed.
pub fn parse(body: &[u8]) -> Option<Command<'_>> {
    let mut reader = Reader::new(body);
    let name = reader.short_string()?;
    Some(match name {
        b"SUBSCRIBE" => Command::Subscribe(reader.all()),
        b"CANCEL" => Command::Cancel(reader.all()),
        b"JOIN" => Command::Join(reader.all()),
        b"LEAVE" => Command::Leave(reader.all()),
        b"PING" => {
            let ttl = reader.u16()?;
            let context = reader.all();
            // libzmq answers with the first 16 bytes of a longer context.
            let context = context.get(..MAX_PING_CONTEXT).unwrap_or(context);
            Command::Ping { ttl, context }
        }
        b"PONG" => Command::Pong(reader.all()),
        b"ERROR" => Command::Error(reader.short_string()?),
        _ => Command::Unknown,
    })
}

/// Appends a whole PING frame.
pub fn append_ping(out: &mut Vec<u8>, ttl: u16) {
    append_frame(out, &[PING, &ttl.to_be_bytes()]);
}

/// Appends a whole PONG frame.
pub fn append_pong(out: &mut Vec<u8>, context: &[u8]) {
    append_frame(out, &[PONG, context]);
}

pub(super) fn append_frame(out: &mut Vec<u8>, parts: &[&[u8]]) {
    use crate::msg::frame;
    let len = parts.iter().map(|part| part.len()).sum();
    let mut header = [0; frame::MAX_HEADER_LEN];
    let header_len = frame::encode_header(frame::COMMAND, len, &mut header);
    out.extend(header.iter().take(header_len));
    for part in parts {
        out.extend_from_slice(part);
    }
}
