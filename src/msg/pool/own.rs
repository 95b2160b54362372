//! The calling thread's lists, found without a call.
//!
//! A shared library asks the loader for what belongs to a thread, by a call that takes as long as all
//! the rest of allocating a short block. Here lists are found by the thread's number ([`PerThread`]).
//! What a thread has from the loader serves to find them where that fails, and to be told of its end.
//!
//! Thread: any. Invariants: as [`PerThread`]; in models nobody has lists. Counterpart: none.

use std::cell::Cell;

use super::CLASSES;
use super::list::List;
use crate::sync::{Ordering, Own, PerThread, StaticBool};
use crate::sys::fork;
use crate::sys::thread;

type Lists = [List; CLASSES];

#[cfg(not(loom))]
static LISTS: PerThread<Lists> = PerThread::new();
#[cfg(loom)]
crate::sync::lazy_static! {
    static ref LISTS: PerThread<Lists> = PerThread::new();
}

thread_local! {
    static MINE: Mine = const { Mine(Cell::new(None)) };
}

/// Gives a thread's lists away at its end.
struct Mine(Cell<Option<&'static Own<Lists>>>);

impl Drop for Mine {
    fn drop(&mut self) {
        let Some(own) = self.0.take() else { return };
        for (class, list) in own.value().iter().enumerate() {
            list.clear(class);
        }
        // SAFETY: they are out of this thread's reach.
        unsafe { LISTS.leave(own) };
    }
}

/// The calling thread's lists if they are in the table; for use within a call.
#[inline(always)]
pub(super) fn lists() -> Option<&'static Lists> {
    // SAFETY: the number is this thread's.
    unsafe { LISTS.find(thread::current()) }.map(Own::value)
}

/// As [`lists`], also if they are not in the table, or were not made yet. `None` at the thread's end.
#[cold]
#[inline(never)]
pub(super) fn find_lists() -> Option<&'static Lists> {
    let own = MINE.try_with(|mine| {
        let own = mine.0.get().unwrap_or_else(|| {
            forget_in_children();
            // SAFETY: the number is this thread's, which has none.
            unsafe { LISTS.take_over(thread::current(), || std::array::from_fn(List::new)) }
        });
        mine.0.set(Some(own));
        own
    });
    let own = own.ok()?;
    LISTS.enter(own);
    Some(own.value())
}

/// A child process that begins threads may give them the numbers of its parent's, whose lists may be
/// caught in the middle of a change: the child begins with an empty table.
fn forget_in_children() {
    extern "C" fn forget() {
        LISTS.forget();
    }
    static DONE: StaticBool = StaticBool::new(false);
    if !DONE.swap(true, Ordering::Relaxed) {
        fork::call_in_children(forget);
    }
}

#[cfg(test)]
mod tests {
    use std::{ptr, thread as threads};

    use super::*;
    use crate::msg::pool;

    /// Where the calling thread's lists are.
    fn mine() -> usize {
        ptr::from_ref(find_lists().expect("not at the thread's end")).addr()
    }

    #[test]
    fn lists_are_in_the_table_from_the_first_use_on() {
        threads::spawn(|| {
            assert!(lists().is_none());
            let lists_made = mine();
            assert_eq!(lists().map(|lists| ptr::from_ref(lists).addr()), Some(lists_made));
        })
        .join()
        .expect("no panic");
    }

    #[test]
    fn lists_of_a_thread_that_ended_are_anothers_and_empty() {
        let used = || {
            let (memory, size) = pool::allocate(1000).expect("memory");
            // SAFETY: just allocated.
            unsafe { pool::free(memory, size) };
            mine()
        };
        let look = || find_lists().is_some_and(|lists| lists[7].pop().is_none()).then(mine);
        // Other tests' threads may be faster, and keep what they found.
        let again = (0..1000).any(|_| {
            let first = threads::spawn(used).join().expect("no panic");
            threads::spawn(look).join().expect("no panic") == Some(first)
        });
        assert!(again);
    }

    #[test]
    fn a_child_process_begins_with_an_empty_table() {
        let lists_made = mine();
        assert!(lists().is_some());
        assert!(fork::holds_in_child(|| {
            lists().is_none() && mine() == lists_made && lists().is_some()
        }));
    }
}
