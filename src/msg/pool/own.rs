//! The calling thread's lists, found without a call.
//!
//! A shared library asks the loader for what belongs to a thread, by a call that takes as long as all
//! the rest of allocating a short block. Here each thread enters its lists in a table that all
//! threads read, at the place that follows from its number, and knows them by that number. What it
//! has from the loader serves to find them when they are not there, and to be told of its end.
//!
//! Thread: any. Invariants: lists that carry a running thread's number are that thread's; lists are
//! never given back to the system, as others look at their number at any time: those of a thread
//! that ended are the next one's. No locks: a child process may find them locked for ever.
//! Counterpart: none.

use std::cell::Cell;
use std::ptr;

use super::CLASSES;
use super::list::List;
use crate::sync::{Ordering, StaticBool, StaticPtr, StaticUsize};
use crate::sys::fork;
use crate::sys::thread;

/// Places in the table: so many that two of a program's busy threads seldom have the same.
const PLACES: usize = 1024;

type Lists = [List; CLASSES];

/// A thread's lists, on cache lines of their own: it writes to them all the time.
#[repr(align(128))]
struct Own {
    /// Its number, 0 for nobody's.
    thread: StaticUsize,
    lists: Lists,
    next: *mut Self,
}

static TABLE: [StaticPtr<Own>; PLACES] = [const { StaticPtr::new(ptr::null_mut()) }; PLACES];
/// All that were ever made.
static ALL: StaticPtr<Own> = StaticPtr::new(ptr::null_mut());

thread_local! {
    static MINE: Mine = const { Mine(Cell::new(None)) };
}

/// Gives a thread's lists away at its end.
struct Mine(Cell<Option<&'static Own>>);

impl Drop for Mine {
    fn drop(&mut self) {
        let Some(own) = self.0.take() else { return };
        for (class, list) in own.lists.iter().enumerate() {
            list.clear(class);
        }
        let place = place_of(own.thread.load(Ordering::Relaxed));
        if ptr::eq(place.load(Ordering::Relaxed), own) {
            place.store(ptr::null_mut(), Ordering::Relaxed);
        }
        // Release: who takes them over finds them empty.
        own.thread.store(0, Ordering::Release);
    }
}

/// The place of a thread's lists.
#[inline(always)]
fn place_of(thread: usize) -> &'static StaticPtr<Own> {
    // Numbers are addresses, some pages apart: a multiplication brings what differs to the top
    // (D. Knuth, The Art of Computer Programming 3, 6.4).
    let hash = (thread as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &TABLE[(hash >> (u64::BITS - PLACES.ilog2())) as usize]
}

/// The calling thread's lists if they are in the table; for use within a call.
#[inline(always)]
pub(super) fn lists() -> Option<&'static Lists> {
    let me = thread::current();
    // Acquire: they were made before they were entered.
    // SAFETY: what was entered stays in memory.
    let own = unsafe { place_of(me).load(Ordering::Acquire).as_ref() }?;
    // Relaxed: only this thread writes its own number, and a former one of the same number did what
    // it did before this one began.
    (own.thread.load(Ordering::Relaxed) == me).then_some(&own.lists)
}

/// As [`lists`], also if they are not in the table, or were not made yet. `None` at the thread's end.
#[cold]
#[inline(never)]
pub(super) fn find_lists() -> Option<&'static Lists> {
    let own = MINE.try_with(|mine| {
        let own = mine.0.get().unwrap_or_else(take_over);
        mine.0.set(Some(own));
        own
    });
    let own = own.ok()?;
    enter(own);
    Some(&own.lists)
}

/// Lists for the calling thread: those of one that ended, or new ones.
fn take_over() -> &'static Own {
    forget_in_children();
    let me = thread::current();
    let mut next = ALL.load(Ordering::Acquire);
    // SAFETY: what is listed stays in memory.
    while let Some(own) = unsafe { next.as_ref() } {
        // Acquire: what the former owner did is done.
        if own.thread.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            return own;
        }
        next = own.next;
    }
    let lists = std::array::from_fn(List::new);
    let fresh = Box::leak(Box::new(Own { thread: StaticUsize::new(me), lists, next }));
    loop {
        fresh.next = ALL.load(Ordering::Relaxed);
        // Release: whoever sees it sees what it is made of.
        let (listed, success) = (ptr::from_mut(fresh), Ordering::Release);
        if ALL.compare_exchange(fresh.next, listed, success, Ordering::Relaxed).is_ok() {
            return fresh;
        }
    }
}

/// Puts the calling thread's lists into the table, if their place is free.
fn enter(own: &'static Own) {
    let (nobody, pointer) = (ptr::null_mut(), ptr::from_ref(own).cast_mut());
    // Release: see `lists`. Where another thread's stand, they are found the long way.
    let _ = place_of(thread::current()).compare_exchange(
        nobody,
        pointer,
        Ordering::Release,
        Ordering::Relaxed,
    );
}

/// A child process that begins threads may give them the numbers of its parent's, whose lists may be
/// caught in the middle of a change: the child begins with an empty table.
fn forget_in_children() {
    extern "C" fn forget() {
        for place in &TABLE {
            place.store(ptr::null_mut(), Ordering::Relaxed);
        }
    }
    static DONE: StaticBool = StaticBool::new(false);
    if !DONE.swap(true, Ordering::Relaxed) {
        fork::call_in_children(forget);
    }
}

#[cfg(test)]
mod tests {
    use std::thread as threads;

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
    fn where_others_stand_in_their_place_lists_are_found_the_long_way() {
        threads::spawn(|| {
            let lists_made = mine();
            let others = threads::spawn(|| {
                mine();
                place_of(thread::current()).load(Ordering::Relaxed).expose_provenance()
            });
            let others = ptr::with_exposed_provenance_mut(others.join().expect("no panic"));
            let place = place_of(thread::current());
            let own = place.swap(others, Ordering::Relaxed);
            assert!(lists().is_none());
            assert_eq!(mine(), lists_made);
            assert!(ptr::eq(place.load(Ordering::Relaxed), others));
            place.store(ptr::null_mut(), Ordering::Relaxed);
            assert_eq!(mine(), lists_made);
            assert!(ptr::eq(place.load(Ordering::Relaxed), own));
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
        let first = threads::spawn(used).join().expect("no panic");
        // Other tests' threads may be faster.
        let again = (0..1000).any(|_| {
            let look = || find_lists().is_some_and(|lists| lists[7].pop().is_none()).then(mine);
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
