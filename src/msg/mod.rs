//! The value that travels: a frame's body with its flags, in the 64 bytes of a `zmq_msg_t`.
//!
//! Thread: a message belongs to one thread at a time; counted bodies and peers may be shared.
//! Invariants: no pointer into itself, so a message may be moved by `memcpy`; `kind` tells which
//! of the fields are meant; a message that was closed has a kind that no live one has.
//! Counterpart: `msg.hpp`, `msg.cpp` of libzmq 4.3.5; `zmq_msg_init(3)` and relatives.

mod arriving;
mod content;
pub mod frame;
mod metadata;
pub(crate) mod pool;
mod repr;
pub(crate) mod streaming;

pub use arriving::ArrivingBody;
pub use content::FreeFn;
pub use metadata::PeerInfo;
pub use repr::{MAX_GROUP_LEN, MAX_INLINE, Msg};
