//! What the patterns share.
//!
//! Thread: under the socket's lock. Invariants: each part keeps ids of pipes between `attach` and
//! `detach` only. Counterpart: `fq.cpp`, `lb.cpp`, `dist.cpp`, `radix_tree.cpp` of libzmq 4.3.5.

pub(super) mod distribute;
pub(super) mod fair_queue;
pub(super) mod load_balance;
pub(super) mod peers;
mod pipe_list;
pub(super) mod radix;
pub(super) mod subscriptions;
