//! The socket types: their numbers in the C API, their names on the wire, and who talks to whom.
//!
//! Thread: any. Invariants: none. Counterpart: RFC 37 "Socket Type Property"; `mechanism.cpp` of
//! libzmq 4.3.5.

/// A socket's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are ZeroMQ's own")]
pub enum SocketType {
    Pair = 0,
    Pub = 1,
    Sub = 2,
    Req = 3,
    Rep = 4,
    Dealer = 5,
    Router = 6,
    Pull = 7,
    Push = 8,
    Xpub = 9,
    Xsub = 10,
    Stream = 11,
    Server = 12,
    Client = 13,
    Radio = 14,
    Dish = 15,
    Gather = 16,
    Scatter = 17,
    Dgram = 18,
    Peer = 19,
    Channel = 20,
}

impl SocketType {
    const ALL: [(Self, &'static str); 21] = [
        (Self::Pair, "PAIR"),
        (Self::Pub, "PUB"),
        (Self::Sub, "SUB"),
        (Self::Req, "REQ"),
        (Self::Rep, "REP"),
        (Self::Dealer, "DEALER"),
        (Self::Router, "ROUTER"),
        (Self::Pull, "PULL"),
        (Self::Push, "PUSH"),
        (Self::Xpub, "XPUB"),
        (Self::Xsub, "XSUB"),
        (Self::Stream, "STREAM"),
        (Self::Server, "SERVER"),
        (Self::Client, "CLIENT"),
        (Self::Radio, "RADIO"),
        (Self::Dish, "DISH"),
        (Self::Gather, "GATHER"),
        (Self::Scatter, "SCATTER"),
        (Self::Dgram, "DGRAM"),
        (Self::Peer, "PEER"),
        (Self::Channel, "CHANNEL"),
    ];

    /// The type with `ZMQ_*` number `number`.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().map(|(kind, _)| *kind).find(|kind| kind.number() == number)
    }

    /// The type that calls itself `name`.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().find(|(_, own)| own.as_bytes() == name).map(|(kind, _)| *kind)
    }

    /// The `ZMQ_*` number.
    pub fn number(self) -> i32 {
        i32::from(self as u8)
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// True if a connection between the two makes sense.
    pub fn accepts(self, peer: Self) -> bool {
        matches!(
            (self, peer),
            (Self::Req, Self::Rep | Self::Router)
                | (Self::Rep, Self::Req | Self::Dealer)
                | (Self::Dealer, Self::Rep | Self::Dealer | Self::Router)
                | (Self::Router, Self::Req | Self::Dealer | Self::Router)
                | (Self::Push, Self::Pull)
                | (Self::Pull, Self::Push)
                | (Self::Pub | Self::Xpub, Self::Sub | Self::Xsub)
                | (Self::Sub | Self::Xsub, Self::Pub | Self::Xpub)
                | (Self::Pair, Self::Pair)
                | (Self::Server, Self::Client)
                | (Self::Client, Self::Server)
                | (Self::Radio, Self::Dish)
                | (Self::Dish, Self::Radio)
                | (Self::Gather, Self::Scatter)
                | (Self::Scatter, Self::Gather)
                | (Self::Dgram, Self::Dgram)
                | (Self::Peer, Self::Peer)
                | (Self::Channel, Self::Channel)
        )
    }

    /// True for the types that announce their routing id in the handshake.
    pub fn announces_routing_id(self) -> bool {
        matches!(self, Self::Req | Self::Dealer | Self::Router)
    }

    /// True for the draft types whose sockets may be used by several threads at once.
    pub fn is_thread_safe(self) -> bool {
        matches!(
            self,
            Self::Server
                | Self::Client
                | Self::Radio
                | Self::Dish
                | Self::Gather
                | Self::Scatter
                | Self::Peer
                | Self::Channel
        )
    }
}
