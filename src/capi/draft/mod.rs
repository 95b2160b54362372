//! Functions that libzmq exports only when built with its draft API; here always.

pub mod constants;
pub mod ctx;
pub mod monitor;
pub mod msg;
pub mod peer;
pub mod poll;
pub mod poller;
