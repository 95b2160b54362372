//! Sockets that close themselves, peers that speak raw bytes, and waits with an end.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part")]
#![allow(clippy::disallowed_methods, reason = "waits have an end in real time")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zmq::ctx::Ctx;
use zmq::error::{Errno, Result};
use zmq::socket::Socket;

pub const PAIR: i32 = 0;
pub const PUB: i32 = 1;
pub const SUB: i32 = 2;
pub const REQ: i32 = 3;
pub const REP: i32 = 4;
pub const DEALER: i32 = 5;
pub const ROUTER: i32 = 6;
pub const PULL: i32 = 7;
pub const PUSH: i32 = 8;
pub const XPUB: i32 = 9;
pub const XSUB: i32 = 10;
pub const GATHER: i32 = 16;
pub const SCATTER: i32 = 17;

pub mod opt {
    #[allow(unused_imports, reason = "not every test sets one")]
    pub use zmq::pattern::options::*;
    pub use zmq::socket::options::id::*;
}

/// How long anything may take on a machine that is busy with something else.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A context that ends when the test does.
pub struct Context(pub Arc<Ctx>);

impl Context {
    pub fn new() -> Self {
        Self(Ctx::new())
    }

    pub fn socket(&self, kind: i32) -> Sock {
        let sock = Sock(Socket::create(&self.0, kind).expect("a socket"));
        sock.set(opt::LINGER, 0);
        sock.set(opt::RCVTIMEO, PATIENCE.as_millis() as i32);
        sock.set(opt::SNDTIMEO, PATIENCE.as_millis() as i32);
        sock
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.0.terminate();
        }
    }
}

/// A socket that closes itself.
#[derive(Debug)]
pub struct Sock(pub &'static Socket);

impl Drop for Sock {
    fn drop(&mut self) {
        // A test may have closed it already.
        let _ = self.0.close();
    }
}

impl Sock {
    pub fn set(&self, option: i32, value: i32) {
        self.0.set_option(option, &value.to_ne_bytes()).expect("an int option");
    }

    pub fn set_bytes(&self, option: i32, value: &[u8]) {
        self.0.set_option(option, value).expect("an option");
    }

    pub fn get(&self, option: i32) -> i32 {
        let mut value = [0; 4];
        self.0.get_option(option, &mut value).expect("an int option");
        i32::from_ne_bytes(value)
    }

    /// Binds to a fresh port of the loopback interface (or whatever `endpoint` says); the result is
    /// what to connect to.
    pub fn bind(&self, endpoint: &str) -> String {
        self.0.bind(endpoint).expect("binds");
        let mut name = [0; 256];
        let len = self.0.get_option(opt::LAST_ENDPOINT, &mut name).expect("an endpoint");
        String::from_utf8(name[..len - 1].to_vec()).expect("text")
    }

    pub fn bind_tcp(&self) -> String {
        self.bind("tcp://127.0.0.1:*")
    }

    pub fn connect(&self, endpoint: &str) {
        self.0.connect(endpoint).expect("connects");
    }

    pub fn send(&self, body: &[u8]) {
        self.try_send(body, false, false).expect("sends");
    }

    pub fn send_all(&self, frames: &[&[u8]]) {
        for (index, frame) in frames.iter().enumerate() {
            self.try_send(frame, false, index + 1 < frames.len()).expect("sends");
        }
    }

    pub fn try_send(&self, body: &[u8], dont_wait: bool, more: bool) -> Result<usize> {
        self.0.send_slice(body, dont_wait, more)
    }

    pub fn recv(&self) -> Vec<u8> {
        self.try_recv(false).expect("receives")
    }

    pub fn try_recv(&self, dont_wait: bool) -> Result<Vec<u8>> {
        self.0.recv(dont_wait, |frame| frame.data().to_vec())
    }

    /// All frames of one message.
    pub fn recv_all(&self) -> Vec<Vec<u8>> {
        self.try_recv_all(false).expect("receives")
    }

    pub fn try_recv_all(&self, dont_wait: bool) -> Result<Vec<Vec<u8>>> {
        let mut frames = vec![self.try_recv(dont_wait)?];
        while self.get(opt::RCVMORE) != 0 {
            frames.push(self.try_recv(true).expect("the rest of a message is there"));
        }
        Ok(frames)
    }

    /// What is there now.
    pub fn drain(&self) -> Vec<Vec<Vec<u8>>> {
        let mut messages = Vec::new();
        loop {
            match self.try_recv_all(true) {
                Ok(message) => messages.push(message),
                Err(Errno::EAGAIN) => return messages,
                Err(errno) => panic!("{errno}"),
            }
        }
    }
}

/// Looks until `done`, and gives up after [`PATIENCE`].
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A monitor of some socket.
pub struct Monitor {
    sock: Sock,
}

pub const CONNECTED: u16 = 0x0001;
pub const CONNECT_RETRIED: u16 = 0x0004;
pub const LISTENING: u16 = 0x0008;
pub const ACCEPTED: u16 = 0x0020;
pub const ACCEPT_FAILED: u16 = 0x0040;
pub const DISCONNECTED: u16 = 0x0200;
pub const FAILED_NO_DETAIL: u16 = 0x0800;
pub const SUCCEEDED: u16 = 0x1000;
pub const FAILED_PROTOCOL: u16 = 0x2000;

impl Monitor {
    /// Begins to report the events of `mask`.
    pub fn new(context: &Context, sock: &Sock, mask: u16) -> Self {
        let endpoint = format!("inproc://monitor-{:p}", sock.0);
        sock.0.monitor(Some(&endpoint), u64::from(mask), 1, PAIR).expect("a monitor");
        let own = context.socket(PAIR);
        own.connect(&endpoint);
        Self { sock: own }
    }

    /// The next event and its value.
    pub fn next(&self) -> (u16, u32) {
        self.try_next(false).expect("an event")
    }

    pub fn try_next(&self, dont_wait: bool) -> Option<(u16, u32)> {
        let frames = self.sock.try_recv_all(dont_wait).ok()?;
        let event = u16::from_ne_bytes(frames[0][..2].try_into().expect("two bytes"));
        let value = u32::from_ne_bytes(frames[0][2..6].try_into().expect("four bytes"));
        Some((event, value))
    }

    /// Waits for an event of kind `wanted`, passing over others.
    pub fn wait_for(&self, wanted: u16) -> u32 {
        loop {
            let (event, value) = self.next();
            if event == wanted {
                return value;
            }
        }
    }
}

/// A peer that says what a test wants it to.
pub struct RawPeer(pub TcpStream);

pub const SIGNATURE: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f";

/// A whole greeting.
pub fn greeting(minor: u8, mechanism: &[u8]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([3, minor]);
    bytes.extend(mechanism);
    bytes.resize(64, 0);
    bytes
}

/// A command's frame.
pub fn command(body: &[u8]) -> Vec<u8> {
    zmq::testing::encode_frame(4, body)
}

/// A message's frame.
pub fn frame(body: &[u8]) -> Vec<u8> {
    zmq::testing::encode_frame(0, body)
}

/// A READY with a socket type and, if given, an identity.
pub fn ready(kind: &str, identity: Option<&[u8]>) -> Vec<u8> {
    let mut body = b"\x05READY\x0bSocket-Type".to_vec();
    body.extend((kind.len() as u32).to_be_bytes());
    body.extend(kind.as_bytes());
    if let Some(identity) = identity {
        body.extend(b"\x08Identity");
        body.extend((identity.len() as u32).to_be_bytes());
        body.extend(identity);
    }
    command(&body)
}

impl RawPeer {
    pub fn connect(endpoint: &str) -> Self {
        let address = endpoint.strip_prefix("tcp://").expect("tcp");
        let stream = TcpStream::connect(address).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self(stream)
    }

    /// Goes through the handshake as a socket of type `kind`.
    pub fn shaken(endpoint: &str, kind: &str) -> Self {
        let mut peer = Self::connect(endpoint);
        peer.send(&greeting(1, b"NULL"));
        peer.read(64);
        peer.send(&ready(kind, None));
        peer.read_frame();
        peer
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the other side reads");
    }

    /// As `send`, to a peer that may have hung up.
    pub fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    pub fn read(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.read_exact(&mut bytes).expect("bytes in time");
        bytes
    }

    /// One frame, flags and body.
    pub fn read_frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.read(2);
        let len = if head[0] & 2 == 0 {
            usize::from(head[1])
        } else {
            let mut bytes = vec![head[1]];
            bytes.extend(self.read(7));
            u64::from_be_bytes(bytes.try_into().expect("eight")) as usize
        };
        (head[0], self.read(len))
    }

    /// Waits for the other side to hang up.
    pub fn wait_for_end(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return,
                Err(error) => panic!("no end of the connection: {error}"),
            }
        }
    }
}
