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
use super::mechanism::{Mechanism, Running, Wants, append_error};
use super::metadata::Property;
use super::socket_type::SocketType;
use super::{v1, zap};

/// What our side brings along.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our socket's type.
    pub socket_type: SocketType,
    /// Our routing id, up to 255 bytes.
    pub routing_id: Vec<u8>,
    /// `ZMQ_METADATA`: further properties, in order.
    pub metadata: Vec<(String, String)>,
    /// How peers are let in.
    pub mechanism: Mechanism,
    /// `ZMQ_ZAP_DOMAIN`: who is let in is up to the authentication handler; empty for "everybody",
    /// where the mechanism allows that.
    pub zap_domain: Vec<u8>,
    /// `ZMQ_ZAP_ENFORCE_DOMAIN`: nobody is let in while there is no handler.
    pub zap_enforce_domain: bool,
}

impl Config {
    /// True if peers must prove something, which old versions of the protocol have no way to do.
    fn is_secure(&self) -> bool {
        self.mechanism != Mechanism::Null || !self.zap_domain.is_empty()
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
    /// What the authentication handler says of it.
    pub credentials: Vec<Property>,
}

/// The running handshake.
#[derive(Debug)]
pub struct Handshake {
    config: Config,
    state: State,
    out: Vec<u8>,
    sent: usize,
    /// Arrived while the authentication handler was asked.
    early: Vec<u8>,
    zap_request: Option<zap::Request>,
    /// The handler's status, if it is not for letting the peer in, until it was told.
    refused: Option<u16>,
    peer: Option<Peer>,
}

/// Named for what is waited for.
#[derive(Debug)]
enum State {
    ExpectGreeting(Greeting),
    /// The first frame of an old peer is its routing id.
    ExpectRoutingId(Version, Vec<u8>),
    /// A command that the mechanism knows what to do with.
    ExpectCommand(Version, Vec<u8>, Running),
    /// The handler's answer.
    ExpectZapReply(Version, Running),
    /// The end of the connection: the peer was not let in.
    Refused,
    Done,
}

impl Handshake {
    /// Begins: our signature is ready to be sent.
    pub fn new(config: Config) -> Self {
        let mut out = Vec::with_capacity(128);
        let greeting = Greeting::new(&mut out, config.routing_id.len());
        Self {
            config,
            state: State::ExpectGreeting(greeting),
            out,
            sent: 0,
            early: Vec::new(),
            zap_request: None,
            refused: None,
            peer: None,
        }
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
                State::ExpectCommand(version, buffer, mechanism) => {
                    self.command(version, buffer, mechanism, &mut rest)?
                }
                State::ExpectZapReply(..) => {
                    if self.early.len() + rest.len() > MAX_HANDSHAKE_COMMAND {
                        return Err(ProtocolError::TooLarge);
                    }
                    self.early.extend_from_slice(std::mem::take(&mut rest));
                    state
                }
                State::Refused => {
                    rest = &[];
                    State::Refused
                }
                State::Done => return Err(ProtocolError::UnexpectedCommand),
            };
        }
        Ok(input.len() - rest.len())
    }

    /// Takes the authentication handler's answer; `None` if there is no handler. What the peer said
    /// meanwhile is looked at now; what of it belongs to the data path is returned.
    pub fn handle_zap_reply(
        &mut self,
        reply: Option<&[Vec<u8>]>,
    ) -> Result<Vec<u8>, ProtocolError> {
        let State::ExpectZapReply(version, mechanism) =
            std::mem::replace(&mut self.state, State::Done)
        else {
            return Err(ProtocolError::UnexpectedCommand);
        };
        let reply = reply.map(zap::Reply::parse).transpose()?;
        if let Some(status) = reply.as_ref().map(|reply| reply.status).filter(|s| *s != 200) {
            self.refused = Some(status);
            // A temporary failure is not the peer's business: it may try again later.
            if status != 300 {
                append_error(&mut self.out, status);
            }
            self.early = Vec::new();
            self.state = State::Refused;
            return Ok(Vec::new());
        }
        let mechanism = mechanism.handle_zap_reply(reply, &self.config, &mut self.out)?;
        self.state = self.proceed(version, mechanism)?;
        let early = std::mem::take(&mut self.early);
        let consumed = self.handle_input(&early)?;
        Ok(early.get(consumed..).unwrap_or_default().to_vec())
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
                let mechanism = Running::new(&self.config, &mut self.out);
                self.proceed(agreed.version, mechanism)
            }
            _ if self.config.is_secure() => Err(ProtocolError::VersionTooOld),
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

    /// After the mechanism had its turn.
    fn proceed(&mut self, version: Version, mechanism: Running) -> Result<State, ProtocolError> {
        match mechanism.wants() {
            Wants::Command => Ok(State::ExpectCommand(version, Vec::new(), mechanism)),
            Wants::ZapReply(credentials) => {
                // Asked once: the mechanism keeps wanting the reply until it is there.
                let name = self.config.mechanism.name();
                self.zap_request = Some(zap::Request::new(&self.config, name, credentials));
                Ok(State::ExpectZapReply(version, mechanism))
            }
            Wants::Nothing => {
                let (properties, credentials) = mechanism.into_properties();
                self.peer = Some(self.describe(version, properties, credentials)?);
                Ok(State::Done)
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
                    self.peer = Some(Peer {
                        version,
                        routing_id,
                        properties: Vec::new(),
                        credentials: Vec::new(),
                    });
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

    fn command(
        &mut self,
        version: Version,
        mut buffer: Vec<u8>,
        mechanism: Running,
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
                return Ok(State::ExpectCommand(version, buffer, mechanism));
            };
            *rest = tail;
            buffer.push(byte);
        };
        let missing = needed.saturating_sub(buffer.len());
        let (now, later) = rest.split_at(missing.min(rest.len()));
        buffer.extend_from_slice(now);
        *rest = later;
        if buffer.len() < needed {
            return Ok(State::ExpectCommand(version, buffer, mechanism));
        }
        let header_len = frame::decode_header(&buffer).map_or(0, |h| usize::from(h.header_len));
        let body = buffer.get(header_len..).unwrap_or_default();
        let mechanism = mechanism.handle_command(body, &self.config, &mut self.out)?;
        self.proceed(version, mechanism)
    }

    fn describe(
        &self,
        version: Version,
        properties: Vec<Property>,
        credentials: Vec<Property>,
    ) -> Result<Peer, ProtocolError> {
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
        Ok(Peer { version, routing_id, properties, credentials })
    }

    /// Bytes to send now.
    pub fn poll_transmit(&self) -> &[u8] {
        self.out.get(self.sent..).unwrap_or_default()
    }

    /// `n` of them were sent.
    pub fn transmitted(&mut self, n: usize) {
        self.sent += n;
    }

    /// What to ask the authentication handler; its answer goes to [`Handshake::handle_zap_reply`].
    pub fn poll_zap_request(&mut self) -> Option<zap::Request> {
        self.zap_request.take()
    }

    /// The status with which the authentication handler refused the peer, once.
    pub fn poll_refusal(&mut self) -> Option<u16> {
        self.refused.take()
    }

    /// The peer was refused: nothing is to come but the end of the connection.
    pub fn is_refused(&self) -> bool {
        matches!(self.state, State::Refused)
    }

    /// The peer, once it is known. Bytes may still be to be sent.
    pub fn poll_peer(&mut self) -> Option<Peer> {
        self.peer.clone()
    }
}
