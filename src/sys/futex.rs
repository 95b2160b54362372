//! Sleeping on a word of memory.

#[cfg(loom)]
pub use model::{wait, wake_one};
#[cfg(not(loom))]
pub use real::{wait, wake_one};

#[cfg(not(loom))]
mod real {
    use std::time::Duration;

    use crate::sync::AtomicU32;

    /// Sleeps until woken, while `word` is `expected`; for `timeout` at most. May return early for no
    /// reason. True if a signal handler ran.
    pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> bool {
        let spec = timeout.map(|span| libc::timespec {
            tv_sec: libc::time_t::try_from(span.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: span.subsec_nanos().into(),
        });
        // SAFETY: the word outlives the call, `spec` too.
        let result = unsafe {
            libc::syscall(
                libc::SYS_futex,
                std::ptr::from_ref(word),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                expected,
                spec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
            )
        };
        result == -1 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
    }

    /// Wakes one sleeper on `word`.
    pub fn wake_one(word: &AtomicU32) {
        // SAFETY: the kernel uses the address as a key only.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                std::ptr::from_ref(word),
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                1,
            );
        }
    }
}

/// What the kernel does, on loom's own primitives: whoever sleeps here is woken or found to hang.
#[cfg(loom)]
mod model {
    use std::time::Duration;

    use loom::sync::{Condvar, Mutex};

    use crate::sync::{AtomicU32, Ordering};

    loom::lazy_static! {
        /// Addresses of the words that somebody sleeps on, one entry per sleeper.
        static ref SLEEPERS: (Mutex<Vec<usize>>, Condvar) = (Mutex::new(Vec::new()), Condvar::new());
    }

    fn address(word: &AtomicU32) -> usize {
        std::ptr::from_ref(word).addr()
    }

    pub fn wait(word: &AtomicU32, expected: u32, _timeout: Option<Duration>) -> bool {
        let mut sleepers = SLEEPERS.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if word.load(Ordering::SeqCst) != expected {
            return false;
        }
        sleepers.push(address(word));
        while sleepers.contains(&address(word)) {
            sleepers = SLEEPERS.1.wait(sleepers).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        false
    }

    pub fn wake_one(word: &AtomicU32) {
        let mut sleepers = SLEEPERS.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(at) = sleepers.iter().position(|sleeper| *sleeper == address(word)) {
            sleepers.swap_remove(at);
            SLEEPERS.1.notify_all();
        }
    }
}
