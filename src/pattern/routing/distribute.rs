//! Sends a message to several pipes at once.
//!
//! ```text
//! | matching | active | eligible | passive |
//!   gets the   has      as active, but   no room
//!   message    room     not for the message that is being sent
//! ```
//!
//! Thread: under the socket's lock. Invariants: `matching <= active <= eligible <= len`; a pipe
//! gets all frames of a message or none. Counterpart: `dist.cpp` of libzmq 4.3.5.

use crate::pattern::routing::pipe_list::PipeList;
use crate::pipe::{Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(in super::super) struct Distribute {
    pipes: PipeList,
    matching: usize,
    active: usize,
    eligible: usize,
    more: bool,
}

impl Distribute {
    pub(in super::super) fn attach(&mut self, id: PipeId) {
        let last = self.pipes.push(id);
        self.pipes.swap(self.eligible, last);
        self.eligible += 1;
        if !self.more {
            self.pipes.swap(self.active, self.eligible - 1);
            self.active += 1;
        }
    }

    pub(in super::super) fn detach(&mut self, id: PipeId) {
        let Some(mut index) = self.pipes.place(id) else { return };
        if index < self.matching {
            self.matching -= 1;
            self.pipes.swap(index, self.matching);
            index = self.matching;
        }
        if index < self.active {
            self.active -= 1;
            self.pipes.swap(index, self.active);
            index = self.active;
        }
        if index < self.eligible {
            self.eligible -= 1;
            self.pipes.swap(index, self.eligible);
            index = self.eligible;
        }
        self.pipes.swap_remove(index);
    }

    pub(in super::super) fn activated(&mut self, id: PipeId) {
        let Some(index) = self.pipes.place(id) else { return };
        if index < self.eligible {
            return;
        }
        self.pipes.swap(index, self.eligible);
        self.eligible += 1;
        if !self.more {
            self.pipes.swap(self.eligible - 1, self.active);
            self.active += 1;
        }
    }

    pub(in super::super) fn contains(&self, id: PipeId) -> bool {
        self.pipes.place(id).is_some()
    }

    /// The pipe is to get the next message.
    pub(in super::super) fn mark(&mut self, id: PipeId) {
        if let Some(index) = self.pipes.place(id)
            && (self.matching..self.eligible).contains(&index)
        {
            self.pipes.swap(index, self.matching);
            self.matching += 1;
        }
    }

    /// No pipe is to get the next message.
    pub(in super::super) fn unmark(&mut self) {
        self.matching = 0;
    }

    /// Those that are not marked get the next message, and the others do not.
    pub(in super::super) fn invert(&mut self) {
        let marked = self.matching;
        self.matching = 0;
        for index in marked..self.eligible {
            self.pipes.swap(index, self.matching);
            self.matching += 1;
        }
    }

    /// Sends to all pipes that have room.
    pub(in super::super) fn send_to_all(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) {
        self.matching = self.active;
        self.send_to_marked(pipes, out);
    }

    /// Sends to the marked pipes; those that have no room miss the message.
    pub(in super::super) fn send_to_marked(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) {
        let more = out.more;
        let mut index = 0;
        while index < self.matching {
            let id = self.pipes[index];
            let last = index + 1 == self.matching;
            let written = if last { pipes.write(id, out) } else { pipes.write_copy(id, out) };
            if written {
                index += 1;
            } else {
                self.no_room(pipes, id);
            }
        }
        if !more {
            self.active = self.eligible;
        }
        self.more = more;
    }

    fn no_room(&mut self, pipes: &mut Pipes, id: PipeId) {
        if self.more {
            pipes.rollback(id);
        }
        let Some(index) = self.pipes.place(id) else { return };
        self.matching -= 1;
        self.pipes.swap(index, self.matching);
        self.active -= 1;
        self.pipes.swap(self.matching, self.active);
        self.eligible -= 1;
        self.pipes.swap(self.active, self.eligible);
    }

    /// True if all marked pipes have room. COMPAT: a burst beyond a high-water mark is refused once,
    /// as the caller counts on being told.
    #[inline]
    pub(in super::super) fn all_have_room(&self, pipes: &mut Pipes) -> bool {
        self.pipes.first(self.matching).iter().all(|id| pipes.can_write_strictly(*id))
    }
}
