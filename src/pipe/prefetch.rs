//! A hint to the processor about memory that is written soon.
//!
//! Thread: any. Invariants: none. Counterpart: none.

/// The bytes at `address` will be written soon, though another processor may have them now. Any
/// address will do.
#[inline(always)]
pub(super) fn for_write(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which neither faults nor changes anything.
    unsafe {
        std::arch::asm!(
            "prefetchw [{}]",
            in(reg) address,
            options(nostack, preserves_flags, readonly)
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
