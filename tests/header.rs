//! `include/zmq.h` is what cbindgen makes of `src/capi` with `include/cbindgen.toml`.
//!
//! `OXMQ_UPDATE_HEADER=1 cargo test --test header` writes it again.

use std::fs;
use std::path::{Path, PathBuf};

use cbindgen::{Builder, Config};

/// C's function types, which programs use as `zmq_free_fn *`; Rust has only pointers to functions.
const FUNCTION_TYPES: [&str; 3] = ["zmq_free_fn", "zmq_timer_fn", "zmq_thread_fn"];

#[test]
fn committed_header_is_the_generated_one() {
    let path = root().join("include/zmq.h");
    let generated = generate();
    if std::env::var_os("OXMQ_UPDATE_HEADER").is_some() {
        fs::write(&path, &generated).expect("include/zmq.h cannot be written");
    }
    let committed = fs::read_to_string(&path).expect("include/zmq.h cannot be read");
    for (number, (is, ought)) in committed.lines().zip(generated.lines()).enumerate() {
        assert_eq!(is, ought, "include/zmq.h:{}: run with OXMQ_UPDATE_HEADER=1", number + 1);
    }
    assert_eq!(committed.len(), generated.len(), "include/zmq.h is shorter or longer");
}

#[test]
fn every_exported_function_is_declared() {
    let header = generate();
    let symbols = fs::read_to_string(root().join("capi-tests/abi/symbols.txt"))
        .expect("capi-tests/abi/symbols.txt cannot be read");
    for symbol in symbols.lines() {
        let declaration = |line: &&str| {
            line.split_once(symbol).is_some_and(|(before, after)| {
                after.starts_with('(') && before.ends_with([' ', '*'])
            })
        };
        let declared = header.lines().filter(declaration).count();
        // One function is declared twice, for systems with and without signal masks.
        let expected = if symbol == "zmq_ppoll" { 2 } else { 1 };
        assert_eq!(declared, expected, "{symbol}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn generate() -> String {
    let config = || {
        Config::from_file(root().join("include/cbindgen.toml")).expect("cbindgen.toml is not valid")
    };
    let stable = Config { after_includes: None, trailer: None, ..config() };
    let draft = Config { header: None, ..config() };
    let capi = root().join("src/capi");
    as_c(&format!("{}\n{}", part(&capi, stable), part(&capi.join("draft"), draft)))
}

/// What the files in `folder`, but not those in folders below it, give.
fn part(folder: &Path, config: Config) -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder cannot be listed")
        .map(|entry| entry.expect("the folder cannot be listed").path())
        // Through the module's root cbindgen would find all the others again.
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| !path.ends_with("mod.rs"))
        .collect();
    files.sort();
    let builder = files.iter().fold(Builder::new(), |builder, file| builder.with_src(file));
    let mut text = Vec::new();
    builder.with_config(config).generate().expect("cbindgen fails").write(&mut text);
    String::from_utf8(text).expect("the header is not UTF-8")
}

/// Says what cbindgen cannot: function types, comments of one line in one line, and one empty
/// line at a time.
fn as_c(text: &str) -> String {
    let mut text = text.replace("/*\n ", "/* ");
    for name in FUNCTION_TYPES {
        assert!(text.contains(&format!("typedef void (*{name})(")), "{name}");
        text = text
            .replace(&format!("{name} "), &format!("{name} *"))
            .replace(&format!("typedef void (*{name})("), &format!("typedef void ({name}) ("));
    }
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if line == " */" && last.starts_with("/* ") => last.push_str(" */"),
            Some(last) if line.is_empty() && last.is_empty() => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}
