//! What single peers and groups are asked for by name.
//!
//! Thread: any; under the socket's lock. Invariants: none. Counterpart: `socket_base.cpp`,
//! `router.cpp`, `peer.cpp`, `dish.cpp` of libzmq 4.3.5; `zmq_connect_peer(3)`.

use crate::error::{Errno, Result};
use crate::protocol::SocketType;

use super::Socket;
use super::sockopt::POLLOUT;

impl Socket {
    /// `zmq_join`. `ENOTSUP` if the type has no groups.
    pub fn join(&'static self, group: &[u8]) -> Result<()> {
        let mut guard = self.lock()?;
        let state = &mut *guard;
        state.process_news();
        let result = state.pattern.join(&mut state.pipes, group);
        state.settle();
        result
    }

    /// `zmq_leave`. `ENOTSUP` if the type has no groups.
    pub fn leave(&'static self, group: &[u8]) -> Result<()> {
        let mut guard = self.lock()?;
        let state = &mut *guard;
        state.process_news();
        let result = state.pattern.leave(&mut state.pipes, group);
        state.settle();
        result
    }

    /// `zmq_connect_peer`: the number of the peer. `ENOTSUP` if this is no PEER; `EFAULT` if its
    /// peers come only when they are connected (`ZMQ_IMMEDIATE`).
    pub fn connect_peer(&'static self, endpoint: &str) -> Result<u32> {
        let mut guard = self.lock()?;
        let state = &mut *guard;
        if state.kind != SocketType::Peer {
            return Err(Errno::ENOTSUP);
        }
        if state.options.ints.immediate != 0 {
            return Err(Errno::EFAULT);
        }
        state.process_news();
        let pipe = state.connect(endpoint)?.ok_or(Errno::EFAULT)?;
        // A pipe that ended already has no number any more.
        state.pattern.number_of(pipe).ok_or(Errno::EHOSTUNREACH)
    }

    /// `zmq_socket_get_peer_state`: `ZMQ_POLLOUT` if there is room for a message to the peer.
    pub fn peer_state(&'static self, routing_id: &[u8]) -> Result<i32> {
        let mut guard = self.lock()?;
        let state = &mut *guard;
        state.process_news();
        let has_room = state.pattern.has_room_for(&mut state.pipes, routing_id)?;
        Ok(if has_room { POLLOUT } else { 0 })
    }
}
