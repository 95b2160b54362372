//! Small helpers: version, capabilities, atomic counters, stopwatch, threads.

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::thread;
use std::time::{Duration, Instant};

use super::constants::{ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH};
use super::pointer;
use crate::error::Errno;
use crate::sync::{AtomicI32, Ordering};

/// `zmq_version(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_version(major: *mut c_int, minor: *mut c_int, patch: *mut c_int) {
    for (place, number) in
        [(major, ZMQ_VERSION_MAJOR), (minor, ZMQ_VERSION_MINOR), (patch, ZMQ_VERSION_PATCH)]
    {
        if !place.is_null() {
            // SAFETY: see the module.
            unsafe { place.write(number) };
        }
    }
}

/// `zmq_has(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_has(capability: *const c_char) -> c_int {
    if capability.is_null() {
        return 0;
    }
    // SAFETY: see the module.
    let name = unsafe { CStr::from_ptr(capability) }.to_bytes();
    c_int::from(matches!(name, b"ipc" | b"draft"))
}

/// `zmq_sleep`, deprecated
#[unsafe(no_mangle)]
pub extern "C" fn zmq_sleep(seconds: c_int) {
    thread::sleep(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
}

#[allow(clippy::disallowed_methods, reason = "a stopwatch measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// `zmq_stopwatch_start(3)`
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    Box::into_raw(Box::new(now())).cast()
}

/// `zmq_stopwatch_intermediate(3)`, microseconds
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_intermediate(watch: *mut c_void) -> c_ulong {
    // SAFETY: from `zmq_stopwatch_start`, and not stopped.
    let began = unsafe { watch.cast::<Instant>().as_ref() };
    began.map_or(0, |began| now().duration_since(*began).as_micros() as c_ulong)
}

/// `zmq_stopwatch_stop(3)`, microseconds
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_stop(watch: *mut c_void) -> c_ulong {
    // SAFETY: as `zmq_stopwatch_intermediate`.
    let elapsed = unsafe { zmq_stopwatch_intermediate(watch) };
    if !watch.is_null() {
        // SAFETY: made by `Box::into_raw` in `zmq_stopwatch_start`; given up here.
        drop(unsafe { Box::from_raw(watch.cast::<Instant>()) });
    }
    elapsed
}

/// Is run by a thread of its own.
pub type ThreadFn = Option<unsafe extern "C" fn(arg: *mut c_void)>;

struct Argument(*mut c_void);

// SAFETY: the caller of `zmq_threadstart` hands the pointer to the new thread.
unsafe impl Send for Argument {}

/// `zmq_threadstart`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadstart(func: ThreadFn, arg: *mut c_void) -> *mut c_void {
    pointer(|| {
        let func = func.ok_or(Errno::EFAULT)?;
        let arg = Argument(arg);
        let thread = thread::Builder::new().name("ZMQapp".to_owned()).spawn(move || {
            // The whole structure moves, not its field.
            let arg = arg;
            // SAFETY: the caller's own function and argument.
            unsafe { func(arg.0) };
        })?;
        Ok(Box::into_raw(Box::new(thread)).cast())
    })
}

/// `zmq_threadclose`: waits for the thread's end
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadclose(thread: *mut c_void) {
    if thread.is_null() {
        return;
    }
    // SAFETY: made by `Box::into_raw` in `zmq_threadstart`; given up here.
    let thread = unsafe { Box::from_raw(thread.cast::<thread::JoinHandle<()>>()) };
    // What the thread's function did is its own affair.
    let _ = thread.join();
}

/// `zmq_atomic_counter_new(3)`
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_new() -> *mut c_void {
    Box::into_raw(Box::new(AtomicI32::new(0))).cast()
}

/// # Safety
/// As the module.
unsafe fn counter_at<'a>(counter: *mut c_void) -> Option<&'a AtomicI32> {
    // SAFETY: from `zmq_atomic_counter_new`, and not destroyed.
    unsafe { counter.cast::<AtomicI32>().as_ref() }
}

/// `zmq_atomic_counter_set(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_set(counter: *mut c_void, value: c_int) {
    // SAFETY: see the module.
    if let Some(counter) = unsafe { counter_at(counter) } {
        counter.store(value, Ordering::SeqCst);
    }
}

/// `zmq_atomic_counter_inc(3)`: the value before
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_inc(counter: *mut c_void) -> c_int {
    // SAFETY: see the module.
    unsafe { counter_at(counter) }.map_or(0, |counter| counter.fetch_add(1, Ordering::SeqCst))
}

/// `zmq_atomic_counter_dec(3)`: 1 while the value is not zero
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_dec(counter: *mut c_void) -> c_int {
    // SAFETY: see the module.
    let before = unsafe { counter_at(counter) }.map_or(1, |c| c.fetch_sub(1, Ordering::SeqCst));
    c_int::from(before != 1)
}

/// `zmq_atomic_counter_value(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_value(counter: *mut c_void) -> c_int {
    // SAFETY: see the module.
    unsafe { counter_at(counter) }.map_or(0, |counter| counter.load(Ordering::SeqCst))
}

/// `zmq_atomic_counter_destroy(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_destroy(counter_p: *mut *mut c_void) {
    // SAFETY: see the module.
    let Some(place) = (unsafe { counter_p.as_mut() }) else { return };
    if !place.is_null() {
        // SAFETY: made by `Box::into_raw` in `zmq_atomic_counter_new`; given up here.
        drop(unsafe { Box::from_raw(place.cast::<AtomicI32>()) });
        *place = std::ptr::null_mut();
    }
}
