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

/// Takes `protocol://address` apart. `EINVAL` if it is not of that form, `EPROTONOSUPPORT` for an
/// unknown transport, `ENOCOMPATPROTO` for one that the stable socket types do not speak.
pub fn split_known(endpoint: &str) -> Result<(&str, &str)> {
    let (protocol, address) = endpoint.split_once("://").ok_or(Errno::EINVAL)?;
    if protocol.is_empty() || address.is_empty() {
        return Err(Errno::EINVAL);
    }
    match protocol {
        "inproc" | "ipc" | "tcp" => Ok((protocol, address)),
        "udp" => Err(Errno::ENOCOMPATPROTO),
        _ => Err(Errno::EPROTONOSUPPORT),
    }
}

impl Endpoint {
    /// Parses an endpoint to bind to. `EINVAL` if it is malformed, and as [`split_known`].
    pub fn to_bind(endpoint: &str) -> Result<Self> {
        Self::parse(endpoint, TcpAddress::parse)
    }

    /// Parses an endpoint to connect to.
    ///
    /// COMPAT: as in libzmq, what looks like an address is accepted, and nothing is ever reached
    /// when it turns out to be none (`capi-tests/api/endpoints.c`).
    pub fn to_connect(endpoint: &str) -> Result<Self> {
        Self::parse(endpoint, |address| {
            if !looks_connectable(address) {
                return Err(Errno::EINVAL);
            }
            let parsed = TcpAddress::parse(address).ok().filter(|parsed| !parsed.wildcard_port);
            Ok(parsed.unwrap_or_else(TcpAddress::nowhere))
        })
    }

    fn parse(endpoint: &str, tcp: impl FnOnce(&str) -> Result<TcpAddress>) -> Result<Self> {
        let (protocol, address) = split_known(endpoint)?;
        match protocol {
            "inproc" => Ok(Self::Inproc(address.to_owned())),
            "ipc" => parse_ipc(address).map(Self::Ipc),
            _ => tcp(address).map(Self::Tcp),
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

impl TcpAddress {
    /// Parses `[source;]host:port`.
    pub fn parse(address: &str) -> Result<Self> {
        let (source, target) = match address.split_once(';') {
            Some((source, target)) => {
                let (host, port, _) = host_and_port(source)?;
                (Some((host, port)), target)
            }
            None => (None, address),
        };
        let (host, port, wildcard_port) = host_and_port(target)?;
        Ok(Self { source, host, port, wildcard_port })
    }

    /// An address that no look-up finds.
    fn nowhere() -> Self {
        Self { source: None, host: String::new(), port: 0, wildcard_port: false }
    }
}

/// What libzmq asks of a TCP address when connecting: known characters, and a port that begins
/// with a digit.
fn looks_connectable(address: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '[' | ':');
    let goes_on = |c: char| c.is_ascii_alphanumeric() || "%*-.:;[]_".contains(c);
    let port = address.rsplit_once(':').map_or("", |(_, port)| port);
    address.starts_with(begins)
        && address.chars().all(goes_on)
        && port.starts_with(|c: char| c.is_ascii_digit())
}

fn host_and_port(text: &str) -> Result<(String, u16, bool)> {
    let (host, port) = text.rsplit_once(':').ok_or(Errno::EINVAL)?;
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if matches!(port, "*" | "0") {
        return Ok((host.to_owned(), 0, true));
    }
    match leading_number(port) as u16 {
        0 => Err(Errno::EINVAL),
        port => Ok((host.to_owned(), port, false)),
    }
}

/// The number that `text` begins with, as C's `atoi` finds it.
///
/// COMPAT: libzmq reads ports so: `5555/` is 5555, and 65537 is 1 (`capi-tests/api/endpoints.c`).
pub(super) fn leading_number(text: &str) -> i64 {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.bytes().take_while(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0'));
    digits.fold(0i64, |number, digit| {
        let number = number.saturating_mul(10);
        if negative { number.saturating_sub(digit) } else { number.saturating_add(digit) }
    })
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
            ("tcp://127.0.0.1:x1", Errno::EINVAL),
            ("ipc://@", Errno::EINVAL),
            ("inproc://", Errno::EINVAL),
            ("foo://bar", Errno::EPROTONOSUPPORT),
            ("udp://127.0.0.1:5555", Errno::ENOCOMPATPROTO),
        ] {
            assert_eq!(Endpoint::to_bind(endpoint), Err(errno), "{endpoint}");
        }
        let long = format!("ipc://{}", "x".repeat(MAX_IPC_PATH + 1));
        assert_eq!(Endpoint::to_bind(&long), Err(Errno::ENAMETOOLONG));
        for endpoint in ["tcp://127.0.0.1:*", "tcp://127.0.0.1:", "tcp://!:1", "tcp://a b:1"] {
            assert_eq!(Endpoint::to_connect(endpoint), Err(Errno::EINVAL), "{endpoint}");
        }
    }

    #[test]
    fn ports_are_read_as_atoi_reads_them() {
        for (text, port) in [
            ("5555/", 5555),
            (" 1", 1),
            ("-1", 65535),
            ("65537", 1),
            ("99999999999999999999", 65535),
        ] {
            let Ok(Endpoint::Tcp(address)) = Endpoint::to_bind(&format!("tcp://127.0.0.1:{text}"))
            else {
                panic!("{text} parses");
            };
            assert_eq!(address.port, port, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_leads_nowhere() {
        for endpoint in ["tcp://127.0.0.1:65536", "tcp://127.0.0.1:0;127.0.0.1"] {
            let Ok(Endpoint::Tcp(address)) = Endpoint::to_connect(endpoint) else {
                panic!("{endpoint} parses");
            };
            assert!(address.host.is_empty(), "{endpoint}");
        }
    }

    #[test]
    fn brackets_and_source_are_taken_apart() {
        let Ok(Endpoint::Tcp(address)) = Endpoint::to_connect("tcp://127.0.0.1:9;[::1]:5555")
        else {
            panic!("parses");
        };
        assert_eq!(address.source, Some(("127.0.0.1".to_owned(), 9)));
        assert_eq!((address.host.as_str(), address.port), ("::1", 5555));
    }
}
