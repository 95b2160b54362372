//! Sleeping application threads, and who wakes them.
//!
//! A thread that waits for sockets registers its parker with each, looks once more, and sleeps: on
//! a futex if only sockets can wake it, in `ppoll` if there are descriptors too.
//!
//! Thread: a parker belongs to one thread; anyone may wake it. Invariants: between `begin` and the
//! end of `sleep` no wake-up is lost. Counterpart: `signaler.cpp` of libzmq 4.3.5.

use std::cell::RefCell;
use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use crate::error::Result;
use crate::pipe::Wake;
use crate::sync::{AtomicBool, AtomicU32, Mutex, Ordering, store_load_barrier};
use crate::sys::eventfd::EventFd;
use crate::sys::futex;
use crate::sys::poll::{self, PollFd};

const IDLE: u32 = 0;
const ON_FUTEX: u32 = 1;
const IN_POLL: u32 = 2;
const WOKEN: u32 = 3;

/// A thread that can sleep.
#[derive(Debug)]
pub(crate) struct Parker {
    state: AtomicU32,
    eventfd: OnceLock<EventFd>,
}

thread_local! {
    static PARKER: RefCell<Option<Arc<Parker>>> = const { RefCell::new(None) };
}

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    /// By a wake-up, a descriptor, or the time: look.
    Look,
    /// By a signal handler.
    Interrupted,
}

impl Parker {
    /// The calling thread's own.
    pub(crate) fn current() -> Arc<Self> {
        let make = || Arc::new(Self { state: AtomicU32::new(IDLE), eventfd: OnceLock::new() });
        PARKER
            .try_with(|parker| Arc::clone(parker.borrow_mut().get_or_insert_with(make)))
            .unwrap_or_else(|_| make())
    }

    /// A parker that no thread keeps between models.
    #[cfg(loom)]
    pub(crate) fn for_model() -> Arc<Self> {
        Arc::new(Self { state: AtomicU32::new(IDLE), eventfd: OnceLock::new() })
    }

    /// From here on wake-ups are kept.
    pub(crate) fn begin(&self) {
        self.state.store(IDLE, Ordering::SeqCst);
    }

    /// Sleeps until woken, a descriptor of `fds` is ready, or `timeout` is over.
    pub(crate) fn sleep(
        &self,
        fds: &mut Vec<PollFd>,
        timeout: Option<Duration>,
        mask: Option<&libc::sigset_t>,
    ) -> Result<Slept> {
        if fds.is_empty() && mask.is_none() {
            return Ok(self.sleep_on_futex(timeout));
        }
        let eventfd = match self.eventfd.get() {
            Some(eventfd) => eventfd,
            None => {
                let fresh = EventFd::new()?;
                self.eventfd.get_or_init(|| fresh)
            }
        };
        fds.push(PollFd::new(eventfd.raw(), poll::IN));
        let asleep =
            self.state.compare_exchange(IDLE, IN_POLL, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        let timeout = if asleep { timeout } else { Some(Duration::ZERO) };
        let result = poll::poll(fds, timeout, mask);
        let own = fds.pop();
        self.state.swap(WOKEN, Ordering::SeqCst);
        if own.is_some_and(|own| own.revents() != 0) {
            eventfd.drain();
        }
        match result {
            Ok(_) => Ok(Slept::Look),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Slept::Interrupted),
            Err(error) => Err(error.into()),
        }
    }

    fn sleep_on_futex(&self, timeout: Option<Duration>) -> Slept {
        let exchange =
            self.state.compare_exchange(IDLE, ON_FUTEX, Ordering::SeqCst, Ordering::SeqCst);
        if exchange.is_err() {
            return Slept::Look;
        }
        let interrupted = futex::wait(&self.state, ON_FUTEX, timeout);
        if self.state.swap(WOKEN, Ordering::SeqCst) != WOKEN && interrupted {
            return Slept::Interrupted;
        }
        Slept::Look
    }

    fn wake(&self) {
        match self.state.swap(WOKEN, Ordering::SeqCst) {
            ON_FUTEX => futex::wake_one(&self.state),
            IN_POLL => {
                if let Some(eventfd) = self.eventfd.get() {
                    eventfd.signal();
                }
            }
            _ => {}
        }
    }
}

/// Who waits for one socket.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// Parkers in the list, and one for a descriptor that was asked for (`ZMQ_FD`).
    count: AtomicU32,
    parkers: Mutex<Vec<Arc<Parker>>>,
    eventfd: OnceLock<EventFd>,
    /// The descriptor was made readable and not drained since. Set behind the signal, cleared
    /// before the drain: it may be false for a moment while there is a signal, and the next look
    /// finds that.
    raised: AtomicBool,
}

impl Waiters {
    pub(crate) fn register(&self, parker: &Arc<Parker>) {
        self.parkers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(parker));
        self.count.fetch_add(1, Ordering::SeqCst);
        store_load_barrier();
    }

    pub(crate) fn unregister(&self, parker: &Arc<Parker>) {
        let mut parkers = self.parkers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = parkers.iter().position(|other| Arc::ptr_eq(other, parker)) {
            parkers.swap_remove(at);
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// The descriptor of `ZMQ_FD`: readable when there may be news. Made when first asked for.
    pub(crate) fn descriptor(&self) -> Result<RawFd> {
        if let Some(eventfd) = self.eventfd.get() {
            return Ok(eventfd.raw());
        }
        let fresh = EventFd::new()?;
        // What came before somebody asked must not be missed.
        fresh.signal();
        let fd = self.eventfd.get_or_init(|| fresh).raw();
        self.raised.store(true, Ordering::SeqCst);
        self.count.fetch_add(1, Ordering::SeqCst);
        Ok(fd)
    }

    /// The socket is about to look at its news.
    pub(crate) fn drain_descriptor(&self) {
        if let Some(eventfd) = self.eventfd.get()
            && self.raised.load(Ordering::SeqCst)
        {
            // In this order: a waker that still sees it raised has left its news before the look
            // that follows, and one that sees it lowered signals after the draining.
            eventfd.drain();
            self.raised.swap(false, Ordering::SeqCst);
        }
    }

    pub(crate) fn wake_all(&self) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        if let Some(eventfd) = self.eventfd.get()
            && !self.raised.swap(true, Ordering::SeqCst)
        {
            eventfd.signal();
        }
        // Woken with the lock released, which is the first thing that they want.
        let (first, others) = {
            let parkers = self.parkers.lock().unwrap_or_else(PoisonError::into_inner);
            (parkers.first().cloned(), parkers.get(1..).map(<[_]>::to_vec))
        };
        for parker in first.iter().chain(others.iter().flatten()) {
            parker.wake();
        }
    }
}

/// The waiters, as the inbox wakes them.
#[derive(Debug)]
pub(crate) struct WakeWaiters(pub(crate) Arc<Waiters>);

impl Wake for WakeWaiters {
    fn wake(&self) {
        store_load_barrier();
        self.0.wake_all();
    }
}
