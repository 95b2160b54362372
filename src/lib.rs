//! ZeroMQ's `libzmq.so.5` in Rust. The modules below stand in the order in which a message
//! passes them; `docs/ARCHITECTURE.md` tells the story.
//!
//! ```text
//! send:   C call > capi > socket > pattern > pipe ~~> connection > protocol > transport > kernel
//! recv:   kernel > transport > protocol > connection ~~> pipe > pattern > socket > capi > C call
//! inproc: the pipe joins two sockets; no connection
//! ```

pub mod capi;
pub mod connection;
pub mod ctx;
pub mod pattern;
pub mod pipe;
pub mod protocol;
pub mod reactor;
pub mod socket;
pub mod transport;

pub mod error;
pub mod msg;
pub mod sync;
pub mod sys;
#[doc(hidden)]
pub mod testing;
