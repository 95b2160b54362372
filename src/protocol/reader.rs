//! Takes bytes apart without indexing: what is not there is an error.
//!
//! Thread: any. Invariants: what was taken is gone; what could not be taken is still there.
//! Counterpart: none.

/// The unread rest of some bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(len)?;
        self.0 = tail;
        Some(head)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// A name or reason: one byte of length, then as many bytes.
    pub(super) fn short_string(&mut self) -> Option<&'a [u8]> {
        let len = usize::from(self.byte()?);
        self.take(len)
    }

    pub(super) fn all(self) -> &'a [u8] {
        self.0
    }
}
