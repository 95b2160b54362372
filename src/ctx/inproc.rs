//! Names of `inproc` endpoints: who is bound to them, and who waits for them.
//!
//! Thread: under the context's lock for names; nothing of a socket is locked meanwhile.
//! Invariants: a name has one owner. Counterpart: `ctx.cpp` of libzmq 4.3.5 (`endpoints_t`,
//! `pending_connections_t`); `zmq_inproc(7)`.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::error::{Errno, Result};
use crate::pipe::{End, Port};

/// One side of an inproc connection.
#[derive(Clone)]
pub struct Party {
    /// Takes the pipe in.
    pub socket: Arc<dyn Connected>,
    /// High-water marks, messages; 0 for none.
    pub sndhwm: u32,
    /// See `sndhwm`.
    pub rcvhwm: u32,
    /// The routing id that the other side gets to know.
    pub routing_id: Vec<u8>,
    /// What the other side gets to read first.
    pub hello: Option<Vec<u8>>,
    /// What is to be read here when a side that connected goes.
    pub disconnect: Option<Vec<u8>>,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party").field("sndhwm", &self.sndhwm).finish_non_exhaustive()
    }
}

/// A socket that can be connected to from within the process.
pub trait Connected: Send + Sync {
    /// A pipe from another socket.
    fn attach_inproc(&self, end: End);
    /// A signal receiver for a new pipe.
    fn inproc_port(&self) -> Arc<Port>;
}

/// A connection made before its name was bound: the end that is meant for the binding socket. Its
/// port is still to be chosen, so that end is made by `finish`.
pub struct Waiting {
    /// Makes the binding side's end, and tells the connecting side.
    pub finish: Box<dyn FnOnce(&Party) + Send>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Inproc {
    bound: HashMap<String, Party>,
    waiting: HashMap<String, Vec<Waiting>>,
}

impl Inproc {
    /// Binds a name: returns those that waited for it. `EADDRINUSE` if it is taken.
    pub fn bind(&mut self, name: &str, party: Party) -> Result<Vec<Waiting>> {
        if self.bound.contains_key(name) {
            return Err(Errno::EADDRINUSE);
        }
        self.bound.insert(name.to_owned(), party);
        Ok(self.waiting.remove(name).unwrap_or_default())
    }

    /// Frees a name, if it is this socket's. `ENOENT` if not.
    pub fn unbind(&mut self, name: &str, socket: &Arc<dyn Connected>) -> Result<()> {
        let own = self.bound.get(name).is_some_and(|party| same(&party.socket, socket));
        if !own {
            return Err(Errno::ENOENT);
        }
        self.bound.remove(name);
        Ok(())
    }

    /// Frees all names of a socket.
    pub fn unbind_all(&mut self, socket: &Arc<dyn Connected>) {
        self.bound.retain(|_, party| !same(&party.socket, socket));
    }

    /// Who is bound to a name.
    pub fn find(&self, name: &str) -> Option<Party> {
        self.bound.get(name).cloned()
    }

    /// Waits for a name to be bound.
    pub fn wait_for(&mut self, name: &str, waiting: Waiting) {
        self.waiting.entry(name.to_owned()).or_default().push(waiting);
    }
}

fn same(a: &Arc<dyn Connected>, b: &Arc<dyn Connected>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b))
}
