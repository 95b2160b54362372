//! Frame headers, the scan that finds messages in what the kernel delivered, and commands.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zmq::msg::frame;
use zmq::pipe::{self, Filler, Marks, Scanned, Thresholds};
use zmq::protocol::command;
use zmq::testing::Nobody;

const BATCH: usize = 1000;

fn encoded(flags: u8, body: &[u8]) -> Vec<u8> {
    let mut header = [0; frame::MAX_HEADER_LEN];
    let len = frame::encode_header(flags, body.len(), &mut header);
    [&header[..len], body].concat()
}

fn headers(c: &mut Criterion) {
    let mut group = c.benchmark_group("codec/header");
    for size in [64usize, 1024] {
        group.bench_function(format!("encode/{size}"), |b| {
            let mut out = [0; frame::MAX_HEADER_LEN];
            b.iter(|| frame::encode_header(0, black_box(size), &mut out));
        });
        let bytes = encoded(0, &vec![0; size]);
        group.bench_function(format!("decode/{size}"), |b| {
            b.iter(|| frame::decode_header(black_box(&bytes)));
        });
    }
    group.finish();
}

/// From bytes as they came to the frames that a receiver is given.
fn scan(c: &mut Criterion) {
    let mut group = c.benchmark_group("codec/scan");
    for size in [16usize, 64, 256, 1024] {
        let input = encoded(0, &vec![0; size]).repeat(BATCH);
        let (writer, mut reader) = pipe::queue(
            Arc::new(Nobody),
            Arc::new(Nobody),
            Marks { writer: None, reader: None },
            Thresholds::NETWORK,
        );
        let mut filler = Filler::new(writer);
        group.throughput(Throughput::Elements(BATCH as u64));
        group.bench_function(size.to_string(), |b| {
            b.iter(|| {
                filler.feed(&input);
                assert_eq!(filler.scan(u64::MAX), Ok(Scanned::Partial));
                let mut bytes = 0;
                while let Some(frame) = reader.read() {
                    bytes += frame.data().len();
                }
                assert_eq!(bytes, BATCH * size);
            });
        });
    }
    group.finish();
}

fn commands(c: &mut Criterion) {
    let mut group = c.benchmark_group("codec/command");
    let mut ping = Vec::new();
    command::append_ping(&mut ping, 100);
    // The body of the frame that `append_ping` made.
    let header = frame::decode_header(&ping).expect("a whole header");
    let body = &ping[usize::from(header.header_len)..];
    assert!(command::parse(body).is_some());
    group.bench_function("parse/ping", |b| b.iter(|| command::parse(black_box(body)).is_some()));
    let subscribe = [command::SUBSCRIBE, b"weather/europe/zurich".as_slice()].concat();
    group.bench_function("parse/subscribe", |b| {
        b.iter(|| command::parse(black_box(&subscribe)).is_some());
    });
    group.finish();
}

criterion_group!(benches, headers, scan, commands);
criterion_main!(benches);
