//! Properties of READY: a name of 1 to 255 bytes, a value of up to 2^31 - 1.
//!
//! Thread: any. Invariants: none. Counterpart: RFC 37 "metadata"; `mechanism.cpp` of libzmq 4.3.5.

use super::limits::MAX_PROPERTIES;
use super::reader::Reader;

/// A property's name and value.
pub(super) type Property = (String, Vec<u8>);

pub(super) fn append(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    let name_len = u8::try_from(name.len()).unwrap_or(u8::MAX);
    out.push(name_len);
    out.extend(name.bytes().take(usize::from(name_len)));
    out.extend_from_slice(&(value.len() as u32).to_be_bytes());
    out.extend_from_slice(value);
}

/// All properties in order; `None` if they cannot be parsed or are too many.
pub(super) fn parse(bytes: &[u8]) -> Option<Vec<Property>> {
    let mut reader = Reader::new(bytes);
    let mut properties = Vec::new();
    while !reader.is_empty() {
        let name = reader.short_string()?;
        let len = reader.u32()?;
        let value = reader.take(usize::try_from(len).ok()?)?;
        if name.is_empty() || properties.len() == MAX_PROPERTIES {
            return None;
        }
        properties.push((String::from_utf8_lossy(name).into_owned(), value.to_vec()));
    }
    Some(properties)
}
