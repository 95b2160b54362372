//! Messages without a socket: made, shared, dropped.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use zmq::msg::Msg;

fn messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("msg");
    for size in [16usize, 64, 1024, 64 << 10] {
        let bytes = vec![0u8; size];
        group.bench_function(format!("with_size/{size}"), |b| {
            b.iter(|| Msg::with_size(black_box(size)).expect("memory"));
        });
        group.bench_function(format!("from_slice/{size}"), |b| {
            b.iter(|| Msg::from_slice(black_box(&bytes)));
        });
        let mut msg = Msg::from_slice(&bytes);
        group.bench_function(format!("share/{size}"), |b| b.iter(|| msg.share()));
    }
    group.finish();
}

criterion_group!(benches, messages);
criterion_main!(benches);
