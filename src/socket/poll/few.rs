//! Polling a few sockets: each is locked and looked at, and read for in place of waiting.
//!
//! Thread: any; no lock is held while asleep. Invariants: a socket is asked again after the waiter
//! is registered with it, so that nothing is missed. Counterpart: as the module above.

use std::cell::RefCell;
use std::sync::Arc;
use std::thread;

use crate::error::{Errno, Result};
use crate::socket::Wait;
use crate::socket::parker::{Parker, Slept, Waiters};
use crate::socket::spin::{Look, Spin};
use crate::socket::turns::{LEAST_WAIT, Turns};
use crate::sync::Ordering;
use crate::sys::clock::Ticks;
use crate::sys::poll::{self as sys_poll, PollFd};

use super::{Item, POLLIN, POLLOUT, Source, descriptors, look_at_descriptors};

thread_local! {
    static LEARNED: RefCell<Option<Learned>> = const { RefCell::new(None) };
}

/// What polls of one thread learned about waiting.
struct Learned {
    spin: Spin,
    turns: Turns,
}

impl Learned {
    fn new() -> Self {
        Self { spin: Spin::new(), turns: Turns::new() }
    }
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
    let learned = LEARNED.try_with(|learned| learned.take()).ok().flatten();
    let mut learned = learned.unwrap_or_else(Learned::new);
    let result = poll_slow(items, wait, mask, &mut learned);
    let _ = LEARNED.try_with(|place| place.replace(Some(learned)));
    result
}

fn poll_slow(
    items: &mut [Item],
    wait: &Wait,
    mask: Option<&libc::sigset_t>,
    Learned { spin, turns }: &mut Learned,
) -> Result<usize> {
    let only_sockets = items.iter().all(|item| matches!(item.source, Source::Socket(_)));
    if only_sockets && mask.is_none() && !items.is_empty() {
        let gives_turn =
            spin.is_pausing() && wait.lasts(LEAST_WAIT) && await_streams(items)? && turns.is_due();
        let mut looked = Ok(0);
        let found = spin.until(|| {
            looked = look(items, true);
            if looked == Ok(0) { Look::Nothing } else { Look::Found }
        });
        if found {
            return looked;
        }
        if gives_turn {
            let ready = give_turn(items, turns)?;
            if ready > 0 {
                return Ok(ready);
            }
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

/// True if all that is waited for is input, and none of it may be an answer.
fn await_streams(items: &[Item]) -> Result<bool> {
    for item in items {
        let Source::Socket(socket) = item.source else { continue };
        if item.events != POLLIN || socket.open()?.stream.awaits_answer() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets others run, and looks again.
fn give_turn(items: &mut [Item], turns: &mut Turns) -> Result<usize> {
    let began = Ticks::now();
    thread::yield_now();
    let ticks = Ticks::now().since(began);
    let ready = look(items, true)?;
    turns.over(ticks, ready > 0, || items.iter().map(to_be_read).sum());
    Ok(ready)
}

fn to_be_read(item: &Item) -> u64 {
    match item.source {
        Source::Socket(socket) => socket.lock().map_or(0, |state| state.pipes.to_be_read()),
        Source::Fd(_) => 0,
    }
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
