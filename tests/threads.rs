//! Sockets that several threads use at once, which libzmq leaves undefined: here calls are
//! serialised, and frames of a message that one thread sends in one go under a lock stay together.

mod support;

use std::collections::HashMap;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use support::*;
use zmq::error::Errno;
use zmq::socket::poll::{Item, POLLOUT, Source, poll};

const THREADS: usize = 8;
const EACH: usize = 300;

/// Runs `work` on [`THREADS`] threads that start at the same moment.
fn at_once(work: impl Fn(usize) + Send + Sync) {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for id in 0..THREADS {
            let (work, barrier) = (&work, &barrier);
            scope.spawn(move || {
                barrier.wait();
                work(id);
            });
        }
    });
}

/// A peer at its high-water mark is full, not unreachable, also while it makes room.
#[test]
fn a_peer_that_makes_room_is_not_called_unreachable() {
    const MESSAGES: usize = 300_000;
    let context = Context::new();
    let (sender, receiver) = (context.socket(ROUTER), context.socket(DEALER));
    sender.set(opt::ROUTER_MANDATORY, 1);
    sender.set(opt::SNDHWM, 1);
    receiver.set(opt::RCVHWM, 1);
    receiver.set_bytes(opt::ROUTING_ID, b"peer");
    receiver.connect(&sender.bind("inproc://room"));
    thread::scope(|scope| {
        scope.spawn(|| (0..MESSAGES).for_each(|_| drop(receiver.recv())));
        for _ in 0..MESSAGES {
            loop {
                match sender.try_send(b"peer", true, true) {
                    Ok(_) => break,
                    Err(errno) => assert_eq!(errno, Errno::EAGAIN),
                }
            }
            sender.send(b"message");
        }
    });
}

/// A thread that is woken takes the news of its socket, also what another one polls it for.
#[test]
fn a_poll_hears_of_news_that_another_threads_call_has_taken() {
    const ASLEEP: Duration = Duration::from_millis(100);
    let context = Context::new();
    let (sender, receiver) = (context.socket(DEALER), context.socket(DEALER));
    sender.set(opt::SNDHWM, 1);
    receiver.set(opt::RCVHWM, 1);
    receiver.connect(&sender.bind("inproc://news"));
    // So many that quiet ones are passed over.
    let polled = || {
        let source = Source::Socket(sender.0);
        poll(&mut [Item { source, events: POLLOUT, revents: 0 }; 100], 0, None)
    };
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(sender.recv(), b"end"));
        while sender.try_send(b"full", true, false).is_ok() {}
        thread::sleep(ASLEEP);
        assert_eq!(polled(), Ok(0));
        assert!(receiver.drain().len() > 1);
        thread::sleep(ASLEEP);
        assert_eq!(polled(), Ok(100));
        receiver.send(b"end");
    });
}

/// Thread and number of a message, as its senders write it.
fn label(id: usize, number: usize) -> Vec<u8> {
    format!("{id}/{number}").into_bytes()
}

/// Checks that each thread's messages came in its order; counts them.
#[derive(Default)]
struct Tally(HashMap<usize, usize>);

impl Tally {
    fn add(&mut self, body: &[u8]) {
        let text = std::str::from_utf8(body).expect("a label");
        let (id, number) = text.split_once('/').expect("a label");
        let next = self.0.entry(id.parse().expect("a number")).or_default();
        assert_eq!(*next, number.parse::<usize>().expect("a number"), "of thread {id}");
        *next += 1;
    }

    fn total(&self) -> usize {
        self.0.values().sum()
    }
}

fn one_way(endpoint: &str) {
    let context = Context::new();
    let receiver = context.socket(DEALER);
    receiver.set(opt::RCVHWM, 0);
    let sender = context.socket(DEALER);
    sender.set(opt::SNDHWM, 0);
    let endpoint = receiver.bind(endpoint);
    sender.connect(&endpoint);
    at_once(|id| {
        for number in 0..EACH {
            sender.send(&label(id, number));
        }
    });
    let mut tally = Tally::default();
    for _ in 0..THREADS * EACH {
        tally.add(&receiver.recv());
    }
    assert_eq!(tally.total(), THREADS * EACH);
}

#[test]
fn many_threads_send_on_one_dealer_over_inproc() {
    one_way("inproc://threads");
}

#[test]
fn many_threads_send_on_one_dealer_over_tcp() {
    one_way("tcp://127.0.0.1:*");
}

#[test]
fn many_threads_receive_from_one_dealer() {
    let context = Context::new();
    let receiver = context.socket(DEALER);
    let endpoint = receiver.bind_tcp();
    let sender = context.socket(DEALER);
    sender.connect(&endpoint);
    let feeder = thread::spawn(move || {
        for number in 0..THREADS * EACH {
            sender.send(&number.to_ne_bytes());
        }
        sender
    });
    let seen = Mutex::new(vec![0; THREADS * EACH]);
    at_once(|_| {
        for _ in 0..EACH {
            let body = receiver.recv();
            let number = usize::from_ne_bytes(body.try_into().expect("a number"));
            seen.lock().expect("no panic")[number] += 1;
        }
    });
    assert!(seen.lock().expect("no panic").iter().all(|times| *times == 1), "each once");
    drop(feeder.join().expect("no panic"));
}

/// Sending a frame at a time from several threads mixes frames, as it must, but a message that is
/// whole stays whole: here each thread sends its message under a lock of the test's own, while
/// others receive.
#[test]
fn multipart_messages_are_not_torn() {
    let context = Context::new();
    let receiver = context.socket(ROUTER);
    let endpoint = receiver.bind_tcp();
    let sender = context.socket(DEALER);
    sender.connect(&endpoint);
    let whole = Mutex::new(());
    let reading = Mutex::new(());
    let seen = Mutex::new(0);
    at_once(|id| {
        if id % 2 == 0 {
            for number in 0..EACH {
                let label = label(id, number);
                let _whole = whole.lock().expect("no panic");
                sender.send_all(&[&label, &[7; 300], &label]);
            }
        } else {
            for _ in 0..EACH {
                let message = {
                    let _whole = reading.lock().expect("no panic");
                    receiver.recv_all()
                };
                assert_eq!(message.len(), 4);
                assert_eq!(message[1], message[3]);
                assert_eq!(message[2], [7; 300]);
                *seen.lock().expect("no panic") += 1;
            }
        }
    });
    assert_eq!(*seen.lock().expect("no panic"), THREADS / 2 * EACH);
}

/// A reply goes back to the peer that asked, whichever thread answers.
#[test]
fn many_threads_answer_on_one_router() {
    let context = Context::new();
    let router = context.socket(ROUTER);
    let endpoint = router.bind_tcp();
    let clients: Vec<Sock> = (0..4)
        .map(|_| {
            let client = context.socket(REQ);
            client.connect(&endpoint);
            client
        })
        .collect();
    let (whole, clients) = (Mutex::new(()), Arc::new(clients));
    at_once(|id| {
        if id < 4 {
            for number in 0..EACH / 3 {
                let label = label(id, number);
                clients[id].send(&label);
                assert_eq!(clients[id].recv(), label);
            }
        } else {
            for _ in 0..EACH / 3 {
                let _whole = whole.lock().expect("no panic");
                let message = router.recv_all();
                let frames: Vec<&[u8]> = message.iter().map(Vec::as_slice).collect();
                router.send_all(&frames);
            }
        }
    });
}

#[test]
fn many_threads_publish_and_subscribe_on_the_same_sockets() {
    let context = Context::new();
    let publisher = context.socket(XPUB);
    publisher.set(opt::SNDHWM, 0);
    let endpoint = publisher.bind_tcp();
    let subscriber = context.socket(SUB);
    subscriber.set(opt::RCVHWM, 0);
    subscriber.set_bytes(opt::SUBSCRIBE, b"");
    subscriber.connect(&endpoint);
    assert_eq!(publisher.recv(), b"\x01");
    at_once(|id| {
        for number in 0..EACH {
            publisher.send(&label(id, number));
            // Subscriptions come and go meanwhile.
            let topic = format!("topic {id}");
            subscriber.set_bytes(opt::SUBSCRIBE, topic.as_bytes());
            subscriber.set_bytes(opt::UNSUBSCRIBE, topic.as_bytes());
        }
    });
    let mut tally = Tally::default();
    for _ in 0..THREADS * EACH {
        tally.add(&subscriber.recv());
    }
}

/// Closing while others send, receive, and set options: each of them gets an answer.
#[test]
fn closing_under_the_hands_of_others_is_an_error_for_them() {
    for _ in 0..20 {
        let context = Context::new();
        let (one, other) = (context.socket(DEALER), context.socket(DEALER));
        let endpoint = one.bind_tcp();
        other.connect(&endpoint);
        at_once(|id| match id {
            0 => {
                other.send(b"before the end");
                one.0.close().expect("open until now");
            }
            1..=3 => while one.try_recv(false).is_ok() {},
            4..=5 => while one.try_send(b"x", true, false).is_ok() {},
            _ => while one.0.set_option(opt::LINGER, &0i32.to_ne_bytes()).is_ok() {},
        });
    }
}
