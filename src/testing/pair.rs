//! Two ends of the protocol, joined by wires of bytes and a virtual clock.
//!
//! Thread: a test's own. Invariants: bytes are neither lost nor reordered, except where a test cuts
//! a wire. Counterpart: none.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::msg::frame;
use crate::protocol::command::{self, Command};
use crate::protocol::heartbeat::{Due, Heartbeat, HeartbeatConfig};
use crate::protocol::{Config, Handshake, Mechanism, Peer, ProtocolError, SocketType};

use super::VirtualClock;

/// A plain configuration for a socket of type `kind`.
pub fn config(kind: SocketType, routing_id: &[u8]) -> Config {
    Config {
        socket_type: kind,
        routing_id: routing_id.to_vec(),
        metadata: Vec::new(),
        mechanism: Mechanism::Null,
        zap_domain: Vec::new(),
        zap_enforce_domain: false,
    }
}

/// One end.
#[derive(Debug)]
pub struct Side {
    handshake: Handshake,
    heartbeat: Option<Heartbeat>,
    /// Set when the handshake is over, well or badly.
    pub outcome: Option<Result<Peer, ProtocolError>>,
    /// On its way to this end.
    inbox: VecDeque<u8>,
    /// Arrived and not understood yet.
    input: Vec<u8>,
    /// What this end wants to send; the handshake's bytes are moved here.
    out: Vec<u8>,
    /// Commands that came in after the handshake: PINGs and PONGs as `true` and `false`.
    pub pings: Vec<(Duration, bool)>,
    /// When this end gave the other one up.
    pub gave_up: Option<Duration>,
    /// This end answers nothing any more, as a process that was stopped.
    pub hung: bool,
    /// This end reads nothing any more, but still sends.
    pub deaf: bool,
}

impl Side {
    fn new(config: Config) -> Self {
        Self {
            handshake: Handshake::new(config),
            heartbeat: None,
            outcome: None,
            inbox: VecDeque::new(),
            input: Vec::new(),
            out: Vec::new(),
            pings: Vec::new(),
            gave_up: None,
            hung: false,
            deaf: false,
        }
    }

    /// The peer that the handshake found.
    ///
    /// # Panics
    /// If there is none.
    pub fn peer(&self) -> &Peer {
        match &self.outcome {
            Some(Ok(peer)) => peer,
            other => panic!("no peer: {other:?}"),
        }
    }

    fn take_handshake_output(&mut self) {
        let pending = self.handshake.poll_transmit().to_vec();
        self.handshake.transmitted(pending.len());
        self.out.extend(pending);
    }

    fn receive(&mut self, now: Instant, elapsed: Duration) {
        if self.hung || self.deaf {
            return;
        }
        if !self.inbox.is_empty()
            && let Some(heartbeat) = &mut self.heartbeat
        {
            heartbeat.traffic(now);
        }
        self.input.extend(self.inbox.drain(..));
        if self.outcome.is_none() {
            match self.handshake.handle_input(&self.input) {
                Ok(consumed) => {
                    self.input.drain(..consumed);
                }
                Err(error) => self.outcome = Some(Err(error)),
            }
            self.take_handshake_output();
            if let (None, Some(peer)) = (&self.outcome, self.handshake.poll_peer()) {
                self.outcome = Some(Ok(peer));
            }
        }
        if matches!(self.outcome, Some(Ok(_))) {
            self.commands(now, elapsed);
        }
    }

    fn commands(&mut self, now: Instant, elapsed: Duration) {
        while let Some(header) = frame::decode_header(&self.input) {
            let body = usize::from(header.header_len);
            let end = body + header.body_len as usize;
            if self.input.len() < end {
                return;
            }
            let rest = self.input.split_off(end);
            let frame = std::mem::replace(&mut self.input, rest);
            if header.flags & frame::COMMAND == 0 {
                continue;
            }
            match command::parse(&frame[body..]) {
                Some(Command::Ping { ttl, context }) => {
                    self.pings.push((elapsed, true));
                    if let Some(heartbeat) = &mut self.heartbeat {
                        heartbeat.ping_received(ttl, now);
                    }
                    command::append_pong(&mut self.out, context);
                }
                Some(Command::Pong(_)) => self.pings.push((elapsed, false)),
                _ => {}
            }
        }
    }

    fn due(&mut self, now: Instant, elapsed: Duration) {
        let Some(heartbeat) = &mut self.heartbeat else { return };
        if self.hung || self.gave_up.is_some() {
            return;
        }
        match heartbeat.handle_timeout(now) {
            Due::Nothing => {}
            Due::Ping(ttl) => {
                command::append_ping(&mut self.out, ttl);
                heartbeat.ping_sent(now);
            }
            Due::PeerDead => self.gave_up = Some(elapsed),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.hung || self.gave_up.is_some() {
            return None;
        }
        self.heartbeat.as_ref()?.poll_timeout()
    }
}

/// Two ends, `a` and `b`.
#[derive(Debug)]
pub struct Pair {
    /// The time that both live in.
    pub clock: VirtualClock,
    /// One end.
    pub a: Side,
    /// The other.
    pub b: Side,
    /// Bytes that a wire carries at a time.
    pub chunk: usize,
    /// What either side sends is lost from here on.
    pub cut: bool,
}

impl Pair {
    /// Joins two ends; nothing has been sent.
    pub fn new(a: Config, b: Config) -> Self {
        let (a, b) = (Side::new(a), Side::new(b));
        Self { clock: VirtualClock::new(), a, b, chunk: usize::MAX, cut: false }
    }

    /// Both ends have heartbeats from here on.
    pub fn start_heartbeats(&mut self, a: HeartbeatConfig, b: HeartbeatConfig) {
        self.a.heartbeat = Some(Heartbeat::new(a, self.clock.now()));
        self.b.heartbeat = Some(Heartbeat::new(b, self.clock.now()));
    }

    /// `a` sends a message's frame.
    pub fn send_from_a(&mut self, body: &[u8]) {
        self.a.out.extend(super::encode_frame(0, body));
    }

    /// Carries bytes both ways until both are silent.
    pub fn settle(&mut self) {
        self.a.take_handshake_output();
        self.b.take_handshake_output();
        loop {
            let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
            let mut moved = false;
            moved |= carry(&mut self.a, &mut self.b, self.chunk, self.cut);
            self.b.receive(now, elapsed);
            moved |= carry(&mut self.b, &mut self.a, self.chunk, self.cut);
            self.a.receive(now, elapsed);
            if !moved {
                return;
            }
        }
    }

    /// Lets `span` pass, stopping at each deadline of the two ends on the way.
    pub fn run_for(&mut self, span: Duration) {
        let end = self.clock.now() + span;
        self.settle();
        loop {
            let next = [self.a.poll_timeout(), self.b.poll_timeout()].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= end) else { break };
            self.clock.advance_to(at);
            let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
            self.a.due(now, elapsed);
            self.b.due(now, elapsed);
            self.settle();
        }
        self.clock.advance_to(end);
    }
}

fn carry(from: &mut Side, to: &mut Side, chunk: usize, cut: bool) -> bool {
    let n = from.out.len().min(chunk);
    let bytes = from.out.drain(..n);
    if cut {
        drop(bytes);
    } else {
        to.inbox.extend(bytes);
    }
    n > 0
}
