//! Signals belong to the application's threads: ours block them all.

/// Blocks every signal in the calling thread.
pub fn block_all() {
    // SAFETY: `sigfillset` initialises the set that `pthread_sigmask` then reads.
    unsafe {
        let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigfillset(set.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}
