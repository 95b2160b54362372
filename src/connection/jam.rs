//! A connection that gets more than its peer takes, and the sender that waits for it a moment.
//!
//! What waits in the pipe lies in memory that has left the caches when its turn comes, and as the
//! queue grows, in pages that nobody has touched before: with megabytes waiting, a stream of large
//! messages runs at half the speed. So a sender that has left that much makes room by itself: it
//! waits for the kernel in place of the I/O thread, as a receiver does that finds nothing. It does
//! so for a moment at most, and as long as that pays: at a peer that reads slowly or not at all,
//! the queue fills up to the high-water mark as fast as ever.
//!
//! Thread: an application's, which holds nothing. Invariants: while the link is full, either a
//! sender is here or the I/O thread waits for room. Counterpart: none.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use crate::sync::RoleGuard;
use crate::sys::clock::{self, Ticks};
use crate::sys::poll::{self, PollFd};

use super::link::{Conn, Link, Loss};
use super::transmit::TxSide;

/// Bytes of large bodies that may wait in the pipe of a connection that is full. What is copied into
/// the pipe does not count: a queue of short messages ends at the high-water mark soon enough.
pub(super) const BACKLOG: u64 = 512 << 10;
/// The longest wait: a kernel's buffer of some megabytes is read in that time.
const LONGEST: Duration = Duration::from_millis(1);
/// A wait that made room counts one, one that did not counts [`MISS`] against it; at nothing, no
/// more is tried for a while.
const CREDIT: u32 = 4;
const MISS: u32 = 2;
/// Messages that are then sent without a wait, at first and at most: the pause doubles each time.
const PAUSE: u32 = 32;
const LONGEST_PAUSE: u32 = 4096;

/// Whether waiting pays at this connection.
#[derive(Debug)]
pub(super) struct Patience {
    credit: u32,
    skip: u32,
    pause: u32,
}

impl Patience {
    pub(super) const fn new() -> Self {
        Self { credit: CREDIT, skip: 0, pause: PAUSE }
    }

    fn is_there(&mut self) -> bool {
        let there = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        there
    }

    fn learn(&mut self, paid: bool) {
        if paid {
            self.credit = (self.credit + 1).min(CREDIT);
            self.pause = PAUSE;
            return;
        }
        self.credit = self.credit.saturating_sub(MISS);
        if self.credit == 0 {
            self.credit = CREDIT;
            self.skip = self.pause;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// A full connection for whose room a sender waits instead of the I/O thread.
#[derive(Debug)]
pub struct Jam {
    link: Arc<Link>,
    conn: Arc<Conn>,
    /// Whether the wait made room; `None` for one that something else ended.
    paid: Option<bool>,
}

impl Jam {
    /// Takes the waiting over from the I/O thread, if `link` is full, much waits in its pipe, and a
    /// wait is likely to pay.
    #[cold]
    pub fn take_over(link: Arc<Link>) -> Option<Self> {
        let mut tx = link.tx.try_hold()?;
        let conn = tx.conn.clone()?;
        let jammed = link.is_full() && tx.is_backed_up() && tx.patience.is_there();
        let disarmed = if jammed { tx.wait_for_room(false) } else { Ok(()) };
        leave(&link, tx, disarmed);
        jammed.then_some(Self { link, conn, paid: None })
    }

    /// Hands over what waits as there is room, for a moment.
    pub fn work_off(mut self) {
        let began = Ticks::now();
        while self.paid.is_none() {
            // Input ends the wait: the peer may be waiting for us to read.
            let mut fds = [PollFd::new(self.conn.stream.as_raw_fd(), poll::OUT | poll::IN)];
            match poll::poll(&mut fds, Some(LONGEST), None) {
                Ok(0) => self.paid = Some(false),
                Ok(_) if fds[0].revents() == poll::OUT => {
                    if !self.link.flush_until_full(None, &mut Vec::new(), true) {
                        self.paid = Some(true);
                    } else if Ticks::now().since(began) > clock::ticks_in(LONGEST) {
                        self.paid = Some(false);
                    }
                }
                // A signal's handler ran, input, or the end of the connection.
                _ => return,
            }
        }
    }
}

impl Drop for Jam {
    fn drop(&mut self) {
        let mut tx = self.link.tx.hold();
        if let Some(paid) = self.paid {
            tx.patience.learn(paid);
        }
        let armed = if self.link.is_full() { tx.wait_for_room(true) } else { Ok(()) };
        leave(&self.link, tx, armed);
    }
}

fn leave(link: &Link, tx: RoleGuard<'_, TxSide>, result: io::Result<()>) {
    if tx.release() {
        link.flush_here();
    }
    if let Err(error) = result {
        link.lost(Loss::Io(error));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::mpsc;
    use std::thread;

    use socket2::{Domain, Socket, Type};

    use super::*;
    use crate::connection::codec::Codec;
    use crate::connection::receive::{RxSide, Sink};
    use crate::connection::transmit::Source;
    use crate::msg::PeerInfo;
    use crate::pipe::{self, Marks, Outgoing, Writer};
    use crate::reactor::{Cx, Handler, IoThread, IoThreadConfig};
    use crate::testing::Nobody;
    use crate::transport::Stream;

    /// Messages of [`LEN`] bytes that a jammed link is given.
    const MESSAGES: usize = 64;
    const LEN: usize = 64 << 10;
    const PATIENCE: Duration = Duration::from_secs(10);

    /// In the place of a session: tells when the I/O thread hears of room.
    struct Told(mpsc::Sender<()>);

    impl Handler for Told {
        fn start(&mut self, _cx: &mut Cx<'_>) {}
        fn ready(&mut self, _cx: &mut Cx<'_>, _readable: bool, writable: bool) {
            if writable {
                // The test may be over.
                let _ = self.0.send(());
            }
        }
        fn timer(&mut self, _cx: &mut Cx<'_>, _id: u8) {}
        fn notice(&mut self, _cx: &mut Cx<'_>, _bits: u32) {}
    }

    struct Jammed {
        link: Arc<Link>,
        peer: Socket,
        told: mpsc::Receiver<()>,
        _writer: Writer,
        _thread: IoThread,
    }

    fn jammed() -> Jammed {
        let thread = IoThread::start(IoThreadConfig::default()).expect("starts");
        let (socket, peer) = Socket::pair(Domain::UNIX, Type::STREAM, None).expect("made");
        socket.set_nonblocking(true).expect("settable");
        let marks = Marks { writer: None, reader: None };
        let (mut writer, flusher) = pipe::outbound(Arc::new(Nobody), Arc::new(Nobody), marks);
        let remote = thread.remote();
        let (tell, told) = mpsc::channel();
        let (link, conn) = remote.spawn(|token| {
            let tx = TxSide::new(Source::Flusher(flusher));
            let rx = RxSide::new(Sink::None, u64::MAX);
            let link = Link::new(remote.clone(), token, tx, rx, None);
            let registration = remote.registration(token, &socket);
            let stream = Stream::new(socket, None);
            let conn = Conn { stream, registration, peer: Arc::new(PeerInfo::default()) };
            (Box::new(Told(tell)), (link, Arc::new(conn)))
        });
        link.tx.hold().begin(Arc::clone(&conn), Codec::V3, false);
        link.reset(Some(&conn));
        for _ in 0..MESSAGES {
            assert!(writer.write(&mut Outgoing::slice(&[7; LEN], false)));
        }
        link.flush(Some(&mut writer), &mut Vec::new());
        assert!(link.is_full() && link.tx.hold().is_backed_up());
        Jammed { link, peer, told, _writer: writer, _thread: thread }
    }

    #[test]
    fn the_sender_hands_over_what_a_reading_peer_has_room_for() {
        let Jammed { link, mut peer, told: _told, _writer, _thread } = jammed();
        let reader = thread::spawn(move || {
            let mut buffer = vec![0; LEN];
            let mut left = MESSAGES * LEN - BACKLOG as usize;
            while left > 0 {
                left = left.saturating_sub(peer.read(&mut buffer).expect("more comes"));
            }
        });
        let began = Ticks::now();
        while link.tx.hold().is_backed_up() {
            if let Some(jam) = Jam::take_over(Arc::clone(&link)) {
                jam.work_off();
            }
            assert!(Ticks::now().since(began) < clock::ticks_in(PATIENCE));
        }
        drop(link);
        reader.join().expect("it got what it waits for");
    }

    #[test]
    fn the_io_thread_goes_on_when_the_sender_gives_up() {
        let Jammed { link, mut peer, told, _writer, _thread } = jammed();
        Jam::take_over(Arc::clone(&link)).expect("jammed").work_off();
        assert!(link.is_full());
        while told.try_recv().is_ok() {}
        let mut buffer = vec![0; 4 * LEN];
        while told.try_recv().is_err() {
            assert!(peer.read(&mut buffer).expect("the kernel has some") > 0);
            if told.recv_timeout(Duration::from_millis(20)).is_ok() {
                return;
            }
        }
    }

    #[test]
    fn patience_is_lost_on_a_peer_that_does_not_read() {
        let mut patience = Patience::new();
        let waits = (0..1000).filter(|_| {
            let there = patience.is_there();
            if there {
                patience.learn(false);
            }
            there
        });
        assert!(waits.count() <= 12);
    }

    #[test]
    fn patience_comes_back_with_a_peer_that_reads() {
        let mut patience = Patience::new();
        while patience.is_there() {
            patience.learn(false);
        }
        while !patience.is_there() {}
        for _ in 0..1000 {
            patience.learn(true);
            assert!(patience.is_there());
        }
    }
}
