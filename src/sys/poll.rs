//! Waiting for descriptors.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

/// One descriptor to wait for.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct PollFd(libc::pollfd);

impl PollFd {
    /// Waits for `POLL*` bits of `events`.
    pub fn new(fd: RawFd, events: i16) -> Self {
        Self(libc::pollfd { fd, events, revents: 0 })
    }

    /// What became true.
    pub fn revents(&self) -> i16 {
        self.0.revents
    }

    /// The descriptor.
    pub fn fd(&self) -> RawFd {
        self.0.fd
    }
}

/// `POLLIN`.
pub const IN: i16 = libc::POLLIN;
/// `POLLOUT`.
pub const OUT: i16 = libc::POLLOUT;
/// `POLLPRI`.
pub const PRI: i16 = libc::POLLPRI;

/// Waits until one of `fds` has something, for `timeout` at most (`None`: for ever), with the
/// signal mask `mask` if there is one. Returns how many have.
pub fn poll(
    fds: &mut [PollFd],
    timeout: Option<Duration>,
    mask: Option<&libc::sigset_t>,
) -> io::Result<usize> {
    let spec = timeout.map(|span| libc::timespec {
        tv_sec: libc::time_t::try_from(span.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: span.subsec_nanos().into(),
    });
    // SAFETY: `PollFd` is transparent over `pollfd`; all pointers live through the call.
    let ready = unsafe {
        libc::ppoll(
            fds.as_mut_ptr().cast(),
            fds.len() as libc::nfds_t,
            spec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
            mask.map_or(std::ptr::null(), std::ptr::from_ref),
        )
    };
    if ready < 0 { Err(io::Error::last_os_error()) } else { Ok(ready as usize) }
}

/// Waits until `fd` is readable, for `timeout` at most.
pub fn wait_readable(fd: &impl AsRawFd, timeout: Duration) -> io::Result<bool> {
    Ok(poll(&mut [PollFd::new(fd.as_raw_fd(), IN)], Some(timeout), None)? > 0)
}
