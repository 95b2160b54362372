//! Subscriptions: added and removed at both ends of a pipe, and matched, at sizes that show whether
//! the cost depends on how many there are.

mod support;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use support::{Node, kind};
use zmq::pattern::options::{SUBSCRIBE, UNSUBSCRIBE};

fn topic(index: u64) -> Vec<u8> {
    // Well mixed, so that neighbours have little in common but the prefix.
    format!("topic/{:016x}", index.wrapping_mul(0x9e37_79b9_7f4a_7c15)).into_bytes()
}

fn topics(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(topic).collect()
}

fn joined() -> (Node, Node) {
    let (mut publisher, mut subscriber) = (Node::new(kind::XPUB), Node::new(kind::SUB));
    subscriber.connect(&mut publisher);
    (publisher, subscriber)
}

/// Every change reaches the publisher and is told to its user.
fn change(subscriber: &mut Node, publisher: &mut Node, option: i32, topics: &[Vec<u8>]) {
    for topic in topics {
        subscriber.set_option(option, topic);
        publisher.recv();
    }
}

fn changes(c: &mut Criterion) {
    let mut group = c.benchmark_group("trie/change");
    group.sample_size(10);
    for count in [100u64, 10_000] {
        let topics = topics(count);
        group.throughput(Throughput::Elements(count));
        group.bench_function(format!("add/{count}"), |b| {
            b.iter_batched_ref(
                joined,
                |(publisher, subscriber)| change(subscriber, publisher, SUBSCRIBE, &topics),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(format!("remove/{count}"), |b| {
            b.iter_batched_ref(
                || {
                    let (mut publisher, mut subscriber) = joined();
                    change(&mut subscriber, &mut publisher, SUBSCRIBE, &topics);
                    (publisher, subscriber)
                },
                |(publisher, subscriber)| change(subscriber, publisher, UNSUBSCRIBE, &topics),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn matches(c: &mut Criterion) {
    let mut group = c.benchmark_group("trie/match");
    for count in [1u64, 100, 10_000, 1_000_000] {
        let topics = topics(count);
        let (mut publisher, mut subscriber) = joined();
        change(&mut subscriber, &mut publisher, SUBSCRIBE, &topics);
        let mut next = 0;
        group.bench_function(format!("hit/{count}"), |b| {
            b.iter(|| {
                next = (next + 7919) % topics.len();
                publisher.send(&topics[next], false);
                subscriber.recv()
            });
        });
        // Nobody wants it, which only the last byte tells.
        let mut other = topics[0].clone();
        *other.last_mut().expect("not empty") = b'x';
        group.bench_function(format!("miss/{count}"), |b| {
            b.iter(|| publisher.send(&other, false));
        });
        assert!(subscriber.try_recv().is_err());
    }
    group.finish();
}

criterion_group!(benches, changes, matches);
criterion_main!(benches);
