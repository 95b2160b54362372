//! Timers that a program runs down by itself.

use std::ffi::{c_int, c_long, c_void};
use std::time::{Duration, Instant};

use super::handle::Tagged;
use super::{pointer, status, value};
use crate::error::{Errno, Result};
use crate::socket::timers::Timers;

/// Is called when a timer has run down.
pub type TimerFn = Option<unsafe extern "C" fn(timer_id: c_int, arg: *mut c_void)>;

#[derive(Clone, Copy, Debug)]
struct Handler {
    function: unsafe extern "C" fn(c_int, *mut c_void),
    arg: *mut c_void,
}

type Handle = Tagged<Timers<Handler>>;

const TAG: u32 = 0x6f78_0003;

#[allow(clippy::disallowed_methods, reason = "callers run timers down in real time")]
fn now() -> Instant {
    Instant::now()
}

/// # Safety
/// As the module.
unsafe fn at<'a>(timers: *mut c_void) -> Result<&'a mut Timers<Handler>> {
    // SAFETY: one thread at a time (zmq_timers(3)).
    unsafe { Handle::at(TAG, timers) }
}

/// `zmq_timers_new(3)`
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_new() -> *mut c_void {
    pointer(|| Ok(Handle::into_handle(TAG, Timers::default())))
}

/// `zmq_timers_destroy(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_destroy(timers_p: *mut *mut c_void) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let place = unsafe { timers_p.as_mut() }.ok_or(Errno::EFAULT)?;
        // SAFETY: the caller gives the timers up.
        unsafe { Handle::take(TAG, *place) }?;
        *place = std::ptr::null_mut();
        Ok(())
    })
}

/// `zmq_timers_add(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_add(
    timers: *mut c_void,
    interval: usize,
    handler: TimerFn,
    arg: *mut c_void,
) -> c_int {
    value(|| {
        // SAFETY: see the module.
        let timers = unsafe { at(timers) }?;
        let function = handler.ok_or(Errno::EFAULT)?;
        Ok(timers.add(Duration::from_millis(interval as u64), Handler { function, arg }, now()))
    })
}

/// `zmq_timers_cancel(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_cancel(timers: *mut c_void, timer_id: c_int) -> c_int {
    // SAFETY: see the module.
    status(|| unsafe { at(timers) }?.cancel(timer_id))
}

/// `zmq_timers_set_interval(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_set_interval(
    timers: *mut c_void,
    timer_id: c_int,
    interval: usize,
) -> c_int {
    let interval = Duration::from_millis(interval as u64);
    // SAFETY: see the module.
    status(|| unsafe { at(timers) }?.set_interval(timer_id, interval, now()))
}

/// `zmq_timers_reset(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_reset(timers: *mut c_void, timer_id: c_int) -> c_int {
    // SAFETY: see the module.
    status(|| unsafe { at(timers) }?.reset(timer_id, now()))
}

/// `zmq_timers_timeout(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_timeout(timers: *mut c_void) -> c_long {
    // SAFETY: see the module.
    match unsafe { at(timers) } {
        Ok(timers) => timers.timeout(now()).map_or(-1, |left| {
            // Rounded up: a caller that sleeps so long finds the timer run down.
            c_long::try_from(left.as_micros().div_ceil(1000)).unwrap_or(c_long::MAX)
        }),
        Err(error) => super::fail(error).into(),
    }
}

/// `zmq_timers_execute(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_execute(timers: *mut c_void) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let round = unsafe { at(timers) }?.begin_round();
        let now = now();
        loop {
            // Anew each time: the handler may use the timers.
            // SAFETY: see the module.
            let Some((id, handler)) = unsafe { at(timers) }?.due(round, now) else {
                return Ok(());
            };
            // SAFETY: the caller's own function and argument.
            unsafe { (handler.function)(id, handler.arg) };
        }
    })
}
