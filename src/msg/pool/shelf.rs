//! Free blocks that wait for any thread, by size.
//!
//! Thread: any, one at a time. Invariants: blocks have the size of their place, lists are full ones of
//! their class; no more than [`SHELVED`] bytes. Counterpart: none.

use std::alloc;
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::{Mutex, TryLockError};

use super::list::{Block, free_list, full};
use super::{CLASSES, LARGEST, layout, size_of_class};

/// Longest block on the shelf: a megabyte and what comes with it.
pub(super) const LARGEST_SHELVED: usize = (1 << 20) + (1 << 18);

/// Sizes between the two: four for each power of two, and the last.
const SHELVED_SIZES: usize = (LARGEST_SHELVED.ilog2() - LARGEST.ilog2() + 1) as usize * 4;

/// Bytes on the shelf altogether.
const SHELVED: usize = 4 << 20;

/// Bytes that come to the shelf before a block has rested: what second-level caches of processors
/// hold, twice. Of lines that are in one of those still, another has to ask for the right to write,
/// which takes longer than to fetch them from behind.
const REST: u64 = 2 << 20;

/// Bytes given out behind what a reader is through with below which it is right behind the writer: what a
/// second-level cache holds. What lies in there still had better not have been written to it.
const NEAR: u64 = 1 << 20;

/// And above which the reader is so far behind that no cache holds what is written until it comes there:
/// stored past the caches, a line need not be fetched first.
const FAR: u64 = 32 << 20;

/// When a block was lent: what had been lent before, in [`Stamp::UNIT`]s, of which it knows the last bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stamp(u16);

impl Stamp {
    /// Bytes that one stamp stands for.
    const UNIT: u64 = NEAR / 16;

    fn at(lent: u64) -> Self {
        Self((lent / Self::UNIT) as u16)
    }

    /// Bytes lent since, or less by a multiple of some gigabytes.
    fn since(self, lent: u64) -> u64 {
        u64::from(Self::at(lent).0.wrapping_sub(self.0)) * Self::UNIT
    }
}

/// A block on the shelf.
struct Shelved {
    memory: NonNull<u8>,
    /// The processor that used it last, and put it there.
    by: i32,
    /// What had come to the shelf before it, bytes.
    at: u64,
}

/// See the module.
pub(super) struct Shelf {
    /// The oldest first.
    blocks: [VecDeque<Shelved>; SHELVED_SIZES],
    /// The first blocks of full lists, by class.
    lists: [Vec<*mut Block>; CLASSES],
    bytes: usize,
    /// Bytes of all blocks that ever came.
    came: u64,
    /// The processor that used the block that came last, kept or not.
    last_by: Option<i32>,
    /// Bytes of all blocks that were ever lent.
    lent: u64,
    /// How many of them the reader had before it that was through with its own last.
    behind: u64,
    /// Whose turn it is to make room: blocks of a size, and behind those lists of a class.
    next_to_go: usize,
}

// SAFETY: the blocks are free memory, tied to no thread.
unsafe impl Send for Shelf {}

static SHELF: Mutex<Shelf> = Mutex::new(Shelf::new());

impl Shelf {
    const fn new() -> Self {
        Self {
            blocks: [const { VecDeque::new() }; SHELVED_SIZES],
            lists: [const { Vec::new() }; CLASSES],
            bytes: 0,
            came: 0,
            last_by: None,
            lent: 0,
            behind: 0,
            next_to_go: 0,
        }
    }

    /// Runs `work` on the shelf unless another thread is at it.
    pub(super) fn with<R>(work: impl FnOnce(&mut Self) -> R) -> Option<R> {
        match SHELF.try_lock() {
            Ok(mut shelf) => Some(work(&mut shelf)),
            Err(TryLockError::Poisoned(poisoned)) => Some(work(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The block of that size that came last: it may still be in the cache.
    pub(super) fn take(&mut self, size: usize) -> Option<NonNull<u8>> {
        let block = self.blocks.get_mut(shelf_of(size))?.pop_back()?;
        self.bytes -= size;
        Some(block.memory)
    }

    /// Lends a block of that size to a thread on `processor`, which writes what another one reads. It is
    /// none that another processor has just used: the one that came last if it came from there, or the
    /// one that came first if it has rested. True: it had better be written past the cache.
    pub(super) fn lend(
        &mut self,
        size: usize,
        processor: i32,
    ) -> (Option<NonNull<u8>>, Stamp, bool) {
        let stamp = Stamp::at(self.lent);
        self.lent += size as u64;
        let is_near = self.behind < NEAR && self.last_by != Some(processor);
        let past_cache = is_near || self.behind >= FAR;
        (self.take_rested(size, processor), stamp, past_cache)
    }

    /// A reader is through with what was lent with that stamp.
    pub(super) fn reached_reader(&mut self, stamp: Stamp) {
        self.behind = stamp.since(self.lent);
    }

    fn take_rested(&mut self, size: usize, processor: i32) -> Option<NonNull<u8>> {
        let blocks = self.blocks.get_mut(shelf_of(size))?;
        let block = if blocks.back()?.by == processor {
            blocks.pop_back()
        } else if self.came - blocks.front()?.at > REST {
            blocks.pop_front()
        } else {
            None
        }?;
        self.bytes -= size;
        Some(block.memory)
    }

    /// Full lists of a class.
    #[cfg(test)]
    pub(super) fn lists_of(&self, class: usize) -> usize {
        self.lists[class].len()
    }

    pub(super) fn take_list(&mut self, class: usize) -> Option<*mut Block> {
        let first = self.lists.get_mut(class)?.pop()?;
        self.bytes -= full(class) * size_of_class(class);
        Some(first)
    }

    /// Gives what is of other sizes back to the system, in turn, until there is room for `bytes`
    /// more of what stands at `place`: sizes that were in use once do not keep those out that are
    /// now. False if there is nothing of other sizes.
    fn make_room(&mut self, bytes: usize, place: usize) -> bool {
        const PLACES: usize = SHELVED_SIZES + CLASSES;
        if self.bytes + bytes <= SHELVED {
            return true;
        }
        if self.bytes_at(place) == self.bytes {
            return false;
        }
        let mut left = PLACES;
        while self.bytes + bytes > SHELVED && left > 0 {
            let at = self.next_to_go;
            if at == place || !self.let_one_go(at) {
                self.next_to_go = (at + 1) % PLACES;
                left -= 1;
            }
        }
        self.bytes + bytes <= SHELVED
    }

    fn bytes_at(&self, place: usize) -> usize {
        match self.blocks.get(place) {
            Some(blocks) => blocks.len() * size_of_shelf(place),
            None => {
                let class = place - SHELVED_SIZES;
                self.lists[class].len() * full(class) * size_of_class(class)
            }
        }
    }

    /// True if there was one at that place.
    fn let_one_go(&mut self, place: usize) -> bool {
        if let Some(blocks) = self.blocks.get_mut(place) {
            let Some(block) = blocks.pop_front() else { return false };
            let size = size_of_shelf(place);
            self.bytes -= size;
            // SAFETY: a shelved block is free, and has the size of its place.
            unsafe { alloc::dealloc(block.memory.as_ptr(), layout(size)) };
            return true;
        }
        let class = place - SHELVED_SIZES;
        let Some(first) = self.take_list(class) else { return false };
        // SAFETY: a full list of the class, which is nobody else's now.
        unsafe { free_list(first, class) };
        true
    }

    /// True if the list was kept.
    pub(super) fn put_list(&mut self, class: usize, first: *mut Block) -> bool {
        let bytes = full(class) * size_of_class(class);
        let room = self.make_room(bytes, SHELVED_SIZES + class);
        if room && let Some(lists) = self.lists.get_mut(class) {
            lists.push(first);
            self.bytes += bytes;
            return true;
        }
        false
    }

    /// Puts a block there that processor `by` has used. True if it was kept.
    pub(super) fn put(&mut self, memory: NonNull<u8>, size: usize, by: i32) -> bool {
        self.last_by = Some(by);
        let room = self.make_room(size, shelf_of(size));
        if room && let Some(blocks) = self.blocks.get_mut(shelf_of(size)) {
            blocks.push_back(Shelved { memory, by, at: self.came });
            self.bytes += size;
            self.came += size as u64;
            return true;
        }
        false
    }
}

/// The size of a shelved block for `len` bytes: a power of two or a quarter, half, or three quarters
/// beyond one.
pub(super) fn shelved_size(len: usize) -> usize {
    let quarter = (len.next_power_of_two() / 8).max(1);
    len.next_multiple_of(quarter)
}

/// The place of a shelved size: four for each power of two.
fn shelf_of(size: usize) -> usize {
    let power = size.ilog2();
    let quarters = (size >> (power - 2)) & 3;
    ((power - LARGEST.ilog2()) * 4) as usize + quarters
}

/// The size of the blocks at a place: the inverse of [`shelf_of`].
fn size_of_shelf(place: usize) -> usize {
    (4 + place % 4) << (LARGEST.ilog2() as usize + place / 4 - 2)
}

#[cfg(test)]
mod tests {
    use super::super::allocate_unpooled;
    use super::*;

    #[test]
    fn a_place_on_the_shelf_tells_its_size() {
        for len in [LARGEST + 1, 2560, 3000, 4096, 5000, 65_536, 65_537, LARGEST_SHELVED] {
            let size = shelved_size(len);
            assert!(size >= len && shelf_of(size) < SHELVED_SIZES, "{len}");
            assert_eq!(size_of_shelf(shelf_of(size)), size, "{len}");
        }
    }

    const SIZE: usize = 1 << 18;

    /// Two processors.
    const THIS: i32 = 0;
    const OTHER: i32 = 1;

    /// Puts a new block of that size on the shelf, which is kept.
    fn put(shelf: &mut Shelf, size: usize, by: i32) -> NonNull<u8> {
        let (memory, size) = allocate_unpooled(size).expect("memory");
        assert!(shelf.put(memory, size, by));
        memory
    }

    fn give_back(block: NonNull<u8>) {
        // SAFETY: allocated with that size, and on no shelf any more.
        unsafe { alloc::dealloc(block.as_ptr(), layout(SIZE)) };
    }

    fn clear(mut shelf: Shelf) {
        assert!(shelf.make_room(SHELVED, shelf_of(4096)));
        assert_eq!(shelf.bytes, 0);
    }

    #[test]
    fn what_another_processor_has_used_rests_until_so_many_bytes_came() {
        let mut shelf = Shelf::new();
        let mut blocks = Vec::new();
        while blocks.len() as u64 * SIZE as u64 <= REST {
            assert_eq!(shelf.take_rested(SIZE, THIS), None);
            blocks.push(put(&mut shelf, SIZE, OTHER));
        }
        for first in blocks.into_iter().take(3) {
            assert_eq!(shelf.take_rested(SIZE, THIS), Some(first), "the one that came first");
            assert_eq!(shelf.take_rested(SIZE, THIS), None);
            give_back(first);
            put(&mut shelf, SIZE, OTHER);
        }
        clear(shelf);
    }

    #[test]
    fn what_the_same_processor_has_used_comes_back_at_once() {
        let mut shelf = Shelf::new();
        put(&mut shelf, SIZE, OTHER);
        let last = put(&mut shelf, SIZE, THIS);
        assert_eq!(shelf.take_rested(SIZE, THIS), Some(last));
        assert_eq!(shelf.take_rested(SIZE, THIS), None);
        give_back(last);
        clear(shelf);
    }

    /// Whether what is lent to this processor had better be written past its cache.
    fn goes_past_the_cache(shelf: &mut Shelf) -> bool {
        let (memory, _, past_cache) = shelf.lend(SIZE, THIS);
        assert_eq!(memory, None);
        past_cache
    }

    #[test]
    fn what_another_processor_will_read_at_once_is_written_past_the_cache() {
        let mut shelf = Shelf::new();
        put(&mut shelf, SIZE / 2, OTHER);
        let (_, first, past_cache) = shelf.lend(SIZE, THIS);
        assert!(past_cache, "nobody has been seen to be far behind");
        let mut lent = SIZE as u64;
        while lent < NEAR {
            shelf.reached_reader(first);
            assert!(goes_past_the_cache(&mut shelf), "the reader has {lent} bytes before it");
            lent += SIZE as u64;
        }
        shelf.reached_reader(first);
        let (_, last, past_cache) = shelf.lend(SIZE, THIS);
        assert!(!past_cache, "it will be read from behind the cache");
        shelf.reached_reader(last);
        assert!(goes_past_the_cache(&mut shelf), "the reader has caught up");
        clear(shelf);
    }

    #[test]
    fn what_the_same_processor_will_read_goes_through_its_cache() {
        let mut shelf = Shelf::new();
        while shelf.bytes + SIZE / 2 <= SHELVED {
            put(&mut shelf, SIZE / 2, OTHER);
        }
        assert!(goes_past_the_cache(&mut shelf));
        // Not kept, and seen all the same.
        let (memory, size) = allocate_unpooled(SIZE / 2).expect("memory");
        assert!(!shelf.put(memory, size, THIS));
        assert!(!goes_past_the_cache(&mut shelf));
        // SAFETY: just allocated, and not kept.
        unsafe { alloc::dealloc(memory.as_ptr(), layout(size)) };
        clear(shelf);
    }

    #[test]
    fn what_no_cache_will_hold_until_it_is_read_is_written_past_it() {
        let mut shelf = Shelf::new();
        put(&mut shelf, SIZE / 2, THIS);
        let (_, first, _) = shelf.lend(SIZE, THIS);
        let mut lent = SIZE as u64;
        while lent < FAR {
            shelf.reached_reader(first);
            assert!(!goes_past_the_cache(&mut shelf), "the reader has {lent} bytes before it");
            lent += SIZE as u64;
        }
        shelf.reached_reader(first);
        assert!(goes_past_the_cache(&mut shelf));
        clear(shelf);
    }

    #[test]
    fn what_came_of_other_sizes_counts_for_the_rest() {
        let mut shelf = Shelf::new();
        let first = put(&mut shelf, SIZE, OTHER);
        let mut came = 0;
        while came + SIZE <= REST as usize {
            assert_eq!(shelf.take_rested(SIZE, THIS), None);
            put(&mut shelf, SIZE / 2, THIS);
            came += SIZE / 2;
        }
        assert_eq!(shelf.take_rested(SIZE, THIS), Some(first));
        give_back(first);
        clear(shelf);
    }

    #[test]
    fn who_does_not_ask_for_rested_blocks_gets_the_last() {
        let mut shelf = Shelf::new();
        put(&mut shelf, SIZE, OTHER);
        let last = put(&mut shelf, SIZE, OTHER);
        assert_eq!(shelf.take(SIZE), Some(last));
        give_back(last);
        clear(shelf);
    }

    #[test]
    fn sizes_out_of_use_make_room_for_one_that_is_in_use() {
        let mut shelf = Shelf::new();
        while shelf.bytes + (1 << 20) <= SHELVED {
            put(&mut shelf, 1 << 20, THIS);
        }
        for _ in 0..SHELVED / 65_536 {
            put(&mut shelf, 65_536, THIS);
            assert!(shelf.bytes <= SHELVED);
        }
        assert_eq!(shelf.blocks[shelf_of(65_536)].len() * 65_536, SHELVED);
        // What is full of the very size stays as it is.
        let (memory, size) = allocate_unpooled(65_536).expect("memory");
        assert!(!shelf.put(memory, size, THIS));
        // SAFETY: just allocated, and not kept.
        unsafe { alloc::dealloc(memory.as_ptr(), layout(size)) };
        clear(shelf);
    }
}
