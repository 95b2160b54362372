//! A place for one boxed value behind a word-sized lock: uncontended, locking and unlocking are one
//! atomic instruction each.
//!
//! Thread: any. Invariants: the value is reached by the holder only; a holder that panics leaves
//! the place broken, and the next one gets the value out instead of working on it.
//! Counterpart: none.

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::sync::{AtomicU32, Ordering};
use crate::sys::futex;

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody sleeps until it is not.
const CONTENDED: u32 = 2;
/// Free, but a holder panicked.
const BROKEN: u32 = 3;

/// A value that may leave something to be dropped once its lock is released, because dropping it
/// runs code that could want the lock.
pub trait Guardable {
    /// What is left.
    type Rest;
    /// True if there is any.
    fn has_rest(&self) -> bool;
    /// Takes it out, before the holder releases the lock.
    fn take_rest(&mut self) -> Self::Rest;
}

/// See the module.
pub struct Guarded<T> {
    /// One of the states above. Taken by compare-exchange (acquire), given back by swap (release).
    word: AtomicU32,
    value: UnsafeCell<Option<Box<T>>>,
}

// SAFETY: the value is reached through `Held` or with `word` held, by one thread at a time.
unsafe impl<T: Send> Sync for Guarded<T> {}
// SAFETY: owning the place is owning the value.
unsafe impl<T: Send> Send for Guarded<T> {}

/// Why [`Guarded::lock`] gave nothing to work on.
#[derive(Debug)]
pub enum NotThere<T> {
    /// The place is empty.
    Empty,
    /// A holder panicked: the value in whatever state it was left. The place is empty now.
    Broken(Box<T>),
}

impl<T: Guardable> Guarded<T> {
    /// An empty place.
    pub fn empty() -> Self {
        Self { word: AtomicU32::new(FREE), value: UnsafeCell::new(None) }
    }

    /// Waits for the place and holds its value.
    #[inline(always)]
    pub fn lock(&self) -> Result<Held<'_, T>, NotThere<T>> {
        let free = self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed);
        let broken = free.is_err() && self.acquire_slow();
        // SAFETY: the word is held.
        let value = unsafe { &mut *self.value.get() };
        match value {
            Some(value) if !broken => Ok(Held { place: self, value: NonNull::from(&mut **value) }),
            _ => {
                let value = value.take();
                self.release();
                Err(value.map_or(NotThere::Empty, NotThere::Broken))
            }
        }
    }

    /// As [`Guarded::lock`], without waiting: `None` also if another thread holds the place, or a
    /// holder panicked.
    pub fn try_lock(&self) -> Option<Held<'_, T>> {
        self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).ok()?;
        // SAFETY: the word is held.
        if let Some(value) = unsafe { &mut *self.value.get() } {
            return Some(Held { place: self, value: NonNull::from(&mut **value) });
        }
        self.release();
        None
    }

    /// Puts a value in; gives back the one that was there.
    pub fn replace(&self, value: Option<Box<T>>) -> Option<Box<T>> {
        let free = self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() {
            self.acquire_slow();
        }
        // SAFETY: the word is held.
        let old = unsafe { std::mem::replace(&mut *self.value.get(), value) };
        self.release();
        old
    }

    /// True if it was broken.
    #[cold]
    fn acquire_slow(&self) -> bool {
        let mut spins = 0;
        loop {
            let broken = self.word.load(Ordering::Relaxed) == BROKEN;
            let (from, to) = if broken { (BROKEN, HELD) } else { (FREE, CONTENDED) };
            // CONTENDED, as there may be other sleepers: one wake-up too many is harmless.
            if self.word.compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return broken;
            }
            // Most holders are gone within the time that a sleep takes to begin.
            if spins < 64 {
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

    #[inline]
    fn release(&self) {
        if self.word.swap(FREE, Ordering::Release) == CONTENDED {
            futex::wake_one(&self.word);
        }
    }
}

/// The holder's access to the value.
pub struct Held<'a, T: Guardable> {
    place: &'a Guarded<T>,
    value: NonNull<T>,
}

impl<T: Guardable> Held<'_, T> {
    /// True if another thread sleeps until this one is done.
    #[inline]
    pub fn is_contended(&self) -> bool {
        self.place.word.load(Ordering::Relaxed) == CONTENDED
    }
}

impl<T: Guardable> Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the word is held as long as `self` lives, and the box stays in its place.
        unsafe { self.value.as_ref() }
    }
}

impl<T: Guardable> DerefMut for Held<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; `self` is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T: Guardable> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.has_rest() || std::thread::panicking() {
            self.release_slow();
        } else {
            self.place.release();
        }
    }
}

impl<T: Guardable> Held<'_, T> {
    #[cold]
    fn release_slow(&mut self) {
        if !std::thread::panicking() {
            let rest = self.take_rest();
            self.place.release();
            drop(rest);
            return;
        }
        if self.place.word.swap(BROKEN, Ordering::Release) == CONTENDED {
            futex::wake_one(&self.place.word);
        }
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("word", &self.word).finish_non_exhaustive()
    }
}

impl<T: Guardable> fmt::Debug for Held<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::thread;

    use super::*;

    impl Guardable for u64 {
        type Rest = ();
        fn has_rest(&self) -> bool {
            false
        }
        fn take_rest(&mut self) {}
    }

    #[test]
    fn one_holder_at_a_time() {
        let place = Arc::new(Guarded::empty());
        place.replace(Some(Box::new(0u64)));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let place = Arc::clone(&place);
                thread::spawn(move || {
                    for _ in 0..20_000 {
                        *place.lock().expect("there") += 1;
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert_eq!(*place.lock().expect("there"), 80_000);
    }

    #[test]
    fn a_panic_breaks_the_place_once() {
        let place = Guarded::empty();
        place.replace(Some(Box::new(7u64)));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _held = place.lock();
            panic!("as a test");
        }));
        assert!(panicked.is_err());
        assert!(matches!(place.lock(), Err(NotThere::Broken(value)) if *value == 7));
        assert!(matches!(place.lock(), Err(NotThere::Empty)));
    }
}
