//! Proxies.

use std::ffi::{c_int, c_void};

use super::{handle, status};
use crate::error::{Errno, Result};
use crate::socket::{Socket, proxy};

fn optional(socket: *mut c_void) -> Result<Option<&'static Socket>> {
    if socket.is_null() { Ok(None) } else { handle::socket(socket).map(Some) }
}

fn required(socket: *mut c_void) -> Result<&'static Socket> {
    if socket.is_null() { Err(Errno::EFAULT) } else { handle::socket(socket) }
}

/// `zmq_proxy(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_proxy(
    frontend: *mut c_void,
    backend: *mut c_void,
    capture: *mut c_void,
) -> c_int {
    status(|| proxy::run(required(frontend)?, required(backend)?, optional(capture)?, None))
}

/// `zmq_proxy_steerable(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_proxy_steerable(
    frontend: *mut c_void,
    backend: *mut c_void,
    capture: *mut c_void,
    control: *mut c_void,
) -> c_int {
    status(|| {
        let (frontend, backend) = (required(frontend)?, required(backend)?);
        proxy::run(frontend, backend, optional(capture)?, optional(control)?)
    })
}

/// `zmq_device`, deprecated
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_device(
    _kind: c_int,
    frontend: *mut c_void,
    backend: *mut c_void,
) -> c_int {
    // SAFETY: see the module.
    unsafe { zmq_proxy(frontend, backend, std::ptr::null_mut()) }
}
