//! The options that all socket types have: their types, ranges, defaults and errors.
//!
//! Options of a pattern's own are asked of the pattern first (`pattern::options`); what the socket
//! computes (`ZMQ_EVENTS` ...) is in `socket/mod.rs`.
//!
//! Thread: under the socket's lock. Invariants: values are in range. Counterpart: `options.cpp` of
//! libzmq 4.3.5; `zmq_setsockopt(3)`, `zmq_getsockopt(3)`.

use crate::error::{Errno, Result};
use crate::protocol::Mechanism;
use crate::transport::tcp::AcceptFilter;

/// Option numbers, as in `zmq.h`.
#[allow(missing_docs, reason = "named as in zmq.h")]
pub mod id {
    pub const AFFINITY: i32 = 4;
    pub const ROUTING_ID: i32 = 5;
    pub const RATE: i32 = 8;
    pub const RECOVERY_IVL: i32 = 9;
    pub const SNDBUF: i32 = 11;
    pub const RCVBUF: i32 = 12;
    pub const RCVMORE: i32 = 13;
    pub const FD: i32 = 14;
    pub const EVENTS: i32 = 15;
    pub const TYPE: i32 = 16;
    pub const LINGER: i32 = 17;
    pub const RECONNECT_IVL: i32 = 18;
    pub const BACKLOG: i32 = 19;
    pub const RECONNECT_IVL_MAX: i32 = 21;
    pub const MAXMSGSIZE: i32 = 22;
    pub const SNDHWM: i32 = 23;
    pub const RCVHWM: i32 = 24;
    pub const MULTICAST_HOPS: i32 = 25;
    pub const RCVTIMEO: i32 = 27;
    pub const SNDTIMEO: i32 = 28;
    pub const IPV4ONLY: i32 = 31;
    pub const LAST_ENDPOINT: i32 = 32;
    pub const TCP_KEEPALIVE: i32 = 34;
    pub const TCP_KEEPALIVE_CNT: i32 = 35;
    pub const TCP_KEEPALIVE_IDLE: i32 = 36;
    pub const TCP_KEEPALIVE_INTVL: i32 = 37;
    pub const TCP_ACCEPT_FILTER: i32 = 38;
    pub const IMMEDIATE: i32 = 39;
    pub const IPV6: i32 = 42;
    pub const MECHANISM: i32 = 43;
    pub const PLAIN_SERVER: i32 = 44;
    pub const PLAIN_USERNAME: i32 = 45;
    pub const PLAIN_PASSWORD: i32 = 46;
    pub const CONFLATE: i32 = 54;
    pub const ZAP_DOMAIN: i32 = 55;
    pub const TOS: i32 = 57;
    pub const IPC_FILTER_PID: i32 = 58;
    pub const IPC_FILTER_UID: i32 = 59;
    pub const IPC_FILTER_GID: i32 = 60;
    pub const HANDSHAKE_IVL: i32 = 66;
    pub const SOCKS_PROXY: i32 = 68;
    pub const STREAM_NOTIFY: i32 = 73;
    pub const INVERT_MATCHING: i32 = 74;
    pub const HEARTBEAT_IVL: i32 = 75;
    pub const HEARTBEAT_TTL: i32 = 76;
    pub const HEARTBEAT_TIMEOUT: i32 = 77;
    pub const CONNECT_TIMEOUT: i32 = 79;
    pub const TCP_MAXRT: i32 = 80;
    pub const THREAD_SAFE: i32 = 81;
    pub const MULTICAST_MAXTPDU: i32 = 84;
    pub const VMCI_BUFFER_SIZE: i32 = 85;
    pub const VMCI_BUFFER_MIN_SIZE: i32 = 86;
    pub const VMCI_BUFFER_MAX_SIZE: i32 = 87;
    pub const VMCI_CONNECT_TIMEOUT: i32 = 88;
    pub const USE_FD: i32 = 89;
    pub const BINDTODEVICE: i32 = 92;
    pub const ZAP_ENFORCE_DOMAIN: i32 = 93;
    pub const LOOPBACK_FASTPATH: i32 = 94;
    pub const METADATA: i32 = 95;
    pub const MULTICAST_LOOP: i32 = 96;
    pub const ROUTER_NOTIFY: i32 = 97;
    pub const SOCKS_USERNAME: i32 = 99;
    pub const SOCKS_PASSWORD: i32 = 100;
    pub const IN_BATCH_SIZE: i32 = 101;
    pub const OUT_BATCH_SIZE: i32 = 102;
    pub const RECONNECT_STOP: i32 = 109;
    pub const HELLO_MSG: i32 = 110;
    pub const DISCONNECT_MSG: i32 = 111;
    pub const PRIORITY: i32 = 112;
    pub const BUSY_POLL: i32 = 113;
    pub const HICCUP_MSG: i32 = 114;
}

/// Longest `ZMQ_ZAP_DOMAIN`, `ZMQ_PLAIN_*`, property name: a byte counts it on the wire.
const MAX_SHORT_STRING: usize = 255;

macro_rules! int_options {
    ($($field:ident: $id:ident = $default:expr, $range:expr;)*) => {
        /// Options that are an `int`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "named after the options")]
        pub struct Ints { $(pub $field: i32,)* }

        impl Default for Ints {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Ints {
            fn set(&mut self, id: i32, value: i32) -> Option<bool> {
                match id {
                    $(id::$id => {
                        let fits = ($range).contains(&value);
                        if fits {
                            self.$field = value;
                        }
                        Some(fits)
                    })*
                    _ => None,
                }
            }

            fn get(&self, id: i32) -> Option<i32> {
                match id {
                    $(id::$id => Some(self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

int_options! {
    rate: RATE = 100, 1..;
    recovery_ivl: RECOVERY_IVL = 10000, 0..;
    sndbuf: SNDBUF = -1, -1..;
    rcvbuf: RCVBUF = -1, -1..;
    linger: LINGER = -1, -1..;
    reconnect_ivl: RECONNECT_IVL = 100, -1..;
    reconnect_ivl_max: RECONNECT_IVL_MAX = 0, 0..;
    backlog: BACKLOG = 100, 0..;
    sndhwm: SNDHWM = 1000, 0..;
    rcvhwm: RCVHWM = 1000, 0..;
    multicast_hops: MULTICAST_HOPS = 1, 1..;
    rcvtimeo: RCVTIMEO = -1, -1..;
    sndtimeo: SNDTIMEO = -1, -1..;
    tcp_keepalive: TCP_KEEPALIVE = -1, -1..=1;
    tcp_keepalive_cnt: TCP_KEEPALIVE_CNT = -1, -1..;
    tcp_keepalive_idle: TCP_KEEPALIVE_IDLE = -1, -1..;
    tcp_keepalive_intvl: TCP_KEEPALIVE_INTVL = -1, -1..;
    immediate: IMMEDIATE = 0, 0..=1;
    ipv6: IPV6 = 0, 0..=1;
    conflate: CONFLATE = 0, 0..=1;
    tos: TOS = 0, 0..;
    handshake_ivl: HANDSHAKE_IVL = 30000, 0..;
    invert_matching: INVERT_MATCHING = 0, i32::MIN..;
    stream_notify: STREAM_NOTIFY = 1, 0..=1;
    router_notify: ROUTER_NOTIFY = 0, 0..=3;
    heartbeat_ivl: HEARTBEAT_IVL = 0, 0..;
    heartbeat_timeout: HEARTBEAT_TIMEOUT = -1, 0..;
    connect_timeout: CONNECT_TIMEOUT = 0, 0..;
    tcp_maxrt: TCP_MAXRT = 0, 0..;
    multicast_maxtpdu: MULTICAST_MAXTPDU = 1500, 1..;
    use_fd: USE_FD = -1, -1..;
    zap_enforce_domain: ZAP_ENFORCE_DOMAIN = 0, i32::MIN..;
    loopback_fastpath: LOOPBACK_FASTPATH = 0, i32::MIN..;
    multicast_loop: MULTICAST_LOOP = 1, i32::MIN..;
    in_batch_size: IN_BATCH_SIZE = 8192, 1..;
    out_batch_size: OUT_BATCH_SIZE = 8192, 1..;
    reconnect_stop: RECONNECT_STOP = 0, i32::MIN..;
    priority: PRIORITY = 0, 0..;
    busy_poll: BUSY_POLL = 0, i32::MIN..;
}

/// A socket's options.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named after the options")]
pub struct Options {
    pub ints: Ints,
    pub affinity: u64,
    pub max_msg_size: MaxMsgSize,
    pub routing_id: Vec<u8>,
    /// Tenths of a second.
    pub heartbeat_ttl: u16,
    pub accept_filters: Vec<AcceptFilter>,
    pub ipc_pid_filters: Vec<i32>,
    pub ipc_uid_filters: Vec<u32>,
    pub ipc_gid_filters: Vec<u32>,
    pub zap_domain: Vec<u8>,
    pub bind_to_device: Vec<u8>,
    pub metadata: Vec<(String, String)>,
    pub mechanism: Mechanism,
    pub hello_msg: Vec<u8>,
    pub disconnect_msg: Vec<u8>,
    pub hiccup_msg: Vec<u8>,
}

/// `ZMQ_MAXMSGSIZE`, bytes; -1 for no limit.
#[derive(Clone, Copy, Debug)]
pub struct MaxMsgSize(pub i64);

impl Default for MaxMsgSize {
    fn default() -> Self {
        Self(-1)
    }
}

impl Options {
    /// Sets option `id`. `EINVAL` for an unknown one, a wrong size or a value out of range.
    pub fn set(&mut self, id: i32, value: &[u8]) -> Result<()> {
        // COMPAT: any value but 0 is "yes" (`capi-tests/api/options_set.c`).
        const LAX_SWITCHES: [i32; 4] = [
            id::INVERT_MATCHING,
            id::ZAP_ENFORCE_DOMAIN,
            id::LOOPBACK_FASTPATH,
            id::MULTICAST_LOOP,
        ];

        match id {
            id::AFFINITY => self.affinity = u64::from_ne_bytes(sized(value)?),
            id::MAXMSGSIZE => self.max_msg_size = MaxMsgSize(i64::from_ne_bytes(sized(value)?)),
            id::ROUTING_ID => {
                if value.is_empty() || value.len() > MAX_SHORT_STRING {
                    return Err(Errno::EINVAL);
                }
                self.routing_id = value.to_vec();
            }
            id::HEARTBEAT_TTL => {
                let tenths = i32::from_ne_bytes(sized(value)?) / 100;
                self.heartbeat_ttl = u16::try_from(tenths).map_err(|_| Errno::EINVAL)?;
            }
            id::IPV4ONLY => match i32::from_ne_bytes(sized(value)?) {
                value @ 0..=1 => self.ints.ipv6 = 1 - value,
                _ => return Err(Errno::EINVAL),
            },
            id::TCP_ACCEPT_FILTER => {
                if value.len() > MAX_SHORT_STRING {
                    return Err(Errno::EINVAL);
                }
                let filter = AcceptFilter::parse(&string(value)?, self.ints.ipv6 != 0)?;
                self.accept_filters.push(filter);
            }
            id::IPC_FILTER_PID => {
                self.ipc_pid_filters.push(i32::from_ne_bytes(sized(value)?));
            }
            id::IPC_FILTER_UID => {
                self.ipc_uid_filters.push(u32::from_ne_bytes(sized(value)?));
            }
            id::IPC_FILTER_GID => {
                self.ipc_gid_filters.push(u32::from_ne_bytes(sized(value)?));
            }
            id::ZAP_DOMAIN => {
                if value.is_empty() || value.len() > MAX_SHORT_STRING {
                    return Err(Errno::EINVAL);
                }
                self.zap_domain = value.to_vec();
            }
            id::PLAIN_SERVER => {
                self.mechanism = match i32::from_ne_bytes(sized(value)?) {
                    0 => Mechanism::Null,
                    1 => Mechanism::PlainServer,
                    _ => return Err(Errno::EINVAL),
                };
            }
            id::PLAIN_USERNAME => self.set_plain_client(value, |username, _| username)?,
            id::PLAIN_PASSWORD => self.set_plain_client(value, |_, password| password)?,
            id::BINDTODEVICE => self.bind_to_device = value.to_vec(),
            id::METADATA => self.add_metadata(value)?,
            id::HELLO_MSG => self.hello_msg = value.to_vec(),
            id::DISCONNECT_MSG => self.disconnect_msg = value.to_vec(),
            id::HICCUP_MSG => self.hiccup_msg = value.to_vec(),
            id if LAX_SWITCHES.contains(&id) => {
                let on = i32::from_ne_bytes(sized(value)?) != 0;
                let known = self.ints.set(id, on.into());
                debug_assert_eq!(known, Some(true), "a switch is an int");
            }
            _ => {
                if !self.ints.set(id, i32::from_ne_bytes(sized(value)?)).unwrap_or(false) {
                    return Err(Errno::EINVAL);
                }
            }
        }
        Ok(())
    }

    /// Takes back what was set by option `id`, filters and names; false if it has no such thing.
    pub fn unset(&mut self, id: i32) -> bool {
        match id {
            id::TCP_ACCEPT_FILTER => self.accept_filters.clear(),
            id::IPC_FILTER_PID => self.ipc_pid_filters.clear(),
            id::IPC_FILTER_UID => self.ipc_uid_filters.clear(),
            id::IPC_FILTER_GID => self.ipc_gid_filters.clear(),
            id::PLAIN_USERNAME | id::PLAIN_PASSWORD => self.mechanism = Mechanism::Null,
            // None is what there always is.
            id::SOCKS_PROXY | id::SOCKS_USERNAME | id::SOCKS_PASSWORD => {}
            _ => return false,
        }
        true
    }

    /// Makes this a client of PLAIN. `field` chooses what is set.
    fn set_plain_client(
        &mut self,
        value: &[u8],
        field: for<'a> fn(&'a mut Vec<u8>, &'a mut Vec<u8>) -> &'a mut Vec<u8>,
    ) -> Result<()> {
        if value.is_empty() || value.len() > MAX_SHORT_STRING {
            return Err(Errno::EINVAL);
        }
        let (mut username, mut password) = match std::mem::take(&mut self.mechanism) {
            Mechanism::PlainClient { username, password } => (username, password),
            Mechanism::Null | Mechanism::PlainServer => (Vec::new(), Vec::new()),
        };
        *field(&mut username, &mut password) = value.to_vec();
        self.mechanism = Mechanism::PlainClient { username, password };
        Ok(())
    }

    fn add_metadata(&mut self, value: &[u8]) -> Result<()> {
        // COMPAT: what has an int's size is no text, and a zero at the end makes a value, which is
        // then empty (`capi-tests/api/options_set.c`).
        let colon = value.iter().position(|&byte| byte == b':').ok_or(Errno::EINVAL)?;
        let text = string(value)?;
        let (name, rest) = text.split_once(':').ok_or(Errno::EINVAL)?;
        let fits = name.starts_with("X-") && name.len() <= MAX_SHORT_STRING;
        if !fits || value.len() == size_of::<i32>() || colon + 1 == value.len() {
            return Err(Errno::EINVAL);
        }
        let value = rest;
        let property = (name.to_owned(), value.to_owned());
        match self.metadata.binary_search_by(|(other, _)| other.as_str().cmp(name)) {
            Ok(_) => {}
            Err(at) => self.metadata.insert(at, property),
        }
        Ok(())
    }

    /// Writes option `id` to `out`; returns how many bytes it takes. `EINVAL` for an unknown option
    /// or too small a buffer.
    pub fn get(&self, id: i32, out: &mut [u8]) -> Result<usize> {
        match id {
            id::AFFINITY => put_exact(out, &self.affinity.to_ne_bytes()),
            id::MAXMSGSIZE => put_exact(out, &self.max_msg_size.0.to_ne_bytes()),
            id::ROUTING_ID => put(out, &self.routing_id),
            id::HEARTBEAT_TTL => {
                put_exact(out, &(i32::from(self.heartbeat_ttl) * 100).to_ne_bytes())
            }
            id::IPV4ONLY => put_exact(out, &(1 - self.ints.ipv6).to_ne_bytes()),
            id::ZAP_DOMAIN => put_string(out, &self.zap_domain),
            id::BINDTODEVICE => put_string(out, &self.bind_to_device),
            // Can only be set.
            id::STREAM_NOTIFY | id::BUSY_POLL => Err(Errno::EINVAL),
            id::SOCKS_PROXY | id::SOCKS_USERNAME | id::SOCKS_PASSWORD => put_string(out, b""),
            id::PLAIN_USERNAME | id::PLAIN_PASSWORD => match &self.mechanism {
                Mechanism::PlainClient { username, password } => {
                    put_string(out, if id == id::PLAIN_USERNAME { username } else { password })
                }
                Mechanism::Null | Mechanism::PlainServer => put_string(out, b""),
            },
            id::PLAIN_SERVER => {
                let is_server = self.mechanism == Mechanism::PlainServer;
                put_exact(out, &i32::from(is_server).to_ne_bytes())
            }
            id::MECHANISM => {
                let number = i32::from(self.mechanism != Mechanism::Null);
                put_exact(out, &number.to_ne_bytes())
            }
            _ => match self.ints.get(id) {
                Some(value) => put_exact(out, &value.to_ne_bytes()),
                None => Err(Errno::EINVAL),
            },
        }
    }
}

fn sized<const N: usize>(value: &[u8]) -> Result<[u8; N]> {
    value.try_into().map_err(|_| Errno::EINVAL)
}

/// A string that may end with a zero byte.
fn string(value: &[u8]) -> Result<String> {
    let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
    String::from_utf8(value[..end].to_vec()).map_err(|_| Errno::EINVAL)
}

/// Writes a value to a buffer of at least its size; the rest is zeroed.
pub(super) fn put(out: &mut [u8], value: &[u8]) -> Result<usize> {
    let (head, rest) = out.split_at_mut_checked(value.len()).ok_or(Errno::EINVAL)?;
    head.copy_from_slice(value);
    rest.fill(0);
    Ok(value.len())
}

/// Writes a value to a buffer of exactly its size.
pub(super) fn put_exact(out: &mut [u8], value: &[u8]) -> Result<usize> {
    if out.len() == value.len() { put(out, value) } else { Err(Errno::EINVAL) }
}

/// Writes a string and its terminating zero.
pub(super) fn put_string(out: &mut [u8], value: &[u8]) -> Result<usize> {
    put(out, &[value, &[0]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_kept() {
        let mut options = Options::default();
        for (id, value, fits) in [
            (id::LINGER, -1, true),
            (id::LINGER, -2, false),
            (id::SNDHWM, 0, true),
            (id::SNDHWM, -1, false),
            (id::IMMEDIATE, 2, false),
            (id::TCP_KEEPALIVE, 2, false),
            (id::HEARTBEAT_TTL, 6_553_599, true),
            (id::HEARTBEAT_TTL, 6_553_600, false),
            (9999, 0, false),
        ] {
            let result = options.set(id, &i32::to_ne_bytes(value));
            assert_eq!(result.is_ok(), fits, "option {id} = {value}");
        }
        assert_eq!(options.set(id::LINGER, &[0; 8]), Err(Errno::EINVAL));
    }

    #[test]
    fn no_proxy_can_be_asked_for() {
        let mut options = Options::default();
        for id in [id::SOCKS_PROXY, id::SOCKS_USERNAME, id::SOCKS_PASSWORD] {
            assert!(options.unset(id), "option {id}");
            assert_eq!(options.set(id, b"localhost:1080"), Err(Errno::EINVAL), "option {id}");
        }
    }

    #[test]
    fn any_bytes_for_any_option_are_survived() {
        let mut options = Options::default();
        for id in -5..300 {
            for len in [0, 1, 3, 4, 5, 8, 32, 40, 41, 255, 256, 1000] {
                for byte in [0, 1, b'a', 0xff] {
                    let _ = options.set(id, &vec![byte; len]);
                    let _ = options.get(id, &mut vec![0; len]);
                }
            }
        }
    }
}
