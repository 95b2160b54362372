//! A cheap clock for short spans: the processor's time stamp counter where there is one.
//!
//! Absolute values mean nothing; spans are good to a few per cent, which is what policies need.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A reading of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticks(u64);

impl Ticks {
    /// The reading that [`Ticks::raw`] came from.
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The bare counter.
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Reads the clock: about 10 ns.
    #[inline]
    pub fn now() -> Self {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every x86-64 processor has the instruction.
        return Self(unsafe { core::arch::x86_64::_rdtsc() });
        #[cfg(target_arch = "aarch64")]
        {
            let ticks: u64;
            // SAFETY: reading the virtual counter is allowed to user programs on Linux.
            unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks) };
            return Self(ticks);
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Self(origin().elapsed().as_nanos() as u64)
    }

    /// Ticks from `earlier` to this reading; 0 if the counters disagree.
    #[inline]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

/// Keeps the processor busy for so many ticks.
pub fn keep_busy(ticks: u64) {
    let began = Ticks::now();
    while Ticks::now().since(began) < ticks {
        std::hint::spin_loop();
    }
}

/// How many ticks `span` lasts. Measured once, in the first call, which takes about 2 ms: make it
/// where nobody waits.
#[allow(clippy::disallowed_methods, reason = "measures the clock itself")]
pub fn ticks_in(span: Duration) -> u64 {
    static PER_MICRO: OnceLock<u64> = OnceLock::new();
    let per_micro = *PER_MICRO.get_or_init(|| {
        let (wall, ticks) = (Instant::now(), Ticks::now());
        while wall.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        let micros = wall.elapsed().as_micros().max(1) as u64;
        (Ticks::now().since(ticks) / micros).max(1)
    });
    per_micro.saturating_mul(span.as_micros() as u64)
}
