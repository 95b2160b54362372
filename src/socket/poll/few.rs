//! Polling a few sockets: each is locked and looked at, and read for in place of waiting.
//!
//! Thread: any; no lock is held while asleep. Invariants: a socket is asked again after the waiter
//! is registered with it, so that nothing is missed. Counterpart: as the module above.

use std::cell::RefCell;
use std::sync::Arc;

use crate::error::{Errno, Result};
use crate::socket::Wait;
use crate::socket::parker::{Parker, Slept, Waiters};
use crate::socket::spin::{Look, Spin};
use crate::sync::Ordering;
use crate::sys::clock::Ticks;
use crate::sys::poll::{self as sys_poll, PollFd};

use super::{Item, POLLIN, POLLOUT, Source, descriptors, look_at_descriptors};

thread_local! {
    /// What polls of this thread learned about spinning.
    static SPIN: RefCell<Option<Spin>> = const { RefCell::new(None) };
}

pub(super) fn poll(
    items: &mut [Item],
    wait: &Wait,
    may_wait: bool,
    mask: Option<&libc::sigset_t>,
) -> Result<usize> {
    match look(items, may_wait) {
        Ok(0) if may_wait => {}
        other => return other,
    }
    let mut spin = SPIN.try_with(|spin| spin.take()).ok().flatten().unwrap_or_else(Spin::new);
    let result = poll_slow(items, wait, mask, &mut spin);
    let _ = SPIN.try_with(|place| place.replace(Some(spin)));
    result
}

fn poll_slow(
    items: &mut [Item],
    wait: &Wait,
    mask: Option<&libc::sigset_t>,
    spin: &mut Spin,
) -> Result<usize> {
    let only_sockets = items.iter().all(|item| matches!(item.source, Source::Socket(_)));
    if only_sockets && mask.is_none() && !items.is_empty() {
        let mut looked = Ok(0);
        let found = spin.until(|| {
            looked = look(items, true);
            if looked == Ok(0) { Look::Nothing } else { Look::Found }
        });
        if found {
            return looked;
        }
    }
    // Wake-ups are kept from here on; look once more before sleeping.
    let parker = Parker::current();
    parker.begin();
    let registered = register(items, &parker)?;
    let result = loop {
        match look(items, true) {
            Ok(0) => {}
            other => break other,
        }
        match sleep(items, &parker, wait, mask, spin) {
            Ok(()) => {}
            Err(Errno::EAGAIN) => break look(items, false),
            Err(errno) => break Err(errno),
        }
        parker.begin();
    };
    for waiters in &registered {
        waiters.unregister(&parker);
    }
    result
}

fn look(items: &mut [Item], drive: bool) -> Result<usize> {
    // Before the sockets: looking at a socket makes its own descriptor unreadable.
    let mut ready = look_at_descriptors(items)?;
    for item in items.iter_mut() {
        let Source::Socket(socket) = item.source else { continue };
        let mut state = socket.open()?;
        let mut events = state.events() as i16;
        let wants_input = drive && item.events & POLLIN != 0;
        if events & item.events == 0 && wants_input && state.drive(true) {
            events = state.events() as i16;
        }
        item.revents = events & item.events & (POLLIN | POLLOUT);
        ready += usize::from(item.revents != 0);
    }
    Ok(ready)
}

fn register(items: &[Item], parker: &Arc<Parker>) -> Result<Vec<Arc<Waiters>>> {
    let mut registered: Vec<Arc<Waiters>> = Vec::new();
    for item in items {
        let Source::Socket(socket) = item.source else { continue };
        let waiters = socket.open().map(|state| Arc::clone(&state.shared.waiters));
        match waiters {
            Ok(waiters) => {
                waiters.register(parker);
                registered.push(waiters);
            }
            Err(errno) => {
                for waiters in &registered {
                    waiters.unregister(parker);
                }
                return Err(errno);
            }
        }
    }
    Ok(registered)
}

fn sleep(
    items: &[Item],
    parker: &Parker,
    wait: &Wait,
    mask: Option<&libc::sigset_t>,
    spin: &mut Spin,
) -> Result<()> {
    let timeout = wait.left()?;
    let mut fds: Vec<PollFd> = descriptors(items).collect();
    let mut news = false;
    for item in items {
        let Source::Socket(socket) = item.source else { continue };
        let mut state = socket.open()?;
        news |= state.shared.has_news();
        if item.events & POLLIN != 0 {
            state.calm_down();
            state.begin_sleep(|fd| fds.push(PollFd::new(fd, sys_poll::IN)));
        }
    }
    let began = Ticks::now();
    let slept = if news { Ok(Slept::Look) } else { parker.sleep(&mut fds, timeout, mask) };
    spin.slept(Ticks::now().since(began));
    for item in items {
        if let Source::Socket(socket) = item.source
            && item.events & POLLIN != 0
        {
            let state = socket.lock()?;
            state.end_sleep();
            if state.shared.stopped.load(Ordering::SeqCst) {
                return Err(state.shared.tell());
            }
        }
    }
    match slept? {
        Slept::Look => Ok(()),
        Slept::Interrupted => Err(Errno::EINTR),
    }
}
