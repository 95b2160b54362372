//! Every `extern "C"` function, and no behaviour: arguments are checked, pointers become references
//! or slices, one call is made, its result is mapped.
//!
//! # Safety
//! What holds for all functions, as the manual of libzmq states it:
//! - handles are what the library returned, or NULL; a closed one is found out where it can be;
//! - a `zmq_msg_t` was initialised by a `zmq_msg_init*` function and not closed, where the manual
//!   asks for it; it is 64 bytes, aligned for pointers;
//! - pointers with a length are valid for it, and strings end with a zero byte.
//!
//! Thread: any. Invariants: `errno` is written last; no panic leaves a function.
//! Counterpart: `zmq.cpp`, `zmq_utils.cpp` of libzmq 4.3.5.

#![allow(clippy::missing_safety_doc, reason = "the conventions are stated once, above")]

pub mod constants;
pub mod ctx;
pub mod curve;
pub mod draft;
pub mod errno;
mod handle;
pub mod msg;
pub mod poll;
pub mod proxy;
pub mod socket;
pub mod timers;
pub mod utils;

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use crate::error::{Errno, Result};

/// Runs `body`; a panic becomes `EFAULT`. The socket it happened in is closed by its next call.
#[inline]
fn guard<R>(body: impl FnOnce() -> Result<R>) -> Result<R> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Errno::EFAULT))
}

/// 0, or -1 and `errno`.
#[inline]
fn status(body: impl FnOnce() -> Result<()>) -> c_int {
    match guard(body) {
        Ok(()) => 0,
        Err(error) => fail(error),
    }
}

/// A count or length, or -1 and `errno`. Results of the hot calls pass the guard as one word: a
/// larger one goes through memory, written in parts and read as a whole, for which the processor
/// has to wait.
#[inline]
fn count(body: impl FnOnce() -> Result<usize>) -> c_int {
    let code = catch_unwind(AssertUnwindSafe(|| match body() {
        Ok(count) => i64::from(c_int::try_from(count).unwrap_or(c_int::MAX)),
        Err(error) => -i64::from(error.raw()),
    }));
    match code.unwrap_or_else(|_| -i64::from(Errno::EFAULT.raw())) {
        count @ 0.. => count as c_int,
        error => fail(Errno::from_raw(-error as c_int)),
    }
}

/// A value, or -1 and `errno`.
#[inline]
fn value(body: impl FnOnce() -> Result<c_int>) -> c_int {
    match guard(body) {
        Ok(value) => value,
        Err(error) => fail(error),
    }
}

/// A pointer, or NULL and `errno`.
fn pointer<T>(body: impl FnOnce() -> Result<*mut T>) -> *mut T {
    match guard(body) {
        Ok(pointer) => pointer,
        Err(error) => {
            errno::set(error);
            std::ptr::null_mut()
        }
    }
}

#[cold]
#[inline(never)]
fn fail(error: Errno) -> c_int {
    errno::set(error);
    -1
}

/// The string at `text`; `EINVAL` for NULL or what is not UTF-8 (no endpoint is).
///
/// # Safety
/// As the module.
unsafe fn str_at<'a>(text: *const c_char) -> Result<&'a str> {
    if text.is_null() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: a C string (caller).
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| Errno::EINVAL)
}

/// The bytes at `data`; none for NULL. `ENOMEM` for a length that nothing in memory has: a negative
/// one that was cast.
///
/// # Safety
/// As the module.
#[inline]
unsafe fn bytes_at<'a>(data: *const c_void, len: usize) -> Result<&'a [u8]> {
    if data.is_null() {
        return Ok(&[]);
    }
    if isize::try_from(len).is_err() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: valid for `len` bytes (caller).
    Ok(unsafe { slice::from_raw_parts(data.cast(), len) })
}

/// The buffer at `data`; none for NULL.
///
/// # Safety
/// As the module.
#[inline]
unsafe fn buffer_at<'a>(data: *mut c_void, len: usize) -> &'a mut [u8] {
    if data.is_null() {
        return &mut [];
    }
    // What nothing in memory has is cut to what a slice may have.
    let len = len.min(isize::MAX as usize);
    // SAFETY: valid for `len` bytes (caller).
    unsafe { slice::from_raw_parts_mut(data.cast(), len) }
}
