//! What `zmq_proxy` does beyond moving messages, see `capi-tests/api/proxy.c` for the rest.

mod support;

use std::thread;

use support::*;

use zmq::socket::proxy;

/// Messages that the proxy took from its frontend, as it says itself.
fn taken(control: &Sock) -> u64 {
    control.send(b"STATISTICS");
    let numbers = control.recv_all();
    assert_eq!(numbers.len(), 8);
    u64::from_ne_bytes(numbers[0].as_slice().try_into().expect("eight bytes"))
}

/// A message that the backend has no room for stays where it is, and the proxy does not wait for
/// that room in a send: it goes on to hear what it is told.
#[test]
fn what_a_full_backend_cannot_take_is_left_and_control_is_heard() {
    const ROOM: u64 = 4;
    const MESSAGES: u64 = 20;
    let context = Context::new();
    let [frontend, backend, control] = [PULL, PUSH, PAIR].map(|kind| context.socket(kind));
    let [source, sink, caller] = [PUSH, PULL, PAIR].map(|kind| context.socket(kind));
    for (sock, mark) in [(&backend, opt::SNDHWM), (&sink, opt::RCVHWM)] {
        sock.set(mark, ROOM as i32 / 2);
    }
    for (bound, connected) in [(&frontend, &source), (&backend, &sink), (&control, &caller)] {
        let endpoint = format!("inproc://{:p}", bound.0);
        bound.bind(&endpoint);
        connected.connect(&endpoint);
    }
    for number in 0..MESSAGES {
        source.send(&number.to_ne_bytes());
    }
    thread::scope(|scope| {
        let proxy = scope.spawn(|| proxy::run(frontend.0, backend.0, None, Some(control.0)));
        wait_until("as much as there is room for", || taken(&caller) == ROOM);
        assert_eq!(taken(&caller), ROOM);
        for number in 0..MESSAGES {
            assert_eq!(sink.recv(), number.to_ne_bytes());
        }
        caller.send(b"TERMINATE");
        assert_eq!(proxy.join().expect("no panic"), Ok(()));
    });
}
