//! The operating system, as small safe functions. Nothing above this folder calls libc.
//!
//! Thread: any. Invariants: none; every failure comes back as `io::Error` or is stated to be
//! impossible. Counterpart: `ip.cpp`, `signaler.cpp`, `thread.cpp`, `clock.cpp` of libzmq 4.3.5.

pub mod affinity;
pub mod clock;
pub mod descriptors;
pub mod epoll;
pub mod eventfd;
pub mod fork;
pub mod fs;
pub mod futex;
pub mod io;
pub mod membarrier;
pub mod modes;
pub mod net;
pub mod poll;
pub mod signals;
pub mod thread;
