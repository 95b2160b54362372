//! ZMTP 3.1, with the older versions that libzmq still speaks, as pure state machines: bytes and
//! time go in, bytes and events come out; no descriptor, no clock, no thread.
//!
//! `handshake` runs the greeting and the mechanism; after it, frames pass by without this module
//! (see `msg::frame` and `pipe`), except commands (`command`), `heartbeat`, and the framing of old
//! peers (`v1`).
//!
//! Thread: whoever owns the connection. Invariants: nothing that a peer sends panics, allocates
//! more than it sent, or loops.
//! Counterpart: `zmtp_engine.cpp`, `mechanism.cpp`, `null_mechanism.cpp` of libzmq 4.3.5; RFC 37
//! (3.1), 23 (3.0), 15 (2.0), 13 (1.0).

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod command;
pub mod error;
mod greeting;
pub mod handshake;
pub mod heartbeat;
pub mod limits;
pub mod mechanism;
mod metadata;
mod reader;
mod socket_type;
pub mod v1;
pub mod zap;

pub use error::ProtocolError;
pub use handshake::{Config, Handshake, Peer, Version};
pub use mechanism::Mechanism;
pub use socket_type::SocketType;
