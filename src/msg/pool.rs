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
//! Thread: lists each their own, the shelf any. Invariants: a class's list holds blocks of that
//! class's size only, and lists and shelf keep no more than [`KEPT`] and [`SHELVED`] bytes.
//! Counterpart: none.

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, TryLockError};

/// Classes of short blocks are this many bytes apart.
const STEP: usize = 128;

/// Longest block that a thread keeps for itself.
pub(super) const LARGEST: usize = 2048;

const CLASSES: usize = LARGEST / STEP;

/// Bytes that a thread keeps of each class.
const KEPT: usize = 8 << 10;

/// Longest block on the shelf: a megabyte and what comes with it.
const LARGEST_SHELVED: usize = (1 << 20) + (1 << 18);

/// Sizes between the two: four for each power of two, and the last.
const SHELVED_SIZES: usize = (LARGEST_SHELVED.ilog2() - LARGEST.ilog2() + 1) as usize * 4;

/// Bytes on the shelf altogether.
const SHELVED: usize = 4 << 20;

/// A block's alignment: what a message body may be counted on to have.
const ALIGN: usize = 16;

struct Block {
    next: *mut Self,
}

/// Free blocks of one class.
struct List {
    first: Cell<*mut Block>,
    /// Blocks that may still be added. None as long as the thread has not promised to give them
    /// back at its end, and after that.
    room: Cell<usize>,
}

thread_local! {
    // Needs no destructor, so that it costs nothing to know whether that ran.
    static LISTS: [List; CLASSES] = const {
        [const { List { first: Cell::new(ptr::null_mut()), room: Cell::new(0) } }; CLASSES]
    };
    static AT_END: AtEnd = const { AtEnd };
}

/// Gives the blocks of its thread back.
struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        LISTS.with(|lists| {
            for (class, list) in lists.iter().enumerate() {
                list.room.set(0);
                // SAFETY: the list is this thread's, and empty from here on.
                unsafe { free_list(list.first.replace(ptr::null_mut()), class) };
            }
        });
    }
}

/// Gives the blocks of a list back to the system.
///
/// # Safety
/// They have the class's size, and are nobody else's.
unsafe fn free_list(first: *mut Block, class: usize) {
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

/// True if this thread will give back at its end what its lists hold.
fn is_kept_in_order() -> bool {
    AT_END.try_with(|_| ()).is_ok()
}

impl List {
    #[inline]
    fn pop(&self) -> Option<NonNull<u8>> {
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
    unsafe fn push(&self, memory: NonNull<u8>) -> bool {
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
    fn refill(&self, class: usize) {
        if is_kept_in_order()
            && let Some(first) = Shelf::with(|shelf| shelf.take_list(class)).flatten()
        {
            self.first.set(first);
            self.room.set(0);
        }
    }

    /// Makes room in a list that has none, if that may be. True if there is some.
    #[cold]
    fn make_room(&self, class: usize) -> bool {
        let first = self.first.get();
        let made = if first.is_null() {
            is_kept_in_order()
        } else {
            Shelf::with(|shelf| shelf.put_list(class, first)) == Some(true)
        };
        if made {
            self.first.set(ptr::null_mut());
            self.room.set(full(class));
        }
        made
    }
}

/// Blocks of a full list.
fn full(class: usize) -> usize {
    KEPT / size_of_class(class)
}

fn size_of_class(class: usize) -> usize {
    (class + 1) * STEP
}

fn layout(size: usize) -> Layout {
    // 16 is a power of two, and `allocate` refuses sizes that overflow when rounded up.
    Layout::from_size_align(size, ALIGN).unwrap_or(Layout::new::<u128>())
}

/// Blocks that wait for any thread, by size.
struct Shelf {
    blocks: [Vec<NonNull<u8>>; SHELVED_SIZES],
    /// The first blocks of full lists, by class.
    lists: [Vec<*mut Block>; CLASSES],
    bytes: usize,
    /// Whose turn it is to make room: blocks of a size, and behind those lists of a class.
    next_to_go: usize,
}

// SAFETY: the blocks are free memory, tied to no thread.
unsafe impl Send for Shelf {}

static SHELF: Mutex<Shelf> = Mutex::new(Shelf::new());

impl Shelf {
    const fn new() -> Self {
        Self {
            blocks: [const { Vec::new() }; SHELVED_SIZES],
            lists: [const { Vec::new() }; CLASSES],
            bytes: 0,
            next_to_go: 0,
        }
    }

    /// Runs `work` on the shelf unless another thread is at it.
    fn with<R>(work: impl FnOnce(&mut Self) -> R) -> Option<R> {
        match SHELF.try_lock() {
            Ok(mut shelf) => Some(work(&mut shelf)),
            Err(TryLockError::Poisoned(poisoned)) => Some(work(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The block of that size that came last: it may still be in the cache.
    fn take(&mut self, size: usize) -> Option<NonNull<u8>> {
        let block = self.blocks.get_mut(shelf_of(size))?.pop()?;
        self.bytes -= size;
        Some(block)
    }

    fn take_list(&mut self, class: usize) -> Option<*mut Block> {
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
            let Some(block) = blocks.pop() else { return false };
            let size = size_of_shelf(place);
            self.bytes -= size;
            // SAFETY: a shelved block is free, and has the size of its place.
            unsafe { alloc::dealloc(block.as_ptr(), layout(size)) };
            return true;
        }
        let class = place - SHELVED_SIZES;
        let Some(first) = self.take_list(class) else { return false };
        // SAFETY: a full list of the class, which is nobody else's now.
        unsafe { free_list(first, class) };
        true
    }

    /// True if the list was kept.
    fn put_list(&mut self, class: usize, first: *mut Block) -> bool {
        let bytes = full(class) * size_of_class(class);
        let room = self.make_room(bytes, SHELVED_SIZES + class);
        if room && let Some(lists) = self.lists.get_mut(class) {
            lists.push(first);
            self.bytes += bytes;
            return true;
        }
        false
    }

    /// True if the block was kept.
    fn put(&mut self, memory: NonNull<u8>, size: usize) -> bool {
        let room = self.make_room(size, shelf_of(size));
        if room && let Some(blocks) = self.blocks.get_mut(shelf_of(size)) {
            blocks.push(memory);
            self.bytes += size;
            return true;
        }
        false
    }
}

/// The size of a shelved block for `len` bytes: a power of two or a quarter, half, or three quarters
/// beyond one.
fn shelved_size(len: usize) -> usize {
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
    let block = LISTS.with(|lists| lists[class].pop())?;
    Some((block, size_of_class(class)))
}

/// The size of a short block for `len` bytes. In models, which have no lists, it is no larger: their
/// chunks are small for a reason.
#[inline]
pub(super) const fn size_for(len: usize) -> usize {
    if cfg!(loom) { len } else { len.next_multiple_of(STEP) }
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
    let block = LISTS.with(|lists| {
        lists[class].refill(class);
        lists[class].pop()
    });
    let size = size_of_class(class);
    block.map(|block| (block, size)).or_else(|| allocate_unpooled(size))
}

#[cold]
#[inline(never)]
fn allocate_large(len: usize) -> Option<(NonNull<u8>, usize)> {
    let size = size_given(len);
    let shelved = (LARGEST + 1..=LARGEST_SHELVED).contains(&size) && !cfg!(loom);
    let taken = if shelved { Shelf::with(|shelf| shelf.take(size)).flatten() } else { None };
    taken.map(|memory| (memory, size)).or_else(|| allocate_unpooled(size))
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
/// `memory` and `size` came from one [`allocate`] or [`grow`], and nobody uses the memory any more.
#[inline]
pub(crate) unsafe fn free(memory: NonNull<u8>, size: usize) {
    let kept = class_of(size).is_some_and(|class| {
        // SAFETY: short blocks have their class's size; nobody uses it any more (caller).
        LISTS.with(|lists| unsafe { lists[class].push(memory) })
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
        // SAFETY: as in `free`.
        LISTS.with(|lists| lists[class].make_room(class) && unsafe { lists[class].push(memory) })
    });
    if !kept {
        // SAFETY: as the caller says.
        unsafe { free_large(memory, size) };
    }
}

/// # Safety
/// As [`free`].
unsafe fn free_large(memory: NonNull<u8>, size: usize) {
    let shelved = (LARGEST + 1..=LARGEST_SHELVED).contains(&size)
        && size == shelved_size(size)
        && !cfg!(loom)
        && Shelf::with(|shelf| shelf.put(memory, size)) == Some(true);
    if !shelved {
        // SAFETY: allocated with the layout of this size (caller).
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
        let mut kept = 0;
        while LISTS.with(|lists| lists[7].pop()).is_some() {
            kept += 1;
        }
        assert!(kept > 0 && kept * 1024 <= KEPT);
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
        let shelved = || {
            let shelf = SHELF.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            shelf.lists[(1900 - 1) / STEP].len()
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
    fn a_long_block_comes_back_from_another_thread() {
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
        let (again, _) = allocate(777_777).expect("memory");
        assert_eq!(again.addr(), address);
    }

    #[test]
    fn a_place_on_the_shelf_tells_its_size() {
        for len in [LARGEST + 1, 2560, 3000, 4096, 5000, 65_536, 65_537, LARGEST_SHELVED] {
            let size = shelved_size(len);
            assert!(size >= len && shelf_of(size) < SHELVED_SIZES, "{len}");
            assert_eq!(size_of_shelf(shelf_of(size)), size, "{len}");
        }
    }

    #[test]
    fn sizes_out_of_use_make_room_for_one_that_is_in_use() {
        let mut shelf = Shelf::new();
        let put = |shelf: &mut Shelf, size| {
            let (memory, size) = allocate_unpooled(size).expect("memory");
            shelf.put(memory, size)
        };
        while shelf.bytes + (1 << 20) <= SHELVED {
            assert!(put(&mut shelf, 1 << 20));
        }
        for _ in 0..SHELVED / 65_536 {
            assert!(put(&mut shelf, 65_536));
            assert!(shelf.bytes <= SHELVED);
        }
        assert_eq!(shelf.blocks[shelf_of(65_536)].len() * 65_536, SHELVED);
        // What is full of the very size stays as it is.
        let (memory, size) = allocate_unpooled(65_536).expect("memory");
        assert!(!shelf.put(memory, size));
        // SAFETY: just allocated, and not kept.
        unsafe { alloc::dealloc(memory.as_ptr(), layout(size)) };
        assert!(shelf.make_room(SHELVED, shelf_of(4096)));
        assert_eq!(shelf.bytes, 0);
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
