//! The body of a message while its bytes arrive.
//!
//! Thread: the receiver's. Invariants: memory grows with the bytes that are there, not with what
//! was announced. Counterpart: none; libzmq 4.3.5 allocates what the peer announces.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crate::error::Result;
use crate::msg::Msg;
use crate::msg::content::Content;

/// Memory that a body gets before its bytes arrive, at most. It is not touched before they do.
const TRUSTED_LEN: usize = 1 << 20;

/// See the module.
#[derive(Debug)]
pub struct ArrivingBody {
    content: NonNull<Content>,
    len: usize,
    filled: usize,
    capacity: usize,
}

// SAFETY: the content is nobody else's until it is a message.
unsafe impl Send for ArrivingBody {}

impl ArrivingBody {
    /// A body that will have `len` bytes. `ENOMEM`.
    pub fn new(len: usize) -> Result<Self> {
        let capacity = len.min(TRUSTED_LEN);
        Ok(Self { content: Content::owned(capacity)?, len, filled: 0, capacity })
    }

    /// Bytes that it will have.
    pub fn whole_len(&self) -> usize {
        self.len
    }

    /// Bytes that are still to come.
    pub fn missing(&self) -> usize {
        self.len - self.filled
    }

    /// Room for the next bytes, for all that are missing or as many again as are there. `ENOMEM`.
    pub fn room(&mut self) -> Result<&mut [MaybeUninit<u8>]> {
        if self.filled == self.capacity && self.missing() > 0 {
            let capacity = self.len.min(self.capacity.saturating_mul(2));
            // SAFETY: made by `Content::owned`, and nobody else knows of it.
            self.content = unsafe { Content::grow(self.content, capacity)? };
            self.capacity = capacity;
        }
        // SAFETY: the content holds `capacity` bytes, of which those from `filled` on are free.
        Ok(unsafe {
            let from = self.content.as_ref().data().add(self.filled);
            std::slice::from_raw_parts_mut(from.cast(), self.capacity - self.filled)
        })
    }

    /// The first `n` bytes of the room were written.
    ///
    /// # Safety
    /// They were, and `n` is not beyond the room.
    pub unsafe fn advance(&mut self, n: usize) {
        debug_assert!(n <= self.capacity - self.filled);
        self.filled += n;
    }

    /// The message, once nothing is missing.
    pub fn into_msg(self) -> Msg {
        debug_assert_eq!(self.missing(), 0);
        let body = std::mem::ManuallyDrop::new(self);
        // SAFETY: `filled` bytes were written; the reference to the content passes on.
        unsafe { Msg::from_content(body.content, body.filled) }
    }
}

impl Drop for ArrivingBody {
    fn drop(&mut self) {
        // SAFETY: the one reference to the content, which is not used any more.
        unsafe { Content::release(self.content) };
    }
}
