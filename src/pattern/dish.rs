//! DISH: receives what is sent to the groups that it joined.
//!
//! Thread: under the socket's lock. Invariants: every peer knows all our groups. Counterpart:
//! RFC 48; `dish.cpp` of libzmq 4.3.5.

use std::collections::BTreeSet;

use crate::error::{Errno, Result};
use crate::msg::MAX_GROUP_LEN;
use crate::pattern::Pattern;
use crate::pattern::gather::drop_message;
use crate::pattern::routing::fair_queue::FairQueue;
use crate::pipe::{Frame, Given, Outgoing, PipeId, Pipes};
use crate::protocol::command::{JOIN, LEAVE};

#[derive(Debug, Default)]
pub(super) struct Dish {
    queue: FairQueue,
    groups: BTreeSet<Vec<u8>>,
    /// The pipe whose next frame is the body of a message to this one of our groups.
    begun: Option<(PipeId, Vec<u8>)>,
    given: Given,
}

impl Dish {
    fn tell_all(&self, pipes: &mut Pipes, name: &[u8], group: &[u8]) {
        pipes.write_command_to_all(&[name, group].concat());
    }

    fn tell_everything(&self, pipes: &mut Pipes, id: PipeId) {
        for group in &self.groups {
            pipes.write_command(id, &[JOIN, group].concat());
        }
    }

    /// Finds the next message to one of our groups; what is no message of two frames is dropped.
    fn begin(&mut self, pipes: &mut Pipes) -> bool {
        while self.begun.is_none() {
            let Some(id) = self.queue.next(pipes) else { return false };
            let Some(frame) = pipes.read(id) else { return false };
            let (group, more) = (frame.data().to_vec(), frame.more());
            self.queue.took(more);
            if !more {
                continue;
            }
            if self.groups.contains(&group) && !pipes.peek_more(id) {
                self.begun = Some((id, group));
            } else {
                drop_message(&mut self.queue, pipes, id);
            }
        }
        true
    }
}

impl Pattern for Dish {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        self.queue.attach(id);
        self.tell_everything(pipes, id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.begun.take_if(|(pipe, _)| *pipe == id);
        self.queue.detach(id);
    }

    fn read_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.queue.activated(id);
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, _id: PipeId) {}

    fn hiccuped(&mut self, pipes: &mut Pipes, id: PipeId) {
        self.tell_everything(pipes, id);
    }

    fn send(&mut self, _pipes: &mut Pipes, _out: &mut Outgoing<'_>) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    fn recv<'p>(&'p mut self, pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        if !self.begin(pipes) {
            return Err(Errno::EAGAIN);
        }
        let (id, group) = self.begun.take().ok_or(Errno::EAGAIN)?;
        let frame = pipes.read(id).ok_or(Errno::EAGAIN)?;
        self.queue.took(false);
        self.given.set_peer(frame.peer());
        let mut msg = frame.into_msg();
        msg.set_group(&group);
        Ok(self.given.put(msg, false))
    }

    fn can_recv(&mut self, pipes: &mut Pipes) -> bool {
        self.begin(pipes)
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        // COMPAT: groups can be joined at any time.
        true
    }

    fn join(&mut self, pipes: &mut Pipes, group: &[u8]) -> Result<()> {
        if group.len() > MAX_GROUP_LEN || !self.groups.insert(group.to_vec()) {
            return Err(Errno::EINVAL);
        }
        self.tell_all(pipes, JOIN, group);
        Ok(())
    }

    fn leave(&mut self, pipes: &mut Pipes, group: &[u8]) -> Result<()> {
        if !self.groups.remove(group) {
            return Err(Errno::EINVAL);
        }
        self.tell_all(pipes, LEAVE, group);
        Ok(())
    }
}
