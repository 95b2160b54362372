//! Messages: routing ids, groups, bodies copied from a buffer.

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::capi::msg::{init, live};
use crate::capi::{bytes_at, pointer, status};
use crate::error::Errno;
use crate::msg::Msg;

/// `zmq_msg_init_buffer`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_buffer(
    msg: *mut Msg,
    buf: *const c_void,
    size: usize,
) -> c_int {
    // SAFETY: see the module.
    unsafe { init(msg, |msg| msg.copy_from(bytes_at(buf, size)?)) }
}

/// `zmq_msg_set_routing_id`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_routing_id(msg: *mut Msg, routing_id: u32) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let msg = unsafe { live(msg) }?;
        if routing_id == 0 {
            return Err(Errno::EINVAL);
        }
        msg.set_routing_id(routing_id);
        Ok(())
    })
}

/// `zmq_msg_routing_id`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_routing_id(msg: *mut Msg) -> u32 {
    // SAFETY: see the module.
    unsafe { live(msg) }.map_or(0, |msg| msg.routing_id())
}

/// `zmq_msg_set_group`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_group(msg: *mut Msg, group: *const c_char) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let msg = unsafe { live(msg) }?;
        if group.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: see the module.
        msg.set_group(unsafe { CStr::from_ptr(group) }.to_bytes());
        Ok(())
    })
}

/// `zmq_msg_group`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_group(msg: *mut Msg) -> *const c_char {
    // SAFETY: see the module.
    pointer(|| Ok(unsafe { live(msg) }?.group_ptr().cast_mut().cast()))
}
