//! The numbers of the C interface; `zmq.h` has them from here.
//!
//! Thread: any. Invariants: none.
//! Counterpart: `zmq.h` of libzmq 4.3.5, with which `capi-tests/abi` compares every value.

use std::ffi::c_int;

// Version.
/// The version of libzmq whose interface this is.
pub const ZMQ_VERSION_MAJOR: c_int = 4;
/// See `ZMQ_VERSION_MAJOR`.
pub const ZMQ_VERSION_MINOR: c_int = 3;
/// See `ZMQ_VERSION_MAJOR`.
pub const ZMQ_VERSION_PATCH: c_int = 5;

// Errors.
/// Where the error numbers begin that the system may lack.
pub const ZMQ_HAUSNUMERO: c_int = 156384712;
/// The operation does not fit the socket's state.
pub const EFSM: c_int = ZMQ_HAUSNUMERO + 51;
/// The transport does not fit the socket's type.
pub const ENOCOMPATPROTO: c_int = ZMQ_HAUSNUMERO + 52;
/// The context was terminated.
pub const ETERM: c_int = ZMQ_HAUSNUMERO + 53;
/// There is no I/O thread.
pub const EMTHREAD: c_int = ZMQ_HAUSNUMERO + 54;

// Context options.
/// Number of I/O threads.
pub const ZMQ_IO_THREADS: c_int = 1;
/// Most sockets that may be open.
pub const ZMQ_MAX_SOCKETS: c_int = 2;
/// Largest value of `ZMQ_MAX_SOCKETS`; read only.
pub const ZMQ_SOCKET_LIMIT: c_int = 3;
/// Scheduling priority of I/O threads; write only.
pub const ZMQ_THREAD_PRIORITY: c_int = 3;
/// Scheduling policy of I/O threads.
pub const ZMQ_THREAD_SCHED_POLICY: c_int = 4;
/// Largest message that may be sent, bytes.
pub const ZMQ_MAX_MSGSZ: c_int = 5;
/// Size of `zmq_msg_t`, bytes; read only.
pub const ZMQ_MSG_T_SIZE: c_int = 6;
/// Lets I/O threads run on a CPU.
pub const ZMQ_THREAD_AFFINITY_CPU_ADD: c_int = 7;
/// Takes a CPU from the I/O threads again.
pub const ZMQ_THREAD_AFFINITY_CPU_REMOVE: c_int = 8;
/// Begins the names of I/O threads.
pub const ZMQ_THREAD_NAME_PREFIX: c_int = 9;
/// Default of `ZMQ_IO_THREADS`.
pub const ZMQ_IO_THREADS_DFLT: c_int = 1;
/// Default of `ZMQ_MAX_SOCKETS`.
pub const ZMQ_MAX_SOCKETS_DFLT: c_int = 1023;
/// Default of `ZMQ_THREAD_PRIORITY`: the system's.
pub const ZMQ_THREAD_PRIORITY_DFLT: c_int = -1;
/// Default of `ZMQ_THREAD_SCHED_POLICY`: the system's.
pub const ZMQ_THREAD_SCHED_POLICY_DFLT: c_int = -1;

// Socket types.
/// One peer, both ways.
pub const ZMQ_PAIR: c_int = 0;
/// Publishes to all that subscribed.
pub const ZMQ_PUB: c_int = 1;
/// Receives what it subscribed to.
pub const ZMQ_SUB: c_int = 2;
/// Asks, and waits for the answer.
pub const ZMQ_REQ: c_int = 3;
/// Answers.
pub const ZMQ_REP: c_int = 4;
/// Sends in turn, receives fairly.
pub const ZMQ_DEALER: c_int = 5;
/// Sends to the peer that the first frame names.
pub const ZMQ_ROUTER: c_int = 6;
/// Receives fairly.
pub const ZMQ_PULL: c_int = 7;
/// Sends in turn.
pub const ZMQ_PUSH: c_int = 8;
/// A PUB that sees subscriptions.
pub const ZMQ_XPUB: c_int = 9;
/// A SUB that sends subscriptions as messages.
pub const ZMQ_XSUB: c_int = 10;
/// Speaks plain TCP.
pub const ZMQ_STREAM: c_int = 11;
/// Older name of `ZMQ_DEALER`.
pub const ZMQ_XREQ: c_int = ZMQ_DEALER;
/// Older name of `ZMQ_ROUTER`.
pub const ZMQ_XREP: c_int = ZMQ_ROUTER;

// Socket options.
/// I/O threads that may serve new connections, a bit mask.
pub const ZMQ_AFFINITY: c_int = 4;
/// The socket's own name for ROUTER peers.
pub const ZMQ_ROUTING_ID: c_int = 5;
/// Adds a subscription.
pub const ZMQ_SUBSCRIBE: c_int = 6;
/// Removes a subscription.
pub const ZMQ_UNSUBSCRIBE: c_int = 7;
/// Multicast rate, kbit/s.
pub const ZMQ_RATE: c_int = 8;
/// Multicast recovery interval, ms.
pub const ZMQ_RECOVERY_IVL: c_int = 9;
/// Kernel's send buffer, bytes; -1: the system's default.
pub const ZMQ_SNDBUF: c_int = 11;
/// Kernel's receive buffer, bytes; -1: the system's default.
pub const ZMQ_RCVBUF: c_int = 12;
/// More frames of the message follow; read only.
pub const ZMQ_RCVMORE: c_int = 13;
/// Descriptor that becomes readable on news; read only.
pub const ZMQ_FD: c_int = 14;
/// `ZMQ_POLLIN` and `ZMQ_POLLOUT` as they hold now; read only.
pub const ZMQ_EVENTS: c_int = 15;
/// The socket's type; read only.
pub const ZMQ_TYPE: c_int = 16;
/// How long what is unsent outlives the socket, ms; -1: for ever.
pub const ZMQ_LINGER: c_int = 17;
/// Pause before connecting again, ms; -1: never again.
pub const ZMQ_RECONNECT_IVL: c_int = 18;
/// Length of the queue of connections not yet accepted.
pub const ZMQ_BACKLOG: c_int = 19;
/// Longest pause before connecting again, ms; 0: no growth.
pub const ZMQ_RECONNECT_IVL_MAX: c_int = 21;
/// Largest message accepted from a peer, bytes; -1: any.
pub const ZMQ_MAXMSGSIZE: c_int = 22;
/// Most messages waiting to be sent to a peer; 0: any number.
pub const ZMQ_SNDHWM: c_int = 23;
/// Most messages waiting to be received from a peer; 0: any number.
pub const ZMQ_RCVHWM: c_int = 24;
/// Hops a multicast packet may take.
pub const ZMQ_MULTICAST_HOPS: c_int = 25;
/// How long receiving waits, ms; -1: for ever.
pub const ZMQ_RCVTIMEO: c_int = 27;
/// How long sending waits, ms; -1: for ever.
pub const ZMQ_SNDTIMEO: c_int = 28;
/// The endpoint last bound or connected; read only.
pub const ZMQ_LAST_ENDPOINT: c_int = 32;
/// Sending to an unknown peer fails.
pub const ZMQ_ROUTER_MANDATORY: c_int = 33;
/// TCP keep-alive; -1: the system's default.
pub const ZMQ_TCP_KEEPALIVE: c_int = 34;
/// Probes before the connection counts as dead.
pub const ZMQ_TCP_KEEPALIVE_CNT: c_int = 35;
/// Idle time before the first probe, s.
pub const ZMQ_TCP_KEEPALIVE_IDLE: c_int = 36;
/// Time between probes, s.
pub const ZMQ_TCP_KEEPALIVE_INTVL: c_int = 37;
/// Queues only to peers that are connected.
pub const ZMQ_IMMEDIATE: c_int = 39;
/// Shows all subscriptions, not only new ones.
pub const ZMQ_XPUB_VERBOSE: c_int = 40;
/// The ROUTER speaks plain TCP.
pub const ZMQ_ROUTER_RAW: c_int = 41;
/// IPv6 is used where there is a choice.
pub const ZMQ_IPV6: c_int = 42;
/// The security mechanism in force; read only.
pub const ZMQ_MECHANISM: c_int = 43;
/// Acts as server of PLAIN.
pub const ZMQ_PLAIN_SERVER: c_int = 44;
/// User's name for PLAIN.
pub const ZMQ_PLAIN_USERNAME: c_int = 45;
/// Password for PLAIN.
pub const ZMQ_PLAIN_PASSWORD: c_int = 46;
/// Acts as server of CURVE.
pub const ZMQ_CURVE_SERVER: c_int = 47;
/// The socket's own public key.
pub const ZMQ_CURVE_PUBLICKEY: c_int = 48;
/// The socket's own secret key.
pub const ZMQ_CURVE_SECRETKEY: c_int = 49;
/// The server's public key.
pub const ZMQ_CURVE_SERVERKEY: c_int = 50;
/// An empty message announces new connections.
pub const ZMQ_PROBE_ROUTER: c_int = 51;
/// Requests carry a number that answers must match.
pub const ZMQ_REQ_CORRELATE: c_int = 52;
/// Asking again without waiting is allowed.
pub const ZMQ_REQ_RELAXED: c_int = 53;
/// Only the newest message is kept.
pub const ZMQ_CONFLATE: c_int = 54;
/// Domain that authentication requests name.
pub const ZMQ_ZAP_DOMAIN: c_int = 55;
/// A new peer takes a known routing id over.
pub const ZMQ_ROUTER_HANDOVER: c_int = 56;
/// IP's type of service.
pub const ZMQ_TOS: c_int = 57;
/// Routing id of the next peer connected to.
pub const ZMQ_CONNECT_ROUTING_ID: c_int = 61;
/// Acts as server of GSSAPI.
pub const ZMQ_GSSAPI_SERVER: c_int = 62;
/// The socket's own principal.
pub const ZMQ_GSSAPI_PRINCIPAL: c_int = 63;
/// The server's principal.
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL: c_int = 64;
/// GSSAPI without encryption.
pub const ZMQ_GSSAPI_PLAINTEXT: c_int = 65;
/// Longest handshake, ms; 0: any.
pub const ZMQ_HANDSHAKE_IVL: c_int = 66;
/// SOCKS5 proxy to connect through.
pub const ZMQ_SOCKS_PROXY: c_int = 68;
/// Sending waits for slow subscribers.
pub const ZMQ_XPUB_NODROP: c_int = 69;
/// Sockets of the context linger by default; an option of contexts.
pub const ZMQ_BLOCKY: c_int = 70;
/// The program decides about subscriptions.
pub const ZMQ_XPUB_MANUAL: c_int = 71;
/// Sent to new subscribers.
pub const ZMQ_XPUB_WELCOME_MSG: c_int = 72;
/// Empty messages tell of connections that come and go.
pub const ZMQ_STREAM_NOTIFY: c_int = 73;
/// Subscriptions select what is not received.
pub const ZMQ_INVERT_MATCHING: c_int = 74;
/// Time between pings, ms; 0: none.
pub const ZMQ_HEARTBEAT_IVL: c_int = 75;
/// How long the peer may wait for our pings, ms.
pub const ZMQ_HEARTBEAT_TTL: c_int = 76;
/// How long we wait for the peer's answers, ms; -1: as the interval.
pub const ZMQ_HEARTBEAT_TIMEOUT: c_int = 77;
/// Shows all unsubscriptions, too.
pub const ZMQ_XPUB_VERBOSER: c_int = 78;
/// Longest attempt to connect, ms; 0: the system's.
pub const ZMQ_CONNECT_TIMEOUT: c_int = 79;
/// Longest time that TCP sends again, ms; 0: the system's.
pub const ZMQ_TCP_MAXRT: c_int = 80;
/// The socket's type allows use by several threads; read only.
pub const ZMQ_THREAD_SAFE: c_int = 81;
/// Largest multicast packet, bytes.
pub const ZMQ_MULTICAST_MAXTPDU: c_int = 84;
/// VMCI's buffer, bytes.
pub const ZMQ_VMCI_BUFFER_SIZE: c_int = 85;
/// VMCI's smallest buffer, bytes.
pub const ZMQ_VMCI_BUFFER_MIN_SIZE: c_int = 86;
/// VMCI's largest buffer, bytes.
pub const ZMQ_VMCI_BUFFER_MAX_SIZE: c_int = 87;
/// Longest attempt to connect over VMCI, ms.
pub const ZMQ_VMCI_CONNECT_TIMEOUT: c_int = 88;
/// Descriptor to use instead of a new one.
pub const ZMQ_USE_FD: c_int = 89;
/// Kind of name of the own principal.
pub const ZMQ_GSSAPI_PRINCIPAL_NAMETYPE: c_int = 90;
/// Kind of name of the server's principal.
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: c_int = 91;
/// Network device to be bound to.
pub const ZMQ_BINDTODEVICE: c_int = 92;

// Properties of messages.
/// More frames of the message follow.
pub const ZMQ_MORE: c_int = 1;
/// The body is shared with another message.
pub const ZMQ_SHARED: c_int = 3;

// Flags of sending and receiving.
/// Fails with `EAGAIN` instead of waiting.
pub const ZMQ_DONTWAIT: c_int = 1;
/// More frames of the message follow.
pub const ZMQ_SNDMORE: c_int = 2;

// Security mechanisms.
/// No security.
pub const ZMQ_NULL: c_int = 0;
/// Name and password, not encrypted.
pub const ZMQ_PLAIN: c_int = 1;
/// Keys, encrypted.
pub const ZMQ_CURVE: c_int = 2;
/// Kerberos.
pub const ZMQ_GSSAPI: c_int = 3;

// Groups of RADIO and DISH.
/// Longest name of a group, bytes.
pub const ZMQ_GROUP_MAX_LENGTH: c_int = 255;

// Older options and names.
/// Older name of `ZMQ_ROUTING_ID`.
pub const ZMQ_IDENTITY: c_int = ZMQ_ROUTING_ID;
/// Older name of `ZMQ_CONNECT_ROUTING_ID`.
pub const ZMQ_CONNECT_RID: c_int = ZMQ_CONNECT_ROUTING_ID;
/// Addresses whose connections are accepted.
pub const ZMQ_TCP_ACCEPT_FILTER: c_int = 38;
/// Process ids whose connections are accepted.
pub const ZMQ_IPC_FILTER_PID: c_int = 58;
/// User ids whose connections are accepted.
pub const ZMQ_IPC_FILTER_UID: c_int = 59;
/// Group ids whose connections are accepted.
pub const ZMQ_IPC_FILTER_GID: c_int = 60;
/// The opposite of `ZMQ_IPV6`.
pub const ZMQ_IPV4ONLY: c_int = 31;
/// Older name of `ZMQ_IMMEDIATE`.
pub const ZMQ_DELAY_ATTACH_ON_CONNECT: c_int = ZMQ_IMMEDIATE;
/// Older name of `ZMQ_DONTWAIT`.
pub const ZMQ_NOBLOCK: c_int = ZMQ_DONTWAIT;
/// Older name of `ZMQ_ROUTER_MANDATORY`.
pub const ZMQ_FAIL_UNROUTABLE: c_int = ZMQ_ROUTER_MANDATORY;
/// Older name of `ZMQ_ROUTER_MANDATORY`.
pub const ZMQ_ROUTER_BEHAVIOR: c_int = ZMQ_ROUTER_MANDATORY;
/// Descriptor that a message came from; older than `zmq_msg_gets`.
pub const ZMQ_SRCFD: c_int = 2;

// Kinds of names of GSSAPI.
/// Service and host.
pub const ZMQ_GSSAPI_NT_HOSTBASED: c_int = 0;
/// User.
pub const ZMQ_GSSAPI_NT_USER_NAME: c_int = 1;
/// Kerberos principal.
pub const ZMQ_GSSAPI_NT_KRB5_PRINCIPAL: c_int = 2;

// Events of monitors.
/// Connected.
pub const ZMQ_EVENT_CONNECTED: c_int = 0x0001;
/// The attempt to connect goes on.
pub const ZMQ_EVENT_CONNECT_DELAYED: c_int = 0x0002;
/// Will connect again after the interval.
pub const ZMQ_EVENT_CONNECT_RETRIED: c_int = 0x0004;
/// Bound.
pub const ZMQ_EVENT_LISTENING: c_int = 0x0008;
/// Not bound.
pub const ZMQ_EVENT_BIND_FAILED: c_int = 0x0010;
/// Accepted a connection.
pub const ZMQ_EVENT_ACCEPTED: c_int = 0x0020;
/// Could not accept a connection.
pub const ZMQ_EVENT_ACCEPT_FAILED: c_int = 0x0040;
/// Closed a descriptor.
pub const ZMQ_EVENT_CLOSED: c_int = 0x0080;
/// Could not close a descriptor.
pub const ZMQ_EVENT_CLOSE_FAILED: c_int = 0x0100;
/// The connection broke.
pub const ZMQ_EVENT_DISCONNECTED: c_int = 0x0200;
/// The monitor ends.
pub const ZMQ_EVENT_MONITOR_STOPPED: c_int = 0x0400;
/// All events of version 1.
pub const ZMQ_EVENT_ALL: c_int = 0xFFFF;
/// The handshake failed by a system error.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: c_int = 0x0800;
/// The handshake is done.
pub const ZMQ_EVENT_HANDSHAKE_SUCCEEDED: c_int = 0x1000;
/// The handshake broke the protocol: `ZMQ_PROTOCOL_ERROR_*`.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: c_int = 0x2000;
/// The peer was refused: status of ZAP.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: c_int = 0x4000;

// Errors of protocol that monitors report.
/// ZMTP broken in some way.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED: c_int = 0x1000_0000;
/// A command out of place.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND: c_int = 0x1000_0001;
/// Commands out of order.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE: c_int = 0x1000_0002;
/// Keys could not be exchanged.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE: c_int = 0x1000_0003;
/// A malformed command.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED: c_int = 0x1000_0011;
/// A malformed MESSAGE.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE: c_int = 0x1000_0012;
/// A malformed HELLO.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO: c_int = 0x1000_0013;
/// A malformed INITIATE.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE: c_int = 0x1000_0014;
/// A malformed ERROR.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR: c_int = 0x1000_0015;
/// A malformed READY.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY: c_int = 0x1000_0016;
/// A malformed WELCOME.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME: c_int = 0x1000_0017;
/// Malformed properties.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA: c_int = 0x1000_0018;
/// What was encrypted could not be opened.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: c_int = 0x1100_0001;
/// The peer has another mechanism.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: c_int = 0x1100_0002;
/// ZAP broken in some way.
pub const ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED: c_int = 0x2000_0000;
/// A malformed reply.
pub const ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY: c_int = 0x2000_0001;
/// A reply to another request.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID: c_int = 0x2000_0002;
/// A reply of another version.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION: c_int = 0x2000_0003;
/// An unknown status.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE: c_int = 0x2000_0004;
/// Malformed properties.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA: c_int = 0x2000_0005;
/// WebSocket broken in some way.
pub const ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED: c_int = 0x3000_0000;

// Events of polling.
/// A message can be received.
pub const ZMQ_POLLIN: c_int = 1;
/// A message can be sent.
pub const ZMQ_POLLOUT: c_int = 2;
/// The descriptor has an error.
pub const ZMQ_POLLERR: c_int = 4;
/// The descriptor has urgent data.
pub const ZMQ_POLLPRI: c_int = 8;
/// Number of items that programs take for usual.
pub const ZMQ_POLLITEMS_DFLT: c_int = 16;

// Capabilities, devices.
/// There is `zmq_has`.
pub const ZMQ_HAS_CAPABILITIES: c_int = 1;
/// Device of PULL and PUSH.
pub const ZMQ_STREAMER: c_int = 1;
/// Device of XSUB and XPUB.
pub const ZMQ_FORWARDER: c_int = 2;
/// Device of ROUTER and DEALER.
pub const ZMQ_QUEUE: c_int = 3;
