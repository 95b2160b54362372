//! `void*` to object and back: the one place where handles are made and taken apart.
//!
//! The memory behind a handle of a context or socket is never given back, and used again late, so
//! that a handle that was closed is found out. Timers and pollers begin with a tag as well; theirs
//! is best effort, as in libzmq.
//!
//! Thread: any. Invariants: a handle begins with its kind's tag. Counterpart: the `check_tag`
//! methods of libzmq 4.3.5.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::ctx::Ctx;
use crate::error::{Errno, Result};
use crate::socket::Socket;

const CONTEXT: u32 = 0x6f78_0001;

/// A boxed object with a tag in front.
#[repr(C)]
pub(super) struct Tagged<T> {
    tag: u32,
    pub(super) object: T,
}

/// A place for a context; lives for ever.
#[repr(C)]
struct ContextPlace {
    tag: u32,
    ctx: Mutex<Option<Arc<Ctx>>>,
}

/// Places that are used again only when so many others wait.
const MIN_FREE: usize = 256;

static FREE_CONTEXTS: Mutex<VecDeque<&'static ContextPlace>> = Mutex::new(VecDeque::new());

fn tag_of(handle: *const c_void) -> Option<u32> {
    let aligned = !handle.is_null() && handle.addr().is_multiple_of(align_of::<u64>());
    // SAFETY: the module's convention: a handle that is not NULL points to memory that begins with
    // a tag.
    aligned.then(|| unsafe { handle.cast::<u32>().read() })
}

/// A handle for a new context.
pub(super) fn context_into_handle(ctx: Arc<Ctx>) -> *mut c_void {
    let place = {
        let mut free = FREE_CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() > MIN_FREE { free.pop_front() } else { None }
    };
    let place = place.unwrap_or_else(|| {
        Box::leak(Box::new(ContextPlace { tag: CONTEXT, ctx: Mutex::new(None) }))
    });
    *place.ctx.lock().unwrap_or_else(PoisonError::into_inner) = Some(ctx);
    ptr::from_ref(place).cast_mut().cast()
}

fn context_place(handle: *mut c_void) -> Result<&'static ContextPlace> {
    if tag_of(handle) != Some(CONTEXT) {
        return Err(Errno::EFAULT);
    }
    // SAFETY: the tag says that it is a place of ours, and those live for ever.
    Ok(unsafe { &*handle.cast::<ContextPlace>() })
}

/// The context of a handle; `EFAULT` if it is none, or was terminated.
pub(super) fn context(handle: *mut c_void) -> Result<Arc<Ctx>> {
    let place = context_place(handle)?;
    let ctx = place.ctx.lock().unwrap_or_else(PoisonError::into_inner);
    ctx.clone().ok_or(Errno::EFAULT)
}

/// The context was terminated: the handle is worth nothing from now on.
pub(super) fn release_context(handle: *mut c_void) -> Result<()> {
    let place = context_place(handle)?;
    let gone = place.ctx.lock().unwrap_or_else(PoisonError::into_inner).take();
    if gone.is_some() {
        FREE_CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner).push_back(place);
    }
    Ok(())
}

/// The handle of a socket: its place, which begins with a tag and lives for ever.
pub(super) fn socket_into_handle(socket: &'static Socket) -> *mut c_void {
    ptr::from_ref(socket).cast_mut().cast()
}

/// The socket of a handle; `ENOTSOCK` if it is none. A closed one is found out by its own lock.
#[inline]
pub(super) fn socket(handle: *mut c_void) -> Result<&'static Socket> {
    if tag_of(handle) != Some(Socket::TAG) {
        return Err(Errno::ENOTSOCK);
    }
    // SAFETY: the tag says that it is a place of ours, and those live for ever.
    Ok(unsafe { &*handle.cast::<Socket>() })
}

impl<T> Tagged<T> {
    /// A handle for `object`.
    pub(super) fn into_handle(tag: u32, object: T) -> *mut c_void {
        Box::into_raw(Box::new(Self { tag, object })).cast()
    }

    /// The object of a handle; `EFAULT` if it is none of that kind.
    ///
    /// # Safety
    /// Nobody else uses the handle meanwhile.
    pub(super) unsafe fn at<'a>(tag: u32, handle: *mut c_void) -> Result<&'a mut T> {
        if tag_of(handle) != Some(tag) {
            return Err(Errno::EFAULT);
        }
        // SAFETY: the tag says what it is; exclusive (caller).
        Ok(unsafe { &mut (*handle.cast::<Self>()).object })
    }

    /// Takes the object of a handle back.
    ///
    /// # Safety
    /// Nobody uses the handle from now on.
    pub(super) unsafe fn take(tag: u32, handle: *mut c_void) -> Result<T> {
        if tag_of(handle) != Some(tag) {
            return Err(Errno::EFAULT);
        }
        // SAFETY: made by `into_handle`; given up (caller).
        let mut boxed = unsafe { Box::from_raw(handle.cast::<Self>()) };
        boxed.tag = 0;
        Ok(boxed.object)
    }
}
