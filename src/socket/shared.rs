//! What others hold of a socket: its inbox, pipes on their way in, waiters and monitor. Outlives
//! the socket, for those who are late to learn that it was closed.
//!
//! Thread: any. Invariants: after `close` nothing is taken in any more. Counterpart: `mailbox.cpp`
//! of libzmq 4.3.5.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::connection::{Event, Link, NewPipe, Owner};
use crate::ctx::{Connected, Ctx, Stop};
use crate::error::Errno;
use crate::pipe::{End, Inbox, Port, Reader, Signal, Writer};
use crate::sync::{AtomicBool, AtomicU32, Ordering, store_load_barrier};

use super::monitor::Monitor;
use super::parker::{Waiters, WakeWaiters};
use super::zap;

/// What sessions and other sockets bring.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A pipe to a peer of the network.
    Network(NewPipe),
    /// A pipe to a socket of this process.
    Inproc(End),
    /// A connecting session that will not try again.
    GaveUp(Arc<Link>),
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) inbox: Arc<Inbox>,
    pub(super) waiters: Arc<Waiters>,
    incoming: Mutex<Vec<Incoming>>,
    has_incoming: AtomicBool,
    /// The context ends.
    pub(super) stopped: AtomicBool,
    /// A call has returned `ETERM`: from then on options are refused as well.
    told: AtomicBool,
    /// Calls on the socket, any of which may have changed what it is ready for. Written under the
    /// socket's lock, read by those who want to know whether anything happened.
    calls: AtomicU32,
    closed: AtomicBool,
    pub(super) monitor: Monitor,
    /// Weak, as the context outlives its sockets, and sessions those.
    ctx: Weak<Ctx>,
}

impl Shared {
    pub(super) fn new(ctx: &Arc<Ctx>) -> Arc<Self> {
        let waiters = Arc::new(Waiters::default());
        Arc::new(Self {
            inbox: Inbox::new(Box::new(WakeWaiters(Arc::clone(&waiters)))),
            waiters,
            incoming: Mutex::default(),
            has_incoming: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            told: AtomicBool::new(false),
            calls: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            monitor: Monitor::default(),
            ctx: Arc::downgrade(ctx),
        })
    }

    fn bring(&self, what: Incoming) {
        {
            let mut incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
            if self.closed.load(Ordering::Relaxed) {
                drop(incoming);
                refuse(what);
                return;
            }
            incoming.push(what);
        }
        self.has_incoming.store(true, Ordering::SeqCst);
        store_load_barrier();
        self.waiters.wake_all();
    }

    /// The error of a call that finds the context ending.
    #[cold]
    pub(super) fn tell(&self) -> Errno {
        self.told.store(true, Ordering::Relaxed);
        Errno::ETERM
    }

    /// COMPAT: a socket learns of its context's end by the calls that look at its news, and its
    /// options stay open until then (`capi-tests/api/eterm.c`).
    pub(super) fn is_told(&self) -> bool {
        self.told.load(Ordering::Relaxed)
    }

    /// True if there is something to look at: pipes with news, or what was brought.
    #[inline]
    pub(super) fn has_news(&self) -> bool {
        !self.inbox.is_empty() || self.has_incoming.load(Ordering::SeqCst)
    }

    /// Counts a call; the caller holds the socket's lock.
    #[inline]
    pub(super) fn count_call(&self) {
        // No read-modify-write, as the lock keeps others out.
        self.calls.store(self.calls.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn take_incoming(&self) -> Vec<Incoming> {
        if !self.has_incoming.swap(false, Ordering::SeqCst) {
            return Vec::new();
        }
        std::mem::take(&mut *self.incoming.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The socket is gone.
    pub(super) fn close(&self) {
        let late = {
            let mut incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
            self.closed.store(true, Ordering::Relaxed);
            std::mem::take(&mut *incoming)
        };
        late.into_iter().for_each(refuse);
        self.inbox.close();
    }
}

/// Ends a pipe that came too late.
fn refuse(pipe: Incoming) {
    if let Incoming::Network(NewPipe { end, link, .. }) = pipe {
        drop(end);
        link.close(0);
    }
}

impl Owner for Shared {
    fn attach(&self, pipe: NewPipe) {
        self.bring(Incoming::Network(pipe));
    }

    fn gave_up(&self, link: &Arc<Link>) {
        self.bring(Incoming::GaveUp(Arc::clone(link)));
    }

    fn ask_handler(&self, signal: Arc<dyn Signal>) -> Option<(Writer, Reader)> {
        zap::connect(&*self.ctx.upgrade()?, signal)
    }

    fn event(&self, event: Event) {
        self.monitor.report(&event);
    }

    fn port(&self) -> Arc<Port> {
        Port::new(Arc::clone(&self.inbox))
    }
}

impl Connected for Shared {
    fn attach_inproc(&self, end: End) {
        self.bring(Incoming::Inproc(end));
    }

    fn inproc_port(&self) -> Arc<Port> {
        Port::new(Arc::clone(&self.inbox))
    }
}

impl Stop for Shared {
    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.waiters.wake_all();
    }
}
