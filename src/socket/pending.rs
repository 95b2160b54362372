//! The sockets on which this thread left messages to wait for more to come: before it waits for
//! anything, whatever socket that concerns, they go out. On the socket that it waits for room on, that
//! is for [`State::flush_full`](super::state::State::flush_full) to decide.
//!
//! Thread: each its own list. Invariants: a socket's `listed` says that it is in the list of the
//! thread that wrote the burst; another thread's calls leave the burst to that thread, or to the
//! I/O thread's tick. Counterpart: none.

use std::cell::RefCell;

use super::Socket;

thread_local! {
    static PENDING: RefCell<Vec<&'static Socket>> = const { RefCell::new(Vec::new()) };
}

/// This thread has begun a burst on `socket`. True if it is on the list now.
#[cold]
pub(super) fn add(socket: &'static Socket) -> bool {
    // At a thread's very end, and in a call from within `flush` (a user's function may do that),
    // the list is out of reach; ticks look after the burst then.
    let added = PENDING.try_with(|pending| {
        pending.try_borrow_mut().map(|mut pending| pending.push(socket)).is_ok()
    });
    added == Ok(true)
}

/// Sends what this thread left on its sockets. Those in use are passed over, for the next time or
/// for the I/O thread's tick: the caller may hold one of their locks, and must not wait for another.
pub(super) fn flush() {
    let _ = PENDING.try_with(|pending| {
        let Ok(mut pending) = pending.try_borrow_mut() else { return };
        pending.retain(|socket| match socket.try_lock() {
            Some(mut state) => {
                state.listed = false;
                state.flush_bursts();
                false
            }
            None => socket.is_open(),
        });
    });
}
