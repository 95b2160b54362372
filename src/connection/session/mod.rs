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

mod closing;
mod connecting;
mod handshaking;
mod working;
mod zap;

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::error::Result;
use crate::pipe::{self, End, Filler, Marks, PortSignal, Rx, Thresholds, Tx};
use crate::protocol::heartbeat::Heartbeat;
use crate::protocol::{Handshake, SocketType};
use crate::reactor::{Cx, Handler, Look, Registration, Remote};
use crate::sync::AtomicBool;
use crate::transport::{IpcAddress, Stream, TcpAddress};

use handshaking::Input;
use zap::Asking;

use super::event::Event;
use super::link::{Link, Loss, Origin, SessionSignal, Watch, notices};
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
        let pipe = end.map(|end| NewPipe { end, link: Arc::clone(&link), locally_initiated: true });
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
            watch: Watch::default(),
            closing: false,
            local: String::new(),
            remote: endpoint,
            listener_closed: None,
            was_ready: false,
            hung_up: false,
            _guard: guard,
        };
        (Box::new(session), (link, pipe))
    })
}

/// A connection that a listener took in.
pub(super) struct Arrival {
    pub(super) stream: Stream,
    pub(super) guard: Guard,
    pub(super) origin: Origin,
    /// The listener's endpoint, and the peer's.
    pub(super) local: String,
    pub(super) remote: String,
}

/// Begins a session over a connection that was taken in, on the I/O thread of `remote`.
pub(super) fn accept(
    cx: &mut Cx<'_>,
    remote: &Remote,
    config: Arc<SessionConfig>,
    owner: Arc<dyn Owner>,
    arrival: Arrival,
) {
    let Arrival { stream, guard, origin, local, remote: endpoint } = arrival;
    cx.spawn(remote, |token| {
        let tx = TxSide::new(Source::None);
        let rx = RxSide::new(Sink::None, config.max_msg_size);
        let listener_closed = Some(Arc::clone(&origin.closed));
        let link = Link::new(remote.clone(), token, tx, rx, Some(origin));
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
            watch: Watch::default(),
            closing: false,
            local,
            remote: endpoint,
            listener_closed,
            was_ready: false,
            hung_up: false,
            _guard: guard,
        };
        Box::new(session)
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
    // Subscriptions are not conflated: each of them counts.
    let (tx, source) = if config.conflate && config.socket_type != SocketType::Sub {
        let (tx, source) = pipe::latest(Arc::clone(&to_session));
        (Tx::Latest(tx), Source::Latest(source))
    } else {
        let marks = Marks { writer: Some(config.sndhwm), reader: None };
        let (tx, source) = pipe::outbound(Arc::clone(&to_session), to_socket.clone(), marks);
        (Tx::Queue(tx), Source::Flusher(source))
    };
    let (sink, rx) = if config.conflate && config.socket_type != SocketType::Pub {
        let (sink, rx) = pipe::latest(to_socket);
        (Sink::Latest(sink), Rx::Latest(rx))
    } else {
        let marks = Marks { writer: None, reader: Some(config.rcvhwm) };
        let (sink, rx) = pipe::queue(to_socket, to_session, marks, Thresholds::NETWORK);
        (Sink::Filler(Filler::new(sink)), Rx::Queue(rx))
    };
    (End::new(tx, rx, port), TxSide::new(source), RxSide::new(sink, config.max_msg_size))
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
    watch: Watch,
    /// The socket is closed; what it wrote is still to be sent.
    closing: bool,
    local: String,
    remote: String,
    listener_closed: Option<Arc<AtomicBool>>,
    was_ready: bool,
    /// An event told that the peer closed: reading goes on to the end.
    hung_up: bool,
    _guard: Guard,
}

/// What a side does first when it is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    /// The peer has had no time to say anything.
    Speak,
    Listen,
}

enum State {
    /// For the next attempt to connect.
    Waiting,
    /// For the name.
    Resolving(Arc<Mutex<Option<Result<Vec<SocketAddr>>>>>),
    /// For the kernel; other addresses of the name to try after this one.
    Connecting {
        stream: Stream,
        registration: Registration,
        others: Vec<SocketAddr>,
    },
    /// Just taken in.
    Accepted(Option<Stream>),
    Handshaking {
        stream: Stream,
        registration: Registration,
        /// Boxed: large, and there for a moment only.
        handshake: Box<Handshake>,
        input: Input,
        asking: Option<Box<Asking>>,
    },
    Ready,
    /// Reconnecting was given up; what remains is to wait for the socket.
    Idle,
}

impl Session {
    /// Tells the monitor.
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
                let Some(stream) = stream.take() else {
                    return cx.remove();
                };
                let registration = cx.registration(&stream);
                // It was the peer that connected, so it has said its first words by now, which one
                // write answers more fully than two.
                self.greet(cx, stream, registration, First::Listen);
            }
            _ => self.start_connecting(cx),
        }
    }

    fn ready(&mut self, cx: &mut Cx<'_>, readable: bool, writable: bool) {
        self.hung_up |= cx.hung_up();
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
                    // COMPAT: as libzmq has it, whose last read found nothing.
                    let timeout = io::Error::from_raw_os_error(libc::EAGAIN);
                    self.handshake_failed(cx, stream, Loss::Io(timeout));
                }
            }
            HEARTBEAT_TIMER => self.heartbeat_due(cx),
            LINGER_TIMER => self.finish(cx),
            WATCH_TIMER => {
                if let Some(patience) = self.link.look_after(&mut self.watch) {
                    cx.set_timer(WATCH_TIMER, cx.now() + patience);
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
            cx.set_timer(WATCH_TIMER, cx.now() + Watch::PATIENCE);
        }
        if bits & notices::RESUME != 0 {
            match &self.state {
                State::Ready => {
                    self.link.flush_here();
                    self.receive(cx);
                }
                State::Handshaking { asking: Some(_), .. } => self.continue_handshake(cx),
                _ => {}
            }
        }
        if bits & notices::CLOSE != 0 {
            self.close(cx);
        }
    }

    fn tick(&mut self, cx: &mut Cx<'_>) -> Look {
        let look = self.link.tick(&mut self.watch, cx.tickers());
        if self.closing {
            self.finish_if_drained(cx);
        }
        look
    }
}
