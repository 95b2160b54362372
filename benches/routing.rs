//! Who gets the message, and whose turn it is, at several numbers of peers.

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use support::{Node, kind};
use zmq::pattern::options::SUBSCRIBE;

const PEERS: [usize; 3] = [1, 16, 1000];
const BODY: [u8; 64] = [0; 64];

fn star(centre: i32, edge: i32, peers: usize) -> (Node, Vec<Node>) {
    let mut centre = Node::new(centre);
    let edges = (0..peers)
        .map(|_| {
            let mut node = Node::new(edge);
            node.connect(&mut centre);
            node
        })
        .collect();
    (centre, edges)
}

/// Fair queueing: a message from each peer.
fn fan_in(c: &mut Criterion) {
    let mut group = c.benchmark_group("routing/fair_queue");
    for peers in PEERS {
        let (mut pull, mut pushes) = star(kind::PULL, kind::PUSH, peers);
        group.throughput(Throughput::Elements(peers as u64));
        group.bench_function(peers.to_string(), |b| {
            b.iter(|| {
                pushes.iter_mut().for_each(|push| push.send(&BODY, false));
                for _ in 0..peers {
                    assert_eq!(pull.recv(), BODY.len());
                }
            });
        });
    }
    group.finish();
}

/// Load balancing: a message to each peer.
fn fan_out(c: &mut Criterion) {
    let mut group = c.benchmark_group("routing/load_balance");
    for peers in PEERS {
        let (mut push, mut pulls) = star(kind::PUSH, kind::PULL, peers);
        group.throughput(Throughput::Elements(peers as u64));
        group.bench_function(peers.to_string(), |b| {
            b.iter(|| {
                (0..peers).for_each(|_| push.send(&BODY, false));
                for pull in &mut pulls {
                    assert_eq!(pull.recv(), BODY.len());
                }
            });
        });
    }
    group.finish();
}

/// Distribution: one message to all.
fn distribute(c: &mut Criterion) {
    let mut group = c.benchmark_group("routing/distribute");
    for peers in PEERS {
        let (mut publisher, mut subscribers) = star(kind::XPUB, kind::SUB, peers);
        subscribers.iter_mut().for_each(|subscriber| subscriber.set_option(SUBSCRIBE, b""));
        while publisher.try_recv().is_ok() {}
        group.throughput(Throughput::Elements(peers as u64));
        group.bench_function(peers.to_string(), |b| {
            b.iter(|| {
                publisher.send(&BODY, false);
                for subscriber in &mut subscribers {
                    assert_eq!(subscriber.recv(), BODY.len());
                }
            });
        });
    }
    group.finish();
}

/// A ROUTER finds each of its peers by routing id.
fn by_routing_id(c: &mut Criterion) {
    let mut group = c.benchmark_group("routing/routing_id");
    for peers in PEERS {
        let (mut router, mut dealers) = star(kind::ROUTER, kind::DEALER, peers);
        dealers.iter_mut().for_each(|dealer| dealer.send(&BODY, false));
        let ids: Vec<_> = (0..peers)
            .map(|_| {
                let id = router.recv_bytes();
                router.recv();
                id
            })
            .collect();
        group.throughput(Throughput::Elements(peers as u64));
        group.bench_function(peers.to_string(), |b| {
            b.iter(|| {
                for id in &ids {
                    router.send(id, true);
                    router.send(&BODY, false);
                }
                for dealer in &mut dealers {
                    assert_eq!(dealer.recv(), BODY.len());
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fan_in, fan_out, distribute, by_routing_id);
criterion_main!(benches);
