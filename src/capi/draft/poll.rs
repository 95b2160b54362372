//! `zmq_poll` with a signal mask.

use std::ffi::{c_int, c_long};

use crate::capi::poll::{self, PollItem};

/// `zmq_ppoll(3)`
#[cfg(not(windows))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ppoll(
    items: *mut PollItem,
    nitems: c_int,
    timeout: c_long,
    sigmask: *const libc::sigset_t,
) -> c_int {
    // SAFETY: see the module.
    unsafe { poll::run(items, nitems, timeout, sigmask.as_ref()) }
}

/// `zmq_ppoll(3)`: there are no signal masks
#[cfg(windows)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ppoll(
    items: *mut PollItem,
    nitems: c_int,
    timeout: c_long,
    _sigmask: *const std::ffi::c_void,
) -> c_int {
    // SAFETY: see the module.
    unsafe { poll::run(items, nitems, timeout, None) }
}
