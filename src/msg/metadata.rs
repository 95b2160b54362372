//! What a message tells of the peer that sent it.
//!
//! Thread: any; immutable once made. Invariants: none. Counterpart: `metadata.cpp` of libzmq
//! 4.3.5; `zmq_msg_gets(3)`.

use std::ffi::{CStr, CString};

/// A peer as its handshake and connection described it.
#[derive(Debug, Default)]
pub struct PeerInfo {
    /// The routing id that the peer announced, 0 to 255 bytes.
    pub routing_id: Box<[u8]>,
    /// The connection's descriptor, for `ZMQ_SRCFD`; -1 where there is none.
    pub fd: i32,
    /// Properties by name, as `zmq_msg_gets` returns them.
    pub properties: Vec<(String, CString)>,
}

impl PeerInfo {
    /// The property `name`, if the peer has it.
    pub fn property(&self, name: &str) -> Option<&CStr> {
        // libzmq 4.3.5 answers to both names.
        let wanted = if name == "Identity" { "Routing-Id" } else { name };
        self.properties
            .iter()
            .find(|(key, _)| key == name || key == wanted)
            .map(|(_, value)| value.as_c_str())
    }
}
