//! What can be wrong with a peer, by whose fault it is, and what the monitor says about it.
//!
//! Thread: any. Invariants: none. Counterpart: `zmq_socket_monitor(3)`, `ZMQ_PROTOCOL_ERROR_*`.

/// Why a connection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// The greeting offers another security mechanism than ours.
    MechanismMismatch,
    /// Ours needs security, the peer speaks a version without any.
    VersionTooOld,
    /// A command where another one, or none, was due.
    UnexpectedCommand,
    /// A command that cannot be parsed.
    MalformedCommand,
    /// A READY that cannot be parsed.
    MalformedReady,
    /// An ERROR that cannot be parsed.
    MalformedError,
    /// Properties that cannot be parsed.
    InvalidMetadata,
    /// A socket type that ours does not talk to, or a property beyond its limits.
    IncompatiblePeer,
    /// The peer sent ERROR.
    RefusedByPeer,
    /// A frame is larger than `ZMQ_MAXMSGSIZE` or a limit of the handshake.
    TooLarge,
    /// Framing that the version does not have.
    Framing,
}

/// What the monitor reports of a failed handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Nothing but the end of the connection.
    Nothing,
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL`, with an errno.
    NoDetail(i32),
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL`, with a `ZMQ_PROTOCOL_ERROR_*` code.
    Protocol(u32),
}

impl ProtocolError {
    /// The one table from error to event.
    pub fn report(self) -> Report {
        match self {
            Self::MechanismMismatch => Report::Protocol(0x1100_0002),
            Self::UnexpectedCommand => Report::Protocol(0x1000_0001),
            Self::MalformedCommand => Report::Protocol(0x1000_0011),
            Self::MalformedReady => Report::Protocol(0x1000_0016),
            Self::MalformedError => Report::Protocol(0x1000_0015),
            Self::InvalidMetadata => Report::Protocol(0x1000_0018),
            // COMPAT: libzmq reports DISCONNECTED alone; `tests/bad_peers.rs` pins it.
            Self::VersionTooOld
            | Self::RefusedByPeer
            | Self::Framing
            | Self::IncompatiblePeer
            | Self::TooLarge => Report::Nothing,
        }
    }
}
