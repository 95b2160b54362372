//! What a socket is bound or connected to, found by name, by connection or by pipe.
//!
//! Thread: under the socket's lock. Invariants: `places` knows each connection and each pipe in
//! `entries`, which are in one entry at most. Counterpart: `endpoints_t` and `inprocs_t` of
//! `socket_base.cpp` in libzmq 4.3.5.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::connection::{Link, ListenerHandle};
use crate::pipe::PipeId;

/// One thing that the socket was bound or connected to.
#[derive(Debug)]
pub(super) enum What {
    Listener(ListenerHandle),
    Session(Arc<Link>),
    InprocName(String),
    InprocPipe(PipeId),
}

/// The name that takes it back (a listener's address, as `ZMQ_LAST_ENDPOINT` has it; else what was
/// given), and a number, as there may be several of a name.
type Place = (Arc<str>, u64);

/// What else an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Peer {
    /// The link's address, which is its own as long as the entry holds it.
    Link(usize),
    Pipe(PipeId),
}

impl Peer {
    fn of_link(link: &Arc<Link>) -> Self {
        Self::Link(Arc::as_ptr(link).addr())
    }

    fn of(what: &What) -> Option<Self> {
        match what {
            What::Session(link) => Some(Self::of_link(link)),
            What::InprocPipe(id) => Some(Self::Pipe(*id)),
            What::Listener(_) | What::InprocName(_) => None,
        }
    }
}

/// See the module. No call takes longer where there are many.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    entries: BTreeMap<Place, What>,
    places: HashMap<Peer, Place>,
    /// Numbers given out.
    added: u64,
}

impl Endpoints {
    pub(super) fn add(&mut self, name: &str, what: What) {
        let place = (Arc::from(name), self.added);
        self.added += 1;
        if let Some(peer) = Peer::of(&what) {
            self.places.insert(peer, place.clone());
        }
        self.entries.insert(place, what);
    }

    pub(super) fn forget_link(&mut self, link: &Arc<Link>) {
        self.forget(Peer::of_link(link));
    }

    pub(super) fn forget_pipe(&mut self, id: PipeId) {
        self.forget(Peer::Pipe(id));
    }

    fn forget(&mut self, peer: Peer) {
        if let Some(place) = self.places.remove(&peer) {
            self.entries.remove(&place);
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    fn first(&self, name: &str) -> Option<&Place> {
        let (place, _) = self.entries.range((Arc::from(name), 0)..).next()?;
        (*place.0 == *name).then_some(place)
    }

    /// Takes out all of that name, the oldest first.
    pub(super) fn take(&mut self, name: &str) -> Vec<What> {
        let mut taken = Vec::new();
        while let Some(place) = self.first(name).cloned() {
            taken.extend(self.remove(&place));
        }
        taken
    }

    /// Takes out all, the oldest first.
    pub(super) fn take_all(&mut self) -> Vec<What> {
        self.places.clear();
        let mut entries: Vec<_> = std::mem::take(&mut self.entries).into_iter().collect();
        entries.sort_by_key(|((_, number), _)| *number);
        entries.into_iter().map(|(_, what)| what).collect()
    }

    fn remove(&mut self, place: &Place) -> Option<What> {
        let what = self.entries.remove(place)?;
        if let Some(peer) = Peer::of(&what) {
            self.places.remove(&peer);
        }
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipes(taken: &[What]) -> Vec<u32> {
        taken.iter().map(|what| if let What::InprocPipe(id) = what { id.0 } else { 99 }).collect()
    }

    #[test]
    fn entries_are_found_by_name_and_by_pipe() {
        let mut list = Endpoints::default();
        for (pipe, name) in ["b", "a", "b", "ab", "b"].into_iter().enumerate() {
            list.add(name, What::InprocPipe(PipeId(pipe as u32)));
        }
        assert!(list.contains("a") && list.contains("ab") && !list.contains("c"));
        list.forget_pipe(PipeId(2));
        list.forget_pipe(PipeId(7));
        assert_eq!(pipes(&list.take("b")), [0, 4]);
        assert!(!list.contains("b"));
        list.add("b", What::InprocName("b".to_owned()));
        list.add("0", What::InprocPipe(PipeId(5)));
        assert_eq!(pipes(&list.take_all()), [1, 3, 99, 5]);
        assert!(list.entries.is_empty() && list.places.is_empty());
    }
}
