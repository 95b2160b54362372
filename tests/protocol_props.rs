//! Properties of the wire formats: what is encoded decodes, chunking makes no difference, and no
//! announced size costs more than what was sent.

use proptest::collection::vec;
use proptest::prelude::*;

use zmq::msg::frame::{self, COMMAND, LONG, MORE};
use zmq::protocol::command::{self, Command};
use zmq::protocol::{SocketType, v1};
use zmq::testing::{Message, Scan, Stopped, encode_frame, fuzz, model, scan};

const NO_LIMIT: u64 = u64::MAX;

/// Sizes around every boundary of the formats and of the pipe's memory, and small ones.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![
        6 => 0usize..300,
        2 => prop_oneof![Just(253usize), Just(254), Just(255), Just(256), Just(257)],
        2 => 3_900usize..4_200,
        2 => 8_100usize..8_300,
        1 => 16_000usize..70_000,
    ];
    (len, any::<u8>()).prop_map(|(len, seed)| {
        (0..len).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect()
    })
}

/// Frames of a message, each with a command that comes before it or none.
type Frames = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn message() -> impl Strategy<Value = Frames> {
    let command = proptest::option::weighted(0.2, body());
    vec((body(), command), 1..4)
}

fn encode(messages: &[Frames]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        for (index, (body, command)) in message.iter().enumerate() {
            if let Some(command) = command {
                bytes.extend(encode_frame(COMMAND, command));
            }
            let more = if index + 1 < message.len() { MORE } else { 0 };
            bytes.extend(encode_frame(more, body));
        }
    }
    bytes
}

/// Cuts `bytes` at the given places, taken round the length.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut from = 0;
    for place in places {
        chunks.push(&bytes[from..place]);
        from = place;
    }
    chunks.push(&bytes[from..]);
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_header_decodes_to_what_was_encoded(len in any::<usize>(), more in any::<bool>()) {
        let mut out = [0; frame::MAX_HEADER_LEN];
        let flags = if more { MORE } else { 0 };
        let n = frame::encode_header(flags, len, &mut out);
        let header = frame::decode_header(&out[..n]).expect("complete");
        prop_assert_eq!(header.body_len, len as u64);
        prop_assert_eq!(header.flags & !LONG, flags);
        prop_assert_eq!(usize::from(header.header_len), n);
        prop_assert!(frame::decode_header(&out[..n - 1]).is_none());
    }

    #[test]
    fn an_old_header_decodes_to_what_was_encoded(len in 0usize..1 << 40, more in any::<bool>()) {
        let mut out = Vec::new();
        v1::append_header(&mut out, more, len);
        let header = v1::decode_header(&out).expect("well formed").expect("complete");
        prop_assert_eq!((header.body_len, header.more), (len as u64, more));
        prop_assert_eq!(header.header_len, out.len());
        prop_assert_eq!(v1::decode_header(&out[..out.len() - 1]), Ok(None));
    }

    #[test]
    fn ping_and_pong_decode_to_what_was_encoded(ttl in any::<u16>(), context in vec(any::<u8>(), 0..=16)) {
        let mut out = Vec::new();
        command::append_ping(&mut out, ttl);
        prop_assert_eq!(command::parse(&out[2..]), Some(Command::Ping { ttl, context: &[] }));
        out.clear();
        command::append_pong(&mut out, &context);
        prop_assert_eq!(command::parse(&out[2..]), Some(Command::Pong(&context)));
    }

    #[test]
    fn any_chunking_yields_the_same_messages(
        messages in vec(message(), 0..12),
        places in vec(any::<usize>(), 0..40),
        hwm in prop_oneof![Just(0u32), 1u32..4],
    ) {
        let bytes = encode(&messages);
        let expected: Vec<Message> = messages
            .iter()
            .map(|message| message.iter().map(|(body, _)| body.clone()).collect())
            .collect();
        let result = scan(&cut(&bytes, &places), hwm, NO_LIMIT);
        prop_assert_eq!(result.stopped, None);
        prop_assert!(result.messages == expected, "messages differ");
        prop_assert_eq!(result.commands, model(&bytes, NO_LIMIT).commands);
    }

    #[test]
    fn byte_by_byte_yields_the_same_messages(messages in vec(message(), 1..3)) {
        let bytes = encode(&messages);
        prop_assume!(bytes.len() < 12_000);
        let chunks: Vec<&[u8]> = bytes.chunks(1).collect();
        let result = scan(&chunks, 0, NO_LIMIT);
        prop_assert!(result == model(&bytes, NO_LIMIT), "differs from the model");
    }

    #[test]
    fn a_limit_stops_the_first_frame_above_it(
        messages in vec(message(), 1..6),
        limit in 0u64..20_000,
        places in vec(any::<usize>(), 0..10),
    ) {
        let bytes = encode(&messages);
        let result = scan(&cut(&bytes, &places), 0, limit);
        prop_assert!(result == model(&bytes, limit), "differs from the model");
    }

    #[test]
    fn arbitrary_bytes_are_frames_or_an_error(bytes in vec(any::<u8>(), 0..600)) {
        fuzz::frames(&bytes);
    }

    /// Few flags and few lengths, so that frames nest in every way.
    #[test]
    fn almost_frames_are_frames_or_an_error(
        bytes in vec(prop_oneof![Just(0u8), Just(1), Just(2), Just(4), Just(5), Just(6), 0u8..12], 0..200),
    ) {
        fuzz::frames(&bytes);
    }

    #[test]
    fn arbitrary_bytes_are_a_handshake_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        fuzz::handshake(&bytes);
        // The same behind a good beginning.
        for prefix in [
            &b"\xff\0\0\0\0\0\0\0\x01\x7f"[..],
            b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05",
            b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            let step = bytes.first().copied().unwrap_or(0);
            fuzz::handshake(&[&[step], prefix, &bytes].concat());
        }
    }

    #[test]
    fn other_bodies_stand_arbitrary_bytes(bytes in vec(any::<u8>(), 0..300)) {
        fuzz::command(&bytes);
        fuzz::address(&bytes);
        fuzz::options(&bytes);
        fuzz::z85(&bytes);
    }

    #[test]
    fn endpoints_of_any_text_get_an_answer(text in "(tcp|ipc|inproc|udp|.{0,4})(://)?.{0,40}") {
        fuzz::address(text.as_bytes());
    }
}

/// Our own handshake bytes, cut at every place in two, and into single bytes.
#[test]
fn a_handshake_in_two_pieces_is_the_same_handshake() {
    let ready = b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03REQ";
    let mut greeting = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL".to_vec();
    greeting.resize(64, 0);
    let modern = [&greeting[..], ready, b"\x00\x02hi"].concat();
    let v2 = b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x03\x00\x02id\x00\x02hi".to_vec();
    let v1 = b"\x03\x00id\x03\x00hi".to_vec();
    let v1_long = b"\xff\0\0\0\0\0\0\0\x03\x00id\x03\x00hi".to_vec();
    for bytes in [modern, v2, v1, v1_long] {
        let whole = fuzz::shake(SocketType::Router, &[&bytes]);
        assert!(matches!(whole.0, Ok(Some(_))), "{whole:?}");
        assert_eq!(whole.2, bytes.len() - 4, "the first message is not the handshake's");
        for place in 0..bytes.len() {
            let (head, tail) = bytes.split_at(place);
            assert_eq!(fuzz::shake(SocketType::Router, &[head, tail]), whole, "cut at {place}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(fuzz::shake(SocketType::Router, &single), whole);
    }
}

/// The inputs that fuzzing begins with are stood without a fuzzer as well.
#[test]
fn the_seeds_of_the_fuzz_targets_are_stood() {
    type Body = fn(&[u8]);
    let bodies: [(&str, Body); 7] = [
        ("frames", fuzz::frames),
        ("handshake", fuzz::handshake),
        ("command", fuzz::command),
        ("address", fuzz::address),
        ("options", fuzz::options),
        ("z85", fuzz::z85),
        ("connection", fuzz::connection),
    ];
    for (target, body) in bodies {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/").to_owned() + target;
        let mut seeds = 0;
        for entry in std::fs::read_dir(folder).expect("seeds") {
            body(&std::fs::read(entry.expect("an entry").path()).expect("a seed"));
            seeds += 1;
        }
        assert!(seeds > 0, "{target} has none");
    }
}

/// Sizes at which arithmetic breaks: CVE-2019-6250 was one.
fn hostile_sizes() -> Vec<u64> {
    let mut sizes = vec![1 << 31, (1 << 31) - 1, 1 << 32, (1 << 32) - 1, 1 << 40, 1 << 62, 1 << 63];
    sizes.extend((1..=64).map(|k| (1u64 << 63) - k));
    sizes.extend((0..=64).map(|k| u64::MAX - k));
    sizes
}

#[test]
fn hostile_sizes_are_an_error_or_patience() {
    let good = encode_frame(0, b"before");
    for size in hostile_sizes() {
        for flags in [LONG, LONG | MORE, LONG | COMMAND, LONG | COMMAND | MORE, 0xff] {
            let mut bytes = good.clone();
            bytes.push(flags);
            bytes.extend(size.to_be_bytes());
            bytes.extend(b"the beginning of a body that never ends");
            for place in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(place);
                let Scan { messages, commands, stopped } = scan(&[head, tail], 0, NO_LIMIT);
                assert_eq!(messages, [[b"before".to_vec()]], "{size:#x} {flags} cut at {place}");
                assert!(commands.is_empty());
                assert_ne!(stopped, Some(Stopped::OutOfMemory), "nothing that size was asked for");
            }
            assert_eq!(
                scan(&[&bytes], 0, 1 << 20).stopped,
                Some(Stopped::Oversize),
                "{size:#x} is above the limit"
            );
        }
    }
}

#[test]
fn hostile_sizes_in_a_handshake_are_an_error() {
    let mut greeting = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL".to_vec();
    greeting.resize(64, 0);
    for size in hostile_sizes() {
        for prefix in [&greeting[..], b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05"] {
            let mut bytes = prefix.to_vec();
            bytes.push(LONG | COMMAND);
            bytes.extend(size.to_be_bytes());
            bytes.extend([0; 64]);
            let (outcome, ..) = fuzz::shake(SocketType::Router, &[&bytes]);
            assert!(outcome.is_err(), "{size:#x}: {outcome:?}");
        }
        // An unversioned peer's routing id.
        let mut bytes = vec![0xff];
        bytes.extend(size.to_be_bytes());
        bytes.extend([0; 64]);
        let (outcome, ..) = fuzz::shake(SocketType::Router, &[&bytes]);
        assert!(outcome.is_err(), "{size:#x}: {outcome:?}");
    }
}

/// A command of any size may stand between two frames of a message without becoming part of it.
#[test]
fn a_large_command_inside_a_message_is_not_its_end() {
    for len in [10, 8_192, 8_193, 20_000, 100_000] {
        let bytes = [
            encode_frame(MORE, b"one"),
            encode_frame(COMMAND, &vec![7; len]),
            encode_frame(0, b"two"),
        ]
        .concat();
        for chunk in [1_000, 70_000, bytes.len()] {
            let chunks: Vec<&[u8]> = bytes.chunks(chunk).collect();
            let result = scan(&chunks, 0, NO_LIMIT);
            assert_eq!(result.messages, [[b"one".to_vec(), b"two".to_vec()]], "{len}, {chunk}");
        }
    }
}
