//! Frames to bytes and back for connections whose bytes are not what lies in the pipe: ZMTP 1.0,
//! raw connections, subscriptions to peers older than ZMTP 3.1, and the conflating queue.
//!
//! Thread: the holder of the link's side. Invariants: the buffer holds less than one frame between
//! calls. Counterpart: `v1_encoder.cpp`, `raw_encoder.cpp`, `raw_decoder.cpp` of libzmq 4.3.5.

use crate::msg::frame;
use crate::protocol::command::{CANCEL, JOIN, LEAVE, SUBSCRIBE};
use crate::protocol::{ProtocolError, v1};

/// How frames look on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// ZMTP 1.0.
    V1,
    /// ZMTP 2.0 and 3.0: subscriptions are messages.
    V2,
    /// ZMTP 3.1.
    V3,
    /// Bare bytes.
    Raw,
}

impl Codec {
    /// Appends a frame as the peer wants it.
    pub(super) fn encode(self, out: &mut Vec<u8>, body: &[u8], more: bool, command: bool) {
        // Memberships of groups have been commands ever since there were commands.
        let is_old = match self {
            Self::V3 => false,
            Self::V2 => !body.starts_with(JOIN) && !body.starts_with(LEAVE),
            Self::V1 | Self::Raw => true,
        };
        if command && is_old {
            let (first, topic) = if let Some(topic) = body.strip_prefix(SUBSCRIBE) {
                (1, topic)
            } else if let Some(topic) = body.strip_prefix(CANCEL) {
                (0, topic)
            } else {
                return;
            };
            self.header(out, topic.len() + 1, false, false);
            out.push(first);
            out.extend_from_slice(topic);
            return;
        }
        self.header(out, body.len(), more, command);
        out.extend_from_slice(body);
    }

    fn header(self, out: &mut Vec<u8>, len: usize, more: bool, command: bool) {
        match self {
            Self::Raw => {}
            Self::V1 => v1::append_header(out, more, len),
            Self::V2 | Self::V3 => {
                let flags =
                    if more { frame::MORE } else { 0 } | if command { frame::COMMAND } else { 0 };
                let mut header = [0; frame::MAX_HEADER_LEN];
                let header_len = frame::encode_header(flags, len, &mut header);
                out.extend_from_slice(&header[..header_len]);
            }
        }
    }

    /// The frame at the beginning of `bytes`: its body's place, flags, and total length.
    pub(super) fn decode(
        self,
        bytes: &[u8],
        max_len: u64,
    ) -> Result<Option<DecodedFrame>, ProtocolError> {
        let (header_len, body_len, more, command) = match self {
            Self::Raw => (0, bytes.len() as u64, false, false),
            Self::V1 => match v1::decode_header(bytes).map_err(|_| ProtocolError::Framing)? {
                Some(header) => (header.header_len, header.body_len, header.more, false),
                None => return Ok(None),
            },
            Self::V2 | Self::V3 => match frame::decode_header(bytes) {
                Some(header) => (
                    usize::from(header.header_len),
                    header.body_len,
                    header.flags & frame::MORE != 0,
                    header.flags & frame::COMMAND != 0,
                ),
                None => return Ok(None),
            },
        };
        if body_len > max_len && self != Self::Raw {
            return Err(ProtocolError::TooLarge);
        }
        if self == Self::Raw && bytes.is_empty() {
            return Ok(None);
        }
        let Some(end) = usize::try_from(body_len).ok().and_then(|len| len.checked_add(header_len))
        else {
            return Err(ProtocolError::TooLarge);
        };
        if bytes.len() < end {
            return Ok(None);
        }
        Ok(Some(DecodedFrame { body: header_len..end, more, command }))
    }
}

/// Where a frame lies in the input.
#[derive(Debug)]
pub(super) struct DecodedFrame {
    pub(super) body: std::ops::Range<usize>,
    pub(super) more: bool,
    pub(super) command: bool,
}
