//! RADIO: sends to those who joined the message's group.
//!
//! On the wire and in a pipe a message is `group, body`.
//!
//! Thread: under the socket's lock. Invariants: a group's list holds attached pipes only.
//! Counterpart: RFC 48; `radio.cpp` of libzmq 4.3.5.

use std::collections::HashMap;

use crate::error::{Errno, Result};
use crate::pattern::routing::distribute::Distribute;
use crate::pattern::scatter::single;
use crate::pattern::{Pattern, options, switch};
use crate::pipe::{Frame, Outgoing, PipeId, Pipes};
use crate::protocol::command::{JOIN, LEAVE};

#[derive(Debug)]
pub(super) struct Radio {
    /// As often as it joined, so is a pipe in its group's list.
    members: HashMap<Vec<u8>, Vec<PipeId>>,
    distribute: Distribute,
    lossy: bool,
}

impl Radio {
    pub(super) fn new() -> Self {
        Self { members: HashMap::new(), distribute: Distribute::default(), lossy: true }
    }

    fn handle_command(&mut self, id: PipeId, command: &[u8]) {
        if let Some(group) = command.strip_prefix(JOIN) {
            self.members.entry(group.to_vec()).or_default().push(id);
        } else if let Some(group) = command.strip_prefix(LEAVE)
            && let Some(members) = self.members.get_mut(group)
            && let Some(at) = members.iter().position(|member| *member == id)
        {
            members.swap_remove(at);
            if members.is_empty() {
                self.members.remove(group);
            }
        }
    }
}

impl Pattern for Radio {
    fn attach(&mut self, pipes: &mut Pipes, id: PipeId, _all: bool, _local: bool) {
        self.distribute.attach(id);
        pipes.want_commands(id);
        self.read_activated(pipes, id);
    }

    fn detach(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.members.retain(|_, members| {
            members.retain(|member| *member != id);
            !members.is_empty()
        });
        self.distribute.detach(id);
    }

    fn read_activated(&mut self, pipes: &mut Pipes, id: PipeId) {
        while pipes.can_read(id) {
            let Some(frame) = pipes.read(id) else { return };
            // Whatever else a peer says is not for us.
            if frame.is_command() {
                self.handle_command(id, frame.data());
            }
        }
    }

    fn write_activated(&mut self, _pipes: &mut Pipes, id: PipeId) {
        self.distribute.activated(id);
    }

    fn send(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<()> {
        single(out)?;
        self.distribute.unmark();
        for id in self.members.get(out.group()).into_iter().flatten() {
            self.distribute.mark(*id);
        }
        if !self.lossy && !self.distribute.all_have_room(pipes) {
            return Err(Errno::EAGAIN);
        }
        let group = out.group().to_vec();
        self.distribute.send_to_marked(pipes, &mut Outgoing::slice(&group, true));
        self.distribute.send_to_marked(pipes, out);
        self.distribute.unmark();
        Ok(())
    }

    fn recv<'p>(&'p mut self, _pipes: &'p mut Pipes) -> Result<Frame<'p>> {
        Err(Errno::ENOTSUP)
    }

    fn can_recv(&mut self, _pipes: &mut Pipes) -> bool {
        false
    }

    fn can_send(&mut self, _pipes: &mut Pipes) -> bool {
        true
    }

    fn set_option(&mut self, _pipes: &mut Pipes, id: i32, value: &[u8]) -> Option<Result<()>> {
        (id == options::XPUB_NODROP).then(|| {
            self.lossy = !switch(value)?;
            Ok(())
        })
    }
}
