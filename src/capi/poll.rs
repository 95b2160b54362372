//! `zmq_poll`.

use std::ffi::{c_int, c_long, c_short, c_void};
use std::time::Duration;

use super::{count, handle};
use crate::error::{Errno, Result};
use crate::socket::poll::{self, Item, Source};

/// A descriptor, as the system has it.
#[cfg(not(windows))]
pub type Fd = c_int;

/// A socket of the system.
#[cfg(all(windows, target_pointer_width = "64"))]
pub type Fd = u64;

/// A socket of the system.
#[cfg(all(windows, not(target_pointer_width = "64")))]
pub type Fd = std::ffi::c_uint;

/// What `zmq_poll` waits for, and what it found: a socket, or else a descriptor.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[allow(missing_docs, reason = "named as in zmq.h")]
pub struct PollItem {
    pub socket: *mut c_void,
    pub fd: Fd,
    pub events: c_short,
    pub revents: c_short,
}

/// `zmq_poll(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poll(items: *mut PollItem, nitems: c_int, timeout: c_long) -> c_int {
    // SAFETY: see the module.
    unsafe { run(items, nitems, timeout, None) }
}

/// What both functions do; `mask` is the signal mask while asleep.
///
/// # Safety
/// As the module.
pub(super) unsafe fn run(
    items: *mut PollItem,
    nitems: c_int,
    timeout: c_long,
    mask: Option<&libc::sigset_t>,
) -> c_int {
    count(|| {
        let n = usize::try_from(nitems).map_err(|_| Errno::EINVAL)?;
        if n == 0 {
            if timeout > 0 {
                std::thread::sleep(Duration::from_millis(timeout as u64));
            }
            return Ok(0);
        }
        if items.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: see the module.
        let items = unsafe { std::slice::from_raw_parts_mut(items, n) };
        let mut polled: Vec<Item> = items.iter().map(to_item).collect::<Result<_>>()?;
        let ready = poll::poll(&mut polled, timeout, mask)?;
        for (item, polled) in items.iter_mut().zip(&polled) {
            item.revents = polled.revents;
        }
        Ok(ready)
    })
}

fn to_item(item: &PollItem) -> Result<Item> {
    let source = if item.socket.is_null() {
        Source::Fd(item.fd)
    } else {
        Source::Socket(handle::socket(item.socket)?)
    };
    Ok(Item { source, events: item.events, revents: 0 })
}
