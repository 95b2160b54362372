//! Sleeping on a word of memory.

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
