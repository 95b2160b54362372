//! Functions that libzmq exports only when built with its draft API; here always.

pub mod peer;
pub mod poller;
