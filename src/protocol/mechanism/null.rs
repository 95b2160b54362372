//! NULL: each side says READY with its metadata, and that is all.
//!
//! With a ZAP domain, our READY waits until the authentication handler lets the peer in.
//!
//! Thread: whoever owns the connection. Invariants: READY goes out once. Counterpart: RFC 37 "The
//! NULL Security Mechanism"; `null_mechanism.cpp` of libzmq 4.3.5.

use super::{Wants, own_properties};
use crate::protocol::command::{self, READY};
use crate::protocol::error::ProtocolError;
use crate::protocol::handshake::Config;
use crate::protocol::metadata::{self, Property};
use crate::protocol::zap;

#[derive(Debug)]
pub(in crate::protocol) struct Null {
    /// Our READY went out.
    let_in: bool,
    /// From the peer's READY.
    properties: Option<Vec<Property>>,
    credentials: Vec<Property>,
}

impl Null {
    pub(super) fn new(config: &Config, out: &mut Vec<u8>) -> Self {
        let let_in = config.zap_domain.is_empty();
        if let_in {
            append_ready(out, config);
        }
        Self { let_in, properties: None, credentials: Vec::new() }
    }

    pub(super) fn wants(&self) -> Wants {
        match (self.let_in, &self.properties) {
            (false, _) => Wants::ZapReply(Vec::new()),
            (true, None) => Wants::Command,
            (true, Some(_)) => Wants::Nothing,
        }
    }

    pub(super) fn handle_command(mut self, body: &[u8]) -> Result<Self, ProtocolError> {
        let properties = body.strip_prefix(READY).ok_or(ProtocolError::UnexpectedCommand)?;
        self.properties = Some(metadata::parse(properties).ok_or(ProtocolError::InvalidMetadata)?);
        Ok(self)
    }

    pub(super) fn handle_zap_reply(
        mut self,
        reply: Option<zap::Reply>,
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Self, ProtocolError> {
        match reply {
            Some(reply) => self.credentials = reply.credentials,
            // COMPAT: without a handler the domain counts for nothing, unless it is enforced.
            None if config.zap_enforce_domain => return Err(ProtocolError::NoZapHandler),
            None => {}
        }
        append_ready(out, config);
        self.let_in = true;
        Ok(self)
    }

    pub(super) fn into_properties(self) -> (Vec<Property>, Vec<Property>) {
        (self.properties.unwrap_or_default(), self.credentials)
    }
}

fn append_ready(out: &mut Vec<u8>, config: &Config) {
    command::append_frame(out, &[READY, &own_properties(config)]);
}
