//! PLAIN: the client sends a user name and a password, in the clear; the authentication handler
//! decides.
//!
//! ```text
//! client                                   server
//! HELLO user name, password      -->       asks the handler
//!                                <--       WELCOME
//! INITIATE metadata              -->
//!                                <--       READY metadata
//! ```
//!
//! Thread: whoever owns the connection. Invariants: nobody is let in without a handler's word.
//! Counterpart: RFC 24, RFC 37 "The PLAIN Security Mechanism"; `plain_client.cpp`,
//! `plain_server.cpp` of libzmq 4.3.5.

use super::{Wants, own_properties};
use crate::protocol::command::{self, READY};
use crate::protocol::error::ProtocolError;
use crate::protocol::handshake::Config;
use crate::protocol::metadata::{self, Property};
use crate::protocol::reader::Reader;
use crate::protocol::zap;

const HELLO: &[u8] = b"\x05HELLO";
const WELCOME: &[u8] = b"\x07WELCOME";
const INITIATE: &[u8] = b"\x08INITIATE";

/// Named for what it waits for.
#[derive(Debug)]
pub(in crate::protocol) enum Client {
    ExpectWelcome,
    ExpectReady,
    Done(Vec<Property>),
}

impl Client {
    pub(super) fn new(username: &[u8], password: &[u8], out: &mut Vec<u8>) -> Self {
        let counted = |text: &[u8]| {
            // The options take no longer ones.
            let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
            let mut counted = vec![len];
            counted.extend(text.iter().take(usize::from(len)));
            counted
        };
        command::append_frame(out, &[HELLO, &counted(username), &counted(password)]);
        Self::ExpectWelcome
    }

    pub(super) fn wants(&self) -> Wants {
        match self {
            Self::ExpectWelcome | Self::ExpectReady => Wants::Command,
            Self::Done(_) => Wants::Nothing,
        }
    }

    pub(super) fn handle_command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Self, ProtocolError> {
        match self {
            Self::ExpectWelcome => match body.strip_prefix(WELCOME) {
                Some([]) => {
                    command::append_frame(out, &[INITIATE, &own_properties(config)]);
                    Ok(Self::ExpectReady)
                }
                Some(_) => Err(ProtocolError::MalformedWelcome),
                None => Err(ProtocolError::UnexpectedCommand),
            },
            Self::ExpectReady => {
                let properties =
                    body.strip_prefix(READY).ok_or(ProtocolError::UnexpectedCommand)?;
                let properties =
                    metadata::parse(properties).ok_or(ProtocolError::InvalidMetadata)?;
                Ok(Self::Done(properties))
            }
            Self::Done(_) => Err(ProtocolError::UnexpectedCommand),
        }
    }

    pub(super) fn into_properties(self) -> (Vec<Property>, Vec<Property>) {
        match self {
            Self::Done(properties) => (properties, Vec::new()),
            Self::ExpectWelcome | Self::ExpectReady => (Vec::new(), Vec::new()),
        }
    }
}

/// Named for what it waits for.
#[derive(Debug)]
pub(in crate::protocol) enum Server {
    ExpectHello,
    ExpectZapReply { username: Vec<u8>, password: Vec<u8> },
    ExpectInitiate { credentials: Vec<Property> },
    Done { properties: Vec<Property>, credentials: Vec<Property> },
}

impl Server {
    pub(super) fn wants(&self) -> Wants {
        match self {
            Self::ExpectHello | Self::ExpectInitiate { .. } => Wants::Command,
            Self::ExpectZapReply { username, password } => {
                Wants::ZapReply(vec![username.clone(), password.clone()])
            }
            Self::Done { .. } => Wants::Nothing,
        }
    }

    pub(super) fn handle_command(
        self,
        body: &[u8],
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<Self, ProtocolError> {
        match self {
            Self::ExpectHello => {
                let hello = body.strip_prefix(HELLO).ok_or(ProtocolError::UnexpectedCommand)?;
                let (username, password) =
                    parse_hello(hello).ok_or(ProtocolError::MalformedHello)?;
                Ok(Self::ExpectZapReply { username, password })
            }
            Self::ExpectInitiate { credentials } => {
                let initiate =
                    body.strip_prefix(INITIATE).ok_or(ProtocolError::UnexpectedCommand)?;
                let properties = metadata::parse(initiate).ok_or(ProtocolError::InvalidMetadata)?;
                command::append_frame(out, &[READY, &own_properties(config)]);
                Ok(Self::Done { properties, credentials })
            }
            Self::ExpectZapReply { .. } | Self::Done { .. } => {
                Err(ProtocolError::UnexpectedCommand)
            }
        }
    }

    pub(super) fn handle_zap_reply(
        self,
        reply: Option<zap::Reply>,
        out: &mut Vec<u8>,
    ) -> Result<Self, ProtocolError> {
        let reply = reply.ok_or(ProtocolError::NoZapHandler)?;
        command::append_frame(out, &[WELCOME]);
        Ok(Self::ExpectInitiate { credentials: reply.credentials })
    }

    pub(super) fn into_properties(self) -> (Vec<Property>, Vec<Property>) {
        match self {
            Self::Done { properties, credentials } => (properties, credentials),
            _ => (Vec::new(), Vec::new()),
        }
    }
}

fn parse_hello(hello: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut reader = Reader::new(hello);
    let username = reader.short_string()?.to_vec();
    let password = reader.short_string()?.to_vec();
    reader.is_empty().then_some((username, password))
}
