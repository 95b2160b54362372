//! Groups and peers, for the socket types that have them.

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::capi::{bytes_at, fail, guard, handle, status, str_at, value};
use crate::error::{Errno, Result};

/// `zmq_join`: only a DISH has groups
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_join(socket: *mut c_void, group: *const c_char) -> c_int {
    // SAFETY: see the module.
    status(|| handle::socket(socket)?.join(unsafe { group_at(group) }?))
}

/// `zmq_leave`: only a DISH has groups
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_leave(socket: *mut c_void, group: *const c_char) -> c_int {
    // SAFETY: see the module.
    status(|| handle::socket(socket)?.leave(unsafe { group_at(group) }?))
}

/// # Safety
/// As the module.
unsafe fn group_at<'a>(group: *const c_char) -> Result<&'a [u8]> {
    if group.is_null() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: a C string (caller).
    Ok(unsafe { CStr::from_ptr(group) }.to_bytes())
}

/// `zmq_connect_peer`: only a PEER names its peers; 0 and `errno`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect_peer(socket: *mut c_void, endpoint: *const c_char) -> u32 {
    // SAFETY: see the module.
    let result = guard(|| handle::socket(socket)?.connect_peer(unsafe { str_at(endpoint) }?));
    result.unwrap_or_else(|error| {
        fail(error);
        0
    })
}

/// `zmq_socket_get_peer_state`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_get_peer_state(
    socket: *mut c_void,
    routing_id: *const c_void,
    routing_id_size: usize,
) -> c_int {
    // SAFETY: see the module.
    value(|| handle::socket(socket)?.peer_state(unsafe { bytes_at(routing_id, routing_id_size) }?))
}
