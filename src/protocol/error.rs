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
    /// A HELLO that cannot be parsed.
    MalformedHello,
    /// A WELCOME that cannot be parsed.
    MalformedWelcome,
    /// The peer sent ERROR, with the status of its authentication handler if that was the reason.
    RefusedByPeer(Option<u16>),
    /// Our authentication handler must be asked, and is not there.
    NoZapHandler,
    /// The handler's reply does not begin with an empty frame.
    ZapUnspecified,
    /// It has not the right number of frames.
    ZapMalformedReply,
    /// It has another version.
    ZapBadVersion,
    /// It answers another request.
    ZapBadRequestId,
    /// Its status is none.
    ZapInvalidStatus,
    /// Its metadata cannot be parsed.
    ZapInvalidMetadata,
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
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_AUTH`, with the status of an authentication handler.
    Refused(u16),
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
            Self::MalformedHello => Report::Protocol(0x1000_0013),
            Self::MalformedWelcome => Report::Protocol(0x1000_0017),
            Self::ZapUnspecified => Report::Protocol(0x2000_0000),
            Self::ZapMalformedReply => Report::Protocol(0x2000_0001),
            Self::ZapBadRequestId => Report::Protocol(0x2000_0002),
            Self::ZapBadVersion => Report::Protocol(0x2000_0003),
            Self::ZapInvalidStatus => Report::Protocol(0x2000_0004),
            Self::ZapInvalidMetadata => Report::Protocol(0x2000_0005),
            Self::RefusedByPeer(Some(status)) => Report::Refused(status),
            Self::NoZapHandler => Report::NoDetail(libc::EFAULT),
            Self::VersionTooOld
            | Self::RefusedByPeer(None)
            | Self::Framing
            | Self::IncompatiblePeer
            | Self::TooLarge => Report::Nothing,
        }
    }
}
