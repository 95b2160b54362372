//! Waiting for several sockets and descriptors at once.
//!
//! Thread: any; no lock is held while asleep. Invariants: a socket is asked again after the waiter
//! is registered with it, so that nothing is missed. Counterpart: `zmq_poll(3)`, `zmq_ppoll(3)`;
//! `zmq.cpp`, `socket_poller.cpp` of libzmq 4.3.5.

mod few;
mod many;

use std::os::fd::RawFd;
use std::time::Duration;

use crate::error::Result;
use crate::sys::poll::{self as sys_poll, PollFd};

use super::{Socket, Wait, pending};

/// `ZMQ_POLLIN`
pub const POLLIN: i16 = 1;
/// `ZMQ_POLLOUT`
pub const POLLOUT: i16 = 2;
/// `ZMQ_POLLERR`
pub const POLLERR: i16 = 4;
/// `ZMQ_POLLPRI`
pub const POLLPRI: i16 = 8;

/// Up to so many sockets are locked and looked at one by one, and read for in place of waiting.
const FEW: usize = 8;

/// What to wait for.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A socket.
    Socket(&'static Socket),
    /// A descriptor of the application's.
    Fd(RawFd),
}

/// One line of a poll.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// What to wait for.
    pub source: Source,
    /// `ZMQ_POLL*` bits wanted.
    pub events: i16,
    /// Those that hold.
    pub revents: i16,
}

/// Waits until one of `items` is ready, for `timeout` milliseconds at most (-1: for ever), with the
/// signal mask `mask` while asleep. Returns how many are. `EINTR`, `ETERM`, `ENOTSOCK`, `EBADF`.
pub fn poll(items: &mut [Item], timeout: i64, mask: Option<&libc::sigset_t>) -> Result<usize> {
    pending::flush();
    let wait = Wait::new(i32::try_from(timeout).unwrap_or(-1));
    let sockets = items.iter().filter(|item| matches!(item.source, Source::Socket(_))).count();
    if sockets <= FEW {
        few::poll(items, &wait, timeout != 0, mask)
    } else {
        many::poll(items, &wait, timeout != 0, mask)
    }
}

/// Looks at the descriptors among `items`; returns how many are ready.
fn look_at_descriptors(items: &mut [Item]) -> Result<usize> {
    let mut fds: Vec<PollFd> = descriptors(items).collect();
    if fds.is_empty() {
        return Ok(0);
    }
    sys_poll::poll(&mut fds, Some(Duration::ZERO), None)?;
    let mut ready = 0;
    let mut fds = fds.iter();
    for item in items.iter_mut().filter(|item| matches!(item.source, Source::Fd(_))) {
        let revents = fds.next().map_or(0, PollFd::revents);
        item.revents = from_system(revents) & (item.events | POLLERR);
        ready += usize::from(item.revents != 0);
    }
    Ok(ready)
}

/// The descriptors among `items`, as the system wants them.
fn descriptors(items: &[Item]) -> impl Iterator<Item = PollFd> + '_ {
    items.iter().filter_map(|item| match item.source {
        Source::Fd(fd) => Some(PollFd::new(fd, to_system(item.events))),
        Source::Socket(_) => None,
    })
}

fn to_system(events: i16) -> i16 {
    let mut system = 0;
    if events & POLLIN != 0 {
        system |= sys_poll::IN;
    }
    if events & POLLOUT != 0 {
        system |= sys_poll::OUT;
    }
    if events & POLLPRI != 0 {
        system |= sys_poll::PRI;
    }
    system
}

fn from_system(revents: i16) -> i16 {
    let mut events = 0;
    if revents & sys_poll::IN != 0 {
        events |= POLLIN;
    }
    if revents & sys_poll::OUT != 0 {
        events |= POLLOUT;
    }
    if revents & sys_poll::PRI != 0 {
        events |= POLLPRI;
    }
    if revents & !(sys_poll::IN | sys_poll::OUT | sys_poll::PRI) != 0 {
        events |= POLLERR;
    }
    events
}
