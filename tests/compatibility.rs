//! `docs/COMPATIBILITY.md`, made of the tables below. What the tables say is tried on the library,
//! so that they cannot claim what it does not do: `OXMQ_UPDATE_COMPATIBILITY=1 cargo test --test
//! compatibility` writes the page again, and without it a stale page fails.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_int, c_void};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use zmq::capi::constants::*;
use zmq::capi::draft::constants::*;
use zmq::capi::{ctx, curve, errno, socket, utils};

use Access::{Read, ReadWrite, Write};
use State::{Done, Missing, NoEffect};
use Value::{Bytes, Int, Long};

/// How far something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// As in libzmq 4.3.5.
    Done,
    /// Taken, kept and given back, and nothing else happens; why.
    NoEffect(&'static str),
    /// Answered as libzmq answers where it was built without it; what it waits for.
    Missing(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    ReadWrite,
}

/// A legal value.
#[derive(Clone, Copy, Debug)]
enum Value {
    Int(i32),
    Long(i64),
    Bytes(&'static [u8]),
}

impl Value {
    fn bytes(self) -> Vec<u8> {
        match self {
            Int(value) => value.to_ne_bytes().to_vec(),
            Long(value) => value.to_ne_bytes().to_vec(),
            Bytes(value) => value.to_vec(),
        }
    }
}

struct SocketOption {
    name: &'static str,
    number: c_int,
    /// A socket type that has it.
    on: c_int,
    access: Access,
    legal: Value,
    state: State,
}

macro_rules! options {
    ($($name:ident, $on:ident, $access:ident, $legal:expr, $state:expr;)*) => {
        &[$(SocketOption {
            name: stringify!($name),
            number: $name,
            on: $on,
            access: $access,
            legal: $legal,
            state: $state,
        },)*]
    };
}

const CURVE: State = Missing("CURVE");
const GSSAPI: State = Missing("GSSAPI");
const VMCI: State = Missing("VMCI");
const NORM: State = Missing("NORM");
const SOCKS: State = Missing("SOCKS");
const WSS: State = Missing("WebSocket with TLS");
const MULTICAST: State = NoEffect("multicast transports are missing");

/// Every option, in the order of the header.
const OPTIONS: &[SocketOption] = options! {
    ZMQ_AFFINITY, ZMQ_PULL, ReadWrite, Long(1), Done;
    ZMQ_ROUTING_ID, ZMQ_DEALER, ReadWrite, Bytes(b"name"), Done;
    ZMQ_SUBSCRIBE, ZMQ_SUB, Write, Bytes(b"topic"), Done;
    ZMQ_UNSUBSCRIBE, ZMQ_SUB, Write, Bytes(b"topic"), Done;
    ZMQ_RATE, ZMQ_PUB, ReadWrite, Int(100), MULTICAST;
    ZMQ_RECOVERY_IVL, ZMQ_PUB, ReadWrite, Int(100), MULTICAST;
    ZMQ_SNDBUF, ZMQ_PUSH, ReadWrite, Int(65536), Done;
    ZMQ_RCVBUF, ZMQ_PULL, ReadWrite, Int(65536), Done;
    ZMQ_RCVMORE, ZMQ_PULL, Read, Int(1), Done;
    ZMQ_FD, ZMQ_PULL, Read, Int(1), Done;
    ZMQ_EVENTS, ZMQ_PULL, Read, Int(1), Done;
    ZMQ_TYPE, ZMQ_PULL, Read, Int(1), Done;
    ZMQ_LINGER, ZMQ_PUSH, ReadWrite, Int(100), Done;
    ZMQ_RECONNECT_IVL, ZMQ_PUSH, ReadWrite, Int(50), Done;
    ZMQ_BACKLOG, ZMQ_PULL, ReadWrite, Int(10), Done;
    ZMQ_RECONNECT_IVL_MAX, ZMQ_PUSH, ReadWrite, Int(500), Done;
    ZMQ_MAXMSGSIZE, ZMQ_PULL, ReadWrite, Long(1000), Done;
    ZMQ_SNDHWM, ZMQ_PUSH, ReadWrite, Int(10), Done;
    ZMQ_RCVHWM, ZMQ_PULL, ReadWrite, Int(10), Done;
    ZMQ_MULTICAST_HOPS, ZMQ_PUB, ReadWrite, Int(2), MULTICAST;
    ZMQ_RCVTIMEO, ZMQ_PULL, ReadWrite, Int(10), Done;
    ZMQ_SNDTIMEO, ZMQ_PUSH, ReadWrite, Int(10), Done;
    ZMQ_LAST_ENDPOINT, ZMQ_PULL, Read, Bytes(b"a"), Done;
    ZMQ_ROUTER_MANDATORY, ZMQ_ROUTER, Write, Int(1), Done;
    ZMQ_TCP_KEEPALIVE, ZMQ_PULL, ReadWrite, Int(1), Done;
    ZMQ_TCP_KEEPALIVE_CNT, ZMQ_PULL, ReadWrite, Int(3), Done;
    ZMQ_TCP_KEEPALIVE_IDLE, ZMQ_PULL, ReadWrite, Int(60), Done;
    ZMQ_TCP_KEEPALIVE_INTVL, ZMQ_PULL, ReadWrite, Int(10), Done;
    ZMQ_IMMEDIATE, ZMQ_PUSH, ReadWrite, Int(1), Done;
    ZMQ_XPUB_VERBOSE, ZMQ_XPUB, Write, Int(1), Done;
    ZMQ_ROUTER_RAW, ZMQ_ROUTER, Write, Int(1), Done;
    ZMQ_IPV6, ZMQ_PULL, ReadWrite, Int(1), Done;
    ZMQ_MECHANISM, ZMQ_PULL, Read, Int(0), Done;
    ZMQ_PLAIN_SERVER, ZMQ_PULL, ReadWrite, Int(1), Done;
    ZMQ_PLAIN_USERNAME, ZMQ_PULL, ReadWrite, Bytes(b"name"), Done;
    ZMQ_PLAIN_PASSWORD, ZMQ_PULL, ReadWrite, Bytes(b"word"), Done;
    ZMQ_CURVE_SERVER, ZMQ_PULL, ReadWrite, Int(1), CURVE;
    ZMQ_CURVE_PUBLICKEY, ZMQ_PULL, ReadWrite, Bytes(&[1; 32]), CURVE;
    ZMQ_CURVE_SECRETKEY, ZMQ_PULL, ReadWrite, Bytes(&[1; 32]), CURVE;
    ZMQ_CURVE_SERVERKEY, ZMQ_PULL, ReadWrite, Bytes(&[1; 32]), CURVE;
    ZMQ_PROBE_ROUTER, ZMQ_DEALER, Write, Int(1), Done;
    ZMQ_REQ_CORRELATE, ZMQ_REQ, Write, Int(1), Done;
    ZMQ_REQ_RELAXED, ZMQ_REQ, Write, Int(1), Done;
    ZMQ_CONFLATE, ZMQ_PULL, ReadWrite, Int(1), Done;
    ZMQ_ZAP_DOMAIN, ZMQ_PULL, ReadWrite, Bytes(b"domain"), Done;
    ZMQ_ROUTER_HANDOVER, ZMQ_ROUTER, Write, Int(1), Done;
    ZMQ_TOS, ZMQ_PULL, ReadWrite, Int(8), Done;
    ZMQ_CONNECT_ROUTING_ID, ZMQ_ROUTER, Write, Bytes(b"peer"), Done;
    ZMQ_GSSAPI_SERVER, ZMQ_PULL, ReadWrite, Int(1), GSSAPI;
    ZMQ_GSSAPI_PRINCIPAL, ZMQ_PULL, ReadWrite, Bytes(b"name"), GSSAPI;
    ZMQ_GSSAPI_SERVICE_PRINCIPAL, ZMQ_PULL, ReadWrite, Bytes(b"name"), GSSAPI;
    ZMQ_GSSAPI_PLAINTEXT, ZMQ_PULL, ReadWrite, Int(1), GSSAPI;
    ZMQ_HANDSHAKE_IVL, ZMQ_PULL, ReadWrite, Int(1000), Done;
    ZMQ_SOCKS_PROXY, ZMQ_PUSH, ReadWrite, Bytes(b"localhost:1080"), SOCKS;
    ZMQ_XPUB_NODROP, ZMQ_XPUB, Write, Int(1), Done;
    ZMQ_XPUB_MANUAL, ZMQ_XPUB, Write, Int(1), Done;
    ZMQ_XPUB_WELCOME_MSG, ZMQ_XPUB, Write, Bytes(b"welcome"), Done;
    ZMQ_STREAM_NOTIFY, ZMQ_STREAM, Write, Int(1), Done;
    ZMQ_INVERT_MATCHING, ZMQ_SUB, ReadWrite, Int(1), Done;
    ZMQ_HEARTBEAT_IVL, ZMQ_PULL, ReadWrite, Int(1000), Done;
    ZMQ_HEARTBEAT_TTL, ZMQ_PULL, ReadWrite, Int(1000), Done;
    ZMQ_HEARTBEAT_TIMEOUT, ZMQ_PULL, ReadWrite, Int(1000), Done;
    ZMQ_XPUB_VERBOSER, ZMQ_XPUB, Write, Int(1), Done;
    ZMQ_CONNECT_TIMEOUT, ZMQ_PUSH, ReadWrite, Int(1000), Done;
    ZMQ_TCP_MAXRT, ZMQ_PUSH, ReadWrite, Int(1000), Done;
    ZMQ_THREAD_SAFE, ZMQ_PULL, Read, Int(0), Done;
    ZMQ_MULTICAST_MAXTPDU, ZMQ_PUB, ReadWrite, Int(1000), MULTICAST;
    ZMQ_VMCI_BUFFER_SIZE, ZMQ_PULL, ReadWrite, Long(1000), VMCI;
    ZMQ_VMCI_BUFFER_MIN_SIZE, ZMQ_PULL, ReadWrite, Long(1000), VMCI;
    ZMQ_VMCI_BUFFER_MAX_SIZE, ZMQ_PULL, ReadWrite, Long(1000), VMCI;
    ZMQ_VMCI_CONNECT_TIMEOUT, ZMQ_PULL, ReadWrite, Int(1000), VMCI;
    ZMQ_USE_FD, ZMQ_PULL, ReadWrite, Int(-1), Done;
    ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_PULL, ReadWrite, Int(0), GSSAPI;
    ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, ZMQ_PULL, ReadWrite, Int(0), GSSAPI;
    ZMQ_BINDTODEVICE, ZMQ_PULL, ReadWrite, Bytes(b"lo"), Done;
    ZMQ_TCP_ACCEPT_FILTER, ZMQ_PULL, Write, Bytes(b"127.0.0.1"), Done;
    ZMQ_IPC_FILTER_PID, ZMQ_PULL, Write, Int(1), Done;
    ZMQ_IPC_FILTER_UID, ZMQ_PULL, Write, Int(1), Done;
    ZMQ_IPC_FILTER_GID, ZMQ_PULL, Write, Int(1), Done;
    ZMQ_IPV4ONLY, ZMQ_PULL, ReadWrite, Int(1), Done;
    ZMQ_ZAP_ENFORCE_DOMAIN, ZMQ_PULL, ReadWrite, Int(1), Done;
    ZMQ_LOOPBACK_FASTPATH, ZMQ_PULL, ReadWrite, Int(1), NoEffect("of Windows only");
    ZMQ_METADATA, ZMQ_PULL, Write, Bytes(b"X-key:value"), Done;
    ZMQ_MULTICAST_LOOP, ZMQ_PUB, ReadWrite, Int(1), MULTICAST;
    ZMQ_ROUTER_NOTIFY, ZMQ_ROUTER, ReadWrite, Int(1), Done;
    ZMQ_XPUB_MANUAL_LAST_VALUE, ZMQ_XPUB, Write, Int(1), Done;
    ZMQ_SOCKS_USERNAME, ZMQ_PUSH, ReadWrite, Bytes(b"name"), SOCKS;
    ZMQ_SOCKS_PASSWORD, ZMQ_PUSH, ReadWrite, Bytes(b"word"), SOCKS;
    ZMQ_IN_BATCH_SIZE, ZMQ_PULL, ReadWrite, Int(100), NoEffect("reads are as large as the queue allows");
    ZMQ_OUT_BATCH_SIZE, ZMQ_PUSH, ReadWrite, Int(100), NoEffect("writes are as large as the queue is full");
    ZMQ_WSS_KEY_PEM, ZMQ_PULL, Write, Bytes(b"key"), WSS;
    ZMQ_WSS_CERT_PEM, ZMQ_PULL, Write, Bytes(b"certificate"), WSS;
    ZMQ_WSS_TRUST_PEM, ZMQ_PULL, Write, Bytes(b"certificate"), WSS;
    ZMQ_WSS_HOSTNAME, ZMQ_PULL, Write, Bytes(b"name"), WSS;
    ZMQ_WSS_TRUST_SYSTEM, ZMQ_PULL, Write, Int(1), WSS;
    ZMQ_ONLY_FIRST_SUBSCRIBE, ZMQ_XPUB, Write, Int(1), Done;
    ZMQ_RECONNECT_STOP, ZMQ_PUSH, ReadWrite, Int(1), Done;
    ZMQ_HELLO_MSG, ZMQ_ROUTER, Write, Bytes(b"hello"), Done;
    ZMQ_DISCONNECT_MSG, ZMQ_ROUTER, Write, Bytes(b"bye"), Done;
    ZMQ_PRIORITY, ZMQ_PULL, ReadWrite, Int(1), Done;
    ZMQ_BUSY_POLL, ZMQ_PULL, Write, Int(1), Done;
    ZMQ_HICCUP_MSG, ZMQ_DEALER, Write, Bytes(b"hiccup"), Done;
    ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, ZMQ_XSUB, Write, Int(1), Done;
    ZMQ_TOPICS_COUNT, ZMQ_XPUB, Read, Int(0), Done;
    ZMQ_NORM_MODE, ZMQ_PUB, ReadWrite, Int(1), NORM;
    ZMQ_NORM_UNICAST_NACK, ZMQ_PUB, ReadWrite, Int(1), NORM;
    ZMQ_NORM_BUFFER_SIZE, ZMQ_PUB, ReadWrite, Int(100), NORM;
    ZMQ_NORM_SEGMENT_SIZE, ZMQ_PUB, ReadWrite, Int(100), NORM;
    ZMQ_NORM_BLOCK_SIZE, ZMQ_PUB, ReadWrite, Int(100), NORM;
    ZMQ_NORM_NUM_PARITY, ZMQ_PUB, ReadWrite, Int(1), NORM;
    ZMQ_NORM_NUM_AUTOPARITY, ZMQ_PUB, ReadWrite, Int(1), NORM;
    ZMQ_NORM_PUSH, ZMQ_PUB, ReadWrite, Int(1), NORM;
};

struct ContextOption {
    name: &'static str,
    number: c_int,
    access: Access,
    legal: c_int,
    state: State,
}

macro_rules! context_options {
    ($($name:ident, $access:ident, $legal:expr, $state:expr;)*) => {
        &[$(ContextOption {
            name: stringify!($name),
            number: $name,
            access: $access,
            legal: $legal,
            state: $state,
        },)*]
    };
}

const CONTEXT_OPTIONS: &[ContextOption] = context_options! {
    ZMQ_IO_THREADS, ReadWrite, 2, Done;
    ZMQ_MAX_SOCKETS, ReadWrite, 10, Done;
    ZMQ_SOCKET_LIMIT, Read, 0, Done;
    ZMQ_THREAD_PRIORITY, Write, 0, Done;
    ZMQ_THREAD_SCHED_POLICY, ReadWrite, 0, Done;
    ZMQ_MAX_MSGSZ, ReadWrite, 1000, NoEffect("libzmq has none for it either");
    ZMQ_MSG_T_SIZE, Read, 0, Done;
    ZMQ_THREAD_AFFINITY_CPU_ADD, Write, 0, Done;
    ZMQ_THREAD_AFFINITY_CPU_REMOVE, Write, 0, Done;
    ZMQ_THREAD_NAME_PREFIX, ReadWrite, 7, Done;
    ZMQ_BLOCKY, ReadWrite, 0, Done;
    ZMQ_IPV6, ReadWrite, 1, Done;
    ZMQ_ZERO_COPY_RECV, ReadWrite, 0, NoEffect("messages never share a receive buffer");
};

/// Functions that are not `Done`.
const FUNCTIONS: &[(&str, State)] = &[("zmq_curve_keypair", CURVE), ("zmq_curve_public", CURVE)];

const SOCKET_TYPES: &[(&str, c_int, State)] = &[
    ("PAIR", ZMQ_PAIR, Done),
    ("PUB", ZMQ_PUB, Done),
    ("SUB", ZMQ_SUB, Done),
    ("REQ", ZMQ_REQ, Done),
    ("REP", ZMQ_REP, Done),
    ("DEALER", ZMQ_DEALER, Done),
    ("ROUTER", ZMQ_ROUTER, Done),
    ("PULL", ZMQ_PULL, Done),
    ("PUSH", ZMQ_PUSH, Done),
    ("XPUB", ZMQ_XPUB, Done),
    ("XSUB", ZMQ_XSUB, Done),
    ("STREAM", ZMQ_STREAM, Done),
    ("SERVER", ZMQ_SERVER, Done),
    ("CLIENT", ZMQ_CLIENT, Done),
    ("RADIO", ZMQ_RADIO, Done),
    ("DISH", ZMQ_DISH, Done),
    ("GATHER", ZMQ_GATHER, Done),
    ("SCATTER", ZMQ_SCATTER, Done),
    ("DGRAM", ZMQ_DGRAM, Missing("UDP")),
    ("PEER", ZMQ_PEER, Done),
    ("CHANNEL", ZMQ_CHANNEL, Done),
];

/// Name, an endpoint that can be bound, a socket type that speaks it.
const TRANSPORTS: &[(&str, &str, c_int, State)] = &[
    ("inproc", "inproc://compatibility", ZMQ_PAIR, Done),
    ("ipc", "ipc://*", ZMQ_PAIR, Done),
    ("tcp", "tcp://127.0.0.1:*", ZMQ_PAIR, Done),
    ("udp", "udp://127.0.0.1:*", ZMQ_DISH, Missing("UDP")),
    ("ws", "ws://127.0.0.1:*", ZMQ_PAIR, Missing("WebSocket")),
    ("wss", "wss://127.0.0.1:*", ZMQ_PAIR, WSS),
    ("pgm", "pgm://lo;239.192.1.1:5555", ZMQ_PUB, Missing("PGM")),
    ("epgm", "epgm://lo;239.192.1.1:5555", ZMQ_PUB, Missing("PGM")),
    ("norm", "norm://127.0.0.1:5555", ZMQ_PUB, NORM),
    ("tipc", "tipc://{5560,0,0}", ZMQ_PAIR, Missing("TIPC")),
    ("vmci", "vmci://*:*", ZMQ_PAIR, VMCI),
];

/// Name, and the option that makes a server of it.
const MECHANISMS: &[(&str, c_int, State)] = &[
    ("PLAIN", ZMQ_PLAIN_SERVER, Done),
    ("CURVE", ZMQ_CURVE_SERVER, CURVE),
    ("GSSAPI", ZMQ_GSSAPI_SERVER, GSSAPI),
];

/// What `zmq_has` is asked.
const CAPABILITIES: [&CStr; 9] =
    [c"ipc", c"pgm", c"tipc", c"norm", c"curve", c"gssapi", c"vmci", c"draft", c"WS"];

#[test]
fn page_is_what_the_library_does() {
    let page = page();
    let path = root().join("docs/COMPATIBILITY.md");
    if std::env::var_os("OXMQ_UPDATE_COMPATIBILITY").is_some() {
        fs::write(&path, &page).expect("docs/COMPATIBILITY.md cannot be written");
    }
    let committed = fs::read_to_string(&path).expect("docs/COMPATIBILITY.md cannot be read");
    for (is, ought) in committed.lines().zip(page.lines()) {
        assert_eq!(is, ought, "run with OXMQ_UPDATE_COMPATIBILITY=1");
    }
    assert_eq!(committed.len(), page.len(), "run with OXMQ_UPDATE_COMPATIBILITY=1");
}

#[test]
fn socket_options_do_what_the_table_says() {
    for option in OPTIONS {
        let (set, get) = option.try_it();
        let name = option.name;
        if let Missing(_) = option.state {
            assert_eq!(set, Err("EINVAL"), "{name} is said to be missing, and can be set");
            continue;
        }
        let (settable, gettable) = expected(option.access);
        assert_eq!(set.is_ok(), settable, "setting {name}: {set:?}");
        assert_eq!(get.is_ok(), gettable, "getting {name}: {get:?}");
    }
}

#[test]
fn context_options_do_what_the_table_says() {
    for option in CONTEXT_OPTIONS {
        let (set, get) = option.try_it();
        let (settable, gettable) = expected(option.access);
        // The number of ZMQ_SOCKET_LIMIT, to be set, is ZMQ_THREAD_PRIORITY.
        if option.number != ZMQ_SOCKET_LIMIT {
            assert_eq!(set.is_ok(), settable, "setting {}: {set:?}", option.name);
            assert_eq!(get.is_ok(), gettable, "getting {}: {get:?}", option.name);
        }
    }
}

#[test]
fn options_without_effect_are_used_nowhere_and_the_others_somewhere() {
    let sources = sources();
    for option in OPTIONS.iter().filter(|option| option.access != Read) {
        let used = is_used(option.name, &sources);
        match option.state {
            Done => assert!(used, "{} is said to have an effect, and nothing uses it", option.name),
            NoEffect(_) => assert!(!used, "{} is said to have no effect, and is used", option.name),
            Missing(_) => {}
        }
    }
}

#[test]
fn tables_are_complete() {
    let socket = names_under(&["Socket options."]);
    // What else is an option of sockets: the numbers among the older names, and of contexts one.
    let older: BTreeSet<String> = names_under(&["Older options and names."])
        .into_iter()
        .filter(|name| name.contains("FILTER") || name == "ZMQ_IPV4ONLY")
        .collect();
    let blocky = BTreeSet::from(["ZMQ_BLOCKY".to_owned()]);
    let expected: BTreeSet<String> = &(&socket | &older) - &blocky;
    let listed: BTreeSet<String> = OPTIONS.iter().map(|option| option.name.to_owned()).collect();
    assert_eq!(listed, expected);

    let defaults = |name: &String| !name.ends_with("_DFLT");
    let mut expected: BTreeSet<String> =
        names_under(&["Context options."]).into_iter().filter(defaults).collect();
    expected.extend(["ZMQ_BLOCKY".to_owned(), "ZMQ_IPV6".to_owned()]);
    let listed: BTreeSet<String> =
        CONTEXT_OPTIONS.iter().map(|option| option.name.to_owned()).collect();
    assert_eq!(listed, expected);

    let aliases = ["ZMQ_XREQ".to_owned(), "ZMQ_XREP".to_owned()].into();
    let expected = &names_under(&["Socket types."]) - &aliases;
    let listed: BTreeSet<String> =
        SOCKET_TYPES.iter().map(|(name, ..)| format!("ZMQ_{name}")).collect();
    assert_eq!(listed, expected);
}

#[test]
fn functions_that_answer_enotsup_are_in_the_table() {
    let sources = sources();
    let listed: BTreeSet<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let symbols = symbols();
    for (name, _) in FUNCTIONS {
        assert!(symbols.iter().any(|symbol| symbol == name), "{name} is no function");
    }
    for name in symbols.iter() {
        let body = body_of(name, &sources);
        let refuses = body.contains("Errno::ENOTSUP");
        assert_eq!(refuses, listed.contains(name.as_str()), "{name}");
    }
    for name in listed {
        assert_eq!(try_function(name), Err("ENOTSUP"), "{name}");
    }
}

#[test]
fn socket_types_and_transports_are_as_the_table_says() {
    for &(name, number, state) in SOCKET_TYPES {
        let answer = with_context(|context| make_socket(context, number).map(close));
        let expected = if state == Done { Ok(()) } else { Err("EINVAL") };
        assert_eq!(answer, expected, "{name}");
    }
    for &(name, endpoint, kind, state) in TRANSPORTS {
        let answer = try_transport(endpoint, kind);
        match state {
            Done => assert_eq!(answer, Ok(()), "{name}"),
            _ if name == "udp" => assert_eq!(answer, Err("ENOCOMPATPROTO"), "{name}"),
            _ => assert_eq!(answer, Err("EPROTONOSUPPORT"), "{name}"),
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether it can be set and read.
fn expected(access: Access) -> (bool, bool) {
    (access != Read, access != Write)
}

type Answer = Result<(), &'static str>;

/// What `zmq_errno` says after a call that failed.
fn last_error() -> &'static str {
    match errno::zmq_errno() {
        libc::EINVAL => "EINVAL",
        libc::ENOTSUP => "ENOTSUP",
        libc::EPROTONOSUPPORT => "EPROTONOSUPPORT",
        libc::EFAULT => "EFAULT",
        ENOCOMPATPROTO => "ENOCOMPATPROTO",
        _ => "another error",
    }
}

fn answer(status: c_int) -> Answer {
    if status == -1 { Err(last_error()) } else { Ok(()) }
}

fn with_context<R>(body: impl FnOnce(*mut c_void) -> R) -> R {
    let context = ctx::zmq_ctx_new();
    let result = body(context);
    // SAFETY: the context from above; its sockets are closed.
    assert_eq!(unsafe { ctx::zmq_ctx_term(context) }, 0);
    result
}

fn make_socket(context: *mut c_void, kind: c_int) -> Result<*mut c_void, &'static str> {
    // SAFETY: a context.
    let socket = unsafe { socket::zmq_socket(context, kind) };
    if socket.is_null() { Err(last_error()) } else { Ok(socket) }
}

fn close(socket: *mut c_void) {
    // SAFETY: a socket that nobody uses any more.
    assert_eq!(unsafe { socket::zmq_close(socket) }, 0);
}

impl SocketOption {
    /// Sets it to a legal value, and reads it from another socket.
    fn try_it(&self) -> (Answer, Answer) {
        with_context(|context| {
            let to_set = make_socket(context, self.on).expect("a stable type");
            let value = self.legal.bytes();
            // SAFETY: a socket, and as many bytes as are said.
            let set = answer(unsafe {
                socket::zmq_setsockopt(to_set, self.number, value.as_ptr().cast(), value.len())
            });
            close(to_set);
            let to_read = make_socket(context, self.on).expect("a stable type");
            // An int, a long, or a string: some options insist on their size.
            let mut get = Err("EINVAL");
            for size in [4, 8, 256] {
                let (mut out, mut len) = ([0u8; 256], size);
                // SAFETY: a socket, and room for as many bytes as are said.
                get = answer(unsafe {
                    socket::zmq_getsockopt(
                        to_read,
                        self.number,
                        out.as_mut_ptr().cast(),
                        &raw mut len,
                    )
                });
                if get.is_ok() {
                    break;
                }
            }
            close(to_read);
            (set, get)
        })
    }
}

impl ContextOption {
    fn try_it(&self) -> (Answer, Answer) {
        with_context(|context| {
            if self.number == ZMQ_THREAD_AFFINITY_CPU_REMOVE {
                // SAFETY: a context.
                unsafe { ctx::zmq_ctx_set(context, ZMQ_THREAD_AFFINITY_CPU_ADD, self.legal) };
            }
            // SAFETY: a context.
            let set = answer(unsafe { ctx::zmq_ctx_set(context, self.number, self.legal) });
            // SAFETY: a context.
            let get = answer(unsafe { ctx::zmq_ctx_get(context, self.number) });
            // The number of ZMQ_THREAD_PRIORITY, to be read, is ZMQ_SOCKET_LIMIT.
            let get = if self.name == "ZMQ_THREAD_PRIORITY" { Err("EINVAL") } else { get };
            (set, get)
        })
    }
}

fn try_transport(endpoint: &str, kind: c_int) -> Answer {
    let endpoint = CString::new(endpoint).expect("no zero byte in it");
    with_context(|context| {
        let socket = make_socket(context, kind).expect("a stable type");
        // SAFETY: a socket and a string.
        let bound = answer(unsafe { socket::zmq_bind(socket, endpoint.as_ptr()) });
        close(socket);
        bound
    })
}

/// Calls a function of the table in a way that is right for libzmq.
fn try_function(name: &str) -> Answer {
    let (mut public, mut secret) = ([0; 41], [0; 41]);
    // SAFETY: room for keys in their text form.
    answer(unsafe {
        match name {
            "zmq_curve_keypair" => {
                curve::zmq_curve_keypair(public.as_mut_ptr(), secret.as_mut_ptr())
            }
            "zmq_curve_public" => curve::zmq_curve_public(public.as_mut_ptr(), secret.as_ptr()),
            _ => panic!("nothing tells how to try {name}"),
        }
    })
}

/// The names in capi's constants below these headings.
fn names_under(headings: &[&str]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in ["src/capi/constants.rs", "src/capi/draft/constants.rs"] {
        let text = fs::read_to_string(root().join(file)).expect("the constants cannot be read");
        let mut inside = false;
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("// ") {
                inside = headings.contains(&heading);
            } else if let Some(constant) = line.strip_prefix("pub const ")
                && inside
            {
                names.insert(constant.split(':').next().unwrap_or_default().to_owned());
            }
        }
    }
    names
}

fn symbols() -> Vec<String> {
    let path = root().join("capi-tests/abi/symbols.txt");
    let text = fs::read_to_string(path).expect("symbols.txt cannot be read");
    text.lines().map(str::to_owned).collect()
}

/// Every file of the library, with its path.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("src cannot be listed") {
            let path = entry.expect("src cannot be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("a source cannot be read");
                sources.push((path, text));
            }
        }
    }
    sources
}

/// True if an option's value is looked at where things are done: by its field, or by the pattern
/// that has it.
fn is_used(name: &str, sources: &[(PathBuf, String)]) -> bool {
    let name = name.strip_prefix("ZMQ_").unwrap_or(name);
    let field = match name {
        "MAXMSGSIZE" => "max_msg_size".to_owned(),
        "BINDTODEVICE" => "bind_to_device".to_owned(),
        "TCP_ACCEPT_FILTER" => "accept_filters".to_owned(),
        "IPC_FILTER_PID" => "ipc_pid_filters".to_owned(),
        "IPC_FILTER_UID" => "ipc_uid_filters".to_owned(),
        "IPC_FILTER_GID" => "ipc_gid_filters".to_owned(),
        "IPV4ONLY" => "ipv6".to_owned(),
        "PLAIN_SERVER" | "PLAIN_USERNAME" | "PLAIN_PASSWORD" => "mechanism".to_owned(),
        name => name.to_lowercase(),
    };
    let options = root().join("src/socket/options.rs");
    sources.iter().filter(|(path, _)| *path != options).any(|(path, text)| {
        let of_a_pattern = path.starts_with(root().join("src/pattern"))
            && !path.ends_with("pattern/mod.rs")
            && (contains_word(text, &format!("options::{name}"))
                || text.contains(&format!(" {name} =>")));
        of_a_pattern
            || contains_word(text, &format!("ints.{field}"))
            || contains_word(text, &format!("options.{field}"))
            || contains_word(text, &format!("pattern_id::{name}"))
    })
}

/// True if `text` has `word`, and no longer one that begins with it.
fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[at + word.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
    })
}

/// A function's source.
fn body_of<'a>(name: &str, sources: &'a [(PathBuf, String)]) -> &'a str {
    let opening = format!(" extern \"C\" fn {name}(");
    let (_, rest) = sources
        .iter()
        .find_map(|(_, text)| text.split_once(&opening))
        .unwrap_or_else(|| panic!("{name} is not in the sources"));
    rest.split("\n}\n").next().unwrap_or_default()
}

fn page() -> String {
    let mut page = String::from(
        "# Compatibility with libzmq 4.3.5\n\n\
         Generated by `tests/compatibility.rs` from its tables, each line of which is tried on the \
         library. *Sets* and *reads* are what the library answered to a legal value.\n",
    );
    functions(&mut page);
    socket_types(&mut page);
    transports(&mut page);
    mechanisms(&mut page);
    socket_options(&mut page);
    context_options(&mut page);
    page
}

/// Writes to a string, which cannot fail.
macro_rules! put {
    ($page:expr, $($what:tt)*) => {
        writeln!($page, $($what)*).expect("a string takes everything")
    };
}

fn tell(state: State) -> String {
    match state {
        Done => "done".to_owned(),
        NoEffect(why) => format!("no effect: {why}"),
        Missing(what) => format!("missing: {what}"),
    }
}

fn tell_answer(answer: Answer) -> &'static str {
    answer.map_or_else(|error| error, |()| "yes")
}

fn functions(page: &mut String) {
    let symbols = symbols();
    let done = symbols.len() - FUNCTIONS.len();
    put!(page, "\n## Functions\n");
    put!(
        page,
        "All {} functions that libzmq exports with its draft API are exported. {done} are done; these \
         are not:\n",
        symbols.len()
    );
    put!(page, "| function | answers | state |\n| --- | --- | --- |");
    for (name, state) in FUNCTIONS {
        put!(page, "| `{name}` | {} | {} |", tell_answer(try_function(name)), tell(*state));
    }
    put!(page, "\n<details><summary>All functions</summary>\n");
    for name in symbols {
        let state = FUNCTIONS.iter().find(|(listed, _)| *listed == name);
        put!(page, "- `{name}`: {}", tell(state.map_or(Done, |(_, state)| *state)));
    }
    put!(page, "\n</details>");
}

fn socket_types(page: &mut String) {
    put!(page, "\n## Socket types\n\n| type | `zmq_socket` | state |\n| --- | --- | --- |");
    for &(name, number, state) in SOCKET_TYPES {
        let made = with_context(|context| make_socket(context, number).map(close));
        put!(page, "| {name} | {} | {} |", tell_answer(made), tell(state));
    }
}

fn transports(page: &mut String) {
    put!(page, "\n## Transports\n\n| transport | `zmq_bind` | state |\n| --- | --- | --- |");
    for &(name, endpoint, kind, state) in TRANSPORTS {
        let bound = tell_answer(try_transport(endpoint, kind));
        put!(page, "| {name} | {bound} | {} |", tell(state));
    }
}

fn mechanisms(page: &mut String) {
    put!(page, "\n## Security\n\n| mechanism | as server | state |\n| --- | --- | --- |");
    put!(page, "| NULL | yes | done |");
    for &(name, option, state) in MECHANISMS {
        let set = OPTIONS.iter().find(|listed| listed.number == option).map(|found| found.try_it());
        let answer = set.map_or("", |(set, _)| tell_answer(set));
        put!(page, "| {name} | {answer} | {} |", tell(state));
    }
    put!(page, "\n## Capabilities\n\n| `zmq_has` | answers |\n| --- | --- |");
    for name in CAPABILITIES {
        // SAFETY: a string.
        let has = unsafe { utils::zmq_has(name.as_ptr()) };
        put!(page, "| {} | {has} |", name.to_string_lossy());
    }
}

fn socket_options(page: &mut String) {
    put!(
        page,
        "\n## Socket options\n\n| option | sets | reads | state |\n| --- | --- | --- | --- |"
    );
    for option in OPTIONS {
        let (set, get) = option.try_it();
        put!(
            page,
            "| `{}` | {} | {} | {} |",
            option.name,
            tell_answer(set),
            tell_answer(get),
            tell(option.state)
        );
    }
}

fn context_options(page: &mut String) {
    put!(page, "\n## Context options\n\n| option | state |\n| --- | --- |");
    for option in CONTEXT_OPTIONS {
        put!(page, "| `{}` | {} |", option.name, tell(option.state));
    }
}
