//! The 64 bytes of a message.
//!
//! ```text
//!  0       8                                     48       52 53 54 55 56      64
//!  | peer  | body: bytes inline (40)             | rid    |k |f |n |  | group  |
//!          | or pointer, length                  |        kind flags inline_len
//! ```
//!
//! Thread: as the module. Invariants: as the module. Counterpart: `msg_t::_u` of libzmq 4.3.5.

use std::ffi::c_void;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

use crate::error::Result;
use crate::msg::PeerInfo;
use crate::msg::content::{Content, FreeFn};

/// Room for a body in the message itself, bytes.
const INLINE_ROOM: usize = 40;

/// Longest body that lies in the message itself, bytes.
///
/// COMPAT: as in libzmq. A program can tell: longer ones keep their address when the message moves,
/// and copies of them are `ZMQ_SHARED` (`capi-tests/api/messages.c`).
pub const MAX_INLINE: usize = 33;

/// Longest group name, bytes (`ZMQ_GROUP_MAX_LENGTH`).
pub const MAX_GROUP_LEN: usize = 255;

/// What the body is. The values are far from zero and from each other's neighbours' powers, so
/// that closed (0) and garbage memory are told apart from a live message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Inline = 101,
    Counted = 102,
    Const = 103,
}

const CLOSED: u8 = 0;

const FLAG_MORE: u8 = 1;
/// The message was copied, or is a copy: `ZMQ_SHARED`.
const FLAG_SHARED: u8 = 2;

#[derive(Clone, Copy)]
#[repr(C)]
struct Pointer {
    /// A [`Content`], or constant memory.
    to: *mut u8,
    len: usize,
}

#[derive(Clone, Copy)]
#[repr(C)]
union Body {
    inline: [u8; INLINE_ROOM],
    pointer: Pointer,
}

/// A message: the memory of a `zmq_msg_t`.
#[repr(C, align(8))]
pub struct Msg {
    /// From `Arc::into_raw`, or null.
    peer: *const PeerInfo,
    body: Body,
    routing_id: u32,
    /// A [`Kind`], or [`CLOSED`].
    kind: u8,
    flags: u8,
    inline_len: u8,
    reserved: u8,
    /// From `Box::into_raw`, or null.
    group: *mut Box<[u8]>,
}

const _: () = assert!(size_of::<Msg>() == 64 && align_of::<Msg>() == 8);

// SAFETY: everything that a message points to is owned by it or counted atomically; a user's free
// function may be called on any thread, as zmq_msg_init_data(3) says.
unsafe impl Send for Msg {}
// SAFETY: a shared message can only be looked at.
unsafe impl Sync for Msg {}

impl Msg {
    /// An empty message.
    #[inline]
    pub const fn new() -> Self {
        Self {
            peer: ptr::null(),
            body: Body { inline: [0; INLINE_ROOM] },
            routing_id: 0,
            kind: Kind::Inline as u8,
            flags: 0,
            inline_len: 0,
            reserved: 0,
            group: ptr::null_mut(),
        }
    }

    /// A message of `len` bytes of unspecified content. `ENOMEM` when there is no memory.
    #[inline]
    pub fn with_size(len: usize) -> Result<Self> {
        let mut msg = Self::new();
        msg.make_room(len)?;
        Ok(msg)
    }

    /// Gives an empty message a body of `len` bytes of unspecified content. `ENOMEM`: it stays
    /// empty. In place, as moving a message that was just put together stalls the processor.
    #[inline]
    pub fn make_room(&mut self, len: usize) -> Result<()> {
        debug_assert!(self.is_plain());
        if len <= MAX_INLINE {
            self.inline_len = len as u8;
        } else {
            // What the body holds until the caller writes it is unspecified, as zmq_msg_init_size(3)
            // has it; the library only ever copies it on.
            self.set_content(Content::owned(len)?, len);
        }
        Ok(())
    }

    /// A copy of `bytes`. An empty message if there is no memory for them.
    #[inline]
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self::try_from_slice(bytes).unwrap_or_default()
    }

    /// A copy of `bytes`, or `ENOMEM`.
    #[inline]
    pub fn try_from_slice(bytes: &[u8]) -> Result<Self> {
        let mut msg = Self::new();
        msg.copy_from(bytes)?;
        Ok(msg)
    }

    /// Makes an empty message a copy of `bytes`, in place. `ENOMEM`: it stays empty.
    #[inline]
    pub fn copy_from(&mut self, bytes: &[u8]) -> Result<()> {
        self.make_room(bytes.len())?;
        // SAFETY: there is room for that many bytes, and it is this message's alone.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// A message over memory that the user lends; `free` gives it back when the last reference
    /// to it is gone, on whichever thread that happens.
    ///
    /// # Safety
    /// `data` is valid for `len` bytes until `free(data, hint)` is called, which may happen on any
    /// thread.
    pub unsafe fn from_foreign(
        data: *mut c_void,
        len: usize,
        free: FreeFn,
        hint: *mut c_void,
    ) -> Self {
        let mut msg = Self::new();
        msg.set_content(Content::foreign(data.cast(), Some(free), hint, false), len);
        msg
    }

    /// A message of the first `len` bytes of a content.
    ///
    /// # Safety
    /// They are there, and the caller's reference becomes the message's.
    pub(super) unsafe fn from_content(content: NonNull<Content>, len: usize) -> Self {
        let mut msg = Self::new();
        msg.set_content(content, len);
        msg
    }

    /// A message over memory that outlives it (`zmq_send_const`).
    ///
    /// # Safety
    /// `data` is valid for `len` bytes and unchanged for as long as the process runs.
    pub unsafe fn from_const(data: *const c_void, len: usize) -> Self {
        let mut msg = Self::new();
        msg.kind = Kind::Const as u8;
        msg.body.pointer = Pointer { to: data.cast_mut().cast(), len };
        msg
    }

    #[inline]
    fn set_content(&mut self, content: NonNull<Content>, len: usize) {
        self.kind = Kind::Counted as u8;
        self.body.pointer = Pointer { to: content.as_ptr().cast(), len };
    }

    /// True if the memory at `msg` holds a message that was initialised and not closed. Best
    /// effort, as in libzmq: garbage that looks like one is not found out.
    ///
    /// # Safety
    /// `msg` points to 64 readable bytes.
    #[inline]
    pub unsafe fn is_live(msg: *const Self) -> bool {
        // SAFETY: readable (caller); any byte is a valid `u8`.
        let kind = unsafe { (&raw const (*msg).kind).read() };
        (Kind::Inline as u8..=Kind::Const as u8).contains(&kind)
    }

    /// Drops the message at `msg` and marks the memory as closed.
    ///
    /// # Safety
    /// [`Msg::is_live`] holds, and the memory is not used as a message until it is initialised.
    pub unsafe fn close(msg: *mut Self) {
        // SAFETY: live (caller).
        unsafe {
            msg.drop_in_place();
            (&raw mut (*msg).kind).write(CLOSED);
        }
    }

    fn content(&self) -> Option<NonNull<Content>> {
        if self.kind != Kind::Counted as u8 {
            return None;
        }
        // SAFETY: a counted message holds a pointer.
        NonNull::new(unsafe { self.body.pointer.to }.cast())
    }

    /// Bytes of the body.
    #[inline]
    pub fn len(&self) -> usize {
        if self.kind == Kind::Inline as u8 {
            usize::from(self.inline_len)
        } else {
            // SAFETY: all other kinds hold a pointer.
            unsafe { self.body.pointer.len }
        }
    }

    /// True for a body of no bytes.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Start of the body; stays valid until the message is moved, changed or dropped.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        if self.kind == Kind::Inline as u8 {
            return (&raw mut self.body).cast();
        }
        self.as_ptr().cast_mut()
    }

    /// Start of the body.
    #[inline]
    pub fn as_ptr(&self) -> *const u8 {
        match self.content() {
            // SAFETY: the message holds a reference to its content.
            Some(content) => unsafe { content.as_ref().data() },
            None if self.kind == Kind::Inline as u8 => (&raw const self.body).cast(),
            // SAFETY: the only kind left holds a pointer.
            None => unsafe { self.body.pointer.to },
        }
    }

    /// The body.
    #[inline]
    pub fn data(&self) -> &[u8] {
        let (data, len) = (self.as_ptr(), self.len());
        if len == 0 {
            return &[];
        }
        // SAFETY: the kinds above point to `len` readable bytes for as long as the message lives.
        unsafe { slice::from_raw_parts(data, len) }
    }

    /// The body, to be written; an own copy is not made: copies of the message change along, as
    /// in libzmq.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [u8] {
        let (data, len) = (self.as_mut_ptr(), self.len());
        if len == 0 || self.kind == Kind::Const as u8 {
            return &mut [];
        }
        // SAFETY: as in `data`, and the memory is writable for these kinds.
        unsafe { slice::from_raw_parts_mut(data, len) }
    }

    /// Another message with the same body: long bodies are shared, short ones copied.
    pub fn share(&mut self) -> Self {
        let mut copy = Self::new();
        if let Some(content) = self.content() {
            // SAFETY: alive, as `self` has a reference; the copy gets one of its own.
            unsafe { content.as_ref().retain() };
            self.flags |= FLAG_SHARED;
            copy.flags |= FLAG_SHARED;
        }
        copy.body = self.body;
        copy.kind = self.kind;
        copy.inline_len = self.inline_len;
        copy.routing_id = self.routing_id;
        copy.set_more(self.more());
        copy.set_peer(self.peer_arc());
        if !self.group.is_null() {
            // SAFETY: from `Box::into_raw`, owned by `self`.
            copy.group = Box::into_raw(Box::new(unsafe { (*self.group).clone() }));
        }
        copy
    }

    /// `ZMQ_SHARED`: the body is shared with a copy, or was.
    pub fn is_shared(&self) -> bool {
        self.kind == Kind::Const as u8 || self.flags & FLAG_SHARED != 0
    }

    /// True if dropping the message does nothing.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.kind == Kind::Inline as u8 && self.peer.is_null() && self.group.is_null()
    }

    /// True if dropping the message may run a user's function.
    #[inline]
    pub fn has_foreign(&self) -> bool {
        // SAFETY: the message holds a reference to its content.
        self.content().is_some_and(|content| unsafe { content.as_ref().is_users() })
    }

    /// More frames of the same message follow.
    #[inline]
    pub fn more(&self) -> bool {
        self.flags & FLAG_MORE != 0
    }

    /// Says whether more frames follow.
    #[inline]
    pub fn set_more(&mut self, more: bool) {
        self.flags = self.flags & !FLAG_MORE | if more { FLAG_MORE } else { 0 };
    }

    /// The peer that sent the message, for received ones.
    #[inline]
    pub fn peer(&self) -> Option<&PeerInfo> {
        // SAFETY: null or a reference that the message owns.
        unsafe { self.peer.as_ref() }
    }

    fn peer_arc(&self) -> Option<Arc<PeerInfo>> {
        if self.peer.is_null() {
            return None;
        }
        // SAFETY: the message owns one reference; this one stays with it.
        let peer = ManuallyDrop::new(unsafe { Arc::from_raw(self.peer) });
        Some(Arc::clone(&peer))
    }

    /// Says who sent the message.
    #[inline]
    pub fn set_peer(&mut self, peer: Option<Arc<PeerInfo>>) {
        if !self.peer.is_null() {
            // SAFETY: the message owned this reference.
            drop(unsafe { Arc::from_raw(self.peer) });
        }
        self.peer = peer.map_or(ptr::null(), Arc::into_raw);
    }

    /// Routing id of a SERVER or PEER socket's message; 0 for none.
    pub fn routing_id(&self) -> u32 {
        self.routing_id
    }

    /// Sets the routing id.
    pub fn set_routing_id(&mut self, routing_id: u32) {
        self.routing_id = routing_id;
    }

    /// Group of a RADIO or DISH socket's message, without a terminating zero.
    pub fn group(&self) -> &[u8] {
        if self.group.is_null() {
            return &[];
        }
        // SAFETY: from `Box::into_raw`, owned by the message. Kept with a zero byte at the end.
        unsafe { &*self.group }.split_last().map_or(&[], |(_, name)| name)
    }

    /// The group as a C string.
    pub fn group_ptr(&self) -> *const u8 {
        // SAFETY: as in `group`.
        if self.group.is_null() { c"".as_ptr().cast() } else { unsafe { (*self.group).as_ptr() } }
    }

    /// Sets the group, `EINVAL` above 255 bytes.
    pub fn set_group(&mut self, group: &[u8]) {
        // COMPAT: what is too long is cut off (`capi-tests/api/messages.c`).
        let group = &group[..group.len().min(MAX_GROUP_LEN)];
        self.drop_group();
        if !group.is_empty() {
            let with_zero: Vec<u8> = group.iter().copied().chain([0]).collect();
            self.group = Box::into_raw(Box::new(with_zero.into_boxed_slice()));
        }
    }

    fn drop_group(&mut self) {
        if !self.group.is_null() {
            // SAFETY: from `Box::into_raw`, owned by the message.
            drop(unsafe { Box::from_raw(self.group) });
            self.group = ptr::null_mut();
        }
    }
}

impl Default for Msg {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Msg {
    #[inline]
    fn drop(&mut self) {
        if let Some(content) = self.content() {
            // SAFETY: the message owned one reference.
            unsafe { Content::release(content) };
        }
        if !self.peer.is_null() {
            // SAFETY: the message owned this reference.
            drop(unsafe { Arc::from_raw(self.peer) });
        }
        if !self.group.is_null() {
            self.drop_group();
        }
    }
}

impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Msg").field("len", &self.len()).field("more", &self.more()).finish()
    }
}
