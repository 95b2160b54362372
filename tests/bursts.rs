//! Messages that a sender leaves in a pipe, because more are to come, and then does not come back.

#![allow(clippy::disallowed_methods, reason = "when a sender comes back is what is tested")]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::*;
use zmq::sync::{AtomicU64, Ordering};

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
