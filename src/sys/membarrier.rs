//! A full memory barrier on every processor that runs a thread of this process, so that the side of
//! a hand-shake that is taken often can do without one (`membarrier(2)`).

#[cfg(loom)]
pub use model::{everywhere, here, prepare};
#[cfg(not(loom))]
pub use real::{everywhere, here, prepare};

#[cfg(not(loom))]
mod real {
    use std::sync::OnceLock;
    use std::time::Duration;

    use crate::sync::{Ordering, compiler_fence};
    use crate::sys::modes::Modes;

    const PRIVATE_EXPEDITED: libc::membarrier_cmd = libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED;
    const REGISTER_PRIVATE_EXPEDITED: libc::membarrier_cmd =
        libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

    /// Longer than a store stays in a processor's buffer, by several ticks of its timer.
    const SETTLED: Duration = Duration::from_millis(50);

    fn call(command: libc::membarrier_cmd) -> bool {
        // SAFETY: touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    /// True if [`everywhere`] works in this process. The first call registers it, for which a
    /// process of several threads waits some milliseconds.
    pub fn prepare() -> bool {
        static READY: OnceLock<bool> = OnceLock::new();
        *READY.get_or_init(|| Modes::current().membarrier && call(REGISTER_PRIVATE_EXPEDITED))
    }

    /// The side that is taken often: what stands before stays before for this thread's own eyes,
    /// and for the others' with [`everywhere`] on their side.
    #[inline(always)]
    pub fn here() {
        compiler_fence(Ordering::SeqCst);
    }

    /// The side that is taken rarely, once [`prepare`] was true: as if every thread made a full
    /// barrier now. Takes some microseconds.
    pub fn everywhere() {
        if call(PRIVATE_EXPEDITED) || (call(REGISTER_PRIVATE_EXPEDITED) && call(PRIVATE_EXPEDITED))
        {
            return;
        }
        // Forbidden since it was registered, as by a filter of system calls. Each processor has
        // emptied its buffer after a while, at the latest with an interrupt.
        std::thread::sleep(SETTLED);
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn a_barrier_everywhere_works_where_it_was_prepared() {
            if super::prepare() {
                assert!(super::call(super::PRIVATE_EXPEDITED));
            }
        }
    }
}

/// Loom has no barrier of one side: there both make one.
#[cfg(loom)]
mod model {
    use crate::sync::{Ordering, fence};

    pub fn prepare() -> bool {
        true
    }

    pub fn here() {
        fence(Ordering::SeqCst);
    }

    pub fn everywhere() {
        fence(Ordering::SeqCst);
    }
}
