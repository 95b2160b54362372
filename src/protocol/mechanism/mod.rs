//! Security mechanisms: what is said between the greeting and the first message.
//!
//! Thread: whoever owns the connection. Invariants: none. Counterpart: `mechanism.cpp` of libzmq
//! 4.3.5; RFC 37 "Security".

pub(super) mod null;
pub mod z85;
