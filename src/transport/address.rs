//! The grammar of endpoints: `protocol://address`.
//!
//! Thread: any. Invariants: none. Counterpart: `zmq_tcp(7)`, `zmq_ipc(7)`, `zmq_inproc(7)`;
//! `address.cpp`, `ip_resolver.cpp` of libzmq 4.3.5.

use std::fmt;
use std::net::SocketAddr;

use socket2::SockAddr;

use crate::error::{Errno, Result};

/// A parsed endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Another socket of the same context.
    Inproc(String),
    /// Unix domain socket.
    Ipc(IpcAddress),
    /// TCP.
    Tcp(TcpAddress),
}

/// What stands behind `ipc://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IpcAddress {
    /// A path in the file system.
    Path(String),
    /// A name in Linux's abstract namespace (written with a leading `@`).
    Abstract(String),
    /// `*`: a fresh path.
    Wildcard,
}

/// What stands behind `tcp://`: `[source;]host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpAddress {
    /// Host and port to connect from.
    pub source: Option<(String, u16)>,
    /// Name, address, interface or `*`; brackets of IPv6 removed.
    pub host: String,
    /// 0 stands for "any free port".
    pub port: u16,
    /// True where the port was a wildcard, which only binding allows.
    pub wildcard_port: bool,
}

/// Longest path of a Unix domain socket, bytes, without the terminating zero.
pub const MAX_IPC_PATH: usize = 107;

impl Endpoint {
    /// Parses an endpoint. `EINVAL` if it is malformed, `EPROTONOSUPPORT` for an unknown
    /// transport, `ENOCOMPATPROTO` for one that the stable socket types do not speak.
    pub fn parse(endpoint: &str) -> Result<Self> {
        let (protocol, address) = endpoint.split_once("://").ok_or(Errno::EINVAL)?;
        if protocol.is_empty() || address.is_empty() {
            return Err(Errno::EINVAL);
        }
        match protocol {
            "inproc" => Ok(Self::Inproc(address.to_owned())),
            "ipc" => parse_ipc(address).map(Self::Ipc),
            "tcp" => parse_tcp(address).map(Self::Tcp),
            "udp" => Err(Errno::ENOCOMPATPROTO),
            _ => Err(Errno::EPROTONOSUPPORT),
        }
    }

    /// True if binding it chooses the port or path.
    pub fn is_wildcard(&self) -> bool {
        match self {
            Self::Inproc(_) => false,
            Self::Ipc(address) => *address == IpcAddress::Wildcard,
            Self::Tcp(address) => address.wildcard_port,
        }
    }
}

fn parse_ipc(address: &str) -> Result<IpcAddress> {
    if address == "*" {
        return Ok(IpcAddress::Wildcard);
    }
    if address.len() > MAX_IPC_PATH {
        return Err(Errno::ENAMETOOLONG);
    }
    match address.strip_prefix('@') {
        Some("") => Err(Errno::EINVAL),
        Some(name) => Ok(IpcAddress::Abstract(name.to_owned())),
        None => Ok(IpcAddress::Path(address.to_owned())),
    }
}

fn parse_tcp(address: &str) -> Result<TcpAddress> {
    let (source, target) = match address.split_once(';') {
        Some((source, target)) => {
            let (host, port, _) = host_and_port(source)?;
            (Some((host, port)), target)
        }
        None => (None, address),
    };
    let (host, port, wildcard_port) = host_and_port(target)?;
    Ok(TcpAddress { source, host, port, wildcard_port })
}

fn host_and_port(text: &str) -> Result<(String, u16, bool)> {
    let (host, port) = text.rsplit_once(':').ok_or(Errno::EINVAL)?;
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    // No name and no address has such characters; brackets were taken off.
    if host.is_empty() || host.contains([' ', '\t', '/', '[', ']']) {
        return Err(Errno::EINVAL);
    }
    if port == "*" || port == "0" {
        return Ok((host.to_owned(), 0, true));
    }
    let port: u16 = port.parse().map_err(|_| Errno::EINVAL)?;
    Ok((host.to_owned(), port, false))
}

impl fmt::Display for IpcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "ipc://{path}"),
            Self::Abstract(name) => write!(f, "ipc://@{name}"),
            Self::Wildcard => f.write_str("ipc://*"),
        }
    }
}

/// An address of the kernel's as libzmq writes it.
pub fn display(address: Option<SockAddr>) -> String {
    let Some(address) = address else { return String::new() };
    if let Some(ip) = address.as_socket() {
        return display_tcp(&ip);
    }
    if let Some(path) = address.as_pathname() {
        return format!("ipc://{}", path.display());
    }
    match address.as_abstract_namespace() {
        Some(name) => format!("ipc://@{}", String::from_utf8_lossy(name)),
        None => "ipc://".to_owned(),
    }
}

/// `tcp://host:port`, IPv6 in brackets.
pub fn display_tcp(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => format!("tcp://{}:{}", v4.ip(), v4.port()),
        SocketAddr::V6(v6) => format!("tcp://[{}]:{}", v6.ip(), v6.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_endpoints_get_their_errno() {
        for (endpoint, errno) in [
            ("", Errno::EINVAL),
            ("tcp", Errno::EINVAL),
            ("://x", Errno::EINVAL),
            ("tcp://", Errno::EINVAL),
            ("tcp://*", Errno::EINVAL),
            ("tcp://127.0.0.1:", Errno::EINVAL),
            ("tcp://127.0.0.1:65536", Errno::EINVAL),
            ("tcp://127.0.0.1:1x", Errno::EINVAL),
            ("tcp://:5555", Errno::EINVAL),
            ("ipc://@", Errno::EINVAL),
            ("inproc://", Errno::EINVAL),
            ("foo://bar", Errno::EPROTONOSUPPORT),
            ("udp://127.0.0.1:5555", Errno::ENOCOMPATPROTO),
        ] {
            assert_eq!(Endpoint::parse(endpoint), Err(errno), "{endpoint}");
        }
        let long = format!("ipc://{}", "x".repeat(MAX_IPC_PATH + 1));
        assert_eq!(Endpoint::parse(&long), Err(Errno::ENAMETOOLONG));
    }

    #[test]
    fn brackets_and_source_are_taken_apart() {
        let Ok(Endpoint::Tcp(address)) = Endpoint::parse("tcp://127.0.0.1:9;[::1]:5555") else {
            panic!("parses");
        };
        assert_eq!(address.source, Some(("127.0.0.1".to_owned(), 9)));
        assert_eq!((address.host.as_str(), address.port), ("::1", 5555));
    }
}
