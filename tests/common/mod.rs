//! Sockets for tests: they wait with patience, do not linger, and close at the end.

#![allow(dead_code, unreachable_pub, reason = "each test program uses some of it")]

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use zmq::ctx::Ctx;
use zmq::error::Result;
use zmq::socket::Socket;
use zmq::socket::options::id;

/// For what must come, milliseconds.
pub const PATIENCE: i32 = 10_000;
/// For what must not come, milliseconds.
pub const SILENCE: i32 = 300;

const PAIR: i32 = 0;

/// A context that ends with the test, and sockets that do not linger.
pub struct World(Arc<Ctx>);

impl World {
    pub fn new() -> Self {
        Self(Ctx::new())
    }

    pub fn socket(&self, kind: i32) -> Peer {
        let peer = Peer(Socket::create(&self.0, kind).expect("a socket can be made"));
        peer.set(id::LINGER, 0);
        peer.set(id::SNDTIMEO, PATIENCE);
        peer.set(id::RCVTIMEO, PATIENCE);
        peer
    }

    /// Reports all events of `peer`.
    pub fn monitor(&self, peer: &Peer, name: &str) -> Peer {
        let endpoint = format!("inproc://{name}");
        peer.0.monitor(Some(&endpoint), 0xffff, 1, PAIR).expect("a monitor starts");
        let monitor = self.socket(PAIR);
        monitor.0.connect(&endpoint).expect("the monitor is there");
        monitor
    }
}

pub struct Peer(pub &'static Socket);

impl Drop for Peer {
    fn drop(&mut self) {
        self.0.close().expect("closed once");
    }
}

impl Peer {
    pub fn set(&self, option: i32, value: i32) {
        self.0.set_option(option, &value.to_ne_bytes()).expect("the option is known");
    }

    pub fn bind(&self) -> String {
        self.0.bind("tcp://127.0.0.1:*").expect("a port is free");
        self.last_endpoint()
    }

    pub fn last_endpoint(&self) -> String {
        let mut buffer = [0; 256];
        let len = self.0.get_option(id::LAST_ENDPOINT, &mut buffer).expect("known");
        String::from_utf8(buffer[..len - 1].to_vec()).expect("an endpoint is text")
    }

    pub fn connect(&self, endpoint: &str) {
        self.0.connect(endpoint).expect("the endpoint is well formed");
    }

    pub fn send(&self, body: &[u8]) {
        self.0.send_slice(body, false, false).expect("sent in time");
    }

    pub fn try_send(&self, body: &[u8]) -> Result<usize> {
        self.0.send_slice(body, true, false)
    }

    pub fn recv(&self) -> Vec<u8> {
        self.try_recv().expect("a message comes in time")
    }

    pub fn try_recv(&self) -> Result<Vec<u8>> {
        self.0.recv(false, |frame| frame.data().to_vec())
    }

    /// A monitor's next event.
    pub fn event(&self) -> u16 {
        let first = self.recv();
        self.recv();
        u16::from_ne_bytes([first[0], first[1]])
    }

    /// Skips events until `wanted`.
    pub fn await_event(&self, wanted: u16) {
        let mut skipped = Vec::new();
        loop {
            let event = self.event();
            if event == wanted {
                return;
            }
            skipped.push(event);
            assert!(skipped.len() < 50, "no {wanted:#x} among {skipped:#x?}");
        }
    }

    /// The events until there is silence.
    pub fn remaining_events(&self) -> Vec<u16> {
        self.set(id::RCVTIMEO, SILENCE);
        let mut events = Vec::new();
        while let Ok(first) = self.try_recv() {
            self.recv();
            events.push(u16::from_ne_bytes([first[0], first[1]]));
        }
        events
    }
}

/// A ZMTP 3.1 greeting.
pub fn greeting(mechanism: &[u8]) -> [u8; 64] {
    let mut greeting = [0; 64];
    greeting[..12].copy_from_slice(&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]);
    greeting[12..12 + mechanism.len()].copy_from_slice(mechanism);
    greeting
}

/// Connects without knowing ZMTP.
pub fn dial(endpoint: &str) -> TcpStream {
    let address = endpoint.strip_prefix("tcp://").expect("a tcp endpoint");
    let stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_millis(PATIENCE as u64))).expect("settable");
    stream
}

/// Writes all of `bytes`.
pub fn write(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).expect("taken");
}

/// Says what a DEALER says, and waits for nothing.
pub fn shake_hands_as_dealer(stream: &mut TcpStream) {
    write(stream, &greeting(b"NULL"));
    let properties = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0";
    write(stream, &[4, properties.len() as u8]);
    write(stream, properties);
}
