//! A value alone on its cache lines, so that two threads writing neighbours do not slow each other.
//!
//! Thread: any. Invariants: none. Counterpart: none.

use std::ops::Deref;

/// Aligns to 128 bytes: two lines, since the prefetcher of x86-64 fetches pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Padded<T>(pub T);

impl<T> Deref for Padded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
