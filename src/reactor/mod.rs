//! The event loop of an I/O thread: descriptors, timers and notices, each handed to the handler
//! that registered it. mio and the loop live here and nowhere else.
//!
//! Thread: [`Remote`] may be used by any thread; everything else runs on its I/O thread.
//! Invariants: a handler is called by one thread only; a notice, timer or event for a handler that
//! is gone is dropped, never delivered to its successor; a panic in a handler ends that handler
//! and nothing else.
//! Counterpart: `io_thread.cpp`, `epoll.cpp`, `poller_base.cpp`, `mailbox.cpp` of libzmq 4.3.5.

#![deny(unsafe_code)]

mod io_thread;
pub(crate) mod nap;
mod registry;
mod rounds;
mod timers;

pub use io_thread::{Cx, Handler, IoThread, IoThreadConfig, Remote, Token};
pub use registry::Registration;
pub use rounds::Look;
