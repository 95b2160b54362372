//! What is said to an authentication handler, and what it answers.
//!
//! ```text
//! request: "", "1.0", request id, domain, address, routing id, mechanism, credentials..
//! reply:   "", "1.0", request id, status, text, user id, metadata
//! ```
//!
//! Thread: any. Invariants: none. Counterpart: RFC 27; `zap_client.cpp` of libzmq 4.3.5.

use super::error::ProtocolError;
use super::handshake::Config;
use super::metadata::{self, Property};

const VERSION: &[u8] = b"1.0";
/// One request per connection needs no other.
const REQUEST_ID: &[u8] = b"1";
/// Frames of a reply.
pub const REPLY_FRAMES: usize = 7;

/// A request, but for the peer's address, which only the connection knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    domain: Vec<u8>,
    routing_id: Vec<u8>,
    mechanism: &'static str,
    credentials: Vec<Vec<u8>>,
}

impl Request {
    pub(super) fn new(config: &Config, mechanism: &'static str, credentials: Vec<Vec<u8>>) -> Self {
        Self {
            domain: config.zap_domain.clone(),
            routing_id: config.routing_id.clone(),
            mechanism,
            credentials,
        }
    }

    /// The frames of the request about a peer at `address`.
    pub fn frames(&self, address: &str) -> Vec<Vec<u8>> {
        let mut frames = vec![
            Vec::new(),
            VERSION.to_vec(),
            REQUEST_ID.to_vec(),
            self.domain.clone(),
            address.as_bytes().to_vec(),
            self.routing_id.clone(),
            self.mechanism.as_bytes().to_vec(),
        ];
        frames.extend(self.credentials.iter().cloned());
        frames
    }
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// 200 lets the peer in; 300, 400 and 500 do not.
    pub(super) status: u16,
    /// The user id and further properties of the peer.
    pub(super) credentials: Vec<Property>,
}

impl Reply {
    pub(super) fn parse(frames: &[Vec<u8>]) -> Result<Self, ProtocolError> {
        let [delimiter, version, request_id, status, _text, user_id, metadata] = frames else {
            return Err(ProtocolError::ZapMalformedReply);
        };
        if !delimiter.is_empty() {
            return Err(ProtocolError::ZapUnspecified);
        }
        if version != VERSION {
            return Err(ProtocolError::ZapBadVersion);
        }
        if request_id != REQUEST_ID {
            return Err(ProtocolError::ZapBadRequestId);
        }
        let status = parse_status(status).ok_or(ProtocolError::ZapInvalidStatus)?;
        let mut credentials = vec![("User-Id".to_owned(), user_id.clone())];
        credentials.extend(metadata::parse(metadata).ok_or(ProtocolError::ZapInvalidMetadata)?);
        Ok(Self { status, credentials })
    }
}

/// A status: 200, 300, 400 or 500.
pub(super) fn parse_status(text: &[u8]) -> Option<u16> {
    match text {
        [digit @ b'2'..=b'5', b'0', b'0'] => Some(u16::from(digit - b'0') * 100),
        _ => None,
    }
}
