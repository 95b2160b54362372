//! Every bound on what a peer may send, with its reason.
//!
//! Thread: any. Invariants: none. Counterpart: limits are spread over libzmq 4.3.5; the RFC's own are
//! named.

/// Body of a command in the handshake, bytes. READY carries short names; libzmq's own metadata of
/// a dozen properties stays far below.
pub const MAX_HANDSHAKE_COMMAND: usize = 64 << 10;

/// Properties in one READY: more is not metadata but an attempt to use memory.
pub const MAX_PROPERTIES: usize = 256;

/// A routing id is one byte of length on the wire (RFC 28).
pub const MAX_ROUTING_ID: usize = 255;

/// Context of a PING, bytes (RFC 37).
pub const MAX_PING_CONTEXT: usize = 16;
