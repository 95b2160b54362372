//! Which thread this is, and whether it is the only one.

use std::os::unix::fs::MetadataExt;

/// A number that no other running thread has; never 0. A thread that ends may leave it to one that
/// begins later. One instruction, where the processor has it in a register.
#[inline(always)]
pub fn current() -> usize {
    imp::current()
}

/// True if the process has no other thread. False as well if that cannot be told.
pub fn is_alone() -> bool {
    // A directory has two links and one for each directory in it.
    std::fs::metadata("/proc/self/task").is_ok_and(|tasks| tasks.nlink() == 3)
}

#[cfg(target_arch = "x86_64")]
mod imp {
    use std::arch::asm;

    /// The address of the thread's control block, whose first word holds it (System V ABI, TLS).
    #[inline(always)]
    pub(super) fn current() -> usize {
        let address;
        // SAFETY: reads the word that the ABI puts there, and nothing else.
        unsafe {
            asm!("mov {}, fs:0", out(reg) address, options(pure, readonly, nostack, preserves_flags));
        }
        address
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod imp {
    thread_local! {
        static PLACE: u8 = const { 0 };
    }

    #[inline(always)]
    pub(super) fn current() -> usize {
        PLACE.with(|place| std::ptr::from_ref(place).addr())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::sys::fork;

    #[test]
    fn a_process_is_alone_until_it_has_another_thread() {
        assert!(!is_alone(), "the test runs beside the one that began it");
        assert!(fork::holds_in_child(|| {
            // The system counts a thread for a moment longer than it is waited for.
            let at_first = is_alone();
            let others = thread::scope(|scope| scope.spawn(is_alone).join());
            at_first && others.is_ok_and(|alone| !alone)
        }));
    }

    #[test]
    fn running_threads_have_different_numbers() {
        let mine = current();
        assert_eq!(mine, current());
        let other = thread::spawn(current).join().expect("no panic");
        assert_ne!(mine, 0);
        assert_ne!(mine, other);
    }
}
