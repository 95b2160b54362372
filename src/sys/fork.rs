//! What a child process that is forked off begins with: the memory of its parent, and one thread.

/// From now on children call `function`, on the thread that forked, before they do anything else. It
/// may do what a signal handler may. A failure, for want of memory, goes unnoticed.
pub fn call_in_children(function: extern "C" fn()) {
    // SAFETY: the function takes nothing and is there as long as the library is loaded.
    unsafe { libc::pthread_atfork(None, None, Some(function)) };
}

/// Whether `check` holds in a child.
#[cfg(test)]
pub fn holds_in_child(check: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child checks and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let failed = i32::from(!check());
        // SAFETY: ends the process, without what is to be done at its end.
        unsafe { libc::_exit(failed) };
    }
    let mut status = -1;
    // SAFETY: waits for the child, and writes how it ended.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    waited == child && status == 0
}
