//! The reading end of a byte queue, frame by frame.
//!
//! Thread: whoever holds the end: a socket's caller under the socket's lock, or the holder of a
//! connection's transmit role when it must transform what it sends.
//! Invariants: frames come in order and whole messages only; `acknowledged <= messages`.
//! Counterpart: the reading half of `pipe.cpp` in libzmq 4.3.5.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::msg::PeerInfo;
use crate::msg::frame::{self, Header};
use crate::pipe::cursor::Cursor;
use crate::pipe::direction::Direction;
use crate::pipe::heels::{self, Heels, Moment};
use crate::pipe::{Frame, Given};

/// Credit goes back to the writer at least every so many messages.
const CREDIT_STEP: u64 = 128;

/// Bytes of memory that are read in a stream between two processors before the first of them are
/// written again: what their second-level caches hold. Of lines that are in one of those still, the
/// other has to ask for the right to write, which takes longer than to fetch them from behind.
const REST: usize = 1 << 20;

/// The reading end. Not `Clone`: one reader per queue.
pub struct Reader {
    pub(super) cursor: Cursor,
    /// The frame that was given out last, and who wrote it.
    given: Given,
    messages: u64,
    acknowledge_at: u64,
    in_message: bool,
    wants_commands: bool,
    closed: bool,
    heels: Heels,
}

impl Reader {
    pub(super) fn new(dir: Arc<Direction>) -> Self {
        Self::from_cursor(Cursor::new(dir), 0)
    }

    /// Goes on at a message's beginning, `messages` of which came before.
    pub(super) fn from_cursor(cursor: Cursor, messages: u64) -> Self {
        let mut reader = Self {
            cursor,
            given: Given::new(),
            messages,
            acknowledge_at: 0,
            in_message: false,
            wants_commands: false,
            closed: false,
            heels: Heels::new(),
        };
        reader.acknowledge_at = reader.next_acknowledgement();
        reader
    }

    /// True if a whole message (or a wanted command) is there. On false the reader is armed: its
    /// side gets [`signals::READABLE`](super::signals::READABLE) when there is more, or the end.
    #[inline]
    pub fn can_read(&mut self) -> bool {
        self.is_at_message() || self.can_read_slow(true)
    }

    /// As [`Reader::can_read`], but on false nothing is promised: the caller looks again by itself.
    #[inline]
    pub fn has_message(&mut self) -> bool {
        self.is_at_message() || self.can_read_slow(false)
    }

    #[inline(always)]
    pub(super) fn is_at_message(&self) -> bool {
        self.in_message || self.cursor.has_bytes() && self.at_wanted_frame()
    }

    #[cold]
    fn can_read_slow(&mut self, arm: bool) -> bool {
        if self.closed {
            return false;
        }
        loop {
            while self.cursor.has_bytes() || self.refresh() {
                if self.at_wanted_frame() {
                    return true;
                }
                self.skip_frame();
            }
            self.heels.found_nothing();
            self.acknowledge();
            if !arm || self.cursor.dir.arm_reader(self.cursor.pos()) {
                return false;
            }
            if self.cursor.dir.writer_closed() && self.cursor.dir.published() == self.cursor.pos() {
                return false;
            }
        }
    }

    /// For a caller that has nothing else to read, after a look that brought something: lets the writer
    /// get ahead if this end has been on its heels for a while. True: that has paid, and from now on
    /// memory that was read rests before it is written again, until [`Reader::calm_down`].
    pub fn keep_off(&mut self, moment: Moment) -> bool {
        if !self.heels.are_near(self.cursor.published() - self.cursor.pos()) {
            return false;
        }
        let paid = heels::fall_back(moment, || self.cursor.dir.published());
        self.heels.fell_back(paid);
        self.refresh();
        if paid {
            self.cursor.rest(REST);
        }
        paid
    }

    /// Nothing came for a while.
    pub fn calm_down(&mut self) {
        self.cursor.rest(0);
    }

    /// The next frame; `None` if there is no whole message.
    #[inline(always)]
    pub fn read(&mut self) -> Option<Frame<'_>> {
        match self.cursor.take_short_frame() {
            Some(taken) => Some(self.give_out(taken)),
            None => self.read_any(),
        }
    }

    /// As [`Reader::read`], of what is known to be there; `None` says nothing.
    #[inline(always)]
    pub(super) fn read_at_hand(&mut self) -> Option<Frame<'_>> {
        match self.cursor.take_short_frame() {
            Some(taken) => Some(self.give_out(taken)),
            None if self.is_at_message() => self.read_any(),
            None => None,
        }
    }

    /// Gives out a short frame that was taken.
    #[inline(always)]
    fn give_out(&mut self, (bytes, len, more): (NonNull<u8>, usize, bool)) -> Frame<'_> {
        self.frame_taken(more);
        // SAFETY: published bytes stay until the cursor moves on, and the frame borrows `self`.
        unsafe { self.given.put_bytes(bytes, len, more, false) }
    }

    /// A frame of a message was taken, of which `more` follow.
    #[inline(always)]
    fn frame_taken(&mut self, more: bool) {
        self.in_message = more;
        if !more {
            self.messages += 1;
            if self.messages >= self.acknowledge_at {
                self.acknowledge();
            }
        }
    }

    #[inline(never)]
    fn read_any(&mut self) -> Option<Frame<'_>> {
        if !self.is_at_message() && !self.can_read_slow(false) {
            return None;
        }
        if !self.cursor.has_bytes() {
            // Inside a message whose next frame lies in another chunk.
            self.refresh();
        }
        let mut header = self.cursor.header();
        if self.in_message && header.flags & frame::COMMAND != 0 {
            header = self.skip_commands_inside();
        }
        self.cursor.skip(usize::from(header.header_len));
        let more = header.flags & frame::MORE != 0;
        let command = header.flags & frame::COMMAND != 0;
        if !command {
            self.frame_taken(more);
        }
        if self.cursor.at_external() {
            let msg = self.cursor.take_external();
            return Some(self.given.put_external(msg, more, command));
        }
        let (bytes, len) = self.cursor.take(header.body_len as usize);
        // SAFETY: published bytes stay until the cursor moves on, and the frame borrows `self`.
        Some(unsafe { self.given.put_bytes(bytes, len, more, command) })
    }

    /// Gives out bytes of the caller's as the first frame of the message that [`Reader::can_read`]
    /// has said is there.
    #[inline]
    pub(super) fn precede<'a>(&'a mut self, bytes: &'a [u8]) -> Frame<'a> {
        self.given.put_slice(bytes, true)
    }

    /// As [`Reader::peek`], if that can be told without doing anything.
    #[inline(always)]
    pub(super) fn peek_at_hand(&self) -> Option<&[u8]> {
        self.cursor.peek_short_body()
    }

    /// The body of the next frame, without taking it; [`Reader::can_read`] has said that it is
    /// there.
    pub fn peek(&mut self) -> Option<&[u8]> {
        if !self.can_read() {
            return None;
        }
        if !self.cursor.has_bytes() {
            self.refresh();
        }
        Some(self.cursor.peek_body())
    }

    /// True if more frames follow the next one, of which [`Reader::can_read`] has said that it is
    /// there.
    pub fn peek_more(&mut self) -> bool {
        if self.in_message && !self.cursor.has_bytes() {
            self.refresh();
        }
        self.cursor.has_bytes() && self.cursor.flags() & frame::MORE != 0
    }

    /// Messages read from here on carry `routing_id`.
    pub fn set_routing_id(&mut self, routing_id: u32) {
        self.given.routing_id = routing_id;
    }

    /// Skips command frames that nobody wants. True if the cursor stands at a frame to deliver.
    #[inline(always)]
    fn at_wanted_frame(&self) -> bool {
        self.cursor.flags() & frame::COMMAND == 0 || self.is_wanted_command()
    }

    /// Subscriptions (and group membership) are the only commands that a pattern reads.
    #[cold]
    fn is_wanted_command(&self) -> bool {
        if !self.wants_commands {
            return false;
        }
        let header = self.cursor.header();
        if self.cursor.external_follows(usize::from(header.header_len)) {
            // A topic of many kilobytes: no other command is that long.
            return true;
        }
        let body = self.cursor.bytes().get(usize::from(header.header_len)..).unwrap_or_default();
        [&b"\x09SUBSCRIBE"[..], b"\x06CANCEL", b"\x04JOIN", b"\x05LEAVE"]
            .iter()
            .any(|name| body.starts_with(name))
    }

    /// A peer may put commands between the frames of a message; they are not part of it.
    #[cold]
    fn skip_commands_inside(&mut self) -> Header {
        loop {
            self.skip_frame();
            if !self.cursor.has_bytes() {
                self.refresh();
            }
            let header = self.cursor.header();
            if header.flags & frame::COMMAND == 0 {
                return header;
            }
        }
    }

    fn skip_frame(&mut self) {
        let header = self.cursor.header();
        self.cursor.skip(usize::from(header.header_len));
        if self.cursor.at_external() {
            drop(self.cursor.take_external());
        } else {
            self.cursor.skip(header.body_len as usize);
        }
    }

    fn refresh(&mut self) -> bool {
        let peer = &mut self.given.peer;
        self.cursor.refresh(|new| *peer = Some(Arc::clone(new)))
    }

    /// Tells the writer how many messages have left.
    #[cold]
    fn acknowledge(&mut self) {
        if self.cursor.dir.consumed() != self.messages {
            self.cursor.dir.consume(self.messages);
        }
        self.acknowledge_at = self.next_acknowledgement();
    }

    /// Each multiple of the low-water mark is met exactly, as the writer counts in those.
    fn next_acknowledgement(&self) -> u64 {
        let at_most = self.messages + CREDIT_STEP;
        if self.cursor.dir.hwm() == 0 {
            return at_most;
        }
        let lwm = self.cursor.dir.lwm();
        at_most.min((self.messages / lwm + 1) * lwm)
    }

    /// True when the writer closed and everything has been read.
    pub fn is_finished(&self) -> bool {
        self.closed
            || (!self.in_message
                && self.cursor.dir.writer_closed()
                && self.cursor.dir.published() == self.cursor.pos())
    }

    /// The peer that wrote what is read now, or that announced itself last.
    pub fn peer(&self) -> Option<Arc<PeerInfo>> {
        self.given.peer.clone().or_else(|| self.cursor.dir.peer.get())
    }

    /// Asks for subscription commands, which other readers never see.
    pub fn want_commands(&mut self) {
        self.wants_commands = true;
    }

    /// True between the frames of a multipart message.
    pub fn in_message(&self) -> bool {
        self.in_message
    }

    /// Changes the reader's share of the high-water mark, in messages; 0 is unlimited.
    pub fn set_hwm(&self, hwm: u32) {
        self.cursor.dir.set_hwm_reader(hwm);
        self.cursor.dir.reconsider_credit();
    }

    /// The reader's side becomes known, with its share of the high-water mark.
    pub fn join(&self, hwm: u32) {
        self.cursor.dir.join_hwm_reader(hwm);
    }

    /// Wants no more: the writer's side learns of it.
    pub fn close(&mut self) {
        self.closed = true;
        self.in_message = false;
        self.cursor.dir.close_reader();
    }

    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// Messages that are there and not read.
    pub fn queued(&self) -> u64 {
        self.cursor.dir.published_messages().saturating_sub(self.messages)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("dir", &self.cursor.dir)
            .field("pos", &self.cursor.pos())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::msg::Msg;
    use crate::pipe::{Marks, Outgoing, Thresholds, Writer, queue};
    use crate::testing::Nobody;

    thread_local! {
        /// Who goes on while the reader falls back.
        static AHEAD: RefCell<Option<Writer>> = const { RefCell::new(None) };
    }

    fn unlimited() -> (Writer, Reader) {
        let marks = Marks { writer: Some(0), reader: Some(0) };
        queue(Arc::new(Nobody), Arc::new(Nobody), marks, Thresholds::INPROC)
    }

    /// Passes so many bytes in messages of a kilobyte.
    fn pass(writer: &mut Writer, reader: &mut Reader, bytes: usize) {
        for number in 0..bytes >> 10 {
            let body = [number as u8; 1024];
            assert!(writer.write(&mut Outgoing::slice(&body, false)));
            assert!(reader.can_read());
            assert_eq!(reader.read().unwrap().data(), body);
        }
    }

    fn has_spare(reader: &Reader) -> bool {
        let spare = reader.cursor.dir.take_spare();
        let found = !spare.is_null();
        if found {
            // SAFETY: `take_spare` made it this thread's alone.
            unsafe { crate::pipe::chunk::Chunk::free(spare) };
        }
        found
    }

    #[test]
    fn memory_that_was_read_is_the_writers_again_at_once() {
        let (mut writer, mut reader) = unlimited();
        pass(&mut writer, &mut reader, REST / 4);
        assert!(has_spare(&reader));
    }

    #[test]
    fn in_a_stream_it_rests() {
        let (mut writer, mut reader) = unlimited();
        reader.cursor.rest(REST);
        pass(&mut writer, &mut reader, REST / 4);
        assert!(!has_spare(&reader));
        pass(&mut writer, &mut reader, REST);
        assert!(has_spare(&reader));
    }

    #[test]
    fn it_rests_no_longer_than_the_stream_lasts() {
        let (mut writer, mut reader) = unlimited();
        reader.cursor.rest(REST);
        pass(&mut writer, &mut reader, REST / 4);
        reader.calm_down();
        assert!(has_spare(&reader));
        pass(&mut writer, &mut reader, REST / 4);
        assert!(has_spare(&reader));
    }

    #[test]
    fn memory_that_rests_is_counted_with_what_goes_by_pointer() {
        let (mut writer, mut reader) = unlimited();
        reader.cursor.rest(REST);
        // Each takes a few bytes of the stream.
        let sent = (0..).find(|_| {
            let mut body = Msg::from_slice(&[7; 1024]);
            assert!(writer.write(&mut Outgoing::msg(&mut body, false)));
            assert!(reader.can_read());
            assert!(reader.read().is_some_and(|frame| frame.is_external()));
            has_spare(&reader)
        });
        assert!(sent.is_some_and(|sent| sent < REST / 64), "{sent:?}");
    }

    #[test]
    fn a_part_by_pointer_that_was_taken_back_has_no_place() {
        let (mut writer, mut reader) = unlimited();
        let large = |fill: u8| Msg::from_slice(&[fill; 1024]);
        assert!(writer.write(&mut Outgoing::slice(b"before", false)));
        assert!(writer.write(&mut Outgoing::msg(&mut large(1), true)));
        // The reader counts the part, which is not published.
        assert_eq!(reader.read().map(|frame| frame.data().to_vec()), Some(b"before".to_vec()));
        writer.rollback();
        // First other bytes stand there, behind a header as long, then another part behind them.
        for mut body in [Msg::from_slice(&[0; 300]), large(2)] {
            let expected = body.data().to_vec();
            assert!(writer.write(&mut Outgoing::msg(&mut body, false)));
            assert!(reader.can_read());
            assert_eq!(reader.read().map(|frame| frame.data().to_vec()), Some(expected));
        }
        assert!(!reader.can_read());
    }

    #[test]
    fn what_a_thread_reads_is_copied_for_another_thread() {
        let (mut writer, mut reader) = unlimited();
        let body = vec![7; 1 << 20];
        assert!(writer.write(&mut Outgoing::slice(&body, false)));
        let frame = reader.read().expect("a message");
        assert_eq!(frame.data(), body);
        // That is how such copies are told from others.
        let off = frame.data().as_ptr().addr().wrapping_sub(body.as_ptr().addr());
        assert!((off % 4096).abs_diff(2048) < 16);
    }

    fn write_ahead() {
        AHEAD.with_borrow_mut(|writer| {
            let writer = writer.as_mut().unwrap();
            assert!(writer.write(&mut Outgoing::slice(&[7; 1024], false)));
        });
    }

    /// Whether a reader that takes each message at once keeps off, if its writer does that while it
    /// falls back.
    fn keeps_off(meanwhile: fn()) -> (bool, Reader) {
        let (writer, mut reader) = unlimited();
        AHEAD.set(Some(writer));
        let kept_off = (0..10).any(|_| {
            write_ahead();
            assert!(reader.can_read());
            let kept_off = reader.keep_off(Moment(meanwhile));
            assert!(reader.read().is_some());
            kept_off
        });
        (kept_off, reader)
    }

    #[test]
    fn a_reader_with_much_ahead_is_on_nobodys_heels_however_small_the_chunks() {
        let (mut writer, mut reader) = unlimited();
        for _ in 0..200 {
            assert!(writer.write(&mut Outgoing::slice(&[7; 64], false)));
        }
        for _ in 0..100 {
            assert!(reader.can_read());
            assert!(!reader.keep_off(Moment(|| panic!("it falls back"))));
        }
    }

    #[test]
    fn a_reader_keeps_off_the_heels_of_a_writer_that_goes_on() {
        let (kept_off, mut reader) = keeps_off(write_ahead);
        assert!(kept_off && reader.queued() > 1);
        while reader.read().is_some() {}
        pass(&mut AHEAD.take().unwrap(), &mut reader, REST / 4);
        assert!(!has_spare(&reader), "what was read rests");
    }

    #[test]
    fn a_reader_does_not_keep_off_a_writer_that_waits() {
        assert!(!keeps_off(|| ()).0);
    }
}
