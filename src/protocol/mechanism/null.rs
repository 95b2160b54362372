//! NULL: each side says READY with its metadata, and that is all.
//!
//! Thread: whoever owns the connection. Invariants: READY goes out once. Counterpart: RFC 37 "The
//! NULL Security Mechanism"; `null_mechanism.cpp` of libzmq 4.3.5.

use super::super::command::{self, ERROR, READY};
use super::super::error::ProtocolError;
use super::super::handshake::Config;
use super::super::metadata::{self, Property};

/// Appends our READY.
pub(in super::super) fn append_ready(out: &mut Vec<u8>, config: &Config) {
    let mut properties = Vec::new();
    metadata::append(&mut properties, "Socket-Type", config.socket_type.name().as_bytes());
    if config.socket_type.announces_routing_id() {
        metadata::append(&mut properties, "Identity", &config.routing_id);
    }
    for (name, value) in &config.metadata {
        metadata::append(&mut properties, name, value.as_bytes());
    }
    command::append_frame(out, &[READY, &properties]);
}

/// Reads the peer's answer: its properties.
pub(in super::super) fn handle(body: &[u8]) -> Result<Vec<Property>, ProtocolError> {
    if let Some(rest) = body.strip_prefix(READY) {
        return metadata::parse(rest).ok_or(ProtocolError::InvalidMetadata);
    }
    if let Some(rest) = body.strip_prefix(ERROR) {
        let reason = rest.split_first().filter(|(len, text)| usize::from(**len) <= text.len());
        return Err(match reason {
            Some(_) => ProtocolError::RefusedByPeer,
            None => ProtocolError::MalformedError,
        });
    }
    Err(ProtocolError::UnexpectedCommand)
}
