//! Pollers.

use std::ffi::{c_int, c_long, c_short, c_void};

use crate::capi::handle::{self, Tagged};
use crate::capi::poll::Fd;
use crate::capi::{count, pointer, status};
use crate::error::{Errno, Result};
use crate::socket::poll::Source;
use crate::socket::poller::{Poller, Ready};

/// What goes with a source: the handle it was added by, and the user's pointer.
#[derive(Clone, Copy, Debug)]
struct Data {
    socket: *mut c_void,
    user_data: *mut c_void,
}

type Handle = Tagged<Poller<Data>>;

const TAG: u32 = 0x6f78_0004;

/// What a poller found.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[allow(missing_docs, reason = "named as in zmq.h")]
pub struct PollerEvent {
    pub socket: *mut c_void,
    pub fd: Fd,
    pub user_data: *mut c_void,
    pub events: c_short,
}

const NO_FD: Fd = -1;

/// # Safety
/// As the module.
unsafe fn at<'a>(poller: *mut c_void) -> Result<&'a mut Poller<Data>> {
    // SAFETY: one thread at a time (zmq_poller(3)).
    unsafe { Handle::at(TAG, poller) }
}

fn to_event(ready: Ready<Data>) -> PollerEvent {
    PollerEvent {
        socket: ready.data.socket,
        fd: match ready.source {
            Source::Fd(fd) => fd,
            Source::Socket(_) => NO_FD,
        },
        user_data: ready.data.user_data,
        events: ready.events,
    }
}

/// `zmq_poller_new(3)`
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_new() -> *mut c_void {
    pointer(|| Ok(Handle::into_handle(TAG, Poller::default())))
}

/// `zmq_poller_destroy(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_destroy(poller_p: *mut *mut c_void) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let place = unsafe { poller_p.as_mut() }.ok_or(Errno::EFAULT)?;
        // SAFETY: the caller gives the poller up.
        unsafe { Handle::take(TAG, *place) }?;
        *place = std::ptr::null_mut();
        Ok(())
    })
}

/// `zmq_poller_size`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_size(poller: *mut c_void) -> c_int {
    // SAFETY: see the module.
    count(|| Ok(unsafe { at(poller) }?.len()))
}

/// `zmq_poller_add(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_add(
    poller: *mut c_void,
    socket: *mut c_void,
    user_data: *mut c_void,
    events: c_short,
) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let poller = unsafe { at(poller) }?;
        let source = handle::socket(socket)?;
        source.kind()?;
        poller.add(Source::Socket(source), Data { socket, user_data }, events)
    })
}

/// `zmq_poller_modify(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_modify(
    poller: *mut c_void,
    socket: *mut c_void,
    events: c_short,
) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let poller = unsafe { at(poller) }?;
        poller.modify(Source::Socket(handle::socket(socket)?), events)
    })
}

/// `zmq_poller_remove(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_remove(poller: *mut c_void, socket: *mut c_void) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let poller = unsafe { at(poller) }?;
        poller.remove(Source::Socket(handle::socket(socket)?))
    })
}

fn fd_source(fd: Fd) -> Result<Source> {
    if fd == NO_FD { Err(Errno::EBADF) } else { Ok(Source::Fd(fd)) }
}

/// `zmq_poller_add_fd(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_add_fd(
    poller: *mut c_void,
    fd: Fd,
    user_data: *mut c_void,
    events: c_short,
) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let poller = unsafe { at(poller) }?;
        let data = Data { socket: std::ptr::null_mut(), user_data };
        poller.add(fd_source(fd)?, data, events)
    })
}

/// `zmq_poller_modify_fd(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_modify_fd(
    poller: *mut c_void,
    fd: Fd,
    events: c_short,
) -> c_int {
    // SAFETY: see the module.
    status(|| unsafe { at(poller) }?.modify(fd_source(fd)?, events))
}

/// `zmq_poller_remove_fd(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_remove_fd(poller: *mut c_void, fd: Fd) -> c_int {
    // SAFETY: see the module.
    status(|| unsafe { at(poller) }?.remove(fd_source(fd)?))
}

/// `zmq_poller_wait(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_wait(
    poller: *mut c_void,
    event: *mut PollerEvent,
    timeout: c_long,
) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let poller = unsafe { at(poller) }?;
        if event.is_null() {
            return Err(Errno::EFAULT);
        }
        let nothing = PollerEvent {
            socket: std::ptr::null_mut(),
            fd: NO_FD,
            user_data: std::ptr::null_mut(),
            events: 0,
        };
        let result = poller.wait(timeout, 1, |_, ready| {
            // SAFETY: see the module.
            unsafe { event.write(to_event(ready)) };
        });
        if result.is_err() {
            // SAFETY: see the module.
            unsafe { event.write(nothing) };
        }
        result.map(|_| ())
    })
}

/// `zmq_poller_wait_all(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_wait_all(
    poller: *mut c_void,
    events: *mut PollerEvent,
    n_events: c_int,
    timeout: c_long,
) -> c_int {
    count(|| {
        // SAFETY: see the module.
        let poller = unsafe { at(poller) }?;
        if events.is_null() {
            return Err(Errno::EFAULT);
        }
        let max = usize::try_from(n_events).map_err(|_| Errno::EINVAL)?;
        poller.wait(timeout, max, |index, ready| {
            // SAFETY: room for `n_events` events; `index` stays below.
            unsafe { events.add(index).write(to_event(ready)) };
        })
    })
}

/// `zmq_poller_fd(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_fd(poller: *mut c_void, fd: *mut Fd) -> c_int {
    status(|| {
        // SAFETY: see the module.
        let descriptor = unsafe { at(poller) }?.descriptor()?;
        // SAFETY: see the module.
        let place = unsafe { fd.as_mut() }.ok_or(Errno::EFAULT)?;
        *place = descriptor;
        Ok(())
    })
}
