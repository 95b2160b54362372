//! The way to a connection: resolve the name, connect, and wait before the next attempt.
//!
//! Thread: an I/O thread. Invariants: nothing blocks: names are resolved elsewhere, the kernel
//! connects meanwhile. Counterpart: `stream_connecter_base.cpp`, `tcp_connecter.cpp`,
//! `ipc_connecter.cpp` of libzmq 4.3.5.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::connection::event::events;
use crate::connection::link::notices;
use crate::error::{Errno, Result};
use crate::reactor::{Cx, Registration};
use crate::sys;
use crate::transport::tcp::Connecting;
use crate::transport::{Stream, TcpAddress, address, ipc, resolve, tcp};

use super::{CONNECT_TIMER, First, RECONNECT_TIMER, STOP_CONN_REFUSED, Session, State, Target};

impl Session {
    pub(super) fn start_connecting(&mut self, cx: &mut Cx<'_>) {
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

    pub(super) fn resolved(&mut self, cx: &mut Cx<'_>) {
        let State::Resolving(place) = &self.state else {
            return;
        };
        let result = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        match result {
            None => {}
            Some(Ok(mut addresses)) => {
                addresses.reverse();
                self.try_next(cx, addresses, Errno::EINVAL);
            }
            Some(Err(errno)) => self.connect_failed(cx, errno),
        }
    }

    /// Tries the addresses from the last to the first.
    pub(super) fn try_next(
        &mut self,
        cx: &mut Cx<'_>,
        mut addresses: Vec<SocketAddr>,
        last: Errno,
    ) {
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

    pub(super) fn connecting(
        &mut self,
        cx: &mut Cx<'_>,
        result: Result<Connecting>,
        others: Vec<SocketAddr>,
    ) {
        let Connecting { stream, in_progress, was_delayed } = match result {
            Ok(connecting) => connecting,
            Err(errno) if others.is_empty() => return self.connect_failed(cx, errno),
            Err(errno) => return self.try_next(cx, others, errno),
        };
        let registration = cx.registration(&stream);
        if was_delayed {
            self.report(events::CONNECT_DELAYED, libc::EINPROGRESS as u64);
        }
        if !in_progress {
            return self.connected(cx, stream, registration);
        }
        if let Err(error) = registration.set_write(true) {
            return self.connect_failed(cx, error.into());
        }
        self.state = State::Connecting { stream, registration, others };
        if !self.config.connect_timeout.is_zero() {
            cx.set_timer(CONNECT_TIMER, cx.now() + self.config.connect_timeout);
        }
    }

    /// The kernel is through with connecting.
    pub(super) fn connect_finished(&mut self, cx: &mut Cx<'_>, timed_out: bool) {
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

    pub(super) fn connect_failed(&mut self, cx: &mut Cx<'_>, errno: Errno) {
        self.state = State::Waiting;
        let refused = errno == Errno::ECONNREFUSED;
        if refused && self.config.reconnect_stop & STOP_CONN_REFUSED != 0 {
            self.give_up(cx);
        } else if self.config.reconnect_ivl <= 0 {
            // COMPAT: without reconnecting, the endpoint and what was written for it stay.
            self.state = State::Idle;
            if self.closing {
                self.finish(cx);
            }
        } else {
            self.retry_later(cx);
        }
    }

    pub(super) fn retry_later(&mut self, cx: &mut Cx<'_>) {
        self.state = State::Waiting;
        if self.closing && self.is_drained() {
            return self.finish(cx);
        }
        let ivl = self.config.reconnect_ivl;
        // Jitter keeps many clients from coming back at the same moment.
        let jitter = random_below(ivl);
        let wait = self.interval.saturating_add(jitter);
        if self.config.reconnect_ivl_max > ivl {
            self.interval = self.interval.saturating_mul(2).min(self.config.reconnect_ivl_max);
        }
        self.report(events::CONNECT_RETRIED, wait as u64);
        cx.set_timer(RECONNECT_TIMER, cx.now() + Duration::from_millis(wait as u64));
    }

    /// No more connections: the socket forgets the endpoint.
    pub(super) fn give_up(&mut self, cx: &mut Cx<'_>) {
        self.owner.gave_up(&self.link);
        self.finish(cx);
    }

    pub(super) fn connected(
        &mut self,
        cx: &mut Cx<'_>,
        stream: Stream,
        registration: Registration,
    ) {
        self.local = stream.local_endpoint();
        self.report(events::CONNECTED, stream.as_raw_fd() as u64);
        self.greet(cx, stream, registration, First::Speak);
    }
}

/// Good enough to spread reconnects.
fn random_below(limit: i32) -> i32 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random % limit.max(1) as u64) as i32
}
