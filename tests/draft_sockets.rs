//! The draft socket types, where libzmq's own tests do not reach.

mod common;

use common::{Peer, World};
use zmq::error::Errno;
use zmq::msg::Msg;
use zmq::socket::options::id;
use zmq::socket::poll::Source;
use zmq::socket::poller::Poller;

const DEALER: i32 = 5;
const ROUTER: i32 = 6;
const SERVER: i32 = 12;
const CLIENT: i32 = 13;
const RADIO: i32 = 14;
const DISH: i32 = 15;
const PEER: i32 = 19;
const CHANNEL: i32 = 20;

const XPUB_NODROP: i32 = 69;
const POLLIN: i16 = 1;

fn send_to(socket: &Peer, routing_id: u32, body: &[u8]) -> Result<usize, Errno> {
    let mut msg = Msg::from_slice(body);
    msg.set_routing_id(routing_id);
    socket.0.send_msg(&mut msg, true, false)
}

fn publish(radio: &Peer, group: &[u8], body: &[u8]) -> Result<usize, Errno> {
    let mut msg = Msg::from_slice(body);
    msg.set_group(group);
    radio.0.send_msg(&mut msg, true, false)
}

fn receive(socket: &Peer) -> Msg {
    socket.0.recv(false, |frame| frame.into_msg()).expect("a message comes in time")
}

fn is_readable(fd: i32) -> bool {
    let mut fds = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
    // SAFETY: one entry, which lives through the call.
    unsafe { libc::poll(fds.as_mut_ptr(), 1, 0) == 1 }
}

#[test]
fn server_answers_each_client_by_its_number() {
    let world = World::new();
    let server = world.socket(SERVER);
    let endpoint = server.bind();
    let clients = [world.socket(CLIENT), world.socket(CLIENT)];
    for (client, name) in clients.iter().zip([b"a", b"b"]) {
        client.connect(&endpoint);
        client.send(name);
    }
    for _ in &clients {
        let request = receive(&server);
        send_to(&server, request.routing_id(), request.data()).expect("the client is there");
    }
    for (client, name) in clients.iter().zip([b"a", b"b"]) {
        let reply = receive(client);
        assert_eq!((reply.data(), reply.routing_id()), (&name[..], 0));
    }
    assert_eq!(send_to(&server, 0, b"x"), Err(Errno::EHOSTUNREACH));
}

#[test]
fn server_reports_a_full_client_and_goes_on_when_there_is_room() {
    let world = World::new();
    let server = world.socket(SERVER);
    server.set(id::SNDHWM, 1);
    server.0.bind("inproc://server").expect("free");
    let client = world.socket(CLIENT);
    client.set(id::RCVHWM, 1);
    client.connect("inproc://server");
    client.send(b"");
    let number = receive(&server).routing_id();
    assert_eq!(send_to(&server, number, b"1"), Ok(1));
    assert_eq!(send_to(&server, number, b"2"), Ok(1));
    assert_eq!(send_to(&server, number, b"3"), Err(Errno::EAGAIN));
    assert_eq!(client.recv(), b"1");
    assert_eq!(send_to(&server, number, b"3"), Ok(1));
}

/// Messages of several frames could be torn apart between threads.
#[test]
fn messages_of_several_frames_are_neither_sent_nor_received() {
    let world = World::new();
    let channel = world.socket(CHANNEL);
    channel.0.bind("inproc://channel").expect("free");
    assert_eq!(channel.0.send_slice(b"", true, true), Err(Errno::EINVAL));
    // In one process nothing keeps other types from connecting.
    let dealer = world.socket(DEALER);
    dealer.connect("inproc://channel");
    for (body, more) in [(b"1", true), (b"2", false), (b"3", true), (b"4", true), (b"5", false)] {
        dealer.0.send_slice(body, false, more).expect("there is room");
    }
    dealer.send(b"whole");
    assert_eq!(channel.recv(), b"whole");
}

#[test]
fn dish_gets_its_groups_again_after_a_reconnect() {
    let world = World::new();
    let dish = world.socket(DISH);
    dish.set(id::RECONNECT_IVL, 10);
    dish.0.join(b"news").expect("not joined yet");
    assert_eq!(dish.0.join(b"news"), Err(Errno::EINVAL));
    assert_eq!(dish.0.leave(b"other"), Err(Errno::EINVAL));
    let mut radio = world.socket(RADIO);
    let endpoint = radio.bind();
    dish.connect(&endpoint);
    for round in 0..2u8 {
        // Until the radio has heard of the membership.
        dish.set(id::RCVTIMEO, 10);
        let received = loop {
            publish(&radio, b"other", b"not for us").expect("never refused");
            publish(&radio, b"news", &[round]).expect("never refused");
            if let Ok(msg) = dish.0.recv(false, |frame| frame.into_msg()) {
                break msg;
            }
        };
        assert_eq!((received.group(), received.data()), (&b"news"[..], &[round][..]));
        while dish.try_recv().is_ok() {}
        if round == 0 {
            radio.0.term_endpoint(&endpoint).expect("bound");
            radio = world.socket(RADIO);
            radio.0.bind(&endpoint).expect("the port is free again");
        }
    }
}

#[test]
fn radio_without_drops_says_when_a_dish_is_full() {
    let world = World::new();
    let radio = world.socket(RADIO);
    radio.set(id::SNDHWM, 1);
    radio.set(XPUB_NODROP, 1);
    radio.0.bind("inproc://radio").expect("free");
    let dish = world.socket(DISH);
    dish.set(id::RCVHWM, 1);
    dish.0.join(b"").expect("not joined yet");
    dish.connect("inproc://radio");
    assert_eq!(publish(&radio, b"", b"1"), Ok(1));
    assert_eq!(publish(&radio, b"", b"2"), Ok(1));
    assert_eq!(publish(&radio, b"", b"3"), Err(Errno::EAGAIN));
    dish.0.leave(b"").expect("joined");
    assert_eq!(publish(&radio, b"", b"to nobody"), Ok(9));
    dish.0.join(b"").expect("left");
    assert_eq!(receive(&dish).data(), b"1");
}

#[test]
fn peer_numbers_those_that_it_connects_to() {
    let world = World::new();
    let bound = world.socket(PEER);
    let endpoint = bound.bind();
    let peer = world.socket(PEER);
    let number = peer.0.connect_peer(&endpoint).expect("well formed");
    assert_ne!(number, 0);
    send_to(&peer, number, b"hello").expect("the pipe is there before the connection");
    let hello = receive(&bound);
    send_to(&bound, hello.routing_id(), b"back").expect("known");
    let back = receive(&peer);
    assert_eq!((back.data(), back.routing_id()), (&b"back"[..], number));
    assert_eq!(world.socket(SERVER).0.connect_peer(&endpoint), Err(Errno::ENOTSUP));
    peer.set(id::IMMEDIATE, 1);
    assert_eq!(peer.0.connect_peer(&endpoint), Err(Errno::EFAULT));
}

#[test]
fn poller_has_a_descriptor_for_its_thread_safe_sockets() {
    let world = World::new();
    let server = world.socket(SERVER);
    server.0.bind("inproc://server").expect("free");
    assert_eq!(server.0.get_option(id::FD, &mut [0; 4]), Err(Errno::EINVAL));
    let mut poller = Poller::default();
    assert_eq!(poller.descriptor(), Err(Errno::EINVAL), "nothing to wait for");
    poller.add(Source::Socket(server.0), (), POLLIN).expect("not there yet");
    let fd = poller.descriptor().expect("there is a thread-safe socket");
    assert_eq!(poller.wait(0, 1, |_, _| ()), Err(Errno::EAGAIN));
    assert!(!is_readable(fd), "quiet once it was looked at");
    let client = world.socket(CLIENT);
    client.connect("inproc://server");
    client.send(b"x");
    assert!(is_readable(fd));
    assert_eq!(poller.wait(0, 1, |_, ready| assert_eq!(ready.events, POLLIN)), Ok(1));
    assert_eq!(server.recv(), b"x");
    poller.remove(Source::Socket(server.0)).expect("there");
    client.send(b"y");
    assert!(!is_readable(fd), "removed");
    poller.add(Source::Socket(server.0), (), 0).expect("removed");
    assert_eq!(poller.wait(-1, 1, |_, _| ()), Err(Errno::EFAULT), "nothing could end it");
}

/// A message that was cut off does not run into the notification.
#[test]
fn router_tells_of_connections_and_their_ends() {
    let world = World::new();
    let router = world.socket(ROUTER);
    router.set(id::ROUTER_NOTIFY, 3);
    let endpoint = router.bind();
    let mut raw = common::dial(&endpoint);
    common::shake_hands_as_dealer(&mut raw);
    let peer = router.recv();
    assert_eq!(router.recv(), b"");
    common::write(&mut raw, b"\x01\x05first");
    drop(raw);
    assert_eq!(router.recv(), peer);
    assert_eq!(router.recv(), b"");
}
