//! Heartbeats: PINGs that we send, and how long a silent peer counts as alive.
//!
//! The time for an answer runs from when the PING was handed to the kernel, and any traffic from
//! the peer counts as an answer, as `zmq_setsockopt(3)` promises.
//!
//! Thread: the I/O thread. Invariants: none. Counterpart: RFC 37 "PING and PONG";
//! `ZMQ_HEARTBEAT_*`.

use std::time::{Duration, Instant};

/// What the options ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeartbeatConfig {
    /// Between PINGs; zero for none.
    pub interval: Duration,
    /// For the answer.
    pub timeout: Duration,
    /// Told to the peer, tenths of a second.
    pub ttl: u16,
}

/// The state of one connection's heartbeat.
#[derive(Debug)]
pub struct Heartbeat {
    config: HeartbeatConfig,
    next_ping: Option<Instant>,
    /// The peer must have said something by then.
    answer_by: Option<Instant>,
    /// The peer asked us to give it up by then.
    ttl_by: Option<Instant>,
    ttl: Duration,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// Send a PING with this TTL; then call [`Heartbeat::ping_sent`].
    Ping(u16),
    /// Give the peer up.
    PeerDead,
}

impl Heartbeat {
    /// Starts when the handshake is done.
    pub fn new(config: HeartbeatConfig, now: Instant) -> Self {
        let next_ping = (!config.interval.is_zero()).then(|| now + config.interval);
        Self { config, next_ping, answer_by: None, ttl_by: None, ttl: Duration::ZERO }
    }

    /// The peer sent something.
    pub fn traffic(&mut self, now: Instant) {
        self.answer_by = None;
        if self.ttl_by.is_some() {
            self.ttl_by = Some(now + self.ttl);
        }
    }

    /// The peer sent a PING with this TTL, tenths of a second.
    pub fn ping_received(&mut self, ttl: u16, now: Instant) {
        if ttl > 0 {
            self.ttl = Duration::from_millis(100) * u32::from(ttl);
            self.ttl_by = Some(now + self.ttl);
        }
    }

    /// Our PING is with the kernel.
    pub fn ping_sent(&mut self, now: Instant) {
        if !self.config.timeout.is_zero() && self.answer_by.is_none() {
            self.answer_by = Some(now + self.config.timeout);
        }
    }

    /// True if, for all that is known, the peer counts as dead at `now`.
    pub fn is_overdue(&self, now: Instant) -> bool {
        [self.answer_by, self.ttl_by].into_iter().flatten().any(|at| at <= now)
    }

    /// What is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) -> Due {
        if self.is_overdue(now) {
            return Due::PeerDead;
        }
        if self.next_ping.is_some_and(|at| at <= now) {
            self.next_ping = Some(now + self.config.interval);
            return Due::Ping(self.config.ttl);
        }
        Due::Nothing
    }

    /// When to call [`Heartbeat::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.next_ping, self.answer_by, self.ttl_by].into_iter().flatten().min()
    }
}
