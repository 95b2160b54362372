//! Bodies that are too long to lie in the message itself: counted, shared by copies.
//!
//! ```text
//! owned:    [ Content | body bytes ... ]      one allocation
//! foreign:  [ Content ] -> the user's memory, given back through the user's function
//! ```
//!
//! Thread: any; the count is atomic. Invariants: the free function runs once, when the last
//! reference goes. Counterpart: `content_t` in `msg.hpp` of libzmq 4.3.5.

use std::ffi::c_void;
use std::ptr::NonNull;

use crate::error::{Errno, Result};
use crate::msg::pool;
use crate::sync::{AtomicU32, Ordering, fence};

/// The user's function that takes a body back (`zmq_free_fn`).
pub type FreeFn = unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void);

/// Header of a counted body.
pub(super) struct Content {
    refs: AtomicU32,
    data: *mut u8,
    origin: Origin,
}

enum Origin {
    /// The body lies behind the header; bytes allocated in all.
    Owned { allocated: usize },
    /// The body belongs to somebody else.
    Foreign { free: Option<FreeFn>, hint: *mut c_void, internal: bool },
}

impl Content {
    /// A body of `len` bytes, not initialised. `ENOMEM` when there is no memory.
    pub(super) fn owned(len: usize) -> Result<NonNull<Self>> {
        let needed = size_of::<Self>().checked_add(len).ok_or(Errno::ENOMEM)?;
        let (raw, allocated) = pool::allocate(needed).ok_or(Errno::ENOMEM)?;
        let content = raw.cast::<Self>();
        // SAFETY: the allocation is large enough for header and body.
        unsafe {
            let data = raw.as_ptr().add(size_of::<Self>());
            content.write(Self {
                refs: AtomicU32::new(1),
                data,
                origin: Origin::Owned { allocated },
            });
        }
        Ok(content)
    }

    /// Makes room for `len` bytes, which is not below what there is. `ENOMEM`: it is as it was.
    ///
    /// # Safety
    /// The content was made by [`Content::owned`] and nobody else refers to it.
    pub(super) unsafe fn grow(content: NonNull<Self>, len: usize) -> Result<NonNull<Self>> {
        let needed = size_of::<Self>().checked_add(len).ok_or(Errno::ENOMEM)?;
        // SAFETY: alive (caller).
        let Origin::Owned { allocated } = (unsafe { &content.as_ref().origin }) else {
            return Err(Errno::EINVAL);
        };
        // SAFETY: that is what `owned` or this function got there; `needed` is not less (caller).
        let (raw, allocated) =
            unsafe { pool::grow(content.cast(), *allocated, needed) }.ok_or(Errno::ENOMEM)?;
        let mut content = raw.cast::<Self>();
        // SAFETY: the header moved along with the body.
        unsafe {
            content.as_mut().data = raw.as_ptr().add(size_of::<Self>());
            content.as_mut().origin = Origin::Owned { allocated };
        }
        Ok(content)
    }

    /// A body that stays where it is; `internal` when `free` is the library's own function.
    pub(super) fn foreign(
        data: *mut u8,
        free: Option<FreeFn>,
        hint: *mut c_void,
        internal: bool,
    ) -> NonNull<Self> {
        let content = Box::new(Self {
            refs: AtomicU32::new(1),
            data,
            origin: Origin::Foreign { free, hint, internal },
        });
        NonNull::from(Box::leak(content))
    }

    pub(super) fn data(&self) -> *mut u8 {
        self.data
    }

    /// Dropping the last reference runs a user's function.
    pub(super) fn is_users(&self) -> bool {
        matches!(self.origin, Origin::Foreign { free: Some(_), internal: false, .. })
    }

    pub(super) fn retain(&self) {
        // Relaxed: the caller has a reference already.
        self.refs.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives one reference back.
    ///
    /// # Safety
    /// The caller owns that reference and does not use the content afterwards.
    #[inline]
    pub(super) unsafe fn release(content: NonNull<Self>) {
        // SAFETY: alive, as the caller has a reference.
        let refs = unsafe { &content.as_ref().refs };
        // A count of one is ours alone: nobody can add to it.
        if refs.load(Ordering::Acquire) != 1 {
            // Release: what this thread did with the body happens before it is freed.
            if refs.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            fence(Ordering::Acquire);
        }
        // SAFETY: that was the last reference.
        unsafe { Self::free(content) };
    }

    /// # Safety
    /// Nobody refers to the content any more.
    unsafe fn free(content: NonNull<Self>) {
        // SAFETY: alive until freed below.
        match *unsafe { &content.as_ref().origin } {
            Origin::Owned { allocated } => {
                // SAFETY: `owned` got that much there, and nobody refers to it any more.
                unsafe { pool::free(content.cast(), allocated) };
            }
            Origin::Foreign { free, hint, .. } => {
                // SAFETY: made by `Box::leak` in `foreign`; the function is called once with what
                // its user gave, and the header is gone by then, so it may do what it likes.
                unsafe {
                    let data = content.as_ref().data;
                    drop(Box::from_raw(content.as_ptr()));
                    if let Some(free) = free {
                        free(data.cast(), hint);
                    }
                }
            }
        }
    }
}
