//! The link between a pipe and the connection of the moment: two roles, and the words by which
//! the application's thread and the I/O thread agree on who does what.
//!
//! - *Transmit*: whoever gets the role hands to the kernel what is published. If the kernel is
//!   full, the I/O thread waits for room. What is published and not flushed is looked after by the
//!   I/O thread's ticks.
//! - *Receive*: the I/O thread reads, unless an application's thread that would have to sleep
//!   takes over (`owner`). It then waits for the descriptor itself. The I/O thread takes the work
//!   back when the application has not come for [`Watch::PATIENCE`].
//!
//! Thread: any. Invariants: a descriptor is waited for by its owner only; whoever leaves bytes in
//! the pipe has made sure that the I/O thread ticks; a role is held during non-blocking calls only.
//! Counterpart: none; libzmq 4.3.5 leaves all of this to its I/O thread.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::msg::{Msg, PeerInfo};
use crate::pipe::{Attention, Flushed, PipeId, Reader, Signal, Writer};
use crate::protocol::ProtocolError;
use crate::reactor::{Look, Registration, Remote, Token};
use crate::sync::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering, Role};
use crate::sys::clock::Ticks;
use crate::sys::modes::Modes;
use crate::transport::Stream;

use super::ListenerHandle;
use super::pace;
use super::receive::{Outcome, RxSide};
use super::transmit::TxSide;

/// The I/O thread's memory of a link that it looks after.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Bursts at the last tick, and ticks since then without another.
    bursts: u32,
    idle_ticks: u32,
    /// The last tick found something to be its business.
    has_found: bool,
    /// Visits at the last look, and looks since then without another while the application slept.
    visits: u32,
    sleepy_looks: u32,
}

impl Watch {
    /// How long the application may stay away before the I/O thread reads for it again.
    pub(super) const PATIENCE: Duration = Duration::from_millis(10);

    /// Ticks with nothing to flush before the ticking ends: starting it anew takes a wake-up, which a
    /// sender that pauses for a moment should not have to pay.
    const IDLE_TICKS: u32 = 3;

    /// While the application sleeps the looks become rarer, and end with this one: an idle connection
    /// costs nothing.
    const SLEEPY_LOOKS: u32 = 2;

    /// A tick found something that is left to ticks, or did not.
    fn found(&mut self, something: bool) -> Look {
        let has_found = mem::replace(&mut self.has_found, something);
        self.idle_ticks = if something { 0 } else { self.idle_ticks + 1 };
        if self.idle_ticks == Self::IDLE_TICKS {
            self.idle_ticks = 0;
            return Look::Last;
        }
        if something && has_found { Look::Steady } else { Look::Again }
    }
}

/// What a session is told.
pub(super) mod notices {
    pub(in super::super) const CLOSE: u32 = 1;
    pub(in super::super) const BROKEN: u32 = 2;
    pub(in super::super) const RESUME: u32 = 4;
    pub(in super::super) const WATCH: u32 = 8;
    pub(in super::super) const RESOLVED: u32 = 16;
    pub(in super::super) const TTL: u32 = 32;
}

const OWNER_IO: u8 = 0;
const OWNER_APP: u8 = 1;

/// A connection whose handshake is done.
#[derive(Debug)]
pub(super) struct Conn {
    pub(super) stream: Stream,
    pub(super) registration: Registration,
    pub(super) peer: Arc<PeerInfo>,
}

/// See the module.
#[derive(Debug)]
pub struct Link {
    remote: Remote,
    token: Token,
    pub(super) tx: Role<TxSide>,
    pub(super) rx: Role<RxSide>,
    /// There is a connection. Written by the session under both roles.
    pub(super) connected: AtomicBool,
    /// The connection's descriptor, -1 for none; for waiting only.
    pub(super) fd: AtomicI32,
    /// The kernel takes no more; the I/O thread waits for room. Written under the transmit role.
    full: AtomicBool,
    /// Commands to be sent between messages, and whether there are any.
    commands: Mutex<Vec<u8>>,
    has_commands: AtomicBool,
    /// Stream offset up to which the pipe was flushed, and when. Written under the transmit role.
    flushed: AtomicU64,
    flushed_at: AtomicU64,
    /// Bursts begun so far, by which a tick sees that the application goes on, and flushes by itself: who
    /// sends each message at once wants no ticks.
    bursts: AtomicU32,
    /// The I/O thread ticks for this link. Begun by who leaves bytes, ended by the I/O thread.
    attention: Attention,
    /// Who reads: [`OWNER_IO`] or [`OWNER_APP`]. Written under the receive role.
    owner: AtomicU8,
    /// Changes with every visit of an application's thread that owns the reading.
    visits: AtomicU32,
    /// An application's thread sleeps on the descriptor.
    sleeping: AtomicBool,
    /// The I/O thread looks after an owning application, see [`Watch`].
    watched: AtomicBool,
    /// Reads that brought something, by which the heartbeat sees traffic.
    received: AtomicU32,
    /// TTL of the peer's last PING, tenths of a second.
    peer_ttl: AtomicU32,
    /// Linger of a closed socket, milliseconds; -1 for ever.
    pub(super) linger: AtomicI32,
    /// Our end and the peer's, as monitors name them.
    endpoints: Mutex<(String, String)>,
    /// The pipe's place in its socket. The socket's; written and read under its lock.
    pipe: AtomicU32,
    /// None for a peer that we connect to.
    origin: Option<Origin>,
    /// What the peer did wrong, left by whoever noticed.
    fault: Mutex<Option<Loss>>,
    /// Nobody sends but the I/O thread, which therefore asks the pipe for a signal: `sys::modes`.
    sent_on_signal: bool,
}

/// Where a peer that was taken in comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Shared with the listener, and its name for that: true once it is closed.
    pub(super) closed: Arc<AtomicBool>,
    /// Counts the listener's peers.
    pub(super) number: u64,
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Loss {
    Io(io::Error),
    Fault(ProtocolError),
}

impl Link {
    pub(super) fn new(
        remote: Remote,
        token: Token,
        tx: TxSide,
        rx: RxSide,
        origin: Option<Origin>,
    ) -> Arc<Self> {
        Arc::new(Self {
            remote,
            token,
            tx: Role::new(tx),
            rx: Role::new(rx),
            connected: AtomicBool::new(false),
            fd: AtomicI32::new(-1),
            full: AtomicBool::new(false),
            commands: Mutex::default(),
            has_commands: AtomicBool::new(false),
            flushed: AtomicU64::new(0),
            flushed_at: AtomicU64::new(0),
            bursts: AtomicU32::new(0),
            attention: Attention::new(),
            owner: AtomicU8::new(OWNER_IO),
            visits: AtomicU32::new(0),
            sleeping: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            received: AtomicU32::new(0),
            peer_ttl: AtomicU32::new(0),
            linger: AtomicI32::new(-1),
            endpoints: Mutex::default(),
            pipe: AtomicU32::new(u32::MAX),
            origin,
            fault: Mutex::default(),
            sent_on_signal: !Modes::current().application_drives,
        })
    }

    /// Ends the session when what the socket wrote is sent, or after `linger` milliseconds (-1:
    /// however long it takes). The socket has dropped its end of the pipe.
    pub fn close(&self, linger: i32) {
        self.linger.store(linger, Ordering::Relaxed);
        self.notify(notices::CLOSE);
    }

    /// True if `listener` took the peer in.
    pub fn came_from(&self, listener: &ListenerHandle) -> bool {
        let listener = listener.closed_flag();
        self.origin.as_ref().is_some_and(|origin| Arc::ptr_eq(&origin.closed, listener))
    }

    /// How many peers its listener had taken in before this one; 0 for a peer that we connect to.
    pub fn number(&self) -> u64 {
        self.origin.as_ref().map_or(0, |origin| origin.number)
    }

    /// The local and the remote endpoint of the connection, or of the last one.
    pub fn endpoints(&self) -> (String, String) {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The place of the link's pipe in its socket; of no pipe at all if it never had one.
    pub fn pipe(&self) -> PipeId {
        PipeId(self.pipe.load(Ordering::Relaxed))
    }

    /// The socket took the link's pipe in.
    pub fn set_pipe(&self, id: PipeId) {
        self.pipe.store(id.0, Ordering::Relaxed);
    }

    pub(super) fn set_endpoints(&self, local: &str, remote: &str) {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        *endpoints = (local.to_owned(), remote.to_owned());
    }

    pub(super) fn notify(&self, bits: u32) {
        self.remote.notify(self.token, bits);
    }

    // Transmit.

    /// Hands to the kernel what is published. With the pipe's `writer` at hand, its memory is used
    /// over again when all went out.
    ///
    /// Bodies that are done with and whose drop runs a user's function are left in `spent`, for when
    /// the caller holds nothing.
    pub fn flush(&self, writer: Option<&mut Writer>, spent: &mut Vec<Msg>) {
        self.flush_until_full(writer, spent, false);
    }

    /// True: the kernel is full, and the caller, which `waits`, is to go on with that.
    pub(super) fn flush_until_full(
        &self,
        mut writer: Option<&mut Writer>,
        spent: &mut Vec<Msg>,
        waits: bool,
    ) -> bool {
        let mut goes_on = false;
        while self.connected.load(Ordering::Acquire) {
            let Some(mut tx) = self.tx.try_hold() else { break };
            if self.has_commands.load(Ordering::Relaxed) {
                self.take_commands(&mut tx);
            }
            let mut look_again = false;
            let result = tx.flush(spent);
            if let Some(offset) = tx.offset() {
                self.flushed.store(offset, Ordering::Relaxed);
            }
            match result {
                Ok(Flushed::Drained) => {
                    // SeqCst: whoever still saw `full` had published before, so look once more.
                    look_again = self.is_full() && self.full.swap(false, Ordering::SeqCst);
                    if let Some(writer) = &mut writer {
                        tx.rewind(writer);
                    }
                    look_again |= self.sent_on_signal && !tx.arm();
                }
                Ok(Flushed::Full) => {
                    self.full.store(true, Ordering::Relaxed);
                    goes_on = waits && tx.is_backed_up();
                    if !goes_on && let Err(error) = tx.wait_for_room(true) {
                        self.lost(Loss::Io(error));
                    }
                }
                Err(error) => self.lost(Loss::Io(error)),
            }
            self.flushed_at.store(Ticks::now().raw(), Ordering::Relaxed);
            let asked_meanwhile = tx.release();
            if !asked_meanwhile && !look_again {
                break;
            }
        }
        spent.retain(Msg::has_foreign);
        goes_on
    }

    /// As [`Link::flush`], for the I/O thread, which holds nothing.
    pub(super) fn flush_here(&self) {
        self.flush(None, &mut Vec::new());
    }

    /// The kernel has room again. I/O thread only.
    pub(super) fn writable(&self) {
        self.flush_here();
        if !self.full.load(Ordering::Relaxed)
            && let Some(tx) = self.tx.try_hold()
        {
            if !self.full.load(Ordering::Relaxed)
                && let Err(error) = tx.wait_for_room(false)
            {
                self.lost(Loss::Io(error));
            }
            if tx.release() {
                self.flush_here();
            }
        }
    }

    /// The kernel takes no more, and the I/O thread goes on when it does: whatever was published
    /// before this look is its business. SeqCst pairs with the swap in `flush`.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::SeqCst)
    }

    /// Offset in the pipe's stream up to which all was flushed; older than it is now, at worst.
    #[inline]
    pub(super) fn flushed(&self) -> u64 {
        self.flushed.load(Ordering::Relaxed)
    }

    /// When the last flush ended.
    #[inline]
    pub(super) fn flushed_at(&self) -> Ticks {
        Ticks::from_raw(self.flushed_at.load(Ordering::Relaxed))
    }

    /// Whether somebody looks after bytes that are left in the pipe.
    #[inline]
    pub fn attention(&self) -> &Attention {
        &self.attention
    }

    /// A burst begins: makes sure that somebody looks after bytes that are left in the pipe.
    #[inline]
    pub(super) fn keep_ticking(&self) {
        self.bursts.fetch_add(1, Ordering::Relaxed);
        self.hand_over();
    }

    /// As [`Link::keep_ticking`], but the caller leaves it to the first look to flush: at once, unless the
    /// I/O thread is about to look anyway.
    #[inline]
    pub(super) fn hand_over(&self) {
        if !self.attention.is_paid() && self.attention.begin() {
            self.remote.start_ticking(self.token);
        }
    }

    /// One look of the I/O thread at bytes left behind, of `looks` that it takes in this round. It is
    /// the last one when nothing is left.
    pub(super) fn tick(&self, watch: &mut Watch, looks: usize) -> Look {
        let bursts = self.bursts.load(Ordering::Relaxed);
        if bursts != watch.bursts {
            // The application flushes by itself; come back to see the tail.
            *watch = Watch { bursts, idle_ticks: 0, has_found: false, ..*watch };
            return Look::Again;
        }
        let flushed = self.flushed();
        if !self.is_full() {
            self.flush_here();
        }
        // What goes to many peers is left to these looks as long as it comes.
        let look = watch.found(looks > pace::MANY && self.flushed() != flushed);
        if look == Look::Last {
            // Whoever publishes from here on sees that and asks anew.
            self.attention.end();
            if !self.is_full() {
                self.flush_here();
            }
        }
        look
    }

    /// Puts a command on the wire, at the next place between two messages.
    pub(super) fn send_command(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut commands);
        self.has_commands.store(true, Ordering::Release);
    }

    /// Commands wait to be sent.
    pub(super) fn has_commands(&self) -> bool {
        self.has_commands.load(Ordering::Acquire)
    }

    fn take_commands(&self, tx: &mut TxSide) {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        tx.prefix.append(&mut commands);
        self.has_commands.store(false, Ordering::Relaxed);
    }

    pub(super) fn forget_commands(&self) {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.has_commands.store(false, Ordering::Relaxed);
    }

    // Receive.

    /// Reads for the I/O thread until there is nothing more, or the pipe is full, or `budget`
    /// rounds are over. True: call again. `to_the_end`: the peer has closed, and no event will tell
    /// of that again, so a short read is not the last.
    pub(super) fn receive_io(&self, budget: usize, to_the_end: bool) -> bool {
        for _ in 0..budget {
            let Some(mut rx) = self.rx.try_hold() else { return false };
            if self.owner.load(Ordering::Relaxed) == OWNER_APP {
                return false;
            }
            let outcome = rx.pump(self, false);
            let drained = rx.is_drained();
            let asked = rx.release();
            match outcome {
                Outcome::Data if drained && !asked && !to_the_end => {
                    self.after_receive(outcome, &mut Vec::new());
                    return false;
                }
                Outcome::Data => {}
                _ if asked => {}
                _ => {
                    self.after_receive(outcome, &mut Vec::new());
                    return false;
                }
            }
        }
        self.after_receive(Outcome::Data, &mut Vec::new());
        true
    }

    fn after_receive(&self, outcome: Outcome, spent: &mut Vec<Msg>) {
        match outcome {
            Outcome::Lost(error) => self.lost(Loss::Io(error)),
            Outcome::Fault(fault) => self.lost(Loss::Fault(fault)),
            Outcome::Data | Outcome::Part | Outcome::Empty | Outcome::Blocked => {
                if self.has_commands() {
                    self.flush(None, spent);
                }
            }
        }
    }

    /// Reads for the application's thread that holds the pipe's `reader` and would have to wait.
    /// Takes the reading over from the I/O thread.
    pub(super) fn receive_app(
        &self,
        reader: &mut Reader,
        take_over: bool,
        spent: &mut Vec<Msg>,
    ) -> super::Received {
        use super::Received;
        if !self.connected.load(Ordering::Acquire) {
            return Received::NotOurs;
        }
        if self.owner.load(Ordering::Relaxed) == OWNER_IO && !take_over {
            return Received::NotOurs;
        }
        let Some(mut rx) = self.rx.try_hold() else { return Received::NotOurs };
        let Some(conn) = rx.conn.clone() else { return Received::NotOurs };
        self.visits.fetch_add(1, Ordering::Relaxed);
        if self.owner.load(Ordering::Relaxed) == OWNER_IO {
            if conn.registration.set_read(false).is_err() {
                return Received::NotOurs;
            }
            self.owner.store(OWNER_APP, Ordering::SeqCst);
        }
        if !self.watched.load(Ordering::SeqCst) {
            self.watch();
        }
        rx.rewind(reader);
        let outcome = rx.pump(self, true);
        rx.release();
        let received = match &outcome {
            Outcome::Data => Received::Data,
            Outcome::Part => Received::Part,
            Outcome::Empty => Received::Empty,
            Outcome::Blocked | Outcome::Lost(_) | Outcome::Fault(_) => Received::NotOurs,
        };
        self.after_receive(outcome, spent);
        received
    }

    fn watch(&self) {
        if !self.watched.swap(true, Ordering::SeqCst) {
            self.notify(notices::WATCH);
        }
    }

    /// The descriptor to wait for, while the reading is the application's.
    pub(super) fn app_fd(&self) -> Option<RawFd> {
        let fd = self.fd.load(Ordering::Acquire);
        let ours = self.connected.load(Ordering::Acquire)
            && self.owner.load(Ordering::Relaxed) == OWNER_APP;
        (ours && fd >= 0).then_some(fd)
    }

    /// An application's thread goes to sleep on the descriptor, or woke up.
    pub(super) fn set_sleeping(&self, sleeping: bool) {
        self.sleeping.swap(sleeping, Ordering::SeqCst);
        if !sleeping {
            self.visits.fetch_add(1, Ordering::Relaxed);
            if self.owner.load(Ordering::Relaxed) == OWNER_APP
                && !self.watched.load(Ordering::SeqCst)
            {
                self.watch();
            }
        }
    }

    /// The I/O thread looks whether the application that owns the reading still comes. Returns when
    /// to look again.
    pub(super) fn look_after(&self, watch: &mut Watch) -> Option<Duration> {
        if self.owner.load(Ordering::SeqCst) == OWNER_IO {
            self.watched.swap(false, Ordering::SeqCst);
            crate::sync::store_load_barrier();
            if self.owner.load(Ordering::SeqCst) == OWNER_IO {
                return None;
            }
            // Taken over between the two looks, by somebody who may still have seen `watched`.
            self.watched.swap(true, Ordering::SeqCst);
            return Some(Watch::PATIENCE);
        }
        let visits = self.visits.load(Ordering::Relaxed);
        if visits != watch.visits {
            watch.visits = visits;
            watch.sleepy_looks = 0;
            return Some(Watch::PATIENCE);
        }
        if self.sleeping.load(Ordering::SeqCst) {
            watch.sleepy_looks += 1;
            if watch.sleepy_looks < Watch::SLEEPY_LOOKS {
                return Some(Watch::PATIENCE * (1 << watch.sleepy_looks));
            }
            watch.sleepy_looks = 0;
            // It waits for the descriptor; it asks to be watched when it wakes up.
            self.watched.swap(false, Ordering::SeqCst);
            crate::sync::store_load_barrier();
            if self.sleeping.load(Ordering::SeqCst) {
                return None;
            }
            self.watched.swap(true, Ordering::SeqCst);
            return Some(Watch::PATIENCE);
        }
        (!self.take_back()).then_some(Watch::PATIENCE)
    }

    /// The I/O thread reads again. False: the application is reading right now.
    pub(super) fn take_back(&self) -> bool {
        let Some(rx) = self.rx.try_hold() else { return false };
        self.owner.store(OWNER_IO, Ordering::SeqCst);
        self.watched.swap(false, Ordering::SeqCst);
        // Interest that is turned on reports what is there already.
        let armed = rx.conn.as_ref().map(|conn| conn.registration.set_read(true));
        // The report may have come before the role was free.
        if rx.release() {
            self.notify(notices::RESUME);
        }
        if let Some(Err(error)) = armed {
            self.lost(Loss::Io(error));
        }
        true
    }

    // Both.

    pub(super) fn note_received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self) -> u32 {
        self.received.load(Ordering::Relaxed)
    }

    pub(super) fn peer_pinged(&self, ttl: u16) {
        if self.peer_ttl.swap(u32::from(ttl), Ordering::Relaxed) != u32::from(ttl) {
            self.notify(notices::TTL);
        }
    }

    pub(super) fn peer_ttl(&self) -> u16 {
        self.peer_ttl.load(Ordering::Relaxed) as u16
    }

    /// The connection does not work any more: the session ends it. First come, first reported.
    pub(super) fn lost(&self, loss: Loss) {
        self.connected.store(false, Ordering::Release);
        {
            let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            if fault.is_none() {
                *fault = Some(loss);
            }
        }
        self.notify(notices::BROKEN);
    }

    pub(super) fn take_loss(&self) -> Option<Loss> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A connection begins or has ended: the words start over. The session holds both roles.
    pub(super) fn reset(&self, conn: Option<&Conn>) {
        self.full.store(false, Ordering::Relaxed);
        self.peer_ttl.store(0, Ordering::Relaxed);
        self.forget_commands();
        self.owner.store(OWNER_IO, Ordering::SeqCst);
        self.fd.store(conn.map_or(-1, |conn| conn.stream.as_raw_fd()), Ordering::Release);
        self.connected.store(conn.is_some(), Ordering::Release);
    }
}

/// How a pipe's ends reach the session that drives them.
#[derive(Clone, Debug)]
pub(super) struct SessionSignal {
    pub(super) remote: Remote,
    pub(super) token: Token,
}

impl Signal for SessionSignal {
    fn signal(&self, _bits: u32) {
        self.remote.notify(self.token, notices::RESUME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_go_on_while_they_find_something_and_a_little_longer() {
        let mut watch = Watch::default();
        let mut looks = |found: &[bool]| -> Vec<Look> {
            found.iter().map(|something| watch.found(*something)).collect()
        };
        use Look::{Again, Last, Steady};
        assert_eq!(looks(&[true, true, true, false]), [Again, Steady, Steady, Again]);
        assert_eq!(looks(&[true, false, true]), [Again, Again, Again]);
        assert_eq!(looks(&[true, false, false, false]), [Steady, Again, Again, Last]);
        assert_eq!(looks(&[false, false, false]), [Again, Again, Last]);
    }
}
