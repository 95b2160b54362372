//! Setting and getting options: the pattern's, the socket's, and what is computed.
//!
//! Thread: under the socket's lock. Invariants: none. Counterpart: `socket_base.cpp` of libzmq
//! 4.3.5; `zmq_setsockopt(3)`, `zmq_getsockopt(3)`.

use std::os::fd::RawFd;

use crate::error::{Errno, Result};
use crate::pattern::options as pattern_id;
use crate::protocol::SocketType;

use super::Socket;
use super::options::{id, put, put_exact, put_string};
use super::state::State;

/// `ZMQ_POLLIN`
pub(super) const POLLIN: i32 = 1;
/// `ZMQ_POLLOUT`
pub(super) const POLLOUT: i32 = 2;

impl Socket {
    /// `zmq_setsockopt` without a value: takes filters back, else sets to nothing.
    pub fn unset_option(&'static self, option: i32) -> Result<()> {
        if self.open_for_options()?.options.unset(option) {
            return Ok(());
        }
        self.set_option(option, &[])
    }

    /// `zmq_setsockopt`.
    pub fn set_option(&'static self, option: i32, value: &[u8]) -> Result<()> {
        let mut guard = self.open_for_options()?;
        let state = &mut *guard;
        state.process_news();
        if let Some(result) = state.pattern.set_option(&mut state.pipes, option, value) {
            state.settle();
            result?;
            match option {
                pattern_id::ROUTER_RAW => state.raw = value.iter().any(|byte| *byte != 0),
                // Known to the common options as well, for `get`.
                id::INVERT_MATCHING => state.options.set(option, value)?,
                _ => {}
            }
            return Ok(());
        }
        let is_for_others = match option {
            id::STREAM_NOTIFY => state.kind != SocketType::Stream,
            id::ROUTER_NOTIFY => !matches!(state.kind, SocketType::Router | SocketType::Rep),
            _ => false,
        };
        if is_for_others {
            return Err(Errno::EINVAL);
        }
        state.options.set(option, value)?;
        if matches!(option, id::SNDHWM | id::RCVHWM) {
            state.update_marks();
        }
        Ok(())
    }

    /// `zmq_getsockopt`: writes the value to `out`, returns its length.
    pub fn get_option(&'static self, option: i32, out: &mut [u8]) -> Result<usize> {
        let mut state = if option == id::EVENTS { self.open() } else { self.open_for_options() }?;
        if let Some(value) = state.pattern.get_option(option) {
            return put(out, &value.to_ne_bytes());
        }
        match option {
            id::ROUTING_ID if state.pattern.last_routing_id().is_some() => {
                put(out, state.pattern.last_routing_id().unwrap_or_default())
            }
            id::RCVMORE => put(out, &i32::from(state.rcvmore).to_ne_bytes()),
            id::TYPE => put_exact(out, &state.kind.number().to_ne_bytes()),
            id::THREAD_SAFE => put(out, &i32::from(state.kind.is_thread_safe()).to_ne_bytes()),
            id::LAST_ENDPOINT => put_string(out, state.last_endpoint.as_bytes()),
            id::EVENTS => {
                if out.len() < 4 {
                    return Err(Errno::EINVAL);
                }
                put(out, &state.events().to_ne_bytes())
            }
            id::FD => {
                if out.len() < 4 || state.kind.is_thread_safe() {
                    return Err(Errno::EINVAL);
                }
                let fd = state.descriptor()?;
                put(out, &fd.to_ne_bytes())
            }
            _ => state.options.get(option, out),
        }
    }

    /// A descriptor that is readable when there may be something to do (`ZMQ_FD`).
    pub fn descriptor(&'static self) -> Result<RawFd> {
        self.open()?.descriptor()
    }

    /// What the socket is ready for, `ZMQ_POLLIN` and `ZMQ_POLLOUT`.
    pub fn events(&'static self) -> Result<i32> {
        Ok(self.open()?.events())
    }
}

impl State {
    pub(super) fn events(&mut self) -> i32 {
        self.flush_bursts();
        self.descriptor_was_heeded();
        self.process_news();
        let mut events = 0;
        if self.pattern.can_send(&mut self.pipes) {
            events |= POLLOUT;
        }
        let mut readable = self.is_readable();
        if !readable && self.drive(false) {
            self.process_news();
            readable = self.is_readable();
        }
        if readable {
            events |= POLLIN;
        }
        self.settle();
        events
    }
}
