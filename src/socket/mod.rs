//! A socket as its caller sees it: every call takes the socket's lock, looks at the news, lets the
//! pattern do its part, and waits if it must.
//!
//! Thread: any; calls of several threads on one socket are serialised. Invariants: the lock is not
//! held while waiting, nor while a user's function runs; a closed socket's memory is never given
//! back to the system, so that a late call finds out. Counterpart: `socket_base.cpp`, `zmq.cpp` of
//! libzmq 4.3.5.

#![forbid(unsafe_code)]

mod drivers;
mod endpoint_list;
mod endpoints;
mod monitor;
mod occupancy;
pub mod options;
pub(crate) mod parker;
mod peers;
mod pending;
pub mod poll;
pub mod poller;
pub mod proxy;
mod relay;
mod shared;
mod sockopt;
mod spin;
mod state;
mod stream;
pub mod timers;
mod turns;
mod zap;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::connection::Jam;
use crate::ctx::{Ctx, Stop};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::pattern::{self, PIPE_LOST};
use crate::pipe::{Body, Frame, Outgoing, Thresholds};
use crate::protocol::SocketType;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Guarded, Held, NotThere, Ordering, StaticU64};
use crate::sys::clock::Ticks;
use crate::sys::poll::{self as sys_poll, PollFd};
use crate::transport::address;

use parker::{Parker, Slept};
use shared::Shared;
use spin::{Look, Spacing, Spin};
use state::State;

/// Messages of this length and more are sent no faster than the kernel takes them, see
/// [`Socket::let_catch_up`].
const BULK: usize = 32 << 10;

/// Places of closed sockets are used again only when so many others wait, which gives a handle that
/// is used after `zmq_close` time to be found out.
const MIN_FREE: usize = 256;

static FREE: Mutex<VecDeque<&'static Socket>> = Mutex::new(VecDeque::new());
static SERIAL: StaticU64 = StaticU64::new(1);

/// A place for a socket; lives for ever, while sockets come and go in it. C's handle is its
/// address.
#[repr(C)]
pub struct Socket {
    tag: u32,
    state: Guarded<State>,
    /// Calls on the socket, any of which may have changed what it is ready for. Written under the
    /// lock, read by those who want to know whether anything happened.
    calls: AtomicU32,
    /// See [`Socket::serial`]. Written by whoever opens or closes the place.
    serial: AtomicU64,
    /// See [`Socket::sends_directly`]. Written by whoever opens the place.
    sends_directly: AtomicBool,
    receives_directly: AtomicBool,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket")
    }
}

/// The lock of an open socket.
type Guard = Held<'static, State>;

impl Socket {
    /// What a handle of a socket begins with.
    pub const TAG: u32 = 0x6f78_0002;

    fn make_place() -> &'static Self {
        let place = Self {
            tag: Self::TAG,
            state: Guarded::empty(),
            calls: AtomicU32::new(0),
            serial: AtomicU64::new(0),
            sends_directly: AtomicBool::new(false),
            receives_directly: AtomicBool::new(false),
        };
        Box::leak(Box::new(place))
    }

    /// Makes a socket of type number `kind`. `EINVAL` for an unknown type, `ETERM`, `EMFILE`.
    pub fn create(ctx: &Arc<Ctx>, kind: i32) -> Result<&'static Self> {
        let pattern = pattern::new(kind, ctx.next_serial())?;
        let kind = SocketType::from_number(kind).ok_or(Errno::EINVAL)?;
        let shared = Shared::new(ctx);
        let weak: Weak<dyn Stop> = Arc::downgrade(&(Arc::clone(&shared) as Arc<dyn Stop>));
        let live = ctx.register(weak)?;
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let (sends, receives) = (pattern.sends_directly(), pattern.receives_directly());
        let mut state = Box::new(State::new(kind, serial, Arc::clone(ctx), shared, pattern, live));
        {
            let ctx_options = ctx.options();
            state.options.ints.ipv6 = i32::from(ctx_options.ipv6);
            // Nothing that a subscriber sends is worth waiting for.
            let lingers = ctx_options.blocky && !matches!(kind, SocketType::Sub | SocketType::Xsub);
            state.options.ints.linger = if lingers { -1 } else { 0 };
        }
        let place = {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            if free.len() > MIN_FREE { free.pop_front() } else { None }
        };
        let place = place.unwrap_or_else(Self::make_place);
        // Whoever still has an older socket's handle is told that it is closed whichever way it goes.
        place.sends_directly.store(sends, Ordering::Relaxed);
        place.receives_directly.store(receives, Ordering::Relaxed);
        place.state.replace(Some(state));
        place.serial.store(serial, Ordering::Release);
        Ok(place)
    }

    /// `ENOTSOCK` if it was closed. A panic inside an earlier call left the state in doubt: the
    /// socket is closed then.
    #[inline(always)]
    fn lock(&'static self) -> Result<Guard> {
        match self.state.lock() {
            Ok(guard) => Ok(guard),
            Err(NotThere::Empty) => Err(Errno::ENOTSOCK),
            Err(NotThere::Broken(state)) => {
                state.shut();
                Err(Errno::ENOTSOCK)
            }
        }
    }

    /// As [`Socket::lock`], if nobody else holds it.
    fn try_lock(&'static self) -> Option<Guard> {
        self.state.try_lock()
    }

    /// As [`Socket::lock`]; `ETERM` when the context is ending.
    #[inline]
    fn open(&'static self) -> Result<Guard> {
        let state = self.lock()?;
        if state.shared.stopped.load(Ordering::Relaxed) {
            return Err(state.shared.tell());
        }
        self.count_call();
        Ok(state)
    }

    /// As [`Socket::open`], and the news is looked at.
    #[inline(always)]
    fn open_to_news(&'static self) -> Result<Guard> {
        let mut state = self.lock()?;
        self.count_call();
        // The context's end is among the news.
        if state.may_have_news() {
            state.hear_news()?;
        }
        Ok(state)
    }

    /// As [`Socket::lock`]; `ETERM` when a call has told of the context's end.
    fn open_for_options(&'static self) -> Result<Guard> {
        let state = self.lock()?;
        if state.shared.is_told() {
            return Err(Errno::ETERM);
        }
        self.count_call();
        Ok(state)
    }

    /// The caller holds the lock.
    #[inline(always)]
    fn count_call(&self) {
        // No read-modify-write, as the lock keeps others out.
        self.calls.store(self.calls.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// True until the socket is closed.
    fn is_open(&self) -> bool {
        self.serial() != 0
    }

    /// The number of the socket that is open in this place; no other ever has it. 0 for none.
    fn serial(&self) -> u64 {
        self.serial.load(Ordering::Acquire)
    }

    /// `zmq_close`.
    pub fn close(&'static self) -> Result<()> {
        let state = self.state.replace(None).ok_or(Errno::ENOTSOCK)?;
        self.serial.store(0, Ordering::Release);
        if state.ctx.is_inherited() {
            // Its memory is this child's own, its connections are the parent's.
            Box::leak(state);
            return Ok(());
        }
        let shared = Arc::clone(&state.shared);
        state.shut();
        // Whoever still waits for this socket finds it closed.
        shared.waiters.wake_all();
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push_back(self);
        Ok(())
    }

    /// The better way to send on the socket, see [`Socket::send_slice_by`].
    #[inline]
    pub fn sends_directly(&self) -> bool {
        self.sends_directly.load(Ordering::Relaxed)
    }

    /// The better way to receive on the socket, see [`Socket::recv_by`].
    #[inline]
    pub fn receives_directly(&self) -> bool {
        self.receives_directly.load(Ordering::Relaxed)
    }

    /// Sends bytes as a frame; returns how many.
    pub fn send_slice(&'static self, bytes: &[u8], dont_wait: bool, more: bool) -> Result<usize> {
        if self.sends_directly() {
            self.send_slice_by::<true>(bytes, dont_wait, more)
        } else {
            self.send_slice_by::<false>(bytes, dont_wait, more)
        }
    }

    /// Sends a message as a frame; it is empty afterwards. On an error it is as it was.
    pub fn send_msg(&'static self, msg: &mut Msg, dont_wait: bool, more: bool) -> Result<usize> {
        if self.sends_directly() {
            self.send_msg_by::<true>(msg, dont_wait, more)
        } else {
            self.send_msg_by::<false>(msg, dont_wait, more)
        }
    }

    /// Receives a frame and returns what `take`, which must not call back in, makes of it.
    pub fn recv<R>(&'static self, dont_wait: bool, take: impl FnOnce(Frame<'_>) -> R) -> Result<R> {
        if self.receives_directly() {
            self.recv_by::<true, R>(dont_wait, take)
        } else {
            self.recv_by::<false, R>(dont_wait, take)
        }
    }

    /// As [`Socket::send_slice`], for a caller that has chosen the way: `DIRECT` if
    /// [`Socket::sends_directly`]. Either way does the same, one of them faster.
    #[inline(always)]
    pub fn send_slice_by<const DIRECT: bool>(
        &'static self,
        bytes: &[u8],
        dont_wait: bool,
        more: bool,
    ) -> Result<usize> {
        let mut guard = self.open_to_news()?;
        let len = bytes.len();
        // A frame for each way: one that is handed on lies in memory, one that is written here does not.
        if DIRECT && len < BULK && guard.pipes.write_directly(&mut Outgoing::slice(bytes, more)) {
            self.sent(&mut guard);
            guard.release();
        } else if DIRECT || len >= BULK {
            self.send_further(guard, &mut Outgoing::slice(bytes, more), dont_wait)?;
        } else {
            self.send(guard, &mut Outgoing::slice(bytes, more), dont_wait)?;
        }
        Ok(len)
    }

    /// As [`Socket::send_msg`], see [`Socket::send_slice_by`].
    #[inline(always)]
    pub fn send_msg_by<const DIRECT: bool>(
        &'static self,
        msg: &mut Msg,
        dont_wait: bool,
        more: bool,
    ) -> Result<usize> {
        let mut guard = self.open_to_news()?;
        let len = msg.len();
        if DIRECT && len < BULK && guard.pipes.write_directly(&mut Outgoing::msg(msg, more)) {
            self.sent(&mut guard);
            guard.release();
        } else if DIRECT || len >= BULK {
            self.send_further(guard, &mut Outgoing::msg(msg, more), dont_wait)?;
        } else {
            self.send(guard, &mut Outgoing::msg(msg, more), dont_wait)?;
        }
        *msg = Msg::new();
        Ok(len)
    }

    /// As [`Socket::send`], where that is not what most calls do: also of large messages. Their bytes are
    /// copied before anything is sent, once for all peers, as they go by pointer to whichever. `ENOMEM`:
    /// nothing was sent.
    #[inline(never)]
    fn send_further(
        &'static self,
        guard: Guard,
        out: &mut Outgoing<'_>,
        dont_wait: bool,
    ) -> Result<()> {
        if out.data().len() < BULK {
            return self.send(guard, out, dont_wait);
        }
        match out.body {
            Body::Slice(bytes) => {
                let network = guard.has_connections();
                let to = if network { Thresholds::NETWORK } else { Thresholds::INPROC };
                let mut copy = to.copy(bytes).ok_or(Errno::ENOMEM)?;
                self.send(guard, &mut Outgoing::msg(&mut copy, out.more), dont_wait)?;
            }
            Body::Msg(_) => self.send(guard, out, dont_wait)?,
        }
        self.let_catch_up(dont_wait);
        Ok(())
    }

    /// Sends a frame as the pattern has it, on the socket that the caller holds.
    #[inline(always)]
    fn send(
        &'static self,
        mut guard: Guard,
        out: &mut Outgoing<'_>,
        dont_wait: bool,
    ) -> Result<()> {
        match self.send_held(&mut guard, out) {
            result @ Err(Errno::EAGAIN | PIPE_LOST) => {
                self.send_slow(guard, out, dont_wait, result)
            }
            other => {
                guard.release();
                other
            }
        }
    }

    /// A frame was written on the socket that the caller holds.
    #[inline(always)]
    fn sent(&'static self, state: &mut State) {
        state.stream.sent();
        if state.send_written() && state.has_unlisted_burst() {
            state.listed = pending::add(self);
        }
    }

    /// Sends a frame, if there is room, on the socket that the caller holds.
    #[inline(always)]
    fn send_held(&'static self, state: &mut State, out: &mut Outgoing<'_>) -> Result<()> {
        let result = state.pattern.send(&mut state.pipes, out);
        self.sent(state);
        state.remove_leaving();
        result
    }

    /// A large message was taken: if the kernel does not keep up, lets it catch up for a moment. Not
    /// where there are several peers, of which each would be kept waiting for one.
    #[cold]
    fn let_catch_up(&'static self, dont_wait: bool) {
        // What happens from here on is not the call's failure.
        let Ok(guard) = self.lock() else { return };
        let may_wait = !dont_wait && guard.options.ints.sndtimeo != 0;
        let link = guard.only_link().filter(|link| may_wait && link.is_full()).map(Arc::clone);
        drop(guard);
        if let Some(jam) = link.and_then(Jam::take_over) {
            pending::flush();
            jam.work_off();
        }
    }

    #[cold]
    fn send_slow(
        &'static self,
        mut guard: Guard,
        out: &mut Outgoing<'_>,
        dont_wait: bool,
        mut result: Result<()>,
    ) -> Result<()> {
        pending::flush();
        let timeout = guard.options.ints.sndtimeo;
        let dont_wait = dont_wait || timeout == 0;
        let wait = Wait::new(timeout);
        loop {
            match result {
                Err(PIPE_LOST) if dont_wait => return Err(Errno::EAGAIN),
                Err(PIPE_LOST) => return Ok(()),
                Err(Errno::EAGAIN) if dont_wait => {
                    guard.flush_full();
                    return Err(Errno::EAGAIN);
                }
                Err(Errno::EAGAIN) => {}
                other => return other,
            }
            guard = self.wait(guard, &wait, Awaited::Room)?;
            let state = &mut *guard;
            state.go_on();
            state.process_news();
            result = state.pattern.send(&mut state.pipes, out);
            state.settle();
        }
    }

    /// As [`Socket::recv`], for a caller that has chosen the way: `DIRECT` if
    /// [`Socket::receives_directly`]. Either way does the same, one of them faster.
    #[inline(always)]
    pub fn recv_by<const DIRECT: bool, R>(
        &'static self,
        dont_wait: bool,
        take: impl FnOnce(Frame<'_>) -> R,
    ) -> Result<R> {
        let mut guard = self.open_to_news()?;
        if !DIRECT {
            return self.recv_held(guard, dont_wait, take);
        }
        let Some(frame) = guard.pipes.read_directly() else {
            return self.recv_further(guard, dont_wait, take);
        };
        let more = frame.more();
        let taken = take(frame);
        guard.received(more);
        guard.release();
        Ok(taken)
    }

    /// As [`Socket::recv_held`], where that is not the way that most come.
    #[inline(never)]
    fn recv_further<R>(
        &'static self,
        guard: Guard,
        dont_wait: bool,
        take: impl FnOnce(Frame<'_>) -> R,
    ) -> Result<R> {
        self.recv_held(guard, dont_wait, take)
    }

    /// Receives a frame as the pattern has it, on the socket that the caller holds.
    #[inline(always)]
    fn recv_held<R>(
        &'static self,
        mut guard: Guard,
        dont_wait: bool,
        take: impl FnOnce(Frame<'_>) -> R,
    ) -> Result<R> {
        match guard.try_recv() {
            Ok(frame) => {
                let more = frame.more();
                let taken = take(frame);
                guard.received(more);
                guard.settle();
                guard.release();
                Ok(taken)
            }
            Err(errno) => self.recv_slow(guard, dont_wait, take, errno),
        }
    }

    /// As [`Socket::recv_held`], after a first look that failed.
    #[cold]
    fn recv_slow<R>(
        &'static self,
        mut guard: Guard,
        dont_wait: bool,
        take: impl FnOnce(Frame<'_>) -> R,
        mut errno: Errno,
    ) -> Result<R> {
        let mut wait = None;
        loop {
            guard.settle();
            if errno != Errno::EAGAIN {
                return Err(errno);
            }
            guard = self.await_input(guard, dont_wait, &mut wait)?;
            match guard.try_recv() {
                Ok(frame) => {
                    let more = frame.more();
                    let taken = take(frame);
                    guard.received(more);
                    guard.settle();
                    return Ok(taken);
                }
                Err(found) => errno = found,
            }
        }
    }

    /// True if a message can be sent now. Unlike [`Socket::events`] it leaves what is gathered for
    /// the kernel as it is, as it is asked between messages.
    pub(super) fn has_room(&'static self) -> Result<bool> {
        let mut state = self.open()?;
        let state = &mut *state;
        let mut room = state.pattern.can_send(&mut state.pipes);
        if !room {
            state.process_news();
            room = state.pattern.can_send(&mut state.pipes);
        }
        state.settle();
        Ok(room)
    }

    /// There was nothing to receive: makes another look worth it. The first time, `wait` being
    /// none, by reading from the network; then by waiting. `EAGAIN` instead, if the caller does not.
    #[cold]
    fn await_input(
        &'static self,
        mut guard: Guard,
        dont_wait: bool,
        wait: &mut Option<Wait>,
    ) -> Result<Guard> {
        let timeout = guard.options.ints.rcvtimeo;
        let dont_wait = dont_wait || timeout == 0;
        let mut gave_way = false;
        if let Some(wait) = wait {
            if dont_wait {
                return Err(Errno::EAGAIN);
            }
            guard = self.wait(guard, wait, Awaited::Input)?;
        } else {
            pending::flush();
            *wait = Some(Wait::new(timeout));
            // A caller that waits leaves the processor to its peer, if that is a thread of the
            // process.
            gave_way = !dont_wait && !guard.has_connections() && guard.spin.give_way();
        }
        guard.flush_bursts();
        if !gave_way {
            guard.drive(!dont_wait);
        }
        guard.process_news();
        Ok(guard)
    }

    /// Waits for news, with the lock released while asleep. `EAGAIN` when the time is over,
    /// `EINTR` after a signal, `ETERM`, `ENOTSOCK` when the socket was closed meanwhile.
    fn wait(&'static self, mut guard: Guard, wait: &Wait, what: Awaited) -> Result<Guard> {
        let serial = guard.serial;
        match what {
            Awaited::Room => guard.flush_full(),
            Awaited::Input => guard.flush_bursts(),
        }
        let gives_turn = what == Awaited::Input && guard.is_to_give_turn(wait);
        let mut spin = std::mem::replace(&mut guard.spin, Spin::none());
        let streaming = what == Awaited::Input && guard.stream.catch_up();
        if streaming {
            spin.fall_back();
        }
        let rest = what == Awaited::Input && guard.amid_message;
        let usual = if rest {
            let for_rest = spin.for_rest();
            Some(std::mem::replace(&mut spin, for_rest))
        } else {
            None
        };
        let mut kernel = Spacing::new(streaming || rest);
        let mut found = spin.until(|| {
            if guard.is_contended() {
                return Look::GiveUp;
            }
            if guard.has_come(what == Awaited::Input) {
                return Look::Found;
            }
            if !kernel.is_due() {
                return Look::Nothing;
            }
            match guard.drive(true) {
                true => Look::Found,
                false if guard.amid_message => Look::Part,
                false => Look::Nothing,
            }
        });
        guard.spin = usual.unwrap_or(spin);
        if !found && gives_turn {
            (guard, found) = self.give_turn(guard)?;
        }
        // Asks all pipes for a signal.
        if found || what == Awaited::Input && guard.is_readable() {
            self.count_call();
            guard.process_news();
            if guard.shared.stopped.load(Ordering::Relaxed) {
                return Err(guard.shared.tell());
            }
            return Ok(guard);
        }
        if what == Awaited::Input {
            guard.calm_down();
        }
        let timeout = wait.left()?;
        let parker = Parker::current();
        let shared = Arc::clone(&guard.shared);
        parker.begin();
        shared.waiters.register(&parker);
        let mut fds = Vec::new();
        guard.begin_sleep(|fd| fds.push(PollFd::new(fd, sys_poll::IN)));
        let news = shared.has_news() || shared.stopped.load(Ordering::SeqCst);
        let slept = if news {
            Ok(Slept::Look)
        } else {
            drop(guard);
            let began = Ticks::now();
            let slept = parker.sleep(&mut fds, timeout, None);
            let ticks = Ticks::now().since(began);
            guard = self.lock().inspect_err(|_| shared.waiters.unregister(&parker))?;
            guard.spin.slept(ticks);
            slept
        };
        shared.waiters.unregister(&parker);
        if guard.serial != serial {
            return Err(Errno::ENOTSOCK);
        }
        guard.end_sleep();
        if shared.stopped.load(Ordering::SeqCst) {
            return Err(shared.tell());
        }
        if slept? == Slept::Interrupted {
            return Err(Errno::EINTR);
        }
        // Whoever polls looks anew at what this call may take.
        self.count_call();
        guard.process_news();
        Ok(guard)
    }

    /// Lets others run, with the lock released. True: something came meanwhile.
    fn give_turn(&'static self, guard: Guard) -> Result<(Guard, bool)> {
        let serial = guard.serial;
        drop(guard);
        let began = Ticks::now();
        thread::yield_now();
        let ticks = Ticks::now().since(began);
        let mut guard = self.lock()?;
        if guard.serial != serial {
            return Err(Errno::ENOTSOCK);
        }
        let something_came = guard.has_come(true) || guard.drive(true);
        let State { turns, pipes, .. } = &mut *guard;
        turns.over(ticks, something_came, || pipes.to_be_read());
        Ok((guard, something_came))
    }

    /// `zmq_bind`.
    pub fn bind(&'static self, endpoint: &str) -> Result<()> {
        self.open_to_news()?.bind(endpoint)
    }

    /// `zmq_connect`.
    pub fn connect(&'static self, endpoint: &str) -> Result<()> {
        self.open_to_news()?.connect(endpoint).map(|_| ())
    }

    /// `zmq_unbind`, `zmq_disconnect`.
    pub fn term_endpoint(&'static self, endpoint: &str) -> Result<()> {
        self.open_to_news()?.term_endpoint(endpoint)
    }

    /// `zmq_socket_monitor_versioned`: reports the events of `mask` at `endpoint`, an inproc name;
    /// no endpoint ends the reporting.
    pub fn monitor(
        &'static self,
        endpoint: Option<&str>,
        mask: u64,
        version: i32,
        kind: i32,
    ) -> Result<()> {
        let state = self.open_for_options()?;
        if version == 1 && mask > 0xffff {
            return Err(Errno::EINVAL);
        }
        let Some(endpoint) = endpoint else {
            state.shared.monitor.stop();
            return Ok(());
        };
        let (protocol, _) = address::split_known(endpoint)?;
        if protocol != "inproc" {
            return Err(Errno::EPROTONOSUPPORT);
        }
        if state.shared.monitor.is_running() {
            state.shared.monitor.stop();
        }
        let fits = [SocketType::Pair, SocketType::Pub, SocketType::Push]
            .iter()
            .any(|fit| fit.number() == kind);
        if !fits {
            return Err(Errno::EINVAL);
        }
        let socket = Self::create(&state.ctx, kind)?;
        let made = socket
            .set_option(options::id::LINGER, &0i32.to_ne_bytes())
            .and_then(|()| socket.bind(endpoint));
        if let Err(errno) = made {
            socket.close()?;
            return Err(errno);
        }
        state.shared.monitor.start(socket, mask, version);
        Ok(())
    }

    /// True for the types that empty a message to receive into before they know of another.
    pub fn looking_empties(&'static self) -> bool {
        self.kind().is_ok_and(|kind| !matches!(kind, SocketType::Xpub | SocketType::Stream))
    }

    /// Serves `zmq_proxy` and others that need the type.
    pub fn kind(&'static self) -> Result<SocketType> {
        Ok(self.lock()?.kind)
    }
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Input,
    Room,
}

/// How long a call may go on.
struct Wait {
    deadline: Option<Instant>,
}

impl Wait {
    /// `timeout` in milliseconds, -1 for ever.
    #[allow(clippy::disallowed_methods, reason = "callers wait in real time")]
    fn new(timeout: i32) -> Self {
        let deadline = u64::try_from(timeout)
            .ok()
            .map(|millis| Instant::now() + Duration::from_millis(millis));
        Self { deadline }
    }

    /// True if at least so much time is left.
    fn lasts(&self, time: Duration) -> bool {
        self.left().is_ok_and(|left| left.is_none_or(|left| left >= time))
    }

    /// Time that is left, `None` for ever; `EAGAIN` for none.
    #[allow(clippy::disallowed_methods, reason = "callers wait in real time")]
    fn left(&self) -> Result<Option<Duration>> {
        match self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => Err(Errno::EAGAIN),
            left => Ok(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use turns::LEAST_WAIT;

    #[test]
    fn a_wait_lasts_as_long_as_its_timeout_leaves() {
        let least = LEAST_WAIT.as_millis() as i32;
        assert!(Wait::new(-1).lasts(LEAST_WAIT));
        assert!(Wait::new(100 * least).lasts(LEAST_WAIT));
        assert!(!Wait::new(least / 2).lasts(LEAST_WAIT));
        assert!(!Wait::new(0).lasts(LEAST_WAIT));
    }
}
