//! Security mechanisms: what is said between the greeting and the first message.
//!
//! A mechanism is a value that each command moves on, and that tells what it `Wants` next.
//!
//! Thread: whoever owns the connection. Invariants: none. Counterpart: `mechanism.cpp`,
//! `zap_client.cpp` of libzmq 4.3.5; RFC 37 "Security".

mod null;
mod plain;
pub mod z85;

use super::command::{self, ERROR};
use super::error::ProtocolError;
use super::handshake::Config;
use super::metadata::{self, Property};
use super::zap;

/// The mechanism that a socket uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mechanism {
    /// None.
    #[default]
    Null,
    /// A user name and a password, each up to 255 bytes, to be sent to a server.
    PlainClient {
        /// `ZMQ_PLAIN_USERNAME`
        username: Vec<u8>,
        /// `ZMQ_PLAIN_PASSWORD`
        password: Vec<u8>,
    },
    /// Clients send user names and passwords.
    PlainServer,
}

impl Mechanism {
    /// The name in the greeting.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::PlainClient { .. } | Self::PlainServer => "PLAIN",
        }
    }

    /// The name, padded with zeros, as the greeting has it.
    pub(super) fn padded_name(&self) -> [u8; 20] {
        let mut name = [0; 20];
        for (to, from) in name.iter_mut().zip(self.name().bytes()) {
            *to = from;
        }
        name
    }
}

/// What a mechanism waits for.
#[derive(Debug)]
pub(super) enum Wants {
    /// The peer's next command.
    Command,
    /// The authentication handler's answer to these credentials.
    ZapReply(Vec<Vec<u8>>),
    /// Nothing: the peer is known.
    Nothing,
}

/// A mechanism at work.
#[derive(Debug)]
pub(super) enum Running {
    Null(null::Null),
    PlainClient(plain::Client),
    PlainServer(plain::Server),
}

impl Running {
    /// Begins when the greetings were exchanged.
    pub(super) fn new(config: &Config, out: &mut Vec<u8>) -> Self {
        match &config.mechanism {
            Mechanism::Null => Self::Null(null::Null::new(config, out)),
            Mechanism::PlainClient { username, password } => {
                Self::PlainClient(plain::Client::new(username, password, out))
            }
            Mechanism::PlainServer => Self::PlainServer(plain::Server::ExpectHello),
        }
    }

    pub(super) fn wants(&self) -> Wants {
        match self {
            Self::Null(null) => null.wants(),
            Self::PlainClient(client) => client.wants(),
            Self::PlainServer(server) => server.wants(),
        }
    }

    pub(super) fn handle_command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Self, ProtocolError> {
        if let Some(reason) = body.strip_prefix(ERROR) {
            return Err(refusal(reason));
        }
        Ok(match self {
            Self::Null(null) => Self::Null(null.handle_command(body)?),
            Self::PlainClient(client) => {
                Self::PlainClient(client.handle_command(body, config, out)?)
            }
            Self::PlainServer(server) => {
                Self::PlainServer(server.handle_command(body, config, out)?)
            }
        })
    }

    /// The handler lets the peer in, or there is no handler.
    pub(super) fn handle_zap_reply(
        self,
        reply: Option<zap::Reply>,
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Self, ProtocolError> {
        Ok(match self {
            Self::Null(null) => Self::Null(null.handle_zap_reply(reply, config, out)?),
            Self::PlainServer(server) => Self::PlainServer(server.handle_zap_reply(reply, out)?),
            Self::PlainClient(_) => return Err(ProtocolError::UnexpectedCommand),
        })
    }

    /// The peer's properties and what the handler added.
    pub(super) fn into_properties(self) -> (Vec<Property>, Vec<Property>) {
        match self {
            Self::Null(null) => null.into_properties(),
            Self::PlainClient(client) => client.into_properties(),
            Self::PlainServer(server) => server.into_properties(),
        }
    }
}

/// Our properties, as READY and INITIATE carry them.
fn own_properties(config: &Config) -> Vec<u8> {
    let mut properties = Vec::new();
    metadata::append(&mut properties, "Socket-Type", config.socket_type.name().as_bytes());
    if config.socket_type.announces_routing_id() {
        metadata::append(&mut properties, "Identity", &config.routing_id);
    }
    for (name, value) in &config.metadata {
        metadata::append(&mut properties, name, value.as_bytes());
    }
    properties
}

/// Appends an ERROR that tells the peer the handler's status.
pub(super) fn append_error(out: &mut Vec<u8>, status: u16) {
    let status = status.to_string();
    let len = u8::try_from(status.len()).unwrap_or(u8::MAX);
    command::append_frame(out, &[ERROR, &[len], status.as_bytes()]);
}

/// The peer said ERROR.
fn refusal(reason: &[u8]) -> ProtocolError {
    let Some((len, text)) = reason.split_first() else { return ProtocolError::MalformedError };
    match text.get(..usize::from(*len)) {
        None => ProtocolError::MalformedError,
        // Other reasons are for humans.
        Some(text) => ProtocolError::RefusedByPeer(zap::parse_status(text).filter(|s| *s >= 300)),
    }
}
