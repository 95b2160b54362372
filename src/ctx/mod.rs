//! The context: what sockets share, and how it ends.
//!
//! I/O threads are made when the first endpoint of a network needs one. Everything that keeps the
//! context from ending (an open socket, a session with messages to send) holds a [`Live`] token;
//! `terminate` waits for the last one.
//!
//! Thread: any. Invariants: after `shut_down` no socket is made and no call blocks.
//! Counterpart: `ctx.cpp`, `reaper.cpp` of libzmq 4.3.5; `zmq_ctx_term(3)`.

#![forbid(unsafe_code)]

mod inproc;
pub mod options;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use crate::error::{Errno, Result};
use crate::reactor::{IoThread, IoThreadConfig, Remote};
use crate::sync::{AtomicU32, Ordering};
use crate::sys;
use crate::sys::modes::Modes;

pub use inproc::{Connected, Inproc, Party, Waiting};
use options::CtxOptions;

/// A socket, as its context sees it.
pub trait Stop: Send + Sync {
    /// The context ends: blocked calls return `ETERM`, and so does every later one.
    fn stop(&self);
}

/// See the module.
#[derive(Debug)]
pub struct Ctx {
    options: Mutex<CtxOptions>,
    state: Mutex<State>,
    changed: Condvar,
    io_threads: Mutex<Vec<IoThread>>,
    /// Names bound and waited for.
    pub inproc: Mutex<Inproc>,
    serial: AtomicU32,
    /// The process that made the context: its I/O threads are there and nowhere else.
    process: u32,
}

#[derive(Default)]
struct State {
    /// [`Live`] tokens.
    live: usize,
    open_sockets: usize,
    /// The options as the first socket found them: numbers of sockets and threads are fixed then.
    started_with: Option<CtxOptions>,
    sockets: Vec<Weak<dyn Stop>>,
    shut_down: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("live", &self.live)
            .field("open_sockets", &self.open_sockets)
            .field("shut_down", &self.shut_down)
            .finish_non_exhaustive()
    }
}

/// Keeps a context from ending.
#[derive(Debug)]
pub struct Live(Arc<Ctx>);

impl Drop for Live {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.live -= 1;
        let is_last = state.live == 0;
        drop(state);
        if is_last {
            self.0.changed.notify_all();
        }
    }
}

impl Ctx {
    /// A context with default options.
    pub fn new() -> Arc<Self> {
        // Now rather than between messages: it waits where many threads run, and ours do not yet.
        sys::membarrier::prepare();
        Arc::new(Self {
            options: Mutex::default(),
            state: Mutex::default(),
            changed: Condvar::new(),
            io_threads: Mutex::default(),
            inproc: Mutex::default(),
            serial: AtomicU32::new(seed()),
            process: std::process::id(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The options.
    pub fn options(&self) -> MutexGuard<'_, CtxOptions> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that no other socket of the context has, to begin generated ids with.
    pub fn next_serial(&self) -> u32 {
        self.serial.fetch_add(0x1000_0001, Ordering::Relaxed)
    }

    /// Takes a socket in. `ETERM` when the context is ending, `EMFILE` at `ZMQ_MAX_SOCKETS`.
    pub fn register(self: &Arc<Self>, socket: Weak<dyn Stop>) -> Result<Live> {
        let options = self.options().clone();
        let mut state = self.lock();
        if state.shut_down {
            return Err(Errno::ETERM);
        }
        let max = state.started_with.get_or_insert(options).max_sockets;
        if state.open_sockets >= max as usize {
            return Err(Errno::EMFILE);
        }
        // Forgets those that are gone when they are the most, so that each costs little.
        if state.sockets.len() > 2 * state.open_sockets + 16 {
            state.sockets.retain(|socket| socket.strong_count() > 0);
        }
        state.sockets.push(socket);
        state.open_sockets += 1;
        state.live += 1;
        drop(state);
        Ok(Live(Arc::clone(self)))
    }

    /// A socket was closed.
    pub fn unregister(&self) {
        self.lock().open_sockets -= 1;
    }

    /// One more reason not to end yet.
    pub fn keep_alive(self: &Arc<Self>) -> Live {
        self.lock().live += 1;
        Live(Arc::clone(self))
    }

    /// The I/O thread with the least to do among those that `affinity` allows (0: all). The first
    /// call makes the threads. `EMTHREAD` if there are none.
    pub fn choose_io_thread(&self, affinity: u64) -> Result<Remote> {
        let config = self.lock().started_with.clone().unwrap_or_default();
        let mut threads = self.io_threads.lock().unwrap_or_else(PoisonError::into_inner);
        if threads.is_empty() {
            for index in 0..running_threads(config.io_threads) {
                let prefix = if config.thread_name_prefix.is_empty() {
                    String::new()
                } else {
                    format!("{}/", config.thread_name_prefix)
                };
                threads.push(IoThread::start(IoThreadConfig {
                    name: format!("{prefix}ZMQbg/IO/{index}"),
                    schedule: sys::affinity::Schedule {
                        policy: (config.thread_sched_policy >= 0)
                            .then_some(config.thread_sched_policy),
                        priority: (config.thread_priority >= 0).then_some(config.thread_priority),
                        cpus: config.thread_affinity.clone(),
                    },
                })?);
            }
        }
        // A mask means the threads that were set, whatever number is forced.
        let named = config.io_threads.clamp(0, 64) as usize;
        threads
            .iter()
            .enumerate()
            .filter(|(index, _)| affinity == 0 || *index < named && affinity >> index & 1 == 1)
            .map(|(_, thread)| thread.remote())
            .min_by_key(|remote| remote.load())
            .cloned()
            .ok_or(Errno::EMTHREAD)
    }

    /// Makes blocked calls return `ETERM`; sockets can only be closed from now on.
    pub fn shut_down(&self) {
        let sockets = {
            let mut state = self.lock();
            state.shut_down = true;
            std::mem::take(&mut state.sockets)
        };
        for socket in sockets.iter().filter_map(Weak::upgrade) {
            socket.stop();
        }
    }

    /// True in a child that inherited the context by `fork`: nothing of it may be touched, as its
    /// descriptors are the parent's as well.
    pub fn is_inherited(&self) -> bool {
        self.process != std::process::id()
    }

    /// Shuts down and waits until all sockets are closed and what lingers is sent or given up;
    /// then ends the I/O threads.
    pub fn terminate(&self) {
        if self.is_inherited() {
            return;
        }
        self.shut_down();
        let mut state = self.lock();
        while state.live > 0 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        let threads =
            std::mem::take(&mut *self.io_threads.lock().unwrap_or_else(PoisonError::into_inner));
        drop(threads);
    }
}

/// How many I/O threads stand for `set` of them.
fn running_threads(set: i32) -> i32 {
    if set == 0 { 0 } else { set.max(Modes::current().least_io_threads) }
}

fn seed() -> u32 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish() as u32
}
