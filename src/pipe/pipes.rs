//! The pipes of one socket: a slab of ends, as patterns see them.
//!
//! Thread: under the socket's lock. Invariants: an id is valid from `insert` to `remove`; the
//! pattern learns of both through `attach` and `detach`.
//! Counterpart: the `pipe_t*` that libzmq 4.3.5's sockets hand around.

use std::mem;
use std::sync::{Arc, OnceLock};

use crate::msg::PeerInfo;
use crate::pipe::conflate::{LatestReader, LatestWriter};
use crate::pipe::writer::HOT;
use crate::pipe::{Frame, Moment, Outgoing, Port, Reader, Writer};

/// The place of a pipe in its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PipeId(pub u32);

impl PipeId {
    /// No pipe's.
    const NONE: Self = Self(u32::MAX);
}

impl Default for PipeId {
    fn default() -> Self {
        Self::NONE
    }
}

/// A socket's writing end.
#[derive(Debug)]
pub enum Tx {
    /// A byte queue.
    Queue(Writer),
    /// The last message only.
    Latest(LatestWriter),
}

/// A socket's reading end.
#[derive(Debug)]
pub enum Rx {
    /// A byte queue.
    Queue(Reader),
    /// The last message only.
    Latest(LatestReader),
}

/// A socket's end of a pipe.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct End {
    /// Set once the pattern asked for the pipe's end, or its end was seen.
    leaving: bool,
    /// What is written is told by [`Pipes::next_written`], if it is due.
    reported: bool,
    /// Towards the peer.
    pub tx: Tx,
    /// From the peer.
    pub rx: Rx,
    /// Where the pipe's signals arrive.
    pub port: Arc<Port>,
    /// See [`End::farewell`].
    farewell: Option<Arc<OnceLock<Vec<u8>>>>,
}

// What each message needs of an end lies in one pair of cache lines: `tx` has no tag before it.
const _: () = assert!(
    mem::offset_of!(End, tx) + HOT <= align_of::<End>() && size_of::<Tx>() == size_of::<Writer>()
);

impl End {
    /// Puts the two ends of a pipe together.
    pub fn new(tx: Tx, rx: Rx, port: Arc<Port>) -> Self {
        Self { tx, rx, port, leaving: false, reported: false, farewell: None }
    }

    /// The place for the last message that the other end is to get when this one closes.
    pub fn farewell(&mut self) -> Arc<OnceLock<Vec<u8>>> {
        Arc::clone(self.farewell.get_or_insert_default())
    }

    /// Messages that wait to leave and to be read.
    pub fn queued(&self) -> (u64, u64) {
        let outbound = match &self.tx {
            Tx::Queue(tx) => tx.queued(),
            Tx::Latest(_) => 0,
        };
        let inbound = match &self.rx {
            Rx::Queue(rx) => rx.queued(),
            Rx::Latest(_) => 0,
        };
        (outbound, inbound)
    }

    /// Closes both ways, dropping nothing: that may run a user's functions.
    pub fn close(&mut self) {
        match &mut self.tx {
            Tx::Queue(tx) => {
                if let Some(message) = self.farewell.as_ref().and_then(|place| place.get()) {
                    tx.rollback();
                    tx.write(&mut Outgoing::slice(message, false));
                }
                tx.close();
            }
            Tx::Latest(tx) => tx.close(),
        }
        match &mut self.rx {
            Rx::Queue(rx) => rx.close(),
            Rx::Latest(rx) => rx.close(),
        }
    }
}

/// A socket's pipes.
#[derive(Debug, Default)]
pub struct Pipes {
    ends: Vec<Option<End>>,
    free: Vec<u32>,
    /// Pipes written to since the socket looked: mostly one.
    written: Option<PipeId>,
    also_written: Vec<PipeId>,
    /// Pipes to be removed.
    leaving: Vec<PipeId>,
    /// See [`Pipes::set_unarmed`].
    unarmed: bool,
    /// See [`Pipes::new`].
    moment: Option<Moment>,
    /// The pipe whose reader keeps off its writer's heels.
    streaming: Option<PipeId>,
    /// See [`Pipes::send_directly`] and [`Pipes::receive_directly`].
    direct_out: PipeId,
    direct_in: PipeId,
}

impl Pipes {
    /// None yet. Their readers let a `moment` pass where that makes a stream faster.
    pub fn new(moment: Option<Moment>) -> Self {
        Self { moment, ..Self::default() }
    }

    /// Takes a pipe in; `reported` if [`Pipes::next_written`] is to tell what is written to it.
    pub fn insert(&mut self, mut end: End, reported: bool) -> PipeId {
        end.reported = reported;
        self.ask_pattern();
        let index = self.free.pop().unwrap_or_else(|| {
            self.ends.push(None);
            (self.ends.len() - 1) as u32
        });
        end.port.set_id(index);
        self.ends[index as usize] = Some(end);
        PipeId(index)
    }

    /// Gives a pipe out; the caller has told the pattern.
    pub fn remove(&mut self, id: PipeId) -> Option<End> {
        let end = self.ends.get_mut(id.0 as usize)?.take()?;
        end.port.set_id(PipeId::NONE.0);
        self.free.push(id.0);
        Some(end)
    }

    /// True if the pipe is there and not on its way out.
    pub fn contains(&self, id: PipeId) -> bool {
        self.end_ref(id).is_some_and(|end| !end.leaving)
    }

    /// All pipes, in no particular order.
    pub fn ids(&self) -> impl Iterator<Item = PipeId> + '_ {
        self.ends.iter().enumerate().filter_map(|(i, e)| e.as_ref().map(|_| PipeId(i as u32)))
    }

    /// Messages in all pipes that wait to be read.
    pub fn to_be_read(&self) -> u64 {
        self.ends.iter().flatten().map(|end| end.queued().1).sum()
    }

    /// Number of pipes.
    pub fn len(&self) -> usize {
        self.ends.len() - self.free.len()
    }

    /// True if there is no pipe.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pipe's end, while it is there.
    #[inline(always)]
    pub fn end(&mut self, id: PipeId) -> Option<&mut End> {
        self.ends.get_mut(id.0 as usize)?.as_mut()
    }

    #[inline(always)]
    fn end_ref(&self, id: PipeId) -> Option<&End> {
        self.ends.get(id.0 as usize)?.as_ref()
    }

    /// True if the peer is there and the high-water mark leaves room for a message. On false
    /// because of the mark, `write_activated` follows when there is room.
    #[inline(always)]
    pub fn can_write(&mut self, id: PipeId) -> bool {
        match self.end(id) {
            Some(End { leaving: false, tx: Tx::Queue(tx), .. }) => tx.can_write(),
            Some(End { leaving: false, tx: Tx::Latest(tx), .. }) => tx.can_write(),
            _ => false,
        }
    }

    /// As [`Pipes::can_write`], but a burst is held to the high-water mark even where the kernel
    /// took it meanwhile.
    #[inline(always)]
    pub fn can_write_strictly(&mut self, id: PipeId) -> bool {
        match self.end_ref(id) {
            Some(End { leaving: false, tx: Tx::Queue(tx), .. }) if tx.is_below_mark() => true,
            _ => self.can_write_strictly_slow(id),
        }
    }

    #[cold]
    fn can_write_strictly_slow(&mut self, id: PipeId) -> bool {
        match self.end(id) {
            Some(End { leaving: false, tx: Tx::Queue(tx), .. }) => tx.can_write_strictly(),
            _ => self.can_write(id),
        }
    }

    /// Writes a frame; the peer sees the message when its last frame is written. False: no room or
    /// no peer, nothing was written and the body is where it was.
    #[inline(always)]
    pub fn write(&mut self, id: PipeId, out: &mut Outgoing<'_>) -> bool {
        let more = out.more;
        let reported = match self.end(id) {
            Some(End { leaving: false, reported, tx: Tx::Queue(tx), .. }) => {
                if !tx.write(out) {
                    return false;
                }
                *reported && tx.is_due()
            }
            Some(End { leaving: false, reported, tx: Tx::Latest(tx), .. }) => {
                if !tx.write(out) {
                    return false;
                }
                *reported
            }
            _ => return false,
        };
        if reported && !more {
            self.note_written(id);
        }
        true
    }

    /// Until a pipe comes or goes or there is news of one, the pattern would write every message of one
    /// frame to this pipe and do nothing else: it need not be asked.
    #[inline(always)]
    pub fn send_directly(&mut self, id: PipeId) {
        self.direct_out = id;
    }

    /// As [`Pipes::send_directly`]: the pattern would read whatever this pipe has at hand, and do
    /// nothing else.
    #[inline(always)]
    pub fn receive_directly(&mut self, id: PipeId) {
        self.direct_in = id;
    }

    /// The pattern is to be asked again where messages go and where they come from.
    pub fn ask_pattern(&mut self) {
        self.direct_out = PipeId::NONE;
        self.direct_in = PipeId::NONE;
    }

    /// Writes a message of one frame where all go. False: the pattern is to be asked, nothing was
    /// written.
    #[inline(always)]
    pub fn write_directly(&mut self, out: &mut Outgoing<'_>) -> bool {
        let id = self.direct_out;
        let Some(End { reported, tx: Tx::Queue(tx), .. }) = self.end(id) else { return false };
        if out.more || tx.in_message() || !tx.write(out) {
            return false;
        }
        if *reported && tx.is_due() {
            self.note_written(id);
        }
        true
    }

    /// The next frame, if it is at hand where all come from.
    #[inline(always)]
    pub fn read_directly(&mut self) -> Option<Frame<'_>> {
        match &mut self.ends.get_mut(self.direct_in.0 as usize)?.as_mut()?.rx {
            Rx::Queue(rx) => rx.read_at_hand(),
            Rx::Latest(_) => None,
        }
    }

    /// As [`Pipes::write`], leaving the body in place for the next pipe: small bodies are copied,
    /// large ones shared.
    pub fn write_copy(&mut self, id: PipeId, out: &mut Outgoing<'_>) -> bool {
        let Some(end) = self.end(id) else { return false };
        if end.leaving {
            return false;
        }
        let (written, due) = match &mut end.tx {
            Tx::Queue(tx) => (tx.write_copy(out), tx.is_due()),
            Tx::Latest(tx) => (tx.write_copy(out), true),
        };
        if end.reported && due && written && !out.more {
            self.note_written(id);
        }
        written
    }

    /// Writes a command, whatever the high-water mark.
    pub fn write_command(&mut self, id: PipeId, body: &[u8]) {
        if let Some(End { leaving: false, reported, tx: Tx::Queue(tx), .. }) = self.end(id) {
            let reported = *reported;
            if tx.write_command(body) && reported {
                self.note_written(id);
            }
        }
    }

    /// Writes a command to all pipes, whatever the high-water marks.
    pub fn write_command_to_all(&mut self, body: &[u8]) {
        for index in 0..self.ends.len() {
            self.write_command(PipeId(index as u32), body);
        }
    }

    /// Drops the frames of an unfinished message.
    pub fn rollback(&mut self, id: PipeId) {
        if let Some(End { tx: Tx::Queue(tx), .. }) = self.end(id) {
            tx.rollback();
        }
    }

    /// True if a whole message is there. On false the pipe is armed: `read_activated` follows when
    /// there is more.
    #[inline]
    pub fn can_read(&mut self, id: PipeId) -> bool {
        let Some(end) = self.end(id) else { return false };
        if end.leaving {
            return false;
        }
        let (readable, finished) = match &mut end.rx {
            Rx::Queue(rx) => {
                let readable = rx.can_read();
                (readable, !readable && rx.is_finished())
            }
            Rx::Latest(rx) => {
                let readable = rx.can_read();
                (readable, !readable && rx.is_finished())
            }
        };
        if finished {
            self.terminate(id);
        }
        readable
    }

    /// From here on [`Pipes::look`] promises no signal: whoever asks looks again by himself, or asks
    /// once more with this off before he goes to sleep.
    pub fn set_unarmed(&mut self, unarmed: bool) {
        self.unarmed = unarmed;
    }

    /// True while [`Pipes::look`] promises no signal.
    pub fn is_unarmed(&self) -> bool {
        self.unarmed
    }

    /// True if a whole message is known to be there; false says nothing.
    #[inline(always)]
    pub fn has_at_hand(&self, id: PipeId) -> bool {
        matches!(
            self.end_ref(id),
            Some(End { leaving: false, rx: Rx::Queue(rx), .. }) if rx.is_at_message()
        )
    }

    /// True if a whole message is there. On false, the pipe is armed as after [`Pipes::can_read`],
    /// unless [`Pipes::is_unarmed`].
    pub fn look(&mut self, id: PipeId) -> bool {
        if !self.unarmed {
            return self.can_read(id);
        }
        let (readable, finished) = match self.end(id) {
            Some(End { leaving: false, rx: Rx::Queue(rx), .. }) => {
                let readable = rx.has_message();
                (readable, !readable && rx.is_finished())
            }
            Some(End { leaving: false, rx: Rx::Latest(rx), .. }) => {
                let readable = rx.has_message();
                (readable, !readable && rx.is_finished())
            }
            _ => return false,
        };
        if finished {
            // Nobody else tells: the pipe's end was not armed.
            self.terminate(id);
        }
        readable
    }

    /// As [`Pipes::look`], of the only pipe that there is to read from: where messages come in a stream
    /// it keeps off its writer's heels.
    pub fn look_alone(&mut self, id: PipeId) -> bool {
        if self.has_at_hand(id) {
            return true;
        }
        if !self.look(id) {
            return false;
        }
        if let Some(moment) = self.moment
            && let Some(End { rx: Rx::Queue(rx), .. }) = self.end(id)
            && rx.keep_off(moment)
        {
            self.streaming = Some(id);
        }
        true
    }

    /// The caller has to wait for input.
    pub fn calm_down(&mut self) {
        if let Some(id) = self.streaming.take()
            && let Some(End { rx: Rx::Queue(rx), .. }) = self.end(id)
        {
            rx.calm_down();
        }
    }

    /// The next frame, if [`Pipes::can_read`].
    #[inline(always)]
    pub fn read(&mut self, id: PipeId) -> Option<Frame<'_>> {
        let end = self.ends.get_mut(id.0 as usize)?.as_mut()?;
        match &mut end.rx {
            Rx::Queue(rx) => rx.read(),
            Rx::Latest(rx) => rx.read_frame(),
        }
    }

    /// Gives out a frame of the caller's as one of this pipe's peer: what the socket's type puts
    /// before the peer's message.
    #[inline]
    pub fn precede<'a>(&'a mut self, id: PipeId, bytes: &'a [u8]) -> Option<Frame<'a>> {
        let end = self.ends.get_mut(id.0 as usize)?.as_mut()?;
        Some(match &mut end.rx {
            Rx::Queue(rx) => rx.precede(bytes),
            Rx::Latest(rx) => rx.precede(bytes),
        })
    }

    /// True between the frames of a multipart message that is being read.
    pub fn in_message(&mut self, id: PipeId) -> bool {
        matches!(self.end(id), Some(End { rx: Rx::Queue(rx), .. }) if rx.in_message())
    }

    /// As [`Pipes::peek`] of a pipe that [`Pipes::has_at_hand`]; `None` says nothing.
    #[inline(always)]
    pub fn peek_at_hand(&self, id: PipeId) -> Option<&[u8]> {
        match self.end_ref(id) {
            Some(End { rx: Rx::Queue(rx), .. }) => rx.peek_at_hand(),
            _ => None,
        }
    }

    /// The body of the next frame, if [`Pipes::can_read`], without taking it.
    pub fn peek(&mut self, id: PipeId) -> Option<&[u8]> {
        let end = self.ends.get_mut(id.0 as usize)?.as_mut()?;
        match &mut end.rx {
            Rx::Queue(rx) => rx.peek(),
            Rx::Latest(rx) => rx.peek(),
        }
    }

    /// True if the next frame, which [`Pipes::can_read`] has said is there, is not its message's
    /// last.
    pub fn peek_more(&mut self, id: PipeId) -> bool {
        match self.end(id) {
            Some(End { rx: Rx::Queue(rx), .. }) => rx.peek_more(),
            _ => false,
        }
    }

    /// What is read from the pipe carries the number `routing_id` from here on.
    pub fn set_routing_id(&mut self, id: PipeId, routing_id: u32) {
        if let Some(End { rx: Rx::Queue(rx), .. }) = self.end(id) {
            rx.set_routing_id(routing_id);
        }
    }

    /// True if the peer is there: then the high-water mark is all that can keep the pipe from being
    /// written to.
    pub fn is_reachable(&mut self, id: PipeId) -> bool {
        matches!(self.end(id), Some(End { leaving: false, tx: Tx::Queue(tx), .. }) if !tx.is_closed())
    }

    /// Who is at the other side: known once its handshake is done (inproc: at once).
    /// `read_activated` is called when it becomes known.
    pub fn peer(&mut self, id: PipeId) -> Option<Arc<PeerInfo>> {
        match &self.end(id)?.rx {
            Rx::Queue(rx) => rx.peer(),
            Rx::Latest(rx) => rx.peer(),
        }
    }

    /// Lets subscription commands through to the reader.
    pub fn want_commands(&mut self, id: PipeId) {
        if let Some(End { rx: Rx::Queue(rx), .. }) = self.end(id) {
            rx.want_commands();
        }
    }

    /// Ends the pipe: nothing is read from or written to it from now on, and
    /// `Pattern::detach` follows once the present call is through. What was written is still sent.
    pub fn terminate(&mut self, id: PipeId) {
        if let Some(end) = self.end(id)
            && !end.leaving
        {
            end.leaving = true;
            self.leaving.push(id);
            self.ask_pattern();
        }
    }

    /// True if the peer closed and nothing is left to be read.
    pub fn is_over(&mut self, id: PipeId) -> bool {
        match self.end(id).map(|end| &end.rx) {
            Some(Rx::Queue(rx)) => rx.is_finished(),
            Some(Rx::Latest(rx)) => rx.is_finished(),
            None => true,
        }
    }

    /// Pipes whose end was asked for or seen, one by one.
    pub fn next_leaving(&mut self) -> Option<PipeId> {
        self.leaving.pop()
    }

    /// True if [`Pipes::next_leaving`] has something.
    #[inline]
    pub fn has_leaving(&self) -> bool {
        !self.leaving.is_empty()
    }

    #[inline(always)]
    fn note_written(&mut self, id: PipeId) {
        if self.written != Some(id)
            && let Some(other) = self.written.replace(id)
        {
            self.also_written.push(other);
        }
    }

    /// True if [`Pipes::next_written`] has something.
    #[inline(always)]
    pub fn has_written(&self) -> bool {
        self.written.is_some()
    }

    /// How many [`Pipes::next_written`] has.
    pub fn written(&self) -> usize {
        usize::from(self.written.is_some()) + self.also_written.len()
    }

    /// Pipes that got a message that is due since the last call, one by one.
    #[inline(always)]
    pub fn next_written(&mut self) -> Option<PipeId> {
        let next = self.written;
        self.written = self.also_written.pop();
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::{Inbox, Marks, Thresholds, queue};
    use crate::testing::Nobody;

    #[test]
    fn a_pipe_that_is_to_end_is_not_used_directly() {
        let marks = Marks { writer: Some(0), reader: Some(0) };
        let one = || queue(Arc::new(Nobody), Arc::new(Nobody), marks, Thresholds::INPROC);
        let ((tx, _theirs), (mut peer, mut rx)) = (one(), one());
        assert!(peer.write(&mut Outgoing::slice(b"at hand", false)) && rx.can_read());
        let port = Port::new(Inbox::new(Box::new(Nobody)));
        let mut pipes = Pipes::default();
        let id = pipes.insert(End::new(Tx::Queue(tx), Rx::Queue(rx), port), false);
        pipes.send_directly(id);
        pipes.receive_directly(id);
        assert!(pipes.write_directly(&mut Outgoing::slice(b"before", false)));
        pipes.terminate(id);
        assert!(!pipes.write_directly(&mut Outgoing::slice(b"behind", false)));
        assert!(pipes.read_directly().is_none());
    }
}
