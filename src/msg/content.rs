//! Bodies that are too long to lie in the message itself: counted, shared by copies.
//!
//! ```text
//! owned:    [ Content | spare | body bytes ... ]      one allocation, mostly without spare bytes
//! foreign:  [ Content ] -> the user's memory, given back through the user's function
//! ```
//!
//! Thread: any; the count is atomic. Invariants: the free function runs once, when the last
//! reference goes. Counterpart: `content_t` in `msg.hpp` of libzmq 4.3.5.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use crate::error::{Errno, Result};
use crate::msg::pool::{self, Loan, Stamp};
use crate::msg::streaming;
use crate::sync::{AtomicU32, Ordering, fence};

/// The user's function that takes a body back (`zmq_free_fn`).
pub type FreeFn = unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void);

/// A body that needs so much is written over one of twice the size, bytes.
const WORTH_KEEPING: usize = 1024;

/// Length from which on a copy is put half a page off its original, bytes.
const LONG: usize = 256 << 10;

/// Bytes after which processors that look for what was stored just before take one address for another.
const PAGE: usize = 4096;

/// Header of a counted body. As aligned and as long as keeps the body behind it aligned.
#[repr(C, align(16))]
pub(super) struct Content {
    refs: AtomicU32,
    origin: Origin,
    /// Of what the pool has lent.
    stamp: Stamp,
    data: *mut u8,
    /// Owned and lent: the bytes allocated in all, in the place of a pointer. Foreign: what `free` is told.
    hint: *mut c_void,
    free: Option<FreeFn>,
}

const _: () = assert!(cfg!(loom) || size_of::<Content>() == 32);

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
enum Origin {
    /// The body lies behind the header.
    Owned,
    /// So it does, in memory of which the pool wants to know how it got to its reader.
    Lent,
    /// The body belongs to somebody else.
    Foreign,
}

impl Content {
    /// A body of `len` bytes, not initialised. `ENOMEM` when there is no memory.
    pub(super) fn owned(len: usize) -> Result<NonNull<Self>> {
        let needed = size_of::<Self>().checked_add(len).ok_or(Errno::ENOMEM)?;
        let (raw, allocated) = pool::allocate(needed).ok_or(Errno::ENOMEM)?;
        // SAFETY: the allocation is large enough for header and body.
        Ok(unsafe { Self::write_owned(raw, allocated) })
    }

    /// A copy of `bytes` for another thread to read. `ENOMEM` when there is no memory.
    pub(super) fn copy_for_another(bytes: &[u8]) -> Result<NonNull<Self>> {
        let spare = if bytes.len() < LONG { 0 } else { PAGE - 1 };
        let needed = (size_of::<Self>() + spare).checked_add(bytes.len()).ok_or(Errno::ENOMEM)?;
        let Loan { memory, size, stamp, past_cache } = pool::lend(needed).ok_or(Errno::ENOMEM)?;
        // SAFETY: the allocation is large enough for header, spare bytes, and body.
        unsafe {
            let mut content = Self::write_owned(memory, size);
            let Self { origin, stamp: own_stamp, data, .. } = content.as_mut();
            if let Some(stamp) = stamp {
                (*origin, *own_stamp) = (Origin::Lent, stamp);
            }
            if spare > 0 {
                // As far as can be from where loads of the next bytes seem to ask for those that were
                // just stored, also when the copy is copied to a place like that of `bytes`.
                let place =
                    (bytes.as_ptr().addr() & !(align_of::<Self>() - 1)).wrapping_add(PAGE / 2);
                *data = data.add(place.wrapping_sub(data.addr()) % PAGE);
            }
            if past_cache {
                streaming::copy(bytes.as_ptr(), *data, bytes.len());
            } else {
                ptr::copy_nonoverlapping(bytes.as_ptr(), *data, bytes.len());
            }
            Ok(content)
        }
    }

    /// As [`Content::owned`], if memory for it is at hand.
    #[inline]
    pub(super) fn owned_quickly(len: usize) -> Option<NonNull<Self>> {
        if len > pool::LARGEST - size_of::<Self>() {
            return None;
        }
        let (raw, allocated) = pool::take_short(size_of::<Self>() + len)?;
        // SAFETY: as in `owned`.
        Some(unsafe { Self::write_owned(raw, allocated) })
    }

    /// # Safety
    /// `raw` points to so many bytes, which are nobody's, and a header's at least.
    #[inline]
    unsafe fn write_owned(raw: NonNull<u8>, allocated: usize) -> NonNull<Self> {
        let content = raw.cast::<Self>();
        // SAFETY: room for a header (caller).
        unsafe {
            content.write(Self {
                refs: AtomicU32::new(1),
                origin: Origin::Owned,
                stamp: Stamp::default(),
                data: raw.as_ptr().add(size_of::<Self>()),
                hint: ptr::without_provenance_mut(allocated),
                free: None,
            });
        }
        content
    }

    /// Makes room for `len` bytes, which is not below what there is. `ENOMEM`: it is as it was.
    ///
    /// # Safety
    /// The content was made by [`Content::owned`] and nobody else refers to it.
    pub(super) unsafe fn grow(content: NonNull<Self>, len: usize) -> Result<NonNull<Self>> {
        let needed = size_of::<Self>().checked_add(len).ok_or(Errno::ENOMEM)?;
        // SAFETY: alive (caller).
        let allocated = unsafe { content.as_ref() }.hint.addr();
        // SAFETY: that is what `owned` or this function got there; `needed` is not less (caller).
        let (raw, allocated) =
            unsafe { pool::grow(content.cast(), allocated, needed) }.ok_or(Errno::ENOMEM)?;
        let mut content = raw.cast::<Self>();
        // SAFETY: the header moved along with the body.
        unsafe {
            content.as_mut().data = raw.as_ptr().add(size_of::<Self>());
            content.as_mut().hint = ptr::without_provenance_mut(allocated);
        }
        Ok(content)
    }

    /// A body that stays where it is, until `free` is told that nobody wants it any more. `ENOMEM`
    /// when there is no memory.
    #[inline]
    pub(super) fn foreign(data: *mut u8, free: FreeFn, hint: *mut c_void) -> Result<NonNull<Self>> {
        let (raw, _) = pool::allocate(size_of::<Self>()).ok_or(Errno::ENOMEM)?;
        let content = raw.cast::<Self>();
        // SAFETY: the allocation is large enough.
        unsafe {
            content.write(Self {
                refs: AtomicU32::new(1),
                origin: Origin::Foreign,
                stamp: Stamp::default(),
                data,
                hint,
                free: Some(free),
            });
        }
        Ok(content)
    }

    #[inline]
    pub(super) fn data(&self) -> *mut u8 {
        self.data
    }

    /// True if a body of `len` bytes may be written over this one: it is nobody else's, has the room,
    /// and not so much of it that it had better be given back.
    #[inline]
    pub(super) fn fits(&self, len: usize) -> bool {
        let needed = self.data.addr().wrapping_sub(ptr::from_ref(self).addr()).wrapping_add(len);
        let allocated = self.hint.addr();
        // Acquire: whoever shared the body is through with it.
        self.origin != Origin::Foreign
            && needed <= allocated
            && allocated <= 2 * needed.max(WORTH_KEEPING)
            && self.refs.load(Ordering::Acquire) == 1
    }

    /// Dropping the last reference runs a user's function.
    #[inline]
    pub(super) fn is_users(&self) -> bool {
        self.origin == Origin::Foreign
    }

    /// One more reference.
    #[inline]
    pub(super) fn retain(&self) {
        // A count of one is ours alone: nobody can change it. Acquire: who gave the others back was
        // through with the body before, which the store does not pass on.
        if self.refs.load(Ordering::Acquire) == 1 {
            self.refs.store(2, Ordering::Relaxed);
        } else {
            // Relaxed: the caller has a reference already.
            self.refs.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Gives one reference back.
    ///
    /// # Safety
    /// The caller owns that reference and does not use the content afterwards.
    #[inline(always)]
    pub(super) unsafe fn release(content: NonNull<Self>) {
        // SAFETY: alive, as the caller has a reference.
        let refs = unsafe { &content.as_ref().refs };
        // A count of one is ours alone: nobody can add to it.
        if refs.load(Ordering::Acquire) != 1 {
            // Release: what this thread did with the body happens before it is freed.
            if refs.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            fence(Ordering::Acquire);
        }
        // SAFETY: that was the last reference.
        unsafe { Self::free(content) };
    }

    /// # Safety
    /// Nobody refers to the content any more.
    #[inline]
    unsafe fn free(content: NonNull<Self>) {
        // SAFETY: alive until freed below.
        let Self { origin, stamp, hint, .. } = unsafe { content.as_ref() };
        match origin {
            // SAFETY: `owned` or `grow` got that much there.
            Origin::Owned => unsafe { pool::free(content.cast(), hint.addr()) },
            // SAFETY: `copy_for_another` got that much there, with that stamp.
            Origin::Lent => unsafe { pool::take_back(content.cast(), hint.addr(), *stamp) },
            // SAFETY: made by `foreign`; nobody refers to it (caller).
            Origin::Foreign => unsafe { Self::give_back(content) },
        }
    }

    /// # Safety
    /// The content was made by `foreign`, and nobody refers to it any more.
    #[inline(never)]
    unsafe fn give_back(content: NonNull<Self>) {
        // SAFETY: alive until freed below.
        let &Self { data, hint, free, .. } = unsafe { content.as_ref() };
        // SAFETY: allocated in `foreign` with that size. The function is called once with what its
        // user gave, and the header is gone by then, so it may do what it likes.
        unsafe {
            pool::free(content.cast(), pool::size_for(size_of::<Self>()));
            if let Some(free) = free {
                free(data.cast(), hint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::affinity::{self, Schedule};
    use crate::sys::fork;

    /// A copy of `bytes`, and where in a page it lies, the place of `bytes` being 0. It is aligned.
    fn copied(bytes: &[u8]) -> (NonNull<Content>, usize) {
        let content = Content::copy_for_another(bytes).expect("memory");
        // SAFETY: just made.
        let data = unsafe { content.as_ref() }.data();
        // SAFETY: it holds as many bytes.
        assert_eq!(unsafe { std::slice::from_raw_parts(data, bytes.len()) }, bytes);
        assert_eq!(data.addr() % align_of::<Content>(), 0);
        (content, data.addr().wrapping_sub(bytes.as_ptr().addr()) % PAGE)
    }

    #[test]
    fn a_long_copy_lies_half_a_page_off_its_original() {
        let original: Vec<_> = (0..LONG + 100).map(|at| at as u8).collect();
        for from in [0, 1, 16, 99] {
            let (content, place) = copied(&original[from..]);
            assert!((PAGE / 2).abs_diff(place) < align_of::<Content>());
            // SAFETY: the only reference.
            unsafe { Content::release(content) };
        }
    }

    /// Has the calling thread stay on a processor, if there is that one; tells which it is on.
    fn stay_on(processor: usize) -> i32 {
        affinity::apply(&Schedule { cpus: vec![processor], ..Schedule::default() });
        affinity::processor()
    }

    #[test]
    fn a_copy_is_not_written_over_what_another_processor_has_just_read() {
        // A process of its own: no other test uses the shelf, or is moved to another processor.
        assert!(fork::holds_in_child(|| {
            let original = vec![7; LONG];
            let (read, _) = copied(&original);
            let address = read.addr();
            let there = stay_on(1);
            // SAFETY: the only reference.
            unsafe { Content::release(read) };
            let here = stay_on(0);
            let (next, _) = copied(&original);
            (next.addr() == address) == (here == there)
        }));
    }

    #[test]
    fn how_far_behind_its_reader_is_shows_when_a_copy_comes_back() {
        // A process of its own, as above.
        assert!(fork::holds_in_child(|| {
            let goes_past_the_cache =
                |len| pool::lend(len).is_some_and(|loan| loan.past_cache && loan.stamp.is_some());
            stay_on(0);
            let (first, _) = copied(&[7; 5000]);
            let at_first = goes_past_the_cache(5000);
            let all_lent = (0..8).all(|_| pool::lend(LONG).is_some());
            let there = stay_on(1);
            // SAFETY: the only reference.
            unsafe { Content::release(first) };
            let here = stay_on(0);
            at_first && all_lent && (here == there || !goes_past_the_cache(5000))
        }));
    }

    #[test]
    fn what_is_written_over_a_copy_has_the_room_behind_its_place() {
        let original = vec![7; LONG + PAGE];
        for from in (0..PAGE).step_by(64) {
            let (content, _) = copied(&original[from..from + LONG]);
            // SAFETY: the only reference, dropped at the end.
            unsafe {
                let fits = (0..).take_while(|more| content.as_ref().fits(LONG + more)).count();
                let end = content.addr().get() + content.as_ref().hint.addr();
                assert_eq!(content.as_ref().data().addr() + LONG + fits - 1, end);
                Content::release(content);
            }
        }
    }
}
