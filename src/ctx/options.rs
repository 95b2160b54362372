//! Options of a context.
//!
//! Thread: under the context's lock. Invariants: values are in range. Counterpart: `ctx.cpp` of
//! libzmq 4.3.5; `zmq_ctx_set(3)`, `zmq_ctx_get(3)`.

use crate::error::{Errno, Result};

const IO_THREADS: i32 = 1;
const MAX_SOCKETS: i32 = 2;
/// Shares its number with `ZMQ_THREAD_PRIORITY`, which can only be set.
const SOCKET_LIMIT: i32 = 3;
const THREAD_PRIORITY: i32 = 3;
const THREAD_SCHED_POLICY: i32 = 4;
const MAX_MSGSZ: i32 = 5;
const MSG_T_SIZE: i32 = 6;
const THREAD_AFFINITY_CPU_ADD: i32 = 7;
const THREAD_AFFINITY_CPU_REMOVE: i32 = 8;
const THREAD_NAME_PREFIX: i32 = 9;
const ZERO_COPY_RECV: i32 = 10;
const IPV6: i32 = 42;
const BLOCKY: i32 = 70;

/// Most sockets that a context can be told to allow.
const MAX_SOCKET_LIMIT: i32 = 65535;

/// Longest name of a thread's prefix, bytes.
const MAX_PREFIX: usize = 16;

/// See the module.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named after the options")]
pub struct CtxOptions {
    pub io_threads: i32,
    pub max_sockets: i32,
    pub max_msg_size: i32,
    pub ipv6: bool,
    /// New sockets linger for ever.
    pub blocky: bool,
    pub zero_copy_recv: bool,
    pub thread_priority: i32,
    pub thread_sched_policy: i32,
    pub thread_affinity: Vec<usize>,
    pub thread_name_prefix: String,
}

impl Default for CtxOptions {
    fn default() -> Self {
        Self {
            io_threads: 1,
            max_sockets: 1023,
            max_msg_size: i32::MAX,
            ipv6: false,
            blocky: true,
            zero_copy_recv: true,
            thread_priority: -1,
            thread_sched_policy: -1,
            thread_affinity: Vec::new(),
            thread_name_prefix: String::new(),
        }
    }
}

impl CtxOptions {
    /// `zmq_ctx_set_ext`: `EINVAL` for an unknown option, a wrong size or range.
    pub fn set(&mut self, id: i32, value: &[u8]) -> Result<()> {
        let int = value.try_into().ok().map(i32::from_ne_bytes);
        if id == THREAD_NAME_PREFIX {
            // An int (as old programs pass it) becomes its decimal digits.
            let name = match int {
                Some(number) => number.to_string(),
                _ if !value.is_empty() && value.len() <= MAX_PREFIX => {
                    let end = value.iter().position(|&b| b == 0).unwrap_or(value.len());
                    String::from_utf8_lossy(&value[..end]).into_owned()
                }
                _ => return Err(Errno::EINVAL),
            };
            self.thread_name_prefix = name;
            return Ok(());
        }
        let value = int.ok_or(Errno::EINVAL)?;
        match id {
            MAX_SOCKETS if value >= 1 => self.max_sockets = value,
            IO_THREADS if value >= 0 => self.io_threads = value,
            IPV6 if value >= 0 => self.ipv6 = value != 0,
            BLOCKY if value >= 0 => self.blocky = value != 0,
            MAX_MSGSZ if value >= 0 => self.max_msg_size = value,
            ZERO_COPY_RECV if value >= 0 => self.zero_copy_recv = value != 0,
            THREAD_SCHED_POLICY if value >= 0 => self.thread_sched_policy = value,
            THREAD_PRIORITY if value >= 0 => self.thread_priority = value,
            THREAD_AFFINITY_CPU_ADD if value >= 0 => {
                self.thread_affinity.push(value as usize);
            }
            THREAD_AFFINITY_CPU_REMOVE if value >= 0 => {
                let at = self.thread_affinity.iter().position(|&cpu| cpu == value as usize);
                self.thread_affinity.remove(at.ok_or(Errno::EINVAL)?);
            }
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }

    /// `zmq_ctx_get`: `EINVAL` for an unknown option.
    pub fn get(&self, id: i32) -> Result<i32> {
        Ok(match id {
            MAX_SOCKETS => self.max_sockets,
            SOCKET_LIMIT => MAX_SOCKET_LIMIT,
            IO_THREADS => self.io_threads,
            IPV6 => i32::from(self.ipv6),
            BLOCKY => i32::from(self.blocky),
            MAX_MSGSZ => self.max_msg_size,
            MSG_T_SIZE => 64,
            ZERO_COPY_RECV => i32::from(self.zero_copy_recv),
            THREAD_SCHED_POLICY => self.thread_sched_policy,
            THREAD_NAME_PREFIX => leading_int(&self.thread_name_prefix),
            _ => return Err(Errno::EINVAL),
        })
    }

    /// `zmq_ctx_get_ext`: as `get`, and the prefix as text, to buffers that are not of an int's size.
    ///
    /// COMPAT: the text has no zero at its end, and its length is not told
    /// (`capi-tests/api/context.c`).
    pub fn get_ext(&self, id: i32, out: &mut [u8]) -> Result<()> {
        if out.len() == 4 {
            out.copy_from_slice(&self.get(id)?.to_ne_bytes());
            return Ok(());
        }
        if id != THREAD_NAME_PREFIX {
            return Err(Errno::EINVAL);
        }
        let prefix = self.thread_name_prefix.as_bytes();
        out.get_mut(..prefix.len()).ok_or(Errno::EINVAL)?.copy_from_slice(prefix);
        Ok(())
    }
}

/// The number that `text` begins with, as C's `atoi` finds it; 0 for none.
fn leading_int(text: &str) -> i32 {
    let digits =
        text.strip_prefix('-').unwrap_or(text).bytes().take_while(u8::is_ascii_digit).count();
    text[..digits + usize::from(text.starts_with('-'))].parse().unwrap_or(0)
}
