//! What `zmq_proxy` does with the messages that it moves, and beyond moving them, see
//! `capi-tests/api/proxy.c` for the rest.

mod support;

use std::thread;

use support::*;

use zmq::error::Result;
use zmq::socket::proxy;

/// Sockets around a proxy: `source` sends to `frontend`, and `backend` to `sink`.
struct Line {
    frontend: Sock,
    backend: Sock,
    control: Sock,
    source: Sock,
    sink: Sock,
    caller: Sock,
    /// The last one, as sockets keep a context from ending.
    _context: Context,
}

impl Line {
    /// From PUSH, by a `backend` of that type, to a `sink` of that type.
    fn new(backend: i32, sink: i32, mark: i32) -> Self {
        let context = Context::new();
        let [frontend, backend, control] = [PULL, backend, PAIR].map(|kind| context.socket(kind));
        let [source, sink, caller] = [PUSH, sink, PAIR].map(|kind| context.socket(kind));
        for (sock, option) in [(&backend, opt::SNDHWM), (&sink, opt::RCVHWM)] {
            sock.set(option, mark);
        }
        for (bound, connected) in [(&frontend, &source), (&backend, &sink), (&control, &caller)] {
            let endpoint = format!("inproc://{:p}", bound.0);
            bound.bind(&endpoint);
            connected.connect(&endpoint);
        }
        Self { frontend, backend, control, source, sink, caller, _context: context }
    }

    fn run(&self) -> Result<()> {
        proxy::run(self.frontend.0, self.backend.0, None, Some(self.control.0))
    }

    /// What the proxy says that it took from its frontend: frames and bytes.
    fn taken(&self) -> (u64, u64) {
        self.caller.send(b"STATISTICS");
        let numbers = self.caller.recv_all();
        assert_eq!(numbers.len(), 8);
        let number = |index: usize| {
            u64::from_ne_bytes(numbers[index].as_slice().try_into().expect("eight bytes"))
        };
        assert_eq!((number(0), number(1)), (number(6), number(7)), "all that is taken is given");
        (number(0), number(1))
    }
}

/// A message that the backend has no room for stays where it is, and the proxy does not wait for
/// that room in a send: it goes on to hear what it is told.
#[test]
fn what_a_full_backend_cannot_take_is_left_and_control_is_heard() {
    const ROOM: u64 = 4;
    const MESSAGES: u64 = 20;
    let line = Line::new(PUSH, PULL, ROOM as i32 / 2);
    for number in 0..MESSAGES {
        line.source.send(&number.to_ne_bytes());
    }
    thread::scope(|scope| {
        let proxy = scope.spawn(|| line.run());
        wait_until("as much as there is room for", || line.taken().0 == ROOM);
        assert_eq!(line.taken().0, ROOM);
        for number in 0..MESSAGES {
            assert_eq!(line.sink.recv(), number.to_ne_bytes());
        }
        line.caller.send(b"TERMINATE");
        assert_eq!(proxy.join().expect("no panic"), Ok(()));
    });
}

/// Small and large frames, which take different ways, alone and in one message.
#[test]
fn messages_pass_whole_and_in_order_whatever_they_are_made_of() {
    const MESSAGES: usize = 3000;
    const LENGTHS: [usize; 8] = [0, 1, 64, 511, 512, 513, 5000, 100_000];
    let message = |number: usize| -> Vec<Vec<u8>> {
        // Mostly small ones, in a row and between others.
        let frames = if number.is_multiple_of(7) { 1 + number / 7 % 4 } else { 1 };
        let length = |frame: usize| match number % 5 {
            0 => LENGTHS[(number / 5 + frame * 3) % LENGTHS.len()],
            _ => 64,
        };
        (0..frames).map(|frame| vec![(number + frame) as u8; length(frame)]).collect()
    };
    let line = Line::new(PUSH, PULL, 10);
    thread::scope(|scope| {
        let proxy = scope.spawn(|| line.run());
        scope.spawn(|| {
            for number in 0..MESSAGES {
                let frames = message(number);
                line.source.send_all(&frames.iter().map(Vec::as_slice).collect::<Vec<_>>());
            }
        });
        let (mut frames, mut bytes) = (0, 0);
        for number in 0..MESSAGES {
            let received = line.sink.recv_all();
            assert_eq!(received, message(number), "message {number}");
            frames += received.len() as u64;
            bytes += received.iter().map(Vec::len).sum::<usize>() as u64;
        }
        assert_eq!(line.taken(), (frames, bytes));
        line.caller.send(b"TERMINATE");
        assert_eq!(proxy.join().expect("no panic"), Ok(()));
    });
}

/// Whether the proxy holds the backend or another thread does, what each sends arrives once.
#[test]
fn a_backend_that_threads_may_share_is_theirs_too() {
    const MESSAGES: u64 = 20_000;
    const OTHERS: u64 = 200;
    let line = Line::new(SCATTER, GATHER, 0);
    thread::scope(|scope| {
        let proxy = scope.spawn(|| line.run());
        scope.spawn(|| {
            for _ in 0..MESSAGES {
                line.source.send(b"proxied");
            }
        });
        scope.spawn(|| {
            for _ in 0..OTHERS {
                line.backend.send(b"direct");
            }
        });
        let mut direct = 0;
        for _ in 0..MESSAGES + OTHERS {
            direct += u64::from(line.sink.recv() == b"direct");
        }
        assert_eq!(direct, OTHERS);
        assert_eq!(line.taken().0, MESSAGES);
        line.caller.send(b"TERMINATE");
        assert_eq!(proxy.join().expect("no panic"), Ok(()));
    });
}
