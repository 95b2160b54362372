//! Unix domain sockets.
//!
//! Thread: any. Invariants: a path is unlinked on close only if it is still ours. Counterpart:
//! `zmq_ipc(7)`; `ipc_listener.cpp`, `ipc_connecter.cpp` of libzmq 4.3.5.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::PathBuf;

use socket2::{Domain, SockAddr, Socket, Type};

use crate::error::{Errno, Result};
use crate::sys;
use crate::transport::tcp::{Connecting, begin_connect};
use crate::transport::{IpcAddress, ListenError, TransportOptions, address};

/// A listening Unix domain socket.
#[derive(Debug)]
pub struct IpcListener {
    socket: Socket,
    endpoint: String,
    /// The file to unlink: its path, and the inode that we made.
    file: Option<(PathBuf, u64, u64)>,
    /// The directory made for a wildcard.
    directory: Option<PathBuf>,
}

impl IpcListener {
    /// Binds and listens. A file of that name is replaced, as libzmq does.
    pub fn bind(target: &IpcAddress, options: &TransportOptions) -> Result<Self, ListenError> {
        if options.use_fd >= 0 {
            let socket = sys::io::adopt_socket(options.use_fd)?;
            socket.set_nonblocking(true)?;
            let endpoint = address::display(socket.local_addr().ok());
            return Ok(Self { socket, endpoint, file: None, directory: None });
        }
        let (name, directory) = match target {
            IpcAddress::Wildcard => {
                let directory = sys::fs::make_temp_dir("tmp")?;
                let path = directory.join("socket");
                (IpcAddress::Path(path.to_string_lossy().into_owned()), Some(directory))
            }
            other => (other.clone(), None),
        };
        let result = Self::listen(&name, directory.clone(), options);
        if result.is_err()
            && let Some(directory) = directory
        {
            // Best effort: an empty directory may stay behind.
            let _ = fs::remove_dir(directory);
        }
        result
    }

    fn listen(
        name: &IpcAddress,
        directory: Option<PathBuf>,
        options: &TransportOptions,
    ) -> Result<Self, ListenError> {
        let address = sock_addr(name)?;
        if let IpcAddress::Path(path) = name {
            // ENOENT is the usual case; whatever else is wrong shows in `bind`.
            let _ = fs::remove_file(path);
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
        socket.bind(&address).and_then(|()| socket.listen(options.backlog)).map_err(|error| {
            ListenError { errno: error.into(), closed: Some(socket.as_raw_fd()) }
        })?;
        let file = match name {
            IpcAddress::Path(path) => fs::symlink_metadata(path)
                .ok()
                .map(|meta| (PathBuf::from(path), meta.dev(), meta.ino())),
            _ => None,
        };
        Ok(Self { socket, endpoint: name.to_string(), file, directory })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl Drop for IpcListener {
    fn drop(&mut self) {
        if let Some((path, dev, ino)) = &self.file
            && let Ok(meta) = fs::symlink_metadata(path)
            && (meta.dev(), meta.ino()) == (*dev, *ino)
        {
            // Gone already is as good.
            let _ = fs::remove_file(path);
        }
        if let Some(directory) = &self.directory {
            let _ = fs::remove_dir(directory);
        }
    }
}

fn sock_addr(name: &IpcAddress) -> Result<SockAddr> {
    match name {
        IpcAddress::Path(path) => Ok(SockAddr::unix(path)?),
        IpcAddress::Abstract(name) => {
            let address = UnixAddr::from_abstract_name(name)?;
            Ok(sys::net::unix_sock_addr(&address))
        }
        IpcAddress::Wildcard => Err(Errno::EINVAL),
    }
}

/// Begins to connect.
pub fn connect(target: &IpcAddress, _options: &TransportOptions) -> Result<Connecting> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    begin_connect(socket, &sock_addr(target)?)
}

/// True if the peer's credentials match one of the filters, or there are none.
pub(super) fn passes(options: &TransportOptions, peer: &Socket) -> bool {
    let none = options.ipc_pid_filters.is_empty()
        && options.ipc_uid_filters.is_empty()
        && options.ipc_gid_filters.is_empty();
    if none {
        return true;
    }
    let Ok(credentials) = sys::net::peer_credentials(peer) else { return false };
    options.ipc_uid_filters.contains(&credentials.uid)
        || options.ipc_gid_filters.contains(&credentials.gid)
        || options.ipc_pid_filters.contains(&credentials.pid)
        || sys::net::in_any_group(credentials.uid, &options.ipc_gid_filters)
}
