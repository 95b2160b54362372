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
use crate::sync::{AtomicBool, Ordering};

use super::monitor::Monitor;
use super::parker::{Waiters, WakeWaiters};
use super::zap;

/// The id of a socket's own port, which no pipe has.
pub(super) const OWN_PORT: u32 = u32::MAX - 1;

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
    /// In the inbox while there is something incoming, and once the context ends.
    own_port: Arc<Port>,
    incoming: Mutex<Vec<Incoming>>,
    has_incoming: AtomicBool,
    /// The context ends.
    pub(super) stopped: AtomicBool,
    /// A call has returned `ETERM`: from then on options are refused as well.
    told: AtomicBool,
    closed: AtomicBool,
    pub(super) monitor: Monitor,
    /// Weak, as the context outlives its sockets, and sessions those.
    ctx: Weak<Ctx>,
}

impl Shared {
    pub(super) fn new(ctx: &Arc<Ctx>) -> Arc<Self> {
        let waiters = Arc::new(Waiters::default());
        let inbox = Inbox::new(Box::new(WakeWaiters(Arc::clone(&waiters))));
        let own_port = Port::new(Arc::clone(&inbox));
        own_port.set_id(OWN_PORT);
        Arc::new(Self {
            inbox,
            waiters,
            own_port,
            incoming: Mutex::default(),
            has_incoming: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            told: AtomicBool::new(false),
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
        self.has_incoming.store(true, Ordering::Release);
        self.own_port.post(1);
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

    /// True if there is something to look at: pipes with news, what was brought, or the context's
    /// end.
    #[inline]
    pub(super) fn has_news(&self) -> bool {
        !self.inbox.is_empty()
    }

    pub(super) fn take_incoming(&self) -> Vec<Incoming> {
        if !self.has_incoming.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        std::mem::take(&mut *self.incoming.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// [`OWN_PORT`] came out of the inbox: goes back if there is still a reason.
    pub(super) fn own_port_was_taken(&self) {
        if self.has_incoming.load(Ordering::Relaxed) || self.stopped.load(Ordering::Relaxed) {
            self.own_port.post(1);
        }
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
        self.own_port.post(1);
        self.waiters.wake_all();
    }
}
