//! Who subscribed to what: a set of pipes for each topic.
//!
//! Most topics have one subscriber, which stands in the tree itself; the others have a list.
//!
//! Thread: under the socket's lock. Invariants: a list has two pipes at least, sorted, so that one of
//! thousands is found at once. Counterpart: `generic_mtrie_impl.hpp` of libzmq 4.3.5.

use crate::pattern::routing::radix::Radix;
use crate::pipe::PipeId;

/// Set in a topic's number if the rest of it is the place of a list, and not the id of a pipe.
const LISTED: u32 = 1 << 31;

#[derive(Debug, Default)]
pub(in super::super) struct Subscriptions {
    topics: Radix,
    lists: Lists,
}

#[derive(Debug, Default)]
struct Lists {
    lists: Vec<Vec<PipeId>>,
    free: Vec<u32>,
}

impl Subscriptions {
    /// Topics that somebody subscribed to.
    pub(in super::super) fn len(&self) -> usize {
        self.topics.len()
    }

    /// True if nobody had subscribed to the topic. A topic for which there is no room is let go.
    pub(in super::super) fn add(&mut self, topic: &[u8], pipe: PipeId) -> bool {
        let Some((value, first)) = self.topics.entry(topic, pipe.0) else { return false };
        if !first {
            self.lists.add(value, pipe);
        }
        first
    }

    /// True if nobody is subscribed to the topic any more, or the pipe was not.
    pub(in super::super) fn remove(&mut self, topic: &[u8], pipe: PipeId) -> bool {
        let mut was_there = false;
        let gone = self.topics.remove_if(topic, |value| {
            let (found, empty) = self.lists.remove(value, pipe);
            was_there = found;
            empty
        });
        gone == Some(true) || !was_there
    }

    /// Removes the pipe everywhere; `each` hears of its topics, and whether it was their last.
    pub(in super::super) fn remove_pipe(
        &mut self,
        pipe: PipeId,
        mut each: impl FnMut(&[u8], bool),
    ) {
        // Topics without a pipe, one after the other.
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        self.topics.for_each(|topic, value| {
            let (found, empty) = self.lists.remove(value, pipe);
            if found {
                each(topic, empty);
            }
            if empty {
                bytes.extend_from_slice(topic);
                ends.push(bytes.len());
            }
        });
        let mut begin = 0;
        for end in ends {
            self.topics.remove_if(&bytes[begin..end], |_| true);
            begin = end;
        }
    }

    /// Calls `each` with the pipes of every topic that `data` begins with.
    #[inline]
    pub(in super::super) fn matches(&self, data: &[u8], mut each: impl FnMut(PipeId)) {
        self.topics.matches(data, |value| {
            match value & LISTED {
                0 => each(PipeId(value)),
                _ => self.lists.at(value).iter().copied().for_each(&mut each),
            }
            true
        });
    }
}

impl Lists {
    fn at(&self, value: u32) -> &[PipeId] {
        &self.lists[(value & !LISTED) as usize]
    }

    /// Adds a pipe to those that `value` stands for.
    fn add(&mut self, value: &mut u32, pipe: PipeId) {
        if *value & LISTED != 0 {
            let list = &mut self.lists[(*value & !LISTED) as usize];
            if let Err(at) = list.binary_search(&pipe) {
                list.insert(at, pipe);
            }
        } else if *value != pipe.0 {
            let only = PipeId(*value);
            let list = vec![only.min(pipe), only.max(pipe)];
            let place = self.free.pop().unwrap_or_else(|| {
                self.lists.push(Vec::new());
                (self.lists.len() - 1) as u32
            });
            self.lists[place as usize] = list;
            *value = place | LISTED;
        }
    }

    /// Removes a pipe from those that `value` stands for. Tells whether it was among them, and
    /// whether there are none left; `value` stands for nothing then.
    fn remove(&mut self, value: &mut u32, pipe: PipeId) -> (bool, bool) {
        if *value & LISTED == 0 {
            let only = *value == pipe.0;
            return (only, only);
        }
        let place = *value & !LISTED;
        let list = &mut self.lists[place as usize];
        let Ok(at) = list.binary_search(&pipe) else { return (false, false) };
        list.remove(at);
        if let [only] = list[..] {
            *value = only.0;
            self.lists[place as usize] = Vec::new();
            self.free.push(place);
            if self.free.len() == self.lists.len() {
                *self = Self::default();
            }
        }
        (true, false)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_sets_by_topic(
            ops in vec((0u32..10, 0u32..4, vec(b'a'..=b'b', 0..4)), 0..200),
        ) {
            let mut subscriptions = Subscriptions::default();
            let mut model: BTreeMap<Vec<u8>, BTreeSet<u32>> = BTreeMap::new();
            for (op, pipe, topic) in ops {
                match op {
                    0..5 => {
                        let pipes = model.entry(topic.clone()).or_default();
                        let first = pipes.is_empty();
                        pipes.insert(pipe);
                        prop_assert_eq!(subscriptions.add(&topic, PipeId(pipe)), first);
                    }
                    5..9 => {
                        let was_there =
                            model.get_mut(&topic).is_some_and(|pipes| pipes.remove(&pipe));
                        let empty = model.get(&topic).is_none_or(BTreeSet::is_empty);
                        let expected = empty || !was_there;
                        prop_assert_eq!(subscriptions.remove(&topic, PipeId(pipe)), expected);
                    }
                    _ => {
                        let mut told = Vec::new();
                        subscriptions.remove_pipe(PipeId(pipe), |topic, last| {
                            told.push((topic.to_vec(), last));
                        });
                        let mut expected = Vec::new();
                        for (topic, pipes) in &mut model {
                            if pipes.remove(&pipe) {
                                expected.push((topic.clone(), pipes.is_empty()));
                            }
                        }
                        prop_assert_eq!(told, expected);
                    }
                }
                model.retain(|_, pipes| !pipes.is_empty());
                prop_assert_eq!(subscriptions.len(), model.len());
                let mut matched = Vec::new();
                subscriptions.matches(&topic, |pipe| matched.push(pipe.0));
                let expected: Vec<u32> = (0..=topic.len())
                    .filter_map(|n| model.get(&topic[..n]))
                    .flatten()
                    .copied()
                    .collect();
                prop_assert_eq!(matched, expected);
                let listed = model.values().filter(|pipes| pipes.len() > 1).count();
                let lists = &subscriptions.lists;
                prop_assert_eq!(lists.lists.len() - lists.free.len(), listed);
            }
        }
    }
}
