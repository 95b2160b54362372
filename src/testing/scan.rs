//! Bytes as a kernel would deliver them, through the scan of frame headers and out of the pipe
//! again; and a model of the same, too simple to be wrong.
//!
//! Thread: a test's own. Invariants: none. Counterpart: none.

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use crate::msg::frame;
use crate::pipe::{self, Filler, Marks, ScanError, Scanned, Signal, Thresholds};

/// The frames of one message.
pub type Message = Vec<Vec<u8>>;

/// Why a scan came to an end before its input did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A frame larger than the limit.
    Oversize,
    /// No memory.
    OutOfMemory,
}

/// What came out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Whole messages in order.
    pub messages: Vec<Message>,
    /// Bodies of commands in order.
    pub commands: Vec<Vec<u8>>,
    /// The error, if there was one.
    pub stopped: Option<Stopped>,
}

struct Silent;

impl Signal for Silent {
    fn signal(&self, _bits: u32) {}
}

/// A frame as it stands on the wire.
pub fn encode_frame(flags: u8, body: &[u8]) -> Vec<u8> {
    let mut header = [0; frame::MAX_HEADER_LEN];
    let len = frame::encode_header(flags, body.len(), &mut header);
    [&header[..len], body].concat()
}

/// Sends `chunks` through a socket, one after the other, into a pipe, and reads what comes out.
/// `hwm` is the pipe's mark; `max_len` the largest body.
///
/// # Panics
/// If the system gives no socket pair.
pub fn scan(chunks: &[&[u8]], hwm: u32, max_len: u64) -> Scan {
    let (mut tx, rx) = UnixStream::pair().expect("a socket pair");
    rx.set_nonblocking(true).expect("non-blocking");
    tx.set_nonblocking(true).expect("non-blocking");
    let (writer, mut reader) = pipe::queue(
        Arc::new(Silent),
        Arc::new(Silent),
        Marks { writer: None, reader: Some(hwm) },
        Thresholds::NETWORK,
    );
    let mut filler = Filler::new(writer);
    let mut result = Scan::default();
    let mut message = Message::new();
    for chunk in chunks {
        let mut rest = *chunk;
        loop {
            // As much as the kernel takes; what it does not take waits for the scan.
            if !rest.is_empty()
                && let Ok(n) = tx.write(rest)
            {
                rest = &rest[n..];
            }
            let read = filler.fill(rx.as_fd()).unwrap_or(0);
            let stopped = scan_all(&mut filler, max_len, &mut result, &mut |result| {
                while let Some(frame) = reader.read() {
                    message.push(frame.data().to_vec());
                    if !frame.more() {
                        result.messages.push(std::mem::take(&mut message));
                    }
                }
            });
            if stopped.is_some() {
                result.stopped = stopped;
                return result;
            }
            if read == 0 && rest.is_empty() {
                break;
            }
        }
    }
    result
}

fn scan_all(
    filler: &mut Filler,
    max_len: u64,
    result: &mut Scan,
    read: &mut impl FnMut(&mut Scan),
) -> Option<Stopped> {
    let mut in_vain = 0;
    loop {
        let scanned = filler.scan(max_len);
        let before = result.messages.len();
        read(result);
        in_vain = if result.messages.len() > before { 0 } else { in_vain + 1 };
        assert!(in_vain < 1_000, "{scanned:?} again and again, and nothing to read");
        match scanned {
            Ok(Scanned::Partial) => return None,
            Ok(Scanned::Blocked) => {}
            Ok(Scanned::Command) => {
                result.commands.push(filler.command().to_vec());
                filler.pass_command(false);
            }
            Err(ScanError::Oversize(_)) => return Some(Stopped::Oversize),
            Err(ScanError::OutOfMemory) => return Some(Stopped::OutOfMemory),
        }
    }
}

/// What [`scan`] must yield: the bytes taken apart in one go. Commands of more than 8192 bytes are
/// passed over.
pub fn model(bytes: &[u8], max_len: u64) -> Scan {
    let mut result = Scan::default();
    let mut message = Message::new();
    let mut rest = bytes;
    while let Some(header) = frame::decode_header(rest) {
        let is_command = header.flags & frame::COMMAND != 0;
        let is_short_command = is_command && header.body_len <= 8192;
        if header.body_len > max_len && !is_short_command {
            result.stopped = Some(Stopped::Oversize);
            break;
        }
        let start = usize::from(header.header_len);
        let body = usize::try_from(header.body_len)
            .ok()
            .and_then(|len| len.checked_add(start))
            .and_then(|end| rest.split_at_checked(end));
        let Some((frame, tail)) = body else { break };
        rest = tail;
        if is_command {
            if is_short_command {
                result.commands.push(frame[start..].to_vec());
            }
            continue;
        }
        message.push(frame[start..].to_vec());
        if header.flags & frame::MORE == 0 {
            result.messages.push(std::mem::take(&mut message));
        }
    }
    result
}
