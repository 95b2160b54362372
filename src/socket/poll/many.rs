//! Polling many sockets: those that had nothing and of which nothing was heard since are passed over
//! by a look at two words, without their locks.
//!
//! A thread that polls keeps its set: what it found, and its parker's place among each socket's
//! waiters, so that polling the same sockets again registers nothing. The I/O threads do the reading
//! for all of them.
//!
//! Thread: a set belongs to its thread. Invariants: a member is quiet only if its socket was asked
//! for a signal when it had nothing; any call on the socket since makes it not quiet.
//! Counterpart: as the module above.

use std::cell::RefCell;
use std::sync::Arc;

use crate::error::{Errno, Result};
use crate::pipe::Inbox;
use crate::socket::parker::{Parker, Slept};
use crate::socket::shared::Shared;
use crate::socket::{Socket, Wait};
use crate::sync::Ordering;
use crate::sys::poll::PollFd;

use super::{Item, POLLIN, POLLOUT, Source, descriptors, look_at_descriptors};

thread_local! {
    static SET: RefCell<Option<Set>> = const { RefCell::new(None) };
}

pub(super) fn poll(
    items: &mut [Item],
    wait: &Wait,
    may_wait: bool,
    mask: Option<&libc::sigset_t>,
) -> Result<usize> {
    let mut set = SET.try_with(|set| set.take()).ok().flatten().unwrap_or_else(Set::new);
    let result = set.poll(items, wait, may_wait, mask);
    let _ = SET.try_with(|place| place.replace(Some(set)));
    result
}

/// The sockets that a thread polled last.
struct Set {
    parker: Arc<Parker>,
    members: Vec<Member>,
}

struct Member {
    socket: &'static Socket,
    /// Tells this socket from those that had its place before, or have it after.
    serial: u64,
    shared: Arc<Shared>,
    /// That of `shared`, to be found without it: quiet sockets are not in the cache.
    inbox: Arc<Inbox>,
    /// Stands among the socket's waiters as long as the member lives.
    parker: Arc<Parker>,
    /// What was asked for and found, and the count of calls on the socket then.
    wanted: i16,
    found: i16,
    calls: u32,
}

impl Set {
    fn new() -> Self {
        Self { parker: Parker::current(), members: Vec::new() }
    }

    fn poll(
        &mut self,
        items: &mut [Item],
        wait: &Wait,
        may_wait: bool,
        mask: Option<&libc::sigset_t>,
    ) -> Result<usize> {
        loop {
            // Wake-ups are kept from here on; the look comes after.
            self.parker.begin();
            match self.look(items)? {
                0 if may_wait => {}
                ready => return Ok(ready),
            }
            match self.sleep(items, wait, mask) {
                Ok(()) => {}
                Err(Errno::EAGAIN) => return self.look(items),
                Err(errno) => return Err(errno),
            }
        }
    }

    fn look(&mut self, items: &mut [Item]) -> Result<usize> {
        // Before the sockets: looking at a socket makes its own descriptor unreadable.
        let mut ready = look_at_descriptors(items)?;
        let mut at = 0;
        for item in items.iter_mut() {
            let Source::Socket(socket) = item.source else { continue };
            let known = self
                .members
                .get(at)
                .is_some_and(|member| member.is(socket) && member.wanted == item.events);
            if !known {
                self.members.truncate(at);
                self.members.push(Member::new(socket, item.events, &self.parker)?);
            }
            item.revents = self.members[at].look()?;
            ready += usize::from(item.revents != 0);
            at += 1;
        }
        self.members.truncate(at);
        Ok(ready)
    }

    fn sleep(&self, items: &[Item], wait: &Wait, mask: Option<&libc::sigset_t>) -> Result<()> {
        let timeout = wait.left()?;
        let mut fds: Vec<PollFd> = descriptors(items).collect();
        match self.parker.sleep(&mut fds, timeout, mask)? {
            Slept::Look => Ok(()),
            Slept::Interrupted => Err(Errno::EINTR),
        }
    }
}

impl Member {
    fn new(socket: &'static Socket, wanted: i16, parker: &Arc<Parker>) -> Result<Self> {
        let state = socket.open()?;
        let shared = Arc::clone(&state.shared);
        let serial = state.serial;
        drop(state);
        shared.waiters.register(parker);
        // Something to find, so that the first look is a real one.
        let parker = Arc::clone(parker);
        let inbox = Arc::clone(&shared.inbox);
        Ok(Self { socket, serial, shared, inbox, parker, wanted, found: !0, calls: 0 })
    }

    fn is(&self, socket: &'static Socket) -> bool {
        std::ptr::eq(self.socket, socket) && socket.serial() == self.serial
    }

    /// True if a look would find what the last one did: nothing. The context's end is news.
    fn is_quiet(&self) -> bool {
        self.found == 0 && self.inbox.is_empty() && self.socket.calls() == self.calls
    }

    fn look(&mut self) -> Result<i16> {
        if self.is_quiet() {
            return Ok(0);
        }
        if self.shared.stopped.load(Ordering::Relaxed) {
            return Err(self.shared.tell());
        }
        let mut state = self.socket.lock()?;
        state.give_back_all();
        self.found = state.events() as i16 & self.wanted & (POLLIN | POLLOUT);
        self.calls = self.socket.calls();
        Ok(self.found)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.shared.waiters.unregister(&self.parker);
    }
}
