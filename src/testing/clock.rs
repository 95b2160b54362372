//! Time that moves when a test says so.
//!
//! Thread: a test's own. Invariants: never goes back. Counterpart: none.

use std::time::{Duration, Instant};

/// A clock that stands still between two [`VirtualClock::advance`]s.
#[derive(Clone, Copy, Debug)]
pub struct VirtualClock {
    origin: Instant,
    now: Instant,
}

impl VirtualClock {
    /// Begins at an arbitrary moment.
    #[allow(clippy::disallowed_methods, reason = "an `Instant` has no other origin")]
    pub fn new() -> Self {
        let origin = Instant::now();
        Self { origin, now: origin }
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How long the clock has run.
    pub fn elapsed(&self) -> Duration {
        self.now - self.origin
    }

    /// Lets time pass.
    pub fn advance(&mut self, span: Duration) {
        self.now += span;
    }

    /// Lets time pass until `at`, unless that is over.
    pub fn advance_to(&mut self, at: Instant) {
        self.now = self.now.max(at);
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}
