//! Messages that a sender leaves in a pipe, because more are to come, and then does not come back.

#![allow(clippy::disallowed_methods, reason = "when a sender comes back is what is tested")]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::*;
use zmq::sync::{AtomicU64, Ordering};
use zmq::sys::modes::Modes;

/// The I/O thread sees to what is left, and stops looking after a while: bursts begin again before
/// it does, while it does, and after.
#[test]
fn what_a_sender_leaves_behind_is_sent_whenever_it_goes_on() {
    const BURSTS: u64 = 3000;
    const STEP: Duration = Duration::from_micros(10);
    let context = Context::new();
    let [push, pull] = [PUSH, PULL].map(|kind| context.socket(kind));
    push.connect(&pull.bind_tcp());
    let received = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !pull.recv().is_empty() {
                received.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut sent = 0;
        for burst in 0..BURSTS {
            let len = 3 + burst % 9;
            for _ in 0..len {
                push.send(&[7; 64]);
            }
            sent += len;
            let written = Instant::now();
            let pause = STEP * (burst % 60) as u32;
            while received.load(Ordering::Relaxed) < sent || written.elapsed() < pause {
                assert!(written.elapsed() < PATIENCE, "burst {burst} is stranded");
                thread::sleep(STEP);
            }
        }
        push.send(b"");
    });
}

/// A publisher drops what goes beyond its high-water mark, so it is not to keep back so much itself.
/// Where it leaves the sending to the I/O thread, that much passes.
#[test]
fn a_publisher_in_a_hurry_loses_little() {
    const BURSTS: usize = 30;
    const LEN: usize = 1500;
    const MARK: usize = 1000;
    let context = Context::new();
    let [publisher, subscriber] = [PUB, SUB].map(|kind| context.socket(kind));
    subscriber.set(opt::RCVHWM, 0);
    subscriber.set_bytes(opt::SUBSCRIBE, b"");
    subscriber.connect(&publisher.bind_tcp());
    wait_until("subscribed", || {
        publisher.send(b"anyone");
        subscriber.try_recv(true).is_ok()
    });
    let mut received = 0;
    for _ in 0..BURSTS {
        (0..LEN).for_each(|_| publisher.send(&[7; 16]));
        publisher.send(b"last");
        let written = Instant::now();
        while written.elapsed() < Duration::from_millis(20) {
            match subscriber.try_recv(true) {
                Ok(body) if body == b"last" => break,
                Ok(body) => received += usize::from(body == [7; 16]),
                Err(_) => thread::sleep(Duration::from_micros(100)),
            }
        }
    }
    let each = if Modes::current().application_drives { LEN } else { MARK };
    assert!(received > BURSTS * each * 9 / 10, "{received}");
}
