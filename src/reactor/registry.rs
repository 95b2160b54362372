//! What an I/O thread wants to hear of a descriptor.
//!
//! Events are edge-triggered. The duties that follow are kept here once: whoever is told that a
//! descriptor is readable or writable goes on until it would block, or asks to be called again
//! ([`super::Cx::again`]); turning an interest on reports a readiness that is already there.
//!
//! Thread: any; an interest may be changed by the application's thread that takes a role.
//! Invariants: the kernel's interest equals the recorded one.
//! Counterpart: `epoll.cpp` of libzmq 4.3.5 (level-triggered there).

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};

use mio::unix::SourceFd;
use mio::{Interest, Registry};

use super::Token;

/// A descriptor's registration with one I/O thread. Ends with the descriptor's closing or with
/// [`Registration::clear`].
#[derive(Debug)]
pub struct Registration {
    registry: Arc<Registry>,
    token: Token,
    fd: RawFd,
    wants: Mutex<Wants>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wants {
    read: bool,
    write: bool,
}

impl Wants {
    fn interest(self) -> Option<Interest> {
        match (self.read, self.write) {
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (false, false) => None,
        }
    }
}

impl Registration {
    /// Nothing is registered until an interest is set. The descriptor must stay open until
    /// [`Registration::clear`].
    pub(super) fn new(registry: Arc<Registry>, token: Token, fd: &impl AsRawFd) -> Self {
        Self { registry, token, fd: fd.as_raw_fd(), wants: Mutex::new(Wants::default()) }
    }

    /// Wants to hear when there is something to read.
    pub fn set_read(&self, read: bool) -> io::Result<()> {
        self.change(|wants| wants.read = read)
    }

    /// Wants to hear when there is room to write.
    pub fn set_write(&self, write: bool) -> io::Result<()> {
        self.change(|wants| wants.write = write)
    }

    /// Wants to hear nothing.
    pub fn clear(&self) -> io::Result<()> {
        self.change(|wants| *wants = Wants::default())
    }

    fn change(&self, edit: impl FnOnce(&mut Wants)) -> io::Result<()> {
        let mut wants = self.wants.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *wants;
        edit(&mut wants);
        if before == *wants {
            return Ok(());
        }
        let mut source = SourceFd(&self.fd);
        let token = mio::Token(self.token.packed());
        let result = match (before.interest(), wants.interest()) {
            (None, Some(interest)) => self.registry.register(&mut source, token, interest),
            (Some(_), Some(interest)) => self.registry.reregister(&mut source, token, interest),
            (Some(_), None) => self.registry.deregister(&mut source),
            (None, None) => Ok(()),
        };
        if result.is_err() {
            *wants = before;
        }
        result
    }
}
