//! Routing ids and their pipes.
//!
//! Thread: under the socket's lock. Invariants: a routing id names one pipe, and a pipe has one
//! at most. Counterpart: `routing_socket_base_t` of `socket_base.cpp` in libzmq 4.3.5.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::error::{Errno, Result};
use crate::pipe::PipeId;

/// Bytes of a routing id that [`Peers::generate`] makes.
pub(in crate::pattern) const GENERATED: usize = 5;

/// Bytes of a routing id that lies in the tables: names, UUIDs, and what is generated.
const INLINE: usize = 22;

/// A routing id in the tables. Short ones lie there, not elsewhere: who addresses thousands of peers
/// in turn finds none of it in a cache, so each look at memory counts.
#[derive(Clone)]
enum RoutingId {
    Short { len: u8, bytes: [u8; INLINE] },
    Long(Box<[u8]>),
}

const _: () = assert!(size_of::<RoutingId>() == 24);

impl RoutingId {
    fn new(id: &[u8]) -> Self {
        let mut bytes = [0; INLINE];
        let Some(to) = bytes.get_mut(..id.len()) else { return Self::Long(id.into()) };
        to.copy_from_slice(id);
        Self::Short { len: id.len() as u8, bytes }
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl Borrow<[u8]> for RoutingId {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// As its bytes, which it is looked up by.
impl Hash for RoutingId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialEq for RoutingId {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.as_bytes(), other.as_bytes())
    }
}

impl Eq for RoutingId {}

impl fmt::Debug for RoutingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().fmt(f)
    }
}

/// See the module.
#[derive(Debug)]
pub(in crate::pattern) struct Peers {
    by_id: HashMap<RoutingId, PipeId, foldhash::fast::RandomState>,
    /// By pipe.
    ids: Vec<Option<RoutingId>>,
    /// The last one that was looked up: bursts go to one peer, and replies to the last asker.
    last: Option<PipeId>,
    next_generated: u32,
    /// `ZMQ_CONNECT_ROUTING_ID`, for the next connection.
    pub(in crate::pattern) for_next_connect: Vec<u8>,
}

impl Peers {
    /// None yet. The ids that are generated are numbered from `seed` on.
    pub(in crate::pattern) fn new(seed: u32) -> Self {
        Self {
            by_id: HashMap::default(),
            ids: Vec::new(),
            last: None,
            next_generated: seed,
            for_next_connect: Vec::new(),
        }
    }

    /// The next connection that our side makes gets this id; `EINVAL` for none.
    pub(in crate::pattern) fn choose_next(&mut self, routing_id: &[u8]) -> Result<()> {
        if routing_id.is_empty() {
            return Err(Errno::EINVAL);
        }
        self.for_next_connect = routing_id.to_vec();
        Ok(())
    }

    /// A routing id that no peer can choose: they do not begin with a zero byte.
    pub(in crate::pattern) fn generate(&mut self) -> [u8; GENERATED] {
        let [a, b, c, d] = self.next_generated.to_be_bytes();
        self.next_generated = self.next_generated.wrapping_add(1);
        [0, a, b, c, d]
    }

    /// The pipe of a message's receiver.
    #[inline]
    pub(in crate::pattern) fn find(&mut self, routing_id: &[u8]) -> Option<PipeId> {
        if let Some(last) = self.last
            && self.id_of(last).is_some_and(|id| is_same(id, routing_id))
        {
            return Some(last);
        }
        let found = self.get(routing_id);
        self.last = found.or(self.last);
        found
    }

    /// The routing id of a pipe.
    #[inline]
    pub(in crate::pattern) fn id_of(&self, pipe: PipeId) -> Option<&[u8]> {
        self.ids.get(pipe.0 as usize)?.as_ref().map(RoutingId::as_bytes)
    }

    /// The pipe of that routing id.
    pub(in crate::pattern) fn get(&self, routing_id: &[u8]) -> Option<PipeId> {
        self.by_id.get(routing_id).copied()
    }

    /// The pipe is known by `routing_id` from now on, and no other is.
    pub(in crate::pattern) fn add(&mut self, routing_id: &[u8], pipe: PipeId) {
        let index = pipe.0 as usize;
        if self.ids.len() <= index {
            self.ids.resize(index + 1, None);
        }
        let routing_id = RoutingId::new(routing_id);
        self.ids[index] = Some(routing_id.clone());
        self.by_id.insert(routing_id, pipe);
    }

    /// The pipe is known no more.
    pub(in crate::pattern) fn remove(&mut self, pipe: PipeId) {
        if self.last == Some(pipe) {
            self.last = None;
        }
        if let Some(id) = self.ids.get_mut(pipe.0 as usize).and_then(Option::take)
            && self.by_id.get(&id) == Some(&pipe)
        {
            self.by_id.remove(&id);
        }
    }

    /// All that are known.
    pub(in crate::pattern) fn pipes(&self) -> impl Iterator<Item = PipeId> + '_ {
        self.by_id.values().copied()
    }
}

/// As `==`, which is a call: most ids are short.
#[inline(always)]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_ids_are_the_same_if_all_their_bytes_are() {
        for len in 0..40 {
            let id: Vec<u8> = (0..len).collect();
            assert!(is_same(&id, &id.clone()));
            assert!(!is_same(&id, &[&id[..], &[0]].concat()));
            for at in 0..id.len() {
                let mut other = id.clone();
                other[at] ^= 1;
                assert!(!is_same(&id, &other), "{len} bytes, byte {at} differs");
            }
        }
    }

    #[test]
    fn a_peer_is_found_by_an_id_of_any_length() {
        let mut peers = Peers::new(0);
        let ids: Vec<Vec<u8>> = (1..=255).map(|len| vec![7; len]).collect();
        for (pipe, id) in ids.iter().enumerate() {
            peers.add(id, PipeId(pipe as u32));
        }
        for (pipe, id) in ids.iter().enumerate() {
            let pipe = PipeId(pipe as u32);
            assert_eq!(peers.id_of(pipe), Some(&id[..]));
            assert_eq!(peers.find(id), Some(pipe));
            // Once more, by what was looked up last.
            assert_eq!(peers.find(id), Some(pipe));
        }
        assert_eq!(peers.find(&[7; 256]), None);
        for (pipe, id) in ids.iter().enumerate() {
            peers.remove(PipeId(pipe as u32));
            assert_eq!(peers.find(id), None);
        }
    }
}
