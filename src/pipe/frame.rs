//! A frame that was read, kept by its reader until the next one, so that giving it out is giving out
//! a reference.
//!
//! Thread: the reader's end. Invariants: a [`Frame`] borrows its reader, so the bytes that it points
//! to stay where they are as long as it lives. Counterpart: none.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::msg::{Msg, PeerInfo};
use crate::pipe::copy;

/// The place of the frame that is given out.
#[derive(Debug)]
pub struct Given {
    /// The body, if it lies in a chunk.
    bytes: NonNull<u8>,
    len: usize,
    /// The body, if it came by pointer, unless it was taken out.
    msg: Msg,
    by_pointer: bool,
    more: bool,
    command: bool,
    /// The number by which a SERVER knows the pipe; 0 for the other types.
    pub(super) routing_id: u32,
    /// Who wrote it, where that is known.
    pub(super) peer: Option<Arc<PeerInfo>>,
}

// SAFETY: the pointer leads to bytes of the queue whose reader owns this place; nothing is tied to
// a thread.
unsafe impl Send for Given {}

impl Given {
    /// Nothing was given out yet.
    pub fn new() -> Self {
        Self {
            bytes: NonNull::dangling(),
            len: 0,
            msg: Msg::new(),
            by_pointer: false,
            more: false,
            command: false,
            routing_id: 0,
            peer: None,
        }
    }

    /// Gives out a message of the caller's.
    pub fn put(&mut self, msg: Msg, more: bool) -> Frame<'_> {
        self.put_external(msg, more, false)
    }

    /// Gives out bytes that the caller lends.
    #[inline]
    pub fn put_slice<'a>(&'a mut self, bytes: &'a [u8], more: bool) -> Frame<'a> {
        // SAFETY: they are borrowed as long as the frame lives.
        unsafe { self.put_bytes(NonNull::from(bytes).cast(), bytes.len(), more, false) }
    }

    /// Says who wrote what is given out next.
    #[inline]
    pub fn set_peer(&mut self, peer: Option<&Arc<PeerInfo>>) {
        // Mostly the same one again, which is told without touching its count.
        if self.peer.as_ref().map(Arc::as_ptr) != peer.map(Arc::as_ptr) {
            self.peer = peer.cloned();
        }
    }

    #[inline]
    pub(super) fn put_external(&mut self, msg: Msg, more: bool, command: bool) -> Frame<'_> {
        self.msg = msg;
        self.by_pointer = true;
        self.more = more;
        self.command = command;
        Frame(self)
    }

    /// Gives out `len` bytes at `bytes`.
    ///
    /// # Safety
    /// They stay as they are while the frame lives: the caller lends itself to it.
    #[inline]
    pub(super) unsafe fn put_bytes(
        &mut self,
        bytes: NonNull<u8>,
        len: usize,
        more: bool,
        command: bool,
    ) -> Frame<'_> {
        self.bytes = bytes;
        self.len = len;
        self.by_pointer = false;
        self.more = more;
        self.command = command;
        Frame(self)
    }
}

impl Default for Given {
    fn default() -> Self {
        Self::new()
    }
}

/// A frame that was read. Its bytes stay in the queue's chunk until the next call on the reader.
pub struct Frame<'a>(&'a mut Given);

impl Frame<'_> {
    /// The body's bytes.
    #[inline]
    pub fn data(&self) -> &[u8] {
        if self.0.by_pointer {
            return self.0.msg.data();
        }
        // SAFETY: `put_bytes` got them from a reader that is borrowed as long as `self` lives.
        unsafe { std::slice::from_raw_parts(self.0.bytes.as_ptr(), self.0.len) }
    }

    /// Copies as much of the body as there is room for, and returns its length. A body that came by
    /// pointer is put into `spent`, to be dropped where its user's function may run.
    #[inline(always)]
    pub fn copy_to(self, out: &mut [u8], spent: &mut Option<Msg>) -> usize {
        if self.0.by_pointer {
            return self.copy_external(out, spent);
        }
        let (bytes, len) = (self.0.bytes.as_ptr(), self.0.len);
        // SAFETY: neither is shorter (as in `data`), and what is borrowed mutably overlaps nothing.
        unsafe { copy::mostly_short(bytes, out.as_mut_ptr(), len.min(out.len())) };
        len
    }

    #[inline(never)]
    fn copy_external(self, out: &mut [u8], spent: &mut Option<Msg>) -> usize {
        let data = self.data();
        let (copied, len) = (data.len().min(out.len()), data.len());
        out[..copied].copy_from_slice(&data[..copied]);
        *spent = self.into_external();
        len
    }

    /// More frames of the same message follow.
    #[inline]
    pub fn more(&self) -> bool {
        self.0.more
    }

    /// A command (a subscription) instead of a message's frame.
    #[inline]
    pub fn is_command(&self) -> bool {
        self.0.command
    }

    /// The number by which a SERVER or PEER knows its sender; 0 for the other types.
    #[inline]
    pub fn routing_id(&self) -> u32 {
        self.0.routing_id
    }

    /// Who sent it, where that is known.
    #[inline]
    pub fn peer(&self) -> Option<&Arc<PeerInfo>> {
        self.0.peer.as_ref()
    }

    /// True if the body came by pointer.
    #[inline]
    pub fn is_external(&self) -> bool {
        self.0.by_pointer
    }

    /// The body, if it came by pointer: it is the caller's to drop.
    #[inline]
    pub fn into_external(self) -> Option<Msg> {
        self.0.by_pointer.then(|| std::mem::take(&mut self.0.msg))
    }

    /// The frame as a message of its own, with its flags and peer.
    #[inline]
    pub fn into_msg(self) -> Msg {
        let mut msg = Msg::new();
        self.store(&mut msg);
        msg
    }

    /// The frame as a message of its own that does not tell who sent it.
    #[inline]
    pub fn into_anonymous_msg(mut self) -> Msg {
        let mut msg = Msg::new();
        self.store_content(&mut msg);
        msg.set_peer(None);
        msg
    }

    /// As [`Frame::into_msg`], in the place of another message. It is empty if there is no memory
    /// for a copy.
    #[inline]
    pub fn store(mut self, msg: &mut Msg) {
        self.store_content(msg);
        msg.set_peer(self.0.peer.as_ref());
    }

    /// Stores all but who sent it.
    #[inline(always)]
    fn store_content(&mut self, msg: &mut Msg) {
        if self.0.by_pointer {
            *msg = std::mem::take(&mut self.0.msg);
        } else {
            // A message without a body is all that can be given when there is no memory.
            let _ = msg.replace(self.data());
        }
        msg.set_more(self.0.more);
        msg.set_routing_id(self.0.routing_id);
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("len", &self.data().len())
            .field("more", &self.more())
            .field("command", &self.is_command())
            .finish()
    }
}
