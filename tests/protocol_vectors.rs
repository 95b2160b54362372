//! The very bytes that libzmq 4.3.5 sends, recorded from it through a raw TCP socket (Linux,
//! x86-64, NULL mechanism), and what ours sends in its place.

mod support;

use std::net::Shutdown;

use support::*;

use zmq::protocol::command;
use zmq::testing::encode_frame;

const GREETING: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// READY of each type without a routing id.
const READY: &[(i32, &[u8])] = &[
    (PAIR, b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PAIR"),
    (PUB, b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03PUB"),
    (SUB, b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB"),
    (REQ, b"\x04&\x05READY\x0bSocket-Type\0\0\0\x03REQ\x08Identity\0\0\0\0"),
    (REP, b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REP"),
    (DEALER, b"\x04)\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0"),
    (ROUTER, b"\x04)\x05READY\x0bSocket-Type\0\0\0\x06ROUTER\x08Identity\0\0\0\0"),
    (PULL, b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PULL"),
    (PUSH, b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PUSH"),
    (XPUB, b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04XPUB"),
    (XSUB, b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04XSUB"),
];

/// With `ZMQ_ROUTING_ID` "my-id": its length is in the signature, too.
const SIGNATURE_MY_ID: &[u8] = b"\xff\0\0\0\0\0\0\0\x06\x7f";
const READY_MY_ID: &[u8] =
    b"\x04.\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x05my-id";

const SUBSCRIBE: &[u8] = b"\x04\x0f\x09SUBSCRIBEtopic";
const SUBSCRIBE_TO_ALL: &[u8] = b"\x04\x0a\x09SUBSCRIBE";
const CANCEL: &[u8] = b"\x04\x0c\x06CANCELtopic";
/// To a peer of ZMTP 3.0.
const SUBSCRIBE_3_0: &[u8] = b"\x00\x06\x01topic";
const CANCEL_3_0: &[u8] = b"\x00\x06\x00topic";

const PING: &[u8] = b"\x04\x07\x04PING\0\0";
/// `ZMQ_HEARTBEAT_TTL` of one second.
const PING_TTL: &[u8] = b"\x04\x07\x04PING\0\x0a";
const PONG: &[u8] = b"\x04\x0c\x04PONGcontext";

fn bound(context: &Context, kind: i32) -> (Sock, String) {
    let sock = context.socket(kind);
    let endpoint = sock.bind_tcp();
    (sock, endpoint)
}

/// Everything up to the end of the connection.
fn read_all(peer: &mut RawPeer) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    peer.0.shutdown(Shutdown::Write).expect("shuts down");
    peer.0.read_to_end(&mut bytes).expect("an end");
    bytes
}

#[test]
fn the_greeting_goes_out_step_by_step() {
    let context = Context::new();
    let (_dealer, endpoint) = bound(&context, DEALER);
    let mut peer = RawPeer::connect(&endpoint);
    let mut at = 0;
    for (say, hear) in [(0..0, 10), (0..10, 1), (10..11, 53), (11..64, READY[5].1.len())] {
        peer.send(&GREETING[say]);
        let expected = [GREETING, READY[5].1].concat();
        assert_eq!(peer.read(hear), &expected[at..at + hear]);
        at += hear;
    }
}

#[test]
fn every_type_says_ready_as_libzmq_does() {
    let context = Context::new();
    for (kind, ready) in READY {
        let (_sock, endpoint) = bound(&context, *kind);
        let mut peer = RawPeer::connect(&endpoint);
        peer.send(GREETING);
        assert_eq!(peer.read(64), GREETING);
        assert_eq!(peer.read(ready.len()), *ready);
        assert_eq!(read_all(&mut peer), b"", "and nothing more");
    }
}

#[test]
fn the_routing_id_is_in_signature_and_ready() {
    let context = Context::new();
    let dealer = context.socket(DEALER);
    dealer.set_bytes(opt::ROUTING_ID, b"my-id");
    let endpoint = dealer.bind_tcp();
    let mut peer = RawPeer::connect(&endpoint);
    peer.send(GREETING);
    assert_eq!(peer.read(10), SIGNATURE_MY_ID);
    assert_eq!(peer.read(54), &GREETING[10..]);
    assert_eq!(peer.read(READY_MY_ID.len()), READY_MY_ID);
}

fn subscriber(minor: u8, subscribe: &[u8], to_all: &[u8], cancel: &[u8]) {
    let context = Context::new();
    let (sub, endpoint) = bound(&context, SUB);
    sub.set_bytes(opt::SUBSCRIBE, b"topic");
    let mut peer = RawPeer::connect(&endpoint);
    peer.send(&greeting(minor, b"NULL"));
    peer.read(64);
    peer.send(&ready("PUB", None));
    assert_eq!(peer.read(READY[2].1.len()), READY[2].1);
    // The pipe is taken in by the socket's next call.
    wait_until("the socket has its pipe", || {
        sub.try_recv(true).expect_err("nothing was sent");
        peer.0.set_nonblocking(true).expect("an option");
        let there = peer.0.peek(&mut [0]).is_ok();
        peer.0.set_nonblocking(false).expect("an option");
        there
    });
    assert_eq!(peer.read(subscribe.len()), subscribe);
    sub.set_bytes(opt::SUBSCRIBE, b"");
    sub.set_bytes(opt::UNSUBSCRIBE, b"topic");
    sub.try_recv(true).expect_err("nothing was sent");
    assert_eq!(peer.read(to_all.len()), to_all);
    assert_eq!(peer.read(cancel.len()), cancel);
}

#[test]
fn subscriptions_are_commands_in_3_1() {
    subscriber(1, SUBSCRIBE, SUBSCRIBE_TO_ALL, CANCEL);
}

#[test]
fn subscriptions_are_messages_in_3_0() {
    subscriber(0, SUBSCRIBE_3_0, b"\x00\x01\x01", CANCEL_3_0);
}

#[test]
fn pings_look_like_libzmqs() {
    let mut out = Vec::new();
    command::append_ping(&mut out, 0);
    command::append_ping(&mut out, 10);
    command::append_pong(&mut out, b"context");
    assert_eq!(out, [PING, PING_TTL, PONG].concat());

    let context = Context::new();
    let dealer = context.socket(DEALER);
    dealer.set(opt::HEARTBEAT_IVL, 20);
    dealer.set(opt::HEARTBEAT_TIMEOUT, 60_000);
    dealer.set(opt::HEARTBEAT_TTL, 1000);
    let endpoint = dealer.bind_tcp();
    let mut peer = RawPeer::shaken(&endpoint, "ROUTER");
    assert_eq!(peer.read(PING_TTL.len()), PING_TTL);
}

#[test]
fn frames_are_short_up_to_255_bytes() {
    let context = Context::new();
    let (dealer, endpoint) = bound(&context, DEALER);
    let mut peer = RawPeer::shaken(&endpoint, "ROUTER");
    dealer.send_all(&[b"a", &[b'x'; 256]]);
    dealer.send(&[b'y'; 255]);
    let expected =
        [&b"\x01\x01a\x02\0\0\0\0\0\0\x01\0"[..], &[b'x'; 256], b"\x00\xff", &[b'y'; 255]].concat();
    assert_eq!(peer.read(expected.len()), expected);
    assert_eq!(encode_frame(0, &[b'y'; 255]), expected[3 + 9 + 256..]);
}

#[test]
fn a_peer_of_2_0_is_spoken_to_in_2_0() {
    let context = Context::new();
    let dealer = context.socket(DEALER);
    dealer.set_bytes(opt::ROUTING_ID, b"my-id");
    let endpoint = dealer.bind_tcp();
    let mut peer = RawPeer::connect(&endpoint);
    for (say, hear) in [
        (&b""[..], SIGNATURE_MY_ID),
        (SIGNATURE, b"\x03"),
        (b"\x01", b"\x05"),
        (b"\x06", b"\x00\x05my-id"),
    ] {
        peer.send(say);
        assert_eq!(peer.read(hear.len()), hear);
    }
    peer.send(b"\0\0");
    dealer.send(b"hi");
    assert_eq!(peer.read(4), b"\x00\x02hi");
}

#[test]
fn a_peer_of_1_0_is_spoken_to_in_1_0() {
    // Its first frame in the short and in the long form; revision 0 behind a whole signature.
    for (say, hear) in [
        (&b"\x01\0"[..], &b"\xff\0\0\0\0\0\0\0\x06\x7fmy-id"[..]),
        (b"\xff\0\0\0\0\0\0\0\x01\0", b"\xff\0\0\0\0\0\0\0\x06\x7fmy-id"),
        (
            b"\xff\0\0\0\0\0\0\0\x01\x7f\x00\x06\x01\x00",
            b"\xff\0\0\0\0\0\0\0\x06\x7f\x03\x05\x06\x00my-id",
        ),
    ] {
        let context = Context::new();
        let dealer = context.socket(DEALER);
        dealer.set_bytes(opt::ROUTING_ID, b"my-id");
        let endpoint = dealer.bind_tcp();
        let mut peer = RawPeer::connect(&endpoint);
        peer.send(say);
        assert_eq!(peer.read(hear.len()), hear);
        dealer.send_all(&[b"hi", &[b'x'; 300]]);
        let long = [&b"\x03\x01hi\xff\0\0\0\0\0\0\x01-\0"[..], &[b'x'; 300]].concat();
        assert_eq!(peer.read(long.len()), long);
    }
}

/// Versions to come, and the one that never was, are taken for 3.1.
#[test]
fn unknown_versions_are_answered_as_3_1() {
    let context = Context::new();
    let (_dealer, endpoint) = bound(&context, DEALER);
    for version in [[2, 0], [3, 2], [3, 9], [4, 0]] {
        let mut peer = RawPeer::connect(&endpoint);
        let mut hello = GREETING.to_vec();
        hello[10..12].copy_from_slice(&version);
        peer.send(&hello);
        assert_eq!(peer.read(64), GREETING);
        assert_eq!(peer.read(READY[5].1.len()), READY[5].1);
    }
}
