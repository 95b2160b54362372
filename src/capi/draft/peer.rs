//! Groups and peers: for socket types that are not there yet, and so `ENOTSUP`, as
//! libzmq answers for the types that have none of this.

use std::ffi::{c_char, c_int, c_void};

use crate::capi::{bytes_at, fail, handle, status, value};
use crate::error::Errno;

/// `zmq_join`: only a DISH has groups
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_join(socket: *mut c_void, _group: *const c_char) -> c_int {
    status(|| handle::socket(socket)?.kind().and(Err(Errno::ENOTSUP)))
}

/// `zmq_leave`: only a DISH has groups
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_leave(socket: *mut c_void, _group: *const c_char) -> c_int {
    status(|| handle::socket(socket)?.kind().and(Err(Errno::ENOTSUP)))
}

/// `zmq_connect_peer`: only a PEER names its peers; 0 and `errno`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect_peer(socket: *mut c_void, _endpoint: *const c_char) -> u32 {
    let error = handle::socket(socket).and_then(|socket| socket.kind()).err();
    fail(error.unwrap_or(Errno::ENOTSUP));
    0
}

/// `zmq_socket_get_peer_state`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_get_peer_state(
    socket: *mut c_void,
    routing_id: *const c_void,
    routing_id_size: usize,
) -> c_int {
    // SAFETY: see the module.
    value(|| handle::socket(socket)?.peer_state(unsafe { bytes_at(routing_id, routing_id_size) }))
}
