//! Who is let in: ZAP and PLAIN, where libzmq's own tests do not reach.

mod common;

use std::io::Read;
use std::thread::{self, JoinHandle};

use common::{Peer, World, dial, greeting, shake_hands_as_dealer, write};
use zmq::protocol::{Config, Handshake, Mechanism, ProtocolError, SocketType};
use zmq::socket::options::id;

const PAIR: i32 = 0;
const REP: i32 = 4;
const DEALER: i32 = 5;

const HANDSHAKE_SUCCEEDED: u16 = 0x1000;
const HANDSHAKE_FAILED_AUTH: u16 = 0x4000;
const DISCONNECTED: u16 = 0x0200;

fn set_text(peer: &Peer, option: i32, text: &[u8]) {
    peer.0.set_option(option, text).expect("known");
}

/// A handler that answers `requests` requests: each user `user` with password `password` is let in,
/// and everybody who has none.
fn handler(world: &World, requests: usize) -> JoinHandle<()> {
    let rep = world.socket(REP);
    rep.0.bind("inproc://zeromq.zap.01").expect("there is no other");
    thread::spawn(move || {
        // All of it, not just the reference in it: the socket lives as long as the thread.
        let rep = rep;
        for _ in 0..requests {
            let mut request = Vec::new();
            let mut more = true;
            while more {
                let (body, follows) = rep
                    .0
                    .recv(false, |frame| (frame.data().to_vec(), frame.more()))
                    .expect("a request comes in time");
                request.push(body);
                more = follows;
            }
            let credentials = &request[6..];
            let lets_in = credentials.is_empty() || credentials == [&b"user"[..], b"password"];
            let status: &[u8] = if lets_in { b"200" } else { b"400" };
            let reply = [b"1.0", &request[1][..], status, b"", b"someone", b"\x01K\0\0\0\x01V"];
            for (index, frame) in reply.iter().enumerate() {
                rep.0.send_slice(frame, false, index < 5).expect("a REP can answer");
            }
        }
    })
}

fn property(peer: &Peer, name: &str) -> Option<String> {
    let msg = peer.0.recv(false, |frame| frame.into_msg()).expect("a message comes in time");
    let value = msg.peer()?.property(name)?;
    Some(value.to_str().expect("text").to_owned())
}

#[test]
fn handler_names_the_user_and_the_peer_cannot() {
    let world = World::new();
    let handler = handler(&world, 1);
    let server = world.socket(DEALER);
    set_text(&server, id::ZAP_DOMAIN, b"domain");
    let endpoint = server.bind();
    let mut peer = dial(&endpoint);
    write(&mut peer, &greeting(b"NULL"));
    let ready =
        b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x07User-Id\0\0\0\x04root\x01K\0\0\0\x01X";
    write(&mut peer, &[4, ready.len() as u8]);
    write(&mut peer, ready);
    write(&mut peer, b"\0\x01a\0\x01b");
    assert_eq!(property(&server, "User-Id").as_deref(), Some("someone"));
    assert_eq!(property(&server, "K").as_deref(), Some("V"));
    handler.join().expect("the handler is through");
}

#[test]
fn refused_client_is_told_and_does_not_come_back() {
    let world = World::new();
    let handler = handler(&world, 2);
    let server = world.socket(DEALER);
    server.set(id::PLAIN_SERVER, 1);
    let server_monitor = world.monitor(&server, "server");
    let endpoint = server.bind();
    let connect = |password: &[u8]| {
        let client = world.socket(DEALER);
        client.set(id::RECONNECT_IVL, 10);
        set_text(&client, id::PLAIN_USERNAME, b"user");
        set_text(&client, id::PLAIN_PASSWORD, password);
        let monitor = world.monitor(&client, "client");
        client.connect(&endpoint);
        (client, monitor)
    };
    let (refused, monitor) = connect(b"wrong");
    server_monitor.await_event(HANDSHAKE_FAILED_AUTH);
    monitor.await_event(HANDSHAKE_FAILED_AUTH);
    monitor.await_event(DISCONNECTED);
    assert_eq!(monitor.remaining_events(), []);
    drop((refused, monitor));
    let (client, monitor) = connect(b"password");
    monitor.await_event(HANDSHAKE_SUCCEEDED);
    client.send(b"hello");
    assert_eq!(property(&server, "User-Id").as_deref(), Some("someone"));
    handler.join().expect("the handler is through");
}

/// The I/O thread does not wait for the handler.
#[test]
fn handler_that_never_answers_holds_up_nobody_else() {
    let world = World::new();
    let silent = world.socket(PAIR);
    silent.0.bind("inproc://zeromq.zap.01").expect("there is no other");
    let guarded = world.socket(DEALER);
    set_text(&guarded, id::ZAP_DOMAIN, b"domain");
    let mut waiting = dial(&guarded.bind());
    shake_hands_as_dealer(&mut waiting);
    assert_eq!(silent.recv(), b"", "asked");
    let open = world.socket(DEALER);
    let endpoint = open.bind();
    let client = world.socket(DEALER);
    client.connect(&endpoint);
    client.send(b"hello");
    assert_eq!(open.recv(), b"hello");
}

#[test]
fn handler_that_comes_too_late_is_not_asked_unless_it_is_enforced() {
    let world = World::new();
    for (enforced, lets_in) in [(0, true), (1, false)] {
        let server = world.socket(DEALER);
        set_text(&server, id::ZAP_DOMAIN, b"domain");
        server.set(id::ZAP_ENFORCE_DOMAIN, enforced);
        let mut peer = dial(&server.bind());
        write(&mut peer, &greeting(b"NULL"));
        let mut answer = Vec::new();
        // The greeting, then READY or nothing.
        let mut greeting = [0; 64];
        peer.read_exact(&mut greeting).expect("it greets");
        if lets_in {
            let mut header = [0; 8];
            peer.read_exact(&mut header).expect("it is ready");
            assert_eq!(&header[2..], b"\x05READY");
        } else {
            peer.read_to_end(&mut answer).expect("it hangs up");
            assert_eq!(answer, b"");
        }
    }
}

fn config(mechanism: Mechanism, zap_domain: &[u8]) -> Config {
    Config {
        socket_type: SocketType::Dealer,
        routing_id: Vec::new(),
        metadata: Vec::new(),
        mechanism,
        zap_domain: zap_domain.to_vec(),
        zap_enforce_domain: false,
    }
}

fn reply(status: &[u8]) -> Vec<Vec<u8>> {
    [b"", &b"1.0"[..], b"1", status, b"", b"", b""].map(<[u8]>::to_vec).to_vec()
}

const READY: &[u8] = b"\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06DEALER";

#[test]
fn what_comes_while_the_handler_is_asked_is_kept_in_order() {
    let mut handshake = Handshake::new(config(Mechanism::Null, b"domain"));
    handshake.handle_input(&greeting(b"NULL")).expect("a greeting");
    assert!(handshake.poll_zap_request().is_some());
    let early = [READY, b"\0\x04data"].concat();
    assert_eq!(handshake.handle_input(&early), Ok(early.len()));
    assert!(handshake.poll_peer().is_none());
    assert_eq!(handshake.handle_zap_reply(Some(&reply(b"200"))), Ok(b"\0\x04data".to_vec()));
    assert!(handshake.poll_peer().is_some());
}

#[test]
fn peer_cannot_fill_the_memory_while_the_handler_is_asked() {
    let mut handshake = Handshake::new(config(Mechanism::Null, b"domain"));
    handshake.handle_input(&greeting(b"NULL")).expect("a greeting");
    let chunk = [0; 4096];
    let fault = (0..1000).find_map(|_| handshake.handle_input(&chunk).err());
    assert_eq!(fault, Some(ProtocolError::TooLarge));
}

#[test]
fn nobody_gets_past_plain_without_a_handler() {
    let mut handshake = Handshake::new(config(Mechanism::PlainServer, b""));
    handshake.handle_input(&greeting(b"PLAIN")).expect("a greeting");
    handshake.handle_input(b"\x04\x09\x05HELLO\x01u\x00").expect("a HELLO");
    assert!(handshake.poll_zap_request().is_some());
    assert_eq!(handshake.handle_zap_reply(None), Err(ProtocolError::NoZapHandler));
}

#[test]
fn malformed_plain_commands_are_told_apart() {
    for (commands, fault) in [
        (&b"\x04\x05\x05HELL"[..], ProtocolError::UnexpectedCommand),
        (b"\x04\x08\x05HELLO\x02u", ProtocolError::MalformedHello),
        (b"\x04\x09\x05HELLO\x00\x00x", ProtocolError::MalformedHello),
        (b"\x04\x06\x05ERROR", ProtocolError::MalformedError),
        (b"\x04\x0a\x05ERROR\x03500", ProtocolError::RefusedByPeer(Some(500))),
    ] {
        let mut handshake = Handshake::new(config(Mechanism::PlainServer, b""));
        handshake.handle_input(&greeting(b"PLAIN")).expect("a greeting");
        assert_eq!(handshake.handle_input(commands), Err(fault), "{commands:?}");
    }
}

#[test]
fn replies_of_a_broken_handler_are_told_apart() {
    let broken = |at: usize, with: &[u8]| {
        let mut frames = reply(b"200");
        frames[at] = with.to_vec();
        frames
    };
    for (frames, fault) in [
        (reply(b"200")[1..].to_vec(), ProtocolError::ZapMalformedReply),
        (broken(0, b"x"), ProtocolError::ZapUnspecified),
        (broken(1, b"2.0"), ProtocolError::ZapBadVersion),
        (broken(2, b"2"), ProtocolError::ZapBadRequestId),
        (broken(3, b"100"), ProtocolError::ZapInvalidStatus),
        (broken(6, b"x"), ProtocolError::ZapInvalidMetadata),
    ] {
        let mut handshake = Handshake::new(config(Mechanism::Null, b"domain"));
        handshake.handle_input(&greeting(b"NULL")).expect("a greeting");
        assert_eq!(handshake.handle_zap_reply(Some(&frames)), Err(fault));
    }
}
