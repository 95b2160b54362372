//! A place in the stream, and the chunk it lies in: what the reading ends have in common.
//!
//! Thread: the reader's end. Invariants: `base <= pos <= limit`; bytes below `limit` are published
//! and lie in the current chunk. Counterpart: none.

use std::ptr;
use std::sync::Arc;

use crate::msg::frame::{self, Header};
use crate::msg::{Msg, PeerInfo};
use crate::pipe::chunk::{Chunk, OPEN};
use crate::pipe::direction::Direction;
use crate::sync::Ordering;

pub(super) struct Cursor {
    pub(super) dir: Arc<Direction>,
    /// Null until the first chunk is seen.
    chunk: *mut Chunk,
    data: *const u8,
    base: u64,
    pos: u64,
    /// End of what may be read in this chunk.
    limit: u64,
    /// The published offset that was loaded last.
    published: u64,
    /// Where the next external part stands, `OPEN` for none below `limit`.
    external_at: u64,
}

// SAFETY: the raw pointers lead to the queue's chunks, which only this end reads (below the
// published offset) and frees; nothing in a cursor is tied to a thread.
unsafe impl Send for Cursor {}

impl Cursor {
    pub(super) fn new(dir: Arc<Direction>) -> Self {
        Self {
            dir,
            chunk: ptr::null_mut(),
            data: ptr::null(),
            base: 0,
            pos: 0,
            limit: 0,
            published: 0,
            external_at: OPEN,
        }
    }

    #[inline]
    pub(super) fn pos(&self) -> u64 {
        self.pos
    }

    #[inline]
    pub(super) fn published(&self) -> u64 {
        self.published
    }

    /// True if bytes are there without looking at shared words.
    #[inline]
    pub(super) fn has_bytes(&self) -> bool {
        self.pos < self.limit
    }

    /// Looks for more: reloads the published offset and steps into the next chunk. Returns whether
    /// there is anything; a step over a chunk's end reports the new chunk's peer to `on_peer`.
    pub(super) fn refresh(&mut self, mut on_peer: impl FnMut(&Arc<PeerInfo>)) -> bool {
        self.published = self.dir.published();
        loop {
            if self.published == self.pos {
                // Nothing left, so no need to know about this chunk's end yet.
                self.limit = self.pos;
                return false;
            }
            if self.chunk.is_null() {
                // Release-published together with the bytes.
                self.enter(self.dir.first.load(Ordering::Acquire));
                // SAFETY: as below.
                if let Some(peer) = unsafe { &(*self.chunk).peer } {
                    on_peer(peer);
                }
            }
            // SAFETY: `enter` set a chunk that the writer linked; it is ours to read.
            let chunk = unsafe { &*self.chunk };
            let end = chunk.end.load(Ordering::Acquire);
            if self.pos == end {
                let next = chunk.next.load(Ordering::Acquire);
                debug_assert!(!next.is_null());
                let old = self.chunk;
                self.enter(next);
                // SAFETY: the writer left `old` when it set `end`, and this end just did.
                unsafe { Chunk::free(old) };
                // SAFETY: as above, for the chunk just entered.
                if let Some(peer) = unsafe { &(*self.chunk).peer } {
                    on_peer(peer);
                }
                continue;
            }
            self.limit = self.published.min(end);
            // SAFETY: `taken` belongs to this end.
            self.external_at = chunk.external_at(unsafe { chunk.taken() });
            return true;
        }
    }

    fn enter(&mut self, chunk: *mut Chunk) {
        let first = self.chunk.is_null();
        self.chunk = chunk;
        // From here on the chain is reached through this cursor.
        if first {
            self.dir.first.store(ptr::null_mut(), Ordering::Relaxed);
        }
        // SAFETY: the writer linked the chunk before it published bytes in it.
        let (data, base, _) = unsafe { (*chunk).span() };
        self.data = data;
        self.base = base;
    }

    /// The frame header at the cursor. Call only where a frame begins: headers are never split.
    #[inline]
    pub(super) fn header(&self) -> Header {
        let bytes = self.bytes();
        frame::decode_header(bytes).unwrap_or(Header { flags: 0, body_len: 0, header_len: 2 })
    }

    /// The published bytes from the cursor to the end of the chunk.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        let len = (self.limit - self.pos) as usize;
        if len == 0 {
            return &[];
        }
        // SAFETY: [pos, limit) is published and lies in the current chunk; the writer does not
        // touch published bytes.
        unsafe { std::slice::from_raw_parts(self.data.add((self.pos - self.base) as usize), len) }
    }

    #[inline]
    pub(super) fn skip(&mut self, n: u64) {
        debug_assert!(self.pos + n <= self.limit);
        self.pos += n;
    }

    /// Bytes that follow before the next external part or the end of what may be read.
    pub(super) fn until_external(&self) -> u64 {
        self.limit.min(self.external_at) - self.pos
    }

    /// True if an external part stands right at the cursor.
    #[inline]
    pub(super) fn at_external(&self) -> bool {
        self.pos == self.external_at
    }

    /// True if an external part stands `ahead` bytes further on.
    pub(super) fn external_follows(&self, ahead: u64) -> bool {
        self.pos + ahead == self.external_at
    }

    /// The `len` bytes that were skipped last.
    #[inline]
    pub(super) fn passed(&self, len: usize) -> &[u8] {
        debug_assert!(self.pos - self.base >= len as u64);
        // SAFETY: the bytes before `pos`, back to the chunk's base, are published and stay until
        // this end moves on; `skip` passed `len` of them.
        unsafe {
            let end = self.data.add((self.pos - self.base) as usize);
            std::slice::from_raw_parts(end.sub(len), len)
        }
    }

    /// The body of the frame at the cursor.
    pub(super) fn peek_body(&self) -> &[u8] {
        let header = self.header();
        let ahead = u64::from(header.header_len);
        if self.external_follows(ahead) {
            // SAFETY: the entry stands at a published offset and was not taken.
            return unsafe { (*self.chunk).external_body((*self.chunk).taken()).data() };
        }
        let from = usize::from(header.header_len);
        self.bytes().get(from..from + header.body_len as usize).unwrap_or_default()
    }

    /// Takes the external part at the cursor; [`Cursor::at_external`] holds.
    pub(super) fn take_external(&mut self) -> Msg {
        debug_assert!(self.at_external());
        // SAFETY: `at_external` found the next entry at a published offset.
        unsafe {
            let msg = (*self.chunk).take_external();
            self.external_at = (*self.chunk).external_at((*self.chunk).taken());
            msg
        }
    }

    /// Visits what is published from the cursor on, as (bytes, external body) alternately, without
    /// moving; stops when `visit` returns false.
    ///
    /// The visited slices stay valid until the cursor moves.
    pub(super) fn visit(&self, until: u64, mut visit: impl FnMut(&[u8]) -> bool) {
        let (mut chunk, mut pos) = (self.chunk, self.pos);
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

    /// For [`super::rewind`]: the chunk, if this end is in one.
    pub(super) fn chunk(&self) -> *mut Chunk {
        self.chunk
    }

    /// For [`super::rewind`]: takes over the chunk's new beginning.
    pub(super) fn rewound(&mut self) {
        // SAFETY: the caller holds both ends; the chunk is alive.
        let (data, base, _) = unsafe { (*self.chunk).span() };
        self.data = data;
        self.base = base;
        self.limit = self.pos;
        self.external_at = OPEN;
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        // A reader that is gone wants no more.
        self.dir.close_reader();
        if !self.chunk.is_null() {
            // Leaves the rest of the chain to `Direction::drop`.
            self.dir.first.store(self.chunk, Ordering::Relaxed);
        }
    }
}
