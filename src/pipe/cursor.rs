//! A place in the stream, and the chunk it lies in: what the reading ends have in common.
//!
//! Thread: the reader's end. Invariants: [`at`, `end`) is published and lies in the current chunk;
//! `external` is null or within it, its end included. Counterpart: none.

use std::ptr::{self, NonNull};
use std::sync::Arc;

use crate::msg::frame::{self, Header};
use crate::msg::{Msg, PeerInfo};
use crate::pipe::chunk::Chunk;
use crate::pipe::direction::Direction;
use crate::sync::Ordering;

/// Bytes of the header of a frame of up to 255 bytes.
const SHORT_HEADER: usize = 2;

pub(super) struct Cursor {
    pub(super) dir: Arc<Direction>,
    /// Null until the first chunk is seen.
    chunk: *mut Chunk,
    /// The first chunk that was not given back to the writer: `chunk`, or one that rests.
    oldest: *mut Chunk,
    /// Bytes of memory that may rest.
    rest: usize,
    /// Bytes of memory that do.
    resting: usize,
    /// The next byte, and the end of what may be read in this chunk; equal when there is nothing.
    at: *const u8,
    end: *const u8,
    /// Where the next external part stands, if that is at or before `end`; else null.
    external: *const u8,
    /// Stream offset of `end`.
    limit: u64,
    /// The published offset that was loaded last.
    published: u64,
}

// SAFETY: the raw pointers lead to the queue's chunks, which only this end reads (below the
// published offset) and frees; nothing in a cursor is tied to a thread.
unsafe impl Send for Cursor {}

impl Cursor {
    pub(super) fn new(dir: Arc<Direction>) -> Self {
        Self {
            dir,
            chunk: ptr::null_mut(),
            oldest: ptr::null_mut(),
            rest: 0,
            resting: 0,
            at: ptr::null(),
            end: ptr::null(),
            external: ptr::null(),
            limit: 0,
            published: 0,
        }
    }

    /// Stream offset of the next byte.
    #[inline]
    pub(super) fn pos(&self) -> u64 {
        self.limit - self.left() as u64
    }

    #[inline]
    pub(super) fn published(&self) -> u64 {
        self.published
    }

    /// Bytes that may be read without looking at shared words.
    #[inline]
    fn left(&self) -> usize {
        self.end.addr() - self.at.addr()
    }

    /// True if bytes are there without looking at shared words.
    #[inline(always)]
    pub(super) fn has_bytes(&self) -> bool {
        self.at != self.end
    }

    /// Looks for more: reloads the published offset and steps into the next chunk. Returns whether
    /// there is anything; a step over a chunk's end reports the new chunk's peer to `on_peer`.
    pub(super) fn refresh(&mut self, mut on_peer: impl FnMut(&Arc<PeerInfo>)) -> bool {
        self.published = self.dir.published();
        loop {
            let pos = self.pos();
            if self.published == pos {
                // Nothing left, so no need to know about this chunk's end yet.
                self.end = self.at;
                self.limit = pos;
                return false;
            }
            if self.chunk.is_null() {
                // Release-published together with the bytes.
                self.enter(self.dir.first.load(Ordering::Acquire), pos);
                self.oldest = self.chunk;
                // From here on the chain is reached through this cursor.
                self.dir.first.store(ptr::null_mut(), Ordering::Relaxed);
                // SAFETY: as below.
                if let Some(peer) = unsafe { &(*self.chunk).peer } {
                    on_peer(peer);
                }
            }
            // SAFETY: `enter` set a chunk that the writer linked; it is ours to read.
            let chunk = unsafe { &*self.chunk };
            let end = chunk.end.load(Ordering::Acquire);
            if pos == end {
                let next = chunk.next.load(Ordering::Acquire);
                debug_assert!(!next.is_null());
                // SAFETY: this end is in the chunk.
                self.resting += unsafe { chunk.memory() };
                self.enter(next, pos);
                self.give_back();
                // SAFETY: as above, for the chunk just entered.
                if let Some(peer) = unsafe { &(*self.chunk).peer } {
                    on_peer(peer);
                }
                continue;
            }
            self.limit = self.published.min(end);
            // SAFETY: [pos, limit) lies in the chunk, whose memory `at` points into.
            self.end = unsafe { self.at.add((self.limit - pos) as usize) };
            self.find_external(pos);
            return true;
        }
    }

    /// Lets chunks that were read rest before the writer has them again, until there are more of them
    /// than take so many bytes of memory.
    pub(super) fn rest(&mut self, bytes: usize) {
        self.rest = bytes;
        self.give_back();
    }

    /// Gives the writer the chunks that have rested.
    fn give_back(&mut self) {
        while self.resting > self.rest {
            // SAFETY: a chunk that was read to its end: the writer set `next` and is gone.
            unsafe {
                let oldest = self.oldest;
                self.oldest = (*oldest).next.load(Ordering::Relaxed);
                self.resting -= (*oldest).memory();
                // The writer left the chunk when it set `end`, and this end when it entered the next one.
                self.dir.leave_spare(oldest);
            }
        }
    }

    /// Enters `chunk` at its first byte, which stands for stream offset `pos`.
    fn enter(&mut self, chunk: *mut Chunk, pos: u64) {
        self.chunk = chunk;
        // SAFETY: linked by the writer, not yet freed; this end holds the reader's role.
        let (data, base, _) = unsafe { (*chunk).span() };
        debug_assert_eq!(base, pos);
        self.at = data;
        self.end = data;
        self.external = ptr::null();
        self.limit = pos;
    }

    /// Looks where the next external part stands, the cursor being at stream offset `pos`.
    fn find_external(&mut self, pos: u64) {
        // SAFETY: this end is the reader's, and in a chunk.
        let at = unsafe { (*self.chunk).next_external_at() };
        self.external = if at <= self.limit {
            // SAFETY: the part stands between `pos` and `limit`, which lie in the chunk.
            unsafe { self.at.add((at - pos) as usize) }
        } else {
            ptr::null()
        };
    }

    /// The flags of the frame at the cursor. Call only where a frame begins and bytes are there.
    #[inline(always)]
    pub(super) fn flags(&self) -> u8 {
        debug_assert!(self.has_bytes());
        // SAFETY: bytes are there (caller), and they are published.
        unsafe { *self.at }
    }

    /// The frame header at the cursor. Call only where a frame begins: headers are never split.
    #[inline]
    pub(super) fn header(&self) -> Header {
        frame::decode_header(self.bytes()).unwrap_or(Header {
            flags: 0,
            body_len: 0,
            header_len: 2,
        })
    }

    /// The frame at the cursor if it is one of a message, its body is short, and it lies here: where
    /// the body is, its length, and whether more frames follow. `None` says nothing.
    #[inline(always)]
    fn short_frame(&self) -> Option<(*const u8, usize, bool)> {
        if self.left() < SHORT_HEADER {
            return None;
        }
        // SAFETY: two bytes are there (just checked), and they are published.
        let (flags, len) = unsafe { (*self.at, usize::from(*self.at.add(1))) };
        let is_short = flags <= frame::MORE && len + SHORT_HEADER <= self.left();
        // SAFETY: within the chunk's memory, or one past it.
        let body = unsafe { self.at.add(SHORT_HEADER) };
        if !is_short || body == self.external {
            return None;
        }
        Some((body, len, flags == frame::MORE))
    }

    /// Takes the frame that [`Cursor::short_frame`] finds.
    #[inline(always)]
    pub(super) fn take_short_frame(&mut self) -> Option<(NonNull<u8>, usize, bool)> {
        let (body, len, more) = self.short_frame()?;
        // SAFETY: the frame ends at or before `end`.
        self.at = unsafe { body.add(len) };
        Some((NonNull::new(body.cast_mut())?, len, more))
    }

    /// The body of the frame that [`Cursor::short_frame`] finds.
    #[inline(always)]
    pub(super) fn peek_short_body(&self) -> Option<&[u8]> {
        let (body, len, _) = self.short_frame()?;
        // SAFETY: published bytes stay until the cursor moves on, which `self` is borrowed against.
        Some(unsafe { std::slice::from_raw_parts(body, len) })
    }

    /// The published bytes from the cursor to the end of the chunk.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        if self.at.is_null() {
            return &[];
        }
        // SAFETY: [at, end) is published and lies in the current chunk; the writer does not touch
        // published bytes.
        unsafe { std::slice::from_raw_parts(self.at, self.left()) }
    }

    #[inline]
    pub(super) fn skip(&mut self, n: usize) {
        assert!(n <= self.left(), "a frame lies in one chunk");
        // SAFETY: within [at, end], just checked.
        self.at = unsafe { self.at.add(n) };
    }

    /// Bytes that follow before the next external part or the end of what may be read.
    pub(super) fn until_external(&self) -> usize {
        if self.external.is_null() { self.left() } else { self.external.addr() - self.at.addr() }
    }

    /// True if an external part stands right at the cursor.
    #[inline]
    pub(super) fn at_external(&self) -> bool {
        self.at == self.external
    }

    /// True if an external part stands `ahead` bytes further on.
    pub(super) fn external_follows(&self, ahead: usize) -> bool {
        !self.external.is_null() && self.external.addr() - self.at.addr() == ahead
    }

    /// Skips `len` bytes and tells where they are; they stay there until this end moves on.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> (NonNull<u8>, usize) {
        let from = self.at;
        self.skip(len);
        (NonNull::new(from.cast_mut()).unwrap_or(NonNull::dangling()), len)
    }

    /// The body of the frame at the cursor.
    pub(super) fn peek_body(&self) -> &[u8] {
        let header = self.header();
        let from = usize::from(header.header_len);
        if self.external_follows(from) {
            // SAFETY: the entry stands at a published offset and was not taken.
            return unsafe { (*self.chunk).external_body((*self.chunk).taken()).data() };
        }
        self.bytes().get(from..from + header.body_len as usize).unwrap_or_default()
    }

    /// Takes the external part at the cursor; [`Cursor::at_external`] holds.
    pub(super) fn take_external(&mut self) -> Msg {
        debug_assert!(self.at_external());
        // SAFETY: `at_external` found the next entry at a published offset.
        let msg = unsafe { (*self.chunk).take_external() };
        self.find_external(self.pos());
        msg
    }

    /// Visits what is published from the cursor on, as (bytes, external body) alternately, without
    /// moving; stops when `visit` returns false.
    ///
    /// The visited slices stay valid until the cursor moves.
    pub(super) fn visit(&self, until: u64, mut visit: impl FnMut(&[u8]) -> bool) {
        let (mut chunk, mut pos) = (self.chunk, self.pos());
        if chunk.is_null() {
            return;
        }
        // SAFETY: for the whole walk, chunks up to `until`, which is published, are linked and filled by
        // the writer, and only this end frees them or takes their parts.
        unsafe {
            let mut index = (*chunk).taken();
            while pos <= until {
                let (data, base, _) = (*chunk).span();
                let at = (*chunk).external_at(index);
                let end = (*chunk).end.load(Ordering::Acquire);
                let stop = until.min(end).min(at);
                if stop > pos {
                    let part = std::slice::from_raw_parts(
                        data.add((pos - base) as usize),
                        (stop - pos) as usize,
                    );
                    if !visit(part) {
                        return;
                    }
                    pos = stop;
                }
                if pos == at {
                    // A part at `until` itself belongs to what is published: its header does.
                    if !visit((*chunk).external_body(index).data()) {
                        return;
                    }
                    index += 1;
                } else if pos == until {
                    return;
                } else {
                    chunk = (*chunk).next.load(Ordering::Acquire);
                    index = 0;
                }
            }
        }
    }

    /// For `rewind` of the two ends: the chunk, if this end is in one.
    pub(super) fn chunk(&self) -> *mut Chunk {
        self.chunk
    }

    /// For `rewind` of the two ends: takes over the chunk's new beginning.
    pub(super) fn rewound(&mut self) {
        let pos = self.pos();
        self.enter(self.chunk, pos);
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        // A reader that is gone wants no more.
        self.dir.close_reader();
        if !self.oldest.is_null() {
            // Leaves the rest of the chain to `Direction::drop`.
            self.dir.first.store(self.oldest, Ordering::Relaxed);
        }
    }
}
