//! Memory of message bodies that were given back, kept by each thread for its next messages.
//!
//! A body is mostly freed by the thread that will soon want one of the same size: a sender's when
//! its bytes are in the pipe, a receiver's when its caller is through with it. A list per size class
//! costs a few instructions where the general allocator costs a hundred.
//!
//! Thread: each its own. Invariants: a class's list holds blocks of that class's size only, and at
//! most [`KEPT`] bytes of them. Counterpart: none.

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// Classes are this many bytes apart.
const STEP: usize = 128;

/// Larger blocks come from the general allocator each time.
const LARGEST: usize = 2048;

const CLASSES: usize = LARGEST / STEP;

/// Bytes that a class keeps for a thread.
const KEPT: usize = 8 << 10;

/// A block's alignment: what a message body may be counted on to have.
const ALIGN: usize = 16;

struct Block {
    next: *mut Self,
}

#[derive(Clone, Copy)]
struct List {
    first: *mut Block,
    len: usize,
}

struct Pool([Cell<List>; CLASSES]);

thread_local! {
    static POOL: Pool = const {
        Pool([const { Cell::new(List { first: ptr::null_mut(), len: 0 }) }; CLASSES])
    };
}

impl Drop for Pool {
    fn drop(&mut self) {
        for (class, list) in self.0.iter().enumerate() {
            let mut block = list.get().first;
            while !block.is_null() {
                // SAFETY: blocks in a list are free, hold a link, and have their class's size.
                unsafe {
                    let next = (*block).next;
                    alloc::dealloc(block.cast(), layout(size_of_class(class)));
                    block = next;
                }
            }
        }
    }
}

fn size_of_class(class: usize) -> usize {
    (class + 1) * STEP
}

fn layout(size: usize) -> Layout {
    // 16 is a power of two, and `allocate` refuses sizes that overflow when rounded up.
    Layout::from_size_align(size, ALIGN).unwrap_or(Layout::new::<u128>())
}

/// Memory of at least `len` bytes; the size that it has is to be given back with it.
#[inline]
pub(super) fn allocate(len: usize) -> Option<(NonNull<u8>, usize)> {
    if len > LARGEST || len == 0 || cfg!(loom) {
        return allocate_unpooled(len.max(1));
    }
    let class = (len - 1) / STEP;
    let taken = POOL.try_with(|pool| {
        let list = pool.0[class].get();
        let block = NonNull::new(list.first)?;
        // SAFETY: a block in the list is free and holds a link.
        let next = unsafe { block.as_ref().next };
        pool.0[class].set(List { first: next, len: list.len - 1 });
        Some(block)
    });
    match taken {
        Ok(Some(block)) => Some((block.cast(), size_of_class(class))),
        _ => allocate_unpooled(size_of_class(class)),
    }
}

#[cold]
fn allocate_unpooled(size: usize) -> Option<(NonNull<u8>, usize)> {
    let layout = Layout::from_size_align(size, ALIGN).ok()?;
    // SAFETY: the size is not zero.
    NonNull::new(unsafe { alloc::alloc(layout) }).map(|memory| (memory, size))
}

/// Gives memory back.
///
/// # Safety
/// `memory` and `size` came from one [`allocate`], and nobody uses the memory any more.
#[inline]
pub(super) unsafe fn free(memory: NonNull<u8>, size: usize) {
    let pooled = size <= LARGEST && size.is_multiple_of(STEP) && !cfg!(loom) && {
        let class = size / STEP - 1;
        let kept = POOL.try_with(|pool| {
            let list = pool.0[class].get();
            if list.len * size >= KEPT {
                return false;
            }
            let block = memory.as_ptr().cast::<Block>();
            // SAFETY: at least 128 bytes, aligned, and nobody else's (caller).
            unsafe { (*block).next = list.first };
            pool.0[class].set(List { first: block, len: list.len + 1 });
            true
        });
        kept == Ok(true)
    };
    if !pooled {
        // SAFETY: allocated by `allocate_unpooled` with this size (caller).
        unsafe { alloc::dealloc(memory.as_ptr(), layout(size)) };
    }
}

#[cfg(test)]
mod tests {
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
        let kept = POOL.with(|pool| pool.0[7].get().len);
        assert_eq!(kept * 1024, KEPT);
    }

    #[test]
    fn sizes_without_a_class_are_served() {
        for len in [0, LARGEST + 1, 1 << 20] {
            let (memory, size) = allocate(len).expect("memory");
            assert!(size >= len);
            // SAFETY: just allocated.
            unsafe { free(memory, size) };
        }
        assert!(allocate(usize::MAX).is_none());
    }
}
