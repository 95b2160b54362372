//! How a socket learns which of its pipes have something new: each pipe has a port, and ports with
//! news queue up in the socket's inbox, an intrusive list that any thread may push to.
//!
//! Thread: ports are signalled by any thread; the inbox is drained under the socket's lock.
//! Invariants: a port is in the inbox once at most: exactly while its bits are not zero.
//! Counterpart: the `activate_read`/`activate_write` commands of libzmq 4.3.5's mailbox.

use std::fmt;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::pipe::direction::Signal;
use crate::sync::{AtomicPtr, AtomicU32, Ordering};

/// Wakes a socket's sleeping callers. Called after something was put into the inbox.
pub trait Wake: Send + Sync {
    /// There is news; must not block.
    fn wake(&self);
}

/// The socket's side of one pipe's signals.
pub struct Port {
    /// Bits of [`signals`](super::signals) that were not looked at. Any thread sets, the socket
    /// takes all.
    bits: AtomicU32,
    /// The pipe's place in the socket. Set under the socket's lock before the pipe is used.
    id: AtomicU32,
    next: AtomicPtr<Self>,
    inbox: Arc<Inbox>,
}

/// Ports with news, last come first.
pub struct Inbox {
    /// Null for none, [`CLOSED`] for ever after [`Inbox::close`].
    head: AtomicPtr<Port>,
    waker: Box<dyn Wake>,
}

/// Nobody takes what is in the inbox any more.
const CLOSED: *mut Port = ptr::without_provenance_mut(1);

impl Inbox {
    /// An empty inbox; `waker` is called after each push.
    pub fn new(waker: Box<dyn Wake>) -> Arc<Self> {
        Arc::new(Self { head: AtomicPtr::new(ptr::null_mut()), waker })
    }

    /// True if there is nothing to take; false once the inbox is closed. SeqCst: a caller that
    /// announced its sleep looks here.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.load(Ordering::SeqCst).is_null()
    }

    /// Takes all news, oldest first: `(pipe's id, bits)`.
    pub fn take(&self, each: impl FnMut(u32, u32)) {
        self.replace(ptr::null_mut(), each);
    }

    /// The socket is gone. Ports outlive it and keep the inbox: without this those that have news
    /// would keep each other.
    pub fn close(&self) {
        self.replace(CLOSED, |_, _| ());
    }

    fn replace(&self, head: *mut Port, mut each: impl FnMut(u32, u32)) {
        // Acquire pairs with the pushes; all nodes up to the oldest are ours from here on.
        let mut node = self.head.swap(head, Ordering::SeqCst);
        if node == CLOSED {
            self.head.store(CLOSED, Ordering::Relaxed);
            return;
        }
        let mut oldest_first = ptr::null_mut();
        while !node.is_null() {
            // SAFETY: a node in the list is kept alive by the reference that `push` leaked.
            let next = unsafe { (*node).next.swap(oldest_first, Ordering::Relaxed) };
            oldest_first = node;
            node = next;
        }
        while !oldest_first.is_null() {
            // SAFETY: takes back the reference that `push` leaked.
            let port = unsafe { Arc::from_raw(oldest_first) };
            oldest_first = port.next.load(Ordering::Relaxed);
            // From the swap on the port may be pushed anew, so `next` was read before.
            let bits = port.bits.swap(0, Ordering::AcqRel);
            each(port.id.load(Ordering::Relaxed), bits);
        }
    }

    fn push(&self, port: Arc<Port>) {
        let node = Arc::into_raw(port).cast_mut();
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head == CLOSED {
                // SAFETY: takes back the reference that was just leaked.
                drop(unsafe { Arc::from_raw(node) });
                return;
            }
            // SAFETY: the node is alive (its reference was just leaked) and not in the list.
            unsafe { (*node).next.store(head, Ordering::Relaxed) };
            match self.head.compare_exchange_weak(head, node, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.take(|_, _| ());
    }
}

impl Port {
    /// A port without news.
    pub fn new(inbox: Arc<Inbox>) -> Arc<Self> {
        Arc::new(Self {
            bits: AtomicU32::new(0),
            id: AtomicU32::new(u32::MAX),
            next: AtomicPtr::new(ptr::null_mut()),
            inbox,
        })
    }

    /// Tells under which id the socket knows the pipe.
    pub fn set_id(&self, id: u32) {
        self.id.store(id, Ordering::Relaxed);
    }

    /// Puts the port into the inbox. True if it was not there; telling whoever sleeps is the
    /// caller's next step.
    pub fn post(self: &Arc<Self>, bits: u32) -> bool {
        let was_out = self.bits.fetch_or(bits, Ordering::AcqRel) == 0;
        if was_out {
            self.inbox.push(Arc::clone(self));
        }
        was_out
    }
}

/// A port as the pipe knows it.
#[derive(Clone, Debug)]
pub struct PortSignal(pub Arc<Port>);

impl Signal for PortSignal {
    fn signal(&self, bits: u32) {
        if self.0.post(bits) {
            self.0.inbox.waker.wake();
        }
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").field("id", &self.id).field("bits", &self.bits).finish()
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("empty", &self.is_empty()).finish()
    }
}

/// The signals of an end whose socket is not known yet: kept until it is.
#[derive(Debug, Default)]
pub struct LatePort(Mutex<Late>);

#[derive(Debug, Default)]
struct Late {
    port: Option<PortSignal>,
    kept: u32,
}

impl LatePort {
    /// From here on signals go to `port`, the kept ones first.
    pub fn set(&self, port: PortSignal) {
        let mut late = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if late.kept != 0 {
            port.signal(late.kept);
        }
        late.port = Some(port);
    }
}

impl Signal for LatePort {
    fn signal(&self, bits: u32) {
        let mut late = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &late.port {
            Some(port) => port.signal(bits),
            None => late.kept |= bits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Nobody;

    #[test]
    fn a_closed_inbox_keeps_no_port() {
        let inbox = Inbox::new(Box::new(Nobody));
        let [before, after] = [0, 1].map(|_| Port::new(Arc::clone(&inbox)));
        let ports = [&before, &after].map(Arc::downgrade);
        PortSignal(Arc::clone(&before)).signal(1);
        inbox.close();
        PortSignal(Arc::clone(&after)).signal(1);
        inbox.take(|_, _| unreachable!("nobody takes any more"));
        drop((before, after));
        assert!(ports.iter().all(|port| port.upgrade().is_none()));
        assert_eq!(Arc::strong_count(&inbox), 1);
    }
}
