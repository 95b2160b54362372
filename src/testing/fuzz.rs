//! The bodies of the fuzz targets, which the property tests run as well. Each takes any bytes at
//! all; what it asserts is that the library stands them, and a rule that always holds.
//!
//! Thread: a test's own. Invariants: none. Counterpart: none.

use crate::ctx::options::CtxOptions;
use crate::protocol::mechanism::z85;
use crate::protocol::{Handshake, Peer, ProtocolError, SocketType, command, v1};
use crate::socket::options::Options;
use crate::transport::Endpoint;

use super::{Scan, config, model, scan};

/// Largest body that the frame targets accept: what fuzzers send is shorter, what they announce is
/// not.
const MAX_LEN: u64 = 1 << 20;

/// Cuts `bytes` into chunks whose lengths `bytes` itself begins with.
fn cut(bytes: &[u8]) -> Vec<&[u8]> {
    let Some((&step, mut rest)) = bytes.split_first() else { return Vec::new() };
    let step = usize::from(step) + 1;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(step.min(rest.len()));
        chunks.push(chunk);
        rest = tail;
    }
    chunks
}

/// Frames: any chunking of any bytes gives what the model gives.
///
/// # Panics
/// If it does not.
pub fn frames(bytes: &[u8]) {
    let chunks = cut(bytes);
    let Scan { messages, commands, stopped } = scan(&chunks, 0, MAX_LEN);
    let expected = model(&chunks.concat(), MAX_LEN);
    assert_eq!(messages, expected.messages);
    assert_eq!(commands, expected.commands);
    assert_eq!(stopped, expected.stopped);
}

/// What a handshake of a ROUTER made of some input: the peer or the error, all bytes it wanted to
/// send, and how many it took.
pub type Shaken = (Result<Option<Peer>, ProtocolError>, Vec<u8>, usize);

/// Runs a handshake over `chunks`.
pub fn shake(kind: SocketType, chunks: &[&[u8]]) -> Shaken {
    let mut handshake = Handshake::new(config(kind, b"me"));
    let mut consumed = 0;
    for chunk in chunks {
        match handshake.handle_input(chunk) {
            Ok(n) => {
                consumed += n;
                if n < chunk.len() {
                    break;
                }
            }
            Err(error) => return (Err(error), Vec::new(), 0),
        }
        if handshake.poll_peer().is_some() {
            break;
        }
    }
    let out = handshake.poll_transmit().to_vec();
    handshake.transmitted(out.len());
    (Ok(handshake.poll_peer()), out, consumed)
}

/// Greeting and handshake: chunking makes no difference.
///
/// # Panics
/// If it does.
pub fn handshake(bytes: &[u8]) {
    let chunks = cut(bytes);
    let whole = chunks.concat();
    let in_one = shake(SocketType::Router, &[&whole]);
    assert_eq!(shake(SocketType::Router, &chunks), in_one);
}

/// Commands; and the headers of ZMTP 1.0.
///
/// # Panics
/// If a PING's context is longer than it may be.
pub fn command(bytes: &[u8]) {
    if let Some(command::Command::Ping { context, .. }) = command::parse(bytes) {
        assert!(context.len() <= 16);
    }
    if let Ok(Some(header)) = v1::decode_header(bytes) {
        assert!(header.header_len <= bytes.len());
    }
}

/// Endpoints.
pub fn address(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        // Most are refused; what counts is that each gets an answer.
        let _ = (Endpoint::to_bind(text), Endpoint::to_connect(text));
    }
}

/// Options of sockets and contexts: what was accepted can be asked for.
///
/// # Panics
/// If an option's value is longer than it may be.
pub fn options(bytes: &[u8]) {
    let Some((&id, value)) = bytes.split_first() else { return };
    let id = i32::from(id);
    let mut options = Options::default();
    let mut out = [0u8; 300];
    if options.set(id, value).is_ok()
        && let Ok(len) = options.get(id, &mut out)
    {
        assert!(len <= out.len());
    }
    let mut options = CtxOptions::default();
    if options.set(id, value).is_ok() {
        // Some can only be set.
        let _ = options.get(id);
        let _ = options.get_ext(id, &mut out);
    }
}

/// Z85: what decodes, encodes back.
///
/// # Panics
/// If it does not.
pub fn z85(bytes: &[u8]) {
    if let Some(data) = z85::decode(bytes) {
        assert_eq!(z85::encode(&data).as_deref(), Some(bytes));
    }
    if let Some(text) = z85::encode(bytes)
        && !bytes.is_empty()
    {
        assert_eq!(z85::decode(&text).as_deref(), Some(bytes));
    }
}

/// A whole connection: handshake, then frames and commands.
///
/// # Panics
/// If chunking makes a difference.
pub fn connection(bytes: &[u8]) {
    let chunks = cut(bytes);
    let whole = chunks.concat();
    let (outcome, _, consumed) = shake(SocketType::Router, &[&whole]);
    if !matches!(outcome, Ok(Some(_))) {
        return;
    }
    let rest = &whole[consumed..];
    let halves: Vec<&[u8]> = rest.chunks(rest.len() / 2 + 1).collect();
    let result = scan(&halves, 2, MAX_LEN);
    for body in &result.commands {
        command(body);
    }
    assert_eq!(result, model(rest, MAX_LEN));
}
