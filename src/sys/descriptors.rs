//! The process's table of open descriptors.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::thread;

/// Descriptors that the table is made for at once.
const PLACES: libc::rlim_t = 4096;

/// Has the kernel make the table large before the process has threads; `open` is any descriptor.
///
/// Linux doubles the table when it is full. In a process with threads whoever opened the descriptor
/// that did not fit then sleeps until no processor uses the old table (`expand_fdtable`, which waits
/// for a grace period of RCU), for 5 to 20 ms: an I/O thread with all of its connections. Without
/// threads it does not wait. Failures go unnoticed: the table grows when it must.
pub fn make_room(open: &impl AsRawFd) {
    if !thread::is_alone() {
        return;
    }
    let Some(last) = limit().min(PLACES).checked_sub(1) else { return };
    // SAFETY: takes no pointer; the new descriptor is nobody else's.
    unsafe {
        let number = last as libc::c_int;
        let made = libc::fcntl(open.as_raw_fd(), libc::F_DUPFD_CLOEXEC, number);
        if made >= 0 {
            drop(OwnedFd::from_raw_fd(made));
        }
    }
}

/// Descriptors that the process may have; 0 if that cannot be told.
fn limit() -> libc::rlim_t {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: written by the call when it succeeds.
    unsafe {
        match libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) {
            0 => limit.assume_init().rlim_cur,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::sys::fork;

    /// Descriptors that the table has room for.
    fn places() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix("FDSize:")).unwrap();
        size.trim().parse().unwrap()
    }

    fn open_descriptors() -> usize {
        std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
    }

    #[test]
    fn a_process_without_threads_gets_a_large_table() {
        let file = File::open("/dev/null").unwrap();
        assert!(fork::holds_in_child(|| {
            let (before, open) = (places(), open_descriptors());
            make_room(&file);
            let wanted = limit().min(PLACES);
            (before >= wanted || places() >= wanted) && open_descriptors() == open
        }));
    }

    #[test]
    fn one_with_threads_is_left_alone() {
        let file = File::open("/dev/null").unwrap();
        assert!(fork::holds_in_child(|| {
            let before = places();
            std::thread::scope(|scope| scope.spawn(|| make_room(&file)).join().unwrap());
            places() == before
        }));
    }
}
