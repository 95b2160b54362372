//! All interleavings of the lock-free parts, two threads and a few operations at a time:
//! `LOOM_MAX_PREEMPTIONS=2 RUSTFLAGS="--cfg loom" cargo test --release --test pipe_loom`.
//!
//! Loom does not see plain memory, so the models carry a [`Token`] along: a cell that loom watches
//! is touched by the writer before it writes and by the reader after it has read. If the queue did
//! not order the two, loom would report a race.

#![cfg(loom)]

use std::ffi::c_void;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::Notify;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use loom::thread;

use zmq::msg::Msg;
use zmq::pipe::{
    self, Attention, Flushed, Flusher, Inbox, Marks, Outgoing, Port, PortSignal, Reader, Signal,
    Thresholds, Wake, Writer, signals,
};
use zmq::sync::{BiasedLock, PerThread, Role};

/// Wakes one sleeper; remembers what it was told.
struct Bell {
    notify: Notify,
    told: AtomicU32,
}

impl Bell {
    fn new() -> Arc<Self> {
        Arc::new(Self { notify: Notify::new(), told: AtomicU32::new(0) })
    }

    fn wait(&self) -> u32 {
        self.notify.wait();
        self.told.swap(0, Ordering::AcqRel)
    }
}

impl Signal for Bell {
    fn signal(&self, bits: u32) {
        self.told.fetch_or(bits, Ordering::AcqRel);
        self.notify.notify();
    }
}

/// Memory that goes with a message: see the module.
struct Token(UnsafeCell<u32>);

// SAFETY: loom reports any access that is not ordered.
unsafe impl Sync for Token {}
// SAFETY: as above.
unsafe impl Send for Token {}

impl Token {
    fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(0)))
    }

    fn put(&self, value: u32) {
        // SAFETY: loom checks it.
        self.0.with_mut(|cell| unsafe { *cell = value });
    }

    fn get(&self) -> u32 {
        // SAFETY: loom checks it.
        self.0.with(|cell| unsafe { *cell })
    }
}

/// Bodies above 20 bytes go by pointer, so that chunks of 32 bytes take a frame or two.
const TINY: Thresholds =
    Thresholds { message: 20, slice: 20, long: 20, chunk: 64, to_thread: true };

struct Queue {
    writer: Writer,
    reader: Reader,
    to_reader: Arc<Bell>,
    to_writer: Arc<Bell>,
}

fn queue(hwm: u32) -> Queue {
    let (to_reader, to_writer) = (Bell::new(), Bell::new());
    let (writer, reader) = pipe::queue(
        to_reader.clone(),
        to_writer.clone(),
        Marks { writer: Some(hwm), reader: None },
        TINY,
    );
    Queue { writer, reader, to_reader, to_writer }
}

fn write(writer: &mut Writer, body: &[u8], more: bool) -> bool {
    writer.write(&mut Outgoing::slice(body, more))
}

/// Takes the next whole message, asleep while there is none; `None` at the end of the queue.
fn next(reader: &mut Reader, bell: &Bell) -> Option<Vec<Vec<u8>>> {
    loop {
        if reader.can_read() {
            let mut frames = Vec::new();
            loop {
                let frame = reader.read().expect("a whole message is there");
                let more = frame.more();
                frames.push(frame.data().to_vec());
                if !more {
                    return Some(frames);
                }
            }
        }
        if reader.is_finished() {
            return None;
        }
        bell.wait();
    }
}

#[test]
fn a_sleeping_reader_gets_every_message() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, .. } = queue(0);
        let tokens = [Token::new(), Token::new()];
        let theirs = tokens.clone();
        let thread = thread::spawn(move || {
            for (index, token) in theirs.iter().enumerate() {
                token.put(7);
                assert!(write(&mut writer, &[index as u8], false));
            }
            writer
        });
        for (index, token) in tokens.iter().enumerate() {
            let frames = next(&mut reader, &to_reader).expect("not over");
            assert_eq!(frames, [[index as u8]]);
            assert_eq!(token.get(), 7);
        }
        drop(thread.join().expect("no panic"));
    });
}

/// The second message opens a new chunk, so that a reader which is awake then is taken to be in a
/// stream when the others come.
#[test]
fn a_reader_that_leaves_a_stream_gets_every_message() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, .. } = queue(0);
        let tokens = [Token::new(), Token::new(), Token::new(), Token::new()];
        let theirs = tokens.clone();
        let thread = thread::spawn(move || {
            for (index, token) in theirs.iter().enumerate() {
                token.put(7);
                assert!(write(&mut writer, &[index as u8; 16], false));
            }
            writer
        });
        for (index, token) in tokens.iter().enumerate() {
            let frames = next(&mut reader, &to_reader).expect("not over");
            assert_eq!(frames, [[index as u8; 16]]);
            assert_eq!(token.get(), 7);
        }
        drop(thread.join().expect("no panic"));
    });
}

/// Whoever publishes counts on the looks of another thread, which ends them.
#[test]
fn what_nobody_looks_after_any_more_is_known_to_its_writer() {
    fn flush(flusher: &mut Flusher) {
        let take_all = |slices: &[IoSlice<'_>]| Ok(slices.iter().map(|s| s.len()).sum());
        assert_eq!(flusher.flush(&mut Vec::new(), take_all).ok(), Some(Flushed::Drained));
    }
    loom::model(|| {
        let attention = Attention::new();
        let marks = Marks { writer: None, reader: None };
        let (mut writer, mut flusher) = pipe::outbound(Bell::new(), Bell::new(), marks);
        writer.count_on(attention.clone());
        assert!(attention.begin());
        assert!(write(&mut writer, &[7; 16], false));
        flush(&mut flusher);
        let thread = thread::spawn(move || {
            attention.end();
            flush(&mut flusher);
            flusher
        });
        assert!(write(&mut writer, &[], false));
        writer.set_due(u64::MAX);
        let due = writer.is_due();
        let flusher = thread.join().expect("no panic");
        assert!(due || flusher.offset() == writer.offset(), "a message was stranded");
    });
}

#[test]
fn closing_is_noticed_behind_the_last_message() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, .. } = queue(0);
        let thread = thread::spawn(move || {
            assert!(write(&mut writer, b"last", false));
            drop(writer);
        });
        assert_eq!(next(&mut reader, &to_reader), Some(vec![b"last".to_vec()]));
        assert_eq!(next(&mut reader, &to_reader), None);
        thread.join().expect("no panic");
    });
}

/// The frames of a message that its writer never finished are not seen.
#[test]
fn an_unfinished_message_ends_with_its_writer() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, .. } = queue(0);
        let thread = thread::spawn(move || {
            assert!(write(&mut writer, b"whole", false));
            assert!(write(&mut writer, b"never finished, and in a chunk of its own", true));
            drop(writer);
        });
        assert_eq!(next(&mut reader, &to_reader), Some(vec![b"whole".to_vec()]));
        assert_eq!(next(&mut reader, &to_reader), None);
        thread.join().expect("no panic");
    });
}

#[test]
fn a_message_that_is_taken_back_leaves_no_trace() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, .. } = queue(0);
        let thread = thread::spawn(move || {
            assert!(write(&mut writer, b"one", false));
            assert!(write(&mut writer, b"taken back", true));
            assert!(write(&mut writer, b"over two chunks", true));
            writer.rollback();
            assert!(write(&mut writer, b"two", false));
            writer
        });
        assert_eq!(next(&mut reader, &to_reader), Some(vec![b"one".to_vec()]));
        assert_eq!(next(&mut reader, &to_reader), Some(vec![b"two".to_vec()]));
        drop(thread.join().expect("no panic"));
    });
}

/// The reader may have counted the body already: what is written then has its bytes in the same place.
#[test]
fn a_body_by_pointer_that_is_taken_back_leaves_no_trace() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, .. } = queue(0);
        let thread = thread::spawn(move || {
            assert!(write(&mut writer, b"one", false));
            assert!(write(&mut writer, &[5; 50], true));
            writer.rollback();
            assert!(write(&mut writer, b"two", false));
            assert!(write(&mut writer, &[6; 50], false));
            writer
        });
        for expected in [&b"one"[..], b"two", &[6; 50]] {
            assert_eq!(next(&mut reader, &to_reader), Some(vec![expected.to_vec()]));
        }
        drop(thread.join().expect("no panic"));
    });
}

/// Chunks of 32 bytes: the second frame opens a new one, the third goes by pointer.
#[test]
fn a_message_over_several_chunks_arrives_whole() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, .. } = queue(0);
        let thread = thread::spawn(move || {
            assert!(write(&mut writer, b"0123456789abcdef", true));
            assert!(write(&mut writer, b"fedcba9876543210", true));
            let mut msg = Msg::from_slice(&[5; 50]);
            assert!(writer.write(&mut Outgoing::msg(&mut msg, false)));
            assert!(write(&mut writer, b"end", false));
            writer
        });
        let first = next(&mut reader, &to_reader).expect("not over");
        assert_eq!(first, [&b"0123456789abcdef"[..], b"fedcba9876543210", &[5; 50]]);
        assert_eq!(next(&mut reader, &to_reader), Some(vec![b"end".to_vec()]));
        drop(thread.join().expect("no panic"));
    });
}

#[test]
fn a_writer_at_the_mark_is_woken_by_credit() {
    loom::model(|| {
        let Queue { mut writer, mut reader, to_reader, to_writer } = queue(1);
        let token = Token::new();
        let theirs = Arc::clone(&token);
        let thread = thread::spawn(move || {
            assert!(write(&mut writer, b"1", false));
            while !write(&mut writer, b"2", false) {
                assert_eq!(to_writer.wait() & !signals::WRITABLE, 0);
            }
            // What the reader did before it gave credit is over.
            assert_eq!(theirs.get(), 9);
            writer
        });
        token.put(9);
        assert_eq!(next(&mut reader, &to_reader), Some(vec![b"1".to_vec()]));
        assert_eq!(next(&mut reader, &to_reader), Some(vec![b"2".to_vec()]));
        drop(thread.join().expect("no panic"));
    });
}

#[test]
fn a_writer_at_the_mark_is_woken_by_the_readers_end() {
    loom::model(|| {
        let Queue { mut writer, reader, to_writer, .. } = queue(1);
        let thread = thread::spawn(move || {
            // The reader may be gone by now.
            write(&mut writer, b"1", false);
            while !writer.is_closed() {
                if !writer.can_write() && !writer.is_closed() {
                    to_writer.wait();
                }
            }
            writer
        });
        drop(reader);
        drop(thread.join().expect("no panic"));
    });
}

/// A mark that is raised while the writer goes to sleep.
#[test]
fn a_raised_mark_wakes_the_writer() {
    loom::model(|| {
        let Queue { mut writer, reader, to_writer, .. } = queue(1);
        let reader = Arc::new(reader);
        let theirs = Arc::clone(&reader);
        let thread = thread::spawn(move || {
            assert!(write(&mut writer, b"1", false));
            while !write(&mut writer, b"2", false) {
                to_writer.wait();
            }
            (writer, theirs)
        });
        reader.join(3);
        drop(thread.join().expect("no panic"));
    });
}

/// Both ends go away at the same time: every chunk is freed once.
#[test]
fn two_ends_that_go_at_once_free_everything_once() {
    loom::model(|| {
        let Queue { mut writer, mut reader, .. } = queue(0);
        assert!(write(&mut writer, b"read", false));
        let thread = thread::spawn(move || {
            // The reader may be gone by now.
            write(&mut writer, b"0123456789abcdef", false);
            let mut msg = Msg::from_slice(&[5; 50]);
            writer.write(&mut Outgoing::msg(&mut msg, false));
        });
        assert!(reader.can_read());
        assert_eq!(reader.read().expect("there").data(), b"read");
        drop(reader);
        thread.join().expect("no panic");
    });
}

static FREED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

unsafe extern "C" fn free_counted(data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the token was leaked into `data` by the model below, `hint` into its count.
    let (token, count) =
        unsafe { (Arc::from_raw(data.cast::<Token>()), Arc::from_raw(hint.cast::<AtomicUsize>())) };
    // Both threads are through with the body: otherwise loom reports a race.
    token.put(1);
    count.fetch_add(1, Ordering::Relaxed);
    FREED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_shared_body_is_freed_once_and_last() {
    loom::model(|| {
        let (token, count) = (Token::new(), Arc::new(AtomicUsize::new(0)));
        let data = Arc::into_raw(Arc::clone(&token)).cast_mut().cast();
        let hint = Arc::into_raw(Arc::clone(&count)).cast_mut().cast();
        let mut msg = MaybeUninit::uninit();
        // SAFETY: the token lives until `free_counted` takes it back.
        let made = unsafe { Msg::init_foreign(msg.as_mut_ptr(), data, 1, free_counted, hint) };
        made.expect("memory");
        // SAFETY: a message now.
        let mut msg = unsafe { msg.assume_init() };
        let copy = msg.share();
        let theirs = Arc::clone(&token);
        let thread = thread::spawn(move || {
            theirs.get();
            drop(copy);
        });
        token.get();
        // The copy may be gone by now, or not.
        let another = msg.share();
        drop(msg);
        drop(another);
        thread.join().expect("no panic");
        assert_eq!(count.load(Ordering::Relaxed), 1);
    });
    assert!(FREED.load(Ordering::Relaxed) > 1, "the model ran");
}

/// Whoever is turned away has left work that the holder sees before it goes.
#[test]
fn the_work_of_one_who_is_turned_away_is_done() {
    loom::model(|| {
        let role = Arc::new(Role::new(0u32));
        let left = Arc::new(AtomicU32::new(0));
        let token = Token::new();
        let work = |role: &Role<u32>, left: &AtomicU32, token: &Token| {
            left.fetch_add(1, Ordering::Relaxed);
            loop {
                let Some(mut holder) = role.try_hold() else { return };
                token.put(token.get() + 1);
                *holder += left.swap(0, Ordering::Relaxed);
                if !holder.release() {
                    return;
                }
            }
        };
        let thread = {
            let (role, left, token) = (Arc::clone(&role), Arc::clone(&left), Arc::clone(&token));
            thread::spawn(move || work(&role, &left, &token))
        };
        work(&role, &left, &token);
        thread.join().expect("no panic");
        assert_eq!(left.load(Ordering::Relaxed), 0, "work was stranded");
        assert_eq!(*role.try_hold().expect("free"), 2);
    });
}

/// Each thread takes the lock often enough to become the favourite, and the other ends its favour.
#[test]
fn a_lock_has_one_holder_whoever_is_its_favourite() {
    loom::model(|| {
        let lock = Arc::new(BiasedLock::new());
        let token = Token::new();
        let work = |me: usize, lock: &BiasedLock, token: &Token| {
            for _ in 0..3 {
                lock.acquire(me);
                token.put(token.get() + 1);
                lock.release();
            }
        };
        let thread = {
            let (lock, token) = (Arc::clone(&lock), Arc::clone(&token));
            thread::spawn(move || work(1, &lock, &token))
        };
        work(2, &lock, &token);
        thread.join().expect("no panic");
        assert_eq!(token.get(), 6);
    });
}

/// Trying neither gets in beside the favourite nor leaves it waiting for ever.
#[test]
fn trying_a_lock_leaves_its_favourite_alone() {
    loom::model(|| {
        let lock = Arc::new(BiasedLock::new());
        let token = Token::new();
        for _ in 0..2 {
            lock.acquire(1);
            lock.release();
        }
        let thread = {
            let (lock, token) = (Arc::clone(&lock), Arc::clone(&token));
            thread::spawn(move || {
                if !lock.try_acquire(2) {
                    return false;
                }
                token.put(token.get() + 1);
                lock.release();
                true
            })
        };
        lock.acquire(1);
        token.put(token.get() + 1);
        lock.release();
        let tried = thread.join().expect("no panic");
        assert_eq!(token.get(), if tried { 2 } else { 1 });
    });
}

struct RingOnWake(Arc<Notify>);

impl Wake for RingOnWake {
    fn wake(&self) {
        self.0.notify();
    }
}

/// Two pipes with news for one socket that sleeps while its inbox is empty.
#[test]
fn no_news_is_lost_between_ports_and_inbox() {
    loom::model(|| {
        let bell = Arc::new(Notify::new());
        let inbox = Inbox::new(Box::new(RingOnWake(Arc::clone(&bell))));
        let ports: Vec<_> = (0..2)
            .map(|id| {
                let port = Port::new(Arc::clone(&inbox));
                port.set_id(id);
                port
            })
            .collect();
        let theirs = PortSignal(Arc::clone(&ports[0]));
        let thread = thread::spawn(move || {
            theirs.signal(signals::READABLE);
            theirs.signal(signals::CLOSED);
        });
        PortSignal(Arc::clone(&ports[1])).signal(signals::WRITABLE);
        let mut seen = [0, 0];
        while seen != [signals::READABLE | signals::CLOSED, signals::WRITABLE] {
            if inbox.is_empty() {
                bell.wait();
            }
            inbox.take(|id, bits| seen[id as usize] |= bits);
        }
        thread.join().expect("no panic");
        assert!(inbox.is_empty());
    });
}

/// What is said before a port is posted is seen by whoever takes it out, or the port is there again:
/// so a socket learns of what is brought, and of its context's end.
#[test]
fn what_is_said_before_a_port_is_posted_is_not_missed() {
    loom::model(|| {
        let bell = Arc::new(Notify::new());
        let inbox = Inbox::new(Box::new(RingOnWake(bell)));
        let port = Port::new(Arc::clone(&inbox));
        let said = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let saying = {
            let (port, said) = (Arc::clone(&port), Arc::clone(&said));
            thread::spawn(move || {
                for word in &*said {
                    word.store(1, Ordering::Release);
                    port.post(1);
                }
            })
        };
        let look = || said.each_ref().map(|word| word.load(Ordering::Relaxed));
        let mut seen = [0, 0];
        inbox.take(|_, _| seen = look());
        saying.join().expect("no panic");
        inbox.take(|_, _| seen = look());
        assert_eq!(seen, [1, 1]);
    });
}

/// A port that is posted while the inbox closes is kept by nobody.
#[test]
fn a_closing_inbox_keeps_no_port() {
    loom::model(|| {
        let bell = Arc::new(Notify::new());
        let inbox = Inbox::new(Box::new(RingOnWake(bell)));
        let ports = [0, 1].map(|_| Port::new(Arc::clone(&inbox)));
        let posting = {
            let port = Arc::clone(&ports[0]);
            thread::spawn(move || {
                port.post(1);
            })
        };
        ports[1].post(1);
        inbox.close();
        posting.join().expect("no panic");
        assert!(ports.iter().all(|port| Arc::strong_count(port) == 1));
    });
}

#[test]
fn an_io_thread_does_not_sleep_on_its_notices() {
    loom::model(zmq::testing::models::io_thread_nap);
}

#[test]
fn an_application_thread_does_not_sleep_on_news() {
    loom::model(zmq::testing::models::parker_and_waiters);
}

/// Threads that come and go: what one holds is nobody else's, and what it left is the next one's.
#[test]
fn what_belongs_to_a_thread_is_used_by_no_other() {
    fn work(table: &'static PerThread<UnsafeCell<u32>>, me: usize) {
        // SAFETY: no other thread of the model has the number.
        let find = || unsafe { table.find(me) };
        assert!(find().is_none());
        // SAFETY: as above, and it has none.
        let own = unsafe { table.take_over(me, || UnsafeCell::new(0)) };
        table.enter(own);
        // Two that hold it at a time, or one that does not see what the former did, are a race.
        // SAFETY: loom reports any access that is not ordered.
        own.value().with_mut(|value| unsafe { *value += 1 });
        assert!(find().is_none_or(|found| std::ptr::eq(found, own)));
        // SAFETY: it is not used below.
        unsafe { table.leave(own) };
    }
    loom::model(|| {
        let table: &'static _ = Box::leak(Box::new(PerThread::new()));
        let other = thread::spawn(move || {
            work(table, 1);
            work(table, 2);
        });
        work(table, 3);
        other.join().expect("no panic");
    });
}
