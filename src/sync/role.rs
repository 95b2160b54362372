//! A role: work that one thread at a time may do, and that nobody waits for.
//!
//! Thread: any.
//! Invariants: at most one [`RoleGuard`] exists per [`Role`]. Whoever fails to get the role has told
//! the holder to look for work again before it leaves, so no work is stranded.
//! Counterpart: none; libzmq 4.3.5 has one thread do all the work of a connection.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use crate::sync::{AtomicU32, Ordering};

const HELD: u32 = 1;
const AGAIN: u32 = 2;

/// A value that only the holder of the role may touch.
pub struct Role<T> {
    /// `0`, or [`HELD`] with or without [`AGAIN`]. Written by everybody, always by a
    /// read-modify-write, so that "held" and "look again" are one decision.
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard only, and `state` allows one guard at a time, so a
// shared `Role` moves the value between threads but never shares it.
unsafe impl<T: Send> Sync for Role<T> {}
// SAFETY: owning the role is owning the value.
unsafe impl<T: Send> Send for Role<T> {}

impl<T> Role<T> {
    /// A role that nobody holds.
    pub fn new(value: T) -> Self {
        Self { state: AtomicU32::new(0), value: UnsafeCell::new(value) }
    }

    /// Takes the role. On `None` the present holder has been told to look for work again, and the
    /// caller may go: whatever it published before this call will be seen.
    #[inline]
    pub fn try_hold(&self) -> Option<RoleGuard<'_, T>> {
        // Acquire pairs with the release in `RoleGuard::release`; release makes what the caller
        // published visible to the holder that finds AGAIN.
        if self.state.compare_exchange(0, HELD, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            return Some(RoleGuard { role: self });
        }
        let before = self.state.fetch_or(HELD | AGAIN, Ordering::AcqRel);
        (before & HELD == 0).then(|| RoleGuard { role: self })
    }

    /// Takes the role, yielding the processor while another thread has it. Holders make
    /// non-blocking system calls at most, so the wait is short.
    pub fn hold(&self) -> RoleGuard<'_, T> {
        let mut tries = 0u32;
        loop {
            if self.state.compare_exchange(0, HELD, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return RoleGuard { role: self };
            }
            tries += 1;
            if tries < 64 {
                std::hint::spin_loop();
            } else if tries < 1024 {
                std::thread::yield_now();
            } else {
                std::thread::sleep(std::time::Duration::from_micros(50));
            }
        }
    }

    /// The value, when nobody else can know of the role.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T> fmt::Debug for Role<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role").field("state", &self.state).finish_non_exhaustive()
    }
}

/// The holder's access to the value. Dropping it gives the role back; [`RoleGuard::release`] also
/// tells whether somebody asked meanwhile.
pub struct RoleGuard<'a, T> {
    role: &'a Role<T>,
}

impl<T> RoleGuard<'_, T> {
    /// Gives the role back. True: somebody was turned away meanwhile, so look for work again.
    #[inline]
    pub fn release(self) -> bool {
        let guard = ManuallyDrop::new(self);
        guard.role.state.swap(0, Ordering::AcqRel) & AGAIN != 0
    }
}

impl<T> Deref for RoleGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this guard is the only one (invariant of `Role`).
        unsafe { &*self.role.value.get() }
    }
}

impl<T> DerefMut for RoleGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard is the only one (invariant of `Role`), and it is borrowed mutably.
        unsafe { &mut *self.role.value.get() }
    }
}

impl<T> Drop for RoleGuard<'_, T> {
    fn drop(&mut self) {
        self.role.state.store(0, Ordering::Release);
    }
}

impl<T> fmt::Debug for RoleGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoleGuard")
    }
}
