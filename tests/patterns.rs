//! Each pattern over real inproc sockets against a model that is too simple to be wrong. Everything
//! runs on one thread, so what a call finds is decided by the calls before it.

mod support;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::collection::vec;
use proptest::prelude::*;

use support::*;

use zmq::error::Errno;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A receiver bound to an inproc name, and `n` senders connected to it.
fn fan_in(context: &Context, receiver: i32, sender: i32, n: usize) -> (Sock, Vec<Sock>) {
    let bound = context.socket(receiver);
    bound.bind("inproc://model");
    let connected = (0..n)
        .map(|_| {
            let sock = context.socket(sender);
            sock.connect("inproc://model");
            sock
        })
        .collect();
    (bound, connected)
}

fn number(body: &[u8]) -> u32 {
    u32::from_ne_bytes(body.try_into().expect("four bytes"))
}

#[derive(Clone, Copy, Debug)]
enum Change {
    /// Of so many parts.
    Message(usize),
    /// Connects, or is connected to.
    Come(bool),
    Go(usize),
}

/// What `other` sends while much waits from one sender alone is among the next two messages.
fn has_its_turn(pull: &Sock, first: &Sock, other: impl FnOnce()) {
    for _ in 0..10 {
        first.send(b"first");
    }
    for _ in 0..2 {
        assert_eq!(pull.try_recv(true), Ok(b"first".to_vec()));
    }
    other();
    let next = [pull.try_recv(true), pull.try_recv(true)];
    assert!(next.contains(&Ok(b"other".to_vec())), "{next:?}");
}

#[test]
fn a_sender_that_comes_has_its_turn() {
    let context = Context::new();
    let (pull, pushes) = fan_in(&context, PULL, PUSH, 1);
    has_its_turn(&pull, &pushes[0], || {
        let push = context.socket(PUSH);
        push.connect("inproc://model");
        push.send(b"other");
    });
}

#[test]
fn a_sender_that_was_silent_has_its_turn() {
    let context = Context::new();
    // So many that the receiver is told who has something.
    let (pull, pushes) = fan_in(&context, PULL, PUSH, 20);
    assert_eq!(pull.try_recv(true), Err(Errno::EAGAIN));
    has_its_turn(&pull, &pushes[0], || pushes[1].send(b"other"));
}

#[test]
fn a_receiver_that_is_waited_for_has_its_turn() {
    let context = Context::new();
    let (push, pulls) = fan_in(&context, PUSH, PULL, 1);
    push.send(b"alone");
    push.send(b"alone");
    assert_eq!(pulls[0].drain().len(), 2);
    push.connect("ipc:///nonexistent/model");
    for _ in 0..4 {
        push.send(b"shared");
    }
    assert_eq!(pulls[0].drain().len(), 2);
}

#[test]
fn a_message_half_sent_goes_with_its_receiver() {
    let context = Context::new();
    let (push, mut pulls) = fan_in(&context, PUSH, PULL, 1);
    push.send(b"whole");
    push.send(b"whole");
    assert_eq!(push.try_send(b"begun", true, true), Ok(5));
    pulls.clear();
    let pull = context.socket(PULL);
    pull.connect("inproc://model");
    assert_eq!(push.try_send(b"ended", true, false), Ok(5));
    push.send(b"next");
    assert_eq!(pull.try_recv_all(true), Ok(vec![b"next".to_vec()]));
    assert_eq!(pull.try_recv(true), Err(Errno::EAGAIN));
}

proptest! {
    #![proptest_config(cases(96))]

    /// A queue takes the sum of both marks, and takes more in steps of the low-water mark.
    #[test]
    fn high_water_marks_count_exactly(
        sndhwm in 0i32..6,
        rcvhwm in 0i32..6,
        parts in 1usize..4,
        ops in vec(any::<bool>(), 0..200),
    ) {
        let context = Context::new();
        let (pull, push) = (context.socket(PULL), context.socket(PUSH));
        push.set(opt::SNDHWM, sndhwm);
        pull.set(opt::RCVHWM, rcvhwm);
        pull.bind("inproc://model");
        push.connect("inproc://model");
        let hwm = if sndhwm == 0 || rcvhwm == 0 { u32::MAX } else { (sndhwm + rcvhwm) as u32 };
        let lwm = hwm.div_ceil(2);
        let (mut written, mut consumed) = (0u32, 0u32);
        for send in ops {
            if send {
                let has_room = written - (consumed - consumed % lwm) < hwm;
                let mut sent = Ok(0);
                for part in 0..parts {
                    sent = push.try_send(&written.to_ne_bytes(), true, part + 1 < parts);
                    if sent.is_err() {
                        prop_assert_eq!(part, 0, "a message that began is taken to its end");
                        break;
                    }
                }
                prop_assert_eq!(sent, if has_room { Ok(4) } else { Err(Errno::EAGAIN) });
                written += u32::from(has_room);
            } else {
                let received = pull.try_recv_all(true);
                if consumed < written {
                    let body = consumed.to_ne_bytes().to_vec();
                    prop_assert_eq!(received, Ok(vec![body; parts]));
                    consumed += 1;
                } else {
                    prop_assert_eq!(received, Err(Errno::EAGAIN));
                }
            }
        }
    }

    /// Every sender's messages come in its order, and none waits for more than two rounds.
    #[test]
    fn pull_is_fair(
        senders in 1usize..6,
        ops in vec(prop_oneof![(0usize..6).prop_map(Some), Just(None)], 0..300),
    ) {
        let context = Context::new();
        let (pull, pushes) = fan_in(&context, PULL, PUSH, senders);
        let mut sent = vec![0u32; senders];
        let mut received = vec![0u32; senders];
        let mut passed_over = vec![0; senders];
        let recv = |received: &mut Vec<u32>, sent: &Vec<u32>, passed_over: &mut Vec<usize>| {
            let waiting: Vec<bool> = (0..senders).map(|i| received[i] < sent[i]).collect();
            match pull.try_recv_all(true) {
                Err(errno) => {
                    prop_assert_eq!(errno, Errno::EAGAIN);
                    prop_assert!(!waiting.contains(&true), "messages wait: {waiting:?}");
                }
                Ok(frames) => {
                    let from = number(&frames[0]) as usize;
                    prop_assert_eq!(number(&frames[1]), received[from]);
                    received[from] += 1;
                    for (index, waits) in waiting.into_iter().enumerate() {
                        let over = if waits && index != from { passed_over[index] + 1 } else { 0 };
                        passed_over[index] = over;
                        prop_assert!(over <= 2 * senders, "sender {index} starves");
                    }
                }
            }
            Ok(())
        };
        for op in ops {
            match op {
                Some(index) => {
                    let index = index % senders;
                    let body = sent[index].to_ne_bytes();
                    pushes[index].send_all(&[&(index as u32).to_ne_bytes(), &body]);
                    sent[index] += 1;
                }
                None => recv(&mut received, &sent, &mut passed_over)?,
            }
        }
        while received != sent {
            recv(&mut received, &sent, &mut passed_over)?;
        }
    }

    /// One message to each in turn, as long as all have room.
    #[test]
    fn push_goes_round(receivers in 1usize..6, messages in 0u32..60) {
        let context = Context::new();
        let (push, pulls) = fan_in(&context, PUSH, PULL, receivers);
        for index in 0..messages {
            push.send(&index.to_ne_bytes());
        }
        let mut firsts = BTreeSet::new();
        for pull in &pulls {
            let got: Vec<u32> = pull.drain().iter().map(|frames| number(&frames[0])).collect();
            if let Some(first) = got.first() {
                firsts.insert(*first);
                let expected: Vec<u32> = (*first..messages).step_by(receivers).collect();
                prop_assert_eq!(got, expected);
            }
        }
        prop_assert_eq!(firsts.len(), receivers.min(messages as usize), "each has its turn");
    }

    /// Whoever comes has its turn from the next message on, whoever goes takes nothing along.
    #[test]
    fn push_heeds_who_comes_and_goes(
        ops in vec(prop_oneof![
            3 => (1usize..4).prop_map(Change::Message),
            1 => any::<bool>().prop_map(Change::Come),
            1 => (0usize..4).prop_map(Change::Go),
        ], 0..100),
    ) {
        let context = Context::new();
        let push = context.socket(PUSH);
        push.bind("inproc://model");
        let mut pulls: Vec<Sock> = Vec::new();
        let mut names = 0;
        // Who got the messages since the last change.
        let mut takers: Vec<usize> = Vec::new();
        for op in ops {
            match op {
                Change::Come(connects) => {
                    let pull = context.socket(PULL);
                    if connects {
                        pull.connect("inproc://model");
                    } else {
                        names += 1;
                        let name = format!("inproc://model-{names}");
                        pull.bind(&name);
                        push.connect(&name);
                    }
                    pulls.push(pull);
                    takers.clear();
                }
                Change::Go(index) => {
                    if index < pulls.len() {
                        drop(pulls.remove(index));
                        takers.clear();
                    }
                }
                Change::Message(_) if pulls.is_empty() => {
                    prop_assert_eq!(push.try_send(b"", true, false), Err(Errno::EAGAIN));
                }
                Change::Message(parts) => {
                    let frames: Vec<&[u8]> = [&b"first"[..], b"second", b"third"][..parts].to_vec();
                    push.send_all(&frames);
                    let got: Vec<usize> = pulls
                        .iter()
                        .enumerate()
                        .filter_map(|(index, pull)| match pull.try_recv_all(true) {
                            Ok(received) => (received == frames).then_some(index),
                            Err(_) => None,
                        })
                        .collect();
                    prop_assert_eq!(got.len(), 1, "one of them gets it");
                    takers.push(got[0]);
                    let round = &takers[takers.len().saturating_sub(pulls.len())..];
                    let distinct: BTreeSet<_> = round.iter().collect();
                    prop_assert_eq!(distinct.len(), round.len(), "each has its turn");
                }
            }
        }
    }

    /// Receivers that are full are passed over; nothing is lost and nothing is taken beyond room.
    #[test]
    fn push_passes_over_the_full(
        marks in vec(1i32..5, 1..5),
        ops in vec(prop_oneof![2 => Just(None), 1 => (0usize..5).prop_map(Some)], 0..200),
    ) {
        let context = Context::new();
        let push = context.socket(PUSH);
        push.set(opt::SNDHWM, 1);
        push.bind("inproc://model");
        let pulls: Vec<Sock> = marks
            .iter()
            .map(|mark| {
                let pull = context.socket(PULL);
                pull.set(opt::RCVHWM, *mark);
                pull.connect("inproc://model");
                pull
            })
            .collect();
        let (mut next, mut seen) = (0u32, BTreeSet::new());
        for op in ops {
            match op {
                None => match push.try_send(&next.to_ne_bytes(), true, false) {
                    Ok(_) => next += 1,
                    Err(errno) => {
                        prop_assert_eq!(errno, Errno::EAGAIN);
                        let total: i32 = marks.iter().map(|mark| mark + 1).sum();
                        let unread = next as i32 - seen.len() as i32;
                        // Credit returns in steps: fewer than all places may be taken by messages.
                        prop_assert!(unread > 0 && unread <= total);
                    }
                },
                Some(index) => {
                    let index = index % pulls.len();
                    if let Ok(frames) = pulls[index].try_recv_all(true) {
                        prop_assert!(seen.insert(number(&frames[0])), "twice");
                    }
                }
            }
        }
        for pull in &pulls {
            for frames in pull.drain() {
                prop_assert!(seen.insert(number(&frames[0])), "twice");
            }
        }
        prop_assert_eq!(seen.len(), next as usize, "lost");
    }

    /// Messages go to whom they are addressed to, and say whom they come from.
    #[test]
    fn router_routes_by_id(
        ids in proptest::collection::btree_set(vec(1u8..4, 1..5), 1..6),
        mandatory in any::<bool>(),
        ops in vec((any::<bool>(), 0usize..7, vec(vec(any::<u8>(), 0..60), 1..4)), 0..80),
    ) {
        let context = Context::new();
        let router = context.socket(ROUTER);
        router.set(opt::ROUTER_MANDATORY, i32::from(mandatory));
        router.bind("inproc://model");
        let peers: Vec<(Vec<u8>, Sock)> = ids
            .into_iter()
            .map(|id| {
                let sock = context.socket(DEALER);
                sock.set_bytes(opt::ROUTING_ID, &id);
                sock.connect("inproc://model");
                (id, sock)
            })
            .collect();
        let mut queues: Vec<VecDeque<Message>> = vec![VecDeque::new(); peers.len()];
        for (to_router, index, frames) in ops {
            let slices: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
            match peers.get(index) {
                Some((id, peer)) if to_router => {
                    peer.send_all(&slices);
                    let expected: Message = [vec![id.clone()], frames].concat();
                    prop_assert_eq!(router.try_recv_all(true), Ok(expected));
                }
                Some((id, _)) => {
                    router.send_all(&[&[id.as_slice()], slices.as_slice()].concat());
                    queues[index].push_back(frames);
                }
                None => {
                    // Nobody of that name.
                    let sent = router.try_send(b"nobody", true, true);
                    if mandatory {
                        prop_assert_eq!(sent, Err(Errno::EHOSTUNREACH));
                    } else {
                        prop_assert_eq!(sent, Ok(6));
                        prop_assert_eq!(router.try_send(b"x", true, false), Ok(1));
                    }
                }
            }
        }
        for ((_, peer), queue) in peers.iter().zip(queues) {
            prop_assert_eq!(VecDeque::from(peer.drain()), queue);
        }
    }

    #[test]
    fn req_and_rep_take_turns(ops in vec(0usize..4, 0..120)) {
        let context = Context::new();
        let (rep, req) = (context.socket(REP), context.socket(REQ));
        rep.bind("inproc://model");
        req.connect("inproc://model");
        let (mut awaits, mut owes) = (false, false);
        let (mut requests, mut replies) = (VecDeque::new(), VecDeque::new());
        let mut count = 0u32;
        for op in ops {
            count += 1;
            let body = count.to_ne_bytes();
            match op {
                0 => {
                    let expected = if awaits { Err(Errno::EFSM) } else { Ok(4) };
                    prop_assert_eq!(req.try_send(&body, true, false), expected);
                    if !awaits {
                        requests.push_back(body.to_vec());
                        awaits = true;
                    }
                }
                1 => {
                    let expected = match (awaits, replies.pop_front()) {
                        (false, _) => Err(Errno::EFSM),
                        (true, None) => Err(Errno::EAGAIN),
                        (true, Some(reply)) => Ok(reply),
                    };
                    awaits &= expected.is_err();
                    prop_assert_eq!(req.try_recv(true), expected);
                }
                2 => {
                    let expected = if owes { Ok(4) } else { Err(Errno::EFSM) };
                    prop_assert_eq!(rep.try_send(&body, true, false), expected);
                    if owes {
                        replies.push_back(body.to_vec());
                        owes = false;
                    }
                }
                _ => {
                    let expected = if owes {
                        Err(Errno::EFSM)
                    } else {
                        requests.pop_front().ok_or(Errno::EAGAIN)
                    };
                    owes |= expected.is_ok();
                    prop_assert_eq!(rep.try_recv(true), expected);
                }
            }
        }
    }

    /// Subscriptions count, match by prefix, and are told upstream once.
    #[test]
    fn subscriptions_match_by_prefix(
        subscribers in 1usize..4,
        invert in any::<bool>(),
        ops in vec((0usize..3, 0usize..4, vec(b'a'..=b'b', 0..5)), 0..150),
    ) {
        let context = Context::new();
        let (xpub, subs) = fan_in(&context, XPUB, SUB, subscribers);
        xpub.set(opt::INVERT_MATCHING, i32::from(invert));
        for sub in &subs {
            sub.set(opt::INVERT_MATCHING, i32::from(invert));
        }
        let mut counts: Vec<BTreeMap<Vec<u8>, usize>> = vec![BTreeMap::new(); subscribers];
        for (op, index, topic) in ops {
            let index = index % subscribers;
            let known = |counts: &Vec<BTreeMap<Vec<u8>, usize>>| {
                counts.iter().any(|topics| topics.contains_key(&topic))
            };
            let before = known(&counts);
            match op {
                0 => {
                    subs[index].set_bytes(opt::SUBSCRIBE, &topic);
                    *counts[index].entry(topic.clone()).or_default() += 1;
                    let told = if before { Err(Errno::EAGAIN) } else { Ok(prefixed(1, &topic)) };
                    prop_assert_eq!(xpub.try_recv(true), told);
                }
                1 => {
                    // Ending what was never begun is no error.
                    subs[index].set_bytes(opt::UNSUBSCRIBE, &topic);
                    if let Some(count) = counts[index].get_mut(&topic) {
                        *count -= 1;
                        if *count == 0 {
                            counts[index].remove(&topic);
                        }
                    }
                    let ended = before && !known(&counts);
                    let told = if ended { Ok(prefixed(0, &topic)) } else { Err(Errno::EAGAIN) };
                    prop_assert_eq!(xpub.try_recv(true), told);
                }
                _ => {
                    xpub.send_all(&[&topic, b"more"]);
                    for (sub, topics) in subs.iter().zip(&counts) {
                        let matches = topics.keys().any(|prefix| topic.starts_with(prefix));
                        let expected = if matches != invert {
                            vec![vec![topic.clone(), b"more".to_vec()]]
                        } else {
                            Vec::new()
                        };
                        prop_assert_eq!(sub.drain(), expected);
                    }
                }
            }
        }
    }

    /// PUB drops for who is at its mark, whole messages only, and for nobody else.
    #[test]
    fn pub_drops_for_the_full_only(
        marks in vec(1i32..5, 1..4),
        ops in vec(prop_oneof![3 => Just(None), 1 => (0usize..4).prop_map(Some)], 0..150),
    ) {
        let context = Context::new();
        let publisher = context.socket(PUB);
        publisher.set(opt::SNDHWM, 1);
        publisher.bind("inproc://model");
        let subs: Vec<Sock> = marks
            .iter()
            .map(|mark| {
                let sub = context.socket(SUB);
                sub.set(opt::RCVHWM, *mark);
                sub.set_bytes(opt::SUBSCRIBE, b"");
                sub.connect("inproc://model");
                sub
            })
            .collect();
        struct Model {
            queue: VecDeque<u32>,
            written: u32,
            consumed: u32,
        }
        let mut models: Vec<Model> = marks
            .iter()
            .map(|_| Model { queue: VecDeque::new(), written: 0, consumed: 0 })
            .collect();
        let mut next = 0u32;
        for op in ops {
            match op {
                None => {
                    publisher.send_all(&[&next.to_ne_bytes(), b"tail"]);
                    for (model, mark) in models.iter_mut().zip(&marks) {
                        let hwm = *mark as u32 + 1;
                        let lwm = hwm.div_ceil(2);
                        let credited = model.consumed - model.consumed % lwm;
                        if model.written - credited < hwm {
                            model.queue.push_back(next);
                            model.written += 1;
                        }
                    }
                    next += 1;
                }
                Some(index) => {
                    let index = index % subs.len();
                    let expected = match models[index].queue.pop_front() {
                        Some(message) => {
                            models[index].consumed += 1;
                            Ok(vec![message.to_ne_bytes().to_vec(), b"tail".to_vec()])
                        }
                        None => Err(Errno::EAGAIN),
                    };
                    prop_assert_eq!(subs[index].try_recv_all(true), expected);
                }
            }
        }
    }

    /// Frames of a message are seen when all of them are there.
    #[test]
    fn multipart_messages_are_seen_whole(
        kinds in prop_oneof![
            Just((PAIR, PAIR)),
            Just((PUSH, PULL)),
            Just((DEALER, DEALER)),
            Just((DEALER, ROUTER)),
        ],
        messages in vec(vec(vec(any::<u8>(), 0..700), 1..6), 1..12),
    ) {
        let context = Context::new();
        let (bound, connected) = fan_in(&context, kinds.1, kinds.0, 1);
        let sender = &connected[0];
        for frames in &messages {
            for (index, frame) in frames.iter().enumerate() {
                prop_assert_eq!(bound.try_recv(true), Err(Errno::EAGAIN));
                prop_assert_eq!(bound.get(opt::EVENTS) & 1, 0);
                let more = index + 1 < frames.len();
                prop_assert_eq!(sender.try_send(frame, true, more), Ok(frame.len()));
            }
            prop_assert_eq!(bound.get(opt::EVENTS) & 1, 1);
            let mut received = bound.recv_all();
            if kinds.1 == ROUTER {
                received.remove(0);
            }
            prop_assert!(&received == frames);
        }
    }

    /// `ZMQ_CONFLATE` keeps the last message.
    #[test]
    fn conflate_keeps_the_last(ops in vec(any::<bool>(), 0..60), subscribe in any::<bool>()) {
        let context = Context::new();
        let (receiver, sender) =
            if subscribe { (context.socket(SUB), context.socket(PUB)) }
            else { (context.socket(PULL), context.socket(PUSH)) };
        receiver.set(opt::CONFLATE, 1);
        sender.set(opt::CONFLATE, 1);
        if subscribe {
            receiver.set_bytes(opt::SUBSCRIBE, b"");
        }
        sender.bind("inproc://model");
        receiver.connect("inproc://model");
        let mut last = None;
        for (index, send) in ops.into_iter().enumerate() {
            if send {
                let body = (index as u32).to_ne_bytes();
                prop_assert_eq!(sender.try_send(&body, true, false), Ok(4));
                last = Some(body.to_vec());
            } else {
                prop_assert_eq!(receiver.try_recv(true), last.take().ok_or(Errno::EAGAIN));
            }
        }
    }
}

type Message = Vec<Vec<u8>>;

fn prefixed(first: u8, topic: &[u8]) -> Vec<u8> {
    [&[first], topic].concat()
}

/// PAIR has one peer; the second is turned away until the first is gone.
#[test]
fn pair_has_one_peer() {
    let context = Context::new();
    let (bound, peers) = fan_in(&context, PAIR, PAIR, 2);
    peers[0].send(b"first");
    assert_eq!(bound.recv(), b"first");
    bound.send(b"answer");
    assert_eq!(peers[0].recv(), b"answer");
    assert_eq!(peers[1].try_recv(true), Err(Errno::EAGAIN));
}

/// XSUB subscribes by messages, and what is no subscription goes up as it is.
#[test]
fn xsub_and_xpub_pass_messages_up() {
    let context = Context::new();
    let (xpub, xsubs) = fan_in(&context, XPUB, XSUB, 1);
    let xsub = &xsubs[0];
    xsub.send(b"\x01topic");
    assert_eq!(xpub.recv(), b"\x01topic");
    xsub.send(b"\x02hello");
    assert_eq!(xpub.recv(), b"\x02hello");
    xpub.send(b"topic 1");
    assert_eq!(xsub.recv(), b"topic 1");
    xpub.send(b"other");
    xsub.send(b"\x00topic");
    assert_eq!(xpub.recv(), b"\x00topic");
    assert_eq!(xsub.try_recv(true), Err(Errno::EAGAIN), "nothing of what was not asked for");
}

/// A topic that was subscribed to twice ends with the second time it is taken back, also as a part of
/// a longer message.
#[test]
fn xsub_counts_in_multipart_messages() {
    let context = Context::new();
    let (xpub, xsubs) = fan_in(&context, XPUB, XSUB, 1);
    let xsub = &xsubs[0];
    for topics in [1, 1] {
        xsub.send_all(&[b"\x01topic", b"more"]);
        assert_eq!(xsub.get(opt::TOPICS_COUNT), topics);
    }
    for topics in [1, 0] {
        xsub.send_all(&[b"\x00topic", b"more"]);
        assert_eq!(xsub.get(opt::TOPICS_COUNT), topics);
    }
    drop(xpub);
}

/// Several frames of a request and its envelope come back as they went.
#[test]
fn rep_returns_the_envelope() {
    let context = Context::new();
    let (rep, dealers) = fan_in(&context, REP, DEALER, 2);
    for (index, dealer) in dealers.iter().enumerate() {
        let name = [b'0' + index as u8];
        dealer.send_all(&[b"outer", &name, b"", b"body", b"tail"]);
    }
    for _ in 0..2 {
        assert_eq!(rep.recv_all(), [b"body", b"tail"]);
        rep.send_all(&[b"reply", b"end"]);
    }
    for (index, dealer) in dealers.iter().enumerate() {
        let name = [b'0' + index as u8];
        let expected: [&[u8]; 5] = [b"outer", &name, b"", b"reply", b"end"];
        assert_eq!(dealer.recv_all(), expected);
    }
}

/// A topic as long as a large message goes to the publisher, is matched, and goes with its subscriber.
#[test]
fn topics_may_have_64_megabytes() {
    let context = Context::new();
    let xpub = context.socket(XPUB);
    let sub = context.socket(SUB);
    sub.connect(&xpub.bind_tcp());
    let mut topic = vec![b't'; 64 << 20];
    sub.set_bytes(opt::SUBSCRIBE, &topic);
    let asked = xpub.recv();
    assert!(asked[0] == 1 && asked[1..] == topic);
    xpub.send(&topic[1..]);
    topic.push(b'!');
    xpub.send(&topic);
    assert!(sub.recv() == topic, "the shorter one was for nobody");
    drop(sub);
    let cancelled = xpub.recv();
    assert!(cancelled[0] == 0 && cancelled[1..] == topic[..64 << 20]);
}
