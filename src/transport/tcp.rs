//! TCP sockets.
//!
//! Thread: any. Invariants: as the module. Counterpart: `zmq_tcp(7)`; `tcp.cpp`,
//! `tcp_listener.cpp`, `tcp_connecter.cpp` of libzmq 4.3.5.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, TcpKeepalive, Type};

use crate::error::{Errno, Result};
use crate::sys;
use crate::transport::resolve;
use crate::transport::{ListenError, Stream, TcpAddress, TransportOptions, address};

/// A network that may connect (`ZMQ_TCP_ACCEPT_FILTER`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptFilter {
    network: IpAddr,
    bits: u8,
}

impl AcceptFilter {
    /// Parses `address[/bits]`; `EINVAL` if malformed, or of IPv6 without `ipv6`.
    pub fn parse(text: &str, ipv6: bool) -> Result<Self> {
        let (host, bits) = match text.rsplit_once('/') {
            Some((host, bits)) => (host, Some(bits)),
            None => (text, None),
        };
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let network = resolve::numeric(host, 0, ipv6).ok_or(Errno::EINVAL)?.ip();
        let max = if network.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            // COMPAT: read as `atoi` does (`capi-tests/api/options_set.c`).
            Some(bits) => match (bits, u8::try_from(address::leading_number(bits))) {
                ("0", _) => 0,
                (_, Ok(bits @ 1..)) if bits <= max => bits,
                _ => return Err(Errno::EINVAL),
            },
            None => max,
        };
        Ok(Self { network, bits })
    }

    fn matches(&self, peer: IpAddr) -> bool {
        fn same_prefix(a: &[u8], b: &[u8], bits: u8) -> bool {
            let (whole, rest) = (usize::from(bits / 8), bits % 8);
            a[..whole] == b[..whole] && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0)
        }
        match (self.network, peer) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same_prefix(&a.octets(), &b.octets(), self.bits),
            (IpAddr::V6(a), IpAddr::V6(b)) => same_prefix(&a.octets(), &b.octets(), self.bits),
            (IpAddr::V4(_), IpAddr::V6(b)) => {
                b.to_ipv4_mapped().is_some_and(|b| self.matches(IpAddr::V4(b)))
            }
            (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// True if the peer may connect: no filters, or one that matches.
pub(super) fn passes(filters: &[AcceptFilter], peer: Option<SocketAddr>) -> bool {
    let Some(peer) = peer else { return filters.is_empty() };
    filters.is_empty() || filters.iter().any(|filter| filter.matches(peer.ip()))
}

/// A listening TCP socket.
#[derive(Debug)]
pub struct TcpListener {
    socket: Socket,
    endpoint: String,
}

impl TcpListener {
    /// Binds and listens. The system's errno: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`; `ENODEV`
    /// for a name that is neither an address nor an interface.
    pub fn bind(target: &TcpAddress, options: &TransportOptions) -> Result<Self, ListenError> {
        if options.use_fd >= 0 {
            return Ok(Self::adopt(options.use_fd)?);
        }
        let local = bind_address(target, options.ipv6)?;
        let socket = match new_socket(local, options) {
            Err(Errno::EAFNOSUPPORT) if local.is_ipv6() && target.host == "*" => {
                let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), target.port);
                new_socket(any, options)?
            }
            other => other?,
        };
        let closed = Some(socket.as_raw_fd());
        match Self::listen(&socket, local, options.backlog) {
            Ok(()) => Ok(Self::listening(socket)),
            Err(error) => Err(ListenError { errno: error.into(), closed }),
        }
    }

    fn listen(socket: &Socket, local: SocketAddr, backlog: i32) -> io::Result<()> {
        socket.set_reuse_address(true)?;
        if local.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        socket.bind(&SockAddr::from(local))?;
        socket.listen(backlog)
    }

    /// Takes over a descriptor that listens already (`ZMQ_USE_FD`).
    fn adopt(fd: RawFd) -> Result<Self> {
        let socket = sys::io::adopt_socket(fd)?;
        socket.set_nonblocking(true)?;
        Ok(Self::listening(socket))
    }

    fn listening(socket: Socket) -> Self {
        let endpoint = address::display(socket.local_addr().ok());
        Self { socket, endpoint }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }
}

fn bind_address(target: &TcpAddress, ipv6: bool) -> Result<SocketAddr> {
    if target.host == "*" {
        let any: IpAddr =
            if ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        return Ok(SocketAddr::new(any, target.port));
    }
    if let Some(ip) = sys::net::interface_address(&target.host, ipv6) {
        return Ok(SocketAddr::new(ip, target.port));
    }
    let address = resolve::look_up_now(&target.host, target.port, ipv6)?;
    Ok(match address {
        // COMPAT: with ZMQ_IPV6 the listener is an IPv6 one (`capi-tests/api/binding.c`).
        SocketAddr::V4(v4) if ipv6 => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        other => other,
    })
}

fn new_socket(address: SocketAddr, options: &TransportOptions) -> Result<Socket> {
    let kind = Type::STREAM.nonblocking();
    let socket = Socket::new(Domain::for_address(address), kind, Some(Protocol::TCP))?;
    if options.tos != 0 {
        // That of IPv4 for an IPv6 socket too, whose peer may have an IPv4 address.
        socket.set_tos_v4(options.tos as u32)?;
        if address.is_ipv6() {
            socket.set_tclass_v6(options.tos as u32)?;
        }
    }
    let device = options.bind_to_device.as_slice();
    // May have been given with the zero that ends it.
    let device = device.strip_suffix(&[0]).unwrap_or(device);
    if !device.is_empty() {
        socket.bind_device(Some(device))?;
    }
    if options.busy_poll != 0 {
        sys::net::set_busy_poll(&socket, options.busy_poll)?;
    }
    if options.sndbuf >= 0 {
        socket.set_send_buffer_size(options.sndbuf as usize)?;
    }
    if options.rcvbuf >= 0 {
        socket.set_recv_buffer_size(options.rcvbuf as usize)?;
    }
    Ok(socket)
}

/// What every TCP socket gets that is connected to `peer`, or about to be.
pub(super) fn tune(
    socket: &Socket,
    peer: Option<SocketAddr>,
    options: &TransportOptions,
) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    if peer.is_some_and(is_loopback) {
        do_not_pace(socket);
    }
    if options.priority != 0 {
        // An accepted socket does not inherit it.
        sys::net::set_priority(socket, options.priority)?;
    }
    if options.keepalive >= 0 {
        socket.set_keepalive(options.keepalive != 0)?;
        if options.keepalive != 0 {
            let mut keepalive = TcpKeepalive::new();
            if options.keepalive_cnt > 0 {
                keepalive = keepalive.with_retries(options.keepalive_cnt as u32);
            }
            if options.keepalive_idle > 0 {
                let idle = Duration::from_secs(options.keepalive_idle as u64);
                keepalive = keepalive.with_time(idle);
            }
            if options.keepalive_intvl > 0 {
                let interval = Duration::from_secs(options.keepalive_intvl as u64);
                keepalive = keepalive.with_interval(interval);
            }
            socket.set_tcp_keepalive(&keepalive)?;
        }
    }
    if options.max_retransmission > 0 {
        let span = Duration::from_millis(options.max_retransmission as u64);
        socket.set_tcp_user_timeout(Some(span))?;
    }
    Ok(())
}

fn is_loopback(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

/// Has the kernel send at once where its congestion control would pace.
///
/// BBR sends by timers, at the rate that it thinks the network has; a loopback interface has
/// nothing to be spared. Where CUBIC may not be had, what the system gave stays.
fn do_not_pace(socket: &Socket) {
    if socket.tcp_congestion().is_ok_and(|name| name.starts_with(b"bbr")) {
        let _ = socket.set_tcp_congestion(b"cubic");
    }
}

/// A connection attempt.
#[derive(Debug)]
pub struct Connecting {
    /// The socket, connected or about to be.
    pub stream: Stream,
    /// The kernel has not finished: wait until it is writable.
    pub in_progress: bool,
    /// It had not when it was asked to, although it may have by now.
    pub was_delayed: bool,
}

/// Begins to connect to `remote`, from `source` if given.
pub fn connect(
    remote: SocketAddr,
    source: Option<SocketAddr>,
    options: &TransportOptions,
) -> Result<Connecting> {
    let socket = new_socket(remote, options)?;
    if remote.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    tune(&socket, Some(remote), options)?;
    if let Some(source) = source {
        // Several connections may share a source address.
        socket.set_reuse_address(true)?;
        socket.bind(&SockAddr::from(source))?;
    }
    begin_connect(socket, &SockAddr::from(remote))
}

pub(super) fn begin_connect(socket: Socket, remote: &SockAddr) -> Result<Connecting> {
    let was_delayed = match socket.connect(remote) {
        Ok(()) => false,
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => true,
        Err(error) => return Err(error.into()),
    };
    // Within a host, the peer's kernel has answered before the call that asked it returned.
    let peer = if was_delayed { socket.peer_addr().ok() } else { None };
    let in_progress = was_delayed && peer.is_none();
    let stream = Stream::new(socket, peer.as_ref());
    Ok(Connecting { stream, in_progress, was_delayed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{AcceptError, Endpoint, Listener};

    fn options() -> TransportOptions {
        TransportOptions {
            backlog: 1,
            sndbuf: -1,
            rcvbuf: -1,
            keepalive: -1,
            use_fd: -1,
            ..TransportOptions::default()
        }
    }

    /// A connection, from the side that connected and the one that accepted.
    fn pair(options: &TransportOptions) -> [Stream; 2] {
        pair_at(&listener(options), options)
    }

    fn listener(options: &TransportOptions) -> Listener {
        let anywhere = Endpoint::Tcp(TcpAddress::parse("127.0.0.1:*").expect("well formed"));
        Listener::bind(&anywhere, options).expect("a port is free")
    }

    fn pair_at(listener: &Listener, options: &TransportOptions) -> [Stream; 2] {
        let port = listener.endpoint().rsplit_once(':').expect("has a port").1;
        let remote = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.parse().expect("a number"));
        let connecting = connect(remote, None, options).expect("somebody listens");
        loop {
            match listener.accept(options) {
                Ok(accepted) => return [connecting.stream, accepted],
                Err(AcceptError::WouldBlock) => std::thread::yield_now(),
                Err(other) => panic!("not accepted: {other:?}"),
            }
        }
    }

    #[test]
    fn both_sides_have_the_priority() {
        for side in pair(&TransportOptions { priority: 5, ..options() }) {
            assert_eq!(sys::net::priority(side.socket()).expect("known"), 5);
        }
    }

    #[test]
    fn neither_side_is_paced_over_loopback() {
        let listener = listener(&options());
        if let Listener::Tcp(listener) = &listener {
            // What is accepted inherits it, whatever the system's default. Not every kernel has it.
            let _ = listener.socket().set_tcp_congestion(b"bbr");
        }
        for side in pair_at(&listener, &options()) {
            let name = side.socket().tcp_congestion().expect("known");
            let stuck = side.socket().set_tcp_congestion(b"cubic").is_err();
            assert!(stuck || !name.starts_with(b"bbr"), "{name:?}");
        }
    }

    #[test]
    fn a_socket_that_paces_is_told_not_to() {
        let socket = new_socket(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0), &options());
        let socket = socket.expect("a socket");
        // Not every kernel has both, or lets everybody ask for them.
        let has_both = [b"cubic".as_slice(), b"bbr"]
            .iter()
            .all(|name| socket.set_tcp_congestion(name).is_ok());
        let before = socket.tcp_congestion().expect("known");
        do_not_pace(&socket);
        let after = socket.tcp_congestion().expect("known");
        if has_both {
            assert!(after.starts_with(b"cubic"), "{after:?}");
        } else if !before.starts_with(b"bbr") {
            assert_eq!(after, before);
        }
    }

    #[test]
    fn loopback_is_known_in_each_of_its_forms() {
        let at = |host: &str| SocketAddr::new(host.parse().expect("an address"), 1);
        for host in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_loopback(at(host)), "{host}");
        }
        for host in ["192.168.0.1", "::", "0.0.0.0", "::ffff:10.0.0.1"] {
            assert!(!is_loopback(at(host)), "{host}");
        }
    }

    #[test]
    fn both_sides_are_bound_to_the_device() {
        // With the zero that ends it, and without.
        for name in [&b"lo"[..], b"lo\0"] {
            for side in pair(&TransportOptions { bind_to_device: name.to_vec(), ..options() }) {
                let device = side.socket().device().expect("known");
                assert_eq!(device.as_deref(), Some(&b"lo"[..]));
            }
        }
    }
}
