//! The hop through a byte queue: in one thread, where it is instructions that count, and between
//! two.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zmq::msg::Msg;
use zmq::pipe::{self, Marks, Outgoing, Reader, Thresholds, Writer};
use zmq::testing::Nobody;

const BATCH: usize = 100;

fn queue(thresholds: Thresholds) -> (Writer, Reader) {
    let marks = Marks { writer: None, reader: None };
    pipe::queue(Arc::new(Nobody), Arc::new(Nobody), marks, thresholds)
}

/// A batch in, a batch out.
fn one_thread(c: &mut Criterion) {
    for (name, thresholds) in [("inproc", Thresholds::INPROC), ("network", Thresholds::NETWORK)] {
        let mut group = c.benchmark_group(format!("pipe/{name}"));
        group.throughput(Throughput::Elements(BATCH as u64));
        for size in [16usize, 64, 1024, 16 << 10] {
            let body = vec![0u8; size];
            let (mut writer, mut reader) = queue(thresholds);
            group.bench_function(format!("slice/{size}"), |b| {
                b.iter(|| {
                    for _ in 0..BATCH {
                        assert!(writer.write(&mut Outgoing::slice(&body, false)));
                    }
                    for _ in 0..BATCH {
                        black_box(reader.read().expect("a frame").data());
                    }
                });
            });
            let (mut writer, mut reader) = queue(thresholds);
            group.bench_function(format!("msg/{size}"), |b| {
                b.iter(|| {
                    for _ in 0..BATCH {
                        let mut msg = Msg::with_size(size).expect("memory");
                        assert!(writer.write(&mut Outgoing::msg(&mut msg, false)));
                    }
                    for _ in 0..BATCH {
                        black_box(reader.read().expect("a frame").into_msg());
                    }
                });
            });
        }
        group.finish();
    }
}

/// The reader looks again until it has all: the cost of the hop between two caches.
fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("pipe/two_threads");
    group.throughput(Throughput::Elements(1));
    for size in [16usize, 64, 1024] {
        group.bench_function(size.to_string(), |b| {
            b.iter_custom(|count| transfer(count, size));
        });
    }
    group.finish();
}

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
fn transfer(count: u64, size: usize) -> Duration {
    let (mut writer, mut reader) = queue(Thresholds::INPROC);
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let body = vec![0u8; size];
            start.wait();
            for _ in 0..count {
                assert!(writer.write(&mut Outgoing::slice(&body, false)));
            }
        });
        start.wait();
        let began = Instant::now();
        for _ in 0..count {
            while reader.read().is_none() {
                std::hint::spin_loop();
            }
        }
        began.elapsed()
    })
}

criterion_group!(benches, one_thread, two_threads);
criterion_main!(benches);
