//! Temporary directories.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Makes a directory of the user's own, named `prefix` and six random characters, where `TMPDIR`
/// (or `TEMPDIR`, `TMP`) says, else in the system's place.
pub fn make_temp_dir(prefix: &str) -> io::Result<PathBuf> {
    let parent = ["TMPDIR", "TEMPDIR", "TMP"]
        .iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from)
        .find(|path| path.is_dir())
        .unwrap_or_else(|| PathBuf::from("/tmp"));
    let template = parent.join(format!("{prefix}XXXXXX"));
    let mut template = CString::new(template.into_os_string().into_vec())?.into_bytes_with_nul();
    // SAFETY: a C string that mkdtemp changes in place.
    let made = unsafe { libc::mkdtemp(template.as_mut_ptr().cast()) };
    if made.is_null() {
        return Err(io::Error::last_os_error());
    }
    template.pop();
    Ok(PathBuf::from(std::ffi::OsString::from_vec(template)))
}
