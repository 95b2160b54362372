//! Topics to values by prefix: a radix tree whose nodes lie in one array, walked without recursion,
//! so that neither the number nor the length of topics strains the stack.
//!
//! Thread: under the socket's lock. Invariants: labels of siblings begin with different bytes; a
//! node without a value has at least two children, except the root.
//! Counterpart: `trie.cpp`, `generic_mtrie_impl.hpp`, `radix_tree.cpp` of libzmq 4.3.5.

#[derive(Debug)]
pub(in super::super) struct Radix<V> {
    nodes: Vec<Node<V>>,
    free: Vec<u32>,
    len: usize,
}

#[derive(Debug)]
struct Node<V> {
    /// Bytes between the parent's topic and this one's.
    label: Box<[u8]>,
    /// First byte of the child's label and its place, sorted.
    children: Vec<(u8, u32)>,
    value: Option<V>,
}

impl<V> Node<V> {
    fn new(label: &[u8], value: Option<V>) -> Self {
        Self { label: label.into(), children: Vec::new(), value }
    }

    fn child(&self, first: u8) -> Result<usize, usize> {
        self.children.binary_search_by_key(&first, |(byte, _)| *byte)
    }
}

impl<V> Default for Radix<V> {
    fn default() -> Self {
        Self { nodes: vec![Node::new(&[], None)], free: Vec::new(), len: 0 }
    }
}

/// Bytes that two labels begin with alike.
fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

impl<V> Radix<V> {
    /// Topics that have a value.
    pub(in super::super) fn len(&self) -> usize {
        self.len
    }

    /// The topic's value, made by `make` if there is none; and whether it was made.
    pub(in super::super) fn entry(
        &mut self,
        topic: &[u8],
        make: impl FnOnce() -> V,
    ) -> (&mut V, bool) {
        let index = self.insert_node(topic);
        let node = &mut self.nodes[index];
        let made = node.value.is_none();
        self.len += usize::from(made);
        (node.value.get_or_insert_with(make), made)
    }

    fn insert_node(&mut self, topic: &[u8]) -> usize {
        let (mut index, mut rest) = (0usize, topic);
        loop {
            let Some(&first) = rest.first() else { return index };
            match self.nodes[index].child(first) {
                Err(at) => {
                    let leaf = self.add(Node::new(rest, None));
                    self.nodes[index].children.insert(at, (first, leaf));
                    return leaf as usize;
                }
                Ok(at) => {
                    let child = self.nodes[index].children[at].1;
                    let shared = common(&self.nodes[child as usize].label, rest);
                    if shared < self.nodes[child as usize].label.len() {
                        self.split(index, at, shared);
                    }
                    index = self.nodes[index].children[at].1 as usize;
                    rest = &rest[shared..];
                }
            }
        }
    }

    /// Puts a node between `parent` and its child, after `shared` bytes of the child's label.
    fn split(&mut self, parent: usize, at: usize, shared: usize) {
        let (first, child) = self.nodes[parent].children[at];
        let label = std::mem::take(&mut self.nodes[child as usize].label);
        let (head, tail) = label.split_at(shared);
        self.nodes[child as usize].label = tail.into();
        let mut middle = Node::new(head, None);
        middle.children = vec![(tail[0], child)];
        let middle = self.add(middle);
        self.nodes[parent].children[at] = (first, middle);
    }

    fn add(&mut self, node: Node<V>) -> u32 {
        if let Some(index) = self.free.pop() {
            self.nodes[index as usize] = node;
            return index;
        }
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    /// The topic's value.
    pub(in super::super) fn get_mut(&mut self, topic: &[u8]) -> Option<&mut V> {
        let (index, _) = self.find(topic)?;
        self.nodes[index].value.as_mut()
    }

    /// The node of exactly this topic, and its ancestors: (node, place among its children).
    fn find(&self, topic: &[u8]) -> Option<(usize, Option<(usize, usize)>)> {
        let (mut index, mut rest, mut parent) = (0usize, topic, None);
        while let Some(&first) = rest.first() {
            let at = self.nodes[index].child(first).ok()?;
            let child = self.nodes[index].children[at].1 as usize;
            rest = rest.strip_prefix(&*self.nodes[child].label)?;
            parent = Some((index, at));
            index = child;
        }
        Some((index, parent))
    }

    /// Takes the topic's value out.
    pub(in super::super) fn remove(&mut self, topic: &[u8]) -> Option<V> {
        let (index, parent) = self.find(topic)?;
        let value = self.nodes[index].value.take()?;
        self.len -= 1;
        if let Some((parent, at)) = parent {
            self.prune(index, parent, at);
            if parent != 0 && self.nodes[parent].value.is_none() {
                self.merge_with_only_child(parent);
            }
        }
        Some(value)
    }

    fn prune(&mut self, index: usize, parent: usize, at: usize) {
        if self.nodes[index].children.is_empty() {
            self.nodes[parent].children.remove(at);
            self.release(index);
        } else {
            self.merge_with_only_child(index);
        }
    }

    fn merge_with_only_child(&mut self, index: usize) {
        let [(_, child)] = self.nodes[index].children[..] else { return };
        let child = child as usize;
        let tail = std::mem::replace(&mut self.nodes[child], Node::new(&[], None));
        let node = &mut self.nodes[index];
        let mut label = std::mem::take(&mut node.label).into_vec();
        label.extend_from_slice(&tail.label);
        node.label = label.into();
        node.children = tail.children;
        node.value = tail.value;
        self.free.push(child as u32);
    }

    fn release(&mut self, index: usize) {
        self.nodes[index] = Node::new(&[], None);
        self.free.push(index as u32);
    }

    /// Calls `each` with the value of every topic that `data` begins with, until it returns false.
    pub(in super::super) fn matches(&self, data: &[u8], mut each: impl FnMut(&V) -> bool) {
        let (mut node, mut rest) = (&self.nodes[0], data);
        loop {
            if let Some(value) = &node.value
                && !each(value)
            {
                return;
            }
            let Some(&first) = rest.first() else { return };
            let Ok(at) = node.child(first) else { return };
            node = &self.nodes[node.children[at].1 as usize];
            let Some(next) = rest.strip_prefix(&*node.label) else { return };
            rest = next;
        }
    }

    /// Visits all topics and their values in order.
    pub(in super::super) fn for_each(&mut self, mut each: impl FnMut(&[u8], &mut V)) {
        let mut topic = Vec::new();
        // (node, length of its parent's topic), deepest last.
        let mut todo = vec![(0u32, 0usize)];
        while let Some((index, parent_len)) = todo.pop() {
            let node = &mut self.nodes[index as usize];
            topic.truncate(parent_len);
            topic.extend_from_slice(&node.label);
            if let Some(value) = &mut node.value {
                each(&topic, value);
            }
            let len = topic.len();
            todo.extend(node.children.iter().rev().map(|(_, child)| (*child, len)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn topics_of(radix: &mut Radix<u32>) -> Vec<(Vec<u8>, u32)> {
        let mut found = Vec::new();
        radix.for_each(|topic, value| found.push((topic.to_vec(), *value)));
        found
    }

    proptest! {
        #[test]
        fn behaves_as_a_map(ops in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(0u8..3, 0..6)), 1..200,
        )) {
            let mut radix = Radix::default();
            let mut model: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
            for (insert, topic) in ops {
                if insert {
                    *radix.entry(&topic, || 0).0 += 1;
                    *model.entry(topic.clone()).or_default() += 1;
                } else {
                    prop_assert_eq!(radix.remove(&topic), model.remove(&topic));
                }
                prop_assert_eq!(radix.len(), model.len());
                let expected: Vec<u32> = (0..=topic.len())
                    .filter_map(|n| model.get(&topic[..n]).copied())
                    .collect();
                let mut matched = Vec::new();
                radix.matches(&topic, |value| { matched.push(*value); true });
                prop_assert_eq!(matched, expected);
            }
            prop_assert_eq!(topics_of(&mut radix), model.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_very_long_topic_needs_no_stack_and_little_memory() {
        let work = || {
            let topic = vec![7u8; 64 << 20];
            let mut radix = Radix::default();
            radix.entry(&topic, || 1);
            radix.entry(&topic[..1 << 20], || 2);
            let mut matched = 0;
            radix.matches(&topic, |_| {
                matched += 1;
                true
            });
            assert_eq!(matched, 2);
            assert_eq!(radix.remove(&topic), Some(1));
            assert_eq!(radix.len(), 1);
        };
        let small = std::thread::Builder::new().stack_size(64 << 10).spawn(work);
        small.expect("thread starts").join().expect("no overflow");
    }
}
