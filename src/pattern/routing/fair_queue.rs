//! Reads from many pipes in turn: one message from each that has any.
//!
//! The pipes that may have something stand in front, in the order in which they came in or became
//! readable again; `current` goes round among them.
//!
//! Thread: under the socket's lock. Invariants: `current < active` or both are 0; multipart
//! messages are not interleaved. Counterpart: `fq.cpp` of libzmq 4.3.5, whose order this keeps.

use crate::pattern::routing::pipe_list::PipeList;
use crate::pipe::{PipeId, Pipes};

#[derive(Debug, Default)]
pub(in super::super) struct FairQueue {
    pipes: PipeList,
    active: usize,
    current: usize,
}

impl FairQueue {
    pub(in super::super) fn attach(&mut self, id: PipeId) {
        let last = self.pipes.push(id);
        self.pipes.swap(self.active, last);
        self.active += 1;
    }

    pub(in super::super) fn detach(&mut self, id: PipeId) {
        let Some(mut index) = self.pipes.place(id) else { return };
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

    /// True if there is one pipe that may have something.
    pub(in super::super) fn is_alone(&self) -> bool {
        self.active == 1
    }

    /// As [`FairQueue::next`], as far as that can be told without doing anything.
    #[inline(always)]
    pub(in super::super) fn at_hand(&self, pipes: &Pipes) -> Option<PipeId> {
        if self.active == 0 {
            return None;
        }
        let id = self.pipes[self.current];
        pipes.has_at_hand(id).then_some(id)
    }

    /// The pipe from which the next frame is to be read. The caller reads it, and then says
    /// [`FairQueue::took`].
    #[inline]
    pub(in super::super) fn next(&mut self, pipes: &mut Pipes) -> Option<PipeId> {
        self.at_hand(pipes).or_else(|| self.look_for_next(pipes))
    }

    #[inline(never)]
    fn look_for_next(&mut self, pipes: &mut Pipes) -> Option<PipeId> {
        if self.active == 0 {
            return None;
        }
        let id = self.pipes[self.current];
        let found = if self.is_alone() { pipes.look_alone(id) } else { pipes.look(id) };
        if found {
            return Some(id);
        }
        while !pipes.is_unarmed() {
            self.active -= 1;
            self.pipes.swap(self.current, self.active);
            if self.current == self.active {
                self.current = 0;
            }
            if self.active == 0 {
                return None;
            }
            let id = self.pipes[self.current];
            if pipes.look(id) {
                return Some(id);
            }
        }
        self.look_around(pipes)
    }

    /// Looks at the active pipes behind the current one. Nobody tells of their news, so those that
    /// have nothing stay where they are.
    fn look_around(&mut self, pipes: &mut Pipes) -> Option<PipeId> {
        for step in 1..self.active {
            let at = (self.current + step) % self.active;
            if pipes.look(self.pipes[at]) {
                self.current = at;
                return Some(self.pipes[at]);
            }
        }
        None
    }

    /// A frame was read; `more` of the same message follow.
    #[inline(always)]
    pub(in super::super) fn took(&mut self, more: bool) {
        if !more {
            self.current += 1;
            if self.current >= self.active {
                self.current = 0;
            }
        }
    }
}
