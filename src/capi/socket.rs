//! Sockets: life, options, endpoints, sending and receiving.

use std::ffi::{c_char, c_int, c_void};

use super::constants::{ZMQ_DONTWAIT, ZMQ_PAIR, ZMQ_SNDMORE};
use super::{buffer_at, bytes_at, count, fail, handle, pointer, status, str_at};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::socket::Socket;

/// `zmq_socket(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket(context: *mut c_void, kind: c_int) -> *mut c_void {
    pointer(|| Ok(handle::socket_into_handle(Socket::create(&handle::context(context)?, kind)?)))
}

/// `zmq_close(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_close(socket: *mut c_void) -> c_int {
    status(|| handle::socket(socket)?.close())
}

/// `zmq_setsockopt(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_setsockopt(
    socket: *mut c_void,
    option: c_int,
    optval: *const c_void,
    optvallen: usize,
) -> c_int {
    status(|| {
        let socket = handle::socket(socket)?;
        if optval.is_null() && optvallen == 0 {
            return socket.unset_option(option);
        }
        // SAFETY: see the module.
        socket.set_option(option, unsafe { bytes_at(optval, optvallen) }?)
    })
}

/// `zmq_getsockopt(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_getsockopt(
    socket: *mut c_void,
    option: c_int,
    optval: *mut c_void,
    optvallen: *mut usize,
) -> c_int {
    status(|| {
        let socket = handle::socket(socket)?;
        if optval.is_null() || optvallen.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: see the module.
        let len = unsafe { &mut *optvallen };
        // SAFETY: see the module.
        let out = unsafe { buffer_at(optval, *len) };
        *len = socket.get_option(option, out)?;
        Ok(())
    })
}

/// `zmq_bind(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_bind(socket: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: see the module.
    status(|| handle::socket(socket)?.bind(unsafe { str_at(endpoint) }?))
}

/// `zmq_connect(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect(socket: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: see the module.
    status(|| handle::socket(socket)?.connect(unsafe { str_at(endpoint) }?))
}

/// `zmq_unbind(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_unbind(socket: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: see the module.
    status(|| handle::socket(socket)?.term_endpoint(unsafe { str_at(endpoint) }?))
}

/// `zmq_disconnect(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_disconnect(socket: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: see the module.
    status(|| handle::socket(socket)?.term_endpoint(unsafe { str_at(endpoint) }?))
}

/// `zmq_send(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send(
    socket: *mut c_void,
    buf: *const c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    match handle::socket(socket) {
        // SAFETY: see the module.
        Ok(socket) if socket.sends_directly() => unsafe { send::<true>(socket, buf, len, flags) },
        // SAFETY: as above.
        Ok(socket) => unsafe { send::<false>(socket, buf, len, flags) },
        Err(errno) => fail(errno),
    }
}

/// By C's convention, so that [`zmq_send`] jumps here and saves nothing.
///
/// # Safety
/// See the module.
#[inline(never)]
unsafe extern "C" fn send<const DIRECT: bool>(
    socket: &'static Socket,
    buf: *const c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    count(|| {
        // SAFETY: see the module.
        let bytes = unsafe { bytes_at(buf, len) }?;
        socket.send_slice_by::<DIRECT>(bytes, flags & ZMQ_DONTWAIT != 0, flags & ZMQ_SNDMORE != 0)
    })
}

/// `zmq_send_const(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send_const(
    socket: *mut c_void,
    buf: *const c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    count(|| {
        let socket = handle::socket(socket)?;
        // SAFETY: `zmq_send_const` promises that the memory outlives the message.
        let mut msg = unsafe { Msg::from_const(buf, len) };
        socket.send_msg(&mut msg, flags & ZMQ_DONTWAIT != 0, flags & ZMQ_SNDMORE != 0)
    })
}

/// `zmq_recv(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recv(
    socket: *mut c_void,
    buf: *mut c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    match handle::socket(socket) {
        // SAFETY: see the module.
        Ok(socket) if socket.receives_directly() => unsafe {
            recv::<true>(socket, buf, len, flags)
        },
        // SAFETY: as above.
        Ok(socket) => unsafe { recv::<false>(socket, buf, len, flags) },
        Err(errno) => fail(errno),
    }
}

/// As [`send`], for [`zmq_recv`].
///
/// # Safety
/// See the module.
#[inline(never)]
unsafe extern "C" fn recv<const DIRECT: bool>(
    socket: &'static Socket,
    buf: *mut c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    count(|| {
        // SAFETY: see the module.
        let out = unsafe { buffer_at(buf, len) };
        // A body that came by pointer goes after the socket's lock: its user's function may run.
        let mut spent = None;
        socket
            .recv_by::<DIRECT, _>(flags & ZMQ_DONTWAIT != 0, |frame| frame.copy_to(out, &mut spent))
    })
}

/// `zmq_msg_send(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_send(msg: *mut Msg, socket: *mut c_void, flags: c_int) -> c_int {
    match handle::socket(socket) {
        // SAFETY: see the module.
        Ok(socket) if socket.sends_directly() => unsafe { msg_send::<true>(msg, socket, flags) },
        // SAFETY: as above.
        Ok(socket) => unsafe { msg_send::<false>(msg, socket, flags) },
        Err(errno) => fail(errno),
    }
}

/// As [`send`], for [`zmq_msg_send`].
///
/// # Safety
/// See the module.
#[inline(never)]
unsafe extern "C" fn msg_send<const DIRECT: bool>(
    msg: *mut Msg,
    socket: &'static Socket,
    flags: c_int,
) -> c_int {
    count(|| {
        // SAFETY: see the module.
        let msg = unsafe { super::msg::live(msg) }?;
        socket.send_msg_by::<DIRECT>(msg, flags & ZMQ_DONTWAIT != 0, flags & ZMQ_SNDMORE != 0)
    })
}

/// `zmq_msg_recv(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_recv(msg: *mut Msg, socket: *mut c_void, flags: c_int) -> c_int {
    match handle::socket(socket) {
        // SAFETY: see the module.
        Ok(socket) if socket.receives_directly() => unsafe { msg_recv::<true>(msg, socket, flags) },
        // SAFETY: as above.
        Ok(socket) => unsafe { msg_recv::<false>(msg, socket, flags) },
        Err(errno) => fail(errno),
    }
}

/// As [`send`], for [`zmq_msg_recv`].
///
/// # Safety
/// See the module.
#[inline(never)]
unsafe extern "C" fn msg_recv<const DIRECT: bool>(
    msg: *mut Msg,
    socket: &'static Socket,
    flags: c_int,
) -> c_int {
    count(|| {
        // SAFETY: see the module.
        let msg = unsafe { super::msg::live(msg) }?;
        // What a user's function wants back goes when the socket's lock is released again.
        let old = msg.has_foreign().then(|| std::mem::take(msg));
        let received =
            socket.recv_by::<DIRECT, _>(flags & ZMQ_DONTWAIT != 0, |frame| frame.store(msg));
        if let Err(errno) = received {
            // COMPAT: looking for a message empties the old one (`capi-tests/api/messages.c`).
            if matches!(errno, Errno::EAGAIN | Errno::EINTR) && socket.looking_empties() {
                *msg = Msg::new();
            } else if let Some(old) = old {
                *msg = old;
            }
            return Err(errno);
        }
        Ok(msg.len())
    })
}

/// `zmq_sendmsg`, deprecated
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendmsg(socket: *mut c_void, msg: *mut Msg, flags: c_int) -> c_int {
    // SAFETY: see the module.
    unsafe { zmq_msg_send(msg, socket, flags) }
}

/// `zmq_recvmsg`, deprecated
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recvmsg(socket: *mut c_void, msg: *mut Msg, flags: c_int) -> c_int {
    // SAFETY: see the module.
    unsafe { zmq_msg_recv(msg, socket, flags) }
}

/// `zmq_sendiov`: each buffer a frame; of one message with `ZMQ_SNDMORE`, else a message of its own
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendiov(
    socket: *mut c_void,
    iov: *mut libc::iovec,
    n: usize,
    flags: c_int,
) -> c_int {
    count(|| {
        let socket = handle::socket(socket)?;
        if n == 0 || iov.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: see the module.
        let parts = unsafe { std::slice::from_raw_parts(iov, n) };
        let mut sent = 0;
        for (index, part) in parts.iter().enumerate() {
            let more = flags & ZMQ_SNDMORE != 0 && index + 1 < n;
            // SAFETY: see the module.
            let bytes = unsafe { bytes_at(part.iov_base, part.iov_len) }?;
            sent = socket.send_slice(bytes, flags & ZMQ_DONTWAIT != 0, more)?;
        }
        Ok(sent)
    })
}

/// `zmq_recviov`: each frame of one message into memory made by `malloc`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recviov(
    socket: *mut c_void,
    iov: *mut libc::iovec,
    n: *mut usize,
    flags: c_int,
) -> c_int {
    count(|| {
        let socket = handle::socket(socket)?;
        // SAFETY: see the module.
        let Some(n) = (unsafe { n.as_mut() }) else { return Err(Errno::EINVAL) };
        if *n == 0 || iov.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: see the module.
        let parts = unsafe { std::slice::from_raw_parts_mut(iov, *n) };
        *n = 0;
        for part in parts {
            let (copied, more, _spent) = socket.recv(flags & ZMQ_DONTWAIT != 0, |frame| {
                (malloc_copy(frame.data()), frame.more(), frame.into_external())
            })?;
            *part = copied?;
            *n += 1;
            if !more {
                break;
            }
        }
        Ok(*n)
    })
}

fn malloc_copy(data: &[u8]) -> Result<libc::iovec> {
    // SAFETY: at least one byte is asked for, and as many are written as there is room for.
    unsafe {
        let memory = libc::malloc(data.len().max(1));
        if memory.is_null() {
            return Err(Errno::ENOMEM);
        }
        memory.cast::<u8>().copy_from_nonoverlapping(data.as_ptr(), data.len());
        Ok(libc::iovec { iov_base: memory, iov_len: data.len() })
    }
}

/// `zmq_socket_monitor(3)`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor(
    socket: *mut c_void,
    endpoint: *const c_char,
    events: c_int,
) -> c_int {
    // SAFETY: see the module.
    unsafe {
        super::draft::monitor::zmq_socket_monitor_versioned(
            socket,
            endpoint,
            events as u16 as u64,
            1,
            ZMQ_PAIR,
        )
    }
}
