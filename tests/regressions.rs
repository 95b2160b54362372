//! One test per bug that was found and fixed, named for what must hold.
//!
//! Waits end with an event.

mod common;

use std::io::Read;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use common::{World, dial, greeting, shake_hands_as_dealer, write};
use zmq::error::Errno;
use zmq::socket::options::id;

const PAIR: i32 = 0;
const DEALER: i32 = 5;
const ROUTER: i32 = 6;
const PULL: i32 = 7;
const PUSH: i32 = 8;
const XPUB: i32 = 9;
const SUB: i32 = 2;
const STREAM: i32 = 11;

const SUBSCRIBE: i32 = 6;
const XPUB_NODROP: i32 = 69;

const CONNECTED: u16 = 0x0001;
const CONNECT_RETRIED: u16 = 0x0004;
const DISCONNECTED: u16 = 0x0200;
const HANDSHAKE_SUCCEEDED: u16 = 0x1000;

#[test]
fn silent_peer_is_given_up_and_the_io_thread_goes_on() {
    let world = World::new();
    let server = world.socket(ROUTER);
    server.set(id::HEARTBEAT_IVL, 20);
    let monitor = world.monitor(&server, "monitor");
    let endpoint = server.bind();
    let mut silent = dial(&endpoint);
    shake_hands_as_dealer(&mut silent);
    monitor.await_event(HANDSHAKE_SUCCEEDED);
    monitor.await_event(DISCONNECTED);
    let client = world.socket(DEALER);
    client.connect(&endpoint);
    client.send(b"still there");
    server.recv();
    assert_eq!(server.recv(), b"still there");
}

#[test]
fn pair_that_only_looks_takes_a_second_peer_when_the_first_has_left() {
    let world = World::new();
    let pair = world.socket(PAIR);
    let monitor = world.monitor(&pair, "monitor");
    let endpoint = pair.bind();
    for body in [b"first", b"other"] {
        let peer = world.socket(PAIR);
        peer.connect(&endpoint);
        peer.send(body);
        // Never waits, so nobody has to tell it that the first peer left.
        let received = (0..common::PATIENCE).find_map(|_| {
            thread::sleep(Duration::from_millis(1));
            pair.0.recv(true, |frame| frame.data().to_vec()).ok()
        });
        assert_eq!(received.as_deref(), Some(&body[..]));
        drop(peer);
        monitor.await_event(DISCONNECTED);
    }
}

#[test]
fn receiver_at_its_mark_reads_on_from_many_peers() {
    // More peers than a caller's thread reads for by itself, and far more messages than fit.
    const PEERS: usize = 12;
    const MESSAGES: usize = 5000;
    let world = World::new();
    let pull = world.socket(PULL);
    pull.set(id::RCVHWM, 10);
    let endpoint = pull.bind();
    let senders: Vec<_> = (0..PEERS)
        .map(|_| {
            let endpoint = endpoint.clone();
            thread::spawn(move || {
                let world = World::new();
                let push = world.socket(PUSH);
                push.connect(&endpoint);
                for _ in 0..MESSAGES {
                    push.send(&[7; 64]);
                }
                // Stays until everything was taken.
                push.set(id::LINGER, common::PATIENCE);
            })
        })
        .collect();
    for _ in 0..PEERS * MESSAGES {
        assert_eq!(pull.recv(), [7; 64]);
    }
    for sender in senders {
        sender.join().expect("everything was sent");
    }
}

#[test]
fn immediate_socket_reconnects_again_and_again() {
    let world = World::new();
    let push = world.socket(PUSH);
    push.set(id::IMMEDIATE, 1);
    push.set(id::RECONNECT_IVL, 10);
    let mut pull = world.socket(PULL);
    let endpoint = pull.bind();
    push.connect(&endpoint);
    for _ in 0..3 {
        push.send(b"x");
        assert_eq!(pull.recv(), b"x");
        let monitor = world.monitor(&push, "monitor");
        pull.0.term_endpoint(&endpoint).expect("bound");
        monitor.await_event(DISCONNECTED);
        pull = world.socket(PULL);
        pull.0.bind(&endpoint).expect("the port is free again");
        monitor.await_event(HANDSHAKE_SUCCEEDED);
    }
    push.0.term_endpoint(&endpoint).expect("still connected");
}

#[test]
fn disconnected_immediate_socket_does_not_come_back() {
    let world = World::new();
    let push = world.socket(PUSH);
    push.set(id::IMMEDIATE, 1);
    push.set(id::RECONNECT_IVL, 10);
    let monitor = world.monitor(&push, "monitor");
    let pull = world.socket(PULL);
    let endpoint = pull.bind();
    push.connect(&endpoint);
    push.send(b"x");
    pull.recv();
    pull.0.term_endpoint(&endpoint).expect("bound");
    monitor.await_event(DISCONNECTED);
    push.0.term_endpoint(&endpoint).expect("connected");
    monitor.remaining_events();
    assert_eq!(monitor.remaining_events(), [], "it goes on trying");
}

#[test]
fn without_reconnecting_the_endpoint_goes_with_its_connection() {
    let world = World::new();
    let bound = world.socket(PAIR);
    let endpoint = bound.bind();
    let pair = world.socket(PAIR);
    pair.set(id::RECONNECT_IVL, -1);
    // So that a send is refused for want of a pipe, never for a full one.
    pair.set(id::SNDHWM, 0);
    pair.connect(&endpoint);
    pair.send(b"one");
    assert_eq!(bound.recv(), b"one");
    let monitor = world.monitor(&pair, "monitor");
    bound.0.term_endpoint(&endpoint).expect("bound");
    monitor.await_event(DISCONNECTED);
    // The socket hears of it a moment after its monitor.
    while pair.try_send(b"lost").is_ok() {
        thread::yield_now();
    }
    assert_eq!(pair.0.term_endpoint(&endpoint), Err(Errno::ENOENT));
    bound.0.bind(&endpoint).expect("the port is free again");
    pair.connect(&endpoint);
    pair.send(b"two");
    assert_eq!(bound.recv(), b"two");
}

#[test]
fn wildcards_name_no_endpoint() {
    let world = World::new();
    let bound = world.socket(PULL);
    for wildcard in ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "ipc://*"] {
        bound.0.bind(wildcard).expect("bindable");
        let real = bound.last_endpoint();
        assert_eq!(bound.0.term_endpoint(wildcard), Err(Errno::ENOENT), "{wildcard}");
        bound.0.term_endpoint(&real).expect("bound");
    }
}

#[test]
fn disconnecting_a_dead_inproc_endpoint_spares_its_successor() {
    let world = World::new();
    let first = world.socket(PAIR);
    first.0.bind("inproc://first").expect("free");
    let pair = world.socket(DEALER);
    pair.connect("inproc://first");
    drop(first);
    let second = world.socket(DEALER);
    second.0.bind("inproc://second").expect("free");
    // Sees that the first is gone; the second takes its place.
    while pair.try_send(b"").is_ok() {}
    pair.connect("inproc://second");
    assert_eq!(pair.0.term_endpoint("inproc://first"), Err(Errno::ENOENT));
    pair.send(b"x");
    assert_eq!(second.recv(), b"x");
}

#[test]
fn stream_client_knows_its_peer_over_reconnects() {
    let world = World::new();
    let client = world.socket(STREAM);
    client.set(id::RECONNECT_IVL, 10);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let endpoint = format!("tcp://{}", listener.local_addr().expect("bound"));
    client.connect(&endpoint);
    let mut buffer = [0; 256];
    let len = client.0.get_option(id::ROUTING_ID, &mut buffer).expect("known");
    let peer = &buffer[..len];
    assert_eq!(len, 5);
    for _ in 0..3 {
        let (mut stream, _) = listener.accept().expect("it connects");
        assert_eq!(client.recv(), peer);
        assert_eq!(client.recv(), b"", "tells of the connection");
        client.0.send_slice(peer, false, true).expect("known");
        client.send(b"hi");
        let mut hi = [0; 2];
        stream.read_exact(&mut hi).expect("sent");
        drop(stream);
        assert_eq!(client.recv(), peer);
        assert_eq!(client.recv(), b"", "tells of its end");
    }
}

#[test]
fn peer_that_breaks_the_protocol_is_not_tried_again() {
    let world = World::new();
    let client = world.socket(DEALER);
    client.set(id::RECONNECT_IVL, 10);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let endpoint = format!("tcp://{}", listener.local_addr().expect("bound"));
    let monitor = world.monitor(&client, "monitor");
    client.connect(&endpoint);
    let (mut stream, _) = listener.accept().expect("it connects");
    write(&mut stream, &greeting(b"XXXX"));
    monitor.await_event(DISCONNECTED);
    let events = monitor.remaining_events();
    assert!(!events.contains(&CONNECT_RETRIED) && !events.contains(&CONNECTED), "{events:x?}");
    client.0.term_endpoint(&endpoint).expect("the endpoint is still known");
}

#[test]
fn peer_that_hangs_up_in_the_handshake_is_tried_again() {
    let world = World::new();
    let client = world.socket(DEALER);
    client.set(id::RECONNECT_IVL, 10);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    client.connect(&format!("tcp://{}", listener.local_addr().expect("bound")));
    for _ in 0..3 {
        drop(listener.accept().expect("it connects"));
    }
}

#[test]
fn nodrop_publisher_refuses_a_burst_beyond_its_mark() {
    let world = World::new();
    let publisher = world.socket(XPUB);
    publisher.set(id::SNDHWM, 100);
    publisher.set(XPUB_NODROP, 1);
    let endpoint = publisher.bind();
    let subscriber = world.socket(SUB);
    subscriber.0.set_option(SUBSCRIBE, b"").expect("known");
    subscriber.connect(&endpoint);
    assert_eq!(publisher.recv(), [1]);
    let mut sent = 0;
    while publisher.try_send(b"").is_ok() {
        sent += 1;
        assert!(sent <= 100, "more than the mark");
    }
    assert_eq!(sent, 100);
    // A sender that may wait goes on when there is room.
    for _ in 0..200 {
        publisher.send(b"");
    }
    for _ in 0..300 {
        subscriber.recv();
    }
}

/// libzmq's numbers, which a queue must take exactly: `hwm` messages, and `hwm` more than whole
/// steps of half the mark that were read.
#[test]
fn credit_returns_in_steps_of_the_low_water_mark() {
    let world = World::new();
    let pull = world.socket(PULL);
    pull.set(id::RCVHWM, 10);
    pull.0.bind("inproc://pull").expect("free");
    let push = world.socket(PUSH);
    push.set(id::SNDHWM, 10);
    push.connect("inproc://pull");
    let fill = || std::iter::from_fn(|| push.try_send(b"").ok()).count();
    assert_eq!(fill(), 20);
    for _ in 0..9 {
        pull.recv();
    }
    assert_eq!(fill(), 0);
    pull.recv();
    assert_eq!(fill(), 10);
}

#[test]
fn monitor_tells_the_queues_of_each_pipe() {
    let world = World::new();
    let push = world.socket(PUSH);
    assert_eq!(push.0.monitor_pipes(), Err(Errno::EINVAL), "nobody wants to know");
    push.0.monitor(Some("inproc://monitor"), 0x10000, 2, PAIR).expect("a monitor starts");
    assert_eq!(push.0.monitor_pipes(), Err(Errno::EAGAIN), "there is no pipe");
    let monitor = world.socket(PAIR);
    monitor.connect("inproc://monitor");
    let pull = world.socket(PULL);
    pull.0.bind("inproc://pull").expect("free");
    push.set(id::SNDHWM, 10);
    push.connect("inproc://pull");
    for _ in 0..7 {
        push.send(b"");
    }
    push.0.monitor_pipes().expect("there is a pipe");
    let values: Vec<u64> =
        (0..4).map(|_| u64::from_ne_bytes(monitor.recv().try_into().expect("64 bits"))).collect();
    assert_eq!(values, [0x10000, 2, 7, 0]);
}

#[test]
fn router_tells_whether_a_peer_has_room() {
    let world = World::new();
    let router = world.socket(ROUTER);
    router.set(id::SNDHWM, 1);
    router.0.bind("inproc://router").expect("free");
    let dealer = world.socket(DEALER);
    dealer.set(id::RCVHWM, 1);
    dealer.0.set_option(id::ROUTING_ID, b"X").expect("short enough");
    assert_eq!(dealer.0.peer_state(b"X"), Err(Errno::ENOTSUP));
    assert_eq!(router.0.peer_state(b"X"), Err(Errno::EHOSTUNREACH));
    dealer.connect("inproc://router");
    dealer.send(b"here");
    assert_eq!(router.recv(), b"X");
    assert_eq!(router.recv(), b"here");
    assert_eq!(router.0.peer_state(b"X"), Ok(2));
    for _ in 0..2 {
        router.0.send_slice(b"X", false, true).expect("known");
        router.send(b"");
    }
    assert_eq!(router.0.peer_state(b"X"), Ok(0));
}

/// An event loop that waits for the descriptor would spin.
#[test]
fn descriptor_is_quiet_once_the_events_were_asked_for() {
    let world = World::new();
    let pull = world.socket(PULL);
    pull.0.bind("inproc://pull").expect("free");
    let fd = pull.0.descriptor().expect("a descriptor is free");
    assert_eq!(pull.0.events(), Ok(0));
    assert!(!is_readable(fd));
    let push = world.socket(PUSH);
    push.connect("inproc://pull");
    push.send(b"x");
    assert!(is_readable(fd));
    assert_eq!(pull.0.events(), Ok(1));
    assert_eq!(pull.recv(), b"x");
    assert_eq!(pull.0.events(), Ok(0));
    assert!(!is_readable(fd));
}

fn is_readable(fd: i32) -> bool {
    let mut fds = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
    // SAFETY: one entry, which lives through the call.
    unsafe { libc::poll(fds.as_mut_ptr(), 1, 0) == 1 }
}

#[test]
fn input_that_arrives_while_the_pipe_is_full_is_read_when_there_is_room() {
    // So many that the I/O thread does the reading.
    const SENDERS: usize = 16;
    const MESSAGES: usize = 3_000;
    let world = World::new();
    let pull = world.socket(PULL);
    pull.set(id::RCVHWM, 10);
    let endpoint = pull.bind();
    thread::scope(|scope| {
        let send = || {
            let world = World::new();
            let push = world.socket(PUSH);
            push.connect(&endpoint);
            (0..MESSAGES).for_each(|_| push.send(&[0; 64]));
            // Kept until all have arrived, as it does not linger.
            (push, world)
        };
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
        (0..SENDERS * MESSAGES).for_each(|_| drop(pull.recv()));
        senders.into_iter().for_each(|sender| drop(sender.join().expect("it has sent all")));
    });
}
