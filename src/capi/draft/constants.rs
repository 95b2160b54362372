//! The numbers of the draft interface; `zmq.h` has them from here.
//!
//! Thread: any. Invariants: none.
//! Counterpart: `zmq.h` of libzmq 4.3.5, with which `capi-tests/abi` compares every value.

use std::ffi::c_int;

use crate::capi::constants::ZMQ_EVENT_ALL;

// Socket types.
/// Many clients, each known by a number.
pub const ZMQ_SERVER: c_int = 12;
/// Talks to SERVERs.
pub const ZMQ_CLIENT: c_int = 13;
/// Publishes to groups.
pub const ZMQ_RADIO: c_int = 14;
/// Receives what groups get that it joined.
pub const ZMQ_DISH: c_int = 15;
/// Receives fairly, single frames.
pub const ZMQ_GATHER: c_int = 16;
/// Sends in turn, single frames.
pub const ZMQ_SCATTER: c_int = 17;
/// UDP datagrams.
pub const ZMQ_DGRAM: c_int = 18;
/// As SERVER, and connects to others of its type.
pub const ZMQ_PEER: c_int = 19;
/// A PAIR for several threads.
pub const ZMQ_CHANNEL: c_int = 20;

// Socket options.
/// Without a domain nothing is asked of ZAP.
pub const ZMQ_ZAP_ENFORCE_DOMAIN: c_int = 93;
/// Windows' short cut for local TCP.
pub const ZMQ_LOOPBACK_FASTPATH: c_int = 94;
/// A property that the handshake tells the peer.
pub const ZMQ_METADATA: c_int = 95;
/// Multicast packets come back to the sender's machine.
pub const ZMQ_MULTICAST_LOOP: c_int = 96;
/// Empty messages tell of peers: `ZMQ_NOTIFY_*`.
pub const ZMQ_ROUTER_NOTIFY: c_int = 97;
/// As `ZMQ_XPUB_MANUAL`; the next message goes to the last subscriber.
pub const ZMQ_XPUB_MANUAL_LAST_VALUE: c_int = 98;
/// User's name for the SOCKS5 proxy.
pub const ZMQ_SOCKS_USERNAME: c_int = 99;
/// Password for the SOCKS5 proxy.
pub const ZMQ_SOCKS_PASSWORD: c_int = 100;
/// Bytes read at once.
pub const ZMQ_IN_BATCH_SIZE: c_int = 101;
/// Bytes written at once.
pub const ZMQ_OUT_BATCH_SIZE: c_int = 102;
/// Private key of WSS, PEM.
pub const ZMQ_WSS_KEY_PEM: c_int = 103;
/// Certificate of WSS, PEM.
pub const ZMQ_WSS_CERT_PEM: c_int = 104;
/// Certificates that WSS trusts, PEM.
pub const ZMQ_WSS_TRUST_PEM: c_int = 105;
/// Name that the server's certificate must have.
pub const ZMQ_WSS_HOSTNAME: c_int = 106;
/// WSS trusts the system's certificates.
pub const ZMQ_WSS_TRUST_SYSTEM: c_int = 107;
/// Only the first frame of a message can be a subscription.
pub const ZMQ_ONLY_FIRST_SUBSCRIBE: c_int = 108;
/// When not to connect again: `ZMQ_RECONNECT_STOP_*`.
pub const ZMQ_RECONNECT_STOP: c_int = 109;
/// First message to each peer.
pub const ZMQ_HELLO_MSG: c_int = 110;
/// Received when a peer has gone.
pub const ZMQ_DISCONNECT_MSG: c_int = 111;
/// Priority of the packets.
pub const ZMQ_PRIORITY: c_int = 112;
/// Time of busy polling in the kernel, us.
pub const ZMQ_BUSY_POLL: c_int = 113;
/// Received when a connection broke for a while.
pub const ZMQ_HICCUP_MSG: c_int = 114;
/// Sends all unsubscriptions on.
pub const ZMQ_XSUB_VERBOSE_UNSUBSCRIBE: c_int = 115;
/// Number of topics subscribed to; read only.
pub const ZMQ_TOPICS_COUNT: c_int = 116;
/// Mode of NORM: `ZMQ_NORM_*`.
pub const ZMQ_NORM_MODE: c_int = 117;
/// NORM's receivers answer by unicast.
pub const ZMQ_NORM_UNICAST_NACK: c_int = 118;
/// NORM's buffer, KB.
pub const ZMQ_NORM_BUFFER_SIZE: c_int = 119;
/// NORM's segments, bytes.
pub const ZMQ_NORM_SEGMENT_SIZE: c_int = 120;
/// NORM's blocks, segments.
pub const ZMQ_NORM_BLOCK_SIZE: c_int = 121;
/// NORM's parity segments of a block.
pub const ZMQ_NORM_NUM_PARITY: c_int = 122;
/// NORM's parity segments sent unasked.
pub const ZMQ_NORM_NUM_AUTOPARITY: c_int = 123;
/// NORM delivers what came in without waiting for order.
pub const ZMQ_NORM_PUSH: c_int = 124;

// Values of `ZMQ_NORM_MODE`.
/// Fixed rate.
pub const ZMQ_NORM_FIXED: c_int = 0;
/// Congestion control.
pub const ZMQ_NORM_CC: c_int = 1;
/// The same, by loss only.
pub const ZMQ_NORM_CCL: c_int = 2;
/// The same, with explicit congestion notification.
pub const ZMQ_NORM_CCE: c_int = 3;
/// The same, by explicit notification only.
pub const ZMQ_NORM_CCE_ECNONLY: c_int = 4;

// Values of `ZMQ_RECONNECT_STOP`.
/// When the connection is refused.
pub const ZMQ_RECONNECT_STOP_CONN_REFUSED: c_int = 0x1;
/// When the handshake fails.
pub const ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED: c_int = 0x2;
/// After `zmq_disconnect`.
pub const ZMQ_RECONNECT_STOP_AFTER_DISCONNECT: c_int = 0x4;

// Context options.
/// Large messages may share the buffer they were read into.
pub const ZMQ_ZERO_COPY_RECV: c_int = 10;

// Values of `ZMQ_ROUTER_NOTIFY`.
/// Of peers that come.
pub const ZMQ_NOTIFY_CONNECT: c_int = 1;
/// Of peers that go.
pub const ZMQ_NOTIFY_DISCONNECT: c_int = 2;

// Monitors of version 2.
/// Lengths of queues, asked for.
pub const ZMQ_EVENT_PIPES_STATS: c_int = 0x10000;
/// Version that `zmq_socket_monitor` gives.
pub const ZMQ_CURRENT_EVENT_VERSION: c_int = 1;
/// Newest version.
pub const ZMQ_CURRENT_EVENT_VERSION_DRAFT: c_int = 2;
/// All events of version 1.
pub const ZMQ_EVENT_ALL_V1: c_int = ZMQ_EVENT_ALL;
/// All events of version 2.
pub const ZMQ_EVENT_ALL_V2: c_int = ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS;
