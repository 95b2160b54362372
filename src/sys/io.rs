//! Bytes to and from sockets, never blocking and never raising `SIGPIPE`.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, FromRawFd, RawFd};

use socket2::{SockRef, Socket};

/// Sends what the kernel takes of `slices`.
#[inline]
pub fn send(socket: &impl AsFd, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    let socket = SockRef::from(socket);
    match slices {
        [one] => socket.send_with_flags(one, flags),
        _ => socket.send_vectored_with_flags(slices, flags),
    }
}

/// Takes over a socket that the application made (`ZMQ_USE_FD`). `EBADF` or `ENOTSOCK` if it is
/// none.
pub fn adopt_socket(fd: RawFd) -> io::Result<Socket> {
    // SAFETY: asks about the number only.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open, and `ZMQ_USE_FD` makes it the library's own.
    Ok(unsafe { Socket::from_raw_fd(fd) })
}
