//! From a connected descriptor to a peer that is known.
//!
//! Thread: an I/O thread. Invariants: what came behind the handshake goes to the data path.
//! Counterpart: `stream_engine_base.cpp`, `zmtp_engine.cpp` of libzmq 4.3.5.

use std::ffi::CString;
use std::io::{self, IoSlice, Read};
use std::os::fd::AsRawFd;
use std::sync::Arc;

use crate::connection::codec::Codec;
use crate::connection::event::events;
use crate::connection::link::Loss;
use crate::msg::PeerInfo;
use crate::protocol::error::Report;
use crate::protocol::{Handshake, Peer, ProtocolError, Version};
use crate::reactor::{Cx, Registration};
use crate::sys;
use crate::transport::Stream;

use super::zap::Asking;
use super::{First, HANDSHAKE_TIMER, STOP_HANDSHAKE_FAILED, Session, State};

/// Bytes read at a time: more than any handshake has in one step.
const READ_SIZE: usize = 4096;

/// What arrives during a handshake.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// Came behind the handshake: the data path's.
    pub(super) surplus: Vec<u8>,
    /// The kernel has nothing more; an event will tell when it has.
    pub(super) is_drained: bool,
    /// No event will tell: the peer has closed.
    is_last: bool,
}

impl Input {
    fn begin_turn(&mut self, first: First, is_last: bool) {
        self.is_drained = first == First::Speak;
        self.is_last = is_last;
    }

    /// Reads what is there and hands it to the handshake.
    fn take(&mut self, stream: &Stream, handshake: &mut Handshake) -> Result<(), Loss> {
        let mut buffer = [0u8; READ_SIZE];
        match stream.socket().read(&mut buffer) {
            Ok(0) => return Err(Loss::Io(io::ErrorKind::UnexpectedEof.into())),
            Ok(n) => {
                self.is_drained = n < READ_SIZE && !self.is_last;
                let consumed = handshake.handle_input(&buffer[..n]).map_err(Loss::Fault)?;
                self.surplus.extend_from_slice(&buffer[consumed..n]);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.is_drained = true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Loss::Io(error)),
        }
        Ok(())
    }
}

impl Session {
    pub(super) fn greet(
        &mut self,
        cx: &mut Cx<'_>,
        stream: Stream,
        registration: Registration,
        first: First,
    ) {
        self.hung_up = false;
        let Some(config) = self.config.handshake.clone() else {
            let peer = PeerInfo {
                routing_id: Box::default(),
                fd: stream.as_raw_fd(),
                properties: peer_address(&stream),
            };
            return self.ready_to_work(
                cx,
                stream,
                registration,
                peer,
                Codec::Raw,
                Input::default(),
            );
        };
        let handshake = Box::new(Handshake::new(config));
        self.state = State::Handshaking {
            stream,
            registration,
            handshake,
            input: Input::default(),
            asking: None,
        };
        if !self.config.handshake_timeout.is_zero() {
            cx.set_timer(HANDSHAKE_TIMER, cx.now() + self.config.handshake_timeout);
        }
        self.take_turn(cx, first);
        // Only now: what was there already needs no event.
        if let State::Handshaking { registration, .. } = &self.state
            && let Err(error) = registration.set_read(true)
            && let State::Handshaking { stream, .. } =
                std::mem::replace(&mut self.state, State::Waiting)
        {
            self.handshake_failed(cx, stream, Loss::Io(error));
        }
    }

    pub(super) fn continue_handshake(&mut self, cx: &mut Cx<'_>) {
        self.take_turn(cx, First::Listen);
    }

    fn take_turn(&mut self, cx: &mut Cx<'_>, first: First) {
        let State::Handshaking { stream, registration, mut handshake, mut input, mut asking } =
            std::mem::replace(&mut self.state, State::Waiting)
        else {
            return;
        };
        input.begin_turn(first, self.hung_up);
        let result = self
            .authenticate(&stream, &mut handshake, &mut input.surplus, &mut asking)
            .and_then(|()| advance(&stream, &registration, &mut handshake, &mut input))
            .and_then(|peer| {
                // The input may have led to a question, and the question to an answer.
                if !self.ask(&stream, &mut handshake, &mut asking)? {
                    return Ok(peer);
                }
                advance(&stream, &registration, &mut handshake, &mut input)
            });
        if let Some(status) = handshake.poll_refusal() {
            self.report(events::HANDSHAKE_FAILED_AUTH, u64::from(status));
        }
        match result {
            // The end of the connection is all that a refused peer has left.
            Err(Loss::Io(_)) if handshake.is_refused() => {
                self.handshake_failed(cx, stream, Loss::Fault(ProtocolError::RefusedByPeer(None)));
            }
            Err(loss) => self.handshake_failed(cx, stream, loss),
            Ok(None) => {
                self.state = State::Handshaking { stream, registration, handshake, input, asking };
            }
            Ok(Some(peer)) => {
                cx.cancel_timer(HANDSHAKE_TIMER);
                // What we know of the peer, and what the handler says, comes before its own words.
                let mut properties = peer_address(&stream);
                let told = peer.credentials.iter().chain(&peer.properties);
                properties.extend(told.map(|(name, value)| (name.clone(), c_string(value))));
                let info = PeerInfo {
                    routing_id: peer.routing_id.clone().into_boxed_slice(),
                    fd: stream.as_raw_fd(),
                    properties,
                };
                let codec = match peer.version {
                    Version::V1 => Codec::V1,
                    Version::V2 | Version::V3_0 => Codec::V2,
                    Version::V3_1 => Codec::V3,
                };
                // COMPAT: libzmq takes the handshake of an old peer for none.
                if peer.version >= Version::V3_0 {
                    self.report(events::HANDSHAKE_SUCCEEDED, 0);
                }
                self.ready_to_work(cx, stream, registration, info, codec, input);
            }
        }
    }

    /// Passes the handler's reply on, if it is there.
    fn authenticate(
        &self,
        stream: &Stream,
        handshake: &mut Handshake,
        surplus: &mut Vec<u8>,
        asking: &mut Option<Box<Asking>>,
    ) -> Result<(), Loss> {
        let Some(reply) = asking.as_mut().and_then(|asking| asking.poll()) else { return Ok(()) };
        *asking = None;
        let early = handshake.handle_zap_reply(Some(&reply)).map_err(Loss::Fault)?;
        surplus.extend(early);
        self.ask(stream, handshake, asking).map(|_| ())
    }

    /// Asks the handler what the handshake wants to know. True: there is no handler, and the
    /// handshake knows it.
    fn ask(
        &self,
        stream: &Stream,
        handshake: &mut Handshake,
        asking: &mut Option<Box<Asking>>,
    ) -> Result<bool, Loss> {
        let Some(request) = handshake.poll_zap_request() else { return Ok(false) };
        let Some((writer, reader)) = self.owner.ask_handler(Arc::new(self.signal.clone())) else {
            handshake.handle_zap_reply(None).map_err(Loss::Fault)?;
            return Ok(true);
        };
        let frames = request.frames(&stream.peer_address());
        *asking = Some(Box::new(Asking::new(writer, reader, &frames)));
        Ok(false)
    }

    pub(super) fn handshake_failed(&mut self, cx: &mut Cx<'_>, stream: Stream, loss: Loss) {
        cx.cancel_timer(HANDSHAKE_TIMER);
        match &loss {
            Loss::Io(error) => {
                let errno = match error.kind() {
                    io::ErrorKind::UnexpectedEof => libc::EPIPE,
                    _ => error.raw_os_error().unwrap_or(libc::EIO),
                };
                self.report(events::HANDSHAKE_FAILED_NO_DETAIL, errno as u64);
            }
            Loss::Fault(fault) => self.report_fault(*fault),
        }
        self.report(events::DISCONNECTED, stream.as_raw_fd() as u64);
        drop(stream);
        // COMPAT: a peer that breaks the protocol, or that we cannot talk to, is not tried again.
        if self.target.is_none() || matches!(loss, Loss::Fault(_)) {
            return self.finish(cx);
        }
        let stop = self.config.reconnect_ivl <= 0
            || self.config.reconnect_stop & STOP_HANDSHAKE_FAILED != 0;
        if stop { self.give_up(cx) } else { self.retry_later(cx) }
    }

    fn report_fault(&self, fault: ProtocolError) {
        match fault.report() {
            Report::Nothing => {}
            Report::Refused(status) => {
                self.report(events::HANDSHAKE_FAILED_AUTH, u64::from(status));
            }
            Report::NoDetail(errno) => {
                self.report(events::HANDSHAKE_FAILED_NO_DETAIL, errno as u64);
            }
            Report::Protocol(code) => {
                self.report(events::HANDSHAKE_FAILED_PROTOCOL, u64::from(code));
            }
        }
    }
}

/// Moves bytes both ways until the peer is known or the kernel would block.
fn advance(
    stream: &Stream,
    registration: &Registration,
    handshake: &mut Handshake,
    input: &mut Input,
) -> Result<Option<Peer>, Loss> {
    loop {
        if !input.is_drained && handshake.poll_peer().is_none() {
            input.take(stream, handshake)?;
        }
        let all_sent = transmit(stream, registration, handshake)?;
        if let Some(peer) = handshake.poll_peer() {
            return Ok(all_sent.then_some(peer));
        }
        if input.is_drained {
            return Ok(None);
        }
    }
}

/// Sends what the handshake has to say; false if the kernel takes no more for now.
fn transmit(
    stream: &Stream,
    registration: &Registration,
    handshake: &mut Handshake,
) -> Result<bool, Loss> {
    loop {
        let pending = handshake.poll_transmit();
        if pending.is_empty() {
            registration.set_write(false).map_err(Loss::Io)?;
            return Ok(true);
        }
        match sys::io::send(stream, &[IoSlice::new(pending)]) {
            Ok(n) => handshake.transmitted(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                registration.set_write(true).map_err(Loss::Io)?;
                return Ok(false);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Loss::Io(error)),
        }
    }
}

fn peer_address(stream: &Stream) -> Vec<(String, CString)> {
    let address = stream.peer_address();
    if address.is_empty() {
        return Vec::new();
    }
    vec![("Peer-Address".to_owned(), c_string(address.as_bytes()))]
}

/// A property's value as C sees it: up to its first zero.
fn c_string(value: &[u8]) -> CString {
    let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
    CString::new(&value[..end]).unwrap_or_default()
}
