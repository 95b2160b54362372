//! Sends to many pipes in turn: one message to each that has room.
//!
//! Thread: under the socket's lock. Invariants: all frames of a message go to one pipe, or, if it
//! goes away meanwhile, nowhere. Counterpart: `lb.cpp` of libzmq 4.3.5, whose order this keeps.

use crate::error::{Errno, Result};
use crate::pattern::PIPE_LOST;
use crate::pattern::routing::pipe_list::PipeList;
use crate::pipe::{Outgoing, PipeId, Pipes};

#[derive(Debug, Default)]
pub(in super::super) struct LoadBalance {
    pipes: PipeList,
    active: usize,
    current: usize,
    more: bool,
    /// The rest of a message whose pipe went away.
    dropping: bool,
}

impl LoadBalance {
    pub(in super::super) fn attach(&mut self, id: PipeId) {
        self.pipes.push(id);
        self.activated(id);
    }

    pub(in super::super) fn detach(&mut self, id: PipeId) {
        let Some(mut index) = self.pipes.place(id) else { return };
        if index == self.current && self.more {
            self.dropping = true;
        }
        if index < self.active {
            self.active -= 1;
            self.pipes.swap(index, self.active);
            if self.current == self.active {
                self.current = 0;
            }
            index = self.active;
        }
        self.pipes.swap_remove(index);
    }

    pub(in super::super) fn activated(&mut self, id: PipeId) {
        if let Some(index) = self.pipes.place(id)
            && index >= self.active
        {
            self.pipes.swap(index, self.active);
            self.active += 1;
        }
    }

    /// Sends a frame; tells the pipe that took it, `None` if it was dropped.
    #[inline(always)]
    pub(in super::super) fn send(
        &mut self,
        pipes: &mut Pipes,
        out: &mut Outgoing<'_>,
    ) -> Result<Option<PipeId>> {
        if self.active > 0 && !self.dropping {
            let id = self.pipes[self.current];
            if pipes.write(id, out) {
                self.took(out.more);
                return Ok(Some(id));
            }
        }
        self.send_slow(pipes, out)
    }

    /// As [`LoadBalance::send`], for a pattern that does nothing else.
    #[inline(always)]
    pub(in super::super) fn send_only(
        &mut self,
        pipes: &mut Pipes,
        out: &mut Outgoing<'_>,
    ) -> Result<()> {
        let id = self.send(pipes, out)?;
        if self.active == 1
            && !self.more
            && let Some(id) = id
        {
            pipes.send_directly(id);
        }
        Ok(())
    }

    /// The current pipe took a frame, of whose message `more` follow.
    #[inline(always)]
    fn took(&mut self, more: bool) {
        self.more = more;
        if !more {
            self.current += 1;
            if self.current >= self.active {
                self.current = 0;
            }
        }
    }

    #[cold]
    fn send_slow(&mut self, pipes: &mut Pipes, out: &mut Outgoing<'_>) -> Result<Option<PipeId>> {
        let more = out.more;
        if self.dropping {
            self.more = more;
            self.dropping = more;
            return Ok(None);
        }
        while self.active > 0 {
            let id = self.pipes[self.current];
            if pipes.write(id, out) {
                self.took(more);
                return Ok(Some(id));
            }
            if self.more {
                // The pipe is on its way out; what it got of the message goes with it.
                pipes.rollback(id);
                self.dropping = more;
                self.more = false;
                return Err(PIPE_LOST);
            }
            self.active -= 1;
            if self.current < self.active {
                self.pipes.swap(self.current, self.active);
            } else {
                self.current = 0;
            }
        }
        Err(Errno::EAGAIN)
    }

    pub(in super::super) fn can_send(&mut self, pipes: &mut Pipes) -> bool {
        if self.more {
            return true;
        }
        while self.active > 0 {
            if pipes.can_write(self.pipes[self.current]) {
                return true;
            }
            self.active -= 1;
            self.pipes.swap(self.current, self.active);
            if self.current == self.active {
                self.current = 0;
            }
        }
        false
    }
}
