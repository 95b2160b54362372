//! The modes that are forced by environment variables: each in a process of its own, as they are read
//! once.

mod support;

use std::process::Command;
use std::{env, fs};

use support::{Context, PULL, PUSH};
use zmq::sys::modes::Modes;

/// In the process that was started for a test.
const STARTED: &str = "OXMQ_TEST_STARTED";

const IO_THREADS: i32 = 1;

/// Runs `check` in a process with `variables`, started by running the test `name` once more.
fn with(name: &str, variables: &[(&str, &str)], check: impl FnOnce()) {
    if env::var_os(STARTED).is_some() {
        return check();
    }
    let program = env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture"]).env(STARTED, "1");
    command.envs(variables.iter().copied());
    assert!(command.status().expect("it starts").success(), "{variables:?}");
}

/// Threads of this process that are I/O threads.
fn io_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|name| name.starts_with("ZMQbg/IO"))
        .count()
}

#[test]
fn more_io_threads_run_than_options_tell() {
    with("more_io_threads_run_than_options_tell", &[("OXMQ_IO_THREADS", "3")], || {
        let context = Context::new();
        let (pull, push) = (context.socket(PULL), context.socket(PUSH));
        push.connect(&pull.bind_tcp());
        push.send(b"there");
        pull.recv();
        assert_eq!(io_threads(), 3);
        assert_eq!(context.0.options().get(IO_THREADS), Ok(1));
    });
}

#[test]
fn a_context_without_io_threads_stays_without() {
    let variables = [("OXMQ_IO_THREADS", "3")];
    with("a_context_without_io_threads_stays_without", &variables, || {
        let context = Context::new();
        context.0.options().set(IO_THREADS, &0i32.to_ne_bytes()).expect("as documented");
        let push = context.socket(PUSH);
        assert!(push.0.connect("tcp://127.0.0.1:1").is_err());
        assert_eq!(io_threads(), 0);
    });
}

#[test]
fn bad_values_force_nothing() {
    let variables = [
        ("OXMQ_DRIVE", "threads"),
        ("OXMQ_SPIN", "\u{1f980}"),
        ("OXMQ_MEMBARRIER", "no"),
        ("OXMQ_IO_THREADS", "-4"),
    ];
    with("bad_values_force_nothing", &variables, || {
        let free =
            Modes { application_drives: true, spins: true, membarrier: true, least_io_threads: 0 };
        assert_eq!(Modes::current(), free);
    });
}
