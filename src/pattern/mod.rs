//! Who gets the message: one file per socket type, over the pipes of one socket.
//!
//! `routing` holds what they share: fair queueing, load balancing, distribution, subscriptions.
//!
//! Thread: under the socket's lock. Invariants: a pattern keeps ids of pipes between `attach` and
//! `detach` only; it never blocks.
//! Counterpart: `socket_base.hpp`'s `x*` methods and one `.cpp` per type in libzmq 4.3.5.

#![forbid(unsafe_code)]

mod channel;
mod client;
mod dealer;
mod dish;
mod gather;
mod pair;
mod publisher;
mod pull;
mod push;
mod radio;
mod rep;
mod req;
mod router;
mod routing;
mod scatter;
mod server;
mod stream;
mod subscriber;
mod xpub;
mod xsub;

use crate::error::{Errno, Result};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};

/// Options that belong to a pattern; numbers as in `zmq.h`.
#[allow(missing_docs, reason = "named as in zmq.h")]
pub mod options {
    pub const SUBSCRIBE: i32 = 6;
    pub const UNSUBSCRIBE: i32 = 7;
    pub const ROUTER_MANDATORY: i32 = 33;
    pub const XPUB_VERBOSE: i32 = 40;
    pub const ROUTER_RAW: i32 = 41;
    pub const PROBE_ROUTER: i32 = 51;
    pub const REQ_CORRELATE: i32 = 52;
    pub const REQ_RELAXED: i32 = 53;
    pub const ROUTER_HANDOVER: i32 = 56;
    pub const CONNECT_ROUTING_ID: i32 = 61;
    pub const XPUB_NODROP: i32 = 69;
    pub const XPUB_MANUAL: i32 = 71;
    pub const XPUB_WELCOME_MSG: i32 = 72;
    pub const STREAM_NOTIFY: i32 = 73;
    pub const XPUB_VERBOSER: i32 = 78;
    pub const XPUB_MANUAL_LAST_VALUE: i32 = 98;
    pub const ONLY_FIRST_SUBSCRIBE: i32 = 108;
    pub const TOPICS_COUNT: i32 = 116;
    pub const XSUB_VERBOSE_UNSUBSCRIBE: i32 = 115;
}

/// The pipe went away in the middle of a multipart message: the rest has nowhere to go. A blocking
/// send drops it silently, a non-blocking one reports `EAGAIN`.
pub const PIPE_LOST: Errno = Errno::EPIPE;

/// How a socket type treats its pipes.
pub trait Pattern: Send {
    /// A pipe comes in. `subscribe_to_all`: its peer cannot subscribe. `locally_initiated`: our
    /// side connected.
    fn attach(
        &mut self,
        pipes: &mut Pipes,
        id: PipeId,
        subscribe_to_all: bool,
        locally_initiated: bool,
    );

    /// A pipe goes; nothing can be read from it or written to it any more.
    fn detach(&mut self, pipes: &mut Pipes, id: PipeId);

    /// There is something to read again, or the peer became known.
    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId);

    /// There is room again.
    fn write_activated(&mut self, pipes: &mut Pipes, id: PipeId);

    /// The peer came back without a memory.
    fn hiccuped(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    /// Takes one frame, or says why not: `EAGAIN`, `EFSM`, `EHOSTUNREACH`, `ENOTSUP`, `EINVAL`.
    /// On an error, and when the frame is dropped, the body stays in place.
    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()>;

    /// Gives one frame: `EAGAIN`, `EFSM`, `ENOTSUP` if there is none to give.
    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>>;

    /// True if `recv` would give something.
    fn can_recv(&mut self, pipes: &mut Pipes) -> bool;

    /// True if `send` would take something.
    fn can_send(&mut self, pipes: &mut Pipes) -> bool;

    /// True if it tells [`Pipes::send_directly`] when it can.
    fn sends_directly(&self) -> bool {
        false
    }

    /// True if it tells [`Pipes::receive_directly`] when it can.
    fn receives_directly(&self) -> bool {
        false
    }

    /// Sets an option of the pattern's own; `None` if it is not.
    fn set_option(&mut self, _pipes: &mut Pipes, _id: i32, _value: &[u8]) -> Option<Result<()>> {
        None
    }

    /// The value of an option that only the pattern knows.
    fn get_option(&self, _id: i32) -> Option<i32> {
        None
    }

    /// The number by which the type knows a pipe (`SERVER`, `PEER`).
    fn number_of(&self, _id: PipeId) -> Option<u32> {
        None
    }

    /// Joins a group (`DISH`): `EINVAL` if it is joined already or its name is too long.
    fn join(&mut self, _pipes: &mut Pipes, _group: &[u8]) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    /// Leaves a group (`DISH`): `EINVAL` if it was not joined.
    fn leave(&mut self, _pipes: &mut Pipes, _group: &[u8]) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    /// The routing id that the pattern gave to its latest peer (`STREAM`).
    fn last_routing_id(&self) -> Option<&[u8]> {
        None
    }

    /// The routing id that the next connection made by our side is to have is set.
    fn has_connect_routing_id(&self) -> bool {
        false
    }

    /// True if there is room for a message to the peer with this routing id; `EHOSTUNREACH` if
    /// there is no such peer, `ENOTSUP` if the type does not address its peers so.
    fn has_room_for(&mut self, _pipes: &mut Pipes, _routing_id: &[u8]) -> Result<bool> {
        Err(Errno::ENOTSUP)
    }
}

/// The pattern of socket type number `kind` (`ZMQ_PAIR` ...); `EINVAL` for one that is unknown.
/// `seed` starts generated routing ids and request ids.
pub fn new(kind: i32, seed: u32) -> Result<Box<dyn Pattern>> {
    Ok(match kind {
        0 => Box::new(pair::Pair::default()),
        1 => Box::new(publisher::Publisher::default()),
        2 => Box::new(subscriber::Subscriber::default()),
        3 => Box::new(req::Req::new(seed)),
        4 => Box::new(rep::Rep::new(seed)),
        5 => Box::new(dealer::Dealer::default()),
        6 => Box::new(router::Router::new(seed)),
        7 => Box::new(pull::Pull::default()),
        8 => Box::new(push::Push::default()),
        9 => Box::new(xpub::Xpub::new(xpub::Kind::Xpub)),
        10 => Box::new(xsub::Xsub::new(false)),
        11 => Box::new(stream::Stream::new(seed)),
        12 | 19 => Box::new(server::Server::new(seed)),
        13 => Box::new(client::Client::default()),
        14 => Box::new(radio::Radio::new()),
        15 => Box::new(dish::Dish::default()),
        16 => Box::new(gather::Gather::default()),
        17 => Box::new(scatter::Scatter::default()),
        20 => Box::new(channel::Channel::default()),
        _ => return Err(Errno::EINVAL),
    })
}

/// An `int` option's value, if it has the right size.
fn int(value: &[u8]) -> Result<i32> {
    value.try_into().map(i32::from_ne_bytes).map_err(|_| Errno::EINVAL)
}

/// A switch: an `int` that is not negative.
fn switch(value: &[u8]) -> Result<bool> {
    match int(value)? {
        value if value < 0 => Err(Errno::EINVAL),
        value => Ok(value != 0),
    }
}
