//! XPUB: sends to those who subscribed, and tells who subscribes; PUB is built on it.
//!
//! Thread: under the socket's lock. Invariants: a topic's set of pipes holds attached pipes only.
//! Counterpart: RFC 29; `xpub.cpp` of libzmq 4.3.5.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::error::{Errno, Result};
use crate::msg::{Msg, PeerInfo};
use crate::pattern::routing::distribute::Distribute;
use crate::pattern::routing::subscriptions::Subscriptions;
use crate::pattern::{Pattern, int, options, switch};
use crate::pipe::{Frame, Given, Outgoing, PipeId, Pipes};
use crate::protocol::command::{CANCEL, SUBSCRIBE};

/// `ZMQ_INVERT_MATCHING`
const INVERT_MATCHING: i32 = 74;

/// Which of the two socket types this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pub,
    Xpub,
}

#[derive(Debug)]
struct Pending {
    body: Msg,
    more: bool,
    peer: Option<Arc<PeerInfo>>,
}

impl Pending {
    /// News of a subscription.
    fn subscription(subscribe: bool, topic: &[u8], peer: Option<Arc<PeerInfo>>) -> Self {
        // Without memory for its topic the user learns that there was one.
        let mut body = Msg::with_size(1 + topic.len()).unwrap_or_default();
        if let Some((flag, rest)) = body.data_mut().split_first_mut() {
            *flag = u8::from(subscribe);
            rest.copy_from_slice(topic);
        }
        Self { body, more: false, peer }
    }
}

#[derive(Debug)]
pub(super) struct Xpub {
    kind: Kind,
    distribute: Distribute,
    subscriptions: Subscriptions,
    /// What peers asked for, with `ZMQ_XPUB_MANUAL`: known only to take it back.
    manual_subscriptions: Subscriptions,
    verbose_subscribe: bool,
    verbose_unsubscribe: bool,
    only_first_subscribe: bool,
    process_subscribe: bool,
    lossy: bool,
    manual: bool,
    send_last_pipe: bool,
    invert: bool,
    more_send: bool,
    more_recv: bool,
    welcome: Vec<u8>,
    /// For the caller: subscriptions, and messages from upstream.
    pending: VecDeque<Pending>,
    pending_pipes: VecDeque<Option<PipeId>>,
    /// Whose subscription was received last, with `ZMQ_XPUB_MANUAL`.
    last_pipe: Option<PipeId>,
    given: Given,
}

impl Xpub {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            distribute: Distribute::default(),
            subscriptions: Subscriptions::default(),
            manual_subscriptions: Subscriptions::default(),
            verbose_subscribe: false,
            verbose_unsubscribe: false,
            only_first_subscribe: false,
            process_subscribe: false,
            lossy: true,
            manual: false,
            send_last_pipe: false,
            invert: false,
            more_send: false,
            more_recv: false,
            welcome: Vec::new(),
            pending: VecDeque::new(),
            pending_pipes: VecDeque::new(),
            last_pipe: None,
            given: Given::new(),
        }
    }

    fn handle_subscription(
        &mut self,
        id: PipeId,
        subscribe: bool,
        topic: &[u8],
        peer: Option<&Arc<PeerInfo>>,
    ) {
        let mut notify = false;
        if self.manual {
            if subscribe {
                self.manual_subscriptions.add(topic, id);
            } else {
                self.manual_subscriptions.remove(topic, id);
            }
            self.pending_pipes.push_back(Some(id));
        } else if subscribe {
            notify = self.subscriptions.add(topic, id) || self.verbose_subscribe;
        } else {
            notify = self.subscriptions.remove(topic, id) || self.verbose_unsubscribe;
        }
        if self.manual || self.kind == Kind::Xpub && notify {
            self.pending.push_back(Pending::subscription(subscribe, topic, peer.cloned()));
        }
    }

    fn handle_frame(&mut self, id: PipeId, frame: &Frame<'_>) {
        let (data, is_command) = (frame.data(), frame.is_command());
        let first = !self.more_recv;
        self.more_recv = frame.more();
        let mut subscription = None;
        if first || self.process_subscribe {
            subscription = if is_command {
                data.strip_prefix(SUBSCRIBE)
                    .map(|topic| (true, topic))
                    .or_else(|| data.strip_prefix(CANCEL).map(|topic| (false, topic)))
            } else {
                match data.split_first() {
                    Some((1, topic)) => Some((true, topic)),
                    Some((0, topic)) => Some((false, topic)),
                    _ => None,
                }
            };
        }
        if first {
            self.process_subscribe = !self.only_first_subscribe || subscription.is_some();
        }
        match subscription {
            Some((subscribe, topic)) => {
                self.handle_subscription(id, subscribe, topic, frame.peer());
            }
            None if self.kind == Kind::Pub || is_command => {}
            None => self.pending.push_back(Pending {
                body: Msg::from_slice(data),
                more: frame.more(),
                peer: frame.peer().cloned(),
            }),
        }
    }
}

impl Pattern for Xpub {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, subscribe_to_all: bool, _local: bool) {
        self.distribute.attach(id);
        if subscribe_to_all {
            self.subscriptions.add(&[], id);
        }
        pipes.want_commands(id);
        if !self.welcome.is_empty() {
            // A pipe that was just made has room.
            let _ = pipes.write(id, &mut Outgoing::slice(&self.welcome, false));
        }
        self.read_activated(pipes, id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        let Self { pending, pending_pipes, kind, verbose_unsubscribe, manual, .. } = self;
        let mut unsubscribed = |topic: &[u8]| {
            if *kind == Kind::Pub {
                return;
            }
            pending.push_back(Pending::subscription(false, topic, None));
            if *manual {
                pending_pipes.push_back(None);
            }
        };
        if *manual {
            self.manual_subscriptions.remove_pipe(id, |topic, _| unsubscribed(topic));
            self.subscriptions.remove_pipe(id, |_, _| ());
            if self.last_pipe == Some(id) {
                self.last_pipe = None;
            }
            for pipe in &mut self.pending_pipes {
                if *pipe == Some(id) {
                    *pipe = None;
                }
            }
        } else {
            let verbose = *verbose_unsubscribe;
            self.subscriptions.remove_pipe(id, |topic, last| {
                if last || verbose {
                    unsubscribed(topic);
                }
            });
        }
        self.distribute.detach(id);
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        while pipes.can_read(id) {
            let Some(frame) = pipes.read(id) else { return };
            self.handle_frame(id, &frame);
        }
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.distribute.activated(id);
    }

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        let more = out.more;
        if !self.more_send {
            let distribute = &mut self.distribute;
            distribute.unmark();
            let only =
                (self.manual && self.send_last_pipe).then(|| self.last_pipe.take()).flatten();
            self.subscriptions.matches(out.data(), |id| {
                if only.is_none_or(|only| only == id) {
                    distribute.mark(id);
                }
            });
            if self.invert {
                distribute.invert();
            }
        }
        if !self.lossy && !self.distribute.all_have_room(pipes) {
            return Err(Errno::EAGAIN);
        }
        self.distribute.send_to_marked(pipes, out);
        if !more {
            self.distribute.unmark();
        }
        self.more_send = more;
        Ok(())
    }

    fn recv<'p>(&'p mut self, _pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        let pending = self.pending.pop_front().ok_or(Errno::EAGAIN)?;
        if self.manual
            && let Some(pipe) = self.pending_pipes.pop_front()
        {
            self.last_pipe = pipe.filter(|pipe| self.distribute.contains(*pipe));
        }
        self.given.set_peer(pending.peer.as_ref());
        Ok(self.given.put(pending.body, pending.more))
    }

    fn can_recv(&mut self, _pipes: &mut Pipes) -> bool {
        !self.pending.is_empty()
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        true
    }

    fn set_option(&mut self, _pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        Some(match id {
            options::XPUB_VERBOSE => switch(value).map(|on| {
                self.verbose_subscribe = on;
                self.verbose_unsubscribe = false;
            }),
            options::XPUB_VERBOSER => switch(value).map(|on| {
                self.verbose_subscribe = on;
                self.verbose_unsubscribe = on;
            }),
            options::XPUB_MANUAL => switch(value).map(|on| self.manual = on),
            options::XPUB_MANUAL_LAST_VALUE => switch(value).map(|on| {
                self.manual = on;
                self.send_last_pipe = on;
            }),
            options::XPUB_NODROP => switch(value).map(|on| self.lossy = !on),
            options::ONLY_FIRST_SUBSCRIBE => switch(value).map(|on| self.only_first_subscribe = on),
            options::SUBSCRIBE if self.manual => {
                if let Some(pipe) = self.last_pipe {
                    self.subscriptions.add(value, pipe);
                }
                Ok(())
            }
            options::UNSUBSCRIBE if self.manual => {
                if let Some(pipe) = self.last_pipe {
                    self.subscriptions.remove(value, pipe);
                }
                Ok(())
            }
            options::XPUB_WELCOME_MSG => {
                self.welcome = value.to_vec();
                Ok(())
            }
            INVERT_MATCHING => int(value).map(|value| self.invert = value != 0),
            _ => return None,
        })
    }

    fn get_option(&self, id: i32) -> Option<i32> {
        (id == options::TOPICS_COUNT).then(|| self.subscriptions.len() as i32)
    }
}
