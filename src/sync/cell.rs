//! A place for one `Arc` that one thread leaves and another looks at, now and then.
//!
//! Thread: any. Invariants: the lock is never held while a user's function runs. Counterpart: none.

use std::sync::{Arc, Mutex, PoisonError};

/// Holds at most one shared value; never contended in the common case, as it is written once per
/// handshake.
#[derive(Debug)]
pub struct Slot<T>(Mutex<Option<Arc<T>>>);

impl<T> Slot<T> {
    /// An empty slot.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Leaves a value, in place of the previous one.
    pub fn set(&self, value: Arc<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// The value left last.
    pub fn get(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}
