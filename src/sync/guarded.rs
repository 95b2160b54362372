//! A place for one boxed value behind a lock that costs its usual thread next to nothing
//! ([`BiasedLock`]).
//!
//! Thread: any. Invariants: the value is reached by the holder only; a holder that panics leaves
//! the place broken, and the next one gets the value out instead of working on it.
//! Counterpart: none.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::sync::biased::BiasedLock;
use crate::sys::thread;

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
    lock: BiasedLock,
    place: UnsafeCell<Place<T>>,
}

struct Place<T> {
    value: Option<Box<T>>,
    /// The value that a holder held when it panicked.
    broken: Option<Box<T>>,
}

// SAFETY: the value is reached through `Held` or with `lock` held, by one thread at a time.
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
        let place = Place { value: None, broken: None };
        Self { lock: BiasedLock::new(), place: UnsafeCell::new(place) }
    }

    /// Waits for the place and holds its value.
    #[inline(always)]
    pub fn lock(&self) -> Result<Held<'_, T>, NotThere<T>> {
        self.lock.acquire(thread::current());
        self.hold().ok_or_else(|| self.what_is_there())
    }

    /// As [`Guarded::lock`], without waiting: `None` also if another thread holds the place, or a
    /// holder panicked.
    pub fn try_lock(&self) -> Option<Held<'_, T>> {
        if !self.lock.try_acquire(thread::current()) {
            return None;
        }
        let held = self.hold();
        if held.is_none() {
            self.lock.release();
        }
        held
    }

    #[inline(always)]
    fn hold(&self) -> Option<Held<'_, T>> {
        // SAFETY: the lock is held.
        let value = unsafe { &mut (*self.place.get()).value }.as_mut()?;
        Some(Held { of: self, value: NonNull::from(&mut **value) })
    }

    /// The lock is held, and there is no value.
    #[cold]
    fn what_is_there(&self) -> NotThere<T> {
        // SAFETY: as above.
        let broken = unsafe { &mut (*self.place.get()).broken }.take();
        self.lock.release();
        broken.map_or(NotThere::Empty, NotThere::Broken)
    }

    /// Puts a value in; gives back the one that was there.
    pub fn replace(&self, value: Option<Box<T>>) -> Option<Box<T>> {
        self.lock.acquire(thread::current());
        self.lock.forget();
        // SAFETY: the lock is held.
        let place = unsafe { &mut *self.place.get() };
        let old = std::mem::replace(&mut place.value, value).or_else(|| place.broken.take());
        self.lock.release();
        old
    }
}

/// The holder's access to the value.
pub struct Held<'a, T: Guardable> {
    of: &'a Guarded<T>,
    value: NonNull<T>,
}

impl<T: Guardable> Held<'_, T> {
    /// True if another thread waits until this one is done.
    #[inline]
    pub fn is_contended(&self) -> bool {
        self.of.lock.is_contended()
    }

    /// As dropping it, for the usual way out of a call: nobody asks whether a panic is under way.
    #[inline(always)]
    pub fn release(self) {
        ManuallyDrop::new(self).let_go();
    }

    #[inline(always)]
    fn let_go(&mut self) {
        if self.has_rest() {
            self.let_go_with_rest();
        } else {
            self.of.lock.release();
        }
    }

    #[cold]
    fn let_go_with_rest(&mut self) {
        let rest = self.take_rest();
        self.of.lock.release();
        drop(rest);
    }
}

impl<T: Guardable> Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held as long as `self` lives, and the box stays in its place.
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
    #[inline(never)]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.let_go();
            return;
        }
        // SAFETY: the lock is held, and `self` no longer uses its pointer to the value.
        let place = unsafe { &mut *self.of.place.get() };
        place.broken = place.value.take();
        self.of.lock.release();
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("lock", &self.lock).finish_non_exhaustive()
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
