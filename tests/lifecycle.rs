//! Beginnings and ends: contexts that end under blocked callers, cycles of everything, a process
//! without descriptors, a fork.

#![allow(clippy::disallowed_methods, reason = "what takes how long is what is tested")]

mod support;

use std::ffi::{CString, c_int, c_void};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use support::*;

use zmq::capi::ctx::{zmq_ctx_new, zmq_ctx_term};
use zmq::capi::draft::poller::{zmq_poller_destroy, zmq_poller_fd, zmq_poller_new};
use zmq::capi::errno::zmq_errno;
use zmq::capi::socket::{zmq_bind, zmq_close, zmq_connect, zmq_getsockopt, zmq_socket};
use zmq::error::Errno;
use zmq::reactor::{Cx, Handler, IoThread, IoThreadConfig};
use zmq::socket::poll::{Item, POLLIN, Source, poll};

/// Runs `body` on a thread of its own, and fails when it takes longer than anything may.
fn within_patience<R: Send + 'static>(what: &str, body: impl FnOnce() -> R + Send + 'static) -> R {
    let (tx, rx) = mpsc::channel();
    let thread = thread::spawn(move || {
        // The receiver is gone when the test has failed.
        let _ = tx.send(body());
    });
    match rx.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: not within {PATIENCE:?}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            thread.join().expect("what panics is reported");
            unreachable!("{what} neither panicked nor answered")
        }
    }
}

/// Calls that block until something happens; each must end with `ETERM` when the context does.
#[test]
fn ending_a_context_frees_blocked_callers() {
    type Call = fn(&'static zmq::socket::Socket) -> Result<usize, Errno>;
    let calls: [(&str, i32, Call); 6] = [
        ("recv", PULL, |sock| sock.recv(false, |frame| frame.data().len())),
        ("send without a peer", PUSH, |sock| sock.send_slice(b"x", false, false)),
        ("recv of a REP", REP, |sock| sock.recv(false, |frame| frame.data().len())),
        ("recv of a SUB", SUB, |sock| sock.recv(false, |frame| frame.data().len())),
        ("poll", DEALER, |sock| {
            let source = Source::Socket(sock);
            poll(&mut [Item { source, events: POLLIN, revents: 0 }], -1, None)
        }),
        ("poll of so many that quiet ones are passed over", DEALER, |sock| {
            let source = Source::Socket(sock);
            let mut items = [Item { source, events: POLLIN, revents: 0 }; 100];
            assert_eq!(poll(&mut items, 0, None), Ok(0));
            poll(&mut items, -1, None)
        }),
    ];
    for (name, kind, call) in calls {
        within_patience(name, move || {
            let context = Context::new();
            let sock = context.socket(kind);
            sock.bind_tcp();
            sock.set(opt::RCVTIMEO, -1);
            sock.set(opt::SNDTIMEO, -1);
            let (started, begun) = mpsc::channel();
            let inner = sock.0;
            let blocked = thread::spawn(move || {
                started.send(()).expect("the test waits");
                call(inner)
            });
            begun.recv().expect("a thread");
            // Whether it sleeps already or not, it must come back.
            thread::sleep(Duration::from_millis(5));
            context.0.shut_down();
            assert_eq!(blocked.join().expect("no panic"), Err(Errno::ETERM), "{name}");
            assert_eq!(sock.try_recv(true), Err(Errno::ETERM), "every later call, too");
            assert_eq!(sock.try_send(b"x", true, false), Err(Errno::ETERM));
            assert_eq!(sock.0.bind("tcp://127.0.0.1:*"), Err(Errno::ETERM));
            assert_eq!(sock.0.set_option(opt::LINGER, &[0; 4]), Err(Errno::ETERM));
        });
    }
}

/// A full queue blocks its sender; the end of the context frees it.
#[test]
fn ending_a_context_frees_a_sender_at_the_mark() {
    within_patience("term", || {
        let context = Context::new();
        let (push, pull) = (context.socket(PUSH), context.socket(PULL));
        push.set(opt::SNDHWM, 1);
        pull.set(opt::RCVHWM, 1);
        push.set(opt::SNDTIMEO, -1);
        pull.bind("inproc://full");
        push.connect("inproc://full");
        let inner = push.0;
        let blocked = thread::spawn(move || while inner.send_slice(b"x", false, false).is_ok() {});
        thread::sleep(Duration::from_millis(5));
        context.0.shut_down();
        blocked.join().expect("no panic");
    });
}

#[test]
fn term_waits_for_every_socket_and_no_longer() {
    within_patience("term", || {
        let context = Context::new();
        let sock = context.socket(DEALER);
        let ctx = context.0.clone();
        let (ended, end) = mpsc::channel();
        let term = thread::spawn(move || {
            ctx.terminate();
            ended.send(()).expect("the test waits");
        });
        let early = end.recv_timeout(Duration::from_millis(30));
        assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout), "a socket is open");
        drop(sock);
        end.recv().expect("ends now");
        term.join().expect("no panic");
    });
}

/// What was sent before `close` arrives, if linger allows.
#[test]
fn a_lingering_socket_sends_what_it_has() {
    within_patience("linger", || {
        let context = Context::new();
        let pull = context.socket(PULL);
        let endpoint = pull.bind_tcp();
        let sender = Context::new();
        let push = sender.socket(PUSH);
        push.set(opt::LINGER, -1);
        push.connect(&endpoint);
        for index in 0..500u16 {
            push.send(&index.to_ne_bytes());
        }
        drop(push);
        drop(sender);
        for index in 0..500u16 {
            assert_eq!(pull.recv(), index.to_ne_bytes());
        }
    });
}

#[test]
fn linger_bounds_the_end_of_a_context() {
    for (linger, at_least) in [(0, 0), (50, 50)] {
        let took = within_patience("linger", move || {
            let context = Context::new();
            let push = context.socket(PUSH);
            push.set(opt::LINGER, linger);
            push.connect(&nobody().1);
            push.send(b"for nobody");
            let began = Instant::now();
            drop(push);
            context.0.terminate();
            began.elapsed()
        });
        assert!(took >= Duration::from_millis(at_least), "{took:?} at linger {linger}");
        assert!(took < PATIENCE / 2, "{took:?} at linger {linger}");
    }
}

/// An address that refuses connections: bound, and never listened to.
fn nobody() -> (socket2::Socket, String) {
    let socket =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("binds");
    let port = socket.local_addr().expect("bound").as_socket().expect("IPv4").port();
    (socket, format!("tcp://127.0.0.1:{port}"))
}

#[test]
fn a_thousand_cycles_of_everything() {
    let open_before = open_descriptors();
    for cycle in 0..1000 {
        let context = Context::new();
        let (push, pull) = (context.socket(PUSH), context.socket(PULL));
        match cycle % 4 {
            0 => {
                let endpoint = pull.bind_tcp();
                push.connect(&endpoint);
                push.send(b"x");
                assert_eq!(pull.recv(), b"x");
            }
            1 => {
                // Ends while the connection is being made.
                let endpoint = pull.bind_tcp();
                push.connect(&endpoint);
                push.send(b"x");
            }
            2 => {
                pull.bind("inproc://cycle");
                push.connect("inproc://cycle");
                push.send(b"x");
                assert_eq!(pull.recv(), b"x");
            }
            _ => {
                let endpoint = pull.bind("ipc://*");
                push.connect(&endpoint);
            }
        }
    }
    wait_until("descriptors are given back", || open_descriptors() <= open_before + 4);
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

#[test]
fn connects_that_never_succeed_stop_nothing() {
    within_patience("term", || {
        let context = Context::new();
        let dealer = context.socket(DEALER);
        let refused = nobody();
        let monitor = Monitor::new(&context, &dealer, CONNECT_RETRIED);
        dealer.set(opt::RECONNECT_IVL, 1);
        dealer.connect(&refused.1);
        dealer.connect("tcp://name.invalid:5555");
        dealer.connect("ipc:///nowhere/that/exists");
        for _ in 0..20 {
            monitor.wait_for(CONNECT_RETRIED);
        }
        // One that answers is served all the same.
        let router = context.socket(ROUTER);
        dealer.connect(&router.bind_tcp());
        dealer.send(b"1");
        dealer.send(b"2");
        dealer.send(b"3");
        dealer.send(b"4");
        assert_eq!(router.recv_all().len(), 2, "one message of four has somewhere to go");
    });
}

/// A slow resolver is somebody else's problem.
#[test]
fn names_that_are_looked_up_stall_nobody() {
    within_patience("messages", || {
        let context = Context::new();
        let stalled = context.socket(DEALER);
        for index in 0..20 {
            stalled.connect(&format!("tcp://name-{index}.invalid:5555"));
        }
        let (push, pull) = (context.socket(PUSH), context.socket(PULL));
        push.connect(&pull.bind_tcp());
        let began = Instant::now();
        for _ in 0..100 {
            push.send(b"x");
            pull.recv();
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?} beside names that are looked up");
    });
}

#[test]
fn a_monitor_that_nobody_reads_stops_nothing() {
    within_patience("messages", || {
        let context = Context::new();
        let pull = context.socket(PULL);
        pull.0.monitor(Some("inproc://unread"), 0xffff, 1, PAIR).expect("a monitor");
        let reader = context.socket(PAIR);
        reader.set(opt::RCVHWM, 1);
        reader.connect("inproc://unread");
        let endpoint = pull.bind_tcp();
        for _ in 0..50 {
            let push = context.socket(PUSH);
            push.connect(&endpoint);
            push.send(b"x");
            assert_eq!(pull.recv(), b"x");
        }
        // Nor one whose reader is gone.
        drop(reader);
        let push = context.socket(PUSH);
        push.connect(&endpoint);
        push.send(b"x");
        assert_eq!(pull.recv(), b"x");
    });
}

/// Sockets can be closed by one thread while the context ends in another.
#[test]
fn closing_and_ending_at_once() {
    for _ in 0..50 {
        within_patience("term", || {
            let context = Context::new();
            let socks: Vec<Sock> = (0..4).map(|_| context.socket(DEALER)).collect();
            for sock in &socks {
                sock.connect(&nobody().1);
            }
            let ctx = context.0.clone();
            let ender = thread::spawn(move || ctx.terminate());
            drop(socks);
            ender.join().expect("no panic");
        });
    }
}

#[test]
fn sockets_end_at_their_limit() {
    let context = Context::new();
    context.0.options().set(2, &3i32.to_ne_bytes()).expect("ZMQ_MAX_SOCKETS");
    let socks: Vec<Sock> = (0..3).map(|_| context.socket(DEALER)).collect();
    let refused = zmq::socket::Socket::create(&context.0, DEALER).map(|_| ());
    assert_eq!(refused, Err(Errno::EMFILE));
    drop(socks);
    context.socket(DEALER);
}

/// A panic under a socket's lock ends that socket; the others and the context go on.
#[test]
fn a_panic_ends_one_socket_only() {
    within_patience("term", || {
        let context = Context::new();
        let (push, pull) = (context.socket(PUSH), context.socket(PULL));
        push.connect(&pull.bind_tcp());
        push.send(b"x");
        let inside = std::panic::AssertUnwindSafe(|| pull.0.recv(false, |_| panic!("on purpose")));
        std::panic::catch_unwind(inside).expect_err("the panic comes through in Rust");
        assert_eq!(pull.try_recv(true), Err(Errno::ENOTSOCK));
        assert_eq!(pull.try_recv(true), Err(Errno::ENOTSOCK), "and stays so");
        let (push2, pull2) = (context.socket(PUSH), context.socket(PULL));
        push2.connect(&pull2.bind_tcp());
        push2.send(b"for the others");
        assert_eq!(pull2.recv(), b"for the others");
        drop((push, push2, pull2));
        context.0.terminate();
    });
}

/// Says what happened to it, and panics when told to.
struct Fragile(mpsc::Sender<&'static str>);

impl Handler for Fragile {
    fn start(&mut self, _cx: &mut Cx<'_>) {}
    fn ready(&mut self, _cx: &mut Cx<'_>, _readable: bool, _writable: bool) {}
    fn timer(&mut self, _cx: &mut Cx<'_>, _id: u8) {}
    fn notice(&mut self, _cx: &mut Cx<'_>, bits: u32) {
        assert!(bits != 1, "on purpose");
        self.0.send("told").expect("the test listens");
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send("gone");
    }
}

/// A panic in one of an I/O thread's handlers ends that handler; the thread goes on.
#[test]
fn a_panic_ends_one_handler_only() {
    let thread = IoThread::start(IoThreadConfig::default()).expect("starts");
    let fragile = || {
        let (tx, rx) = mpsc::channel();
        let token = thread.remote().spawn(|token| (Box::new(Fragile(tx)) as _, token));
        (token, rx)
    };
    let (broken, good) = (fragile(), fragile());
    thread.remote().notify(broken.0, 1);
    assert_eq!(broken.1.recv_timeout(PATIENCE), Ok("gone"));
    thread.remote().notify(good.0, 2);
    assert_eq!(good.1.recv_timeout(PATIENCE), Ok("told"));
    // The place is used again, and what is meant for the old one does not reach the new one.
    let successor = fragile();
    thread.remote().notify(broken.0, 1);
    thread.remote().notify(successor.0, 2);
    assert_eq!(successor.1.recv_timeout(PATIENCE), Ok("told"));
}

// The rest runs in processes of its own: limits and forks are for all of a process's threads.

/// Runs test `name` of this program again, as its only test, with `role` set.
fn in_a_child(name: &str) {
    let program = std::env::current_exe().expect("a path");
    let output = Command::new(program)
        .args(["--exact", name, "--nocapture", "--test-threads", "1"])
        .env("LIFECYCLE_CHILD", "1")
        .output()
        .expect("starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{text}", output.status);
    assert!(text.contains("1 passed"), "{text}");
}

fn is_child() -> bool {
    std::env::var_os("LIFECYCLE_CHILD").is_some()
}

/// Leaves `left` descriptors to this process.
fn limit_descriptors(left: u64) {
    let used = open_descriptors() as u64 - 1;
    // SAFETY: plain values in, plain values out.
    unsafe {
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        // The lowest free numbers are what counts; none is free below `used` in this process.
        limit.rlim_cur = (used + left).min(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
}

fn unlimit_descriptors() {
    // SAFETY: as above.
    unsafe {
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max.min(65536);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
}

/// Everything that makes something, with NULL or -1 and `EMFILE` for an answer, or success.
fn make_everything() -> Result<(), &'static str> {
    let text = |text: &str| CString::new(text).expect("no zero");
    let (tcp, ipc) = (text("tcp://127.0.0.1:*"), text("ipc://*"));
    let answer = |failed: bool, what: &'static str| {
        if !failed {
            return Ok(());
        }
        let errno = zmq_errno();
        assert!(errno == libc::EMFILE || errno == libc::ENFILE, "{what}: errno {errno}");
        Err(what)
    };
    // SAFETY: handles are what the library gave, strings end with a zero.
    unsafe {
        let ctx = zmq_ctx_new();
        answer(ctx.is_null(), "zmq_ctx_new")?;
        let mut socks = Vec::new();
        let result = (|| {
            for kind in [PAIR, PUB, SUB, REQ, REP, DEALER, ROUTER, PULL, PUSH, XPUB, XSUB, 11] {
                let sock = zmq_socket(ctx, kind);
                answer(sock.is_null(), "zmq_socket")?;
                socks.push(sock);
                zmq::capi::socket::zmq_setsockopt(
                    sock,
                    opt::LINGER,
                    (&raw const ZERO).cast(),
                    size_of::<c_int>(),
                );
            }
            let mut fd: c_int = -1;
            let mut len = size_of::<c_int>();
            let got = zmq_getsockopt(socks[5], opt::FD, (&raw mut fd).cast::<c_void>(), &mut len);
            answer(got < 0, "ZMQ_FD")?;
            answer(zmq_bind(socks[5], tcp.as_ptr()) < 0, "bind tcp")?;
            answer(zmq_bind(socks[5], ipc.as_ptr()) < 0, "bind ipc")?;
            let port = nowhere();
            answer(zmq_connect(socks[6], port.as_ptr()) < 0, "connect")?;
            let mut poller = zmq_poller_new();
            answer(poller.is_null(), "zmq_poller_new")?;
            let mut fd = -1;
            // A poller without thread-safe sockets has no descriptor: EINVAL.
            let _ = zmq_poller_fd(poller, &mut fd);
            zmq_poller_destroy(&mut poller);
            Ok(())
        })();
        for sock in socks {
            assert_eq!(zmq_close(sock), 0);
        }
        assert_eq!(zmq_ctx_term(ctx), 0);
        result
    }
}

static ZERO: c_int = 0;

fn nowhere() -> CString {
    CString::new("tcp://127.0.0.1:9").expect("no zero")
}

#[test]
fn without_descriptors_every_constructor_says_so() {
    if !is_child() {
        return in_a_child("without_descriptors_every_constructor_says_so");
    }
    // Whatever opens descriptors once and keeps them, now.
    make_everything().expect("with descriptors");
    let mut failures = std::collections::BTreeSet::new();
    let mut successes = 0;
    for left in 0..=40 {
        limit_descriptors(left);
        match make_everything() {
            Ok(()) => successes += 1,
            Err(what) => {
                failures.insert(what);
            }
        }
        unlimit_descriptors();
        make_everything().expect("descriptors are back");
    }
    println!("failed for want of descriptors: {failures:?}; {successes} sweeps succeeded");
    assert!(failures.len() >= 2, "the limit was felt: {failures:?}");
    assert!(successes > 10, "40 descriptors are enough");
}

/// A listener that cannot accept waits in peace: its peers are served, and the waiting ones are
/// taken in when there are descriptors again.
#[test]
fn a_listener_without_descriptors_waits_in_peace() {
    if !is_child() {
        return in_a_child("a_listener_without_descriptors_waits_in_peace");
    }
    let context = Context::new();
    let router = context.socket(ROUTER);
    let endpoint = router.bind_tcp();
    let monitor = Monitor::new(&context, &router, ACCEPT_FAILED | ACCEPTED);
    let mut first = RawPeer::shaken(&endpoint, "DEALER");
    monitor.wait_for(ACCEPTED);
    first.send(&frame(b"first"));
    let id = router.recv_all()[0].clone();
    // The next peer's own end takes the last descriptor.
    limit_descriptors(1);
    let mut second = RawPeer::connect(&endpoint);
    assert_eq!(monitor.wait_for(ACCEPT_FAILED), libc::EMFILE as u32);
    let (cpu, wall) = (cpu_time(), Instant::now());
    let mut failures = 0;
    while wall.elapsed() < Duration::from_millis(500) {
        first.send(&frame(b"still there"));
        assert_eq!(router.recv_all()[1], b"still there");
        router.send_all(&[&id, b"yes"]);
        assert_eq!(first.read_frame().1, b"yes");
        while let Some((event, _)) = monitor.try_next(true) {
            failures += u32::from(event == ACCEPT_FAILED);
        }
        thread::sleep(Duration::from_millis(20));
    }
    let used = cpu_time() - cpu;
    assert!(used < wall.elapsed() / 4, "{used:?} of CPU in {:?}", wall.elapsed());
    assert!(failures < 50, "{failures} reports in half a second");
    unlimit_descriptors();
    second.send(&greeting(1, b"NULL"));
    second.read(64);
    second.send(&ready("DEALER", None));
    second.read_frame();
    second.send(&frame(b"second"));
    assert_eq!(router.recv_all()[1], b"second");
}

fn cpu_time() -> Duration {
    // SAFETY: plain values in, plain values out.
    unsafe {
        let mut time = std::mem::zeroed::<libc::timespec>();
        assert_eq!(libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time), 0);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

/// A child may close what it inherited, and make a context of its own; the parent goes on.
#[test]
fn a_forked_child_disturbs_nothing() {
    if !is_child() {
        return in_a_child("a_forked_child_disturbs_nothing");
    }
    let context = Context::new();
    let (push, pull) = (context.socket(PUSH), context.socket(PULL));
    push.connect(&pull.bind_tcp());
    for round in 0..20u8 {
        push.send(&[round]);
        // SAFETY: the child calls what a forked child may call of this library, and `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let ok = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _ = pull.0.close();
                let _ = push.0.close();
                context.0.terminate();
                let own = Context::new();
                let (push, pull) = (own.socket(PUSH), own.socket(PULL));
                push.connect(&pull.bind_tcp());
                push.send(b"child");
                pull.recv() == b"child"
            }));
            // SAFETY: ends the child at once, without the parent's test harness.
            unsafe { libc::_exit(i32::from(!ok.unwrap_or(false))) };
        }
        assert!(child > 0);
        assert_eq!(pull.recv(), [round]);
        let mut status = 0;
        // SAFETY: the child is ours.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "the child's own context works");
        push.send(b"after");
        assert_eq!(pull.recv(), b"after");
    }
}

/// A listener of the system's that never accepts: connections hang in its queue.
#[test]
fn a_peer_that_accepts_nothing_stops_nothing() {
    within_patience("term", || {
        let context = Context::new();
        let deaf = TcpListener::bind("127.0.0.1:0").expect("binds");
        let port = deaf.local_addr().expect("bound").port();
        let push = context.socket(PUSH);
        push.connect(&format!("tcp://127.0.0.1:{port}"));
        push.send(b"x");
        let (other, pull) = (context.socket(PUSH), context.socket(PULL));
        other.connect(&pull.bind_tcp());
        other.send(b"y");
        assert_eq!(pull.recv(), b"y");
    });
}
