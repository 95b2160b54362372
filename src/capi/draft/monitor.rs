//! Monitors of a chosen version, and statistics.

use std::ffi::{c_char, c_int, c_void};

use crate::capi::{handle, status, str_at};

/// `zmq_socket_monitor_versioned(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor_versioned(
    socket: *mut c_void,
    endpoint: *const c_char,
    events: u64,
    version: c_int,
    kind: c_int,
) -> c_int {
    status(|| {
        let socket = handle::socket(socket)?;
        let endpoint = if endpoint.is_null() {
            None
        } else {
            // SAFETY: see the module.
            Some(unsafe { str_at(endpoint) }?)
        };
        socket.monitor(endpoint, events, version, kind)
    })
}

/// `zmq_socket_monitor_pipes_stats`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor_pipes_stats(socket: *mut c_void) -> c_int {
    status(|| handle::socket(socket)?.monitor_pipes())
}
