//! What the patterns share.

pub(super) mod distribute;
pub(super) mod fair_queue;
pub(super) mod load_balance;
pub(super) mod radix;
