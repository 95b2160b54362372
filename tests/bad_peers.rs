//! Peers that break the rules, on raw sockets: the connection ends with the event that libzmq 4.3.5
//! reports (recorded from it), the others go on, and memory stays where it is.

mod support;

use std::time::Duration;

use support::*;

const MORE: u8 = 1;
const LONG: u8 = 2;

/// A ROUTER, its monitor, and a well-behaved peer that is there all the time.
struct Host {
    monitor: Monitor,
    router: Sock,
    good: Sock,
    endpoint: String,
    /// Last, as it waits for the sockets.
    _context: Context,
}

impl Host {
    fn new(options: &[(i32, i32)]) -> Self {
        let context = Context::new();
        let router = context.socket(ROUTER);
        for (option, value) in options {
            router.set(*option, *value);
        }
        let endpoint = router.bind_tcp();
        let good = context.socket(DEALER);
        good.set_bytes(opt::ROUTING_ID, b"good");
        good.connect(&endpoint);
        good.send(b"first");
        assert_eq!(router.recv_all(), [&b"good"[..], b"first"]);
        let monitor = Monitor::new(&context, &router, u16::MAX);
        Self { monitor, router, good, endpoint, _context: context }
    }

    /// The good peer is served both ways.
    fn good_is_served(&self) {
        self.good.send(b"still here");
        loop {
            let message = self.router.recv_all();
            if message[0] == b"good" {
                assert_eq!(message[1], b"still here");
                break;
            }
        }
        self.router.send_all(&[b"good", b"so am I"]);
        assert_eq!(self.good.recv(), b"so am I");
    }

    /// A peer that says `parts`, one after the other, ends with `events` and DISCONNECTED.
    fn ends(&self, name: &str, parts: &[&[u8]], events: &[(u16, u32)]) {
        let mut peer = RawPeer::connect(&self.endpoint);
        assert_eq!(self.monitor.next().0, ACCEPTED, "{name}");
        for (index, part) in parts.iter().enumerate() {
            if index == 1 {
                // Both sides have said hello; what follows is an answer to that.
                peer.read(64);
            }
            peer.try_send(part);
        }
        peer.wait_for_end();
        for event in events {
            assert_eq!(self.monitor.next(), *event, "{name}");
        }
        assert_eq!(self.monitor.next().0, DISCONNECTED, "{name}");
        self.good_is_served();
    }

    /// A peer that says `parts` behind its handshake stays, and its last message `hi` arrives.
    fn stays(&self, name: &str, parts: &[&[u8]]) {
        let mut peer = RawPeer::shaken(&self.endpoint, "DEALER");
        for part in parts {
            peer.send(part);
        }
        peer.send(&frame(b"hi"));
        let message = loop {
            let message = self.router.recv_all();
            if message.last().is_some_and(|body| body == b"hi") {
                break message;
            }
            assert_eq!(message[1], b"no", "{name}");
        };
        self.router.send_all(&[&message[0], b"yo"]);
        loop {
            let (flags, body) = peer.read_frame();
            if flags == 0 {
                assert_eq!(body, b"yo", "{name}");
                break;
            }
        }
        drop(peer);
        self.monitor.wait_for(DISCONNECTED);
    }
}

const OK: (u16, u32) = (SUCCEEDED, 0);
const MECHANISM: (u16, u32) = (FAILED_PROTOCOL, 0x1100_0002);
const UNEXPECTED: (u16, u32) = (FAILED_PROTOCOL, 0x1000_0001);
const BAD_ERROR: (u16, u32) = (FAILED_PROTOCOL, 0x1000_0015);

#[test]
fn bad_handshakes_end_with_libzmqs_events() {
    let host = Host::new(&[]);
    let hello = greeting(1, b"NULL");
    host.ends("bytes of one", &[&[0xff; 64]], &[MECHANISM]);
    host.ends("bytes of zero", &[&[0; 64]], &[]);
    host.ends("another mechanism", &[&greeting(1, b"PLAIN")], &[MECHANISM]);
    host.ends("an unknown mechanism", &[&greeting(1, b"XYZ")], &[MECHANISM]);
    host.ends("no mechanism", &[&greeting(1, b"")], &[MECHANISM]);
    host.ends("a message too soon", &[&hello, &frame(b"hello")], &[UNEXPECTED]);
    host.ends("an empty command", &[&hello, &command(b"")], &[UNEXPECTED]);
    host.ends("another command", &[&hello, &command(b"\x05HELLO")], &[UNEXPECTED]);
    host.ends("ERROR cut short", &[&hello, &command(b"\x05ERROR\x06re")], &[BAD_ERROR]);
    host.ends("ERROR without a reason", &[&hello, &command(b"\x05ERROR")], &[BAD_ERROR]);
    host.ends("wrong socket type", &[&hello, &ready("PULL", None)], &[]);
    host.ends("unknown socket type", &[&hello, &ready("FOO", None)], &[]);
    let huge = [&[LONG | 4][..], &(1u64 << 40).to_be_bytes(), &[b'x'; 100]].concat();
    host.ends("READY of a terabyte", &[&hello, &huge], &[]);
}

/// Not compared: libzmq reports nothing of what it cannot parse, or goes on.
#[test]
fn metadata_that_makes_no_sense_ends_the_connection() {
    let host = Host::new(&[]);
    let hello = greeting(1, b"NULL");
    for (name, body) in [
        ("a value beyond the end", &b"\x05READY\x0bSocket-Type\0\0\0\xffREQ"[..]),
        ("a name beyond the end", b"\x05READY\xffSocket"),
        ("a length of 4 GiB", b"\x05READY\x0bSocket-Type\xff\xff\xff\xffREQ"),
    ] {
        let mut peer = RawPeer::connect(&host.endpoint);
        peer.send(&hello);
        peer.send(&command(body));
        peer.wait_for_end();
        host.monitor.wait_for(DISCONNECTED);
        host.good_is_served();
        println!("{name}: ended");
    }
}

#[test]
fn bad_frames_end_the_connection_and_what_came_before_arrives() {
    let host = Host::new(&[]);
    for size in [1 << 63, u64::MAX, u64::MAX - 9, (1 << 63) - 1] {
        let mut peer = RawPeer::shaken(&host.endpoint, "DEALER");
        host.monitor.wait_for(SUCCEEDED);
        peer.send(&[&frame(b"hi")[..], &[LONG], &size.to_be_bytes(), b"body"].concat());
        assert_eq!(host.router.recv_all()[1], b"hi");
        peer.wait_for_end();
        assert_eq!(host.monitor.next().0, DISCONNECTED, "{size:#x}");
        host.good_is_served();
    }
}

#[test]
fn frames_above_the_limit_end_the_connection() {
    let context = Context::new();
    let router = context.socket(ROUTER);
    router.set_bytes(opt::MAXMSGSIZE, &100i64.to_ne_bytes());
    let endpoint = router.bind_tcp();
    let monitor = Monitor::new(&context, &router, DISCONNECTED | FAILED_NO_DETAIL);
    let mut peer = RawPeer::shaken(&endpoint, "DEALER");
    peer.send(&[frame(&[b'a'; 100]), frame(&[b'b'; 101])].concat());
    assert_eq!(router.recv_all()[1], [b'a'; 100]);
    peer.wait_for_end();
    assert_eq!(monitor.next().0, DISCONNECTED);
}

#[test]
fn commands_that_libzmq_passes_over_are_passed_over() {
    let host = Host::new(&[]);
    host.stays("reserved flags", &[b"\xf8\x02no"]);
    host.stays("an unknown command", &[&command(b"\x03FOO")]);
    host.stays("a PONG unasked", &[&command(b"\x04PONGx")]);
    host.stays("an ERROR too late", &[&command(b"\x05ERROR\x03foo")]);
    host.stays("a subscription", &[&command(b"\x09SUBSCRIBEx")]);
    let mut part = frame(b"one");
    part[0] |= MORE;
    host.stays("a command inside a message", &[&part, &command(b"\x03FOO")]);
    host.stays("a PING inside a message", &[&part, &command(b"\x04PING\0\0")]);
}

/// Where libzmq goes on as if nothing were, a command that cannot be parsed ends the connection.
#[test]
fn commands_that_cannot_be_parsed_end_the_connection() {
    let host = Host::new(&[]);
    let (hello, hi) = (greeting(1, b"NULL"), ready("DEALER", None));
    for body in [&b""[..], b"\xffFOO", b"\x04PING", b"\x04PING\0"] {
        host.ends("malformed", &[&hello, &hi, &command(body)], &[OK]);
    }
}

#[test]
fn silence_ends_with_the_handshakes_time() {
    let host = Host::new(&[(opt::HANDSHAKE_IVL, 100)]);
    let timed_out = (FAILED_NO_DETAIL, libc_eagain());
    host.ends("nothing", &[], &[timed_out]);
    host.ends("half a greeting", &[&greeting(1, b"NULL")[..30]], &[timed_out]);
    host.ends("a greeting", &[&greeting(1, b"NULL")], &[timed_out]);
    host.ends("another protocol", &[b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], &[timed_out]);
}

fn libc_eagain() -> u32 {
    zmq::error::Errno::EAGAIN.raw() as u32
}

#[test]
fn a_peer_that_hangs_up_in_its_handshake_is_reported() {
    let host = Host::new(&[]);
    let hello = greeting(1, b"NULL");
    for len in [1, 9, 10, 11, 63] {
        let mut peer = RawPeer::connect(&host.endpoint);
        peer.send(&hello[..len]);
        peer.read(10);
        peer.0.shutdown(std::net::Shutdown::Write).expect("shuts down");
        peer.wait_for_end();
        assert_eq!(host.monitor.wait_for(FAILED_NO_DETAIL), 32 /* EPIPE */, "{len} bytes");
        assert_eq!(host.monitor.next().0, DISCONNECTED);
    }
    host.good_is_served();
}

/// A peer that does not answer a PING is given up, once.
#[test]
fn a_peer_that_answers_no_ping_is_given_up() {
    let host = Host::new(&[(opt::HEARTBEAT_IVL, 50), (opt::HEARTBEAT_TIMEOUT, 50)]);
    let mut peer = RawPeer::shaken(&host.endpoint, "DEALER");
    assert_eq!(peer.read_frame(), (4, b"\x04PING\0\0".to_vec()));
    peer.wait_for_end();
    host.monitor.wait_for(DISCONNECTED);
    host.good_is_served();
}

#[test]
fn an_answered_ping_keeps_the_peer() {
    let host = Host::new(&[(opt::HEARTBEAT_IVL, 20), (opt::HEARTBEAT_TIMEOUT, 5000)]);
    let mut peer = RawPeer::shaken(&host.endpoint, "DEALER");
    for _ in 0..5 {
        assert_eq!(peer.read_frame(), (4, b"\x04PING\0\0".to_vec()));
        peer.send(&command(b"\x04PONG"));
    }
    peer.send(&frame(b"hi"));
    assert_eq!(host.router.recv_all()[1], b"hi");
}

#[test]
fn pings_are_answered_with_their_context() {
    let host = Host::new(&[]);
    let mut peer = RawPeer::shaken(&host.endpoint, "DEALER");
    peer.send(&command(b"\x04PING\0\x0acontext"));
    assert_eq!(peer.read_frame(), (4, b"\x04PONGcontext".to_vec()));
    peer.send(&command(b"\x04PING\0\x000123456789abcdefXYZ"));
    assert_eq!(peer.read_frame(), (4, b"\x04PONG0123456789abcdef".to_vec()));
}

/// CVE-2020-15166: peers that say nothing take no part in anything.
#[test]
fn silent_peers_starve_nobody() {
    let context = Context::new();
    let push = context.socket(PUSH);
    let endpoint = push.bind_tcp();
    let hello = greeting(1, b"NULL");
    let silent: Vec<RawPeer> = (0..100)
        .map(|index| {
            let mut peer = RawPeer::connect(&endpoint);
            peer.send(&hello[..index % 64]);
            peer
        })
        .collect();
    let pull = context.socket(PULL);
    pull.connect(&endpoint);
    for index in 0..200u8 {
        push.send(&[index]);
    }
    for index in 0..200u8 {
        assert_eq!(pull.recv(), [index]);
    }
    drop(silent);
}

/// CVE-2021-20235 and relatives: a peer of ZMTP 1.0 with messages around the size of a buffer.
#[test]
fn old_peers_may_send_any_size() {
    let context = Context::new();
    let pull = context.socket(PULL);
    let endpoint = pull.bind_tcp();
    let mut peer = RawPeer::connect(&endpoint);
    peer.send(b"\x01\0");
    peer.read(10);
    for len in [0usize, 1, 253, 254, 255, 256, 8190, 8191, 8192, 8193, 8200, 70_000] {
        let body: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let mut bytes = Vec::new();
        zmq::protocol::v1::append_header(&mut bytes, false, len);
        bytes.extend(&body);
        for piece in bytes.chunks(len / 3 + 1) {
            peer.send(piece);
        }
        assert!(pull.recv() == body, "{len} bytes");
    }
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("a line");
    line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
}

/// A thousand peers announce a terabyte each and send a few bytes of it.
#[test]
fn announced_sizes_cost_nothing() {
    let context = Context::new();
    let pull = context.socket(PULL);
    let endpoint = pull.bind_tcp();
    let good = context.socket(PUSH);
    good.connect(&endpoint);
    good.send(b"warm up");
    pull.recv();
    let before = resident_kib();
    let announcement = [&[LONG][..], &(1u64 << 40).to_be_bytes(), &[b'x'; 64]].concat();
    let peers: Vec<RawPeer> = (0..900)
        .map(|_| {
            let mut peer = RawPeer::shaken(&endpoint, "PUSH");
            peer.send(&announcement);
            peer
        })
        .collect();
    good.send(b"and now");
    assert_eq!(pull.recv(), b"and now");
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 100 << 10, "{grown} KiB for {} peers", peers.len());
}

/// CVE-2021-20234: a peer that goes away inside a message leaves nothing behind.
#[test]
fn unfinished_messages_are_forgotten() {
    let context = Context::new();
    let pull = context.socket(PULL);
    let endpoint = pull.bind_tcp();
    let mut part = frame(&[7; 10_000]);
    part[0] |= MORE;
    let mut after_warm_up = 0;
    for round in 0..300 {
        let mut peer = RawPeer::shaken(&endpoint, "PUSH");
        peer.send(&part);
        peer.send(&part);
        peer.0.shutdown(std::net::Shutdown::Write).expect("shuts down");
        peer.wait_for_end();
        if round == 50 {
            after_warm_up = resident_kib();
        }
    }
    let mut peer = RawPeer::shaken(&endpoint, "PUSH");
    peer.send(&frame(b"whole"));
    assert_eq!(pull.recv_all(), [b"whole"]);
    let grown = resident_kib().saturating_sub(after_warm_up);
    assert!(grown < 4 << 10, "{grown} KiB");
}

/// The last message and the end of the connection come in one event: neither is missed.
#[test]
fn a_last_word_does_not_hide_the_farewell() {
    let host = Host::new(&[]);
    for round in 0..30 {
        let mut peers: Vec<RawPeer> =
            (0..10).map(|_| RawPeer::shaken(&host.endpoint, "DEALER")).collect();
        // Written at once, so that the I/O thread finds most of them with both.
        for peer in &mut peers {
            peer.send(&frame(b"last word"));
            peer.0.shutdown(std::net::Shutdown::Write).expect("shuts down");
        }
        for _ in 0..peers.len() {
            host.monitor.wait_for(DISCONNECTED);
        }
        for _ in 0..peers.len() {
            assert_eq!(host.router.recv_all()[1], b"last word", "round {round}");
        }
    }
}

/// A peer that hangs up while it has not read what we sent resets the connection.
#[test]
fn resets_end_one_connection_each() {
    let host = Host::new(&[]);
    for _ in 0..50 {
        let mut peer = RawPeer::shaken(&host.endpoint, "DEALER");
        peer.send(&frame(b"hi"));
        let message = host.router.recv_all();
        for _ in 0..10 {
            // Routes that are gone drop the message, as ROUTER does.
            host.router.send_all(&[&message[0], &[1; 1000]]);
        }
        socket_reset(&peer);
    }
    for _ in 0..50 {
        host.monitor.wait_for(DISCONNECTED);
    }
    host.good_is_served();
}

/// Closing with a linger of zero sends RST.
fn socket_reset(peer: &RawPeer) {
    let socket = socket2::SockRef::from(&peer.0);
    socket.set_linger(Some(Duration::ZERO)).expect("an option");
}
