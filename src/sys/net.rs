//! Facts about interfaces and peers, and socket options that no crate offers.

use std::ffi::CString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr as UnixAddr;

use socket2::{SockAddr, SockAddrStorage, Socket};

/// Takes a peer that waits at a listening socket: non-blocking and closed on exec by the same call.
pub fn accept(listener: &Socket) -> io::Result<(Socket, SockAddr)> {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: the storage is large enough for any address, and `accept4` sets the length; the
    // descriptor is new, and nobody else's.
    unsafe {
        SockAddr::try_init(|storage, len| {
            let fd = libc::accept4(listener.as_raw_fd(), storage.cast(), len, flags);
            if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(Socket::from_raw_fd(fd)) }
        })
    }
}

/// The first address of the interface `name`, of the family asked for.
pub fn interface_address(name: &str, ipv6: bool) -> Option<IpAddr> {
    let mut found = None;
    // SAFETY: the list lives from getifaddrs to freeifaddrs; each entry's address is null or a
    // sockaddr of the family that it names.
    unsafe {
        let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
        if libc::getifaddrs(&raw mut list) != 0 {
            return None;
        }
        let mut entry = list;
        while !entry.is_null() && found.is_none() {
            let this = &*entry;
            entry = this.ifa_next;
            let own = std::ffi::CStr::from_ptr(this.ifa_name);
            if this.ifa_addr.is_null() || own.to_bytes() != name.as_bytes() {
                continue;
            }
            match i32::from((*this.ifa_addr).sa_family) {
                libc::AF_INET if !ipv6 => {
                    let v4 = &*this.ifa_addr.cast::<libc::sockaddr_in>();
                    found = Some(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into());
                }
                libc::AF_INET6 if ipv6 => {
                    let v6 = &*this.ifa_addr.cast::<libc::sockaddr_in6>();
                    found = Some(Ipv6Addr::from(v6.sin6_addr.s6_addr).into());
                }
                _ => {}
            }
        }
        libc::freeifaddrs(list);
    }
    found
}

/// The first address of `host`, an IPv4 address in the form of IPv6 if there is no other and
/// `ipv6` is asked for. `numeric`: nothing but a written-out address, which asks nobody; else the
/// system's resolver, which may take its time.
pub fn look_up(host: &str, ipv6: bool, numeric: bool) -> Option<IpAddr> {
    let host = CString::new(host).ok().filter(|host| !host.is_empty())?;
    // SAFETY: zeros are a valid `addrinfo`; the list lives from getaddrinfo to freeaddrinfo, and
    // its addresses are of the family that they name.
    unsafe {
        let mut hints: libc::addrinfo = std::mem::zeroed();
        hints.ai_family = if ipv6 { libc::AF_INET6 } else { libc::AF_INET };
        hints.ai_socktype = libc::SOCK_STREAM;
        hints.ai_flags = if ipv6 { libc::AI_V4MAPPED } else { 0 };
        hints.ai_flags |= if numeric { libc::AI_NUMERICHOST } else { 0 };
        let mut list: *mut libc::addrinfo = std::ptr::null_mut();
        let failed =
            libc::getaddrinfo(host.as_ptr(), std::ptr::null(), &raw const hints, &raw mut list);
        if failed != 0 || list.is_null() {
            return None;
        }
        let found = match i32::from((*(*list).ai_addr).sa_family) {
            libc::AF_INET => {
                let v4 = &*(*list).ai_addr.cast::<libc::sockaddr_in>();
                Some(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into())
            }
            libc::AF_INET6 => {
                let v6 = &*(*list).ai_addr.cast::<libc::sockaddr_in6>();
                Some(Ipv6Addr::from(v6.sin6_addr.s6_addr).into())
            }
            _ => None,
        };
        libc::freeaddrinfo(list);
        found
    }
}

/// The number of the interface `name`.
pub fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: a C string that lives through the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index != 0).then_some(index)
}

/// Who is at the other end of a Unix domain socket.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named after the fields of ucred")]
pub struct Credentials {
    pub pid: i32,
    pub uid: u32,
    pub gid: u32,
}

/// Asks the kernel for the peer's credentials.
pub fn peer_credentials(socket: &Socket) -> io::Result<Credentials> {
    let mut cred = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut len = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes to `cred`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut cred).cast(),
            &raw mut len,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Credentials { pid: cred.pid, uid: cred.uid, gid: cred.gid })
}

/// True if user `uid` is a member of one of `gids`.
pub fn in_any_group(uid: u32, gids: &[u32]) -> bool {
    if gids.is_empty() {
        return false;
    }
    let mut buffer = vec![0; 16 << 10];
    let mut groups = [0; 256];
    let mut count = groups.len() as i32;
    // SAFETY: `getpwuid_r` writes within `buffer` and `entry`; the strings of `entry` point into
    // `buffer`, which lives on; `getgrouplist` writes at most `count` groups.
    unsafe {
        let mut entry: libc::passwd = std::mem::zeroed();
        let mut result = std::ptr::null_mut();
        let failed = libc::getpwuid_r(
            uid,
            &raw mut entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut result,
        );
        if failed != 0 || result.is_null() {
            return false;
        }
        if libc::getgrouplist(entry.pw_name, entry.pw_gid, groups.as_mut_ptr(), &raw mut count) < 0
        {
            return false;
        }
    }
    groups[..count.max(0) as usize].iter().any(|gid| gids.contains(gid))
}

fn set_int(socket: &Socket, option: i32, value: i32) -> io::Result<()> {
    // SAFETY: the kernel reads four bytes of `value`.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw const value).cast(),
            size_of::<i32>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `SO_PRIORITY`.
pub fn set_priority(socket: &Socket, priority: i32) -> io::Result<()> {
    set_int(socket, libc::SO_PRIORITY, priority)
}

/// What [`set_priority`] has set.
#[cfg(test)]
pub(crate) fn priority(socket: &Socket) -> io::Result<i32> {
    let mut value = 0;
    let mut len = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes to `value`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PRIORITY,
            (&raw mut value).cast(),
            &raw mut len,
        )
    };
    if result == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

/// `SO_BUSY_POLL`, microseconds.
pub fn set_busy_poll(socket: &Socket, micros: i32) -> io::Result<()> {
    set_int(socket, libc::SO_BUSY_POLL, micros)
}

/// The standard library's address in the form that socket2 takes.
pub fn unix_sock_addr(address: &UnixAddr) -> SockAddr {
    let name = address.as_abstract_name().unwrap_or_default();
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: the storage is larger than `sockaddr_un` and aligned for it; the length counts the
    // family, the leading zero and the name, which `UnixAddr` has checked to fit.
    unsafe {
        let un = storage.view_as::<libc::sockaddr_un>();
        un.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (to, from) in un.sun_path.iter_mut().skip(1).zip(name) {
            *to = *from as libc::c_char;
        }
        let len = std::mem::offset_of!(libc::sockaddr_un, sun_path) + 1 + name.len();
        SockAddr::new(storage, len as libc::socklen_t)
    }
}
