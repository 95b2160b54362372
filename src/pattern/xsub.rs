//! XSUB: subscribes by sending messages; SUB is built on it.
//!
//! Thread: under the socket's lock. Invariants: every peer knows all our subscriptions.
//! Counterpart: RFC 29; `xsub.cpp` of libzmq 4.3.5.

use crate::error::{Errno, Result};
use crate::pattern::routing::distribute::Distribute;
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pattern::routing::radix::Radix;
use crate::pattern::{Pattern, int, options, switch};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};
use crate::protocol::command::{CANCEL, SUBSCRIBE};

/// Memory for commands that is kept, bytes.
const KEPT_COMMAND: usize = 1024;

#[derive(Debug)]
pub(super) struct Xsub {
    queue: FairQueue,
    distribute: Distribute,
    /// How often each topic was subscribed to.
    subscriptions: Radix,
    /// The command that is being told.
    command: Vec<u8>,
    /// SUB: only what was subscribed to is given out.
    filter: bool,
    pub(super) invert: bool,
    verbose_unsubscribe: bool,
    only_first_subscribe: bool,
    process_subscribe: bool,
    more_send: bool,
    more_recv: bool,
}

impl Xsub {
    pub(super) fn new(filter: bool) -> Self {
        Self {
            queue: FairQueue::default(),
            distribute: Distribute::default(),
            subscriptions: Radix::default(),
            command: Vec::new(),
            filter,
            invert: false,
            verbose_unsubscribe: false,
            only_first_subscribe: false,
            process_subscribe: false,
            more_send: false,
            more_recv: false,
        }
    }

    /// `ENOMEM` if no more topics can be kept.
    pub(super) fn subscribe(&mut self, pipes: &mut Pipes, topic: &[u8]) -> Result<()> {
        self.count_in(topic)?;
        self.tell_all(pipes, SUBSCRIBE, topic);
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, pipes: &mut Pipes, topic: &[u8]) {
        if self.count_out(topic) || self.verbose_unsubscribe {
            self.tell_all(pipes, CANCEL, topic);
        }
    }

    fn count_in(&mut self, topic: &[u8]) -> Result<()> {
        let (count, _) = self.subscriptions.entry(topic, 0).ok_or(Errno::ENOMEM)?;
        *count = count.saturating_add(1);
        Ok(())
    }

    /// True if that was the topic's last subscription.
    fn count_out(&mut self, topic: &[u8]) -> bool {
        let last = self.subscriptions.remove_if(topic, |count| {
            *count -= 1;
            *count == 0
        });
        last == Some(true)
    }

    fn tell_all(&mut self, pipes: &mut Pipes, name: &[u8], topic: &[u8]) {
        self.command.clear();
        self.command.extend_from_slice(name);
        self.command.extend_from_slice(topic);
        pipes.write_command_to_all(&self.command);
        // A long one is not worth keeping the memory.
        self.command.shrink_to(KEPT_COMMAND);
    }

    fn tell_everything(&mut self, pipes: &mut Pipes, id: PipeId) {
        let mut command = SUBSCRIBE.to_vec();
        self.subscriptions.for_each(|topic, _| {
            command.truncate(SUBSCRIBE.len());
            command.extend_from_slice(topic);
            pipes.write_command(id, &command);
        });
    }

    #[inline(always)]
    fn is_wanted(&self, data: &[u8]) -> bool {
        let mut matched = false;
        self.subscriptions.matches(data, |_| {
            matched = true;
            false
        });
        matched != self.invert
    }

    /// The pipe whose next frame is to be given out; what nobody subscribed to is dropped.
    fn next(&mut self, pipes: &mut Pipes) -> Option<PipeId> {
        loop {
            let id = self.queue.next(pipes)?;
            if self.more_recv || !self.filter {
                return Some(id);
            }
            if self.is_wanted(pipes.peek(id)?) {
                return Some(id);
            }
            loop {
                let more = pipes.read(id)?.more();
                self.queue.took(more);
                if !more {
                    break;
                }
            }
        }
    }

    #[inline(always)]
    fn read<'p>(&mut self, pipes: &'p mut Pipes, id: PipeId) -> Result<Frame<'p>> {
        let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
        self.queue.took(frame.more());
        self.more_recv = frame.more();
        Ok(frame)
    }

    /// Receives with nothing at hand, or something that is not wanted.
    #[inline(never)]
    fn recv_further<'p>(&mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        let id = self.next(pipes).ok_or(Errno::EAGAIN)?;
        self.read(pipes, id)
    }
}

impl Pattern for Xsub {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        self.queue.attach(id);
        self.distribute.attach(id);
        self.tell_everything(pipes, id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.detach(id);
        self.distribute.detach(id);
    }

    fn read_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.activated(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.distribute.activated(id);
    }

    fn hiccuped(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.tell_everything(pipes, id);
    }

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        let first = !self.more_send;
        self.more_send = out.more;
        if first {
            self.process_subscribe = !self.only_first_subscribe;
        } else if !self.process_subscribe {
            self.distribute.send_to_all(pipes, out);
            return Ok(());
        }
        let alone = first && !out.more;
        let (kind, topic) = match out.data().split_first() {
            Some((1, topic)) => (Some(true), topic.to_vec()),
            Some((0, topic)) => (Some(false), topic.to_vec()),
            _ => (None, Vec::new()),
        };
        match kind {
            Some(true) if alone => {
                self.process_subscribe = true;
                self.subscribe(pipes, &topic)?;
            }
            Some(false) if alone => {
                self.process_subscribe = true;
                self.unsubscribe(pipes, &topic);
            }
            Some(true) => {
                // Part of a longer message: goes as it is, other ends understand it.
                self.count_in(&topic)?;
                self.process_subscribe = true;
                self.distribute.send_to_all(pipes, out);
            }
            Some(false) => {
                self.count_out(&topic);
                self.process_subscribe = true;
                self.distribute.send_to_all(pipes, out);
            }
            None => self.distribute.send_to_all(pipes, out),
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        if let Some(id) = self.queue.at_hand(pipes)
            && (self.more_recv
                || !self.filter
                || pipes.peek_at_hand(id).is_some_and(|data| self.is_wanted(data)))
        {
            return self.read(pipes, id);
        }
        self.recv_further(pipes)
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.next(pipes).is_some()
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        // Subscriptions can be sent at any time.
        true
    }

    fn set_option(&mut self, _pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        match id {
            options::ONLY_FIRST_SUBSCRIBE => {
                Some(switch(value).map(|on| self.only_first_subscribe = on))
            }
            options::XSUB_VERBOSE_UNSUBSCRIBE => {
                Some(int(value).map(|on| self.verbose_unsubscribe = on != 0))
            }
            _ => None,
        }
    }

    fn get_option(&self, id: i32) -> Option<i32> {
        (id == options::TOPICS_COUNT).then(|| self.subscriptions.len() as i32)
    }
}
