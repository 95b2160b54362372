//! What a session needs to know of its socket's options, taken when the endpoint is made.
//!
//! Thread: any; immutable. Invariants: none. Counterpart: `options_t` of libzmq 4.3.5.

use std::time::Duration;

use crate::protocol::heartbeat::HeartbeatConfig;
use crate::protocol::{Config as HandshakeConfig, SocketType};
use crate::transport::TransportOptions;

/// When a connecting socket gets its pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Immediate {
    /// At `zmq_connect`: messages queue up before there is a connection.
    AtConnect,
    /// When the handshake is done (`ZMQ_IMMEDIATE` 1).
    WhenReady,
}

/// Messages that a session makes by itself.
#[derive(Clone, Debug, Default)]
pub struct OwnMessages {
    /// An empty message tells our side that a connection begins (`ZMQ_STREAM_NOTIFY`,
    /// `ZMQ_ROUTER_NOTIFY`),
    pub tells_connect: bool,
    /// and that it ended.
    pub tells_disconnect: bool,
    /// `ZMQ_HELLO_MSG`: the first message to the peer on each connection.
    pub hello: Option<Vec<u8>>,
    /// `ZMQ_DISCONNECT_MSG`: comes in when a peer that was taken in goes.
    pub disconnect: Option<Vec<u8>>,
    /// `ZMQ_HICCUP_MSG`: comes in when the connection that was made to a peer is lost.
    pub hiccup: Option<Vec<u8>>,
}

/// Options of a session.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Our side of the handshake; none for raw connections (STREAM, `ZMQ_ROUTER_RAW`).
    pub handshake: Option<HandshakeConfig>,
    /// Our socket's type.
    pub socket_type: SocketType,
    /// Messages that are made here, not by an application.
    pub own_messages: OwnMessages,
    /// Heartbeats.
    pub heartbeat: HeartbeatConfig,
    /// The kernel's sockets.
    pub transport: TransportOptions,
    /// For the handshake; zero for no limit.
    pub handshake_timeout: Duration,
    /// For the kernel's connect; zero for the system's limit.
    pub connect_timeout: Duration,
    /// Before the next attempt, milliseconds; -1 for no reconnecting.
    pub reconnect_ivl: i32,
    /// Upper bound of the growing interval, milliseconds; 0 for no growing.
    pub reconnect_ivl_max: i32,
    /// `ZMQ_RECONNECT_STOP_*` bits.
    pub reconnect_stop: i32,
    /// Largest body accepted, bytes.
    pub max_msg_size: u64,
    /// High-water marks, messages; 0 for none.
    pub sndhwm: u32,
    /// See `sndhwm`.
    pub rcvhwm: u32,
    /// Keep the last message only.
    pub conflate: bool,
    /// When a connecting socket gets its pipe.
    pub immediate: Immediate,
}

impl SessionConfig {
    /// True for connections that carry bare bytes.
    pub fn is_raw(&self) -> bool {
        self.handshake.is_none()
    }

    /// True if the socket must send its subscriptions again to a peer that came back.
    pub(super) fn hiccups(&self) -> bool {
        matches!(self.socket_type, SocketType::Sub | SocketType::Xsub | SocketType::Dish)
    }

    /// True if an unversioned peer must be taken for one that subscribed to everything.
    pub(super) fn publishes(&self) -> bool {
        matches!(self.socket_type, SocketType::Pub | SocketType::Xpub)
    }
}
