//! The memory of a radix tree: nodes of some 32-bit words each, in one array.
//!
//! ```text
//! head    label's length (8 bits) | value? (1) | .. | children (from bit 16 on)
//! value   one word, if there is one
//! label   four bytes a word, the first one lowest; zeros behind the last
//! firsts  first bytes of the children, sorted, packed as the label is
//! kids    their places, with room up to a multiple of four
//! ```
//!
//! A leaf of a few bytes takes 12 to 20 bytes, an inner node's way down mostly one cache line. The
//! size follows from the head, so a node that changes moves to a block of its new size; blocks wait
//! for the next node of just that size, and when more than half of the array waits, it is packed.
//!
//! Thread: under the socket's lock. Invariants: word 0 holds the root's place; a *place* is a node's
//! first word, a *slot* the word where its parent holds that. Counterpart: none.

/// Longest label of a node, bytes: longer ones go on in a child.
pub(super) const MAX_LABEL: usize = u8::MAX as usize;

/// Where the root's place stands.
pub(super) const ROOT: usize = 0;

const HAS_VALUE: u32 = 1 << 8;
const KIDS_SHIFT: u32 = 16;

/// A smaller array is not worth packing, words.
const WORTH_PACKING: usize = 4 << 10;

/// Words that places can tell apart: 16 GB. Less where a test wants to get there.
const MOST_WORDS: usize = if cfg!(test) { 1 << 25 } else { u32::MAX as usize };

#[derive(Debug, Default)]
pub(super) struct Nodes {
    words: Vec<u32>,
    /// The first free block of each size in words; a block's first word holds the next one's place.
    free: Vec<u32>,
    free_words: usize,
}

/// No block: the root's slot is none.
const NONE: u32 = 0;

/// A node to look at. Reaches to the array's end.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    head: u32,
    words: &'a [u32],
}

/// A node that was taken out to be changed.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) value: Option<u32>,
    pub(super) label: Vec<u8>,
    pub(super) firsts: Vec<u8>,
    pub(super) kids: Vec<u32>,
}

impl Draft {
    /// Adds a child, which is not there.
    pub(super) fn add(&mut self, first: u8, child: u32) {
        let at = self.firsts.partition_point(|other| *other < first);
        self.firsts.insert(at, first);
        self.kids.insert(at, child);
    }

    /// Removes the child that begins with `first`.
    pub(super) fn remove(&mut self, first: u8) {
        if let Ok(at) = self.firsts.binary_search(&first) {
            self.firsts.remove(at);
            self.kids.remove(at);
        }
    }
}

fn label_len(head: u32) -> usize {
    (head & 0xff) as usize
}

fn kid_count(head: u32) -> usize {
    (head >> KIDS_SHIFT) as usize
}

fn label_at(head: u32) -> usize {
    1 + usize::from(head & HAS_VALUE != 0)
}

fn firsts_at(head: u32) -> usize {
    label_at(head) + label_len(head).div_ceil(4)
}

fn kids_at(head: u32) -> usize {
    firsts_at(head) + kid_count(head).div_ceil(4)
}

/// Words of a node. Two at least: what a free block needs is less.
fn size(head: u32) -> usize {
    (kids_at(head) + kid_count(head).next_multiple_of(4)).max(2)
}

fn bytes_of(words: &[u32], len: usize) -> impl Iterator<Item = u8> + '_ {
    words.iter().flat_map(|word| word.to_le_bytes()).take(len)
}

impl<'a> Node<'a> {
    #[inline]
    pub(super) fn value(self) -> Option<u32> {
        (self.head & HAS_VALUE != 0).then(|| self.words[1])
    }

    /// The value of a node that has neither a label nor children.
    #[inline(always)]
    pub(super) fn only_value(self) -> Option<u32> {
        (self.head == HAS_VALUE).then(|| self.words[1])
    }

    #[inline]
    pub(super) fn kids(self) -> usize {
        kid_count(self.head)
    }

    pub(super) fn label_len(self) -> usize {
        label_len(self.head)
    }

    pub(super) fn label(self) -> impl Iterator<Item = u8> + 'a {
        bytes_of(&self.words[label_at(self.head)..], label_len(self.head))
    }

    /// Bytes that the label and `data` begin with alike.
    pub(super) fn shared_with(self, data: &[u8]) -> usize {
        self.label().zip(data).take_while(|(a, b)| a == *b).count()
    }

    /// What is left of `data`, if it begins with the label.
    #[inline]
    pub(super) fn strip_label(self, data: &[u8]) -> Option<&[u8]> {
        let (label, rest) = data.split_at_checked(label_len(self.head))?;
        let (whole, tail) = label.as_chunks::<4>();
        let mut words = self.words[label_at(self.head)..].iter();
        let alike = whole.iter().zip(&mut words).all(|(a, b)| u32::from_le_bytes(*a) == *b);
        if !alike {
            return None;
        }
        if !tail.is_empty() {
            let mut last = [0; 4];
            last[..tail.len()].copy_from_slice(tail);
            if words.next() != Some(&u32::from_le_bytes(last)) {
                return None;
            }
        }
        Some(rest)
    }

    /// Which of the children begins with `first`.
    #[inline]
    fn find(self, first: u8) -> Option<usize> {
        let firsts = self.words.get(firsts_at(self.head)..kids_at(self.head))?;
        // The last word that does not begin with a larger byte: four children to choose from. What
        // stands behind the last child is zero, which is never looked for there.
        let word = firsts.partition_point(|word| *word as u8 <= first).checked_sub(1)?;
        let differing = firsts[word] ^ (u32::from(first) * 0x0101_0101);
        // The lowest bit set is that of the lowest byte that is zero.
        let zeros = differing.wrapping_sub(0x0101_0101) & !differing & 0x8080_8080;
        (zeros != 0).then(|| word * 4 + zeros.trailing_zeros() as usize / 8)
    }

    /// The place of the child that begins with `first`.
    #[inline]
    pub(super) fn child(self, first: u8) -> Option<u32> {
        Some(self.words[kids_at(self.head) + self.find(first)?])
    }

    /// The places of the children, in order.
    pub(super) fn children(self) -> &'a [u32] {
        let at = kids_at(self.head);
        &self.words[at..at + kid_count(self.head)]
    }

    /// First bytes of the children, in order.
    pub(super) fn firsts(self) -> impl Iterator<Item = u8> + 'a {
        bytes_of(&self.words[firsts_at(self.head)..], kid_count(self.head))
    }

    /// The first byte and the place of the child, if there is just one.
    pub(super) fn only_child(self) -> Option<(u8, u32)> {
        let [child] = self.children() else { return None };
        self.firsts().next().map(|first| (first, *child))
    }
}

impl Nodes {
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// True if a topic of that length can be added.
    pub(super) fn has_room_for(&self, topic_len: usize) -> bool {
        // 70 words for 256 bytes of a long topic, and what splitting a node and adding to one can take.
        self.words.len() + topic_len / 3 + 1024 < MOST_WORDS
    }

    #[inline]
    pub(super) fn at(&self, place: u32) -> Node<'_> {
        let words = &self.words[place as usize..];
        Node { head: words[0], words }
    }

    /// The root's, if there is one.
    #[inline]
    pub(super) fn root(&self) -> Option<Node<'_>> {
        self.words.first().map(|place| self.at(*place))
    }

    /// The place that stands in `slot`.
    #[inline]
    pub(super) fn place(&self, slot: usize) -> u32 {
        self.words[slot]
    }

    /// The node whose place stands in `slot`.
    #[inline]
    pub(super) fn in_slot(&self, slot: usize) -> Node<'_> {
        self.at(self.words[slot])
    }

    /// The slot of the child that begins with `first`, of the node in `slot`.
    #[inline]
    pub(super) fn child_slot(&self, slot: usize, first: u8) -> Option<usize> {
        let place = self.words[slot];
        let node = self.at(place);
        Some(place as usize + kids_at(node.head) + node.find(first)?)
    }

    pub(super) fn set_slot(&mut self, slot: usize, place: u32) {
        self.words[slot] = place;
    }

    /// The value of the node at `place`.
    pub(super) fn value_mut(&mut self, place: u32) -> Option<&mut u32> {
        let at = place as usize;
        if self.words[at] & HAS_VALUE == 0 {
            return None;
        }
        self.words.get_mut(at + 1)
    }

    /// Adds a node, and returns its place.
    pub(super) fn put(
        &mut self,
        value: Option<u32>,
        label: &[u8],
        firsts: &[u8],
        kids: &[u32],
    ) -> u32 {
        debug_assert!(label.len() <= MAX_LABEL && firsts.len() == kids.len());
        let has_value = if value.is_some() { HAS_VALUE } else { 0 };
        let head = label.len() as u32 | has_value | (kids.len() as u32) << KIDS_SHIFT;
        let place = self.allocate(size(head));
        let words = &mut self.words[place as usize..][..size(head)];
        words[0] = head;
        if let Some(value) = value {
            words[1] = value;
        }
        pack(label, &mut words[label_at(head)..]);
        pack(firsts, &mut words[firsts_at(head)..]);
        words[kids_at(head)..][..kids.len()].copy_from_slice(kids);
        place
    }

    /// Takes a node out: its label comes behind what `draft` has, all else in its place.
    pub(super) fn take(&mut self, place: u32, draft: &mut Draft) {
        let node = self.at(place);
        draft.value = node.value();
        draft.label.extend(node.label());
        draft.firsts.clear();
        draft.firsts.extend(node.firsts());
        draft.kids.clear();
        draft.kids.extend_from_slice(node.children());
        self.release(place);
    }

    /// Adds the node that a draft describes, and empties its label.
    pub(super) fn put_draft(&mut self, draft: &mut Draft) -> u32 {
        let place = self.put(draft.value, &draft.label, &draft.firsts, &draft.kids);
        draft.label.clear();
        place
    }

    fn allocate(&mut self, size: usize) -> u32 {
        if self.words.is_empty() {
            self.words.push(NONE);
        }
        if let Some(first) = self.free.get_mut(size)
            && *first != NONE
        {
            let place = *first;
            *first = self.words[place as usize];
            self.free_words -= size;
            return place;
        }
        let place = self.words.len();
        assert!(place + size <= u32::MAX as usize, "has_room_for was asked");
        self.words.resize(place + size, 0);
        place as u32
    }

    pub(super) fn release(&mut self, place: u32) {
        let size = size(self.at(place).head);
        if self.free.len() <= size {
            self.free.resize(size + 1, NONE);
        }
        self.words[place as usize] = self.free[size];
        self.free[size] = place;
        self.free_words += size;
    }

    /// Gives memory back if more than half of it waits for use. Places change.
    pub(super) fn pack_if_worth(&mut self) {
        if self.words.len() >= WORTH_PACKING && self.free_words > self.words.len() / 2 {
            self.pack();
        }
    }

    /// Nodes move to where a walk in order meets them.
    fn pack(&mut self) {
        let mut packed = Vec::with_capacity(self.words.len() - self.free_words);
        packed.push(NONE);
        let mut todo = vec![(self.words[ROOT], ROOT)];
        while let Some((place, slot)) = todo.pop() {
            let node = self.at(place);
            let to = packed.len();
            packed.extend_from_slice(&node.words[..size(node.head)]);
            packed[slot] = to as u32;
            let kids = to + kids_at(node.head);
            let slots = kids..kids + node.kids();
            todo.extend(node.children().iter().copied().zip(slots).rev());
        }
        *self = Self { words: packed, free: Vec::new(), free_words: 0 };
    }
}

/// Four bytes a word.
fn pack(bytes: &[u8], words: &mut [u32]) {
    for (chunk, word) in bytes.chunks(4).zip(words) {
        let mut packed = [0; 4];
        packed[..chunk.len()].copy_from_slice(chunk);
        *word = u32::from_le_bytes(packed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Nodes {
        /// Bytes of memory, those that wait for use included.
        pub(in super::super) fn bytes(&self) -> usize {
            self.words.len() * size_of::<u32>()
        }

        /// Every word belongs to a node or a free block, and nodes are as they should be.
        pub(in super::super) fn check(&self) {
            let Some(&root) = self.words.first() else { return };
            let mut used = 1;
            let mut todo = vec![root];
            while let Some(place) = todo.pop() {
                let node = self.at(place);
                used += size(node.head);
                let firsts: Vec<u8> = node.firsts().collect();
                assert!(firsts.is_sorted_by(|a, b| a < b), "sorted, each once");
                assert!(place == root || node.value().is_some() || node.kids() > 0, "of use");
                for (first, child) in firsts.iter().zip(node.children()) {
                    assert_eq!(node.child(*first), Some(*child));
                    todo.push(*child);
                }
            }
            let mut free = 0;
            for (size, first) in self.free.iter().enumerate() {
                let mut block = *first;
                while block != NONE {
                    free += size;
                    block = self.words[block as usize];
                }
            }
            assert_eq!(free, self.free_words);
            assert_eq!(used + free, self.words.len());
        }
    }
}
