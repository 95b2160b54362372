//! The greeting: who speaks which version, and by which mechanism.
//!
//! Ours goes out step by step, as libzmq's does, so that old peers never see bytes that they do
//! not know: the signature first, the major version once the peer's signature is there, the rest
//! once its version is.
//!
//! ```text
//! ff 00 00 00 00 00 00 00 01 7f | 03 | 01 | NULL\0.. (20) | as-server, filler (32)     3.x
//! ff 00 00 00 00 00 00 00 01 7f | 01 | socket type                                     2.0
//! 01 00                                                                    (a frame)   1.0
//! ```
//!
//! Thread: whoever owns the connection. Invariants: none. Counterpart: RFC 37 "greeting", RFC 15;
//! `zmtp_engine.cpp` of libzmq 4.3.5.

use super::error::ProtocolError;
use super::handshake::{Config, Version};

const SIGNATURE_LEN: usize = 10;
const V3_LEN: usize = 64;
const V2_LEN: usize = 12;

/// How far the greetings got.
#[derive(Debug)]
pub(super) struct Greeting {
    received: Vec<u8>,
    sent: Sent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sent {
    Signature,
    Major,
    All,
}

/// What the greetings agreed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) version: Version,
    /// Bytes received that do not belong to a greeting: an unversioned peer's first frame.
    pub(super) surplus: Vec<u8>,
    /// The signature serves an unversioned peer as the header of our routing id frame.
    pub(super) unversioned: bool,
}

impl Greeting {
    pub(super) fn new(out: &mut Vec<u8>, routing_id_len: usize) -> Self {
        out.push(0xff);
        out.extend_from_slice(&(routing_id_len as u64 + 1).to_be_bytes());
        out.push(0x7f);
        Self { received: Vec::with_capacity(V3_LEN), sent: Sent::Signature }
    }

    /// Takes bytes off `input`; tells what was agreed once that is clear.
    pub(super) fn handle_input(
        &mut self,
        input: &mut &[u8],
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Option<Agreed>, ProtocolError> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            self.received.push(byte);
            let have = self.received.len();
            let unversioned = match have {
                1 => byte != 0xff,
                SIGNATURE_LEN => byte & 1 == 0,
                _ => false,
            };
            if unversioned {
                let surplus = std::mem::take(&mut self.received);
                return Ok(Some(Agreed { version: Version::V1, surplus, unversioned: true }));
            }
            if have == SIGNATURE_LEN && self.sent == Sent::Signature {
                out.push(3);
                self.sent = Sent::Major;
            }
            let Some(&revision) = self.received.get(SIGNATURE_LEN) else { continue };
            // COMPAT: there never was a revision 2; libzmq takes it for 3.
            let old = revision < 2;
            if self.sent == Sent::Major {
                self.sent = Sent::All;
                if old {
                    out.push(config.socket_type as u8);
                } else {
                    out.push(1);
                    out.extend_from_slice(&config.mechanism.padded_name());
                    out.extend_from_slice(&[0; 32]);
                }
            }
            if old && have == V2_LEN {
                let version = if revision == 0 { Version::V1 } else { Version::V2 };
                return Ok(Some(Agreed { version, surplus: Vec::new(), unversioned: false }));
            }
            if have == V3_LEN {
                return self.finish(config).map(Some);
            }
        }
        Ok(None)
    }

    fn finish(&self, config: &Config) -> Result<Agreed, ProtocolError> {
        let mechanism = self.received.get(12..32).unwrap_or_default();
        if mechanism != config.mechanism.padded_name() {
            return Err(ProtocolError::MechanismMismatch);
        }
        let version = match (self.received.get(10), self.received.get(11)) {
            (Some(3), Some(0)) => Version::V3_0,
            _ => Version::V3_1,
        };
        Ok(Agreed { version, surplus: Vec::new(), unversioned: false })
    }
}
