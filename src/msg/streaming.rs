//! Copies bytes to the memory itself, past this processor's cache.
//!
//! What was stored last lies in the cache of the processor that did; another one that reads it at once
//! has to ask for it there, line by line, and so has the next writer for the right to write each line
//! that the reader still holds. What no cache will hold until it is read need not be fetched into one to
//! be written.
//!
//! Thread: any. Invariants: none. Counterpart: none.

use std::ptr;

/// This processor knows such stores.
pub(crate) const IS_KNOWN: bool = cfg!(target_arch = "x86_64");

/// A line of the cache, bytes.
const LINE: usize = 64;

/// As [`ptr::copy_nonoverlapping`], but whole lines go straight to the memory.
///
/// # Safety
/// As [`ptr::copy_nonoverlapping`] of bytes.
#[cfg(target_arch = "x86_64")]
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_stream_si128};

    const PART: usize = size_of::<__m128i>();
    let head = to.align_offset(LINE).min(len);
    let lines = (len - head) / LINE * LINE;
    // SAFETY: head, lines, and what is left are `len` bytes, which are valid (caller); the stores are
    // aligned, as the head ends where a line begins.
    unsafe {
        ptr::copy_nonoverlapping(from, to, head);
        for line in (head..head + lines).step_by(LINE) {
            // All loads before the stores: a line is to go out whole.
            let part = |at: usize| _mm_loadu_si128(from.add(line + at * PART).cast());
            let parts = [part(0), part(1), part(2), part(3)];
            for (at, part) in parts.into_iter().enumerate() {
                _mm_stream_si128(to.add(line + at * PART).cast(), part);
            }
        }
        let rest = head + lines;
        ptr::copy_nonoverlapping(from.add(rest), to.add(rest), len - rest);
        // Whoever is told of the message finds these stores, which release stores do not wait for.
        _mm_sfence();
    }
}

/// As [`ptr::copy_nonoverlapping`]: this processor knows no other way.
///
/// # Safety
/// As [`ptr::copy_nonoverlapping`] of bytes.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: as the caller says.
    unsafe { ptr::copy_nonoverlapping(from, to, len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied_from_and_to_every_place_and_nothing_else_is_touched() {
        let from: Vec<u8> = (0..5 * LINE).map(|at| (at % 251) as u8 + 1).collect();
        for (begin, place) in [(0, 0), (1, 0), (0, 1), (3, 17), (16, 48), (63, 63)] {
            for len in 0..=4 * LINE {
                let mut to = vec![0; 6 * LINE];
                // SAFETY: both have so many bytes from there.
                unsafe {
                    copy(from.as_ptr().add(begin), to.as_mut_ptr().add(place), len);
                }
                assert_eq!(to[place..place + len], from[begin..begin + len]);
                assert!(to[..place].iter().chain(&to[place + len..]).all(|&byte| byte == 0));
            }
        }
    }
}
