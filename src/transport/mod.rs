//! Listening and connecting sockets of the transports that go through the kernel, and the grammar
//! of endpoints.
//!
//! Thread: any; nothing here blocks, except that names are resolved on threads of their own.
//! Invariants: every descriptor is non-blocking, closed on exec, and closed if setting it up fails.
//! Counterpart: `address.cpp`, `tcp*.cpp`, `ipc*.cpp`, `ip_resolver.cpp` of libzmq 4.3.5.

#![deny(unsafe_code)]

pub mod address;
pub mod ipc;
pub mod resolve;
pub mod tcp;

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use socket2::{SockAddr, Socket};

use crate::error::{Errno, Result};
use crate::sys;
use crate::sys::net::Credentials;

pub use address::{Endpoint, IpcAddress, TcpAddress};

/// What the options say about sockets of the kernel. Zero or -1 mean the system's default where
/// `zmq_setsockopt(3)` has it so.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named after the options")]
pub struct TransportOptions {
    pub ipv6: bool,
    pub backlog: i32,
    pub sndbuf: i32,
    pub rcvbuf: i32,
    pub tos: i32,
    pub priority: i32,
    pub bind_to_device: Vec<u8>,
    pub keepalive: i32,
    pub keepalive_cnt: i32,
    pub keepalive_idle: i32,
    pub keepalive_intvl: i32,
    pub max_retransmission: i32,
    pub busy_poll: i32,
    pub use_fd: i32,
    pub accept_filters: Vec<tcp::AcceptFilter>,
    pub ipc_pid_filters: Vec<i32>,
    pub ipc_uid_filters: Vec<u32>,
    pub ipc_gid_filters: Vec<u32>,
}

/// A connected socket.
#[derive(Debug)]
pub struct Stream {
    socket: Socket,
    /// Where an IP peer is, as far as the call that made the connection told.
    peer: Option<SocketAddr>,
}

impl Stream {
    pub(crate) fn new(socket: Socket, peer: Option<&SockAddr>) -> Self {
        Self { socket, peer: peer.and_then(SockAddr::as_socket) }
    }

    /// Where an IP peer is; `None` for a local one, or one that is gone.
    fn ip_peer(&self) -> Option<SocketAddr> {
        self.peer.or_else(|| self.socket.peer_addr().ok()?.as_socket())
    }

    /// Where the peer is, as `Peer-Address` has it: an IP address, or a local peer's credentials.
    pub fn peer_address(&self) -> String {
        if let Some(peer) = self.ip_peer() {
            return peer.ip().to_string();
        }
        match self.socket.peer_addr() {
            Ok(address) if address.is_unix() => sys::net::peer_credentials(&self.socket)
                .map(|Credentials { pid, uid, gid }| format!("localhost:{uid}:{gid}:{pid}"))
                .unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// The local and remote endpoints, as monitor events have them.
    pub fn local_endpoint(&self) -> String {
        address::display(self.socket.local_addr().ok())
    }

    /// See [`Stream::local_endpoint`].
    pub fn remote_endpoint(&self) -> String {
        match self.peer {
            Some(peer) => address::display_tcp(&peer),
            None => address::display(self.socket.peer_addr().ok()),
        }
    }

    /// What became of a non-blocking connect.
    pub fn connect_error(&self) -> io::Result<()> {
        match self.socket.take_error()? {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// The socket's own handle, for options.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// Why there is no new connection.
#[derive(Debug)]
pub enum AcceptError {
    /// Nobody is waiting.
    WouldBlock,
    /// A filter turned the peer away.
    Filtered,
    /// This one peer was lost; the next may do.
    Peer(io::Error),
    /// The process or system is out of descriptors or memory: try again later.
    Exhausted(io::Error),
}

/// Why there is no listener.
#[derive(Debug)]
pub struct ListenError {
    /// What failed.
    pub errno: Errno,
    /// The descriptor that was made for it, and is closed again.
    pub closed: Option<RawFd>,
}

impl<E: Into<Errno>> From<E> for ListenError {
    fn from(error: E) -> Self {
        Self { errno: error.into(), closed: None }
    }
}

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(tcp::TcpListener),
    /// Unix domain.
    Ipc(ipc::IpcListener),
}

impl Listener {
    /// Binds and listens. `EINVAL` for an endpoint that has no descriptor.
    pub fn bind(endpoint: &Endpoint, options: &TransportOptions) -> Result<Self, ListenError> {
        match endpoint {
            Endpoint::Tcp(address) => tcp::TcpListener::bind(address, options).map(Self::Tcp),
            Endpoint::Ipc(address) => ipc::IpcListener::bind(address, options).map(Self::Ipc),
            Endpoint::Inproc(_) => Err(Errno::EINVAL.into()),
        }
    }

    /// The endpoint that peers can connect to: `ZMQ_LAST_ENDPOINT`.
    pub fn endpoint(&self) -> &str {
        match self {
            Self::Tcp(listener) => listener.endpoint(),
            Self::Ipc(listener) => listener.endpoint(),
        }
    }

    /// Takes one peer that is waiting.
    pub fn accept(&self, options: &TransportOptions) -> Result<Stream, AcceptError> {
        let (socket, is_tcp) = match self {
            Self::Tcp(listener) => (listener.socket(), true),
            Self::Ipc(listener) => (listener.socket(), false),
        };
        let (peer, address) = sys::net::accept(socket).map_err(classify_accept)?;
        if is_tcp {
            let remote = address.as_socket();
            if !tcp::passes(&options.accept_filters, remote) {
                return Err(AcceptError::Filtered);
            }
            tcp::tune(&peer, remote, options).map_err(AcceptError::Peer)?;
        } else if !ipc::passes(options, &peer) {
            return Err(AcceptError::Filtered);
        }
        Ok(Stream::new(peer, Some(&address)))
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Self::Tcp(listener) => listener.socket().as_raw_fd(),
            Self::Ipc(listener) => listener.socket().as_raw_fd(),
        }
    }
}

fn classify_accept(error: io::Error) -> AcceptError {
    match error.raw_os_error() {
        Some(libc::EAGAIN) => AcceptError::WouldBlock,
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => {
            AcceptError::Exhausted(error)
        }
        _ => AcceptError::Peer(error),
    }
}
