//! Context options of any type.

use std::ffi::{c_int, c_void};

use crate::capi::{buffer_at, bytes_at, handle, status};
use crate::error::Errno;

/// `zmq_ctx_set_ext`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_set_ext(
    context: *mut c_void,
    option: c_int,
    optval: *const c_void,
    optvallen: usize,
) -> c_int {
    status(|| {
        let ctx = handle::context(context)?;
        // SAFETY: see the module.
        let value = unsafe { bytes_at(optval, optvallen) }?;
        ctx.options().set(option, value)
    })
}

/// `zmq_ctx_get_ext`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_get_ext(
    context: *mut c_void,
    option: c_int,
    optval: *mut c_void,
    optvallen: *mut usize,
) -> c_int {
    status(|| {
        let ctx = handle::context(context)?;
        if optval.is_null() || optvallen.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: see the module.
        let out = unsafe { buffer_at(optval, *optvallen) };
        ctx.options().get_ext(option, out)
    })
}
