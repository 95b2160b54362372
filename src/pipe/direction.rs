//! What the two ends of one byte queue share: positions, credit, and who is asleep.
//!
//! The queue is a stream of frames with offsets that only grow. `published` is the offset up to
//! which whole messages stand; moving it is the writer's single commit, so a reader never sees
//! part of a multipart message, not even when the message spans chunks.
//!
//! Hand-shakes (each side announces by a read-modify-write, then looks; see
//! [`store_load_barrier`]):
//! - *data*: the writer moves `published`, then looks at `reader_state`; the reader that found
//!   nothing sets `ARMED`, then looks at `published` and `closed` again. Whoever turns `ARMED`
//!   back sends the signal, so there is one signal per sleep. In a stream, whose reader has not
//!   slept for a while, the writer moves `published` by a plain store, and the reader that arms
//!   makes the barrier for both ([`membarrier`]).
//! - *credit*: the reader moves `consumed`, then looks at `writer_state`; the writer that found
//!   the high-water mark reached sets `BLOCKED`, then looks at `consumed` again.
//!
//! Thread: both ends. Invariants: `consumed <= published_messages`; both only grow.
//! Counterpart: `ypipe.hpp` and the watermarks of `pipe.cpp` in libzmq 4.3.5.

use std::fmt;
use std::ptr;
use std::sync::Arc;

use crate::msg::PeerInfo;
use crate::pipe::chunk::Chunk;
use crate::sync::{
    AtomicPtr, AtomicU32, AtomicU64, Ordering, Padded, Slot, membarrier, store_load_barrier,
};

/// What an end is told about when it is not looking.
pub mod signals {
    /// There is something to read, or the peer became known.
    pub const READABLE: u32 = 1;
    /// There is room again below the high-water mark.
    pub const WRITABLE: u32 = 2;
    /// The other side closed.
    pub const CLOSED: u32 = 4;
    /// The peer lost its state (a connection was made anew).
    pub const HICCUP: u32 = 8;
}

/// Receives the signals of one end. Called on whichever thread holds the other end; must not
/// block.
pub trait Signal: Send + Sync {
    /// `bits` of [`signals`] became true.
    fn signal(&self, bits: u32);
}

const AWAKE: u32 = 0;
const ARMED: u32 = 1;
/// Awake for so long that it is worth a system call to the reader, when it arms again, that the
/// writer's messages are published without a locked instruction.
const STREAMING: u32 = 2;

const WRITER_CLOSED: u32 = 1;
const READER_CLOSED: u32 = 2;

/// Written by the writer's end.
struct WriterLine {
    /// Stream offset behind the last whole message. Stored by the writer, loaded by the reader.
    published: AtomicU64,
    /// Messages before `published`; stored before it, so it may run ahead for a moment.
    messages: AtomicU64,
}

/// Written by the reader's end.
struct ReaderLine {
    /// Messages that left the queue, as far as the reader has told.
    consumed: AtomicU64,
}

/// The shared words of one byte queue.
pub(super) struct Direction {
    writer: Padded<WriterLine>,
    reader: Padded<ReaderLine>,
    /// [`ARMED`]: the reader found nothing and wants a signal; [`STREAMING`]: see there. Both sides
    /// read-modify-write it.
    reader_state: AtomicU32,
    /// [`ARMED`]: the writer found no credit and wants a signal.
    writer_state: AtomicU32,
    /// Bits [`WRITER_CLOSED`] and [`READER_CLOSED`], each set once by its side.
    closed: AtomicU32,
    /// The high-water mark: each side's share, see [`PackedMarks`].
    marks: AtomicU64,
    /// Counts what a writer must hear of before its next message: changes of `marks`, the reader's
    /// close. Any thread adds after the change (release), the writer compares.
    changes: AtomicU32,
    /// First chunk; set once by the writer, before anything is published.
    pub(super) first: AtomicPtr<Chunk>,
    /// A chunk that the reader is through with, for the writer to use again: given back to the
    /// general allocator by one thread and taken from it by another, its pages would go to the
    /// system and back. Either end swaps.
    spare: AtomicPtr<Chunk>,
    /// Who is at the writer's side, told by a connection after its handshake.
    pub(super) peer: Slot<PeerInfo>,
    to_reader: Arc<dyn Signal>,
    to_writer: Arc<dyn Signal>,
}

/// The two sides' shares of the high-water mark in one word, so that the writer sees by one load
/// whether they changed: the writer's in the upper half, the reader's in the lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedMarks(u64);

/// The share of a side that has no say.
const NO_SAY: u32 = u32::MAX;

impl PackedMarks {
    fn new(writer: Option<u32>, reader: Option<u32>) -> Self {
        Self::from_shares(writer.unwrap_or(NO_SAY), reader.unwrap_or(NO_SAY))
    }

    fn from_shares(writer: u32, reader: u32) -> Self {
        Self(u64::from(writer) << 32 | u64::from(reader))
    }

    fn writer(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn reader(self) -> u32 {
        self.0 as u32
    }

    /// The sum of both shares, as libzmq has it for inproc; 0 is "no limit", as when either is 0.
    pub(super) fn hwm(self) -> u64 {
        match (self.writer(), self.reader()) {
            (0, _) | (_, 0) => 0,
            (NO_SAY, mark) | (mark, NO_SAY) => u64::from(mark),
            (writer, reader) => u64::from(writer) + u64::from(reader),
        }
    }
}

impl Direction {
    pub(super) fn new(
        to_reader: Arc<dyn Signal>,
        to_writer: Arc<dyn Signal>,
        hwm_writer: Option<u32>,
        hwm_reader: Option<u32>,
    ) -> Arc<Self> {
        Arc::new(Self {
            writer: Padded(WriterLine {
                published: AtomicU64::new(0),
                messages: AtomicU64::new(0),
            }),
            reader: Padded(ReaderLine { consumed: AtomicU64::new(0) }),
            // A new reader has looked at nothing yet: the first message must signal.
            reader_state: AtomicU32::new(ARMED),
            writer_state: AtomicU32::new(AWAKE),
            closed: AtomicU32::new(0),
            marks: AtomicU64::new(PackedMarks::new(hwm_writer, hwm_reader).0),
            changes: AtomicU32::new(0),
            first: AtomicPtr::new(ptr::null_mut()),
            spare: AtomicPtr::new(ptr::null_mut()),
            peer: Slot::new(),
            to_reader,
            to_writer,
        })
    }

    /// The reader is through with `chunk`.
    ///
    /// # Safety
    /// Nothing reaches the chunk any more.
    pub(super) unsafe fn leave_spare(&self, chunk: *mut Chunk) {
        // AcqRel: the writer that takes the chunk sees the reader done with it.
        let old = self.spare.swap(chunk, Ordering::AcqRel);
        if !old.is_null() {
            // SAFETY: the swap made it this thread's alone.
            unsafe { Chunk::free(old) };
        }
    }

    /// A chunk for the writer to use again, its alone; null for none.
    pub(super) fn take_spare(&self) -> *mut Chunk {
        if self.spare.load(Ordering::Relaxed).is_null() {
            return ptr::null_mut();
        }
        self.spare.swap(ptr::null_mut(), Ordering::AcqRel)
    }

    /// Differs from what it was when there is something new about the marks or the reader.
    #[inline(always)]
    pub(super) fn changes(&self) -> u32 {
        self.changes.load(Ordering::Acquire)
    }

    /// High-water mark in messages; 0 is "no limit". SeqCst: a writer that announced that it is
    /// blocked looks here.
    pub(super) fn hwm(&self) -> u64 {
        PackedMarks(self.marks.load(Ordering::SeqCst)).hwm()
    }

    fn change_marks(&self, change: impl Fn(PackedMarks) -> PackedMarks) {
        let mut marks = PackedMarks(self.marks.load(Ordering::Relaxed));
        // SeqCst: `reconsider_credit` looks for a blocked writer afterwards.
        while let Err(now) = self.marks.compare_exchange_weak(
            marks.0,
            change(marks).0,
            Ordering::SeqCst,
            Ordering::Relaxed,
        ) {
            marks = PackedMarks(now);
        }
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Changes the writer's share, if it has one.
    pub(super) fn set_hwm_writer(&self, hwm: u32) {
        self.change_marks(|marks| match marks.writer() {
            NO_SAY => marks,
            _ => PackedMarks::from_shares(hwm, marks.reader()),
        });
    }

    /// Changes the reader's share, if it has one.
    pub(super) fn set_hwm_reader(&self, hwm: u32) {
        self.change_marks(|marks| match marks.reader() {
            NO_SAY => marks,
            _ => PackedMarks::from_shares(marks.writer(), hwm),
        });
    }

    /// The reader's side becomes known: its share counts from now on.
    pub(super) fn join_hwm_reader(&self, hwm: u32) {
        self.change_marks(|marks| PackedMarks::from_shares(marks.writer(), hwm));
        self.reconsider_credit();
    }

    /// The writer's side becomes known: its share counts from now on.
    pub(super) fn join_hwm_writer(&self, hwm: u32) {
        self.change_marks(|marks| PackedMarks::from_shares(hwm, marks.reader()));
        self.reconsider_credit();
    }

    /// Commits everything before `offset`, `messages` in all, and wakes an armed reader.
    #[inline(always)]
    pub(super) fn publish(&self, offset: u64, messages: u64) {
        self.writer.messages.store(messages, Ordering::Release);
        if self.reader_state.load(Ordering::Relaxed) == STREAMING {
            self.writer.published.store(offset, Ordering::Release);
            membarrier::here();
        } else {
            // SeqCst: orders this against the look at `reader_state`; releases the chunk's bytes.
            self.writer.published.swap(offset, Ordering::SeqCst);
            store_load_barrier();
        }
        if self.reader_state.load(Ordering::SeqCst) == ARMED {
            self.wake_reader(signals::READABLE);
        }
    }

    /// Commits everything before `offset` without telling the reader: for bytes that it skips.
    pub(super) fn publish_quietly(&self, offset: u64) {
        self.writer.published.swap(offset, Ordering::SeqCst);
    }

    /// For the writer, which has written a good deal: if the reader is awake, publishing gets
    /// cheaper and its next sleep dearer.
    pub(super) fn expect_stream(&self) {
        if membarrier::prepare() {
            // An armed reader stays so: it looked at `published` on its own terms.
            let _ = self.reader_state.compare_exchange(
                AWAKE,
                STREAMING,
                Ordering::SeqCst,
                Ordering::Relaxed,
            );
        }
    }

    #[cold]
    fn wake_reader(&self, bits: u32) {
        if self.reader_state.swap(AWAKE, Ordering::SeqCst) == ARMED {
            self.to_reader.signal(bits);
        }
    }

    #[cfg(test)]
    pub(super) fn is_streaming(&self) -> bool {
        self.reader_state.load(Ordering::Relaxed) == STREAMING
    }

    /// Offset up to which whole messages stand. Pairs with [`Direction::publish`].
    #[inline]
    pub(super) fn published(&self) -> u64 {
        self.writer.published.load(Ordering::Acquire)
    }

    pub(super) fn published_messages(&self) -> u64 {
        self.writer.messages.load(Ordering::Acquire)
    }

    /// The reader says that it goes to sleep having seen `seen` and no end of the queue. False:
    /// there is something new to see, it must look again.
    pub(super) fn arm_reader(&self, seen: u64) -> bool {
        if self.reader_state.swap(ARMED, Ordering::SeqCst) == STREAMING {
            membarrier::everywhere();
        } else {
            store_load_barrier();
        }
        let nothing_new = self.writer.published.load(Ordering::SeqCst) == seen
            && self.closed.load(Ordering::SeqCst) & WRITER_CLOSED == 0;
        if !nothing_new {
            self.reader_state.swap(AWAKE, Ordering::SeqCst);
        }
        nothing_new
    }

    /// Messages that the reader has taken, as far as it told.
    #[inline]
    pub(super) fn consumed(&self) -> u64 {
        self.reader.consumed.load(Ordering::Acquire)
    }

    /// Half the high-water mark, rounded up: libzmq's low-water mark, and the step in which credit
    /// returns. 1 where there is no mark.
    pub(super) fn lwm(&self) -> u64 {
        self.hwm().div_ceil(2).max(1)
    }

    /// Messages that the writer may count as taken when `consumed` are. COMPAT: in whole steps of
    /// the low-water mark, as libzmq tells them, so that a queue takes exactly as many messages.
    pub(super) fn credited(&self, consumed: u64) -> u64 {
        consumed - consumed % self.lwm()
    }

    /// The reader tells what it took. A blocked writer is woken when that gives it room.
    #[inline]
    pub(super) fn consume(&self, messages: u64) {
        self.reader.consumed.swap(messages, Ordering::SeqCst);
        store_load_barrier();
        if self.writer_state.load(Ordering::SeqCst) == ARMED {
            self.offer_credit(messages);
        }
    }

    #[cold]
    fn offer_credit(&self, consumed: u64) {
        if self.has_room(self.published_messages(), consumed)
            && self.writer_state.swap(AWAKE, Ordering::SeqCst) == ARMED
        {
            self.to_writer.signal(signals::WRITABLE);
        }
    }

    fn has_room(&self, written: u64, consumed: u64) -> bool {
        let hwm = self.hwm();
        hwm == 0 || written.saturating_sub(self.credited(consumed)) < hwm
    }

    /// The writer, which has `written` messages, published or not, says that it is blocked by the
    /// high-water mark. False: credit came meanwhile.
    pub(super) fn block_writer(&self, written: u64) -> bool {
        self.writer_state.swap(ARMED, Ordering::SeqCst);
        store_load_barrier();
        let consumed = self.reader.consumed.load(Ordering::SeqCst);
        let blocked = !self.has_room(written, consumed)
            && self.closed.load(Ordering::SeqCst) & READER_CLOSED == 0;
        if !blocked {
            self.writer_state.swap(AWAKE, Ordering::SeqCst);
        }
        blocked
    }

    /// True while the writer waits for credit.
    pub(super) fn writer_blocked(&self) -> bool {
        self.writer_state.load(Ordering::Relaxed) == ARMED
    }

    /// A changed high-water mark may free a blocked writer.
    pub(super) fn reconsider_credit(&self) {
        store_load_barrier();
        if self.writer_state.load(Ordering::SeqCst) == ARMED {
            self.offer_credit(self.consumed());
        }
    }

    pub(super) fn close_writer(&self) {
        if self.closed.fetch_or(WRITER_CLOSED, Ordering::SeqCst) & WRITER_CLOSED == 0 {
            store_load_barrier();
            self.wake_reader(signals::READABLE | signals::CLOSED);
        }
    }

    pub(super) fn close_reader(&self) {
        if self.closed.fetch_or(READER_CLOSED, Ordering::SeqCst) & READER_CLOSED == 0 {
            self.changes.fetch_add(1, Ordering::Release);
            store_load_barrier();
            if self.writer_state.swap(AWAKE, Ordering::SeqCst) == ARMED {
                self.to_writer.signal(signals::WRITABLE | signals::CLOSED);
            }
        }
    }

    #[inline]
    pub(super) fn writer_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire) & WRITER_CLOSED != 0
    }

    #[inline]
    pub(super) fn reader_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed) & READER_CLOSED != 0
    }

    /// Tells the writer's side something that it may be waiting for.
    pub(super) fn signal_writer(&self, bits: u32) {
        self.to_writer.signal(bits);
    }

    /// Tells the reader's side something that stands outside the stream.
    pub(super) fn signal_reader(&self, bits: u32) {
        self.to_reader.signal(bits);
    }
}

impl Drop for Direction {
    fn drop(&mut self) {
        let spare = self.take_spare();
        if !spare.is_null() {
            // SAFETY: both ends are gone, so nobody else has it.
            unsafe { Chunk::free(spare) };
        }
        // Chunks that the reader's end never reached. An end that was dropped has set `first` to
        // the oldest chunk that it had not released.
        let mut chunk = self.first.load(Ordering::Relaxed);
        while !chunk.is_null() {
            // SAFETY: both ends are gone (they hold `Arc`s of `self`), so the chain is ours; each
            // chunk is visited once.
            unsafe {
                let next = (*chunk).next.load(Ordering::Relaxed);
                Chunk::free(chunk);
                chunk = next;
            }
        }
    }
}

impl fmt::Debug for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direction")
            .field("published", &self.published())
            .field("messages", &self.published_messages())
            .field("consumed", &self.consumed())
            .field("hwm", &self.hwm())
            .finish_non_exhaustive()
    }
}
