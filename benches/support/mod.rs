//! Patterns joined by pipes in one thread, as sockets over inproc are, without the sockets.
//!
//! Thread: the bench's own. Invariants: signals are handed on before each call, as a socket does.
//! Counterpart: none.

use std::sync::Arc;

use zmq::error::Errno;
use zmq::msg::PeerInfo;
use zmq::pattern::{self, Pattern};
use zmq::pipe::{
    self, End, Inbox, Marks, Outgoing, PipeId, Pipes, Port, PortSignal, Rx, Thresholds, Tx, Wake,
    signals,
};

/// Socket types as in `zmq.h`.
pub(crate) mod kind {
    #![allow(dead_code, reason = "each bench needs some of them")]
    pub(crate) const SUB: i32 = 2;
    pub(crate) const DEALER: i32 = 5;
    pub(crate) const ROUTER: i32 = 6;
    pub(crate) const PULL: i32 = 7;
    pub(crate) const PUSH: i32 = 8;
    pub(crate) const XPUB: i32 = 9;
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

/// One side: a pattern and its pipes.
pub(crate) struct Node {
    pattern: Box<dyn Pattern>,
    pipes: Pipes,
    inbox: Arc<Inbox>,
}

impl Node {
    /// A socket of type `kind` without peers.
    pub(crate) fn new(kind: i32) -> Self {
        Self {
            pattern: pattern::new(kind, 1).expect("a known socket type"),
            pipes: Pipes::default(),
            inbox: Inbox::new(Box::new(Nobody)),
        }
    }

    /// Joins two nodes by a pipe without high-water marks; `self` is the side that connected.
    pub(crate) fn connect(&mut self, peer: &mut Self) {
        let (here, there) =
            (Port::new(Arc::clone(&self.inbox)), Port::new(Arc::clone(&peer.inbox)));
        let queue = |to_reader: &Arc<Port>, to_writer: &Arc<Port>| {
            pipe::queue(
                Arc::new(PortSignal(Arc::clone(to_reader))),
                Arc::new(PortSignal(Arc::clone(to_writer))),
                Marks { writer: None, reader: None },
                Thresholds::INPROC,
            )
        };
        let (mut tx, peer_rx) = queue(&there, &here);
        let (mut peer_tx, rx) = queue(&here, &there);
        // A peer without a routing id of its own: a ROUTER makes one up.
        for writer in [&mut tx, &mut peer_tx] {
            let routing_id = Box::default();
            writer.set_peer(Arc::new(PeerInfo { routing_id, fd: -1, properties: Vec::new() }));
        }
        self.attach(End::new(Tx::Queue(tx), Rx::Queue(rx), here), true);
        peer.attach(End::new(Tx::Queue(peer_tx), Rx::Queue(peer_rx), there), false);
    }

    fn attach(&mut self, end: End, locally_initiated: bool) {
        let id = self.pipes.insert(end, false);
        self.pattern.attach(&mut self.pipes, id, false, locally_initiated);
    }

    /// Sets an option of the pattern's.
    pub(crate) fn set_option(&mut self, id: i32, value: &[u8]) {
        self.look();
        self.pattern
            .set_option(&mut self.pipes, id, value)
            .expect("the pattern's option")
            .expect("a good value");
    }

    /// Sends one frame.
    pub(crate) fn send(&mut self, body: &[u8], more: bool) {
        self.look();
        self.pattern.send(&mut self.pipes, &mut Outgoing::slice(body, more)).expect("room");
    }

    /// Receives one frame and gives its length.
    pub(crate) fn recv(&mut self) -> usize {
        self.try_recv().expect("a frame")
    }

    /// Receives one frame and gives its bytes.
    #[allow(dead_code, reason = "as above")]
    pub(crate) fn recv_bytes(&mut self) -> Vec<u8> {
        self.look();
        self.pattern.recv(&mut self.pipes).expect("a frame").data().to_vec()
    }

    /// As [`Node::recv`], where there may be nothing.
    pub(crate) fn try_recv(&mut self) -> Result<usize, Errno> {
        self.look();
        self.pattern.recv(&mut self.pipes).map(|frame| frame.data().len())
    }

    /// Hands on what the pipes told.
    pub(crate) fn look(&mut self) {
        if self.inbox.is_empty() {
            return;
        }
        let Self { pattern, pipes, inbox } = self;
        inbox.take(|id, bits| {
            if bits & signals::READABLE != 0 {
                pattern.read_activated(pipes, PipeId(id));
            }
            if bits & signals::WRITABLE != 0 {
                pattern.write_activated(pipes, PipeId(id));
            }
        });
    }
}
