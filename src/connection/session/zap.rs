//! Asks the authentication handler, a socket of the application's that is bound to
//! `inproc://zeromq.zap.01`, over a pipe of its own.
//!
//! Thread: an I/O thread. Invariants: it never waits: the pipe's signal brings the session back.
//! Counterpart: `session_base.cpp` of libzmq 4.3.5 (`zap_connect`, `read_zap_msg`), `zap_client.cpp`.

use crate::pipe::{Outgoing, Reader, Writer};
use crate::protocol::zap::REPLY_FRAMES;

/// The pipe to the handler, with a request on its way.
#[derive(Debug)]
pub(super) struct Asking {
    reader: Reader,
    /// Open as long as the reply is waited for.
    _writer: Writer,
}

impl Asking {
    pub(super) fn new(mut writer: Writer, reader: Reader, frames: &[Vec<u8>]) -> Self {
        for (index, frame) in frames.iter().enumerate() {
            // The pipe has no high-water mark; if the handler is gone, there is no reply.
            writer.write(&mut Outgoing::slice(frame, index + 1 < frames.len()));
        }
        Self { reader, _writer: writer }
    }

    /// The reply's frames, once they are there: a few more at most than a reply has.
    pub(super) fn poll(&mut self) -> Option<Vec<Vec<u8>>> {
        if !self.reader.can_read() {
            return None;
        }
        let mut frames = Vec::new();
        while let Some(frame) = self.reader.read() {
            let more = frame.more();
            if frames.len() <= REPLY_FRAMES {
                frames.push(frame.data().to_vec());
            }
            if !more {
                break;
            }
        }
        Some(frames)
    }
}
