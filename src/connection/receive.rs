//! The receiving side of a link: from the kernel to the pipe.
//!
//! Thread: the holder of the receive role. Invariants: what arrived is in the pipe, or waits for
//! room in it in `filler`/`buffer`; nothing is lost and nothing is read ahead of a full pipe.
//! Counterpart: the input half of `stream_engine_base.cpp` in libzmq 4.3.5.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::Arc;

use crate::msg::PeerInfo;
use crate::pipe::{self, Filler, LatestWriter, Outgoing, ScanError, Scanned, Writer, signals};
use crate::protocol::command::{self, Command};
use crate::protocol::{ProtocolError, command as cmd};

use super::codec::Codec;
use super::link::{Conn, Link};

/// Bytes per read where frames are decoded one by one (`ZMQ_IN_BATCH_SIZE`'s default).
const READ_SIZE: usize = 8192;

/// The pipe's end into which frames go.
#[derive(Debug)]
pub(super) enum Sink {
    /// The kernel fills the pipe's memory.
    Filler(Filler),
    /// Frame by frame.
    Writer(Writer),
    /// The last message only.
    Latest(LatestWriter),
    /// The pipe is gone, or was not made yet.
    None,
}

#[derive(Debug)]
pub(super) struct RxSide {
    pub(super) sink: Sink,
    pub(super) conn: Option<Arc<Conn>>,
    codec: Codec,
    max_len: u64,
    /// Arrived and not decoded, where the kernel does not fill the pipe.
    buffer: Vec<u8>,
    decoded: usize,
}

/// How a look at the input ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Messages (or subscriptions) went into the pipe; there may be more.
    Data,
    /// Bytes of a large body came, but not all of it.
    Part,
    /// The kernel has nothing more.
    Empty,
    /// The pipe is full.
    Blocked,
    /// The peer closed, or the connection broke.
    Lost(io::Error),
    /// The peer broke the protocol.
    Fault(ProtocolError),
}

impl RxSide {
    pub(super) fn new(sink: Sink, max_len: u64) -> Self {
        Self { sink, conn: None, codec: Codec::V3, max_len, buffer: Vec::new(), decoded: 0 }
    }

    /// A connection begins that speaks `codec`.
    pub(super) fn begin(&mut self, conn: Arc<Conn>, codec: Codec) {
        self.codec = codec;
        self.decoded = 0;
        self.buffer.clear();
        let peer = Arc::clone(&conn.peer);
        self.conn = Some(conn);
        let pass_through = matches!(codec, Codec::V2 | Codec::V3);
        self.sink = match std::mem::replace(&mut self.sink, Sink::None) {
            Sink::Filler(filler) if !pass_through => Sink::Writer(filler.into_writer()),
            Sink::Writer(writer) if pass_through => Sink::Filler(Filler::new(writer)),
            other => other,
        };
        self.set_peer(peer);
    }

    /// Takes what came behind the handshake.
    pub(super) fn feed(&mut self, surplus: &[u8]) {
        match &mut self.sink {
            Sink::Filler(filler) if !surplus.is_empty() => filler.feed(surplus),
            _ => self.buffer.extend_from_slice(surplus),
        }
    }

    fn set_peer(&mut self, peer: Arc<PeerInfo>) {
        match &mut self.sink {
            Sink::Filler(filler) => filler.writer().set_peer(peer),
            Sink::Writer(writer) => writer.set_peer(peer),
            Sink::Latest(writer) => writer.set_peer(peer),
            Sink::None => {}
        }
    }

    /// The connection is gone; whole messages stay in the pipe.
    pub(super) fn end(&mut self) -> Option<Arc<Conn>> {
        match &mut self.sink {
            Sink::Filler(filler) => filler.discard(),
            Sink::Writer(writer) => writer.rollback(),
            Sink::Latest(_) | Sink::None => {}
        }
        self.buffer = Vec::new();
        self.decoded = 0;
        self.conn.take()
    }

    /// Puts a message of our own making into the pipe, while no input waits there to be scanned:
    /// before the first or after the last. COMPAT: a full pipe does not take it.
    pub(super) fn inject(&mut self, body: &[u8]) {
        let out = &mut Outgoing::slice(body, false);
        match &mut self.sink {
            Sink::Filler(filler) => {
                filler.writer().write(out);
            }
            Sink::Writer(writer) => {
                writer.write(out);
            }
            Sink::Latest(writer) => {
                writer.write(out);
            }
            Sink::None => {}
        }
    }

    /// Tells the socket that the peer came back without a memory.
    pub(super) fn hiccup(&mut self) {
        match &mut self.sink {
            Sink::Filler(filler) => filler.writer().signal_reader(signals::HICCUP),
            Sink::Writer(writer) => writer.signal_reader(signals::HICCUP),
            Sink::Latest(writer) => writer.signal_reader(signals::HICCUP),
            Sink::None => {}
        }
    }

    /// Moves input into the pipe until there is data for its reader, or no input.
    ///
    /// `eager`: the pipe's reader itself asks, so the high-water mark does not count.
    pub(super) fn pump(&mut self, link: &Link, eager: bool) -> Outcome {
        let Some(conn) = self.conn.clone() else { return Outcome::Empty };
        match &mut self.sink {
            Sink::Filler(filler) => {
                filler.begin_turn(eager);
                self.pump_filler(link, &conn)
            }
            Sink::None => Outcome::Blocked,
            Sink::Writer(_) | Sink::Latest(_) => self.pump_frames(link, &conn),
        }
    }

    fn pump_filler(&mut self, link: &Link, conn: &Conn) -> Outcome {
        let Sink::Filler(filler) = &mut self.sink else { return Outcome::Blocked };
        let before = filler.writer().offset();
        let mut came = false;
        loop {
            match filler.scan(self.max_len) {
                Ok(Scanned::Partial) => {}
                Ok(Scanned::Blocked) => {
                    let moved = filler.writer().offset() != before;
                    return if moved { Outcome::Data } else { Outcome::Blocked };
                }
                Ok(Scanned::Command) => {
                    let Some(command) = command::parse(filler.command()) else {
                        return Outcome::Fault(ProtocolError::MalformedCommand);
                    };
                    let wake = handle_command(link, &command);
                    filler.pass_command(wake);
                    continue;
                }
                Err(ScanError::Oversize(_)) => return Outcome::Fault(ProtocolError::TooLarge),
                Err(ScanError::OutOfMemory) => {
                    return Outcome::Lost(io::ErrorKind::OutOfMemory.into());
                }
            }
            if filler.writer().offset() != before {
                return Outcome::Data;
            }
            match filler.fill(conn.stream.as_fd()) {
                Ok(0) => return Outcome::Lost(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {
                    link.note_received();
                    came = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let part = came && filler.has_body();
                    return if part { Outcome::Part } else { Outcome::Empty };
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Outcome::Lost(error),
            }
        }
    }

    fn pump_frames(&mut self, link: &Link, conn: &Conn) -> Outcome {
        let mut moved = false;
        loop {
            match self.decode(link) {
                Ok(Decoded { data, blocked }) => {
                    moved |= data;
                    if blocked && !moved {
                        return Outcome::Blocked;
                    }
                }
                Err(fault) => return Outcome::Fault(fault),
            }
            if moved {
                return Outcome::Data;
            }
            let old = self.buffer.len();
            self.buffer.resize(old + READ_SIZE, 0);
            let read = conn.read(&mut self.buffer[old..]);
            self.buffer.truncate(old + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => return Outcome::Lost(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => link.note_received(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Outcome::Empty,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Outcome::Lost(error),
            }
        }
    }

    fn decode(&mut self, link: &Link) -> Result<Decoded, ProtocolError> {
        let mut data = false;
        loop {
            let rest = &self.buffer[self.decoded..];
            let Some(frame) = self.codec.decode(rest, self.max_len)? else {
                self.buffer.drain(..self.decoded);
                self.decoded = 0;
                return Ok(Decoded { data, blocked: false });
            };
            let body = &rest[frame.body.clone()];
            if frame.command {
                let command = cmd::parse(body).ok_or(ProtocolError::MalformedCommand)?;
                handle_command(link, &command);
            } else {
                let out = &mut Outgoing::slice(body, frame.more);
                let written = match &mut self.sink {
                    Sink::Writer(writer) => writer.write(out),
                    Sink::Latest(writer) => writer.write(out),
                    Sink::Filler(_) | Sink::None => false,
                };
                if !written {
                    return Ok(Decoded { data, blocked: true });
                }
                data |= !frame.more;
            }
            self.decoded += frame.body.end;
        }
    }

    /// True if nothing is left to be done with what arrived, as far as can be told without a read.
    pub(super) fn is_drained(&self) -> bool {
        matches!(&self.sink, Sink::Filler(filler) if filler.is_drained())
    }

    /// Lets the pipe start over in the same memory when everything was read.
    pub(super) fn rewind(&mut self, reader: &mut pipe::Reader) {
        if let Sink::Filler(filler) = &mut self.sink {
            pipe::rewind_inbound(filler, reader);
        }
    }
}

struct Decoded {
    data: bool,
    blocked: bool,
}

/// Does what a command asks of the connection; true if the socket is to see it.
fn handle_command(link: &Link, command: &Command<'_>) -> bool {
    match command {
        Command::Ping { ttl, context } => {
            link.peer_pinged(*ttl);
            link.send_command(|out| command::append_pong(out, context));
            false
        }
        Command::Subscribe(_) | Command::Cancel(_) | Command::Join(_) | Command::Leave(_) => true,
        Command::Pong(_) | Command::Error(_) | Command::Unknown => false,
    }
}

impl Conn {
    fn read(&self, to: &mut [u8]) -> io::Result<usize> {
        self.stream.socket().read(to)
    }
}
