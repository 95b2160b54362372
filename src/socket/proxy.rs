//! Lets messages pass between two sockets until the context ends, or somebody says so.
//!
//! Thread: the caller's. Invariants: a side is asked for input only while the other has room
//! for it. Counterpart: `proxy.cpp` of libzmq 4.3.5; `zmq_proxy(3)`, `zmq_proxy_steerable(3)`.

use crate::error::{Errno, Result};
use crate::msg::Msg;

use super::Socket;
use super::poll::{self, Item, POLLIN, POLLOUT, Source};
use super::relay::{Passed, forward};

#[derive(Clone, Copy, Debug, Default)]
struct Statistics {
    frontend_in: Passed,
    frontend_out: Passed,
    backend_in: Passed,
    backend_out: Passed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Active,
    Paused,
    Terminated,
}

/// Runs a proxy. Returns `Ok` when told to `TERMINATE`, else the error that ended it: `ETERM`.
pub fn run(
    frontend: &'static Socket,
    backend: &'static Socket,
    capture: Option<&'static Socket>,
    control: Option<&'static Socket>,
) -> Result<()> {
    let same = std::ptr::eq(frontend, backend);
    let mut statistics = Statistics::default();
    let mut mode = Mode::Active;
    loop {
        // A side is asked for input only while the other can take it.
        let (to_backend, to_frontend) = if mode == Mode::Active {
            (same || backend.has_room()?, !same && frontend.has_room()?)
        } else {
            (false, false)
        };
        let mut items = Vec::with_capacity(3);
        let mut watch = |socket, events| {
            items.push(Item { source: Source::Socket(socket), events, revents: 0 });
        };
        if let Some(control) = control {
            watch(control, POLLIN);
        }
        if mode == Mode::Active {
            watch(frontend, if to_backend { POLLIN } else { 0 });
            if !same {
                watch(backend, if to_frontend { POLLIN } else { 0 });
            }
            if !to_backend {
                watch(backend, POLLOUT);
            }
            if !same && !to_frontend {
                watch(frontend, POLLOUT);
            }
        }
        match poll::poll(&mut items, -1, None) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno),
        }
        let readable = |socket: &'static Socket| {
            items.iter().any(|item| {
                matches!(item.source, Source::Socket(own) if std::ptr::eq(own, socket))
                    && item.revents & POLLIN != 0
            })
        };
        if let Some(control) = control
            && readable(control)
        {
            mode = obey(control, mode, &statistics)?;
            if mode == Mode::Terminated {
                return Ok(());
            }
        }
        if mode == Mode::Active && readable(frontend) {
            let passed = [&mut statistics.frontend_in, &mut statistics.backend_out];
            forward(frontend, backend, capture, passed)?;
        }
        if mode == Mode::Active && !same && readable(backend) {
            let passed = [&mut statistics.backend_in, &mut statistics.frontend_out];
            forward(backend, frontend, capture, passed)?;
        }
    }
}

/// Takes one command off the control socket.
fn obey(control: &'static Socket, mode: Mode, statistics: &Statistics) -> Result<Mode> {
    let (command, mut more) = control.recv(false, |frame| (frame.data().to_vec(), frame.more()))?;
    while more {
        more = control.recv(false, |frame| frame.more())?;
    }
    let mode = match command.as_slice() {
        b"PAUSE" => Mode::Paused,
        b"RESUME" => Mode::Active,
        b"TERMINATE" => Mode::Terminated,
        b"STATISTICS" => {
            let all = [
                statistics.frontend_in,
                statistics.frontend_out,
                statistics.backend_in,
                statistics.backend_out,
            ];
            let numbers: Vec<u64> = all.iter().flat_map(|p| [p.messages, p.bytes]).collect();
            let last = numbers.len() - 1;
            for (index, number) in numbers.iter().enumerate() {
                control.send_slice(&number.to_ne_bytes(), false, index < last)?;
            }
            return Ok(mode);
        }
        _ => mode,
    };
    // COMPAT: every type of control socket is answered, whether it can be or not
    // (`capi-tests/api/proxy.c`).
    control.send_msg(&mut Msg::new(), false, false)?;
    Ok(mode)
}
