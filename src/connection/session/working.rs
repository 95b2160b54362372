//! A connection at work: it gets its pipe, is kept alive, and is lost.
//!
//! Thread: an I/O thread. Invariants: both roles are held while a connection begins or ends.
//! Counterpart: `session_base.cpp`, `stream_engine_base.cpp` of libzmq 4.3.5.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use crate::connection::codec::Codec;
use crate::connection::event::events;
use crate::connection::link::{Conn, Loss};
use crate::connection::receive::Sink;
use crate::connection::transmit::Source;
use crate::connection::{Immediate, NewPipe};
use crate::msg::PeerInfo;
use crate::protocol::ProtocolError;
use crate::protocol::heartbeat::{Due, Heartbeat};
use crate::reactor::{Cx, Registration};
use crate::sync::Ordering;
use crate::transport::Stream;

use super::handshaking::Input;
use super::{
    HEARTBEAT_TIMER, RECEIVE_BUDGET, STOP_AFTER_DISCONNECT, Session, State, WATCH_TIMER, make_pipe,
};

impl Session {
    pub(super) fn ready_to_work(
        &mut self,
        cx: &mut Cx<'_>,
        stream: Stream,
        registration: Registration,
        peer: PeerInfo,
        codec: Codec,
        input: Input,
    ) {
        let gone = self.listener_closed.as_ref().is_some_and(|gone| gone.load(Ordering::Acquire));
        if gone {
            return cx.remove();
        }
        self.link.set_endpoints(&self.local, &self.remote);
        let conn = Arc::new(Conn { stream, registration, peer: Arc::new(peer) });
        let mut new_end = None;
        // Under the roles, and before anybody knows of the connection: an application's thread that
        // takes the reading over turns this off again.
        let armed = {
            let mut tx = self.link.tx.hold();
            let mut rx = self.link.rx.hold();
            if !self.has_pipe {
                let (end, new_tx, new_rx) = make_pipe(&self.config, &self.owner, &self.signal);
                (*tx, *rx) = (new_tx, new_rx);
                new_end = Some(end);
                self.has_pipe = true;
            }
            tx.begin(Arc::clone(&conn), codec, self.config.hiccups());
            rx.begin(Arc::clone(&conn), codec);
            let own = &self.config.own_messages;
            if let Some(hello) = &own.hello {
                tx.send_first(hello);
            }
            if own.tells_connect {
                rx.inject(&[]);
            }
            if codec == Codec::V1 && self.config.publishes() {
                // Such a peer cannot subscribe; it filters by itself.
                rx.inject(&[1]);
            }
            rx.feed(&input.surplus);
            if self.was_ready && self.config.hiccups() {
                rx.hiccup();
            }
            self.link.reset(Some(&conn));
            conn.registration.set_read(true)
        };
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
        self.heartbeat =
            (!self.config.is_raw()).then(|| Heartbeat::new(self.config.heartbeat, cx.now()));
        self.seen_received = self.link.received();
        self.schedule_heartbeat(cx);
        // What was written before the connection was there.
        self.link.flush_here();
        if let Err(error) = armed {
            self.link.lost(Loss::Io(error));
        }
        if !input.is_drained || !input.surplus.is_empty() {
            self.receive(cx);
        }
        if self.closing {
            self.finish_if_drained(cx);
        }
    }

    pub(super) fn receive(&self, cx: &mut Cx<'_>) {
        if self.link.receive_io(RECEIVE_BUDGET, self.hung_up) {
            cx.again(true, false);
        }
    }

    pub(super) fn schedule_heartbeat(&self, cx: &mut Cx<'_>) {
        match self.heartbeat.as_ref().and_then(Heartbeat::poll_timeout) {
            Some(at) => cx.set_timer(HEARTBEAT_TIMER, at),
            None => cx.cancel_timer(HEARTBEAT_TIMER),
        }
    }

    pub(super) fn heartbeat_due(&mut self, cx: &mut Cx<'_>) {
        let Some(heartbeat) = &mut self.heartbeat else {
            return;
        };
        // The application may own the reading and be busy: see for ourselves.
        if heartbeat.is_overdue(cx.now()) {
            self.link.take_back();
            self.link.receive_io(1, self.hung_up);
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
                self.link.flush_here();
                if !self.link.is_full() {
                    heartbeat.ping_sent(cx.now());
                }
            }
            Due::PeerDead => {
                let timeout = io::Error::from_raw_os_error(libc::ETIMEDOUT);
                self.link.lost(Loss::Io(timeout));
                return self.disconnected(cx);
            }
        }
        self.schedule_heartbeat(cx);
    }

    /// The connection ended, by the peer or by an error.
    pub(super) fn disconnected(&mut self, cx: &mut Cx<'_>) {
        let Some(loss) = self.link.take_loss() else {
            return;
        };
        if !matches!(self.state, State::Ready) {
            return;
        }
        self.heartbeat = None;
        cx.cancel_timer(HEARTBEAT_TIMER);
        cx.cancel_timer(WATCH_TIMER);
        let keeps_pipe = self.target.is_some() && self.config.immediate == Immediate::AtConnect;
        let conn = {
            let mut tx = self.link.tx.hold();
            let mut rx = self.link.rx.hold();
            self.link.reset(None);
            rx.end();
            // Behind the last whole message.
            let own = &self.config.own_messages;
            let message = if self.target.is_some() { &own.hiccup } else { &own.disconnect };
            let notice = own.tells_disconnect.then_some(&[][..]);
            for body in notice.into_iter().chain(message.as_deref()) {
                rx.inject(body);
            }
            let conn = tx.end();
            if !keeps_pipe {
                tx.source = Source::None;
                rx.sink = Sink::None;
                self.has_pipe = false;
            }
            conn
        };
        if let Some(conn) = conn {
            // The descriptor is closed when the last who used it is done.
            let _ = conn.registration.clear();
            self.report(events::DISCONNECTED, conn.stream.as_raw_fd() as u64);
        }
        // COMPAT: a peer that breaks the framing is not tried again.
        let broken = matches!(loss, Loss::Fault(ProtocolError::TooLarge | ProtocolError::Framing));
        if self.target.is_none() || broken || self.closing && !keeps_pipe {
            return self.finish(cx);
        }
        let stop = self.config.reconnect_ivl <= 0
            || self.config.reconnect_stop & STOP_AFTER_DISCONNECT != 0;
        if stop { self.give_up(cx) } else { self.retry_later(cx) }
    }
}
