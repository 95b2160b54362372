//! An end of a queue that nobody waits at.
//!
//! Thread: any. Invariants: none. Counterpart: none.

use crate::pipe::{Signal, Wake};

/// Hears signals and does nothing.
#[derive(Debug)]
pub struct Nobody;

impl Signal for Nobody {
    fn signal(&self, _bits: u32) {}
}

impl Wake for Nobody {
    fn wake(&self) {}
}
