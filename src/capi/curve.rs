//! Z85, and the keys of CURVE.

use std::ffi::{c_char, c_int};

use super::{bytes_at, pointer, status};
use crate::error::Errno;
use crate::protocol::mechanism::z85;

/// `zmq_z85_encode(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_encode(
    dest: *mut c_char,
    data: *const u8,
    size: usize,
) -> *mut c_char {
    pointer(|| {
        if !size.is_multiple_of(4) || dest.is_null() || data.is_null() && size > 0 {
            return Err(Errno::EINVAL);
        }
        // SAFETY: see the module.
        let text = z85::encode(unsafe { bytes_at(data.cast(), size) }?).ok_or(Errno::EINVAL)?;
        // SAFETY: room for the text and its zero byte (zmq_z85_encode(3)).
        unsafe {
            dest.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), text.len());
            dest.add(text.len()).write(0);
        }
        Ok(dest)
    })
}

/// `zmq_z85_decode(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_decode(dest: *mut u8, string: *const c_char) -> *mut u8 {
    pointer(|| {
        if string.is_null() || dest.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: see the module.
        let text = unsafe { std::ffi::CStr::from_ptr(string) }.to_bytes();
        let data = z85::decode(text).ok_or(Errno::EINVAL)?;
        // SAFETY: room for 4/5 of the text (zmq_z85_decode(3)).
        unsafe { dest.copy_from_nonoverlapping(data.as_ptr(), data.len()) };
        Ok(dest)
    })
}

/// `zmq_curve_keypair(3)`: `ENOTSUP`, CURVE is not there yet
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_keypair(
    _z85_public_key: *mut c_char,
    _z85_secret_key: *mut c_char,
) -> c_int {
    status(|| Err(Errno::ENOTSUP))
}

/// `zmq_curve_public(3)`: `ENOTSUP`, CURVE is not there yet
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_public(
    _z85_public_key: *mut c_char,
    _z85_secret_key: *const c_char,
) -> c_int {
    status(|| Err(Errno::ENOTSUP))
}
