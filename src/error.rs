//! The error that every fallible operation of the library returns: a C `errno` value.
//!
//! Thread: any.
//! Invariants: an [`Errno`] is never zero.
//! Counterpart: the `errno` list of libzmq 4.3.5's `zmq.h`.

use std::fmt;
use std::io;

/// Base of the error numbers that ZeroMQ adds to the system's own (`ZMQ_HAUSNUMERO`).
pub const HAUSNUMERO: i32 = 156_384_712;

/// A C `errno` value: the system's numbers and ZeroMQ's own above [`HAUSNUMERO`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(i32);

/// Result whose error is an [`Errno`].
pub type Result<T, E = Errno> = std::result::Result<T, E>;

macro_rules! errnos {
    ($($name:ident = $value:expr;)*) => {
        impl Errno {
            $(#[doc = concat!("`", stringify!($name), "`")] pub const $name: Self = Self($value);)*
        }

        impl fmt::Debug for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {
                    $(Self::$name => f.write_str(stringify!($name)),)*
                    Self(other) => write!(f, "Errno({other})"),
                }
            }
        }
    };
}

errnos! {
    EACCES = libc::EACCES;
    EADDRINUSE = libc::EADDRINUSE;
    EADDRNOTAVAIL = libc::EADDRNOTAVAIL;
    EAFNOSUPPORT = libc::EAFNOSUPPORT;
    EAGAIN = libc::EAGAIN;
    EBADF = libc::EBADF;
    ECONNABORTED = libc::ECONNABORTED;
    ECONNREFUSED = libc::ECONNREFUSED;
    ECONNRESET = libc::ECONNRESET;
    EFAULT = libc::EFAULT;
    EHOSTUNREACH = libc::EHOSTUNREACH;
    EINPROGRESS = libc::EINPROGRESS;
    EINTR = libc::EINTR;
    EINVAL = libc::EINVAL;
    EIO = libc::EIO;
    EMFILE = libc::EMFILE;
    EMSGSIZE = libc::EMSGSIZE;
    ENAMETOOLONG = libc::ENAMETOOLONG;
    ENFILE = libc::ENFILE;
    ENOBUFS = libc::ENOBUFS;
    ENODEV = libc::ENODEV;
    ENOENT = libc::ENOENT;
    ENOMEM = libc::ENOMEM;
    ENOPROTOOPT = libc::ENOPROTOOPT;
    ENOTCONN = libc::ENOTCONN;
    ENOTSOCK = libc::ENOTSOCK;
    ENOTSUP = libc::ENOTSUP;
    EPERM = libc::EPERM;
    EPIPE = libc::EPIPE;
    EPROTO = libc::EPROTO;
    EPROTONOSUPPORT = libc::EPROTONOSUPPORT;
    ETIMEDOUT = libc::ETIMEDOUT;
    EFSM = HAUSNUMERO + 51;
    ENOCOMPATPROTO = HAUSNUMERO + 52;
    ETERM = HAUSNUMERO + 53;
    EMTHREAD = HAUSNUMERO + 54;
}

impl Errno {
    /// The error for a raw `errno`; zero, which no failed call leaves, becomes `EIO`.
    pub const fn from_raw(raw: i32) -> Self {
        if raw == 0 { Self::EIO } else { Self(raw) }
    }

    /// The number that a C program sees in `errno`.
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// True for `EAGAIN` and its alias `EWOULDBLOCK`.
    pub fn would_block(self) -> bool {
        self == Self::EAGAIN
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Errno {}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(raw) => Self::from_raw(raw),
            None if error.kind() == io::ErrorKind::WouldBlock => Self::EAGAIN,
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::EPIPE,
            None => Self::EIO,
        }
    }
}
