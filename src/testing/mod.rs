//! What the tests, the benches and the fuzz targets share; no part of the library's interface.
//!
//! Thread: a test's own. Invariants: nothing sleeps and nothing reads the clock, except to have an
//! origin for virtual time. Counterpart: none.

#![forbid(unsafe_code)]

mod clock;
pub mod fuzz;
#[cfg(loom)]
pub mod models;
mod nobody;
mod pair;
mod scan;

pub use clock::VirtualClock;
pub use nobody::Nobody;
pub use pair::{Pair, Side, config};
pub use scan::{Message, Scan, Stopped, encode_frame, model, scan};
