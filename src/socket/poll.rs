//! Waiting for several sockets and descriptors at once.
//!
//! Thread: any; no lock is held while asleep. Invariants: a socket is asked again after the waiter
//! is registered with it, so that nothing is missed. Counterpart: `zmq_poll(3)`, `zmq_ppoll(3)`;
//! `zmq.cpp`, `socket_poller.cpp` of libzmq 4.3.5.

use std::os::fd::RawFd;
use std::sync::Arc;

use crate::error::{Errno, Result};
use crate::sync::Ordering;
use crate::sys::poll::{self as sys_poll, PollFd};

use super::parker::{Parker, Slept, Waiters};
use super::{Socket, Wait};

/// `ZMQ_POLLIN`
pub const POLLIN: i16 = 1;
/// `ZMQ_POLLOUT`
pub const POLLOUT: i16 = 2;
/// `ZMQ_POLLERR`
pub const POLLERR: i16 = 4;
/// `ZMQ_POLLPRI`
pub const POLLPRI: i16 = 8;

/// Polling of more sockets than this leaves their reading to the I/O threads.
const MAX_DRIVEN: usize = 8;

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
    let wait = Wait::new(i32::try_from(timeout).unwrap_or(-1));
    let parker = Parker::current();
    let sockets = items.iter().filter(|item| matches!(item.source, Source::Socket(_))).count();
    let drive = timeout != 0 && sockets <= MAX_DRIVEN;
    let mut registered: Vec<Arc<Waiters>> = Vec::new();
    let result = loop {
        match look(items, drive) {
            Ok(0) if timeout == 0 => break Ok(0),
            Ok(0) => {}
            other => break other,
        }
        if registered.is_empty() {
            // Wake-ups are kept from here on; look once more before sleeping.
            parker.begin();
            match register(items, &parker) {
                Ok(waiters) => registered = waiters,
                Err(errno) => break Err(errno),
            }
            if !registered.is_empty() {
                continue;
            }
        }
        match sleep(items, &parker, &wait, mask) {
            Ok(()) => {}
            Err(Errno::EAGAIN) => break look(items, false),
            Err(errno) => break Err(errno),
        }
        parker.begin();
    };
    for waiters in &registered {
        waiters.unregister(&parker);
    }
    result
}

fn look(items: &mut [Item], drive: bool) -> Result<usize> {
    let mut ready = 0;
    let mut fds = Vec::new();
    for item in items.iter_mut() {
        item.revents = 0;
        match item.source {
            Source::Socket(socket) => {
                let mut state = socket.open()?;
                let mut events = state.events();
                if events as i16 & item.events == 0
                    && drive
                    && item.events & POLLIN != 0
                    && state.drive(true)
                {
                    events = state.events();
                }
                item.revents = events as i16 & item.events & (POLLIN | POLLOUT);
                ready += usize::from(item.revents != 0);
            }
            Source::Fd(fd) => fds.push(PollFd::new(fd, to_system(item.events))),
        }
    }
    if fds.is_empty() {
        return Ok(ready);
    }
    sys_poll::poll(&mut fds, Some(std::time::Duration::ZERO), None)?;
    let mut fds = fds.iter();
    for item in items.iter_mut().filter(|item| matches!(item.source, Source::Fd(_))) {
        let revents = fds.next().map_or(0, PollFd::revents);
        item.revents = from_system(revents) & (item.events | POLLERR);
        ready += usize::from(item.revents != 0);
    }
    Ok(ready)
}

fn register(items: &[Item], parker: &Arc<Parker>) -> Result<Vec<Arc<Waiters>>> {
    let mut registered = Vec::new();
    for item in items {
        if let Source::Socket(socket) = item.source {
            let waiters = Arc::clone(&socket.open()?.shared.waiters);
            waiters.register(parker);
            registered.push(waiters);
        }
    }
    Ok(registered)
}

fn sleep(
    items: &[Item],
    parker: &Parker,
    wait: &Wait,
    mask: Option<&libc::sigset_t>,
) -> Result<()> {
    let timeout = wait.left()?;
    let mut fds = Vec::new();
    let mut news = false;
    for item in items {
        match item.source {
            Source::Fd(fd) => fds.push(PollFd::new(fd, to_system(item.events))),
            Source::Socket(socket) => {
                let state = socket.open()?;
                news |= state.shared.has_news();
                if item.events & POLLIN != 0 {
                    state.begin_sleep(|fd| fds.push(PollFd::new(fd, sys_poll::IN)));
                }
            }
        }
    }
    let slept = if news { Ok(Slept::Look) } else { parker.sleep(&mut fds, timeout, mask) };
    for item in items {
        if let Source::Socket(socket) = item.source
            && item.events & POLLIN != 0
        {
            let state = socket.lock()?;
            state.end_sleep();
            if state.shared.stopped.load(Ordering::SeqCst) {
                return Err(state.shared.tell());
            }
        }
    }
    match slept? {
        Slept::Look => Ok(()),
        Slept::Interrupted => Err(Errno::EINTR),
    }
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
