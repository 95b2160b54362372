//! Contexts.

use std::ffi::{c_int, c_void};

use super::constants::ZMQ_IO_THREADS;
use super::{handle, pointer, status, value};
use crate::ctx::Ctx;

/// `zmq_ctx_new(3)`
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_new() -> *mut c_void {
    pointer(|| Ok(handle::context_into_handle(Ctx::new())))
}

/// `zmq_ctx_term(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_term(context: *mut c_void) -> c_int {
    status(|| {
        handle::context(context)?.terminate();
        handle::release_context(context)
    })
}

/// `zmq_ctx_shutdown(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_shutdown(context: *mut c_void) -> c_int {
    status(|| {
        handle::context(context)?.shut_down();
        Ok(())
    })
}

/// `zmq_ctx_set(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_set(context: *mut c_void, option: c_int, optval: c_int) -> c_int {
    status(|| handle::context(context)?.options().set(option, &optval.to_ne_bytes()))
}

/// `zmq_ctx_get(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_get(context: *mut c_void, option: c_int) -> c_int {
    value(|| handle::context(context)?.options().get(option))
}

/// `zmq_init(3)`, deprecated
#[unsafe(no_mangle)]
pub extern "C" fn zmq_init(io_threads: c_int) -> *mut c_void {
    pointer(|| {
        let ctx = Ctx::new();
        ctx.options().set(ZMQ_IO_THREADS, &io_threads.to_ne_bytes())?;
        Ok(handle::context_into_handle(ctx))
    })
}

/// `zmq_term(3)`, deprecated
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_term(context: *mut c_void) -> c_int {
    // SAFETY: see the module.
    unsafe { zmq_ctx_term(context) }
}

/// `zmq_ctx_destroy(3)`, deprecated
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_destroy(context: *mut c_void) -> c_int {
    // SAFETY: see the module.
    unsafe { zmq_ctx_term(context) }
}
