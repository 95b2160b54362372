//! The 64 bytes of a message.
//!
//! ```text
//!  0       8                                     48                   56      64
//!  | peer  | body: bytes inline (40)             | tail               | group  |
//!          | or pointer, length                  | see [`Tail`]       |
//! ```
//!
//! Each of the fields is written and read as a whole word: a word that was written in parts makes
//! the processor wait when it is read soon after. Room for bytes is not written before they come.
//!
//! Thread: as the module. Invariants: as the module. Counterpart: `msg_t::_u` of libzmq 4.3.5.

use std::ffi::c_void;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
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

const CLOSED: Tail = Tail(0);

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
    inline: [MaybeUninit<u8>; INLINE_ROOM],
    pointer: Pointer,
}

impl Body {
    const EMPTY: Self = Self { inline: [MaybeUninit::uninit(); INLINE_ROOM] };
}

/// All that is small: a [`Kind`] or [`CLOSED`] (8 bits), flags (8 bits), the length of an inline body
/// (8 bits), and from bit 32 on the routing id.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Tail(u64);

const FLAGS_SHIFT: u32 = 8;
const INLINE_LEN_SHIFT: u32 = 16;
const ROUTING_ID_SHIFT: u32 = 32;

impl Tail {
    #[inline]
    const fn new(kind: Kind) -> Self {
        Self(kind as u64)
    }

    #[inline]
    const fn inline(len: u8) -> Self {
        Self(Self::new(Kind::Inline).0 | (len as u64) << INLINE_LEN_SHIFT)
    }

    #[inline]
    fn kind(self) -> u8 {
        self.0 as u8
    }

    #[inline]
    fn is(self, kind: Kind) -> bool {
        self.kind() == kind as u8
    }

    #[inline]
    fn inline_len(self) -> usize {
        usize::from((self.0 >> INLINE_LEN_SHIFT) as u8)
    }

    #[inline]
    fn has(self, flag: u8) -> bool {
        self.0 & u64::from(flag) << FLAGS_SHIFT != 0
    }

    #[inline]
    fn set(&mut self, flag: u8, on: bool) {
        let bit = u64::from(flag) << FLAGS_SHIFT;
        self.0 = self.0 & !bit | if on { bit } else { 0 };
    }
}

/// A message: the memory of a `zmq_msg_t`.
#[repr(C, align(8))]
pub struct Msg {
    /// From `Arc::into_raw`, or null.
    peer: *const PeerInfo,
    body: Body,
    tail: Tail,
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
        Self::with_body(Body::EMPTY, Tail::inline(0))
    }

    #[inline]
    const fn with_body(body: Body, tail: Tail) -> Self {
        Self { peer: ptr::null(), body, tail, group: ptr::null_mut() }
    }

    #[inline]
    fn counted(content: NonNull<Content>, len: usize) -> Self {
        let pointer = Pointer { to: content.as_ptr().cast(), len };
        Self::with_body(Body { pointer }, Tail::new(Kind::Counted))
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
        debug_assert!(self.tail.is(Kind::Inline) && self.group.is_null());
        // What the body holds until the caller writes it is unspecified, as zmq_msg_init_size(3)
        // has it; the library only ever copies it on.
        if len <= MAX_INLINE {
            self.tail = Tail::inline(len as u8);
        } else {
            self.set_content(Content::owned(len)?, len);
        }
        Ok(())
    }

    /// Makes a message of `len` bytes of unspecified content out of the memory at `msg`. `ENOMEM`:
    /// it becomes an empty one.
    ///
    /// # Safety
    /// `msg` points to 64 writable bytes, which are no message.
    #[inline]
    pub unsafe fn init_size(msg: *mut Self, len: usize) -> Result<()> {
        // SAFETY: writable (caller).
        unsafe {
            if len <= MAX_INLINE {
                Self::write_empty(msg, Tail::inline(len as u8));
            } else if let Some(content) = Content::owned_quickly(len) {
                Self::write_counted(msg, content, len);
            } else {
                return Self::init_slow(msg, Content::owned(len), len);
            }
        }
        Ok(())
    }

    /// As [`Msg::init_size`], over memory that the user lends; `free` gives it back when the last
    /// reference to it is gone, on whichever thread that happens. On an error it is not called.
    ///
    /// # Safety
    /// As there, and `data` is valid for `len` bytes until `free(data, hint)` is called, which may
    /// happen on any thread.
    #[inline]
    pub unsafe fn init_foreign(
        msg: *mut Self,
        data: *mut c_void,
        len: usize,
        free: FreeFn,
        hint: *mut c_void,
    ) -> Result<()> {
        // SAFETY: writable (caller).
        unsafe {
            match Content::foreign(data.cast(), free, hint) {
                Ok(content) => Self::write_counted(msg, content, len),
                error => return Self::init_slow(msg, error, len),
            }
        }
        Ok(())
    }

    /// # Safety
    /// As [`Msg::init_size`]; a content has `len` bytes.
    #[cold]
    unsafe fn init_slow(msg: *mut Self, made: Result<NonNull<Content>>, len: usize) -> Result<()> {
        // SAFETY: writable (caller).
        unsafe {
            Self::write_empty(msg, Tail::inline(0));
            Self::write_counted(msg, made?, len);
        }
        Ok(())
    }

    /// Writes an empty message, but for its tail, word by word: room for bytes is left as it is.
    ///
    /// # Safety
    /// As [`Msg::init_size`].
    #[inline]
    unsafe fn write_empty(msg: *mut Self, tail: Tail) {
        // SAFETY: writable (caller).
        unsafe {
            (&raw mut (*msg).peer).write(ptr::null());
            (&raw mut (*msg).tail).write(tail);
            (&raw mut (*msg).group).write(ptr::null_mut());
        }
    }

    /// As [`Msg::write_empty`], a message of the first `len` bytes of a content.
    ///
    /// # Safety
    /// As [`Msg::init_size`]; the caller's reference becomes the message's.
    #[inline]
    unsafe fn write_counted(msg: *mut Self, content: NonNull<Content>, len: usize) {
        // SAFETY: writable (caller).
        unsafe {
            Self::write_empty(msg, Tail::new(Kind::Counted));
            let to = content.as_ptr().cast();
            (&raw mut (*msg).body.pointer).write(Pointer { to, len });
        }
    }

    /// A copy of `bytes`. An empty message if there is no memory for them.
    #[inline]
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self::try_from_slice(bytes).unwrap_or_default()
    }

    /// A copy of `bytes` for another thread of this process to read, as one of many. `ENOMEM`.
    pub fn for_another_thread(bytes: &[u8]) -> Result<Self> {
        let mut msg = Self::new();
        msg.set_content(Content::copy_for_another(bytes)?, bytes.len());
        Ok(msg)
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

    /// A message of the first `len` bytes of a content.
    ///
    /// # Safety
    /// They are there, and the caller's reference becomes the message's.
    pub(super) unsafe fn from_content(content: NonNull<Content>, len: usize) -> Self {
        Self::counted(content, len)
    }

    /// Makes the message, of whatever kind, a copy of `bytes`; its peer stays. `ENOMEM`: it is empty.
    /// A body that nobody shares is written over where the new one fits.
    #[inline]
    pub fn replace(&mut self, bytes: &[u8]) -> Result<()> {
        if !self.group.is_null() {
            self.drop_group();
        }
        let content = self.content();
        // SAFETY: the message holds a reference to its content.
        let fits = content.is_some_and(|content| unsafe { content.as_ref().fits(bytes.len()) });
        if fits && bytes.len() > MAX_INLINE {
            self.tail = Tail::new(Kind::Counted);
            self.body.pointer.len = bytes.len();
        } else {
            self.tail = Tail::inline(0);
            if let Some(content) = content {
                // SAFETY: the message owned one reference, and is empty now.
                unsafe { Content::release(content) };
            }
            self.make_room(bytes.len())?;
        }
        // SAFETY: there is room for that many bytes, and it is this message's alone.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// A message over memory that outlives it (`zmq_send_const`).
    ///
    /// # Safety
    /// `data` is valid for `len` bytes and unchanged for as long as the process runs.
    pub unsafe fn from_const(data: *const c_void, len: usize) -> Self {
        let pointer = Pointer { to: data.cast_mut().cast(), len };
        Self::with_body(Body { pointer }, Tail::new(Kind::Const))
    }

    #[inline]
    fn set_content(&mut self, content: NonNull<Content>, len: usize) {
        self.tail = Tail::new(Kind::Counted);
        self.body.pointer = Pointer { to: content.as_ptr().cast(), len };
    }

    /// True if the memory at `msg` holds a message that was initialised and not closed. Best
    /// effort, as in libzmq: garbage that looks like one is not found out.
    ///
    /// # Safety
    /// `msg` points to 64 readable bytes.
    #[inline]
    pub unsafe fn is_live(msg: *const Self) -> bool {
        // SAFETY: readable (caller); any bytes are a valid tail.
        let tail = unsafe { (&raw const (*msg).tail).read() };
        (Kind::Inline as u8..=Kind::Const as u8).contains(&tail.kind())
    }

    /// Drops the message at `msg` and marks the memory as closed, which a user's function that runs
    /// now finds so.
    ///
    /// # Safety
    /// [`Msg::is_live`] holds, and the memory is not used as a message until it is initialised.
    #[inline]
    pub unsafe fn close(msg: *mut Self) {
        // SAFETY: live (caller).
        let msg = unsafe { &mut *msg };
        let content = msg.content();
        msg.tail = CLOSED;
        msg.let_go(content);
    }

    /// Gives back what the message holds references to.
    #[inline]
    fn let_go(&mut self, content: Option<NonNull<Content>>) {
        if !self.is_bare() {
            self.drop_rest();
        }
        if let Some(content) = content {
            // SAFETY: the message owned one reference.
            unsafe { Content::release(content) };
        }
    }

    #[inline(never)]
    fn drop_rest(&mut self) {
        self.change_peer(None);
        self.drop_group();
    }

    #[inline]
    fn content(&self) -> Option<NonNull<Content>> {
        // SAFETY: a counted message holds a pointer to its content.
        let content = || unsafe { NonNull::new_unchecked(self.body.pointer.to.cast()) };
        self.tail.is(Kind::Counted).then(content)
    }

    /// Bytes of the body.
    #[inline]
    pub fn len(&self) -> usize {
        if self.tail.is(Kind::Inline) {
            self.tail.inline_len()
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
        if self.tail.is(Kind::Inline) {
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
            None if self.tail.is(Kind::Inline) => (&raw const self.body).cast(),
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
        if len == 0 || self.tail.is(Kind::Const) {
            return &mut [];
        }
        // SAFETY: as in `data`, and the memory is writable for these kinds.
        unsafe { slice::from_raw_parts_mut(data, len) }
    }

    /// Makes `to` another message with the same body: long bodies are shared, short ones copied.
    #[inline]
    pub fn share_to(&mut self, to: &mut Self) {
        if !to.is_plain() {
            *to = self.share();
            return;
        }
        if let Some(content) = self.content() {
            // SAFETY: alive, as `self` has a reference; the copy gets one of its own.
            unsafe { content.as_ref().retain() };
            self.tail.set(FLAG_SHARED, true);
            // SAFETY: a counted message holds a pointer.
            to.body.pointer = unsafe { self.body.pointer };
        } else {
            to.body = self.body;
        }
        to.tail = self.tail;
        if !self.is_bare() {
            self.share_rest(to);
        }
    }

    /// Moves the message to `to`; it is empty afterwards.
    #[inline]
    pub fn move_to(&mut self, to: &mut Self) {
        if to.is_plain() {
            // SAFETY: two messages, of which the one has nothing to drop and the other is written
            // anew without being dropped.
            unsafe {
                ptr::copy_nonoverlapping(self, to, 1);
                Self::write_empty(self, Tail::inline(0));
            }
        } else {
            *to = std::mem::take(self);
        }
    }

    /// True if there is no more to the message than its body.
    #[inline]
    fn is_bare(&self) -> bool {
        self.peer.is_null() && self.group.is_null()
    }

    /// True if dropping the message does nothing.
    #[inline]
    fn is_plain(&self) -> bool {
        self.tail.is(Kind::Inline) && self.is_bare()
    }

    /// Another message with the same body.
    pub fn share(&mut self) -> Self {
        let mut copy = Self::new();
        self.share_to(&mut copy);
        copy
    }

    fn share_rest(&self, copy: &mut Self) {
        copy.change_peer(self.peer_arc());
        if !self.group.is_null() {
            // SAFETY: from `Box::into_raw`, owned by `self`.
            copy.group = Box::into_raw(Box::new(unsafe { (*self.group).clone() }));
        }
    }

    /// `ZMQ_SHARED`: the body is shared with a copy, or was.
    pub fn is_shared(&self) -> bool {
        self.tail.is(Kind::Const) || self.tail.has(FLAG_SHARED)
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
        self.tail.has(FLAG_MORE)
    }

    /// Says whether more frames follow.
    #[inline]
    pub fn set_more(&mut self, more: bool) {
        self.tail.set(FLAG_MORE, more);
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
    pub fn set_peer(&mut self, peer: Option<&Arc<PeerInfo>>) {
        // Mostly the same one again, which is told without touching its count.
        if self.peer != peer.map_or(ptr::null(), Arc::as_ptr) {
            self.change_peer(peer.cloned());
        }
    }

    fn change_peer(&mut self, peer: Option<Arc<PeerInfo>>) {
        if !self.peer.is_null() {
            // SAFETY: the message owned this reference.
            drop(unsafe { Arc::from_raw(self.peer) });
        }
        self.peer = peer.map_or(ptr::null(), Arc::into_raw);
    }

    /// Routing id of a SERVER or PEER socket's message; 0 for none.
    #[inline]
    pub fn routing_id(&self) -> u32 {
        (self.tail.0 >> ROUTING_ID_SHIFT) as u32
    }

    /// Sets the routing id.
    #[inline]
    pub fn set_routing_id(&mut self, routing_id: u32) {
        let rest = self.tail.0 & ((1 << ROUTING_ID_SHIFT) - 1);
        self.tail.0 = rest | u64::from(routing_id) << ROUTING_ID_SHIFT;
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

    #[cold]
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
        self.let_go(self.content());
    }
}

impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Msg").field("len", &self.len()).field("more", &self.more()).finish()
    }
}
