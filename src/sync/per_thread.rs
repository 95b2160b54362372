//! A value for each thread, found by the thread's number without a call.
//!
//! Each thread enters its own in a table that all threads read, at the place that follows from its
//! number, and knows it there by that number.
//!
//! Thread: any. Invariants: an [`Own`] that carries a running thread's number is that thread's; none
//! is ever given back to the system, as others look at the number at any time: that of a thread
//! which left is the next one's. No locks: a child process may find them locked for ever.
//! Counterpart: none.

use std::ptr;

use super::{AtomicPtr, AtomicUsize, Ordering};

/// Places in the table: so many that two of a program's busy threads seldom have the same.
const PLACES: usize = if cfg!(loom) { 1 } else { 1024 };

/// See the module. Made once, for as long as the program runs.
#[derive(Debug)]
pub struct PerThread<T: 'static> {
    places: [AtomicPtr<Own<T>>; PLACES],
    /// The last one that was made.
    all: AtomicPtr<Own<T>>,
}

/// A thread's own, on cache lines of its own: it is written to all the time.
#[derive(Debug)]
#[repr(align(128))]
pub struct Own<T: 'static> {
    /// The thread's number, 0 for nobody's.
    thread: AtomicUsize,
    value: T,
    next: *mut Self,
}

impl<T> Own<T> {
    /// The value, for the thread whose own this is.
    #[inline(always)]
    pub fn value(&self) -> &T {
        &self.value
    }
}

impl<T: Send> PerThread<T> {
    /// Nobody has one.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        Self {
            places: [const { AtomicPtr::new(ptr::null_mut()) }; PLACES],
            all: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Nobody has one.
    #[cfg(loom)]
    pub fn new() -> Self {
        Self {
            places: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            all: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The place of a thread's own.
    #[inline(always)]
    fn place_of(&self, thread: usize) -> &AtomicPtr<Own<T>> {
        // Numbers are addresses, some pages apart: a multiplication brings what differs to the top
        // (D. Knuth, The Art of Computer Programming 3, 6.4).
        let hash = (thread as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &self.places[((hash >> 32) as usize * PLACES) >> 32]
    }

    /// What the calling thread has entered.
    ///
    /// # Safety
    /// `me` is the calling thread's number.
    #[inline(always)]
    pub unsafe fn find(&'static self, me: usize) -> Option<&'static Own<T>> {
        // Acquire: it was made before it was entered.
        // SAFETY: what was entered stays in memory.
        let own = unsafe { self.place_of(me).load(Ordering::Acquire).as_ref() }?;
        // Relaxed: only this thread writes its own number, and a former one of the same number did
        // what it did before this one began.
        (own.thread.load(Ordering::Relaxed) == me).then_some(own)
    }

    /// One for the calling thread: that of a thread which left, or a new one.
    ///
    /// # Safety
    /// `me` is the calling thread's number, and it has none.
    pub unsafe fn take_over(&'static self, me: usize, make: impl FnOnce() -> T) -> &'static Own<T> {
        let mut next = self.all.load(Ordering::Acquire);
        // SAFETY: what is listed stays in memory.
        while let Some(own) = unsafe { next.as_ref() } {
            // Acquire: what the former owner did is done.
            if own.thread.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return own;
            }
            next = own.next;
        }
        let own = Own { thread: AtomicUsize::new(me), value: make(), next };
        let fresh = Box::leak(Box::new(own));
        loop {
            fresh.next = self.all.load(Ordering::Relaxed);
            // Release: whoever sees it sees what it is made of.
            let (listed, success) = (ptr::from_mut(fresh), Ordering::Release);
            if self.all.compare_exchange(fresh.next, listed, success, Ordering::Relaxed).is_ok() {
                return fresh;
            }
        }
    }

    /// Puts the caller's own into the table, if its place is free.
    pub fn enter(&'static self, own: &'static Own<T>) {
        let (nobody, pointer) = (ptr::null_mut(), ptr::from_ref(own).cast_mut());
        let place = self.place_of(own.thread.load(Ordering::Relaxed));
        // Release: see `find`. Another thread's that stands there stays.
        let _ = place.compare_exchange(nobody, pointer, Ordering::Release, Ordering::Relaxed);
    }

    /// The caller's own is nobody's from here on, and what it holds the next owner's.
    ///
    /// # Safety
    /// The caller uses it no more.
    pub unsafe fn leave(&'static self, own: &'static Own<T>) {
        let place = self.place_of(own.thread.load(Ordering::Relaxed));
        if ptr::eq(place.load(Ordering::Relaxed), own) {
            place.store(ptr::null_mut(), Ordering::Relaxed);
        }
        // Release: see `take_over`.
        own.thread.store(0, Ordering::Release);
    }

    /// Empties the table; everybody has what they have, and enters it again.
    pub fn forget(&self) {
        for place in &self.places {
            place.store(ptr::null_mut(), Ordering::Relaxed);
        }
    }
}

impl<T: Send> Default for PerThread<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn table() -> &'static PerThread<u32> {
        Box::leak(Box::new(PerThread::new()))
    }

    fn find(table: &'static PerThread<u32>, me: usize) -> Option<&'static Own<u32>> {
        // SAFETY: one thread stands for all, so no other has the number.
        unsafe { table.find(me) }
    }

    fn take(table: &'static PerThread<u32>, me: usize, value: u32) -> &'static Own<u32> {
        // SAFETY: as above.
        unsafe { table.take_over(me, || value) }
    }

    fn leave(table: &'static PerThread<u32>, own: &'static Own<u32>) {
        // SAFETY: its value is not looked at afterwards.
        unsafe { table.leave(own) };
    }

    #[test]
    fn what_was_entered_is_found_by_its_number() {
        let table = table();
        let own = take(table, 1, 7);
        assert!(find(table, 1).is_none());
        table.enter(own);
        assert!(find(table, 1).is_some_and(|found| ptr::eq(found, own) && *found.value() == 7));
        table.forget();
        assert!(find(table, 1).is_none());
    }

    #[test]
    fn who_finds_another_in_the_place_goes_without_until_that_one_leaves() {
        let table = table();
        let rival = (2..).find(|other| ptr::eq(table.place_of(1), table.place_of(*other)));
        let rival = rival.expect("numbers are more than places");
        let [first, second] = [1, rival].map(|thread| take(table, thread, 0));
        table.enter(first);
        table.enter(second);
        assert!(find(table, 1).is_some() && find(table, rival).is_none());
        // Leaves the other's place alone.
        leave(table, second);
        assert!(find(table, 1).is_some());
        let second = take(table, rival, 0);
        leave(table, first);
        table.enter(second);
        assert!(find(table, 1).is_none() && find(table, rival).is_some());
    }

    #[test]
    fn what_was_left_is_the_next_ones() {
        let table = table();
        let own = take(table, 1, 7);
        assert!(!ptr::eq(take(table, 2, 8), own));
        leave(table, own);
        assert!(ptr::eq(take(table, 3, 9), own));
        assert!(!ptr::eq(take(table, 4, 9), own));
    }
}
