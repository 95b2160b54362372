//! What happened to a connection, for monitors.
//!
//! Thread: any. Invariants: none. Counterpart: `zmq_socket_monitor(3)`.

/// The event's bits, `ZMQ_EVENT_*`.
#[allow(missing_docs, reason = "named as in zmq.h")]
pub mod events {
    pub const CONNECTED: u16 = 0x0001;
    pub const CONNECT_DELAYED: u16 = 0x0002;
    pub const CONNECT_RETRIED: u16 = 0x0004;
    pub const LISTENING: u16 = 0x0008;
    pub const BIND_FAILED: u16 = 0x0010;
    pub const ACCEPTED: u16 = 0x0020;
    pub const ACCEPT_FAILED: u16 = 0x0040;
    pub const CLOSED: u16 = 0x0080;
    pub const CLOSE_FAILED: u16 = 0x0100;
    pub const DISCONNECTED: u16 = 0x0200;
    pub const MONITOR_STOPPED: u16 = 0x0400;
    pub const HANDSHAKE_FAILED_NO_DETAIL: u16 = 0x0800;
    pub const HANDSHAKE_SUCCEEDED: u16 = 0x1000;
    pub const HANDSHAKE_FAILED_PROTOCOL: u16 = 0x2000;
    pub const HANDSHAKE_FAILED_AUTH: u16 = 0x4000;
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// One of [`events`].
    pub kind: u16,
    /// A descriptor, an errno, an interval in milliseconds or a code, as the kind has it.
    pub value: u64,
    /// Our end.
    pub local: String,
    /// The peer's end.
    pub remote: String,
    /// Our end is the one that the endpoint names: it was bound.
    pub bound: bool,
}

impl Event {
    /// The endpoint by which version 1 of the monitor names the connection.
    pub fn endpoint(&self) -> &str {
        if self.bound { &self.local } else { &self.remote }
    }
}
