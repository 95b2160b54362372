//! Atomics, cells and locks that the lock-free parts are built on: the real ones, or loom's when
//! the models run. Nothing else in the crate names `core::sync::atomic`.
//!
//! Thread: any.
//! Invariants: none of its own; each type tells its own.
//! Counterpart: none in libzmq, which hides its atomics in `atomic_ptr.hpp` and `atomic_counter.hpp`.

mod biased;
mod cell;
mod guarded;
mod padded;
mod per_thread;
mod role;

pub use biased::BiasedLock;
pub use cell::Slot;
pub use guarded::{Guardable, Guarded, Held, NotThere};
pub use padded::Padded;
pub use per_thread::{Own, PerThread};
pub use role::{Role, RoleGuard};

/// Aliases, not re-exports: clippy bans the types themselves everywhere else, and sees through a
/// re-export.
#[cfg(not(loom))]
#[allow(clippy::disallowed_types, reason = "the one place that names them")]
mod imp {
    use std::sync::atomic;

    pub type AtomicBool = atomic::AtomicBool;
    pub type AtomicI32 = atomic::AtomicI32;
    pub type AtomicPtr<T> = atomic::AtomicPtr<T>;
    pub type AtomicU8 = atomic::AtomicU8;
    pub type AtomicU32 = atomic::AtomicU32;
    pub type AtomicU64 = atomic::AtomicU64;
    pub type AtomicUsize = atomic::AtomicUsize;

    pub use atomic::{Ordering, compiler_fence, fence};
    pub use std::sync::{Mutex, MutexGuard};
}

#[cfg(loom)]
mod imp {
    pub use loom::lazy_static;
    pub use loom::sync::atomic::{
        AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
        fence,
    };
    pub use loom::sync::{Mutex, MutexGuard};
}

pub use crate::sys::membarrier;
pub use imp::*;
pub use statics::*;

/// For statics, which outlive every model: never loom's.
#[allow(clippy::disallowed_types, reason = "the one place that names them")]
mod statics {
    use std::sync::atomic;

    pub type StaticBool = atomic::AtomicBool;
    pub type StaticU64 = atomic::AtomicU64;
}

/// Stands between "I announced" and "I look" in every two-sided hand-shake (publish, then look for
/// a sleeper; announce sleep, then look for work). Both sides use `SeqCst` read-modify-writes and
/// loads, which give the order by themselves, at the price of one locked instruction; loom treats
/// `SeqCst` accesses as `AcqRel`, so there the fence is spelled out.
#[inline(always)]
pub fn store_load_barrier() {
    #[cfg(loom)]
    fence(Ordering::SeqCst);
}
