//! Pipes in an order that changes all the time, each found by its id at once.
//!
//! Thread: under the socket's lock. Invariants: a pipe stands in the list once; `places` tells where.
//! Counterpart: `array.hpp` of libzmq 4.3.5.

use std::ops::Index;

use crate::pipe::PipeId;

#[derive(Debug, Default)]
pub(super) struct PipeList {
    pipes: Vec<PipeId>,
    /// Where each pipe stands in `pipes`, by id.
    places: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

impl PipeList {
    /// Puts a pipe at the end; returns its place.
    pub(super) fn push(&mut self, id: PipeId) -> usize {
        let last = self.pipes.len();
        self.pipes.push(id);
        if self.places.len() <= id.0 as usize {
            self.places.resize(id.0 as usize + 1, NOWHERE);
        }
        self.places[id.0 as usize] = last as u32;
        last
    }

    /// The place of a pipe.
    #[inline]
    pub(super) fn place(&self, id: PipeId) -> Option<usize> {
        let place = *self.places.get(id.0 as usize)?;
        (place != NOWHERE).then_some(place as usize)
    }

    /// The first `len` pipes, or all if there are not so many.
    #[inline]
    pub(super) fn first(&self, len: usize) -> &[PipeId] {
        self.pipes.get(..len).unwrap_or(&self.pipes)
    }

    /// Exchanges the pipes at two places.
    #[inline]
    pub(super) fn swap(&mut self, a: usize, b: usize) {
        if a == b {
            return;
        }
        self.pipes.swap(a, b);
        self.places[self.pipes[a].0 as usize] = a as u32;
        self.places[self.pipes[b].0 as usize] = b as u32;
    }

    /// Takes the pipe at `place` out; the last one takes its place.
    pub(super) fn swap_remove(&mut self, place: usize) {
        let removed = self.pipes.swap_remove(place);
        self.places[removed.0 as usize] = NOWHERE;
        if let Some(moved) = self.pipes.get(place) {
            self.places[moved.0 as usize] = place as u32;
        }
    }
}

impl Index<usize> for PipeList {
    type Output = PipeId;

    #[inline]
    fn index(&self, place: usize) -> &PipeId {
        &self.pipes[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_every_change() {
        let mut list = PipeList::default();
        for id in [5, 2, 9, 7] {
            list.push(PipeId(id));
        }
        list.swap(0, 3);
        list.swap_remove(1);
        for (place, id) in [7, 5, 9].into_iter().enumerate() {
            assert_eq!(list[place], PipeId(id));
            assert_eq!(list.place(PipeId(id)), Some(place));
        }
        assert_eq!(list.place(PipeId(2)), None);
        list.swap_remove(2);
        assert_eq!(list.place(PipeId(9)), None);
    }
}
