//! Framing of ZMTP 1.0: a length that counts the flags byte, then flags, then the body.
//!
//! ```text
//! short: length (1 byte, up to 254), flags, body
//! long:  0xff, length (8 bytes), flags, body
//! ```
//!
//! Thread: whoever owns the connection. Invariants: none. Counterpart: RFC 13; `v1_encoder.cpp`,
//! `v1_decoder.cpp` of libzmq 4.3.5.

/// A decoded header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// More frames follow.
    pub more: bool,
    /// Bytes of the body.
    pub body_len: u64,
    /// Bytes of the header.
    pub header_len: usize,
}

/// A length of zero leaves no room for the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Appends a frame's header.
pub fn append_header(out: &mut Vec<u8>, more: bool, body_len: usize) {
    let len = body_len as u64 + 1;
    match u8::try_from(len) {
        Ok(short) if short < 0xff => out.push(short),
        _ => {
            out.push(0xff);
            out.extend_from_slice(&len.to_be_bytes());
        }
    }
    out.push(u8::from(more));
}

/// Reads a header; `Ok(None)` if more bytes are needed.
pub fn decode_header(bytes: &[u8]) -> Result<Option<Header>, Malformed> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let (len, rest, header_len) = if first == 0xff {
        let Some((len, rest)) = rest.split_first_chunk::<8>() else { return Ok(None) };
        (u64::from_be_bytes(*len), rest, 10)
    } else {
        (u64::from(first), rest, 2)
    };
    let body_len = len.checked_sub(1).ok_or(Malformed)?;
    let Some(&flags) = rest.first() else { return Ok(None) };
    Ok(Some(Header { more: flags & 1 != 0, body_len, header_len }))
}
