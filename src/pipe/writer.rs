//! The writing end of a byte queue: encodes frames into the current chunk, or lets the kernel fill
//! it (see `fill.rs`), and commits whole messages.
//!
//! Thread: whoever holds the end: a socket's caller under the socket's lock, or the holder of a
//! connection's receive role. Invariants: `committed <= pos <= filled <= capacity_end`.
//! Counterpart: the writing half of `pipe.cpp` in libzmq 4.3.5.

use std::fmt;
use std::mem;
use std::ptr;
use std::sync::Arc;

use crate::msg::frame;
use crate::msg::{Msg, PeerInfo, streaming};
use crate::pipe::attention::Attention;
use crate::pipe::chunk::{Buffer, Chunk, EXTERNALS, External, OPEN, SizeClass};
use crate::pipe::crossing::{Crossing, Way};
use crate::pipe::cursor::Cursor;
use crate::pipe::direction::Direction;
use crate::pipe::{Body, Outgoing, copy};
use crate::sync::Ordering;
use crate::sys::clock::Ticks;

/// From which size on a body travels by pointer instead of being copied into the chunk, bytes, and
/// where to.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Thresholds {
    /// For bodies that the caller hands over as a message.
    pub message: u32,
    /// Beyond which a body that the caller lends as a slice is long: what way it goes is decided for each.
    pub long: u32,
    /// Largest chunk that the queue grows to.
    pub chunk: usize,
    /// For bodies that the caller lends as a slice, which must be copied once anyway. Not below `long`.
    pub slice: u32,
    /// A thread of this process reads the bodies.
    pub to_thread: bool,
}

/// A chunk that is used over and over by one thread stays within the second-level cache.
const MAX_REWOUND: usize = 64 << 10;

const _: () = assert!(Thresholds::INPROC.long <= Thresholds::INPROC.slice);
const _: () = assert!(Thresholds::NETWORK.long == Thresholds::NETWORK.slice);

impl Thresholds {
    /// Towards a socket of this process: a copied body crosses between cores twice.
    pub const INPROC: Self =
        Self { message: 512, slice: 4096, long: 512, chunk: 64 << 10, to_thread: true };
    /// Towards the kernel, which copies once more in any case.
    pub const NETWORK: Self =
        Self { message: 8192, slice: 16384, long: 16384, chunk: 256 << 10, to_thread: false };

    /// A copy of a body that is lent, to travel by pointer; `None` if there is no memory.
    pub fn copy(&self, bytes: &[u8]) -> Option<Msg> {
        let copy = if self.to_thread { Msg::for_another_thread } else { Msg::try_from_slice };
        copy(bytes).ok()
    }
}

/// The writing end. Not `Clone`: one writer per queue. What each message needs comes first, in little
/// room: with many queues none of it is in a cache.
#[repr(C)]
pub struct Writer {
    pub(super) dir: Arc<Direction>,
    pub(super) messages: u64,
    /// Below this number messages begin without a look at shared words: the high-water mark behind
    /// `consumed`. 0 once the queue is closed.
    limit: u64,
    /// The [`Direction::changes`] that `limit` heeds.
    changes: u32,
    /// External parts in the current chunk, and in `committed_chunk` as far as they are committed.
    externals: u8,
    committed_externals: u8,
    pub(super) in_message: bool,
    closed: bool,
    pub(super) data: *mut u8,
    pub(super) base: u64,
    pub(super) capacity_end: u64,
    /// End of the frames written (or, when the kernel fills, scanned).
    pub(super) pos: u64,
    /// End of the bytes that are there; beyond `pos` only when the kernel fills.
    pub(super) filled: u64,
    pub(super) chunk: *mut Chunk,
    /// End of the last whole message: what is or will be published.
    pub(super) committed: u64,
    /// The chunk in which `committed` lies.
    committed_chunk: *mut Chunk,
    /// See [`Writer::is_due`].
    due_at: u64,
    attention: Option<Attention>,
    pub(super) thresholds: Thresholds,
    /// Of the next chunk.
    class: SizeClass,
    /// When the current chunk was made, the reader had given back none before it.
    is_behind: bool,
    /// Messages that counted as taken when last looked at.
    consumed: u64,
    /// The peer that the next chunk begins with.
    pub(super) new_peer: Option<Arc<PeerInfo>>,
    /// Which way long bodies go into a chunk. Made by the first.
    crossing: Option<Box<Crossing>>,
}

/// Bytes at the beginning of a writer that each message needs.
pub(super) const HOT: usize =
    mem::offset_of!(Writer, thresholds) + mem::offset_of!(Thresholds, chunk);

const _: () = assert!(EXTERNALS <= u8::MAX as usize);

// SAFETY: the raw pointers lead to chunks that only this end writes; nothing is tied to a thread.
unsafe impl Send for Writer {}

impl Writer {
    pub(super) fn new(dir: Arc<Direction>, thresholds: Thresholds) -> Self {
        let mut writer = Self {
            dir,
            chunk: ptr::null_mut(),
            data: ptr::null_mut(),
            base: 0,
            capacity_end: 0,
            pos: 0,
            filled: 0,
            committed: 0,
            committed_chunk: ptr::null_mut(),
            committed_externals: 0,
            externals: 0,
            messages: 0,
            consumed: 0,
            limit: 0,
            changes: 0,
            in_message: false,
            closed: false,
            due_at: 0,
            attention: None,
            class: SizeClass::SMALLEST,
            is_behind: false,
            thresholds,
            new_peer: None,
            crossing: None,
        };
        writer.heed_changes();
        writer
    }

    /// Writes one frame; with `more == false` it completes the message and commits it. A message's
    /// body is moved from. False: the high-water mark is reached or the queue is closed; nothing
    /// was written, `out` is untouched.
    #[inline(always)]
    pub fn write(&mut self, out: &mut Outgoing<'_>) -> bool {
        if !self.can_continue() {
            return false;
        }
        let flags = flags_of(out.more);
        match &mut out.body {
            Body::Slice(bytes) if bytes.len() <= self.thresholds.long as usize => {
                self.append_frame(flags, bytes);
            }
            Body::Slice(bytes) => {
                self.write_long(flags, bytes);
                return true;
            }
            Body::Msg(msg) if self.is_to_be_copied(msg) => self.append_frame(flags, msg.data()),
            Body::Msg(msg) => self.append_external(flags, mem::take(*msg)),
        }
        self.frame_done(out.more);
        true
    }

    /// As [`Writer::write`], of a long body that is to be copied.
    #[inline(never)]
    fn write_long(&mut self, flags: u8, bytes: &[u8]) {
        if bytes.len() > self.thresholds.slice as usize {
            self.append_large(flags, bytes);
        } else {
            match self.next_way() {
                Some(Way::Through) => self.append_frame(flags, bytes),
                Some(Way::Past) => self.append_past_cache(flags, bytes),
                None => return self.write_timed(flags, bytes),
            }
        }
        self.frame_done(flags & frame::MORE != 0);
    }

    /// See [`Crossing::next_way`].
    #[inline(always)]
    fn next_way(&mut self) -> Option<Way> {
        if !streaming::IS_KNOWN {
            return Some(Way::Through);
        }
        self.crossing.get_or_insert_with(Box::default).next_way()
    }

    /// As [`Writer::write_long`], to see how long it takes.
    #[cold]
    fn write_timed(&mut self, flags: u8, bytes: &[u8]) {
        let began = Ticks::now();
        self.write_long(flags, bytes);
        if let Some(crossing) = &mut self.crossing {
            crossing.took(bytes.len(), Ticks::now().since(began));
        }
    }

    fn append_large(&mut self, flags: u8, bytes: &[u8]) {
        match self.thresholds.copy(bytes) {
            Some(msg) => self.append_external(flags, msg),
            // The chunk may have room for it.
            None => self.append_frame(flags, bytes),
        }
    }

    /// Small bodies are copied, unless their user wants to be told when they are through: that is
    /// not now.
    #[inline(always)]
    fn is_to_be_copied(&self, msg: &Msg) -> bool {
        let is_small = msg.len() <= self.thresholds.message as usize;
        is_small && (msg.is_empty() || !msg.has_foreign())
    }

    /// As [`Writer::write`], but leaves the body with the caller, who has others to send it to:
    /// small bodies are copied, large ones shared.
    pub fn write_copy(&mut self, out: &mut Outgoing<'_>) -> bool {
        match &mut out.body {
            Body::Msg(msg) if !self.is_to_be_copied(msg) => {
                if !self.can_continue() {
                    return false;
                }
                let shared = msg.share();
                self.append_external(flags_of(out.more), shared);
                self.frame_done(out.more);
                true
            }
            _ => self.write(out),
        }
    }

    /// Writes a command frame, whatever the high-water mark; it does not count as a message.
    /// Nothing happens in the middle of a multipart message or when the queue is closed.
    pub fn write_command(&mut self, body: &[u8]) -> bool {
        if self.in_message || self.is_closed() {
            return false;
        }
        if body.len() <= self.thresholds.slice as usize {
            self.append_frame(frame::COMMAND, body);
        } else {
            self.append_large(frame::COMMAND, body);
        }
        self.commit();
        self.dir.publish(self.committed, self.messages);
        true
    }

    /// True if a new message may begin, or the present one go on.
    #[inline(always)]
    fn can_continue(&mut self) -> bool {
        self.is_below_mark() || self.can_continue_slow()
    }

    #[cold]
    fn can_continue_slow(&mut self) -> bool {
        if self.in_message { !self.is_closed() } else { self.can_write_slow() }
    }

    /// True if the queue is open and below its high-water mark. On false because of the mark, the
    /// writer's side will get [`signals::WRITABLE`](super::signals::WRITABLE).
    #[inline(always)]
    pub fn can_write(&mut self) -> bool {
        self.is_below_mark() || self.can_write_slow()
    }

    /// By the credit that was seen last; false once the queue is closed.
    #[inline(always)]
    pub(super) fn is_below_mark(&self) -> bool {
        self.messages < self.limit && self.dir.changes() == self.changes
    }

    /// The marks changed, or the reader closed.
    fn heed_changes(&mut self) {
        self.changes = self.dir.changes();
        self.limit = match self.dir.hwm() {
            _ if self.is_closed() => 0,
            0 => u64::MAX,
            hwm => self.consumed + hwm,
        };
    }

    /// Heeds what the reader has told.
    fn count_credit(&mut self) {
        self.consumed = self.dir.credited(self.dir.consumed());
        self.heed_changes();
    }

    /// Messages that there is room for before the high-water mark is reached, whatever credit
    /// [`Writer::can_write_strictly`] counts.
    pub fn room(&self) -> u64 {
        match self.dir.hwm() {
            0 => u64::MAX - self.messages,
            hwm => (self.dir.credited(self.dir.consumed()) + hwm).saturating_sub(self.messages),
        }
    }

    #[cold]
    fn can_write_slow(&mut self) -> bool {
        if self.is_closed() || self.dir.writer_blocked() {
            return false;
        }
        self.count_credit();
        if self.messages < self.limit {
            return true;
        }
        if self.dir.block_writer(self.messages) {
            return false;
        }
        self.count_credit();
        !self.is_closed()
    }

    /// As [`Writer::can_write`], but credit that was given since the mark was reached counts only
    /// from the next call on: a burst is held to the high-water mark however fast it leaves.
    pub fn can_write_strictly(&mut self) -> bool {
        self.heed_changes();
        if self.is_below_mark() {
            return true;
        }
        if self.can_write_slow() {
            // Whoever waits for room is told as if it came only now.
            self.dir.signal_writer(super::signals::WRITABLE);
        }
        false
    }

    /// True once either side closed the queue.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.closed || self.dir.reader_closed()
    }

    #[inline(always)]
    fn append_frame(&mut self, flags: u8, body: &[u8]) {
        // SAFETY: `append_by` gives a body of `len` bytes, and as many of the chunk that are the writer's
        // alone.
        self.append_by(flags, body, |from, to, len| unsafe { copy::mostly_short(from, to, len) });
    }

    /// As [`Writer::append_frame`], for another processor to read.
    fn append_past_cache(&mut self, flags: u8, body: &[u8]) {
        // SAFETY: as in `append_frame`.
        self.append_by(flags, body, |from, to, len| unsafe { streaming::copy(from, to, len) });
    }

    /// Appends a frame whose body `copy` copies, all of it, from where it is to where it goes: as many
    /// bytes of the chunk, which do not overlap it.
    #[inline(always)]
    fn append_by(&mut self, flags: u8, body: &[u8], copy: impl Fn(*const u8, *mut u8, usize)) {
        let needed = frame::MAX_HEADER_LEN + body.len();
        if self.capacity_end - self.pos < needed as u64 {
            self.next_chunk_for(needed);
        }
        // SAFETY: [pos, pos + needed) lies in the chunk (just checked) beyond what is published,
        // so it is the writer's; the body cannot overlap memory that nobody else has seen.
        unsafe {
            let to = self.data.add((self.pos - self.base) as usize);
            let header_len = frame::write_header(flags, body.len(), to);
            copy(body.as_ptr(), to.add(header_len), body.len());
            self.pos += (header_len + body.len()) as u64;
        }
        self.filled = self.pos;
    }

    #[inline(never)]
    fn append_external(&mut self, flags: u8, msg: Msg) {
        let needed = frame::MAX_HEADER_LEN;
        if self.externals_full() || self.capacity_end - self.pos < needed as u64 {
            self.next_chunk(needed);
        }
        // SAFETY: as in `append_by`.
        unsafe {
            let to = self.data.add((self.pos - self.base) as usize);
            self.pos += frame::write_header(flags, msg.len(), to) as u64;
        }
        self.filled = self.pos;
        self.push_external(msg);
        // Its bytes are not in the offset.
        self.due_at = 0;
    }

    /// True if the current chunk's table takes no more parts.
    pub(super) fn externals_full(&self) -> bool {
        usize::from(self.externals) == EXTERNALS
    }

    /// Puts a body that goes by pointer behind its header, which ends at `pos`.
    pub(super) fn push_external(&mut self, msg: Msg) {
        assert!(!self.chunk.is_null() && !self.externals_full(), "room was made");
        // SAFETY: the chunk is the writer's current one, and its table has room.
        unsafe { (*self.chunk).push_external(External { at: self.pos, msg }) };
        self.externals += 1;
    }

    #[inline(always)]
    fn frame_done(&mut self, more: bool) {
        self.in_message = more;
        if !more {
            self.messages += 1;
            self.commit();
            self.dir.publish(self.committed, self.messages);
        }
    }

    /// Makes all that stands before `pos` a whole message; publishing is the caller's next step.
    #[inline(always)]
    pub(super) fn commit(&mut self) {
        self.committed = self.pos;
        self.committed_chunk = self.chunk;
        self.committed_externals = self.externals;
    }

    /// What is committed is looked after while attention is paid. Before the first frame.
    pub fn count_on(&mut self, attention: Attention) {
        debug_assert!(self.chunk.is_null(), "the queue may be a stream already");
        self.attention = Some(attention);
    }

    /// The owner hears of what is committed when it reaches `offset`, 0 for whatever comes next.
    pub fn set_due(&mut self, offset: u64) {
        self.due_at = offset;
    }

    /// True if the owner is to hear of the message that was just committed: there is enough, or nobody
    /// else looks after it.
    #[inline(always)]
    pub fn is_due(&self) -> bool {
        self.committed >= self.due_at || !self.attention.as_ref().is_some_and(Attention::is_paid)
    }

    /// Drops the frames of an unfinished message. Returns the bodies that went by pointer to the
    /// chunk's drop, which may run a user's free function: hold no lock that it could want.
    pub fn rollback(&mut self) {
        if !self.in_message {
            return;
        }
        self.in_message = false;
        if self.committed_chunk != self.chunk {
            let keep = self.committed_chunk;
            let mut chunk = if keep.is_null() {
                self.dir.first.swap(ptr::null_mut(), Ordering::Relaxed)
            } else {
                // SAFETY: the committed chunk is still linked: a reader frees a chunk only after it
                // stepped over its end, and nothing beyond that end is published.
                unsafe {
                    (*keep).end.store(OPEN, Ordering::Release);
                    (*keep).next.swap(ptr::null_mut(), Ordering::Relaxed)
                }
            };
            while !chunk.is_null() {
                // SAFETY: chunks behind the committed one hold nothing published; only the writer
                // reaches them.
                unsafe {
                    let next = (*chunk).next.load(Ordering::Relaxed);
                    Chunk::free(chunk);
                    chunk = next;
                }
            }
            self.enter(keep);
        }
        self.pos = self.committed;
        self.filled = self.committed;
        if !self.chunk.is_null() {
            // SAFETY: entries behind the committed ones were never published.
            unsafe { (*self.chunk).truncate_externals(self.committed_externals.into()) };
        }
        self.externals = self.committed_externals;
    }

    fn enter(&mut self, chunk: *mut Chunk) {
        self.chunk = chunk;
        if chunk.is_null() {
            (self.data, self.base, self.capacity_end) = (ptr::null_mut(), self.committed, 0);
            self.capacity_end = self.committed;
            return;
        }
        // SAFETY: the writer's own chunk.
        let (data, base, capacity) = unsafe { (*chunk).span() };
        (self.data, self.base, self.capacity_end) = (data, base, base + capacity as u64);
    }

    /// As [`Writer::next_chunk`], for a frame of `len` bytes, as which others may be.
    #[cold]
    pub(super) fn next_chunk_for(&mut self, len: usize) {
        let limit = self.thresholds.chunk;
        self.class = self.class.max(SizeClass::for_frames(len, limit));
        self.next_chunk(len);
    }

    /// Seals the current chunk at `pos` and goes on in a new one that holds `needed` bytes.
    /// Bytes between `pos` and `filled` move along.
    #[cold]
    pub(super) fn next_chunk(&mut self, needed: usize) {
        let tail = (self.filled - self.pos) as usize;
        let fresh = self.empty_chunk(needed.max(tail));
        if tail > 0 {
            // SAFETY: the tail lies in the current chunk, and the new one, which is this end's alone
            // until it is linked below, holds it.
            unsafe {
                let to = (*fresh).span().0;
                let from = self.data.add((self.pos - self.base) as usize);
                ptr::copy_nonoverlapping(from, to, tail);
            }
        }
        if self.chunk.is_null() {
            // Release: the reader that sees bytes published sees the chunk.
            self.dir.first.store(fresh, Ordering::Release);
        } else {
            // SAFETY: the writer's current chunk is alive: its end is not set.
            unsafe {
                (*self.chunk).next.store(fresh, Ordering::Release);
                (*self.chunk).end.store(self.pos, Ordering::Release);
            }
        }
        self.enter(fresh);
        self.externals = 0;
        // Whoever pays attention ends that without a barrier for both.
        if self.attention.is_none() {
            self.dir.expect_stream();
        }
    }

    /// A chunk of at least `len` bytes that begins at `pos`, linked to nothing: one that the reader gave
    /// back, or else a new one. It is larger than the last if the reader had given back none then
    /// either: a queue whose reader keeps pace goes on in two small ones, however long it lasts.
    fn empty_chunk(&mut self, len: usize) -> *mut Chunk {
        let spare = self.dir.take_spare();
        if spare.is_null() {
            let was_behind = mem::replace(&mut self.is_behind, !self.chunk.is_null());
            // A chunk that is full of parts by pointer was large enough.
            if was_behind && !self.externals_full() {
                self.want_larger();
            }
        } else {
            self.is_behind = false;
            // SAFETY: `take_spare` made it this end's alone.
            unsafe {
                if (*spare).renew(self.pos, self.class, len, &mut self.new_peer) {
                    return spare;
                }
                Chunk::free(spare);
            }
        }
        Chunk::boxed(self.pos, Buffer::new(self.class, len), self.new_peer.take())
    }

    /// The next chunk shall be larger than the current one.
    pub(super) fn want_larger(&mut self) {
        self.class = self.class.next(self.thresholds.chunk);
    }

    /// See [`super::rewind_outbound`]. `grow` asks for a larger chunk while at it.
    pub(super) fn rewind(&mut self, cursor: &mut Cursor, grow: bool) {
        let same_queue = Arc::ptr_eq(&self.dir, &cursor.dir);
        let consumed = cursor.pos() == self.committed && self.committed == self.pos;
        if !same_queue || !consumed || self.in_message || self.chunk != cursor.chunk() {
            return;
        }
        if self.chunk.is_null() || self.pos == self.base && !grow {
            return;
        }
        // SAFETY: the caller holds both ends, and everything was consumed.
        unsafe {
            let chunk = &*self.chunk;
            if chunk.externals_len() != chunk.taken() {
                return;
            }
            let tail = (self.filled - self.pos) as usize;
            let from = self.data.add((self.pos - self.base) as usize);
            let larger = chunk.class().next(self.thresholds.chunk.min(MAX_REWOUND));
            if grow && larger != chunk.class() {
                let buffer = Buffer::new(larger, tail);
                self.class = self.class.max(larger);
                ptr::copy_nonoverlapping(from, buffer.as_ptr(), tail);
                chunk.rewind(self.pos, Some(buffer));
            } else {
                ptr::copy(from, self.data, tail);
                chunk.rewind(self.pos, None);
            }
        }
        self.enter(self.chunk);
        self.externals = 0;
        self.committed_externals = 0;
        cursor.rewound();
    }

    /// Messages written so far and not yet taken. COMPAT: told in steps of the low-water mark, in
    /// which libzmq's reader tells what it took; `monitor_tells_the_queues_of_each_pipe` pins it.
    pub fn queued(&self) -> u64 {
        let consumed = self.dir.consumed();
        if consumed == self.messages { 0 } else { self.messages - self.dir.credited(consumed) }
    }

    /// Bytes that are committed, as a stream offset: grows by what a message takes.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.committed
    }

    /// Whole messages written so far.
    #[inline]
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// True between the frames of a multipart message.
    pub fn in_message(&self) -> bool {
        self.in_message
    }

    /// Changes the writer's share of the high-water mark, in messages; 0 is unlimited.
    pub fn set_hwm(&self, hwm: u32) {
        self.dir.set_hwm_writer(hwm);
        self.dir.reconsider_credit();
    }

    /// The writer's side becomes known, with its share of the high-water mark.
    pub fn join(&self, hwm: u32) {
        self.dir.join_hwm_writer(hwm);
    }

    /// Says who writes from here on: messages read after this carry `peer`.
    pub fn set_peer(&mut self, peer: Arc<PeerInfo>) {
        self.dir.peer.set(Arc::clone(&peer));
        self.new_peer = Some(peer);
        if !self.chunk.is_null() {
            self.class = SizeClass::SMALLEST;
            self.is_behind = false;
            self.next_chunk(1);
        }
        self.dir.signal_reader(super::signals::READABLE);
    }

    /// Ends the stream behind the last whole message. The frames of an unfinished one are never
    /// seen; their memory goes with the queue's.
    pub fn close(&mut self) {
        self.closed = true;
        self.limit = 0;
        self.dir.close_writer();
    }

    /// Tells the reader's side something that stands outside the stream.
    pub fn signal_reader(&self, bits: u32) {
        self.dir.signal_reader(bits);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("dir", &self.dir).field("pos", &self.pos).finish()
    }
}

#[inline(always)]
fn flags_of(more: bool) -> u8 {
    if more { frame::MORE } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::{Marks, Reader, queue};
    use crate::testing::Nobody;

    const SMALLEST: u64 = 4 << 10;

    fn unlimited() -> (Writer, Reader) {
        let marks = Marks { writer: Some(0), reader: Some(0) };
        queue(Arc::new(Nobody), Arc::new(Nobody), marks, Thresholds::NETWORK)
    }

    /// The largest chunk that the writer is in meanwhile, when it writes so many messages of `len` bytes
    /// and the reader takes them all whenever there are `each_time`.
    fn largest_chunk(len: usize, messages: usize, each_time: usize) -> u64 {
        let (mut writer, mut reader) = unlimited();
        let mut largest = 0;
        for number in 1..=messages {
            assert!(writer.write(&mut Outgoing::slice(&vec![7; len], false)));
            largest = largest.max(writer.capacity_end - writer.base);
            while number % each_time == 0 && reader.can_read() {
                assert_eq!(reader.read().expect("there").data().len(), len);
            }
        }
        largest
    }

    #[test]
    fn bodies_of_every_length_arrive_whichever_way_they_go() {
        for way in [Way::Through, Way::Past] {
            let marks = Marks { writer: Some(0), reader: Some(0) };
            let (mut writer, mut reader) =
                queue(Arc::new(Nobody), Arc::new(Nobody), marks, Thresholds::INPROC);
            writer.crossing = Some(Box::new(Crossing::always(way)));
            let bytes: Vec<u8> = (0..5000_usize).map(|at| (at % 251) as u8).collect();
            let longest = Thresholds::INPROC.slice as usize + 100;
            for len in Thresholds::INPROC.long as usize - 100..longest {
                let body = &bytes[len % 97..][..len];
                let more = len % 3 == 0;
                assert!(writer.write(&mut Outgoing::slice(body, more)));
                if more {
                    assert!(!reader.can_read());
                    assert!(writer.write(&mut Outgoing::slice(b"end", false)));
                }
                let frame = reader.read().expect("there");
                assert_eq!((frame.data(), frame.more()), (body, more));
                if more {
                    assert_eq!(reader.read().expect("there").data(), b"end");
                }
            }
        }
    }

    #[test]
    fn a_queue_whose_reader_keeps_pace_stays_small() {
        for each_time in [1, 20, 50, 90] {
            assert_eq!(largest_chunk(64, 100_000, each_time), SMALLEST, "{each_time}");
        }
    }

    #[test]
    fn a_queue_whose_reader_falls_back_gets_larger_chunks() {
        assert!(largest_chunk(64, 100_000, 1_000) > SMALLEST);
        assert_eq!(largest_chunk(64, 100_000, 20_000), Thresholds::NETWORK.chunk as u64);
    }

    #[test]
    fn a_chunk_takes_several_frames_whatever_their_size() {
        for len in [3_000, 9_000] {
            let largest = largest_chunk(len, 100, 1);
            assert!(largest >= 2 * (frame::MAX_HEADER_LEN + len) as u64, "{len}: {largest}");
        }
    }

    #[test]
    fn another_connection_begins_with_a_small_chunk() {
        let (mut writer, _reader) = unlimited();
        for _ in 0..20_000 {
            assert!(writer.write(&mut Outgoing::slice(&[7; 64], false)));
        }
        assert!(writer.is_behind && writer.capacity_end - writer.base > SMALLEST);
        let peer = PeerInfo { routing_id: [].into(), fd: -1, properties: Vec::new() };
        writer.set_peer(Arc::new(peer));
        assert_eq!(writer.capacity_end - writer.base, SMALLEST);
    }
}
