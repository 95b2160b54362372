//! The end of a session whose socket wants no more: what was written is sent first.
//!
//! Thread: an I/O thread. Invariants: none. Counterpart: `session_base.cpp` of libzmq 4.3.5
//! (`process_term`, `timer_event`); `ZMQ_LINGER`.

use std::time::Duration;

use crate::connection::receive::Sink;
use crate::connection::transmit::Source;
use crate::reactor::Cx;
use crate::sync::Ordering;

use super::{LINGER_TIMER, Session, State};

impl Session {
    pub(super) fn close(&mut self, cx: &mut Cx<'_>) {
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
        self.link.flush_here();
        self.finish_if_drained(cx);
    }

    pub(super) fn is_drained(&self) -> bool {
        self.link.tx.hold().is_finished()
    }

    pub(super) fn finish_if_drained(&mut self, cx: &mut Cx<'_>) {
        if self.closing && self.is_drained() {
            self.finish(cx);
        }
    }

    pub(super) fn finish(&mut self, cx: &mut Cx<'_>) {
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
}
