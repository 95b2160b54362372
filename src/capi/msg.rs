//! Messages: a `zmq_msg_t` is a [`Msg`].

use std::ffi::{c_char, c_int, c_void};

use super::constants::{ZMQ_MORE, ZMQ_SHARED, ZMQ_SRCFD};
use super::{pointer, status, str_at, value};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// Takes back what `zmq_msg_init_data` lent.
pub type FreeFn = Option<unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void)>;

/// The message at `msg`; `EFAULT` if it is none.
///
/// # Safety
/// As the module.
pub(super) unsafe fn live<'a>(msg: *mut Msg) -> Result<&'a mut Msg> {
    // SAFETY: 64 readable bytes (caller); checked before a reference is made.
    if msg.is_null() || !unsafe { Msg::is_live(msg) } {
        return Err(Errno::EFAULT);
    }
    // SAFETY: live, and the caller's own.
    Ok(unsafe { &mut *msg })
}

/// `zmq_msg_init(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init(msg: *mut Msg) -> c_int {
    // SAFETY: 64 writable bytes (module); what they held is not looked at.
    unsafe { init(msg, |_| Ok(())) }
}

/// # Safety
/// As the module.
#[inline]
pub(super) unsafe fn init(msg: *mut Msg, fill: impl FnOnce(&mut Msg) -> Result<()>) -> c_int {
    status(|| {
        if msg.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: 64 writable bytes (caller), a message from the write on.
        unsafe {
            msg.write(Msg::new());
            fill(&mut *msg)
        }
    })
}

/// `zmq_msg_init_size(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_size(msg: *mut Msg, size: usize) -> c_int {
    // SAFETY: see `zmq_msg_init`.
    status(|| if msg.is_null() { Err(Errno::EFAULT) } else { unsafe { Msg::init_size(msg, size) } })
}

/// `zmq_msg_init_data(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_data(
    msg: *mut Msg,
    data: *mut c_void,
    size: usize,
    ffn: FreeFn,
    hint: *mut c_void,
) -> c_int {
    status(|| {
        if msg.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: the memory is lent until `ffn` is called (zmq_msg_init_data(3)).
        unsafe {
            match ffn {
                Some(free) => Msg::init_foreign(msg, data, size, free, hint),
                // Nobody wants it back: it counts as constant.
                None => {
                    msg.write(Msg::from_const(data, size));
                    Ok(())
                }
            }
        }
    })
}

/// `zmq_msg_close(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_close(msg: *mut Msg) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let live = unsafe { live(msg) }?;
        // SAFETY: live.
        unsafe { Msg::close(live) };
        Ok(())
    })
}

/// `zmq_msg_move(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_move(dest: *mut Msg, src: *mut Msg) -> c_int {
    status(|| {
        // SAFETY: see the module.
        unsafe { (live(dest)?, live(src)?) };
        if std::ptr::eq(dest, src) {
            return Ok(());
        }
        // SAFETY: two live messages.
        unsafe { (*src).move_to(&mut *dest) };
        Ok(())
    })
}

/// `zmq_msg_copy(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_copy(dest: *mut Msg, src: *mut Msg) -> c_int {
    status(|| {
        // SAFETY: see the module.
        unsafe { (live(dest)?, live(src)?) };
        if std::ptr::eq(dest, src) {
            return Ok(());
        }
        // SAFETY: two live messages.
        unsafe { (*src).share_to(&mut *dest) };
        Ok(())
    })
}

/// `zmq_msg_data(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_data(msg: *mut Msg) -> *mut c_void {
    // SAFETY: see the module.
    pointer(|| Ok(unsafe { live(msg) }?.as_mut_ptr().cast()))
}

/// `zmq_msg_size(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_size(msg: *const Msg) -> usize {
    // SAFETY: see the module.
    unsafe { live(msg.cast_mut()) }.map_or(0, |msg| msg.len())
}

/// `zmq_msg_more(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_more(msg: *const Msg) -> c_int {
    // SAFETY: see the module.
    unsafe { zmq_msg_get(msg, ZMQ_MORE) }
}

/// `zmq_msg_get(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_get(msg: *const Msg, property: c_int) -> c_int {
    value(|| {
        // SAFETY: see the module.
        let msg = unsafe { live(msg.cast_mut()) }?;
        match property {
            ZMQ_MORE => Ok(c_int::from(msg.more())),
            ZMQ_SRCFD => msg.peer().map(|peer| peer.fd).filter(|fd| *fd >= 0).ok_or(Errno::EINVAL),
            ZMQ_SHARED => Ok(c_int::from(msg.is_shared())),
            _ => Err(Errno::EINVAL),
        }
    })
}

/// `zmq_msg_set(3)`: there is no property that can be set
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set(_msg: *mut Msg, _property: c_int, _optval: c_int) -> c_int {
    status(|| Err(Errno::EINVAL))
}

/// `zmq_msg_gets(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_gets(msg: *const Msg, property: *const c_char) -> *const c_char {
    pointer(|| {
        // SAFETY: see the module.
        let msg = unsafe { live(msg.cast_mut()) }?;
        // SAFETY: see the module.
        let name = unsafe { str_at(property) }?;
        let found = msg.peer().and_then(|peer| peer.property(name)).ok_or(Errno::EINVAL)?;
        Ok(found.as_ptr().cast_mut())
    })
}
