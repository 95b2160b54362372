//! The frame header of ZMTP 2.0 and later, which is also how frames lie in a pipe.
//!
//! ```text
//! short: flags, length (1 byte)          body up to 255 bytes
//! long:  flags, length (8 bytes, big endian)
//! ```
//!
//! Thread: any. Invariants: none. Counterpart: RFC 37 "Framing"; `v2_encoder.cpp` and
//! `v2_decoder.cpp` of libzmq 4.3.5.

/// Flag: more frames of the same message follow.
pub const MORE: u8 = 1;
/// Flag: the length takes eight bytes.
pub const LONG: u8 = 2;
/// Flag: a command, not a message's frame.
pub const COMMAND: u8 = 4;

/// Bytes that a header takes at most.
pub const MAX_HEADER_LEN: usize = 9;

/// A decoded header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// [`MORE`], [`LONG`], [`COMMAND`].
    pub flags: u8,
    /// Bytes of the body.
    pub body_len: u64,
    /// Bytes of the header itself: 2 or 9.
    pub header_len: u8,
}

/// Writes a header into the first bytes of `out`; returns how many (2 or 9). `flags` is [`MORE`]
/// or [`COMMAND`] or 0.
#[inline]
pub fn encode_header(flags: u8, body_len: usize, out: &mut [u8; MAX_HEADER_LEN]) -> usize {
    if let Ok(short) = u8::try_from(body_len) {
        out[0] = flags;
        out[1] = short;
        2
    } else {
        out[0] = flags | LONG;
        out[1..].copy_from_slice(&(body_len as u64).to_be_bytes());
        MAX_HEADER_LEN
    }
}

/// As [`encode_header`], straight to memory.
///
/// # Safety
/// [`MAX_HEADER_LEN`] bytes at `to` may be written.
#[inline]
pub unsafe fn write_header(flags: u8, body_len: usize, to: *mut u8) -> usize {
    if let Ok(short) = u8::try_from(body_len) {
        // SAFETY: two bytes (caller).
        unsafe { to.cast::<[u8; 2]>().write([flags, short]) };
        return 2;
    }
    // SAFETY: nine bytes (caller).
    unsafe {
        to.write(flags | LONG);
        to.add(1).cast::<[u8; 8]>().write((body_len as u64).to_be_bytes());
    }
    MAX_HEADER_LEN
}

/// Reads a header; `None` if more bytes are needed.
#[inline]
pub fn decode_header(bytes: &[u8]) -> Option<Header> {
    let (&flags, rest) = bytes.split_first()?;
    if flags & LONG == 0 {
        let &len = rest.first()?;
        return Some(Header { flags, body_len: u64::from(len), header_len: 2 });
    }
    let len = rest.first_chunk::<8>()?;
    Some(Header { flags, body_len: u64::from_be_bytes(*len), header_len: 9 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_round_trips_at_the_edges() {
        for len in [0, 1, 255, 256, 65536, usize::MAX >> 1] {
            for flags in [0, MORE, COMMAND] {
                let mut out = [0; MAX_HEADER_LEN];
                let n = encode_header(flags, len, &mut out);
                let header = decode_header(&out[..n]).expect("complete");
                assert_eq!(header.body_len, len as u64);
                assert_eq!(usize::from(header.header_len), n);
                assert_eq!(header.flags & !LONG, flags);
                assert_eq!(decode_header(&out[..n - 1]), None);
            }
        }
    }
}
