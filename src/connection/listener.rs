//! Takes new peers in.
//!
//! Thread: an I/O thread. Invariants: out of descriptors means a pause, not a spin; a peer that
//! cannot be set up is closed and reported, the next one is served.
//! Counterpart: `stream_listener_base.cpp`, `tcp_listener.cpp`, `ipc_listener.cpp` of libzmq 4.3.5.

use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::reactor::{Cx, Handler, Registration, Remote, Token};
use crate::sync::{AtomicBool, Ordering};
use crate::transport::{AcceptError, Listener};

use super::event::{Event, events};
use super::link::Origin;
use super::session;
use super::{Owner, SessionConfig};

/// Pause after the process ran out of descriptors.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Peers taken per turn, so that others have theirs.
const BATCH: usize = 64;

const BACK_OFF_TIMER: u8 = 0;

/// The owner's handle on a listener.
#[derive(Debug)]
pub struct ListenerHandle {
    shared: Arc<Shared>,
    remote: Remote,
    token: Token,
    endpoint: String,
}

#[derive(Debug)]
struct Shared {
    /// Taken out when the listener is closed, by whoever closes it.
    listener: Mutex<Option<(Listener, Registration)>>,
    /// Sessions that are not through their handshake give up when this is set.
    closed: Arc<AtomicBool>,
}

/// Which I/O thread a new session goes to.
pub type ChooseThread = Box<dyn Fn() -> Option<Remote> + Send>;

/// Starts to accept peers for `owner`. `guard` lives as long as the listener and its sessions.
pub fn listen(
    listener: Listener,
    config: Arc<SessionConfig>,
    owner: Arc<dyn Owner>,
    remote: &Remote,
    choose: ChooseThread,
    guard: session::Guard,
) -> ListenerHandle {
    let endpoint = listener.endpoint().to_owned();
    owner.event(Event {
        kind: events::LISTENING,
        value: listener.as_raw_fd() as u64,
        local: endpoint.clone(),
        remote: String::new(),
        bound: true,
    });
    let (shared, token) = remote.spawn(|token| {
        let registration = remote.registration(token, &listener);
        let shared = Arc::new(Shared {
            listener: Mutex::new(Some((listener, registration))),
            closed: Arc::new(AtomicBool::new(false)),
        });
        let accepter = Accepter {
            shared: Arc::clone(&shared),
            config,
            owner,
            choose,
            guard,
            endpoint: endpoint.clone(),
            accepted: 0,
        };
        (Box::new(accepter), (shared, token))
    });
    ListenerHandle { shared, remote: remote.clone(), token, endpoint }
}

impl ListenerHandle {
    /// What was bound, as `ZMQ_LAST_ENDPOINT` has it.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// True for a session that this listener took in.
    pub fn closed_flag(&self) -> &Arc<AtomicBool> {
        &self.shared.closed
    }

    /// Stops listening: when this returns, the address is free. Returns the closed descriptor.
    pub fn close(&self) -> Option<i32> {
        self.shared.closed.store(true, Ordering::Release);
        let taken = self.shared.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let fd = taken.map(|(listener, registration)| {
            // The descriptor is closed next, which ends the registration in any case.
            let _ = registration.clear();
            listener.as_raw_fd()
        });
        self.remote.notify(self.token, 1);
        fd
    }
}

struct Accepter {
    shared: Arc<Shared>,
    config: Arc<SessionConfig>,
    owner: Arc<dyn Owner>,
    choose: ChooseThread,
    guard: session::Guard,
    endpoint: String,
    /// Peers taken in so far.
    accepted: u64,
}

impl Accepter {
    fn accept(&mut self, cx: &mut Cx<'_>) {
        for _ in 0..BATCH {
            let result = {
                let slot = self.shared.listener.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((listener, _)) = &*slot else { return };
                listener.accept(&self.config.transport)
            };
            match result {
                Ok(stream) => {
                    let endpoint = stream.remote_endpoint();
                    self.report(events::ACCEPTED, stream.as_raw_fd() as u64, endpoint.clone());
                    self.accepted += 1;
                    let remote = (self.choose)().unwrap_or_else(|| cx.remote().clone());
                    let arrival = session::Arrival {
                        stream,
                        guard: self.guard.clone(),
                        origin: Origin {
                            closed: Arc::clone(&self.shared.closed),
                            number: self.accepted,
                        },
                        local: self.endpoint.clone(),
                        remote: endpoint,
                    };
                    let (config, owner) = (Arc::clone(&self.config), Arc::clone(&self.owner));
                    session::accept(cx, &remote, config, owner, arrival);
                }
                Err(AcceptError::WouldBlock) => return,
                // COMPAT: told, with whatever errno was left (`capi-tests/api/kernel.c`).
                Err(AcceptError::Filtered) => {
                    self.report(events::ACCEPT_FAILED, libc::EACCES as u64, String::new());
                }
                Err(AcceptError::Peer(error)) => {
                    let errno = error.raw_os_error().unwrap_or(libc::EIO);
                    self.report(events::ACCEPT_FAILED, errno as u64, String::new());
                }
                Err(AcceptError::Exhausted(error)) => {
                    let errno = error.raw_os_error().unwrap_or(libc::EMFILE);
                    self.report(events::ACCEPT_FAILED, errno as u64, String::new());
                    cx.set_timer(BACK_OFF_TIMER, cx.now() + BACK_OFF);
                    return;
                }
            }
        }
        cx.again(true, false);
    }

    fn report(&self, kind: u16, value: u64, remote: String) {
        self.owner.event(Event { kind, value, local: self.endpoint.clone(), remote, bound: true });
    }
}

impl Handler for Accepter {
    fn start(&mut self, cx: &mut Cx<'_>) {
        let armed = {
            let slot = self.shared.listener.lock().unwrap_or_else(PoisonError::into_inner);
            match &*slot {
                Some((_, registration)) => registration.set_read(true),
                None => Ok(()),
            }
        };
        if let Err(error) = armed {
            let errno = error.raw_os_error().unwrap_or(libc::EIO);
            self.report(events::ACCEPT_FAILED, errno as u64, String::new());
            cx.remove();
        }
    }

    fn ready(&mut self, cx: &mut Cx<'_>, _readable: bool, _writable: bool) {
        self.accept(cx);
    }

    fn timer(&mut self, cx: &mut Cx<'_>, _id: u8) {
        self.accept(cx);
    }

    fn notice(&mut self, cx: &mut Cx<'_>, _bits: u32) {
        cx.remove();
    }
}
