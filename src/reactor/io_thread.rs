//! One I/O thread: its loop, its handlers, and how others reach it.
//!
//! Sleeping: before the thread blocks it says `ASLEEP` and looks at its notices once more; whoever
//! leaves a notice looks at that word and wakes the thread only if it sleeps. While handlers ask
//! for ticks the thread looks again every [`TICK`] instead of sleeping, so that leaving work for
//! it costs no system call; it rests for longer where only steady looks are left (see [`Rounds`]).
//!
//! Thread: the loop runs on the I/O thread; [`Remote`] on any. Invariants: see the module above.
//! Counterpart: `io_thread.cpp`, `mailbox.cpp`, `signaler.cpp` of libzmq 4.3.5.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Waker};

use super::nap::Nap;
use super::registry::Registration;
use super::rounds::{Look, Rounds, TICK};
use super::timers::{TimerId, Timers};
use crate::error::{Errno, Result};
use crate::sync::{AtomicUsize, Ordering};
use crate::sys;

/// Timer ids that a handler may use are below this.
pub(super) const MAX_TIMERS: TimerId = 8;

/// Events taken from the kernel at a time.
const EVENTS: usize = 256;

const WAKER: usize = usize::MAX;

/// Names a handler on its I/O thread: a place, and how often the place was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    index: u32,
    generation: u32,
}

impl Token {
    pub(super) fn packed(self) -> usize {
        (self.generation as usize) << 32 | self.index as usize
    }

    fn unpacked(packed: usize) -> Self {
        Self { index: packed as u32, generation: (packed >> 32) as u32 }
    }

    #[cfg(test)]
    pub(super) fn for_test(index: u32) -> Self {
        Self { index, generation: 0 }
    }
}

/// Something that lives on an I/O thread: a listener, a session.
pub trait Handler: Send {
    /// The handler has its place; registers what it waits for.
    fn start(&mut self, cx: &mut Cx<'_>);
    /// Its descriptor became readable or writable, or [`Cx::again`] was asked for.
    fn ready(&mut self, cx: &mut Cx<'_>, readable: bool, writable: bool);
    /// A deadline passed.
    fn timer(&mut self, cx: &mut Cx<'_>, id: u8);
    /// Somebody called [`Remote::notify`]; the bits are collected.
    fn notice(&mut self, cx: &mut Cx<'_>, bits: u32);
    /// The next look of a ticking handler.
    fn tick(&mut self, _cx: &mut Cx<'_>) -> Look {
        Look::Last
    }
}

/// How an I/O thread is set up.
#[derive(Clone, Debug, Default)]
pub struct IoThreadConfig {
    /// Name shown by `ps` and debuggers, at most 15 bytes.
    pub name: String,
    /// Scheduling parameters.
    pub schedule: sys::affinity::Schedule,
}

enum Notice {
    Bits(Token, u32),
    Tick(Token),
    Spawn(Token, Box<dyn Handler>),
    Stop,
}

struct Shared {
    notices: Mutex<Vec<Notice>>,
    nap: Nap,
    waker: Waker,
    registry: Arc<mio::Registry>,
    slots: Mutex<Slots>,
    /// Handlers on this thread, to spread new ones.
    load: AtomicUsize,
}

/// Which tokens are in use; given out by any thread.
#[derive(Default)]
struct Slots {
    generations: Vec<u32>,
    free: Vec<u32>,
}

/// Reaches an I/O thread from anywhere.
#[derive(Clone)]
pub struct Remote(Arc<Shared>);

impl Remote {
    /// Gives `handler`, made by `make` from its token, to the thread.
    pub fn spawn<T>(&self, make: impl FnOnce(Token) -> (Box<dyn Handler>, T)) -> T {
        let token = self.new_token();
        let (handler, result) = make(token);
        self.leave(Notice::Spawn(token, handler));
        result
    }

    /// Takes a place for a handler that is about to come.
    fn new_token(&self) -> Token {
        self.0.load.fetch_add(1, Ordering::Relaxed);
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.free.pop() {
            Some(index) => Token { index, generation: slots.generations[index as usize] },
            None => {
                slots.generations.push(0);
                Token { index: slots.generations.len() as u32 - 1, generation: 0 }
            }
        }
    }

    /// Tells the handler `bits`, soon.
    pub fn notify(&self, token: Token, bits: u32) {
        self.leave(Notice::Bits(token, bits));
    }

    /// Has the handler's `tick` called about every 100 µs, and less often while it finds something each
    /// time, until it says that it is enough.
    pub fn start_ticking(&self, token: Token) {
        self.leave(Notice::Tick(token));
    }

    /// Handlers on this thread.
    pub fn load(&self) -> usize {
        self.0.load.load(Ordering::Relaxed)
    }

    /// A registration, without interests yet, of the handler's descriptor.
    pub fn registration(&self, token: Token, fd: &impl AsRawFd) -> Registration {
        Registration::new(Arc::clone(&self.0.registry), token, fd)
    }

    fn leave(&self, notice: Notice) {
        self.0.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        if self.0.nap.must_wake() {
            // An eventfd write fails only when the counter is full: then the thread is waking up.
            let _ = self.0.waker.wake();
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("load", &self.load()).finish_non_exhaustive()
    }
}

/// The owner's handle: dropping it stops and joins the thread.
#[derive(Debug)]
pub struct IoThread {
    remote: Remote,
    join: Option<thread::JoinHandle<()>>,
}

impl IoThread {
    /// Starts an I/O thread. Fails with `EMFILE`, `ENOMEM` or `EAGAIN` when the system has no
    /// descriptor, memory or thread left.
    pub fn start(config: IoThreadConfig) -> Result<Self> {
        let poll = Poll::new()?;
        sys::descriptors::make_room(&poll);
        let registry = Arc::new(poll.registry().try_clone()?);
        let waker = Waker::new(poll.registry(), mio::Token(WAKER))?;
        let shared = Arc::new(Shared {
            notices: Mutex::default(),
            nap: Nap::new(),
            waker,
            registry,
            slots: Mutex::default(),
            load: AtomicUsize::new(0),
        });
        let remote = Remote(Arc::clone(&shared));
        let mut event_loop = Loop {
            cx: CxState {
                remote: remote.clone(),
                timers: Timers::default(),
                again: VecDeque::new(),
                removed: Vec::new(),
                ticking: Vec::new(),
                steady: Vec::new(),
                rounds: Rounds::default(),
                tickers: 0,
                born: VecDeque::new(),
            },
            handlers: Vec::new(),
            poll,
        };
        let join = thread::Builder::new()
            .name(config.name.clone())
            .spawn(move || {
                sys::signals::block_all();
                sys::affinity::apply(&config.schedule);
                event_loop.go_round();
            })
            .map_err(Errno::from)?;
        Ok(Self { remote, join: Some(join) })
    }

    /// Reaches the thread.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }
}

impl Drop for IoThread {
    fn drop(&mut self) {
        self.remote.leave(Notice::Stop);
        if let Some(join) = self.join.take()
            && join.thread().id() != thread::current().id()
        {
            // A panic of the loop itself was reported by the panic hook.
            let _ = join.join();
        }
    }
}

struct CxState {
    remote: Remote,
    timers: Timers,
    again: VecDeque<(Token, bool, bool)>,
    removed: Vec<Token>,
    ticking: Vec<Token>,
    /// Those whose looks are steady, which have rounds of their own.
    steady: Vec<Token>,
    rounds: Rounds,
    /// How many tick, of either kind.
    tickers: usize,
    /// Handlers that the running one brought forth, to be started when it returns.
    born: VecDeque<(Token, Box<dyn Handler>)>,
}

/// What a handler may do while it is called.
pub struct Cx<'a> {
    state: &'a mut CxState,
    token: Token,
    /// When the loop woke up; one clock reading serves the whole round.
    now: Instant,
    hung_up: bool,
}

impl Cx<'_> {
    /// The event says that the peer closed, or that the descriptor failed: no other event follows,
    /// so the handler must read up to the end, even behind a read that was short.
    pub fn hung_up(&self) -> bool {
        self.hung_up
    }

    /// How many handlers of this thread tick, the called one among them.
    pub fn tickers(&self) -> usize {
        self.state.tickers
    }

    /// The handler's own name.
    pub fn token(&self) -> Token {
        self.token
    }

    /// The time of this round.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// This I/O thread.
    pub fn remote(&self) -> &Remote {
        &self.state.remote
    }

    /// Gives `handler`, made by `make` from its token, to the thread of `remote`; to this thread
    /// at once, so that it starts before any other event is looked at: what comes in together goes
    /// on in the order in which it came.
    pub fn spawn(&mut self, remote: &Remote, make: impl FnOnce(Token) -> Box<dyn Handler>) {
        if Arc::ptr_eq(&remote.0, &self.state.remote.0) {
            let token = remote.new_token();
            self.state.born.push_back((token, make(token)));
        } else {
            remote.spawn(|token| (make(token), ()));
        }
    }

    /// A registration, without interests yet, of the handler's descriptor.
    pub fn registration(&self, fd: &impl AsRawFd) -> Registration {
        self.state.remote.registration(self.token, fd)
    }

    /// Calls [`Handler::timer`] with `id` (below 8) at `at`; replaces that timer's old deadline.
    pub fn set_timer(&mut self, id: u8, at: Instant) {
        debug_assert!(id < MAX_TIMERS);
        self.state.timers.set(self.token, id, at);
    }

    /// Forgets a deadline.
    pub fn cancel_timer(&mut self, id: u8) {
        self.state.timers.cancel(self.token, id);
    }

    /// Calls [`Handler::ready`] again after the others had their turn.
    pub fn again(&mut self, readable: bool, writable: bool) {
        self.state.again.push_back((self.token, readable, writable));
    }

    /// Drops this handler when the present call returns.
    pub fn remove(&mut self) {
        self.state.removed.push(self.token);
    }
}

impl fmt::Debug for Cx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("token", &self.token).finish_non_exhaustive()
    }
}

struct Entry {
    generation: u32,
    handler: Box<dyn Handler>,
    /// It is in the list of those that tick.
    ticks: bool,
}

struct Loop {
    poll: Poll,
    cx: CxState,
    handlers: Vec<Option<Entry>>,
}

impl Loop {
    fn go_round(&mut self) {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.wait(&mut events);
            let now = now();
            if !self.take_notices(now) {
                break;
            }
            for event in &events {
                if event.token().0 == WAKER {
                    continue;
                }
                let token = Token::unpacked(event.token().0);
                // Errors and hang-ups show as both: the next read or write tells which.
                let failed = event.is_error() || event.is_read_closed() || event.is_write_closed();
                let (read, write) =
                    (event.is_readable() || failed, event.is_writable() || event.is_error());
                self.call(token, now, |handler, cx| {
                    cx.hung_up = failed;
                    handler.ready(cx, read, write);
                });
            }
            for _ in 0..self.cx.again.len() {
                if let Some((token, read, write)) = self.cx.again.pop_front() {
                    self.call(token, now, |handler, cx| handler.ready(cx, read, write));
                }
            }
            // A timer that a handler sets into the past is the next round's, or it would keep the
            // others waiting for ever.
            for _ in 0..self.cx.timers.len() {
                let Some((token, id)) = self.cx.timers.expired(now) else { break };
                self.call(token, now, |handler, cx| handler.timer(cx, id));
            }
            self.tick(now);
        }
        // Handlers drop here, and with them their descriptors.
        self.handlers.clear();
    }

    fn wait(&mut self, events: &mut Events) {
        let shared = Arc::clone(&self.cx.remote.0);
        let timeout = if !self.cx.again.is_empty() {
            Some(Duration::ZERO)
        } else {
            let until_timer = self.cx.timers.next().map(|at| at.saturating_duration_since(now()));
            let until_look = if !self.cx.ticking.is_empty() {
                Some(TICK)
            } else if !self.cx.steady.is_empty() {
                Some(self.cx.rounds.wait(now()))
            } else {
                None
            };
            until_timer.into_iter().chain(until_look).min()
        };
        let mut timeout = timeout;
        if timeout.is_none_or(|timeout| timeout > TICK) {
            shared.nap.announce();
            if !shared.notices.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                timeout = Some(Duration::ZERO);
            }
        }
        if let Some(short) = timeout
            && !short.is_zero()
            && short < Duration::from_millis(1)
        {
            // epoll_wait counts in milliseconds.
            if matches!(sys::poll::wait_readable(&self.poll, short), Ok(false)) {
                events.clear();
                shared.nap.end();
                return;
            }
            timeout = Some(Duration::ZERO);
        }
        if let Err(error) = self.poll.poll(events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            // Nothing known makes epoll_wait fail here; do not spin if it does.
            events.clear();
            thread::sleep(Duration::from_millis(1));
        }
        shared.nap.end();
    }

    /// False: the thread is to stop.
    fn take_notices(&mut self, now: Instant) -> bool {
        let shared = Arc::clone(&self.cx.remote.0);
        let mut notices =
            std::mem::take(&mut *shared.notices.lock().unwrap_or_else(PoisonError::into_inner));
        for notice in notices.drain(..) {
            match notice {
                Notice::Bits(token, bits) => {
                    self.call(token, now, |handler, cx| handler.notice(cx, bits));
                }
                Notice::Tick(token) => self.start_ticking(token),
                Notice::Spawn(token, handler) => self.start(token, handler, now),
                Notice::Stop => return false,
            }
        }
        // Gives the capacity back to the shared list, to spare the next notice an allocation.
        let mut list = shared.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if list.is_empty() && list.capacity() < notices.capacity() {
            *list = notices;
        }
        true
    }

    fn start(&mut self, token: Token, handler: Box<dyn Handler>, now: Instant) {
        let index = token.index as usize;
        if self.handlers.len() <= index {
            self.handlers.resize_with(index + 1, || None);
        }
        self.handlers[index] = Some(Entry { generation: token.generation, handler, ticks: false });
        self.call(token, now, |handler, cx| handler.start(cx));
    }

    fn is_live(&self, token: Token) -> bool {
        self.handlers
            .get(token.index as usize)
            .and_then(Option::as_ref)
            .is_some_and(|entry| entry.generation == token.generation)
    }

    fn tick(&mut self, now: Instant) {
        self.cx.tickers = self.cx.ticking.len() + self.cx.steady.len();
        if self.cx.tickers == 0 {
            return;
        }
        let mut ticking = std::mem::take(&mut self.cx.ticking);
        if !self.cx.steady.is_empty() && self.cx.rounds.is_due(now) {
            self.look_at_steady(now);
        }
        ticking.retain(|&token| {
            let look = self.look(token, now);
            if look == Look::Steady {
                self.cx.steady.push(token);
            }
            look == Look::Again
        });
        // Those that began meanwhile, or are steady no more.
        ticking.append(&mut self.cx.ticking);
        self.cx.ticking = ticking;
    }

    /// A round of those that found something each time so far.
    fn look_at_steady(&mut self, now: Instant) {
        let began = self::now();
        let mut steady = std::mem::take(&mut self.cx.steady);
        steady.retain(|&token| {
            let look = self.look(token, now);
            if look == Look::Again {
                self.cx.ticking.push(token);
            }
            look == Look::Steady
        });
        self.cx.steady = steady;
        self.cx.rounds.over(began, self::now());
    }

    fn look(&mut self, token: Token, now: Instant) -> Look {
        let look = self.call(token, now, |handler, cx| handler.tick(cx)).unwrap_or(Look::Last);
        if look == Look::Last
            && let Some(entry) = self.entry(token)
        {
            entry.ticks = false;
        }
        look
    }

    /// Has the handler's `tick` called from now on; once, however often it is asked for.
    fn start_ticking(&mut self, token: Token) {
        if let Some(entry) = self.entry(token)
            && !std::mem::replace(&mut entry.ticks, true)
        {
            self.cx.ticking.push(token);
        }
    }

    fn entry(&mut self, token: Token) -> Option<&mut Entry> {
        self.handlers
            .get_mut(token.index as usize)?
            .as_mut()
            .filter(|entry| entry.generation == token.generation)
    }

    /// Runs one handler, and then starts those that it brought forth.
    fn call<R>(
        &mut self,
        token: Token,
        now: Instant,
        run: impl FnOnce(&mut dyn Handler, &mut Cx<'_>) -> R,
    ) -> Option<R> {
        let result = self.run(token, now, run);
        while let Some((token, handler)) = self.cx.born.pop_front() {
            self.start(token, handler, now);
        }
        result
    }

    /// Runs one handler; a panic or its wish removes it.
    fn run<R>(
        &mut self,
        token: Token,
        now: Instant,
        run: impl FnOnce(&mut dyn Handler, &mut Cx<'_>) -> R,
    ) -> Option<R> {
        if !self.is_live(token) {
            return None;
        }
        let mut entry = self.handlers[token.index as usize].take()?;
        let mut cx = Cx { state: &mut self.cx, token, now, hung_up: false };
        // The handler is dropped if it panicked, so nobody sees what it left half-done.
        let result = catch_unwind(AssertUnwindSafe(|| run(&mut *entry.handler, &mut cx)));
        let removed = result.is_err() || self.cx.removed.contains(&token);
        if !removed {
            self.handlers[token.index as usize] = Some(entry);
            return result.ok();
        }
        self.cx.removed.retain(|other| *other != token);
        self.cx.timers.cancel_all(token);
        let shared = Arc::clone(&self.cx.remote.0);
        shared.load.fetch_sub(1, Ordering::Relaxed);
        // Its drop may run code of its own.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(entry)));
        let mut slots = shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.generations[token.index as usize] = token.generation.wrapping_add(1);
        slots.free.push(token.index);
        result.ok()
    }
}

#[allow(clippy::disallowed_methods, reason = "the reactor is where time comes from")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Takes its time for each look, and tells when it began and ended.
    struct Slow {
        look: Look,
        takes: Duration,
        took: mpsc::Sender<(Instant, Instant)>,
    }

    impl Handler for Slow {
        fn start(&mut self, _cx: &mut Cx<'_>) {}
        fn ready(&mut self, _cx: &mut Cx<'_>, _readable: bool, _writable: bool) {}
        fn timer(&mut self, _cx: &mut Cx<'_>, _id: u8) {}
        fn notice(&mut self, _cx: &mut Cx<'_>, _bits: u32) {}

        fn tick(&mut self, _cx: &mut Cx<'_>) -> Look {
            let began = now();
            thread::sleep(self.takes);
            let _ = self.took.send((began, now()));
            self.look
        }
    }

    /// A handler that finds that each time, and takes so many milliseconds for it.
    fn ticking(
        thread: &IoThread,
        look: Look,
        ms: u64,
    ) -> (Token, mpsc::Receiver<(Instant, Instant)>) {
        let (took, looks) = mpsc::channel();
        let slow = Slow { look, takes: Duration::from_millis(ms), took };
        let token = thread.remote().spawn(|token| (Box::new(slow) as _, token));
        thread.remote().start_ticking(token);
        (token, looks)
    }

    fn io_thread() -> IoThread {
        IoThread::start(IoThreadConfig::default()).expect("a thread")
    }

    #[test]
    fn between_steady_looks_the_thread_rests_as_long_as_they_take() {
        let thread = io_thread();
        let (token, looks) = ticking(&thread, Look::Steady, 3);
        // The first one told that it is steady.
        looks.recv().expect("it ticks");
        let (mut began, mut ended) = looks.recv().expect("it ticks");
        for _ in 0..10 {
            // What wakes the thread does not make it look.
            thread.remote().notify(token, 1);
            let (began_anew, ended_anew) = looks.recv().expect("it ticks");
            assert!(began_anew - ended >= (ended - began).min(Rounds::REST));
            (began, ended) = (began_anew, ended_anew);
        }
    }

    /// Others do not wait for them.
    #[test]
    fn beside_steady_looks_others_are_as_frequent_as_ever() {
        let thread = io_thread();
        let (_, steady) = ticking(&thread, Look::Steady, 20);
        steady.iter().take(3).for_each(drop);
        let (_, others) = ticking(&thread, Look::Again, 1);
        others.iter().take(20).for_each(drop);
        assert!(steady.try_iter().count() < 15);
    }

    #[test]
    fn who_looked_for_the_last_time_may_begin_anew() {
        let thread = io_thread();
        let (token, looks) = ticking(&thread, Look::Last, 3);
        for _ in 0..3 {
            assert!(looks.recv().is_ok());
            thread.remote().start_ticking(token);
        }
        drop(thread);
        // The last one that was asked for may have come before the end.
        assert!(looks.iter().count() <= 1);
    }
}
