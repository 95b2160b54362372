//! Reports a socket's events to a PAIR socket, as messages.
//!
//! Thread: any. Invariants: reporting never blocks: when the monitor is not read, the newest events
//! are lost, and the socket goes on. Counterpart: `socket_base.cpp` of libzmq 4.3.5
//! (`monitor_event`); `zmq_socket_monitor(3)`, `zmq_socket_monitor_versioned(3)`.

use std::sync::{Arc, Mutex, PoisonError};

use crate::connection::{Event, events};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::pipe::PipeId;
use crate::sync::{AtomicU64, Ordering};

use super::Socket;

/// `ZMQ_EVENT_PIPES_STATS`
const PIPES_STATS: u64 = 0x10000;

#[derive(Debug, Default)]
pub(crate) struct Monitor {
    /// Events asked for; 0 for none. Lets events that nobody wants pass without the lock.
    mask: AtomicU64,
    target: Mutex<Option<Target>>,
}

#[derive(Clone, Debug)]
struct Target {
    socket: Arc<MonitorSocket>,
    version: i32,
}

/// Closes the monitor's own end when the last report is through.
#[derive(Debug)]
struct MonitorSocket(&'static Socket);

impl Drop for MonitorSocket {
    fn drop(&mut self) {
        // It was open until now: nobody else knows it.
        let _ = self.0.close();
    }
}

impl Monitor {
    /// Starts to report `mask` to `socket`, which is the monitor's from now on.
    pub(super) fn start(&self, socket: &'static Socket, mask: u64, version: i32) {
        let target = Target { socket: Arc::new(MonitorSocket(socket)), version };
        let old = self.lock().replace(target);
        // COMPAT: an unknown version is accepted, and reports nothing (`capi-tests/api/monitor.c`).
        let mask = if matches!(version, 1 | 2) { mask } else { 0 };
        self.mask.store(mask, Ordering::Release);
        drop(old);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Target>> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops reporting; says so if that was asked for.
    pub(super) fn stop(&self) {
        let stopped = Event {
            kind: events::MONITOR_STOPPED,
            value: 0,
            local: String::new(),
            remote: String::new(),
            bound: false,
        };
        self.report(&stopped);
        self.mask.store(0, Ordering::Release);
        let old = self.lock().take();
        drop(old);
    }

    pub(super) fn is_running(&self) -> bool {
        self.lock().is_some()
    }

    fn wants(&self, kind: u64) -> bool {
        self.mask.load(Ordering::Acquire) & kind != 0
    }

    pub(super) fn report(&self, event: &Event) {
        if !self.wants(u64::from(event.kind)) {
            return;
        }
        self.send(|version| match version {
            1 => version_1(event),
            _ => version_2(u64::from(event.kind), &[event.value], &event.local, &event.remote),
        });
    }

    /// Messages that are queued to and from a peer.
    fn report_queues(&self, outbound: u64, inbound: u64, local: &str, remote: &str) {
        self.send(|_| version_2(PIPES_STATS, &[outbound, inbound], local, remote));
    }

    fn send(&self, frames: impl FnOnce(i32) -> Vec<Vec<u8>>) {
        // The lock keeps the frames of one event together.
        let target = self.lock();
        let Some(Target { socket, version }) = &*target else { return };
        let frames = frames(*version);
        let last = frames.len() - 1;
        for (index, frame) in frames.iter().enumerate() {
            let mut msg = Msg::from_slice(frame);
            if socket.0.send_msg(&mut msg, true, index < last).is_err() {
                // Nobody reads: PAIR takes a whole message or none.
                return;
            }
        }
    }
}

/// `event (16 bits), value (32 bits)`; endpoint.
fn version_1(event: &Event) -> Vec<Vec<u8>> {
    let mut first = event.kind.to_ne_bytes().to_vec();
    first.extend_from_slice(&(event.value as u32).to_ne_bytes());
    vec![first, event.endpoint().as_bytes().to_vec()]
}

/// `event (64 bits)`; `number of values (64 bits)`; each value (64 bits); local; remote.
fn version_2(kind: u64, values: &[u64], local: &str, remote: &str) -> Vec<Vec<u8>> {
    let mut frames =
        vec![kind.to_ne_bytes().to_vec(), (values.len() as u64).to_ne_bytes().to_vec()];
    frames.extend(values.iter().map(|value| value.to_ne_bytes().to_vec()));
    frames.extend([local.as_bytes().to_vec(), remote.as_bytes().to_vec()]);
    frames
}

impl Socket {
    /// `zmq_socket_monitor_pipes_stats`: an event for each pipe. `EINVAL` if the monitor does not
    /// want it, `EAGAIN` if there is no pipe.
    pub fn monitor_pipes(&'static self) -> Result<()> {
        let mut guard = self.open()?;
        let state = &mut *guard;
        if !state.shared.monitor.wants(PIPES_STATS) {
            return Err(Errno::EINVAL);
        }
        state.process_news();
        if state.pipes.is_empty() {
            return Err(Errno::EAGAIN);
        }
        // In the order in which the peers came, not in that in which they were through with greeting.
        let mut ids: Vec<PipeId> = state.pipes.ids().collect();
        ids.sort_by_key(|id| state.link_of(*id).map_or(0, |link| link.number()));
        for id in ids {
            let (local, remote) =
                state.link_of(id).map(|link| link.endpoints()).unwrap_or_default();
            let Some(end) = state.pipes.end(id) else { continue };
            let (outbound, inbound) = end.queued();
            state.shared.monitor.report_queues(outbound, inbound, &local, &remote);
        }
        Ok(())
    }
}
