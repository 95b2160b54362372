//! The memory of a byte queue: chunks linked in stream order, each with a lazily made table of
//! external parts (message bodies that travel by pointer instead of being copied).
//!
//! ```text
//! stream offset   base                 written                 base + capacity
//!                  | frame | frame | fr.. |        free             |
//!                                  ^ external part: stands after its header, takes no bytes here
//! ```
//!
//! Thread: a chunk is written by the queue's writer and read by its reader; which bytes belong to
//! whom is told by the queue's published position (see `direction.rs`).
//! Invariants: the writer never touches bytes below the published position; `next` is set before
//! `end`, and both before anything beyond `end` is published.
//! Counterpart: `yqueue.hpp` of libzmq 4.3.5, which links chunks of message structures.

use std::alloc::{self, Layout};
use std::cell::UnsafeCell;
use std::mem::{self, MaybeUninit};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use crate::msg::{Msg, PeerInfo, pool};
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// Sizes of a chunk's memory, bytes. A queue starts with the smallest; see `Writer::empty_chunk`.
/// Tiny under loom, so that its few messages already take several chunks.
const CLASSES: [usize; 4] =
    if cfg!(loom) { [32, 64, 128, 256] } else { [4 << 10, 16 << 10, 64 << 10, 256 << 10] };

/// External parts per chunk; a chunk whose table is full is sealed.
pub(super) const EXTERNALS: usize = if cfg!(loom) { 2 } else { 32 };

/// Frames that a chunk is to take at least, where its class may be that large. Under loom each opens a
/// new chunk soon.
const FRAMES: usize = if cfg!(loom) { 1 } else { 2 };

/// `end` of a chunk that is still being written.
pub(super) const OPEN: u64 = u64::MAX;

/// Index into [`CLASSES`]; the last one stands for "whatever a single frame needs".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SizeClass(u8);

impl SizeClass {
    pub(super) const SMALLEST: Self = Self(0);

    pub(super) fn next(self, limit: usize) -> Self {
        let up = usize::from(self.0) + 1;
        if up < CLASSES.len() && CLASSES[up] <= limit { Self(up as u8) } else { self }
    }

    /// The class, up to `limit`, of which a chunk takes several frames of `len` bytes.
    pub(super) fn for_frames(len: usize, limit: usize) -> Self {
        let mut class = Self::SMALLEST;
        while CLASSES[usize::from(class.0)] < FRAMES * len && class.next(limit) != class {
            class = class.next(limit);
        }
        class
    }

    /// The smallest class that is not below `self` and holds `len` bytes, if there is one.
    fn holding(self, len: usize) -> Option<Self> {
        (usize::from(self.0)..CLASSES.len()).find(|&c| CLASSES[c] >= len).map(|c| Self(c as u8))
    }
}

/// The bytes of a chunk: uninitialised until the queue's writer fills them.
pub(super) struct Buffer {
    data: NonNull<u8>,
    capacity: usize,
    class: Option<SizeClass>,
}

impl Buffer {
    /// A buffer of at least `len` bytes, of class `wanted` or above.
    pub(super) fn new(wanted: SizeClass, len: usize) -> Self {
        let class = wanted.holding(len);
        let len = class.map_or(len, |class| CLASSES[usize::from(class.0)]);
        let Some((data, capacity)) = pool::allocate(len) else {
            alloc::handle_alloc_error(Layout::array::<u8>(len).unwrap_or(Layout::new::<u8>()))
        };
        Self { data, capacity, class }
    }

    pub(super) fn as_ptr(&self) -> *mut u8 {
        self.data.as_ptr()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn class(&self) -> SizeClass {
        self.class.unwrap_or(SizeClass::SMALLEST)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: `new` got memory and size there, and the chunk is not used any more.
        unsafe { pool::free(self.data, self.capacity) };
    }
}

/// A body that travels by pointer: it stands in the stream at `at`, right behind its header.
pub(super) struct External {
    pub(super) at: u64,
    pub(super) msg: Msg,
}

type Table = [Entry; EXTERNALS];

/// A place for an external part.
struct Entry {
    /// Stream offset. Written by the writer before the entry counts; a reader may look at one that
    /// counts and is not published, so it is atomic.
    at: AtomicU64,
    body: UnsafeCell<MaybeUninit<Msg>>,
}

/// What the reader knows of the table of external parts, so that it need not look at the writer's words
/// for each of them.
struct Reading {
    /// Null as long as nothing is known.
    table: *const Table,
    /// Entries that were counted when the reader looked last; those that are taken back have no place.
    known: u32,
    /// Entries that the reader has taken out.
    taken: u32,
}

impl Reading {
    const NOTHING: Self = Self { table: ptr::null(), known: 0, taken: 0 };
}

/// One link of the chain. Reached by raw pointers from the two ends of the queue. What either end
/// writes for each external part lies a cache line or more apart: first the reader's, last the writer's.
#[repr(C)]
pub(super) struct Chunk {
    /// The reader's alone.
    reading: UnsafeCell<Reading>,
    /// Stream offset of the first byte. Written at creation, and by [`Chunk::rewind`] when one
    /// thread holds both ends.
    base: UnsafeCell<u64>,
    buffer: UnsafeCell<Buffer>,
    /// The peer whose bytes these are, when it differs from the previous chunk's.
    pub(super) peer: Option<Arc<PeerInfo>>,
    /// Set by the writer before `end`.
    pub(super) next: AtomicPtr<Self>,
    /// Stream offset at which the chunk ends, [`OPEN`] while it is the writer's last. The writer
    /// stores it (release) before it publishes anything beyond.
    pub(super) end: AtomicU64,
    externals: AtomicPtr<Table>,
    /// Entries of the table that are written; the writer's store (release) pairs with the
    /// reader's load. Counts also what is not published yet: their offsets tell.
    externals_len: AtomicU32,
}

const _: () = assert!(
    cfg!(loom) || mem::offset_of!(Chunk, externals) >= mem::offset_of!(Chunk, reading) + 64
);

impl Chunk {
    pub(super) fn boxed(base: u64, buffer: Buffer, peer: Option<Arc<PeerInfo>>) -> *mut Self {
        pool::boxed(Self {
            reading: UnsafeCell::new(Reading::NOTHING),
            base: UnsafeCell::new(base),
            buffer: UnsafeCell::new(buffer),
            peer,
            next: AtomicPtr::new(ptr::null_mut()),
            end: AtomicU64::new(OPEN),
            externals: AtomicPtr::new(ptr::null_mut()),
            externals_len: AtomicU32::new(0),
        })
    }

    /// Makes an emptied chunk a new one that begins at `base`. False: it is smaller than `len` bytes
    /// or class `wanted`, and was left alone.
    pub(super) fn renew(
        &mut self,
        base: u64,
        wanted: SizeClass,
        len: usize,
        peer: &mut Option<Arc<PeerInfo>>,
    ) -> bool {
        let buffer = self.buffer.get_mut();
        if buffer.class() < wanted || buffer.capacity() < len {
            return false;
        }
        debug_assert_eq!(self.reading.get_mut().taken, self.externals_len.load(Ordering::Relaxed));
        *self.base.get_mut() = base;
        *self.reading.get_mut() = Reading::NOTHING;
        self.externals_len.store(0, Ordering::Relaxed);
        self.next.store(ptr::null_mut(), Ordering::Relaxed);
        self.end.store(OPEN, Ordering::Relaxed);
        self.peer = peer.take();
        true
    }

    /// # Safety
    /// Nothing else reaches the chunk any more.
    pub(super) unsafe fn free(chunk: *mut Self) {
        // SAFETY: made by `boxed`, and the caller gives it up.
        drop(unsafe { pool::unbox(chunk) });
    }

    /// Start of the memory and stream offset of its first byte.
    ///
    /// # Safety
    /// The caller holds the writer's or the reader's end; see [`Chunk::rewind`].
    pub(super) unsafe fn span(&self) -> (*mut u8, u64, usize) {
        // SAFETY: both cells change in `rewind` only, whose caller holds both ends.
        unsafe {
            let buffer = &*self.buffer.get();
            (buffer.as_ptr(), *self.base.get(), buffer.capacity())
        }
    }

    /// # Safety
    /// As [`Chunk::span`].
    pub(super) unsafe fn class(&self) -> SizeClass {
        // SAFETY: as in `span`.
        unsafe { (*self.buffer.get()).class() }
    }

    /// Makes the chunk's first byte stand for stream offset `base`, in `buffer` if one is given.
    ///
    /// # Safety
    /// The caller holds both ends, and the reader has consumed all that was written and taken all
    /// external parts.
    pub(super) unsafe fn rewind(&self, base: u64, buffer: Option<Buffer>) {
        // SAFETY: the caller holds both ends, so nobody else looks at the cells.
        unsafe {
            *self.base.get() = base;
            *self.reading.get() = Reading::NOTHING;
            if let Some(buffer) = buffer {
                *self.buffer.get() = buffer;
            }
        }
        self.externals_len.store(0, Ordering::Relaxed);
    }

    pub(super) fn externals_len(&self) -> u32 {
        self.externals_len.load(Ordering::Acquire)
    }

    /// # Safety
    /// The caller is the writer, and the table is not full.
    pub(super) unsafe fn push_external(&self, external: External) {
        let mut table = self.externals.load(Ordering::Relaxed);
        if table.is_null() {
            let fresh: Table = std::array::from_fn(|_| Entry {
                at: AtomicU64::new(0),
                body: UnsafeCell::new(MaybeUninit::uninit()),
            });
            table = pool::boxed(fresh);
            self.externals.store(table, Ordering::Release);
        }
        let len = self.externals_len.load(Ordering::Relaxed);
        // SAFETY: `len` is below EXTERNALS (caller), the entry is not in the reader's view yet.
        unsafe {
            let entry = &(*table)[len as usize];
            entry.at.store(external.at, Ordering::Relaxed);
            (*entry.body.get()).write(external.msg);
        }
        self.externals_len.store(len + 1, Ordering::Release);
    }

    /// Drops the entries from `len` on.
    ///
    /// # Safety
    /// The caller is the writer and the entries were never published.
    pub(super) unsafe fn truncate_externals(&self, len: u32) {
        let table = self.externals.load(Ordering::Relaxed);
        let from = self.externals_len.load(Ordering::Relaxed);
        for index in (len..from).rev() {
            self.externals_len.store(index, Ordering::Relaxed);
            // SAFETY: the entry was written by `push_external` and nobody else sees its body (caller).
            unsafe {
                let entry = &(*table)[index as usize];
                // A reader that has counted it finds no place for it.
                entry.at.store(OPEN, Ordering::Relaxed);
                (*entry.body.get()).assume_init_drop();
            }
        }
    }

    /// Bytes that the chunk takes.
    ///
    /// # Safety
    /// As [`Chunk::span`].
    pub(super) unsafe fn memory(&self) -> usize {
        let has_table = !self.externals.load(Ordering::Relaxed).is_null();
        // SAFETY: as the caller says.
        let (_, _, capacity) = unsafe { self.span() };
        capacity + if has_table { size_of::<Table>() } else { 0 }
    }

    /// Stream offset of entry `index`, or [`OPEN`] if there is none.
    pub(super) fn external_at(&self, index: u32) -> u64 {
        if index >= self.externals_len() {
            return OPEN;
        }
        let table = self.externals.load(Ordering::Acquire);
        // SAFETY: the table is there before anything counts, and stays as long as the chunk.
        unsafe { (*table)[index as usize].at.load(Ordering::Relaxed) }
    }

    /// The body of entry `index`.
    ///
    /// # Safety
    /// The caller is the reader, the entry is published and not taken.
    pub(super) unsafe fn external_body(&self, index: u32) -> &Msg {
        let table = self.externals.load(Ordering::Acquire);
        // SAFETY: published entries are written (acquire on the published offset) and the caller says
        // that it is still there.
        unsafe { (*(*table)[index as usize].body.get()).assume_init_ref() }
    }

    /// Stream offset of the next entry to be taken, or [`OPEN`] if there is none.
    ///
    /// # Safety
    /// The caller is the reader.
    pub(super) unsafe fn next_external_at(&self) -> u64 {
        // SAFETY: the reader's alone (caller).
        let reading = unsafe { &mut *self.reading.get() };
        if reading.taken == reading.known {
            reading.known = self.externals_len();
            if reading.taken == reading.known {
                return OPEN;
            }
            reading.table = self.externals.load(Ordering::Acquire);
        }
        // SAFETY: the table is there before anything counts, and stays as long as the chunk.
        unsafe { (*reading.table)[reading.taken as usize].at.load(Ordering::Relaxed) }
    }

    /// Takes the body of the next entry out.
    ///
    /// # Safety
    /// The caller is the reader, and [`Chunk::next_external_at`] found the entry at a published offset.
    pub(super) unsafe fn take_external(&self) -> Msg {
        // SAFETY: `reading` is the reader's, which has looked; the entry is written and published
        // (caller), and moving `taken` on makes this the only time it is read out.
        unsafe {
            let reading = &mut *self.reading.get();
            let entry = &(*reading.table)[reading.taken as usize];
            reading.taken += 1;
            (*entry.body.get()).assume_init_read()
        }
    }

    /// Entries that were taken out.
    ///
    /// # Safety
    /// The caller is the reader.
    pub(super) unsafe fn taken(&self) -> u32 {
        // SAFETY: only the reader touches the cell (caller).
        unsafe { (*self.reading.get()).taken }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let table = self.externals.load(Ordering::Relaxed);
        if table.is_null() {
            return;
        }
        let len = self.externals_len.load(Ordering::Relaxed);
        for index in self.reading.get_mut().taken..len {
            // SAFETY: entries between `taken` and `externals_len` are written and still here.
            unsafe { (*(*table)[index as usize].body.get()).assume_init_drop() };
        }
        // SAFETY: made by `pool::boxed` in `push_external`.
        let _: Table = unsafe { pool::unbox(table) };
    }
}
