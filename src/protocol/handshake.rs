//! The handshake of one connection: greeting, then mechanism, then the peer is known.
//!
//! Use: `new`; then, whenever there is something, `handle_input` with received bytes,
//! `poll_transmit`/`transmitted` for bytes to send, `poll_peer` for the end. Input that was not
//! consumed when the peer is known belongs to the data path.
//!
//! Thread: whoever owns the connection. Invariants: after an error nothing more is consumed.
//! Counterpart: `zmtp_engine.cpp` of libzmq 4.3.5; RFC 37.

use crate::msg::frame;

use super::error::ProtocolError;
use super::greeting::Greeting;
use super::limits::{MAX_HANDSHAKE_COMMAND, MAX_ROUTING_ID};
use super::mechanism::null;
use super::metadata::Property;
use super::socket_type::SocketType;
use super::v1;

/// What our side brings along.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our socket's type.
    pub socket_type: SocketType,
    /// Our routing id, up to 255 bytes.
    pub routing_id: Vec<u8>,
    /// `ZMQ_METADATA`: further properties, in order.
    pub metadata: Vec<(String, String)>,
}

impl Config {
    /// The mechanism's name, padded with zeros, as the greeting has it.
    pub(super) fn mechanism_name(&self) -> [u8; 20] {
        let mut name = [0; 20];
        for (to, from) in name.iter_mut().zip(b"NULL") {
            *to = *from;
        }
        name
    }
}

/// The protocol that a connection speaks after its handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// ZMTP 1.0: its own framing; no commands.
    V1,
    /// ZMTP 2.0: today's framing; no commands.
    V2,
    /// ZMTP 3.0: subscriptions are messages.
    V3_0,
    /// ZMTP 3.1: subscriptions are commands.
    V3_1,
}

/// What the handshake found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// What it speaks.
    pub version: Version,
    /// Its routing id; empty if it has none.
    pub routing_id: Vec<u8>,
    /// Its properties in order; none before ZMTP 3.
    pub properties: Vec<Property>,
}

/// The running handshake.
#[derive(Debug)]
pub struct Handshake {
    config: Config,
    state: State,
    out: Vec<u8>,
    sent: usize,
    peer: Option<Peer>,
}

/// Named for what is waited for.
#[derive(Debug)]
enum State {
    ExpectGreeting(Greeting),
    /// The first frame of an old peer is its routing id.
    ExpectRoutingId(Version, Vec<u8>),
    ExpectReady(Version, Vec<u8>),
    Done,
}

impl Handshake {
    /// Begins: our signature is ready to be sent.
    pub fn new(config: Config) -> Self {
        let mut out = Vec::with_capacity(128);
        let greeting = Greeting::new(&mut out, config.routing_id.len());
        Self { config, state: State::ExpectGreeting(greeting), out, sent: 0, peer: None }
    }

    /// Takes received bytes; returns how many were consumed. Fewer than given only when the peer
    /// is known.
    pub fn handle_input(&mut self, input: &[u8]) -> Result<usize, ProtocolError> {
        let mut rest = input;
        while !rest.is_empty() && self.peer.is_none() {
            let state = std::mem::replace(&mut self.state, State::Done);
            self.state = match state {
                State::ExpectGreeting(greeting) => self.greeting(greeting, &mut rest)?,
                State::ExpectRoutingId(version, buffer) => {
                    self.routing_id(version, buffer, &mut rest)?
                }
                State::ExpectReady(version, buffer) => self.ready(version, buffer, &mut rest)?,
                State::Done => return Err(ProtocolError::UnexpectedCommand),
            };
        }
        Ok(input.len() - rest.len())
    }

    fn greeting(
        &mut self,
        mut greeting: Greeting,
        rest: &mut &[u8],
    ) -> Result<State, ProtocolError> {
        let Some(agreed) = greeting.handle_input(rest, &self.config, &mut self.out)? else {
            return Ok(State::ExpectGreeting(greeting));
        };
        match agreed.version {
            Version::V3_0 | Version::V3_1 => {
                null::append_ready(&mut self.out, &self.config);
                Ok(State::ExpectReady(agreed.version, Vec::new()))
            }
            old => {
                let id = &self.config.routing_id;
                if old == Version::V2 {
                    let mut header = [0; frame::MAX_HEADER_LEN];
                    let len = frame::encode_header(0, id.len(), &mut header);
                    self.out.extend(header.iter().take(len));
                } else if !agreed.unversioned {
                    v1::append_header(&mut self.out, false, id.len());
                }
                // An unversioned peer took our signature for this frame's header.
                self.out.extend_from_slice(id);
                let mut buffer = Vec::new();
                let mut surplus = agreed.surplus.as_slice();
                while let Some((&byte, tail)) = surplus.split_first() {
                    surplus = tail;
                    buffer.push(byte);
                }
                // The surplus may hold the whole frame already.
                self.routing_id(old, buffer, rest)
            }
        }
    }

    fn routing_id(
        &mut self,
        version: Version,
        mut buffer: Vec<u8>,
        rest: &mut &[u8],
    ) -> Result<State, ProtocolError> {
        loop {
            let header = if version == Version::V1 {
                v1::decode_header(&buffer)
                    .map_err(|_| ProtocolError::Framing)?
                    .map(|header| (header.header_len, header.body_len))
            } else {
                frame::decode_header(&buffer)
                    .map(|header| (usize::from(header.header_len), header.body_len))
            };
            if let Some((header_len, body_len)) = header {
                if body_len > MAX_ROUTING_ID as u64 {
                    return Err(ProtocolError::TooLarge);
                }
                if let Some(id) = buffer.get(header_len..header_len + body_len as usize) {
                    let routing_id = id.to_vec();
                    self.peer = Some(Peer { version, routing_id, properties: Vec::new() });
                    return Ok(State::Done);
                }
            }
            let Some((&byte, tail)) = rest.split_first() else {
                return Ok(State::ExpectRoutingId(version, buffer));
            };
            *rest = tail;
            buffer.push(byte);
        }
    }

    fn ready(
        &mut self,
        version: Version,
        mut buffer: Vec<u8>,
        rest: &mut &[u8],
    ) -> Result<State, ProtocolError> {
        // Take no byte beyond the frame: the rest is the data path's.
        let needed = loop {
            if let Some(header) = frame::decode_header(&buffer) {
                if header.flags & frame::COMMAND == 0 {
                    return Err(ProtocolError::UnexpectedCommand);
                }
                if header.body_len > MAX_HANDSHAKE_COMMAND as u64 {
                    return Err(ProtocolError::TooLarge);
                }
                break usize::from(header.header_len) + header.body_len as usize;
            }
            let Some((&byte, tail)) = rest.split_first() else {
                return Ok(State::ExpectReady(version, buffer));
            };
            *rest = tail;
            buffer.push(byte);
        };
        let missing = needed.saturating_sub(buffer.len());
        let (now, later) = rest.split_at(missing.min(rest.len()));
        buffer.extend_from_slice(now);
        *rest = later;
        if buffer.len() < needed {
            return Ok(State::ExpectReady(version, buffer));
        }
        let header_len = frame::decode_header(&buffer).map_or(0, |h| usize::from(h.header_len));
        let properties = null::handle(buffer.get(header_len..).unwrap_or_default())?;
        self.peer = Some(self.describe(version, properties)?);
        Ok(State::Done)
    }

    fn describe(&self, version: Version, properties: Vec<Property>) -> Result<Peer, ProtocolError> {
        let value = |name: &str| properties.iter().find(|(key, _)| key == name).map(|(_, v)| v);
        if let Some(name) = value("Socket-Type") {
            let compatible = SocketType::from_name(name)
                .is_some_and(|peer| self.config.socket_type.accepts(peer));
            if !compatible {
                return Err(ProtocolError::IncompatiblePeer);
            }
        }
        let routing_id = value("Identity").cloned().unwrap_or_default();
        if routing_id.len() > MAX_ROUTING_ID {
            return Err(ProtocolError::IncompatiblePeer);
        }
        Ok(Peer { version, routing_id, properties })
    }

    /// Bytes to send now.
    pub fn poll_transmit(&self) -> &[u8] {
        self.out.get(self.sent..).unwrap_or_default()
    }

    /// `n` of them were sent.
    pub fn transmitted(&mut self, n: usize) {
        self.sent += n;
    }

    /// The peer, once it is known. Bytes may still be to be sent.
    pub fn poll_peer(&mut self) -> Option<Peer> {
        self.peer.clone()
    }
}
