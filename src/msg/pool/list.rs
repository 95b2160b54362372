//! Free short blocks of one size.
//!
//! Thread: its owner's. Invariants: it holds blocks of its class's size only, and no more than
//! [`KEPT`] bytes; an empty one has room for all of them. Counterpart: none.

use std::alloc;
use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::shelf::Shelf;
use super::{layout, size_of_class};

/// Bytes that a thread keeps of each class.
pub(super) const KEPT: usize = 8 << 10;

/// What a free block holds.
pub(super) struct Block {
    next: *mut Self,
}

/// See the module.
pub(super) struct List {
    first: Cell<*mut Block>,
    /// Blocks that may still be added.
    room: Cell<usize>,
}

// SAFETY: the blocks are free memory, tied to no thread.
unsafe impl Send for List {}

/// Blocks of a full list.
pub(super) const fn full(class: usize) -> usize {
    KEPT / size_of_class(class)
}

/// Gives the blocks of a list back to the system.
///
/// # Safety
/// They have the class's size, and are nobody else's.
pub(super) unsafe fn free_list(first: *mut Block, class: usize) {
    let mut block = first;
    while !block.is_null() {
        // SAFETY: blocks in a list are free, hold a link, and have their class's size (caller).
        unsafe {
            let next = (*block).next;
            alloc::dealloc(block.cast(), layout(size_of_class(class)));
            block = next;
        }
    }
}

impl List {
    pub(super) const fn new(class: usize) -> Self {
        Self { first: Cell::new(ptr::null_mut()), room: Cell::new(full(class)) }
    }

    #[inline]
    pub(super) fn pop(&self) -> Option<NonNull<u8>> {
        let block = NonNull::new(self.first.get())?;
        // SAFETY: a block in the list is free and holds a link.
        self.first.set(unsafe { block.as_ref().next });
        self.room.set(self.room.get() + 1);
        Some(block.cast())
    }

    /// Adds a block, if there is room.
    ///
    /// # Safety
    /// It has the class's size, and is nobody else's.
    #[inline]
    pub(super) unsafe fn push(&self, memory: NonNull<u8>) -> bool {
        let room = self.room.get();
        if room == 0 {
            return false;
        }
        let block = memory.cast::<Block>();
        // SAFETY: at least 128 bytes, aligned, and nobody else's (caller).
        unsafe { block.write(Block { next: self.first.get() }) };
        self.first.set(block.as_ptr());
        self.room.set(room - 1);
        true
    }

    /// Takes over a full list of the shelf's. Only when this one is empty.
    #[cold]
    pub(super) fn refill(&self, class: usize) {
        if let Some(first) = Shelf::with(|shelf| shelf.take_list(class)).flatten() {
            self.first.set(first);
            self.room.set(0);
        }
    }

    /// Makes room if there is none: a full list goes to the shelf. False if that does not take it.
    #[cold]
    pub(super) fn make_room(&self, class: usize) -> bool {
        if self.room.get() > 0 {
            return true;
        }
        let shelved = Shelf::with(|shelf| shelf.put_list(class, self.first.get())) == Some(true);
        if shelved {
            self.first.set(ptr::null_mut());
            self.room.set(full(class));
        }
        shelved
    }

    /// Gives all blocks back to the system.
    pub(super) fn clear(&self, class: usize) {
        self.room.set(full(class));
        // SAFETY: the list is the caller's, and empty from here on.
        unsafe { free_list(self.first.replace(ptr::null_mut()), class) };
    }
}
