//! `errno`, and what it means.

use std::ffi::{c_char, c_int};

use crate::error::Errno;

/// Leaves `error` in `errno`.
pub(super) fn set(error: Errno) {
    // SAFETY: the address of the calling thread's own `errno`.
    unsafe { *libc::__errno_location() = error.raw() };
}

/// `zmq_errno(3)`
#[unsafe(no_mangle)]
pub extern "C" fn zmq_errno() -> c_int {
    // SAFETY: the address of the calling thread's own `errno`.
    unsafe { *libc::__errno_location() }
}

/// `zmq_strerror(3)`
#[unsafe(no_mangle)]
pub extern "C" fn zmq_strerror(errnum: c_int) -> *const c_char {
    let own = match Errno::from_raw(errnum) {
        Errno::EFSM => c"Operation cannot be accomplished in current state",
        Errno::ENOCOMPATPROTO => c"The protocol is not compatible with the socket type",
        Errno::ETERM => c"Context was terminated",
        Errno::EMTHREAD => c"No thread available",
        Errno::EHOSTUNREACH => c"Host unreachable",
        // SAFETY: the C library's own text.
        _ => return unsafe { libc::strerror(errnum) },
    };
    own.as_ptr()
}
