//! Topics to numbers by prefix: a radix tree, walked without recursion, so that neither the number
//! nor the length of topics strains the stack.
//!
//! Thread: under the socket's lock. Invariants: labels of siblings begin with different bytes, which
//! their parent keeps; a node without a value has at least two children, except the root, and nodes
//! whose label and their child's were too long for one. Counterpart: `trie.cpp`,
//! `generic_mtrie_impl.hpp`, `radix_tree.cpp` of libzmq 4.3.5.

mod nodes;

use nodes::{Draft, MAX_LABEL, Node, Nodes, ROOT};

#[derive(Debug, Default)]
pub(in super::super) struct Radix {
    nodes: Nodes,
    /// The node that is being changed; its label is empty in between.
    draft: Draft,
    len: usize,
}

/// The way to a topic's node.
struct Path {
    /// Slots of the node and its parent; the root is its own.
    slot: usize,
    parent: usize,
    /// The lowest node above it that has more to do than to lead there, and its parent.
    fork: usize,
    above_fork: usize,
    /// The first byte of the fork's child on the way.
    first: u8,
}

impl Radix {
    /// Topics that have a value.
    pub(in super::super) fn len(&self) -> usize {
        self.len
    }

    /// The topic's value, which is `initial` if there was none; and whether there was none. `None`
    /// when the tree is as large as it may be.
    pub(in super::super) fn entry(
        &mut self,
        topic: &[u8],
        initial: u32,
    ) -> Option<(&mut u32, bool)> {
        if !self.nodes.has_room_for(topic.len()) {
            return None;
        }
        if self.nodes.is_empty() {
            let root = self.nodes.put(None, &[], &[], &[]);
            self.nodes.set_slot(ROOT, root);
        }
        let (mut slot, mut rest) = (ROOT, topic);
        let place = loop {
            let node = self.nodes.in_slot(slot);
            let Some(tail) = node.strip_label(rest) else {
                let shared = node.shared_with(rest);
                break self.split(slot, shared, &rest[shared..], initial);
            };
            let Some((&first, tail)) = tail.split_first() else {
                if node.value().is_some() {
                    return Some((self.nodes.value_mut(self.nodes.place(slot))?, false));
                }
                break self.change(slot, |draft| draft.value = Some(initial));
            };
            let Some(child) = self.nodes.child_slot(slot, first) else {
                let (child, place) = self.chain(tail, initial);
                self.change(slot, |draft| draft.add(first, child));
                break place;
            };
            (slot, rest) = (child, tail);
        };
        self.len += 1;
        Some((self.nodes.value_mut(place)?, true))
    }

    /// Changes the node in `slot`, which moves; returns its new place.
    fn change(&mut self, slot: usize, change: impl FnOnce(&mut Draft)) -> u32 {
        self.nodes.take(self.nodes.place(slot), &mut self.draft);
        change(&mut self.draft);
        let place = self.nodes.put_draft(&mut self.draft);
        self.nodes.set_slot(slot, place);
        place
    }

    /// Divides the node in `slot` after `shared` bytes of its label, from where `rest` leads on.
    /// Returns the place of the node with the value.
    fn split(&mut self, slot: usize, shared: usize, rest: &[u8], initial: u32) -> u32 {
        let chain = rest.split_first().map(|(&first, tail)| (first, self.chain(tail, initial)));
        let draft = &mut self.draft;
        self.nodes.take(self.nodes.place(slot), draft);
        let first = draft.label[shared];
        let below =
            self.nodes.put(draft.value, &draft.label[shared + 1..], &draft.firsts, &draft.kids);
        draft.label.truncate(shared);
        draft.firsts.clear();
        draft.kids.clear();
        draft.add(first, below);
        draft.value = None;
        match chain {
            Some((first, (child, _))) => draft.add(first, child),
            None => draft.value = Some(initial),
        }
        let place = self.nodes.put_draft(draft);
        self.nodes.set_slot(slot, place);
        chain.map_or(place, |(_, (_, with_value))| with_value)
    }

    /// Nodes for what is left of a topic: the places of the first, and of the last, which has the
    /// value.
    fn chain(&mut self, rest: &[u8], value: u32) -> (u32, u32) {
        // Each node but the last has a full label and the first byte of its child.
        let steps = rest.chunks_exact(MAX_LABEL + 1);
        let last = self.nodes.put(Some(value), steps.remainder(), &[], &[]);
        let first = steps.rev().fold(last, |child, step| {
            self.nodes.put(None, &step[..MAX_LABEL], &step[MAX_LABEL..], &[child])
        });
        (first, last)
    }

    fn find(&self, topic: &[u8]) -> Option<Path> {
        self.nodes.root()?;
        let mut path = Path { slot: ROOT, parent: ROOT, fork: ROOT, above_fork: ROOT, first: 0 };
        let mut rest = topic;
        loop {
            let node = self.nodes.in_slot(path.slot);
            rest = node.strip_label(rest)?;
            let Some((&first, tail)) = rest.split_first() else { return Some(path) };
            if path.slot == ROOT || node.value().is_some() || node.kids() > 1 {
                (path.fork, path.above_fork, path.first) = (path.slot, path.parent, first);
            }
            let child = self.nodes.child_slot(path.slot, first)?;
            (path.slot, path.parent, rest) = (child, path.slot, tail);
        }
    }

    /// Lets `is_over` look at the topic's value and change it; if that says so, the value goes. Tells
    /// whether it went; `None` if there was none.
    pub(in super::super) fn remove_if(
        &mut self,
        topic: &[u8],
        is_over: impl FnOnce(&mut u32) -> bool,
    ) -> Option<bool> {
        let path = self.find(topic)?;
        let value = self.nodes.value_mut(self.nodes.place(path.slot))?;
        if !is_over(value) {
            return Some(false);
        }
        self.len -= 1;
        if self.len == 0 {
            self.nodes = Nodes::default();
        } else if self.nodes.in_slot(path.slot).kids() == 0 && path.slot != ROOT {
            self.cut(&path);
        } else {
            self.change(path.slot, |draft| draft.value = None);
            self.join(path.slot);
            self.join(path.parent);
        }
        self.nodes.pack_if_worth();
        Some(true)
    }

    /// Removes a node without children, and those above it that only led there.
    fn cut(&mut self, path: &Path) {
        let mut next = self.nodes.in_slot(path.fork).child(path.first);
        while let Some(place) = next {
            next = self.nodes.at(place).only_child().map(|(_, child)| child);
            self.nodes.release(place);
        }
        self.change(path.fork, |draft| draft.remove(path.first));
        self.join(path.fork);
        self.join(path.above_fork);
    }

    /// Makes one of the node in `slot` and its only child, if nothing else is in the way.
    fn join(&mut self, slot: usize) {
        let (place, node) = (self.nodes.place(slot), self.nodes.in_slot(slot));
        let Some((first, child)) = node.only_child() else { return };
        let len = node.label_len() + 1 + self.nodes.at(child).label_len();
        if slot == ROOT || node.value().is_some() || len > MAX_LABEL {
            return;
        }
        self.nodes.take(place, &mut self.draft);
        self.draft.label.push(first);
        self.nodes.take(child, &mut self.draft);
        let place = self.nodes.put_draft(&mut self.draft);
        self.nodes.set_slot(slot, place);
    }

    /// Calls `each` with the value of every topic that `data` begins with, until it returns false.
    #[inline(always)]
    pub(in super::super) fn matches(&self, data: &[u8], mut each: impl FnMut(u32) -> bool) {
        let Some(root) = self.nodes.root() else { return };
        // Many subscribe to all that there is, and to nothing else.
        match root.only_value() {
            Some(value) => _ = each(value),
            None => Self::descend(&self.nodes, root, data, each),
        }
    }

    #[inline(never)]
    fn descend(nodes: &Nodes, root: Node<'_>, data: &[u8], mut each: impl FnMut(u32) -> bool) {
        let (mut next, mut rest) = (Some(root), data);
        while let Some(node) = next {
            let Some(tail) = node.strip_label(rest) else { return };
            if let Some(value) = node.value()
                && !each(value)
            {
                return;
            }
            let Some((&first, tail)) = tail.split_first() else { return };
            rest = tail;
            next = node.child(first).map(|place| nodes.at(place));
        }
    }

    /// Visits all topics and their values in order.
    pub(in super::super) fn for_each(&mut self, mut each: impl FnMut(&[u8], &mut u32)) {
        let mut topic = Vec::new();
        // The next one last: length of the parent's topic, first byte of the label, place.
        let mut todo: Vec<(usize, u8, u32)> = Vec::new();
        let mut next = (!self.nodes.is_empty()).then(|| self.nodes.place(ROOT));
        while let Some(place) = next {
            topic.extend(self.nodes.at(place).label());
            if let Some(value) = self.nodes.value_mut(place) {
                each(&topic, value);
            }
            let node = self.nodes.at(place);
            let (known, len) = (todo.len(), topic.len());
            todo.extend(
                node.firsts().zip(node.children()).map(|(first, child)| (len, first, *child)),
            );
            todo[known..].reverse();
            next = todo.pop().map(|(len, first, child)| {
                topic.truncate(len);
                topic.push(first);
                child
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn topics_of(radix: &mut Radix) -> Vec<(Vec<u8>, u32)> {
        let mut found = Vec::new();
        radix.for_each(|topic, value| found.push((topic.to_vec(), *value)));
        found
    }

    /// Topics of which many begin with others: short ones, ones that need several nodes, and ones
    /// that give a node many children.
    fn topic() -> impl Strategy<Value = Vec<u8>> {
        let run = (prop::sample::select(&[0u8, 1, 255][..]), 0usize..400);
        let runs = vec(run, 0..4).prop_map(|runs| {
            runs.into_iter().flat_map(|(byte, count)| std::iter::repeat_n(byte, count)).collect()
        });
        prop_oneof![vec(0u8..3, 0..6), runs, vec(any::<u8>(), 0..3)]
    }

    proptest! {
        #[test]
        fn behaves_as_a_map(ops in vec((any::<bool>(), topic()), 1..400)) {
            let mut radix = Radix::default();
            let mut model: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
            for (insert, topic) in ops {
                if insert {
                    let (value, made) = radix.entry(&topic, 7).expect("room");
                    prop_assert_eq!(made, !model.contains_key(&topic));
                    *value += 1;
                    *model.entry(topic.clone()).or_insert(7) += 1;
                } else {
                    // A count, as XSUB has it: the last one goes.
                    let removed = radix.remove_if(&topic, |value| { *value -= 1; *value == 7 });
                    let expected = model.get_mut(&topic).map(|value| { *value -= 1; *value == 7 });
                    if expected == Some(true) {
                        model.remove(&topic);
                    }
                    prop_assert_eq!(removed, expected);
                }
                prop_assert_eq!(radix.len(), model.len());
                let expected: Vec<u32> = (0..=topic.len())
                    .filter_map(|n| model.get(&topic[..n]).copied())
                    .collect();
                let mut matched = Vec::new();
                radix.matches(&topic, |value| { matched.push(value); true });
                prop_assert_eq!(matched, expected);
                radix.nodes.check();
            }
            let expected: Vec<_> = model.clone().into_iter().collect();
            prop_assert_eq!(topics_of(&mut radix), expected);
            for topic in model.keys() {
                prop_assert_eq!(radix.remove_if(topic, |_| true), Some(true));
                radix.nodes.check();
            }
            prop_assert_eq!(radix.nodes.bytes(), 0);
        }
    }

    fn numbered(index: u32) -> Vec<u8> {
        format!("topic/{:08x}", index.wrapping_mul(0x9e37_79b9)).into_bytes()
    }

    #[test]
    fn memory_is_little_and_comes_back() {
        const TOPICS: u32 = 100_000;
        let mut radix = Radix::default();
        for index in 0..TOPICS {
            radix.entry(&numbered(index), index);
        }
        let full = radix.nodes.bytes();
        assert!(full < TOPICS as usize * 36, "{full} bytes");
        // What goes and comes again finds room.
        for index in 0..TOPICS {
            radix.remove_if(&numbered(index), |_| true);
            radix.entry(&numbered(index), index);
        }
        assert!(radix.nodes.bytes() <= full + full / 4, "{} bytes", radix.nodes.bytes());
        for index in 0..TOPICS - TOPICS / 100 {
            assert_eq!(radix.remove_if(&numbered(index), |_| true), Some(true));
        }
        assert!(radix.nodes.bytes() < full / 20, "{} bytes", radix.nodes.bytes());
        radix.nodes.check();
        assert_eq!(radix.len(), TOPICS as usize / 100);
        for index in TOPICS - TOPICS / 100..TOPICS {
            let mut found = None;
            radix.matches(&numbered(index), |value| {
                found = Some(value);
                true
            });
            assert_eq!(found, Some(index));
        }
    }

    #[test]
    fn memory_has_a_limit() {
        let mut radix = Radix::default();
        let mut topic = vec![7u8; 4 << 20];
        let refused = (0..).find(|index| {
            topic[0] = *index;
            radix.entry(&topic, 1).is_none()
        });
        assert!(refused.is_some_and(|count| radix.len() == usize::from(count)));
        assert_eq!(radix.remove_if(&topic, |_| true), None);
        topic[0] = 0;
        assert_eq!(radix.remove_if(&topic, |_| true), Some(true));
    }

    #[test]
    fn a_very_long_topic_needs_no_stack_and_little_memory() {
        let work = || {
            let topic = vec![7u8; 64 << 20];
            let mut radix = Radix::default();
            radix.entry(&topic, 1).expect("room");
            radix.entry(&topic[..1 << 20], 2).expect("room");
            assert!(radix.nodes.bytes() < topic.len() / 10 * 11);
            let mut matched = 0;
            radix.matches(&topic, |_| {
                matched += 1;
                true
            });
            assert_eq!(matched, 2);
            assert_eq!(radix.remove_if(&topic, |_| true), Some(true));
            assert_eq!(radix.len(), 1);
            assert!(radix.nodes.bytes() < 4 << 20);
        };
        let small = std::thread::Builder::new().stack_size(64 << 10).spawn(work);
        small.expect("thread starts").join().expect("no overflow");
    }
}
