//! The life of one peer on its I/O thread: (resolve, connect,) greet, work, and start over or end.
//!
//! ```text
//! connecting: Waiting -> Resolving -> Connecting -> Handshaking -> Ready -> Waiting ...
//! accepted:                                         Handshaking -> Ready -> gone
//! ```
//!
//! Thread: an I/O thread. Invariants: an accepted peer gets a pipe only when its handshake is done;
//! a connecting session keeps its pipe over all its connections (unless `ZMQ_IMMEDIATE`).
//! Counterpart: `session_base.cpp`, `stream_connecter_base.cpp`, `zmtp_engine.cpp` of libzmq 4.3.5.

use std::any::Any;
use std::ffi::CString;
use std::io::{self, IoSlice, Read};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Errno, Result};
use crate::msg::PeerInfo;
use crate::pipe::{
    self, End, Filler, Marks, PortSignal, Rx, Thresholds, Tx,
};
use crate::protocol::error::Report;
use crate::protocol::heartbeat::{Due, Heartbeat};
use crate::protocol::{Handshake, Peer, ProtocolError, Version};
use crate::reactor::{Cx, Handler, Registration, Remote};
use crate::sync::{AtomicBool, Ordering};
use crate::sys;
use crate::transport::tcp::Connecting;
use crate::transport::{IpcAddress, Stream, TcpAddress, address, ipc, resolve, tcp};

use super::codec::Codec;
use super::event::{Event, events};
use super::link::{Conn, Link, Loss, PATIENCE, SessionSignal, notices};
use super::receive::{RxSide, Sink};
use super::transmit::{Source, TxSide};
use super::{Immediate, NewPipe, Owner, SessionConfig};

const RECONNECT_TIMER: u8 = 0;
const HANDSHAKE_TIMER: u8 = 1;
const HEARTBEAT_TIMER: u8 = 2;
const LINGER_TIMER: u8 = 3;
const WATCH_TIMER: u8 = 4;
const CONNECT_TIMER: u8 = 5;

/// Rounds of reading per turn, so that other sessions have theirs.
const RECEIVE_BUDGET: usize = 16;

const STOP_CONN_REFUSED: i32 = 1;
const STOP_HANDSHAKE_FAILED: i32 = 2;
const STOP_AFTER_DISCONNECT: i32 = 4;

/// Keeps the context from ending while a session lives.
pub type Guard = Arc<dyn Any + Send + Sync>;

/// Where to connect to.
#[derive(Clone, Debug)]
pub enum Target {
    /// TCP.
    Tcp(TcpAddress),
    /// Unix domain.
    Ipc(IpcAddress),
}

/// Begins a session that connects, and its pipe if it gets one at once.
pub fn connect(
    target: Target,
    endpoint: String,
    config: Arc<SessionConfig>,
    owner: &Arc<dyn Owner>,
    remote: &Remote,
    guard: Guard,
) -> (Arc<Link>, Option<NewPipe>) {
    remote.spawn(|token| {
        let signal = SessionSignal { remote: remote.clone(), token };
        let with_pipe = config.immediate == Immediate::AtConnect;
        let (end, tx, rx) = if with_pipe {
            let (end, tx, rx) = make_pipe(&config, owner, &signal);
            (Some(end), tx, rx)
        } else {
            (None, TxSide::new(Source::None), RxSide::new(Sink::None, config.max_msg_size))
        };
        let link = Link::new(remote.clone(), token, tx, rx, None);
        let pipe = end.map(|end| NewPipe {
            end,
            link: Arc::clone(&link),
            locally_initiated: true,
        });
        let session = Session {
            link: Arc::clone(&link),
            owner: Arc::clone(owner),
            signal,
            target: Some(target),
            state: State::Waiting,
            has_pipe: with_pipe,
            interval: config.reconnect_ivl,
            config,
            heartbeat: None,
            seen_received: 0,
            seen_flushes: 0,
            seen_visits: 0,
            closing: false,
            local: String::new(),
            remote: endpoint,
            listener_closed: None,
            was_ready: false,
            _guard: guard,
        };
        (Box::new(session), (link, pipe))
    })
}

/// Begins a session over a connection that was accepted.
pub(super) fn accept(
    stream: Stream,
    config: Arc<SessionConfig>,
    owner: Arc<dyn Owner>,
    remote: &Remote,
    guard: Guard,
    listener_closed: Arc<AtomicBool>,
    local: &str,
) {
    remote.spawn(|token| {
        let tx = TxSide::new(Source::None);
        let rx = RxSide::new(Sink::None, config.max_msg_size);
        let listener = Some(Arc::clone(&listener_closed));
        let link = Link::new(remote.clone(), token, tx, rx, listener);
        let remote_endpoint = stream.remote_endpoint();
        let session = Session {
            link,
            owner,
            signal: SessionSignal { remote: remote.clone(), token },
            target: None,
            state: State::Accepted(Some(stream)),
            has_pipe: false,
            interval: 0,
            config,
            heartbeat: None,
            seen_received: 0,
            seen_flushes: 0,
            seen_visits: 0,
            closing: false,
            local: local.to_owned(),
            remote: remote_endpoint,
            listener_closed: Some(listener_closed),
            was_ready: false,
            _guard: guard,
        };
        (Box::new(session), ())
    });
}

fn make_pipe(
    config: &SessionConfig,
    owner: &Arc<dyn Owner>,
    signal: &SessionSignal,
) -> (End, TxSide, RxSide) {
    let port = owner.port();
    let to_socket = Arc::new(PortSignal(Arc::clone(&port)));
    let to_session: Arc<dyn pipe::Signal> = Arc::new(signal.clone());
    if config.conflate {
        let (tx, source) = pipe::latest(Arc::clone(&to_session));
        let (sink, rx) = pipe::latest(to_socket);
        let end = End::new(Tx::Latest(tx), Rx::Latest(rx), port);
        return (
            end,
            TxSide::new(Source::Latest(source)),
            RxSide::new(Sink::Latest(sink), config.max_msg_size),
        );
    }
    let (tx, source) = pipe::outbound(
        Arc::clone(&to_session),
        to_socket.clone(),
        Marks { writer: Some(config.sndhwm), reader: None },
    );
    let (sink, rx) = pipe::queue(
        to_socket,
        to_session,
        Marks { writer: None, reader: Some(config.rcvhwm) },
        Thresholds::NETWORK,
    );
    let end = End::new(Tx::Queue(tx), Rx::Queue(rx), port);
    (
        end,
        TxSide::new(Source::Flusher(source)),
        RxSide::new(Sink::Filler(Filler::new(sink)), config.max_msg_size),
    )
}

struct Session {
    link: Arc<Link>,
    config: Arc<SessionConfig>,
    owner: Arc<dyn Owner>,
    signal: SessionSignal,
    /// None for accepted peers.
    target: Option<Target>,
    state: State,
    has_pipe: bool,
    /// Before the next attempt, milliseconds.
    interval: i32,
    heartbeat: Option<Heartbeat>,
    seen_received: u32,
    seen_flushes: u32,
    seen_visits: u32,
    /// The socket is closed; what it wrote is still to be sent.
    closing: bool,
    local: String,
    remote: String,
    listener_closed: Option<Arc<AtomicBool>>,
    was_ready: bool,
    _guard: Guard,
}

enum State {
    /// For the next attempt to connect.
    Waiting,
    /// For the name.
    Resolving(Arc<Mutex<Option<Result<Vec<SocketAddr>>>>>),
    /// For the kernel; other addresses of the name to try after this one.
    Connecting { stream: Stream, registration: Registration, others: Vec<SocketAddr> },
    /// Just taken in.
    Accepted(Option<Stream>),
    Handshaking {
        stream: Stream,
        registration: Registration,
        handshake: Handshake,
        /// Came behind the handshake: the data path's.
        surplus: Vec<u8>,
    },
    Ready,
    /// Reconnecting was given up; what remains is to wait for the socket.
    Idle,
}

impl Session {
    // Connecting.

    fn start_connecting(&mut self, cx: &mut Cx<'_>) {
        match self.target.clone() {
            None => cx.remove(),
            Some(Target::Ipc(target)) => {
                let result = ipc::connect(&target, &self.config.transport);
                self.connecting(cx, result, Vec::new());
            }
            Some(Target::Tcp(target)) => {
                let place = Arc::new(Mutex::new(None));
                let (inside, signal) = (Arc::clone(&place), self.signal.clone());
                self.state = State::Resolving(place);
                let done = move |result| {
                    *inside.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                    signal.remote.notify(signal.token, notices::RESOLVED);
                };
                resolve::resolve(
                    &target.host,
                    target.port,
                    self.config.transport.ipv6,
                    Box::new(done),
                );
            }
        }
    }

    fn resolved(&mut self, cx: &mut Cx<'_>) {
        let State::Resolving(place) = &self.state else { return };
        let result = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        match result {
            None => {}
            Some(Ok(mut addresses)) => {
                addresses.reverse();
                self.try_next(cx, addresses, Errno::EINVAL);
            }
            Some(Err(_)) => self.retry_later(cx),
        }
    }

    /// Tries the addresses from the last to the first.
    fn try_next(&mut self, cx: &mut Cx<'_>, mut addresses: Vec<SocketAddr>, last: Errno) {
        let Some(address) = addresses.pop() else {
            return self.connect_failed(cx, last);
        };
        let source = match &self.target {
            Some(Target::Tcp(TcpAddress { source: Some((host, port)), .. })) => {
                resolve::numeric(host, *port, self.config.transport.ipv6).or_else(|| {
                    sys::net::interface_address(host, self.config.transport.ipv6)
                        .map(|ip| SocketAddr::new(ip, *port))
                })
            }
            _ => None,
        };
        self.remote = address::display_tcp(&address);
        let result = tcp::connect(address, source, &self.config.transport);
        self.connecting(cx, result, addresses);
    }

    fn connecting(
        &mut self,
        cx: &mut Cx<'_>,
        result: Result<Connecting>,
        others: Vec<SocketAddr>,
    ) {
        let Connecting { stream, in_progress } = match result {
            Ok(connecting) => connecting,
            Err(errno) if others.is_empty() => return self.connect_failed(cx, errno),
            Err(errno) => return self.try_next(cx, others, errno),
        };
        let registration = cx.registration(&stream);
        if !in_progress {
            return self.connected(cx, stream, registration);
        }
        if let Err(error) = registration.set_write(true) {
            return self.connect_failed(cx, error.into());
        }
        self.report(events::CONNECT_DELAYED, libc::EINPROGRESS as u64);
        self.state = State::Connecting { stream, registration, others };
        if !self.config.connect_timeout.is_zero() {
            cx.set_timer(CONNECT_TIMER, cx.now() + self.config.connect_timeout);
        }
    }

    /// The kernel is through with connecting.
    fn connect_finished(&mut self, cx: &mut Cx<'_>, timed_out: bool) {
        let State::Connecting { stream, registration, others } =
            std::mem::replace(&mut self.state, State::Waiting)
        else {
            return;
        };
        cx.cancel_timer(CONNECT_TIMER);
        // The descriptor is closed or registered anew below.
        let _ = registration.clear();
        let result = if timed_out {
            Err(io::Error::from_raw_os_error(libc::ETIMEDOUT))
        } else {
            stream.connect_error()
        };
        match result {
            Ok(()) => self.connected(cx, stream, registration),
            Err(error) => {
                self.report(events::CLOSED, stream.as_raw_fd() as u64);
                drop(stream);
                let errno = error.into();
                if others.is_empty() {
                    self.connect_failed(cx, errno);
                } else {
                    self.try_next(cx, others, errno);
                }
            }
        }
    }

    fn connect_failed(&mut self, cx: &mut Cx<'_>, errno: Errno) {
        self.state = State::Waiting;
        let refused = errno == Errno::ECONNREFUSED;
        if refused && self.config.reconnect_stop & STOP_CONN_REFUSED != 0 {
            self.give_up(cx);
        } else {
            self.retry_later(cx);
        }
    }

    fn retry_later(&mut self, cx: &mut Cx<'_>) {
        self.state = State::Waiting;
        if self.closing && self.is_drained() {
            return self.finish(cx);
        }
        let ivl = self.config.reconnect_ivl;
        if ivl <= 0 {
            return self.give_up(cx);
        }
        // Jitter keeps many clients from coming back at the same moment.
        let jitter = random_below(ivl);
        let wait = self.interval.saturating_add(jitter);
        if self.config.reconnect_ivl_max > ivl {
            self.interval =
                self.interval.saturating_mul(2).min(self.config.reconnect_ivl_max);
        }
        self.report(events::CONNECT_RETRIED, wait as u64);
        cx.set_timer(RECONNECT_TIMER, cx.now() + Duration::from_millis(wait as u64));
    }

    /// No more connections: the socket may still take the session down.
    fn give_up(&mut self, cx: &mut Cx<'_>) {
        self.state = State::Idle;
        if self.closing {
            self.finish(cx);
        }
    }

    fn connected(&mut self, cx: &mut Cx<'_>, stream: Stream, registration: Registration) {
        self.local = stream.local_endpoint();
        self.report(events::CONNECTED, stream.as_raw_fd() as u64);
        self.greet(cx, stream, registration);
    }

    // Handshake.

    fn greet(&mut self, cx: &mut Cx<'_>, stream: Stream, registration: Registration) {
        let Some(config) = self.config.handshake.clone() else {
            let peer = PeerInfo {
                routing_id: Box::default(),
                fd: stream.as_raw_fd(),
                properties: peer_address(&stream),
            };
            return self.ready_to_work(cx, stream, registration, peer, Codec::Raw, &[]);
        };
        if let Err(error) = registration.set_read(true) {
            return self.handshake_failed(cx, stream, Loss::Io(error));
        }
        let handshake = Handshake::new(config);
        self.state =
            State::Handshaking { stream, registration, handshake, surplus: Vec::new() };
        if !self.config.handshake_timeout.is_zero() {
            cx.set_timer(HANDSHAKE_TIMER, cx.now() + self.config.handshake_timeout);
        }
        self.continue_handshake(cx);
    }

    fn continue_handshake(&mut self, cx: &mut Cx<'_>) {
        let State::Handshaking { stream, registration, mut handshake, mut surplus } =
            std::mem::replace(&mut self.state, State::Waiting)
        else {
            return;
        };
        let result = advance(&stream, &registration, &mut handshake, &mut surplus);
        match result {
            Err(loss) => self.handshake_failed(cx, stream, loss),
            Ok(None) => {
                self.state = State::Handshaking { stream, registration, handshake, surplus };
            }
            Ok(Some(peer)) => {
                cx.cancel_timer(HANDSHAKE_TIMER);
                let mut properties: Vec<(String, CString)> = peer
                    .properties
                    .iter()
                    .map(|(name, value)| (name.clone(), c_string(value)))
                    .collect();
                properties.extend(peer_address(&stream));
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
                self.report(events::HANDSHAKE_SUCCEEDED, 0);
                self.ready_to_work(cx, stream, registration, info, codec, &surplus);
            }
        }
    }

    fn handshake_failed(&mut self, cx: &mut Cx<'_>, stream: Stream, loss: Loss) {
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
        if self.target.is_none() {
            return cx.remove();
        }
        if self.config.reconnect_stop & STOP_HANDSHAKE_FAILED != 0 {
            return self.give_up(cx);
        }
        self.retry_later(cx);
    }

    fn report_fault(&self, fault: ProtocolError) {
        match fault.report() {
            Report::NoDetail(errno) => {
                self.report(events::HANDSHAKE_FAILED_NO_DETAIL, errno as u64);
            }
            Report::Protocol(code) => {
                self.report(events::HANDSHAKE_FAILED_PROTOCOL, u64::from(code));
            }
        }
    }

    // Work.

    fn ready_to_work(
        &mut self,
        cx: &mut Cx<'_>,
        stream: Stream,
        registration: Registration,
        peer: PeerInfo,
        codec: Codec,
        surplus: &[u8],
    ) {
        let gone = self.listener_closed.as_ref().is_some_and(|gone| gone.load(Ordering::Acquire));
        if gone {
            return cx.remove();
        }
        let conn = Arc::new(Conn { stream, registration, peer: Arc::new(peer) });
        let mut new_end = None;
        {
            let mut tx = self.link.tx.hold();
            let mut rx = self.link.rx.hold();
            if !self.has_pipe {
                let (end, new_tx, new_rx) = make_pipe(&self.config, &self.owner, &self.signal);
                (*tx, *rx) = (new_tx, new_rx);
                new_end = Some(end);
                self.has_pipe = true;
            }
            tx.begin(Arc::clone(&conn), codec, self.config.hiccups());
            rx.begin(Arc::clone(&conn), codec, surplus);
            if codec == Codec::Raw && self.config.notify {
                rx.inject(&[]);
            }
            if codec == Codec::V1 && self.config.publishes() {
                // Such a peer cannot subscribe; it filters by itself.
                rx.inject(&[1]);
            }
            if self.was_ready && self.config.hiccups() {
                rx.hiccup();
            }
            self.link.reset(Some(&conn));
        }
        self.was_ready = true;
        self.state = State::Ready;
        self.interval = self.config.reconnect_ivl;
        if let Some(end) = new_end {
            self.owner.attach(NewPipe {
                end,
                link: Arc::clone(&self.link),
                locally_initiated: self.target.is_some(),
            });
        }
        self.heartbeat = (!self.config.is_raw())
            .then(|| Heartbeat::new(self.config.heartbeat, cx.now()));
        self.seen_received = self.link.received();
        self.schedule_heartbeat(cx);
        // What was written before the connection was there.
        self.link.flush(None);
        if let Err(error) = conn.registration.set_read(true) {
            self.link.lost(Loss::Io(error));
        }
        self.receive(cx);
        if self.closing {
            self.finish_if_drained(cx);
        }
    }

    fn receive(&self, cx: &mut Cx<'_>) {
        if self.link.receive_io(RECEIVE_BUDGET) {
            cx.again(true, false);
        }
    }

    fn schedule_heartbeat(&self, cx: &mut Cx<'_>) {
        match self.heartbeat.as_ref().and_then(Heartbeat::poll_timeout) {
            Some(at) => cx.set_timer(HEARTBEAT_TIMER, at),
            None => cx.cancel_timer(HEARTBEAT_TIMER),
        }
    }

    fn heartbeat_due(&mut self, cx: &mut Cx<'_>) {
        let Some(heartbeat) = &mut self.heartbeat else { return };
        // The application may own the reading and be busy: see for ourselves.
        if heartbeat.is_overdue(cx.now()) {
            self.link.take_back();
            self.link.receive_io(1);
        }
        let received = self.link.received();
        if received != self.seen_received {
            self.seen_received = received;
            heartbeat.traffic(cx.now());
        }
        match heartbeat.handle_timeout(cx.now()) {
            Due::Nothing => {}
            Due::Ping(ttl) => {
                self.link.send_command(|out| crate::protocol::command::append_ping(out, ttl));
                self.link.flush(None);
                if !self.link.is_full() {
                    heartbeat.ping_sent(cx.now());
                }
            }
            Due::PeerDead => {
                let timeout = io::Error::from_raw_os_error(libc::ETIMEDOUT);
                self.link.lost(Loss::Io(timeout));
            }
        }
        self.schedule_heartbeat(cx);
    }

    /// The connection ended, by the peer or by an error.
    fn disconnected(&mut self, cx: &mut Cx<'_>) {
        let Some(loss) = self.link.take_loss() else { return };
        if !matches!(self.state, State::Ready) {
            return;
        }
        self.heartbeat = None;
        cx.cancel_timer(HEARTBEAT_TIMER);
        cx.cancel_timer(WATCH_TIMER);
        let keeps_pipe =
            self.target.is_some() && self.config.immediate == Immediate::AtConnect
                && !self.config.is_raw();
        let conn = {
            let mut tx = self.link.tx.hold();
            let mut rx = self.link.rx.hold();
            self.link.reset(None);
            if self.config.is_raw() && self.config.notify {
                rx.inject(&[]);
            }
            rx.end();
            let conn = tx.end();
            if !keeps_pipe {
                tx.source = Source::None;
                rx.sink = Sink::None;
                self.has_pipe = false;
            }
            conn
        };
        if let Loss::Fault(fault) = loss {
            self.report_fault(fault);
        }
        if let Some(conn) = conn {
            // The descriptor is closed when the last who used it is done.
            let _ = conn.registration.clear();
            self.report(events::DISCONNECTED, conn.stream.as_raw_fd() as u64);
        }
        if self.target.is_none() || self.closing && !keeps_pipe {
            return self.finish(cx);
        }
        if self.config.reconnect_stop & STOP_AFTER_DISCONNECT != 0 {
            return self.give_up(cx);
        }
        self.retry_later(cx);
    }

    // The end.

    fn close(&mut self, cx: &mut Cx<'_>) {
        self.closing = true;
        let linger = self.link.linger.load(Ordering::Relaxed);
        if linger == 0 || !self.has_pipe {
            return self.finish(cx);
        }
        if linger > 0 {
            cx.set_timer(LINGER_TIMER, cx.now() + Duration::from_millis(linger as u64));
        }
        if matches!(self.state, State::Idle) {
            return self.finish(cx);
        }
        self.link.flush(None);
        self.finish_if_drained(cx);
    }

    fn is_drained(&self) -> bool {
        self.link.tx.hold().is_finished()
    }

    fn finish_if_drained(&mut self, cx: &mut Cx<'_>) {
        if self.closing && self.is_drained() {
            self.finish(cx);
        }
    }

    fn finish(&mut self, cx: &mut Cx<'_>) {
        let conn = {
            let mut tx = self.link.tx.hold();
            let mut rx = self.link.rx.hold();
            self.link.reset(None);
            rx.end();
            let conn = tx.end();
            tx.source = Source::None;
            rx.sink = Sink::None;
            conn
        };
        if let Some(conn) = conn {
            let _ = conn.registration.clear();
        }
        self.state = State::Idle;
        cx.remove();
    }

    fn report(&self, kind: u16, value: u64) {
        self.owner.event(Event {
            kind,
            value,
            local: self.local.clone(),
            remote: self.remote.clone(),
            bound: self.target.is_none(),
        });
    }
}

impl Handler for Session {
    fn start(&mut self, cx: &mut Cx<'_>) {
        match &mut self.state {
            State::Accepted(stream) => {
                let Some(stream) = stream.take() else { return cx.remove() };
                let registration = cx.registration(&stream);
                self.greet(cx, stream, registration);
            }
            _ => self.start_connecting(cx),
        }
    }

    fn ready(&mut self, cx: &mut Cx<'_>, readable: bool, writable: bool) {
        match &self.state {
            State::Connecting { .. } => self.connect_finished(cx, false),
            State::Handshaking { .. } => self.continue_handshake(cx),
            State::Ready => {
                if writable {
                    self.link.writable();
                    if self.closing {
                        self.finish_if_drained(cx);
                    }
                }
                if readable {
                    self.receive(cx);
                }
            }
            State::Waiting | State::Resolving(_) | State::Accepted(_) | State::Idle => {}
        }
    }

    fn timer(&mut self, cx: &mut Cx<'_>, id: u8) {
        match id {
            RECONNECT_TIMER => self.start_connecting(cx),
            HANDSHAKE_TIMER => {
                if let State::Handshaking { stream, .. } =
                    std::mem::replace(&mut self.state, State::Waiting)
                {
                    let timeout = io::Error::from_raw_os_error(libc::ETIMEDOUT);
                    self.handshake_failed(cx, stream, Loss::Io(timeout));
                }
            }
            HEARTBEAT_TIMER => self.heartbeat_due(cx),
            LINGER_TIMER => self.finish(cx),
            WATCH_TIMER => {
                if self.link.look_after(&mut self.seen_visits) {
                    cx.set_timer(WATCH_TIMER, cx.now() + PATIENCE);
                }
            }
            CONNECT_TIMER => self.connect_finished(cx, true),
            _ => {}
        }
    }

    fn notice(&mut self, cx: &mut Cx<'_>, bits: u32) {
        if bits & notices::BROKEN != 0 {
            self.disconnected(cx);
        }
        if bits & notices::RESOLVED != 0 {
            self.resolved(cx);
        }
        if bits & notices::TTL != 0 {
            let ttl = self.link.peer_ttl();
            if let Some(heartbeat) = &mut self.heartbeat {
                heartbeat.ping_received(ttl, cx.now());
            }
            self.schedule_heartbeat(cx);
        }
        if bits & notices::WATCH != 0 {
            cx.set_timer(WATCH_TIMER, cx.now() + PATIENCE);
        }
        if bits & notices::RESUME != 0 && matches!(self.state, State::Ready) {
            self.link.flush(None);
            self.receive(cx);
        }
        if bits & notices::CLOSE != 0 {
            self.close(cx);
        }
    }

    fn tick(&mut self, cx: &mut Cx<'_>) -> bool {
        let go_on = self.link.tick(&mut self.seen_flushes);
        if self.closing {
            self.finish_if_drained(cx);
        }
        go_on
    }
}

/// Moves bytes both ways until the peer is known or the kernel would block.
fn advance(
    stream: &Stream,
    registration: &Registration,
    handshake: &mut Handshake,
    surplus: &mut Vec<u8>,
) -> std::result::Result<Option<Peer>, Loss> {
    let mut buffer = [0u8; 4096];
    loop {
        loop {
            let pending = handshake.poll_transmit();
            if pending.is_empty() {
                registration.set_write(false).map_err(Loss::Io)?;
                break;
            }
            match sys::io::send(stream, &[IoSlice::new(pending)]) {
                Ok(n) => handshake.transmitted(n),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    registration.set_write(true).map_err(Loss::Io)?;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Loss::Io(error)),
            }
        }
        if let Some(peer) = handshake.poll_peer() {
            if handshake.poll_transmit().is_empty() {
                return Ok(Some(peer));
            }
            return Ok(None);
        }
        match (&*stream.socket()).read(&mut buffer) {
            Ok(0) => return Err(Loss::Io(io::ErrorKind::UnexpectedEof.into())),
            Ok(n) => {
                let consumed = handshake.handle_input(&buffer[..n]).map_err(Loss::Fault)?;
                surplus.extend_from_slice(&buffer[consumed..n]);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
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

/// Good enough to spread reconnects.
fn random_below(limit: i32) -> i32 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random % limit.max(1) as u64) as i32
}
