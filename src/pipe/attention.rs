//! Whether somebody looks now and then at what is published, so that it need not be handed over at
//! once.
//!
//! The hand-shake is that of a queue's reader (`direction.rs`), without a stream: the writer publishes
//! by a read-modify-write, then asks whether attention is paid; who paid it says that this is over,
//! then looks once more.
//!
//! Thread: any. Invariants: whoever publishes and then finds attention paid is sure of another look.
//! Counterpart: none.

use std::sync::Arc;

use crate::sync::{AtomicBool, Ordering, store_load_barrier};

/// See the module.
#[derive(Clone, Debug)]
pub struct Attention(Arc<AtomicBool>);

impl Attention {
    /// Nobody looks.
    pub fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    /// True if somebody is going to look at what the caller has published.
    #[inline(always)]
    pub fn is_paid(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Somebody looks from here on. True if nobody did: the caller is to see to it.
    pub fn begin(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }

    /// Nobody looks from here on but the caller, once.
    pub fn end(&self) {
        self.0.swap(false, Ordering::SeqCst);
        store_load_barrier();
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
    use crate::pipe::{Marks, Outgoing, Thresholds, Writer, outbound};
    use crate::sync::membarrier;
    use crate::testing::Nobody;

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
        assert!(is_due_after(&mut writer, &vec![7; Thresholds::NETWORK.slice as usize + 1]));
        writer.set_due(u64::MAX);
        attention.end();
        assert!(is_due_after(&mut writer, b"nobody looks"));
    }

    /// Whoever ends its attention makes no barrier for the writer, see `Direction::publish`.
    #[test]
    fn a_queue_that_counts_on_attention_is_no_stream() {
        for counts in [false, true] {
            let marks = Marks { writer: None, reader: None };
            let (mut writer, _flusher) = outbound(Arc::new(Nobody), Arc::new(Nobody), marks);
            if counts {
                writer.count_on(Attention::new());
            }
            for _ in 0..100 {
                is_due_after(&mut writer, &[7; 1000]);
            }
            assert_eq!(writer.dir.is_streaming(), !counts && membarrier::prepare());
        }
    }
}
