//! Z85: four bytes as five printable characters.
//!
//! Thread: any. Invariants: none. Counterpart: RFC 32; `zmq_z85_encode(3)`, `zmq_z85_decode(3)`.

const ALPHABET: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// The text of `data`; `None` unless its length is a multiple of four.
pub fn encode(data: &[u8]) -> Option<Vec<u8>> {
    if !data.len().is_multiple_of(4) {
        return None;
    }
    let mut text = Vec::with_capacity(data.len() / 4 * 5);
    for chunk in data.chunks_exact(4) {
        let value = chunk.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
        for power in [85u32.pow(4), 85u32.pow(3), 85u32.pow(2), 85, 1] {
            let digit = value / power % 85;
            text.extend(ALPHABET.get(digit as usize));
        }
    }
    Some(text)
}

/// The bytes of `text`; `None` unless its length is a multiple of five and every character and
/// group of five is valid.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(5) {
        return None;
    }
    let mut data = Vec::with_capacity(text.len() / 5 * 4);
    for chunk in text.chunks_exact(5) {
        let mut value = 0u32;
        for character in chunk {
            let digit = ALPHABET.iter().position(|other| other == character)?;
            value = value.checked_mul(85)?.checked_add(u32::try_from(digit).ok()?)?;
        }
        data.extend_from_slice(&value.to_be_bytes());
    }
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_rfc() {
        let data = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
        assert_eq!(encode(&data).as_deref(), Some(&b"HelloWorld"[..]));
        assert_eq!(decode(b"HelloWorld").as_deref(), Some(&data[..]));
    }

    #[test]
    fn refuses_what_is_not_z85() {
        assert_eq!(encode(&[1, 2, 3]), None);
        for text in [&b""[..], b"Hell", b"Hell\"", b"#####", b"\xff\xff\xff\xff\xff"] {
            assert_eq!(decode(text), None);
        }
    }
}
