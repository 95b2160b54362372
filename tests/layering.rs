//! What a module may use, read off the source: a table of folders that only look down, who may say
//! `unsafe`, who may read the clock, and what every header tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Module, and what it may use beside itself. Kept in data-path order.
const MAY_USE: &[(&str, &[&str])] = &[
    ("capi", &["ctx", "socket", "msg", "sys", "error"]),
    ("ctx", &["pipe", "sync", "sys", "error"]),
    ("socket", &["ctx", "pattern", "pipe", "connection", "msg", "sync", "sys", "error"]),
    ("pattern", &["pipe", "msg", "error"]),
    ("pipe", &["msg", "sync"]),
    ("connection", &["pipe", "protocol", "transport", "reactor", "msg", "sync", "error"]),
    ("protocol", &["msg", "error"]),
    ("transport", &["sys", "sync", "error"]),
    ("reactor", &["sys", "sync", "error"]),
    ("msg", &["sync", "error"]),
    ("sync", &[]),
    ("sys", &["sync"]),
    ("error", &[]),
];

/// Single paths beyond the table, each with its reason. Whatever stands here and is not used fails.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("capi", "protocol::mechanism", "keys and Z85 are functions of the C API"),
    ("capi", "sync", "the counter of zmq_atomic_counter_* is an atomic"),
    ("ctx", "reactor", "a context starts the I/O threads and ends them"),
    ("socket", "transport", "bind and connect parse endpoints and open listeners"),
    ("socket", "protocol", "socket types, and what options say about the handshake"),
    ("pattern", "protocol::command", "subscriptions are commands"),
    ("sync", "sys::futex", "a lock of one word sleeps on it"),
    ("sync", "sys::membarrier", "a lock's favourite leaves its barriers to the others"),
    ("sync", "sys::thread", "and is known by its number"),
    ("msg", "sys::thread", "free memory is its thread's, which is known by its number"),
    ("msg", "sys::fork", "and no child's that has threads of the same numbers"),
    ("msg", "sys::affinity", "memory rests if another processor used it last"),
    ("pipe", "sys::clock", "long bodies go to the reader's processor the quicker way"),
    ("connection", "sys", "vectored sends, the cheap clock, interface names"),
];

/// May contain `unsafe`.
const UNSAFE: &[&str] = &["capi", "msg", "pipe", "sync", "sys"];

/// The line that keeps `unsafe` out, at the top of the folder.
const KEEPS_UNSAFE_OUT: &[(&str, &str)] = &[
    ("protocol", "#![forbid(unsafe_code)]"),
    ("pattern", "#![forbid(unsafe_code)]"),
    ("connection", "#![forbid(unsafe_code)]"),
    ("socket", "#![forbid(unsafe_code)]"),
    ("ctx", "#![forbid(unsafe_code)]"),
    ("testing", "#![forbid(unsafe_code)]"),
    ("transport", "#![deny(unsafe_code)]"),
    ("reactor", "#![deny(unsafe_code)]"),
];

/// Folders whose `mod.rs` tells thread, invariants and counterpart for all of its files.
const HEADER_BY_FOLDER: &[&str] = &["capi", "sys"];

/// Crates that one folder each keeps to itself.
const OWN_CRATES: &[(&str, &[&str])] = &[
    ("mio", &["reactor"]),
    ("libc", &["sys", "capi", "error", "connection", "protocol", "pattern", "transport", "socket"]),
    ("socket2", &["sys", "transport", "pipe"]),
    ("loom", &["sync", "sys", "testing"]),
];

struct Source {
    path: PathBuf,
    /// `socket::options` is `["socket", "options"]`.
    module: Vec<String>,
    text: String,
}

impl Source {
    fn top(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }

    /// Lines without comments and without the tests at the bottom.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
            .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
    }

    fn header(&self) -> String {
        let lines = self.text.lines().take_while(|line| line.starts_with("//!"));
        lines.fold(String::new(), |all, line| all + line + "\n")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let inside = path.strip_prefix(&root).expect("below src").with_extension("");
            let module = inside
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .filter(|part| part != "mod" && part != "lib")
                .collect();
            let text = fs::read_to_string(&path).expect("a source file");
            found.push(Source { path, module, text });
        }
    }
    assert!(found.len() > 50, "the walk went wrong: {} files", found.len());
    found
}

/// Paths into other modules of the crate that a line names, from the crate's root.
fn crate_paths(module: &[String], line: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let path: String = line[at + 7..].chars().take_while(|c| is_path(*c)).collect();
        paths.push(path);
    }
    // `super::super::x` leaves the folder when there are enough of them.
    let mut rest = line;
    while let Some(at) = rest.find("super::") {
        let chain: String = rest[at..].chars().take_while(|c| is_path(*c)).collect();
        let ups = chain.matches("super::").count();
        if ups > module.len().saturating_sub(1) && !chain.starts_with("super::super::super::super")
        {
            paths.push(chain.replace("super::", ""));
        }
        rest = &rest[at + chain.len()..];
    }
    paths
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

#[test]
fn folders_look_down_only() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut used_exceptions = BTreeSet::new();
    for source in sources() {
        let top = source.top();
        if top == "lib" || top == "testing" {
            continue;
        }
        let allowed = table.get(top).unwrap_or_else(|| panic!("{top} is not in the table"));
        for (number, line) in source.code() {
            for path in crate_paths(&source.module, line) {
                let target = path.split("::").next().unwrap_or_default();
                if target == top || allowed.contains(&target) {
                    continue;
                }
                let exception = EXCEPTIONS.iter().position(|(from, to, _)| {
                    *from == top && (path == *to || path.starts_with(&format!("{to}::")))
                });
                match exception {
                    Some(index) => {
                        used_exceptions.insert(index);
                    }
                    None => wrong.push(format!(
                        "{}:{number}: {top} may not use crate::{path}",
                        source.path.display()
                    )),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        assert!(used_exceptions.contains(&index), "nobody needs {exception:?} any more");
    }
}

#[test]
fn unsafe_code_stays_where_it_is_allowed() {
    let sources = sources();
    for (folder, line) in KEEPS_UNSAFE_OUT {
        let root = sources
            .iter()
            .find(|source| source.module == [*folder] && source.path.ends_with("mod.rs"))
            .unwrap_or_else(|| panic!("src/{folder}/mod.rs is missing"));
        assert!(root.text.lines().any(|own| own == *line), "src/{folder}/mod.rs must say {line}");
    }
    for source in &sources {
        if UNSAFE.contains(&source.top()) {
            continue;
        }
        for (number, line) in source.code() {
            let says_it = line.contains("unsafe ") || line.contains("allow(unsafe_code");
            assert!(!says_it, "{}:{number}: {line}", source.path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    let mut wrong = Vec::new();
    for source in sources() {
        let header = source.header();
        let name = source.path.display();
        if header.is_empty() {
            wrong.push(format!("{name} has no header"));
            continue;
        }
        let told_by_folder = HEADER_BY_FOLDER.contains(&source.top()) && source.module.len() > 1;
        if source.top() == "lib" || told_by_folder {
            continue;
        }
        for part in ["Thread:", "Invariants:", "Counterpart:"] {
            if !header.contains(part) {
                wrong.push(format!("{name}: the header does not tell \"{part}\""));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_protocol_reads_no_clock_and_does_no_io() {
    let forbidden =
        ["Instant::now", "SystemTime", "std::net", "std::io", "std::thread", "std::os", "std::fs"];
    for source in sources().iter().filter(|source| source.top() == "protocol") {
        for (number, line) in source.code() {
            for word in forbidden {
                assert!(!line.contains(word), "{}:{number}: {line}", source.path.display());
            }
        }
    }
}

/// The patterns and the pipe do not know the time either; what waits does.
#[test]
fn only_those_who_wait_read_the_clock() {
    for source in sources().iter().filter(|source| ["pattern", "pipe"].contains(&source.top())) {
        for (number, line) in source.code() {
            assert!(!line.contains("Instant::now"), "{}:{number}", source.path.display());
        }
    }
}

#[test]
fn atomics_come_from_sync_and_system_crates_from_their_folder() {
    for source in sources() {
        for (number, line) in source.code() {
            let place = || format!("{}:{number}: {line}", source.path.display());
            if source.top() != "sync" {
                assert!(!line.contains("sync::atomic::"), "{}", place());
            }
            for (name, folders) in OWN_CRATES {
                let named = line.match_indices(&format!("{name}::")).any(|(at, _)| {
                    !line[..at].ends_with(is_path) // not the tail of a longer name
                });
                assert!(!named || folders.contains(&source.top()), "{}", place());
            }
        }
    }
}
