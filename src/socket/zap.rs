//! The way to the authentication handler: a pipe from a session to the socket that is bound to
//! `inproc://zeromq.zap.01`.
//!
//! Thread: any. Invariants: nothing is waited for. Counterpart: `session_base.cpp` of libzmq 4.3.5
//! (`zap_connect`); RFC 27.

use std::sync::{Arc, PoisonError};

use crate::ctx::Ctx;
use crate::msg::PeerInfo;
use crate::pipe::{
    self, End, LatePort, Marks, PortSignal, Reader, Rx, Signal, Thresholds, Tx, Writer,
};

const NAME: &str = "zeromq.zap.01";

/// No high-water mark: a request is never dropped.
const UNLIMITED: Marks = Marks { writer: Some(0), reader: Some(0) };

/// A pipe to the handler of `ctx`; `to_us` is signalled when it says something.
pub(super) fn connect(ctx: &Ctx, to_us: Arc<dyn Signal>) -> Option<(Writer, Reader)> {
    let handler = ctx.inproc.lock().unwrap_or_else(PoisonError::into_inner).find(NAME)?;
    let late = Arc::new(LatePort::default());
    let to_handler: Arc<dyn Signal> = Arc::clone(&late) as _;
    let (mut writer, handler_rx) =
        pipe::queue(Arc::clone(&to_handler), Arc::clone(&to_us), UNLIMITED, Thresholds::INPROC);
    let (handler_tx, reader) = pipe::queue(to_us, to_handler, UNLIMITED, Thresholds::INPROC);
    writer.set_peer(Arc::new(PeerInfo { fd: -1, ..PeerInfo::default() }));
    let port = handler.socket.inproc_port();
    late.set(PortSignal(Arc::clone(&port)));
    handler.socket.attach_inproc(End::new(Tx::Queue(handler_tx), Rx::Queue(handler_rx), port));
    Some((writer, reader))
}
