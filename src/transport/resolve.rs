//! Names to addresses, off every thread that has something better to do.
//!
//! Each look-up has a thread of its own, at most `MAX_LOOKUPS` at a time and the rest in a
//! queue; the threads are detached, so a name server that hangs holds up nothing else, not even
//! the end of the context.
//!
//! Thread: any. Invariants: the callback runs exactly once. Counterpart: `ip_resolver.cpp` of
//! libzmq 4.3.5, which resolves on the I/O thread.

use std::collections::VecDeque;
use std::fmt;
use std::net::{IpAddr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::{Errno, Result};
use crate::sys;

/// Look-ups that run at a time.
const MAX_LOOKUPS: usize = 16;

/// Gets the addresses, in the order in which to try them.
pub type Callback = Box<dyn FnOnce(Result<Vec<SocketAddr>>) + Send>;

struct Lookup {
    host: String,
    port: u16,
    ipv6: bool,
    done: Callback,
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").field("host", &self.host).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Queue {
    running: usize,
    waiting: VecDeque<Lookup>,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue { running: 0, waiting: VecDeque::new() });

/// A host that is an address already, in any of the forms that the system reads.
pub fn numeric(host: &str, port: u16, ipv6: bool) -> Option<SocketAddr> {
    let (host, zone) = split_zone(host).ok()?;
    let ip = match host.parse::<IpAddr>() {
        Ok(ip) => ip,
        Err(_) => sys::net::look_up(host, ipv6, true)?,
    };
    with_port(ip, port, zone, ipv6)
}

/// Looks `host` up here and now: `EINVAL` for a zone that is none, `ENODEV` for a host.
pub fn look_up_now(host: &str, port: u16, ipv6: bool) -> Result<SocketAddr> {
    let (name, zone) = split_zone(host)?;
    if let Some(address) = numeric(host, port, ipv6) {
        return Ok(address);
    }
    let ip = sys::net::look_up(name, ipv6, false).ok_or(Errno::ENODEV)?;
    with_port(ip, port, zone, ipv6).ok_or(Errno::ENODEV)
}

/// Takes the zone off: the number or name of an interface after a `%`; 0 for none.
fn split_zone(host: &str) -> Result<(&str, u32)> {
    let Some((host, zone)) = host.split_once('%') else { return Ok((host, 0)) };
    let zone = zone.parse().ok().or_else(|| sys::net::interface_index(zone));
    Ok((host, zone.filter(|zone| *zone != 0).ok_or(Errno::EINVAL)?))
}

fn with_port(ip: IpAddr, port: u16, zone: u32, ipv6: bool) -> Option<SocketAddr> {
    match ip {
        // A dual-stack socket reaches IPv4 peers by their own family as well.
        IpAddr::V4(_) => Some(SocketAddr::new(ip, port)),
        IpAddr::V6(ip) => ipv6.then(|| SocketAddrV6::new(ip, port, 0, zone).into()),
    }
}

/// Resolves `host`; `done` runs here and now for an address, later on another thread for a name.
pub fn resolve(host: &str, port: u16, ipv6: bool, done: Callback) {
    if let Some(address) = numeric(host, port, ipv6) {
        return done(Ok(vec![address]));
    }
    let lookup = Lookup { host: host.to_owned(), port, ipv6, done };
    {
        let mut queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.running == MAX_LOOKUPS {
            queue.waiting.push_back(lookup);
            return;
        }
        queue.running += 1;
    }
    start(lookup);
}

fn start(lookup: Lookup) {
    // Kept here until the thread exists, so that a failure to start it is reported.
    let slot = std::sync::Arc::new(Mutex::new(Some(lookup)));
    let inside = std::sync::Arc::clone(&slot);
    let take =
        |slot: &Mutex<Option<Lookup>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let spawned = thread::Builder::new().name("ZMQresolve".to_owned()).spawn(move || {
        sys::signals::block_all();
        let mut next = take(&inside);
        while let Some(lookup) = next {
            let result = look_up(&lookup);
            (lookup.done)(result);
            let mut queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
            next = queue.waiting.pop_front();
            if next.is_none() {
                queue.running -= 1;
            }
        }
    });
    if spawned.is_err() {
        QUEUE.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        if let Some(lookup) = take(&slot) {
            (lookup.done)(Err(Errno::EAGAIN));
        }
    }
}

fn look_up(lookup: &Lookup) -> Result<Vec<SocketAddr>> {
    let found = (lookup.host.as_str(), lookup.port).to_socket_addrs().map_err(|_| Errno::EINVAL)?;
    let addresses: Vec<SocketAddr> =
        found.filter(|address| lookup.ipv6 || address.is_ipv4()).collect();
    if addresses.is_empty() { Err(Errno::EINVAL) } else { Ok(addresses) }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_address_is_resolved_at_once() {
        let (tx, rx) = mpsc::channel();
        resolve("127.0.0.1", 7, false, Box::new(move |r| tx.send(r).expect("receiver waits")));
        assert_eq!(rx.try_recv(), Ok(Ok(vec![SocketAddr::from(([127, 0, 0, 1], 7))])));
    }

    #[test]
    fn addresses_are_read_in_every_form() {
        let local = SocketAddr::from(([127, 0, 0, 1], 7));
        for host in ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "127.0.0.1%lo"] {
            assert_eq!(numeric(host, 7, false), Some(local), "{host}");
        }
        assert_eq!(numeric("localhost", 7, false), None);
        assert_eq!(look_up_now("localhost", 7, false), Ok(local));
        assert_eq!(look_up_now("", 7, false), Err(Errno::ENODEV));
        assert_eq!(look_up_now("127.0.0.1%", 7, false), Err(Errno::EINVAL));
    }

    #[test]
    fn a_name_is_resolved_elsewhere() {
        let (tx, rx) = mpsc::channel();
        resolve("localhost", 7, false, Box::new(move |r| tx.send(r).expect("receiver waits")));
        let addresses = rx.recv_timeout(Duration::from_secs(20)).expect("answers").expect("known");
        assert!(addresses.iter().all(SocketAddr::is_ipv4));
    }
}
