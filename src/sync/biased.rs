//! A lock for what one thread uses nearly always: that thread, its favourite, takes and releases it
//! by plain stores.
//!
//! Everybody else holds `word`, and before that ends the favour: takes it back, makes a barrier in
//! every thread, and waits until the former favourite is not inside. As the favourite says that it
//! is inside before it looks whether it still is the favourite, one of the two sees the other. A
//! thread becomes the favourite when it has taken the lock many times in a row.
//!
//! Thread: any. Invariants: the holder is inside on the favourite's seat, or holds `word` while the
//! favourite is nobody or itself; `favourite` is written by holders of `word` only; a seat is used
//! by one thread, so that who is late to notice the end of its favour disturbs nobody.
//! Counterpart: none. Source: Dice, Moir, Scherer, "Quickly Reacquirable Locks" (2003).

use std::ptr;

use super::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use crate::sys::futex;
use crate::sys::membarrier;

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody sleeps until it is not.
const CONTENDED: u32 = 2;

/// Times in a row that a thread takes the lock before it becomes the favourite, at first. Each end
/// of a favour makes it [`DEARER`] times as many: a lock that threads share is soon an ordinary one.
const FIRST_RUN: u32 = if cfg!(loom) { 1 } else { 64 };
const DEARER: u32 = if cfg!(loom) { 1 } else { 8 };

/// Looks before a sleep: most holders are gone within the time that a sleep takes to begin.
const SPINS: u32 = if cfg!(loom) { 0 } else { 64 };

/// See the module.
#[derive(Debug)]
pub struct BiasedLock {
    favourite: AtomicPtr<Seat>,
    /// The seat that the holder sits on, or null if it holds `word`. Touched by the holder only; kept
    /// here so that a guard need not carry it.
    taken: AtomicPtr<Seat>,
    /// One of the states above.
    word: AtomicU32,
    /// How often in a row `last` held `word`, and how often makes a favourite. These and the list
    /// of seats are touched by holders of `word` only.
    run: AtomicU32,
    run_of_favourite: AtomicU32,
    last: AtomicUsize,
    seats: AtomicPtr<Seat>,
}

/// Where a favourite says whether it holds the lock. Lives as long as the lock.
#[derive(Debug)]
struct Seat {
    thread: usize,
    /// 1 while the thread holds the lock, or looks whether it may.
    inside: AtomicU32,
    next: *mut Self,
}

// SAFETY: `next` of a seat leads to seats of the same lock, and is touched under the lock only.
unsafe impl Sync for Seat {}
// SAFETY: as above; a seat is not tied to the thread that made it.
unsafe impl Send for Seat {}

impl BiasedLock {
    /// A free lock.
    pub fn new() -> Self {
        Self {
            favourite: AtomicPtr::new(ptr::null_mut()),
            taken: AtomicPtr::new(ptr::null_mut()),
            word: AtomicU32::new(FREE),
            run: AtomicU32::new(0),
            run_of_favourite: AtomicU32::new(FIRST_RUN),
            last: AtomicUsize::new(0),
            seats: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Waits for the lock. `me` is the calling thread's number ([`crate::sys::thread::current`]).
    #[inline(always)]
    pub fn acquire(&self, me: usize) {
        if !self.enter(me) {
            self.acquire_word(me);
        }
    }

    /// Takes the lock if nobody holds it; false if somebody does, be it the caller itself.
    pub fn try_acquire(&self, me: usize) -> bool {
        if self.enter(me) {
            return true;
        }
        if self.is_inside(me) {
            return false;
        }
        let free = self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() {
            return false;
        }
        let former = self.end_favour();
        if let Some(seat) = former
            && seat.inside.load(Ordering::Acquire) != 0
        {
            self.favourite.store(ptr::from_ref(seat).cast_mut(), Ordering::Relaxed);
            self.release_word();
            return false;
        }
        self.word_is_held(me, former.is_some());
        true
    }

    /// Ends what [`BiasedLock::acquire`] began.
    #[inline(always)]
    pub fn release(&self) {
        match self.seat_taken() {
            Some(seat) => self.leave(seat),
            None => self.release_word(),
        }
    }

    /// For the holder: true if another thread waits.
    #[inline]
    pub fn is_contended(&self) -> bool {
        match self.seat_taken() {
            Some(seat) => !self.is_favourite(seat),
            None => self.word.load(Ordering::Relaxed) == CONTENDED,
        }
    }

    /// The favour is cheap again: the lock has another use from here on.
    pub fn forget(&self) {
        self.run_of_favourite.store(FIRST_RUN, Ordering::Relaxed);
    }

    #[inline(always)]
    fn is_favourite(&self, seat: &Seat) -> bool {
        ptr::eq(self.favourite.load(Ordering::Relaxed), seat)
    }

    fn is_inside(&self, me: usize) -> bool {
        // SAFETY: a seat lives as long as the lock.
        let seat = unsafe { self.favourite.load(Ordering::Acquire).as_ref() };
        seat.is_some_and(|seat| seat.thread == me && seat.inside.load(Ordering::Relaxed) != 0)
    }

    /// For the holder.
    #[inline(always)]
    fn seat_taken(&self) -> Option<&Seat> {
        // SAFETY: a seat lives as long as the lock.
        unsafe { self.taken.load(Ordering::Relaxed).as_ref() }
    }

    /// Takes the lock if `me` is the favourite.
    #[inline(always)]
    fn enter(&self, me: usize) -> bool {
        let favourite = self.favourite.load(Ordering::Acquire);
        // SAFETY: a seat lives as long as the lock.
        let Some(seat) = (unsafe { favourite.as_ref() }) else { return false };
        // Who is inside already has to be kept out like anybody else.
        if seat.thread != me || seat.inside.load(Ordering::Relaxed) != 0 {
            return false;
        }
        seat.inside.store(1, Ordering::Relaxed);
        membarrier::here();
        // Still the favourite: nobody held the lock in between, so there is nothing to acquire but
        // what this thread itself released.
        if self.is_favourite(seat) {
            self.taken.store(favourite, Ordering::Relaxed);
            return true;
        }
        self.leave(seat);
        false
    }

    #[inline(always)]
    fn leave(&self, seat: &Seat) {
        seat.inside.store(0, Ordering::Release);
        membarrier::here();
        if !self.is_favourite(seat) {
            // Whoever ended the favour may sleep until now.
            wake(&seat.inside);
        }
    }

    #[inline(never)]
    fn acquire_word(&self, me: usize) {
        if self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait_for_word();
        }
        let former = self.end_favour();
        if let Some(seat) = former {
            wait_until_outside(seat);
        }
        self.word_is_held(me, former.is_some());
    }

    fn wait_for_word(&self) {
        let mut spins = 0;
        // CONTENDED, as there may be other sleepers: one wake-up too many is harmless.
        while self
            .word
            .compare_exchange(FREE, CONTENDED, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            if spins < SPINS {
                spins += 1;
                std::hint::spin_loop();
                continue;
            }
            let held =
                self.word.compare_exchange(HELD, CONTENDED, Ordering::Relaxed, Ordering::Relaxed);
            if matches!(held, Ok(_) | Err(CONTENDED)) {
                futex::wait(&self.word, CONTENDED, None);
            }
        }
    }

    /// From here on the former favourite, whose seat is returned, stays out unless it is inside.
    fn end_favour(&self) -> Option<&Seat> {
        // SAFETY: a seat lives as long as the lock.
        let seat = unsafe { self.favourite.load(Ordering::Relaxed).as_ref() }?;
        self.favourite.store(ptr::null_mut(), Ordering::Relaxed);
        membarrier::everywhere();
        Some(seat)
    }

    /// `me` is the holder; `ended_favour` if somebody was the favourite until then.
    fn word_is_held(&self, me: usize, ended_favour: bool) {
        self.taken.store(ptr::null_mut(), Ordering::Relaxed);
        let mut enough = self.run_of_favourite.load(Ordering::Relaxed);
        if ended_favour {
            enough = enough.saturating_mul(DEARER);
            self.run_of_favourite.store(enough, Ordering::Relaxed);
        }
        let mut run = 0;
        if self.last.load(Ordering::Relaxed) == me {
            run = self.run.load(Ordering::Relaxed) + 1;
        }
        self.last.store(me, Ordering::Relaxed);
        if run >= enough && membarrier::prepare() {
            self.run.store(0, Ordering::Relaxed);
            self.sit_down(me);
        } else {
            self.run.store(run, Ordering::Relaxed);
        }
    }

    /// The holder of `word` becomes the favourite, and changes over to its seat.
    fn sit_down(&self, me: usize) {
        let seat = self.seat_of(me);
        // SAFETY: a seat lives as long as the lock.
        unsafe { (*seat).inside.store(1, Ordering::Relaxed) };
        self.taken.store(seat, Ordering::Relaxed);
        self.favourite.store(seat, Ordering::Release);
        self.release_word();
    }

    /// For the holder of `word`.
    fn seat_of(&self, me: usize) -> *mut Seat {
        let first = self.seats.load(Ordering::Relaxed);
        let mut next = first;
        // SAFETY: a seat lives as long as the lock.
        while let Some(seat) = unsafe { next.as_ref() } {
            if seat.thread == me {
                return next;
            }
            next = seat.next;
        }
        let seat = Seat { thread: me, inside: AtomicU32::new(0), next: first };
        let seat = Box::into_raw(Box::new(seat));
        self.seats.store(seat, Ordering::Relaxed);
        seat
    }

    #[inline]
    fn release_word(&self) {
        if self.word.swap(FREE, Ordering::Release) == CONTENDED {
            futex::wake_one(&self.word);
        }
    }
}

impl Default for BiasedLock {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for BiasedLock {
    fn drop(&mut self) {
        let mut next = self.seats.load(Ordering::Relaxed);
        while !next.is_null() {
            // SAFETY: made by `Box::into_raw` in `seat_of`; nobody uses the lock any more.
            next = unsafe { Box::from_raw(next) }.next;
        }
    }
}

fn wait_until_outside(seat: &Seat) {
    let mut spins = 0;
    while seat.inside.load(Ordering::Acquire) != 0 {
        if spins < SPINS {
            spins += 1;
            std::hint::spin_loop();
        } else {
            futex::wait(&seat.inside, 1, None);
        }
    }
}

#[cold]
fn wake(word: &AtomicU32) {
    futex::wake_one(word);
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::UnsafeCell;
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::sys::thread::current;

    fn favour(lock: &BiasedLock, me: usize) {
        for _ in 0..=lock.run_of_favourite.load(Ordering::Relaxed) {
            lock.acquire(me);
            lock.release();
        }
    }

    fn is_favourite(lock: &BiasedLock, me: usize) -> bool {
        lock.acquire(me);
        let seated = lock.seat_taken().is_some();
        lock.release();
        seated
    }

    #[test]
    fn a_run_makes_a_favourite_and_another_thread_ends_the_favour() {
        if !membarrier::prepare() {
            return;
        }
        let lock = BiasedLock::new();
        favour(&lock, 1);
        assert!(is_favourite(&lock, 1));
        assert!(!is_favourite(&lock, 2));
        assert!(!is_favourite(&lock, 1));
        // It takes longer the second time.
        for _ in 0..FIRST_RUN {
            assert!(!is_favourite(&lock, 1));
        }
        favour(&lock, 1);
        assert!(is_favourite(&lock, 1));
        favour(&lock, 2);
        lock.forget();
        favour(&lock, 3);
        assert!(is_favourite(&lock, 3));
    }

    #[test]
    fn trying_fails_while_the_favourite_is_inside_and_leaves_it_its_favour() {
        let lock = BiasedLock::new();
        favour(&lock, 1);
        lock.acquire(1);
        assert!(!lock.try_acquire(2));
        assert!(!lock.is_contended());
        lock.release();
        assert_eq!(is_favourite(&lock, 1), membarrier::prepare());
        assert!(lock.try_acquire(2));
        assert!(!lock.try_acquire(1));
        lock.release();
    }

    #[test]
    fn a_holder_that_tries_once_more_is_refused() {
        let lock = BiasedLock::new();
        for _ in 0..2 * FIRST_RUN {
            lock.acquire(1);
            assert!(!lock.try_acquire(1));
            assert!(!lock.try_acquire(2));
            lock.release();
        }
        assert!(lock.try_acquire(2));
        lock.release();
    }

    #[test]
    fn a_favourite_inside_is_waited_for_and_told() {
        let lock = Arc::new(BiasedLock::new());
        favour(&lock, current());
        lock.acquire(current());
        let (done, finished) = channel();
        let other = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                lock.acquire(current());
                lock.release();
                done.send(()).expect("heard");
            })
        };
        while !lock.is_contended() {
            thread::yield_now();
        }
        assert!(finished.recv_timeout(Duration::from_millis(20)).is_err());
        lock.release();
        finished.recv().expect("the lock was handed over");
        other.join().expect("no panic");
    }

    struct Counter(UnsafeCell<u64>);
    // SAFETY: touched by the lock's holder.
    unsafe impl Sync for Counter {}

    #[test]
    fn one_holder_at_a_time_whoever_is_the_favourite() {
        const ROUNDS: u64 = 300;
        let shared = Arc::new((BiasedLock::new(), Counter(UnsafeCell::new(0))));
        let threads: Vec<_> = (0..3u64)
            .map(|number| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let (lock, counter) = &*shared;
                    for round in 0..ROUNDS {
                        // Runs long enough for a favour, each on another thread's.
                        let run = if (round + number).is_multiple_of(3) { 300 } else { 1 };
                        lock.forget();
                        for _ in 0..run {
                            lock.acquire(current());
                            // SAFETY: the lock is held.
                            unsafe { *counter.0.get() += 1 };
                            lock.release();
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        // SAFETY: the threads are gone.
        assert_eq!(unsafe { *shared.1.0.get() }, 3 * (ROUNDS / 3 * 300 + ROUNDS / 3 * 2));
    }
}
