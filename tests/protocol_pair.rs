//! Handshakes and heartbeats between two ends on a virtual clock: no descriptor, no sleep.

use std::time::Duration;

use zmq::protocol::heartbeat::HeartbeatConfig;
use zmq::protocol::{Handshake, Peer, ProtocolError, SocketType, Version};
use zmq::testing::{Pair, config, encode_frame};

const MILLI: Duration = Duration::from_millis(1);

const TYPES: [SocketType; 11] = [
    SocketType::Pair,
    SocketType::Pub,
    SocketType::Sub,
    SocketType::Req,
    SocketType::Rep,
    SocketType::Dealer,
    SocketType::Router,
    SocketType::Pull,
    SocketType::Push,
    SocketType::Xpub,
    SocketType::Xsub,
];

fn pair(a: SocketType, b: SocketType) -> Pair {
    Pair::new(config(a, b"A"), config(b, b"B"))
}

/// RFC 37's table of who talks to whom, written down once more.
fn fits(a: SocketType, b: SocketType) -> bool {
    use SocketType as T;
    let one_way = |a, b| {
        matches!(
            (a, b),
            (T::Pair, T::Pair)
                | (T::Pub | T::Xpub, T::Sub | T::Xsub)
                | (T::Req, T::Rep | T::Router)
                | (T::Rep, T::Dealer)
                | (T::Dealer, T::Dealer | T::Router)
                | (T::Router, T::Router)
                | (T::Push, T::Pull)
        )
    };
    one_way(a, b) || one_way(b, a)
}

#[test]
fn fitting_types_find_each_other_and_others_do_not() {
    for a in TYPES {
        for b in TYPES {
            let mut pair = pair(a, b);
            pair.settle();
            if fits(a, b) {
                for (side, other, id) in [(&pair.a, b, b"B"), (&pair.b, a, b"A")] {
                    let peer = side.peer();
                    assert_eq!(peer.version, Version::V3_1);
                    let announced = other.announces_routing_id();
                    assert_eq!(peer.routing_id, if announced { &id[..] } else { b"" });
                    let kind = ("Socket-Type".to_owned(), other.name().as_bytes().to_vec());
                    assert_eq!(peer.properties.first(), Some(&kind));
                }
            } else {
                assert!(matches!(pair.a.outcome, Some(Err(_))), "{a:?} takes {b:?}");
                assert!(matches!(pair.b.outcome, Some(Err(_))), "{b:?} takes {a:?}");
            }
        }
    }
}

#[test]
fn wires_that_carry_little_at_a_time_make_no_difference() {
    for chunk in [1, 2, 3, 7, 10, 11, 12, 63, 64, 65] {
        let mut pair = pair(SocketType::Dealer, SocketType::Router);
        pair.chunk = chunk;
        pair.settle();
        assert_eq!(pair.a.peer().routing_id, b"B", "{chunk} bytes at a time");
        assert_eq!(pair.b.peer().routing_id, b"A", "{chunk} bytes at a time");
    }
}

#[test]
fn metadata_arrives_in_order() {
    let mut a = config(SocketType::Dealer, b"");
    a.metadata = vec![("X-One".into(), "1".into()), ("X-Two".into(), String::new())];
    let mut pair = Pair::new(a, config(SocketType::Router, b""));
    pair.settle();
    let names: Vec<&str> = pair.b.peer().properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Socket-Type", "Identity", "X-One", "X-Two"]);
}

/// A peer of an older version that says one thing at a time, and what it has to have heard before.
struct OldPeer {
    version: Version,
    /// (Bytes that must have arrived before, what to say then.)
    script: Vec<(usize, Vec<u8>)>,
}

const SIGNATURE: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f";

fn old_peer(version: Version, kind: SocketType, id: &[u8]) -> OldPeer {
    let script = match version {
        // Sends its routing id at once, and takes our signature for the header of ours.
        Version::V1 => {
            let mut frame = Vec::new();
            zmq::protocol::v1::append_header(&mut frame, false, id.len());
            frame.extend(id);
            vec![(0, frame)]
        }
        Version::V2 => vec![
            (0, SIGNATURE.to_vec()),
            (10, vec![1]),
            (11, vec![kind as u8]),
            (12, encode_frame(0, id)),
        ],
        Version::V3_0 | Version::V3_1 => {
            let minor = u8::from(version == Version::V3_1);
            let mut rest = vec![minor];
            rest.extend(b"NULL");
            rest.resize(1 + 20 + 32, 0);
            let mut ready = b"\x05READY\x0bSocket-Type".to_vec();
            ready.extend((kind.name().len() as u32).to_be_bytes());
            ready.extend(kind.name().as_bytes());
            ready.extend(b"\x08Identity");
            ready.extend((id.len() as u32).to_be_bytes());
            ready.extend(id);
            vec![(0, SIGNATURE.to_vec()), (10, vec![3]), (11, rest), (64, encode_frame(4, &ready))]
        }
    };
    OldPeer { version, script }
}

impl OldPeer {
    /// Talks to a DEALER called `me`; what the DEALER found, and all that it said.
    fn talk(&self, byte_by_byte: bool) -> (Peer, Vec<u8>) {
        let mut handshake = Handshake::new(config(SocketType::Dealer, b"me"));
        let mut heard = Vec::new();
        for (needed, say) in &self.script {
            heard.extend(handshake.poll_transmit());
            let said = handshake.poll_transmit().len();
            handshake.transmitted(said);
            assert!(heard.len() >= *needed, "{:?} waits for ever", self.version);
            let step = if byte_by_byte { 1 } else { say.len() };
            for bytes in say.chunks(step) {
                let consumed = handshake.handle_input(bytes).expect("no fault");
                assert_eq!(consumed, bytes.len());
            }
        }
        heard.extend(handshake.poll_transmit());
        (handshake.poll_peer().expect("a peer"), heard)
    }
}

#[test]
fn older_peers_are_spoken_to_in_their_own_version() {
    for version in [Version::V1, Version::V2, Version::V3_0, Version::V3_1] {
        for id in [&b""[..], b"you", &[b'x'; 255]] {
            let peer = old_peer(version, SocketType::Router, id);
            let (found, said) = peer.talk(false);
            assert_eq!((found.version, found.routing_id.as_slice()), (version, id));
            assert_eq!(peer.talk(true), (found, said.clone()), "in single bytes");
            match version {
                // The signature is the long form of a frame's header: length 3, then flags.
                Version::V1 => assert_eq!(said, b"\xff\0\0\0\0\0\0\0\x03\x7fme"),
                Version::V2 => {
                    assert_eq!(&said[10..], b"\x03\x05\x00\x02me", "version, type, routing id");
                }
                _ => assert_eq!(&said[10..16], b"\x03\x01NULL"),
            }
        }
    }
}

/// An old peer must not see a byte that its version does not have.
#[test]
fn nothing_is_said_before_the_peers_version_allows_it() {
    let mut handshake = Handshake::new(config(SocketType::Dealer, b""));
    assert_eq!(handshake.poll_transmit().len(), 10, "the signature");
    handshake.transmitted(10);
    handshake.handle_input(&SIGNATURE[..9]).expect("no fault");
    assert_eq!(handshake.poll_transmit(), b"");
    handshake.handle_input(&SIGNATURE[9..]).expect("no fault");
    assert_eq!(handshake.poll_transmit(), b"\x03", "the major version");
    handshake.transmitted(1);
    handshake.handle_input(b"\x01").expect("no fault");
    assert_eq!(handshake.poll_transmit(), b"\x05", "the socket type");
}

#[test]
fn faults_are_named() {
    let fault = |parts: &[&[u8]]| {
        let mut handshake = Handshake::new(config(SocketType::Dealer, b""));
        parts.iter().find_map(|part| handshake.handle_input(part).err())
    };
    let hello = |mechanism: &[u8]| {
        let mut bytes = [SIGNATURE, &[3, 1], mechanism].concat();
        bytes.resize(64, 0);
        bytes
    };
    let null = hello(b"NULL");
    let command = |body: &[u8]| encode_frame(4, body);
    assert_eq!(fault(&[&hello(b"PLAIN")]), Some(ProtocolError::MechanismMismatch));
    assert_eq!(fault(&[&hello(b"NULLX")]), Some(ProtocolError::MechanismMismatch));
    assert_eq!(fault(&[&null, &encode_frame(0, b"hi")]), Some(ProtocolError::UnexpectedCommand));
    assert_eq!(fault(&[&null, &command(b"\x05HELLO")]), Some(ProtocolError::UnexpectedCommand));
    let refused = |status| Some(ProtocolError::RefusedByPeer(status));
    assert_eq!(fault(&[&null, &command(b"\x05ERROR\x02no")]), refused(None));
    assert_eq!(fault(&[&null, &command(b"\x05ERROR\x03400")]), refused(Some(400)));
    assert_eq!(fault(&[&null, &command(b"\x05ERROR\x05no")]), Some(ProtocolError::MalformedError));
    assert_eq!(fault(&[&null, &command(&[0; 70_000])]), Some(ProtocolError::TooLarge));
    assert_eq!(fault(&[&null, &command(b"\x05READY")]), None, "a peer without properties");
}

fn heartbeat(interval: u32, timeout: u32, ttl: u16) -> HeartbeatConfig {
    HeartbeatConfig { interval: MILLI * interval, timeout: MILLI * timeout, ttl }
}

fn beating(a: HeartbeatConfig, b: HeartbeatConfig) -> Pair {
    let mut pair = pair(SocketType::Dealer, SocketType::Router);
    pair.settle();
    pair.start_heartbeats(a, b);
    pair
}

#[test]
fn pings_come_at_the_interval_and_are_answered() {
    let mut pair = beating(heartbeat(100, 50, 0), HeartbeatConfig::default());
    pair.run_for(MILLI * 450);
    let at = |n: u32| MILLI * 100 * n;
    assert_eq!(pair.b.pings, [1, 2, 3, 4].map(|n| (at(n), true)));
    assert_eq!(pair.a.pings, [1, 2, 3, 4].map(|n| (at(n), false)));
    assert_eq!((pair.a.gave_up, pair.b.gave_up), (None, None));
}

#[test]
fn a_peer_that_hangs_is_given_up_after_the_timeout() {
    let mut pair = beating(heartbeat(100, 50, 0), HeartbeatConfig::default());
    pair.run_for(MILLI * 250);
    pair.b.hung = true;
    pair.run_for(MILLI * 1000);
    assert_eq!(pair.a.gave_up, Some(MILLI * 350), "50 ms after the ping at 300 ms");
    assert_eq!(pair.b.gave_up, None);
}

#[test]
fn a_timeout_longer_than_the_interval_runs_from_the_first_unanswered_ping() {
    let mut pair = beating(heartbeat(100, 350, 0), HeartbeatConfig::default());
    pair.b.hung = true;
    pair.run_for(MILLI * 2000);
    assert_eq!(pair.a.gave_up, Some(MILLI * 450));
}

/// `ZMQ_HEARTBEAT_TTL`: the peer gives us up when we fall silent, without heartbeats of its own.
#[test]
fn a_ttl_makes_the_peer_give_up_a_silent_side() {
    let mut pair = beating(heartbeat(100, 50, 3), HeartbeatConfig::default());
    pair.run_for(MILLI * 250);
    pair.a.hung = true;
    pair.run_for(MILLI * 2000);
    assert_eq!(pair.b.gave_up, Some(MILLI * 500), "300 ms after the ping at 200 ms");
}

#[test]
fn without_a_ttl_a_side_without_heartbeats_waits_for_ever() {
    let mut pair = beating(heartbeat(100, 50, 0), HeartbeatConfig::default());
    pair.run_for(MILLI * 250);
    pair.a.hung = true;
    pair.run_for(Duration::from_secs(3600));
    assert_eq!(pair.b.gave_up, None);
}

#[test]
fn a_cut_wire_is_noticed_by_both_sides_that_beat() {
    let mut pair = beating(heartbeat(100, 50, 0), heartbeat(70, 200, 0));
    pair.run_for(MILLI * 1000);
    assert_eq!((pair.a.gave_up, pair.b.gave_up), (None, None));
    pair.cut = true;
    pair.run_for(MILLI * 1000);
    assert_eq!(pair.a.gave_up, Some(MILLI * 1150));
    assert_eq!(pair.b.gave_up, Some(MILLI * 1250), "200 ms after the ping at 1050 ms");
}

/// Any traffic counts as an answer, as `zmq_setsockopt(3)` promises.
#[test]
fn messages_count_as_answers() {
    let mut pair = beating(HeartbeatConfig::default(), heartbeat(100, 50, 0));
    pair.a.deaf = true;
    for _ in 0..40 {
        pair.send_from_a(b"busy");
        pair.run_for(MILLI * 25);
    }
    assert_eq!(pair.b.gave_up, None, "a never answered, but sent");
    pair.run_for(MILLI * 200);
    assert!(pair.b.gave_up.is_some(), "and then it fell silent");
}

#[test]
fn a_timeout_of_zero_never_gives_up() {
    let mut pair = beating(heartbeat(100, 0, 0), HeartbeatConfig::default());
    pair.b.hung = true;
    pair.run_for(Duration::from_secs(60));
    assert_eq!(pair.a.gave_up, None);
}
