//! Whether somebody looks now and then at what is published, so that it need not be handed over at
//! once.
//!
//! The hand-shake is that of the queue's reader (`direction.rs`): the writer publishes, then asks
//! whether attention is paid; who paid it says that this is over, then looks once more. A writer in a
//! stream publishes without a barrier, so that the other side has to make it, between the two steps.
//!
//! Thread: any. Invariants: whoever publishes and then finds attention paid is sure of another look.
//! Counterpart: none.

use std::sync::Arc;

use crate::sync::{AtomicU8, Ordering, store_load_barrier};

const PAID: u8 = 1;
/// The writer has published without a barrier, and may do so again.
const STREAMED: u8 = 2;

/// See the module.
#[derive(Clone, Debug)]
pub struct Attention(Arc<AtomicU8>);

impl Attention {
    /// Nobody looks.
    pub fn new() -> Self {
        Self(Arc::new(AtomicU8::new(0)))
    }

    /// True if somebody is going to look at what the caller has published.
    #[inline(always)]
    pub fn is_paid(&self) -> bool {
        self.0.load(Ordering::SeqCst) & PAID != 0
    }

    /// Somebody looks from here on. True if nobody did: the caller is to see to it.
    pub fn begin(&self) -> bool {
        self.0.fetch_or(PAID, Ordering::SeqCst) & PAID == 0
    }

    /// Nobody looks from here on but the caller, once. True: before it does it is to make a barrier
    /// [everywhere](crate::sync::membarrier::everywhere).
    #[must_use = "the last look may need a barrier"]
    pub fn end(&self) -> bool {
        let streamed = self.0.fetch_and(!PAID, Ordering::SeqCst) & STREAMED != 0;
        if !streamed {
            store_load_barrier();
        }
        streamed
    }

    /// For the writer: what is published from here on may be so without a barrier.
    pub(super) fn begin_stream(&self) {
        self.0.fetch_or(STREAMED, Ordering::SeqCst);
    }
}

impl Default for Attention {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::{Marks, Outgoing, Signal, Thresholds, Writer, outbound};

    struct Nobody;

    impl Signal for Nobody {
        fn signal(&self, _bits: u32) {}
    }

    fn is_due_after(writer: &mut Writer, body: &[u8]) -> bool {
        assert!(writer.write(&mut Outgoing::slice(body, false)));
        writer.is_due()
    }

    #[test]
    fn what_is_written_is_due_where_nobody_looks_or_there_is_enough() {
        let marks = Marks { writer: None, reader: None };
        let (mut writer, _flusher) = outbound(Arc::new(Nobody), Arc::new(Nobody), marks);
        let attention = Attention::new();
        writer.count_on(attention.clone());
        writer.set_due(100);
        assert!(is_due_after(&mut writer, b"nobody looks"));
        assert!(attention.begin());
        assert!(!attention.begin());
        while writer.offset() < 80 {
            assert!(!is_due_after(&mut writer, b"some more"));
        }
        assert!(is_due_after(&mut writer, &[7; 20]));
        writer.set_due(u64::MAX);
        assert!(!is_due_after(&mut writer, b"some more"));
        // By pointer: whatever was expected of its length, it may be long.
        assert!(is_due_after(&mut writer, &vec![7; Thresholds::NETWORK.slice + 1]));
        writer.set_due(u64::MAX);
        assert!(!attention.end());
        assert!(is_due_after(&mut writer, b"nobody looks"));
    }
}
