//! Memory of message bodies and of pipes that was given back, kept for the next ones.
//!
//! A short body is mostly freed by the thread that will soon want one of the same size: a sender's
//! when its bytes are in the pipe, a receiver's when its caller is through with it. A list per size
//! class costs a few instructions where the general allocator costs a hundred.
//!
//! Long bodies, chunks of pipes, and the bodies of a stream that stays within the process are
//! allocated by one thread and freed by another; the general allocator answers that by locks, and by
//! giving pages to the system and taking them back, a fault for each. They go over a shelf that all
//! threads share, short ones by the list; whoever finds it in use takes the general allocator.
//!
//! Thread: any. Invariants: what is given out has the size of its class or place, or the one that was
//! asked for. Counterpart: none.

mod list;
mod own;
mod shelf;

use std::alloc::{self, Layout};
use std::ptr::NonNull;

pub(super) use shelf::Stamp;
use shelf::{LARGEST_SHELVED, Shelf, shelved_size};

use crate::sys::affinity;

/// Classes of short blocks are this many bytes apart.
const STEP: usize = 128;

/// Longest block that a thread keeps for itself.
pub(super) const LARGEST: usize = 2048;

const CLASSES: usize = LARGEST / STEP;

/// A block's alignment: what a message body may be counted on to have.
const ALIGN: usize = 16;

fn layout(size: usize) -> Layout {
    // 16 is a power of two, and `allocate` refuses sizes that overflow when rounded up.
    Layout::from_size_align(size, ALIGN).unwrap_or(Layout::new::<u128>())
}

/// Memory of at least `len` bytes; the size that it has is to be given back with it.
#[inline]
pub(crate) fn allocate(len: usize) -> Option<(NonNull<u8>, usize)> {
    take_short(len).or_else(|| match class_of(len) {
        Some(class) => allocate_short(class),
        None => allocate_large(len),
    })
}

/// As [`allocate`], if it is short and this thread has one.
#[inline]
pub(super) fn take_short(len: usize) -> Option<(NonNull<u8>, usize)> {
    let class = class_of(len)?;
    let block = own::lists()?[class].pop()?;
    Some((block, size_of_class(class)))
}

/// The size of a short block for `len` bytes. In models, which have no lists, it is no larger: their
/// chunks are small for a reason.
#[inline]
pub(super) const fn size_for(len: usize) -> usize {
    if cfg!(loom) { len } else { len.next_multiple_of(STEP) }
}

const fn size_of_class(class: usize) -> usize {
    (class + 1) * STEP
}

/// The class of blocks that hold `len` bytes; `None` for nothing and for long ones.
#[inline]
fn class_of(len: usize) -> Option<usize> {
    let last = len.wrapping_sub(1);
    (last < LARGEST && !cfg!(loom)).then_some(last / STEP)
}

#[cold]
#[inline(never)]
fn allocate_short(class: usize) -> Option<(NonNull<u8>, usize)> {
    let kept = own::find_lists().and_then(|lists| {
        let list = &lists[class];
        list.pop().or_else(|| {
            list.refill(class);
            list.pop()
        })
    });
    let size = size_of_class(class);
    kept.map(|block| (block, size)).or_else(|| allocate_unpooled(size))
}

#[cold]
#[inline(never)]
fn allocate_large(len: usize) -> Option<(NonNull<u8>, usize)> {
    let size = size_given(len);
    let taken =
        if is_shelved(size) { Shelf::with(|shelf| shelf.take(size)).flatten() } else { None };
    taken.map(|memory| (memory, size)).or_else(|| allocate_unpooled(size))
}

/// Memory that the calling thread writes and another one reads, which gives it back.
pub(super) struct Loan {
    pub(super) memory: NonNull<u8>,
    /// To be given back with it, bytes.
    pub(super) size: usize,
    /// To be given back as well, by [`take_back`]; without one, [`free`] takes the memory.
    pub(super) stamp: Option<Stamp>,
    /// It had better be written past this processor's cache: another is about to read it, or nobody for
    /// long.
    pub(super) past_cache: bool,
}

/// As [`allocate`], for bodies of a stream within the process: a long one gets memory that no other
/// processor has just used.
pub(super) fn lend(len: usize) -> Option<Loan> {
    let size = size_given(len);
    if !is_shelved(size) {
        let (memory, size) = allocate(len)?;
        return Some(Loan { memory, size, stamp: None, past_cache: false });
    }
    let lent = Shelf::with(|shelf| shelf.lend(size, affinity::processor()));
    let (taken, stamp, past_cache) = match lent {
        Some((taken, stamp, past_cache)) => (taken, Some(stamp), past_cache),
        None => (None, None, false),
    };
    let memory = taken.or_else(|| allocate_unpooled(size).map(|(memory, _)| memory))?;
    Some(Loan { memory, size, stamp, past_cache })
}

/// Takes back what [`lend`] gave.
///
/// # Safety
/// All three came from one [`Loan`], and nobody uses the memory any more.
pub(super) unsafe fn take_back(memory: NonNull<u8>, size: usize, stamp: Stamp) {
    let kept = Shelf::with(|shelf| {
        shelf.reached_reader(stamp);
        shelf.put(memory, size, affinity::processor())
    });
    if kept != Some(true) {
        // SAFETY: allocated with the layout of this size (caller).
        unsafe { alloc::dealloc(memory.as_ptr(), layout(size)) };
    }
}

/// True for the sizes of blocks that go over the shelf.
fn is_shelved(size: usize) -> bool {
    (LARGEST + 1..=LARGEST_SHELVED).contains(&size) && size == shelved_size(size) && !cfg!(loom)
}

/// The size of the memory that [`allocate`] gives for `len` bytes.
fn size_given(len: usize) -> usize {
    match len {
        ..=LARGEST => size_for(len.max(1)),
        ..=LARGEST_SHELVED if !cfg!(loom) => shelved_size(len),
        _ => len,
    }
}

/// Puts a value into memory of the pool, from where [`unbox`] takes it.
pub(crate) fn boxed<T>(value: T) -> *mut T {
    const { assert!(align_of::<T>() <= ALIGN) };
    let Some((memory, _)) = allocate(size_of::<T>()) else {
        alloc::handle_alloc_error(Layout::new::<T>())
    };
    let place = memory.cast::<T>().as_ptr();
    // SAFETY: the memory is large enough, aligned, and nobody else's.
    unsafe { place.write(value) };
    place
}

/// Takes back what [`boxed`] has put there.
///
/// # Safety
/// `place` came from `boxed`, and nobody uses it any more.
pub(crate) unsafe fn unbox<T>(place: *mut T) -> T {
    // SAFETY: the value is there, and its memory has the size that `allocate` gave (caller).
    unsafe {
        let value = place.read();
        free(NonNull::new_unchecked(place.cast()), size_given(size_of::<T>()));
        value
    }
}

fn allocate_unpooled(size: usize) -> Option<(NonNull<u8>, usize)> {
    let layout = Layout::from_size_align(size, ALIGN).ok()?;
    // SAFETY: the size is not zero.
    NonNull::new(unsafe { alloc::alloc(layout) }).map(|memory| (memory, size))
}

/// Makes memory longer, which may move it; returns its new place and size. `None`: there is not so
/// much memory, and the old one is as it was.
///
/// # Safety
/// `memory` and `size` came from one [`allocate`] or [`grow`], and `len` is not below `size`.
pub(super) unsafe fn grow(
    memory: NonNull<u8>,
    size: usize,
    len: usize,
) -> Option<(NonNull<u8>, usize)> {
    let len = if len <= LARGEST { size_for(len) } else { len };
    Layout::from_size_align(len, ALIGN).ok()?;
    // SAFETY: every block was allocated with the layout of its size (caller); the new size was
    // just seen to be a possible one.
    let moved = unsafe { alloc::realloc(memory.as_ptr(), layout(size), len) };
    NonNull::new(moved).map(|memory| (memory, len))
}

/// Gives memory back.
///
/// # Safety
/// `memory` and `size` came from one [`allocate`], [`grow`], or [`lend`] without a stamp, and nobody uses
/// the memory any more.
#[inline]
pub(crate) unsafe fn free(memory: NonNull<u8>, size: usize) {
    let kept = class_of(size).is_some_and(|class| {
        // SAFETY: short blocks have their class's size; nobody uses it any more (caller).
        own::lists().is_some_and(|lists| unsafe { lists[class].push(memory) })
    });
    if !kept {
        // SAFETY: as the caller says.
        unsafe { free_slow(memory, size) };
    }
}

/// # Safety
/// As [`free`].
#[cold]
#[inline(never)]
unsafe fn free_slow(memory: NonNull<u8>, size: usize) {
    let kept = class_of(size).is_some_and(|class| {
        let Some(lists) = own::find_lists() else { return false };
        let list = &lists[class];
        // SAFETY: as in `free`.
        list.make_room(class) && unsafe { list.push(memory) }
    });
    if !kept {
        // SAFETY: as the caller says.
        unsafe { free_large(memory, size) };
    }
}

/// # Safety
/// As [`free`].
unsafe fn free_large(memory: NonNull<u8>, size: usize) {
    let shelved = is_shelved(size)
        && Shelf::with(|shelf| shelf.put(memory, size, affinity::processor())) == Some(true);
    if !shelved {
        // SAFETY: allocated with the layout of this size (caller).
        unsafe { alloc::dealloc(memory.as_ptr(), layout(size)) };
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn a_block_comes_back_to_who_gave_it() {
        let (memory, size) = allocate(300).expect("memory");
        assert_eq!(size, 384);
        // SAFETY: just allocated.
        unsafe { free(memory, size) };
        let (again, _) = allocate(384).expect("memory");
        assert_eq!(again, memory);
        // SAFETY: just allocated.
        unsafe { free(again, size) };
    }

    #[test]
    fn a_thread_keeps_no_more_than_its_share() {
        let blocks: Vec<_> = (0..100).map(|_| allocate(1024).expect("memory")).collect();
        for (memory, size) in blocks {
            // SAFETY: just allocated.
            unsafe { free(memory, size) };
        }
        let mut kept = 0;
        while own::lists().is_some_and(|lists| lists[7].pop().is_some()) {
            kept += 1;
        }
        assert!(kept > 0 && kept * 1024 <= list::KEPT);
    }

    #[test]
    fn a_short_block_comes_back_from_another_thread() {
        // More than a thread keeps, of a size that no other test uses.
        let blocks: Vec<_> =
            (0..100).map(|_| allocate(1900).expect("memory").0.addr().get()).collect();
        let given = blocks.clone();
        std::thread::spawn(move || {
            for address in given {
                // SAFETY: just allocated; the address stands for it in this thread.
                unsafe {
                    let memory = NonNull::new(ptr::without_provenance_mut(address));
                    free(memory.expect("not null"), 1920);
                }
            }
        })
        .join()
        .expect("no panic");
        let shelved = || loop {
            // Another test may be at it.
            if let Some(count) = Shelf::with(|shelf| shelf.lists_of((1900 - 1) / STEP)) {
                return count;
            }
        };
        let lists = shelved();
        assert!(lists > 0);
        let (again, size) = allocate(1900).expect("memory");
        assert_eq!(shelved(), lists - 1);
        assert!(blocks.contains(&again.addr().get()));
        // SAFETY: just allocated.
        unsafe { free(again, size) };
    }

    #[test]
    fn a_long_block_lies_on_the_shelf_when_another_thread_gave_it_back() {
        // Whoever finds the shelf in use, as other tests' threads may, goes by it: not each time.
        let found = (0..100).find_map(|_| {
            // A size that no other test uses.
            let (memory, size) = allocate(777_777).expect("memory");
            let address = memory.addr();
            // SAFETY: just allocated; the address stands for it in the other thread.
            std::thread::spawn(move || unsafe {
                let memory = NonNull::new(ptr::without_provenance_mut(address.get()));
                free(memory.expect("not null"), size);
            })
            .join()
            .expect("no panic");
            let found = Shelf::with(|shelf| shelf.take(size)).flatten()?;
            assert_eq!(found.addr(), address);
            Some((found, size))
        });
        let (memory, size) = found.expect("on the shelf");
        // SAFETY: taken off the shelf, where it had this size.
        unsafe { free(memory, size) };
    }

    #[test]
    fn a_grown_block_keeps_what_it_held() {
        let (memory, size) = allocate(3000).expect("memory");
        // SAFETY: within the block, which is grown and freed as it was allocated.
        unsafe {
            memory.as_ptr().write_bytes(7, 3000);
            let (memory, grown) = grow(memory, size, 3 << 20).expect("memory");
            assert_eq!(grown, 3 << 20);
            assert!((0..3000).all(|at| memory.as_ptr().add(at).read() == 7));
            free(memory, grown);
        }
    }

    #[test]
    fn sizes_without_a_class_are_served() {
        for len in [0, LARGEST + 1, 1 << 20, 3 << 20] {
            let (memory, size) = allocate(len).expect("memory");
            assert!(size >= len);
            // SAFETY: just allocated.
            unsafe { free(memory, size) };
        }
        assert!(allocate(usize::MAX).is_none());
    }
}
