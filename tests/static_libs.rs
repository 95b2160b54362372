//! What a program that links the static library needs besides: the list in `cmake/OxmqLibrary.cmake`
//! is rustc's own.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The unwinder. The C compiler adds it by itself, under the name that fits the kind of linking.
const COMES_WITH_THE_COMPILER: &str = "gcc_s";

/// So does the C library.
const C_LIBRARY: &str = "c";

#[test]
fn cmake_knows_the_native_libraries_of_the_static_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("cmake/OxmqLibrary.cmake"))
        .expect("OxmqLibrary.cmake cannot be read");
    let (_, list) =
        script.split_once("set(OXMQ_STATIC_LIBRARIES ").expect("the list is not in the script");
    let (list, _) = list.split_once(')').expect("the list has no end");

    let rustc = native_static_libs(root);
    let needed: Vec<&str> = rustc
        .split_whitespace()
        .filter_map(|flag| flag.strip_prefix("-l"))
        .filter(|library| ![COMES_WITH_THE_COMPILER, C_LIBRARY].contains(library))
        .collect();
    assert_eq!(list.split_whitespace().collect::<Vec<_>>(), needed);
}

/// Asks rustc, with a target directory of its own: another cargo waits for the usual one.
fn native_static_libs(root: &Path) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--locked", "--lib", "--crate-type", "staticlib", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("static-libs"))
        .args(["--", "--print", "native-static-libs"])
        .current_dir(root)
        .output()
        .expect("cargo cannot be run");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let (_, libraries) =
        text.split_once("native-static-libs: ").unwrap_or_else(|| panic!("no list in {text}"));
    libraries.lines().next().unwrap_or_default().to_owned()
}
