//! Copying a short body without a call, which would cost more than the copying.
//!
//! Thread: any. Invariants: none. Counterpart: none.

use std::ptr;

/// What fits into a register of the processor: 16 bytes.
#[cfg(target_arch = "x86_64")]
type Block = std::arch::x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
type Block = u128;

/// As [`ptr::copy_nonoverlapping`], for what is mostly short.
///
/// # Safety
/// As [`ptr::copy_nonoverlapping`] of bytes.
#[inline(always)]
pub(super) unsafe fn mostly_short(from: *const u8, to: *mut u8, len: usize) {
    // Blocks from both ends, which meet or overlap in the middle.
    // SAFETY: none reaches beyond `len` bytes, which are valid (caller).
    unsafe {
        match len {
            16..=32 => {
                let (first, last) = (block(from, 0), block(from, len - 16));
                put(to, 0, first);
                put(to, len - 16, last);
            }
            33..=64 => {
                let (a, b) = (block(from, 0), block(from, 16));
                let (c, d) = (block(from, len - 32), block(from, len - 16));
                put(to, 0, a);
                put(to, 16, b);
                put(to, len - 32, c);
                put(to, len - 16, d);
            }
            _ => ptr::copy_nonoverlapping(from, to, len),
        }
    }
}

/// # Safety
/// There are 16 bytes at `from + at`.
#[inline(always)]
unsafe fn block(from: *const u8, at: usize) -> Block {
    // SAFETY: they are there (caller).
    unsafe { from.add(at).cast::<Block>().read_unaligned() }
}

/// # Safety
/// There are 16 bytes at `to + at`.
#[inline(always)]
unsafe fn put(to: *mut u8, at: usize, block: Block) {
    // SAFETY: they are there (caller).
    unsafe { to.add(at).cast::<Block>().write_unaligned(block) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_copied_and_nothing_else_is_touched() {
        let from: Vec<u8> = (1..=200).collect();
        for len in 0..=from.len() {
            let mut to = vec![0; from.len() + 1];
            // SAFETY: both have `len` bytes.
            unsafe { mostly_short(from.as_ptr(), to.as_mut_ptr(), len) };
            assert_eq!(to[..len], from[..len]);
            assert!(to[len..].iter().all(|&byte| byte == 0));
        }
    }
}
