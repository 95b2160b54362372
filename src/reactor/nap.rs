//! Whether an I/O thread sleeps, and who is to wake it.
//!
//! The thread announces its sleep and then looks for work; whoever leaves work looks for a sleeper
//! afterwards. Between them stands a full barrier on both sides, so at least one sees the other.
//!
//! Thread: any. Invariants: work left before `must_wake` is either seen by the look that follows
//! `announce`, or its leaver is told to wake. Counterpart: `signaler.cpp` of libzmq 4.3.5, which
//! writes to its descriptor for every command.

use crate::sync::{AtomicU32, Ordering, store_load_barrier};

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;

/// See the module.
#[derive(Debug)]
pub(crate) struct Nap(AtomicU32);

impl Nap {
    /// Of a thread that is awake.
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(AWAKE))
    }

    /// The thread is about to sleep: what it looks at next is what it would miss.
    pub(crate) fn announce(&self) {
        self.0.swap(ASLEEP, Ordering::SeqCst);
        store_load_barrier();
    }

    /// The thread is up.
    pub(crate) fn end(&self) {
        self.0.store(AWAKE, Ordering::SeqCst);
    }

    /// Somebody left work: true if the thread sleeps and nobody else wakes it.
    pub(crate) fn must_wake(&self) -> bool {
        store_load_barrier();
        self.0.swap(AWAKE, Ordering::SeqCst) == ASLEEP
    }
}
