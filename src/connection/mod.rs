//! One peer of a socket: the session that makes and keeps a connection to it, the link through
//! which its bytes go, and the listener that takes new ones in.
//!
//! A [`Link`] joins a pipe to the connection of the moment. Its two sides are roles: whoever has
//! something to do and gets the role does it, the application's thread or the I/O thread. The
//! session belongs to the I/O thread: greeting, reconnecting, timers, closing.
//!
//! Thread: links any, the rest an I/O thread. Invariants: a link's side has one holder at a time;
//! nothing here blocks. Counterpart: `session_base.cpp`, `stream_engine_base.cpp`,
//! `stream_connecter_base.cpp`, `stream_listener_base.cpp` of libzmq 4.3.5.

#![forbid(unsafe_code)]

mod codec;
mod config;
mod driver;
mod event;
mod jam;
mod link;
mod listener;
mod pace;
mod receive;
mod session;
mod transmit;

use std::sync::Arc;

use crate::pipe::{End, Reader, Signal, Writer};

pub use config::{Immediate, OwnMessages, SessionConfig};
pub use driver::{Driver, Received};
pub use event::{Event, events};
pub use jam::Jam;
pub use link::Link;
pub use listener::{ChooseThread, ListenerHandle, listen};
pub use pace::Pace;
pub use session::{Guard, Target, connect};

/// A pipe that is ready to be used by its socket.
#[derive(Debug)]
pub struct NewPipe {
    /// The socket's end.
    pub end: End,
    /// What drives the other end.
    pub link: Arc<Link>,
    /// True if our side connected.
    pub locally_initiated: bool,
}

/// The socket, as its connections see it. Called on I/O threads; must not block.
pub trait Owner: Send + Sync {
    /// A peer's handshake is done and it has a pipe.
    fn attach(&self, pipe: NewPipe);
    /// A session that connects will not try again: its endpoint goes.
    fn gave_up(&self, link: &Arc<Link>);
    /// Something happened that a monitor may want to know.
    fn event(&self, event: Event);
    /// A pipe to the authentication handler; `signal` tells of its reply. `None` if there is none.
    fn ask_handler(&self, signal: Arc<dyn Signal>) -> Option<(Writer, Reader)>;
    /// A signal receiver for a new pipe of this socket.
    fn port(&self) -> Arc<crate::pipe::Port>;
}
