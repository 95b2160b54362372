//! The writing end of a byte queue when the kernel fills it: bytes are read into the chunk, a scan
//! of frame headers finds the messages, and whole ones are committed where they lie.
//!
//! Thread: the holder of a connection's receive role.
//! Invariants: memory grows with the bytes that arrived, not with what a header announces. A frame
//! never spans two chunks: one that does not fit moves to the next, a large body gets memory of its
//! own into which the rest is read directly.
//! Counterpart: `v2_decoder.cpp` and the input half of `stream_engine_base.cpp` in libzmq 4.3.5.

use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::BorrowedFd;
use std::ptr;

use socket2::{MaybeUninitSlice, SockRef};

use crate::msg::ArrivingBody;
use crate::msg::frame::{self, Header};
use crate::pipe::Writer;
use crate::pipe::walk::{Stop, Walk};

/// Longest body that a frame can have, whatever the limit: with its header it must have a length
/// that memory can have, or sums of lengths would wrap.
const MAX_BODY: u64 = isize::MAX as u64 - 64;

/// Free bytes in a chunk below which a read is not worth its system call.
const MIN_SPARE: usize = 1024;

/// A stream of bodies of this length and more goes into memory of their own as far as it can: what
/// is read into the chunk instead has to be copied once more. Shorter ones share a read.
const BULK: usize = 48 << 10;

/// Bytes read into the chunk where a body of that kind is expected: its header, and short frames
/// before it.
const PEEK: usize = MIN_SPARE;

/// Where a scan stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// At the end of what arrived, maybe inside a frame.
    Partial,
    /// At a message for which the high-water mark leaves no room: scan again when it does.
    Blocked,
    /// At a command: see [`Filler::command`], then [`Filler::pass_command`].
    Command,
}

/// Why the input cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanError {
    /// A frame is larger than the limit; its announced length.
    Oversize(u64),
    /// No memory for a body of which at least half has arrived.
    OutOfMemory,
}

/// The writing end for pass-through connections.
#[derive(Debug)]
pub struct Filler {
    writer: Writer,
    body: Option<PartialBody>,
    /// The last read filled all the room that it had, half a chunk at least.
    hungry: bool,
    /// The last frame was a [`BULK`] one, so the next may be too.
    bulk: bool,
    /// This turn's last read left nothing in the kernel.
    drained: bool,
    /// The reader is waiting for what is scanned, so the high-water mark does not stop it.
    eager: bool,
}

/// A large body on its way in; its header is the last thing in the chunk.
#[derive(Debug)]
struct PartialBody {
    flags: u8,
    header_len: u8,
    bytes: ArrivingBody,
}

impl PartialBody {
    fn is_bulk(&self) -> bool {
        self.bytes.whole_len() >= BULK
    }
}

impl Filler {
    /// Starts with an empty input.
    pub fn new(writer: Writer) -> Self {
        Self { writer, body: None, hungry: false, bulk: false, drained: false, eager: false }
    }

    /// Gives the writing end back. What was read and not committed is dropped: the connection
    /// that it came from is gone.
    pub fn into_writer(mut self) -> Writer {
        self.discard();
        self.writer
    }

    /// Drops what was read and not committed.
    pub fn discard(&mut self) {
        self.body = None;
        self.writer.in_message = true;
        self.writer.rollback();
    }

    /// The end itself, for what is not input.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// Takes bytes that were read elsewhere, as a handshake's surplus.
    pub fn feed(&mut self, bytes: &[u8]) {
        let writer = &mut self.writer;
        if writer.spare_len() < bytes.len() {
            writer.next_chunk((writer.filled - writer.pos) as usize + bytes.len());
        }
        // SAFETY: `next_chunk` made room for the tail and `bytes` behind `filled`; the memory
        // beyond `filled` is the writer's.
        unsafe {
            let to = writer.data.add((writer.filled - writer.base) as usize);
            ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
        writer.filled += bytes.len() as u64;
    }

    /// One non-blocking read. `Ok(0)` is the end of the stream.
    pub fn fill(&mut self, fd: BorrowedFd<'_>) -> io::Result<usize> {
        let Self { writer, body, hungry, bulk, drained, .. } = self;
        let capacity = (writer.capacity_end - writer.base) as usize;
        if writer.spare_len() < MIN_SPARE.max(capacity / 8) {
            let needed = (writer.filled - writer.pos) as usize + MIN_SPARE;
            satisfy(hungry, writer);
            writer.next_chunk(needed);
        }
        let expects_bulk = mem::take(bulk) || body.as_ref().is_some_and(PartialBody::is_bulk);
        let capacity = (writer.capacity_end - writer.base) as usize;
        let spare_len = writer.spare_len().min(if expects_bulk { PEEK } else { usize::MAX });
        let socket = SockRef::from(&fd);
        // SAFETY: [filled, capacity_end) is the writer's and nobody else's; the slice is gone
        // before the writer moves.
        let spare: &mut [MaybeUninit<u8>] = unsafe {
            let to = writer.data.add((writer.filled - writer.base) as usize);
            std::slice::from_raw_parts_mut(to.cast(), spare_len)
        };
        let read = match body {
            None => socket.recv(spare)?,
            Some(body) => {
                let missing = body.bytes.missing();
                let room = body.bytes.room().map_err(|_| io::ErrorKind::OutOfMemory)?;
                let room_len = room.len().min(missing);
                let whole = room_len == missing;
                let read = if !whole {
                    // The body goes on behind this room, so nothing else may follow it.
                    socket.recv(&mut room[..room_len])?
                } else {
                    let mut parts = [
                        MaybeUninitSlice::new(&mut room[..room_len]),
                        MaybeUninitSlice::new(spare),
                    ];
                    socket.recv_vectored(&mut parts)?.0
                };
                let of_body = read.min(room_len);
                // SAFETY: the kernel filled `of_body` bytes of the room.
                unsafe { body.bytes.advance(of_body) };
                writer.filled += (read - of_body) as u64;
                *drained = read < room_len + if whole { spare_len } else { 0 };
                return Ok(read);
            }
        };
        *hungry = read == spare_len && 2 * read >= capacity && !expects_bulk;
        *drained = read < spare_len;
        writer.filled += read as u64;
        Ok(read)
    }

    /// Finds frames in what arrived and commits whole messages, up to the high-water mark.
    ///
    /// `max_len` is the largest body accepted.
    #[inline]
    pub fn scan(&mut self, max_len: u64) -> Result<Scanned, ScanError> {
        loop {
            let committed = self.writer.committed;
            let result = self.scan_frames(max_len.min(MAX_BODY));
            if self.writer.committed != committed {
                self.writer.dir.publish(self.writer.committed, self.writer.messages);
            }
            // Whether there is more credit depends on what is published, so that comes first.
            if let Some(scanned) = result? {
                return Ok(scanned);
            }
        }
    }

    /// Commits what it finds, without publishing it. `None`: the credit it knew of is used up.
    fn scan_frames(&mut self, max_len: u64) -> Result<Option<Scanned>, ScanError> {
        if !self.finish_body() {
            return Ok(Some(Scanned::Partial));
        }
        loop {
            if self.writer.filled == self.writer.pos {
                return Ok(Some(Scanned::Partial));
            }
            if !self.eager && !self.writer.in_message && !self.writer.can_write() {
                return Ok(Some(Scanned::Blocked));
            }
            let credit = if self.eager { u64::MAX } else { self.writer.credit() };
            match self.scan_chunk(max_len, credit) {
                Stop::Command => return Ok(Some(Scanned::Command)),
                Stop::Credit => return Ok(None),
                Stop::Partial => return Ok(Some(Scanned::Partial)),
                Stop::Oversize(len) => return Err(ScanError::Oversize(len)),
                Stop::Incomplete(header) => {
                    if !self.begin_body(header)? {
                        return Ok(Some(Scanned::Partial));
                    }
                }
            }
        }
    }

    /// Walks over the frames of the current chunk, up to `credit` messages.
    fn scan_chunk(&mut self, max_len: u64, credit: u64) -> Stop {
        let writer = &mut self.writer;
        let start = writer.pos;
        let len = (writer.filled - writer.pos) as usize;
        // SAFETY: [pos, filled) has been filled and is the writer's.
        let bytes = unsafe {
            std::slice::from_raw_parts(writer.data.add((start - writer.base) as usize), len)
        };
        let mut walk = Walk::new(bytes, writer.in_message, credit);
        let stop = walk.run(max_len);
        writer.in_message = walk.in_message;
        writer.messages += walk.messages;
        if walk.committed > 0 {
            writer.pos = start + walk.committed as u64;
            writer.commit();
        }
        writer.pos = start + walk.at as u64;
        stop
    }

    /// A frame at `pos` is not complete: makes sure that the rest has a place. False: wait for it.
    fn begin_body(&mut self, header: Header) -> Result<bool, ScanError> {
        let Header { flags, header_len, body_len: len } = header;
        let writer = &mut self.writer;
        let frame_len = u64::from(header_len) + len;
        if len <= u64::from(writer.thresholds.message) {
            if writer.pos + frame_len > writer.capacity_end {
                satisfy(&mut self.hungry, writer);
                writer.next_chunk_for(frame_len as usize);
            }
            return Ok(false);
        }
        if writer.externals_full() {
            writer.next_chunk(usize::from(header_len) + MIN_SPARE);
        }
        let body_at = writer.pos + u64::from(header_len);
        let (have, mut taken) = ((writer.filled - body_at) as usize, 0);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let mut bytes = ArrivingBody::new(len).map_err(|_| ScanError::OutOfMemory)?;
        while have > taken {
            let room = bytes.room().map_err(|_| ScanError::OutOfMemory)?;
            let n = room.len().min(have - taken);
            // SAFETY: [body_at, filled) has been filled and is the writer's, and there is that much
            // room, which is elsewhere.
            unsafe {
                let from = writer.data.add((body_at - writer.base) as usize + taken);
                ptr::copy_nonoverlapping(from, room.as_mut_ptr().cast(), n);
                bytes.advance(n);
            }
            taken += n;
        }
        let body = PartialBody { flags, header_len, bytes };
        writer.filled = body_at;
        self.body = Some(body);
        Ok(self.finish_body())
    }

    /// Puts a large body that is complete into the queue. False: there is one, and it is not.
    fn finish_body(&mut self) -> bool {
        let Some(body) = self.body.take_if(|body| body.bytes.missing() == 0) else {
            return self.body.is_none();
        };
        self.bulk = body.is_bulk();
        let writer = &mut self.writer;
        writer.pos += u64::from(body.header_len);
        writer.push_external(body.bytes.into_msg());
        let is_command = body.flags & frame::COMMAND != 0;
        if !is_command {
            writer.in_message = body.flags & frame::MORE != 0;
        }
        if !writer.in_message {
            writer.messages += u64::from(!is_command);
            writer.commit();
        }
        true
    }

    /// The body of the command at which the scan stopped.
    pub fn command(&self) -> &[u8] {
        let bytes = self.unscanned();
        let Some(header) = frame::decode_header(bytes) else { return &[] };
        let start = usize::from(header.header_len);
        bytes.get(start..start + header.body_len as usize).unwrap_or_default()
    }

    fn unscanned(&self) -> &[u8] {
        let writer = &self.writer;
        let len = (writer.filled - writer.pos) as usize;
        if len == 0 {
            return &[];
        }
        // SAFETY: [pos, filled) has been filled and is the writer's.
        unsafe {
            let from = writer.data.add((writer.pos - writer.base) as usize);
            std::slice::from_raw_parts(from, len)
        }
    }

    /// Passes the command at which the scan stopped; `wake` if the reader is to see it.
    pub fn pass_command(&mut self, wake: bool) {
        let Some(header) = frame::decode_header(self.unscanned()) else { return };
        let writer = &mut self.writer;
        writer.pos += u64::from(header.header_len) + header.body_len;
        if writer.in_message {
            return;
        }
        writer.commit();
        if wake {
            writer.dir.publish(writer.committed, writer.messages);
        } else {
            writer.dir.publish_quietly(writer.committed);
        }
    }

    /// A turn of reads and scans begins. `eager`: the pipe's reader itself asks for input: what was
    /// read from the kernel is then committed beyond the high-water mark, as it is taken at once.
    pub fn begin_turn(&mut self, eager: bool) {
        self.eager = eager;
        self.drained = false;
    }

    /// True if bytes wait to be scanned, as after [`Scanned::Blocked`].
    pub fn has_unscanned(&self) -> bool {
        self.writer.filled != self.writer.pos
    }

    /// True if this turn's last read took all that the kernel had: what comes later is an event of
    /// its own.
    pub fn is_drained(&self) -> bool {
        self.drained
    }

    /// True while a large body is on its way in.
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }

    pub(super) fn take_hungry(&mut self) -> bool {
        mem::take(&mut self.hungry)
    }
}

/// Before a new chunk: it shall be larger if the connection is `hungry`.
fn satisfy(hungry: &mut bool, writer: &mut Writer) {
    if mem::take(hungry) {
        writer.want_larger();
    }
}

impl Writer {
    fn spare_len(&self) -> usize {
        (self.capacity_end - self.filled) as usize
    }

    /// Messages that may still be written.
    fn credit(&self) -> u64 {
        match self.dir.hwm() {
            0 => u64::MAX,
            hwm => {
                let taken = self.dir.credited(self.dir.consumed());
                hwm.saturating_sub(self.messages - taken)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::pipe::{Marks, Thresholds, queue};
    use crate::testing::Nobody;

    #[test]
    fn scan_stops_at_the_high_water_mark_when_more_than_that_arrives_at_once() {
        const HWM: u32 = 4;
        let (done, finished) = mpsc::channel();
        thread::spawn(move || {
            let marks = Marks { writer: None, reader: Some(HWM) };
            let (writer, mut reader) =
                queue(Arc::new(Nobody), Arc::new(Nobody), marks, Thresholds::NETWORK);
            let mut filler = Filler::new(writer);
            filler.feed(&[0, 1, b'm'].repeat(3 * HWM as usize));
            for end in [Scanned::Blocked, Scanned::Blocked, Scanned::Partial] {
                assert_eq!(filler.scan(u64::MAX), Ok(end));
                let mut read = 0;
                while reader.read().is_some() {
                    read += 1;
                }
                assert_eq!(read, HWM);
            }
            done.send(()).unwrap();
        });
        // The fault that this pins was a scan without end.
        finished.recv_timeout(Duration::from_secs(10)).expect("the scan ends");
    }

    #[test]
    fn a_stream_of_large_bodies_is_read_into_memory_of_its_own() {
        const LEN: usize = BULK;
        const MESSAGES: u64 = 8;
        let (mut sender, receiver) = UnixStream::pair().expect("made");
        let writing = thread::spawn(move || {
            let mut frame = vec![2];
            frame.extend((LEN as u64).to_be_bytes());
            frame.extend([7; LEN]);
            for _ in 0..MESSAGES {
                sender.write_all(&frame).expect("taken");
            }
        });
        let marks = Marks { writer: None, reader: None };
        let (writer, _reader) =
            queue(Arc::new(Nobody), Arc::new(Nobody), marks, Thresholds::NETWORK);
        let mut filler = Filler::new(writer);
        while filler.writer.messages < MESSAGES {
            let before = filler.writer.filled;
            assert!(filler.fill(receiver.as_fd()).expect("the sender writes") > 0);
            // The first body comes unexpected.
            if filler.writer.messages > 0 {
                assert!(filler.writer.filled - before <= PEEK as u64);
            }
            filler.scan(u64::MAX).expect("well formed");
        }
        writing.join().expect("no panic");
    }

    /// The size of the chunk in the end, when messages of 66 bytes arrive, so many at a time, and all are
    /// read each time.
    fn chunk_after(times: usize, each_time: usize) -> u64 {
        let (mut sender, receiver) = UnixStream::pair().expect("made");
        receiver.set_nonblocking(true).expect("set");
        let marks = Marks { writer: None, reader: None };
        let (writer, mut reader) =
            queue(Arc::new(Nobody), Arc::new(Nobody), marks, Thresholds::NETWORK);
        let mut filler = Filler::new(writer);
        let mut frames = [7; 66];
        frames[..2].copy_from_slice(&[0, 64]);
        let frames = frames.repeat(each_time);
        for _ in 0..times {
            sender.write_all(&frames).expect("taken");
            while filler.fill(receiver.as_fd()).is_ok() {
                filler.scan(u64::MAX).expect("well formed");
                while reader.can_read() {
                    assert_eq!(reader.read().expect("there").data().len(), 64);
                }
            }
        }
        assert_eq!(filler.writer.messages, (times * each_time) as u64);
        filler.writer.capacity_end - filler.writer.base
    }

    #[test]
    fn a_connection_with_few_messages_at_a_time_stays_small() {
        for each_time in [1, 20, 40] {
            assert_eq!(chunk_after(1_000, each_time), 4 << 10, "{each_time}");
        }
    }

    #[test]
    fn a_connection_that_brings_much_at_a_time_is_read_in_large_parts() {
        assert_eq!(chunk_after(20, 2_000), Thresholds::NETWORK.chunk as u64);
    }
}
