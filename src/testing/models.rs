//! Loom models of types that are not public: `tests/pipe_loom.rs` runs them.
//!
//! Thread: loom's. Invariants: none. Counterpart: none.

use std::sync::Arc;

use loom::sync::{Mutex, Notify};
use loom::thread;

use crate::reactor::nap::Nap;
use crate::socket::parker::{Parker, Waiters, WakeWaiters};
use crate::sync::{AtomicBool, Ordering, store_load_barrier};

/// An I/O thread that goes to sleep, and somebody who leaves work for it.
///
/// # Panics
/// If the thread sleeps with work left.
pub fn io_thread_nap() {
    let nap = Arc::new(Nap::new());
    let work = Arc::new(Mutex::new(Vec::new()));
    let bell = Arc::new(Notify::new());
    let leaver = {
        let (nap, work, bell) = (Arc::clone(&nap), Arc::clone(&work), Arc::clone(&bell));
        thread::spawn(move || {
            for item in 0..2 {
                work.lock().expect("no panic").push(item);
                if nap.must_wake() {
                    bell.notify();
                }
            }
        })
    };
    let mut taken = Vec::new();
    while taken.len() < 2 {
        nap.announce();
        if work.lock().expect("no panic").is_empty() {
            bell.wait();
        }
        nap.end();
        taken.append(&mut work.lock().expect("no panic"));
    }
    assert_eq!(taken, [0, 1]);
    leaver.join().expect("no panic");
}

/// An application's thread that sleeps on its futex, and somebody with news for its socket.
///
/// # Panics
/// If the thread sleeps though there is news.
pub fn parker_and_waiters() {
    let waiters = Arc::new(Waiters::default());
    let news = Arc::new(AtomicBool::new(false));
    let waker = {
        let (waiters, news) = (Arc::clone(&waiters), Arc::clone(&news));
        thread::spawn(move || {
            news.store(true, Ordering::SeqCst);
            crate::pipe::Wake::wake(&WakeWaiters(waiters));
        })
    };
    let parker = Parker::for_model();
    while !news.load(Ordering::SeqCst) {
        parker.begin();
        waiters.register(&parker);
        store_load_barrier();
        if !news.load(Ordering::SeqCst) {
            parker.sleep(&mut Vec::new(), None, None).expect("no descriptor is needed");
        }
        waiters.unregister(&parker);
    }
    waker.join().expect("no panic");
}
