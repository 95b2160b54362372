//! A set of sockets and descriptors that is kept between waits (`zmq_poller_*`).
//!
//! Thread: one at a time. Invariants: a source is in the set once. Counterpart:
//! `socket_poller.cpp` of libzmq 4.3.5; `zmq_poller(3)`.

use std::os::fd::RawFd;

use crate::error::{Errno, Result};
use crate::sys::epoll::Epoll;

use super::Socket;
use super::poll::{self, Item, POLLERR, POLLIN, POLLOUT, POLLPRI, Source};

const ALL_EVENTS: i16 = POLLIN | POLLOUT | POLLERR | POLLPRI;

/// The set; `T` goes with each source.
#[derive(Debug)]
pub struct Poller<T> {
    entries: Vec<(Item, T)>,
    /// See [`Poller::descriptor`]. Holds the descriptors of the thread-safe sockets.
    epoll: Option<Epoll>,
}

/// A source that is ready.
#[derive(Clone, Copy, Debug)]
pub struct Ready<T> {
    /// What it is.
    pub source: Source,
    /// What holds, `ZMQ_POLL*`.
    pub events: i16,
    /// What went with it.
    pub data: T,
}

impl<T> Default for Poller<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), epoll: None }
    }
}

fn is_same(a: Source, b: Source) -> bool {
    match (a, b) {
        (Source::Socket(a), Source::Socket(b)) => std::ptr::eq(a, b),
        (Source::Fd(a), Source::Fd(b)) => a == b,
        _ => false,
    }
}

impl<T: Copy> Poller<T> {
    /// Sources in the set.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, source: Source) -> Result<usize> {
        self.entries.iter().position(|(item, _)| is_same(item.source, source)).ok_or(Errno::EINVAL)
    }

    /// Adds a source. `EINVAL` if it is there already or `events` has unknown bits.
    pub fn add(&mut self, source: Source, data: T, events: i16) -> Result<()> {
        check(events)?;
        if self.find(source).is_ok() {
            return Err(Errno::EINVAL);
        }
        if let Some(epoll) = &self.epoll
            && let Some(fd) = watched(source)?
        {
            epoll.add(fd)?;
        }
        self.entries.push((Item { source, events, revents: 0 }, data));
        Ok(())
    }

    /// Changes what is waited for. `EINVAL` if the source is not there.
    pub fn modify(&mut self, source: Source, events: i16) -> Result<()> {
        check(events)?;
        let at = self.find(source)?;
        self.entries[at].0.events = events;
        Ok(())
    }

    /// Takes a source out. `EINVAL` if it is not there.
    pub fn remove(&mut self, source: Source) -> Result<()> {
        let at = self.find(source)?;
        self.entries.remove(at);
        if let Some(epoll) = &self.epoll
            && let Ok(Some(fd)) = watched(source)
        {
            epoll.remove(fd)?;
        }
        Ok(())
    }

    /// Waits until sources are ready, for `timeout` milliseconds at most (-1: for ever), and gives
    /// out up to `max` of them. `EAGAIN` when the time is over, `EFAULT` for a wait without end
    /// and without sources that could end it.
    pub fn wait(
        &mut self,
        timeout: i64,
        max: usize,
        mut give: impl FnMut(usize, Ready<T>),
    ) -> Result<usize> {
        if timeout < 0 && self.entries.iter().all(|(item, _)| item.events == 0) {
            return Err(Errno::EFAULT);
        }
        let mut items: Vec<Item> = self.entries.iter().map(|(item, _)| *item).collect();
        if poll::poll(&mut items, timeout, None)? == 0 {
            return Err(Errno::EAGAIN);
        }
        let ready = items.iter().zip(&self.entries).filter(|(item, _)| item.revents != 0);
        let mut count = 0;
        for (item, (_, data)) in ready.take(max) {
            let (source, events) = (item.source, item.revents);
            give(count, Ready { source, events, data: *data });
            count += 1;
        }
        if count == 0 { Err(Errno::EAGAIN) } else { Ok(count) }
    }

    /// `zmq_poller_fd`: a descriptor that is readable when a thread-safe socket of the set may be
    /// ready. `EINVAL` if there is no such socket.
    pub fn descriptor(&mut self) -> Result<RawFd> {
        let mut fds = Vec::new();
        for (item, _) in &self.entries {
            fds.extend(watched(item.source)?);
        }
        if fds.is_empty() {
            return Err(Errno::EINVAL);
        }
        if let Some(epoll) = &self.epoll {
            return Ok(epoll.raw());
        }
        let epoll = Epoll::new()?;
        for fd in fds {
            epoll.add(fd)?;
        }
        Ok(self.epoll.insert(epoll).raw())
    }

    /// The sockets of the set, for checks.
    pub fn sockets(&self) -> impl Iterator<Item = &'static Socket> + '_ {
        self.entries.iter().filter_map(|(item, _)| match item.source {
            Source::Socket(socket) => Some(socket),
            Source::Fd(_) => None,
        })
    }

    /// True for a descriptor that is in the set.
    pub fn has_fd(&self, fd: RawFd) -> bool {
        self.find(Source::Fd(fd)).is_ok()
    }
}

/// The descriptor of a thread-safe socket, by which a poller's own descriptor knows it.
fn watched(source: Source) -> Result<Option<RawFd>> {
    match source {
        Source::Socket(socket) if socket.kind()?.is_thread_safe() => socket.descriptor().map(Some),
        _ => Ok(None),
    }
}

fn check(events: i16) -> Result<()> {
    if events & !ALL_EVENTS == 0 { Ok(()) } else { Err(Errno::EINVAL) }
}
