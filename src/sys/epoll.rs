//! A descriptor that is readable while one of others is.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// An `epoll` instance for others to wait for.
#[derive(Debug)]
pub struct Epoll(OwnedFd);

impl Epoll {
    /// Empty. Fails with `EMFILE`, `ENFILE` or `ENOMEM`.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the descriptor is ours if the call succeeds.
        unsafe {
            let fd = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Readable while `fd` is, until that is removed or closed.
    pub fn add(&self, fd: RawFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd)
    }

    /// No longer cares for `fd`.
    pub fn remove(&self, fd: RawFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd)
    }

    fn control(&self, operation: i32, fd: RawFd) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
        // SAFETY: the event lives through the call.
        match unsafe { libc::epoll_ctl(self.0.as_raw_fd(), operation, fd, &raw mut event) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// The descriptor's number.
    pub fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
