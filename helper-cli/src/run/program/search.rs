//! Owns which file a program's name means: as `execvp` has it, without running anything.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::run::Missing;

/// The file that `name` means; `search` is the value of `PATH`.
pub(crate) fn find(name: &OsStr, search: Option<&OsStr>) -> Result<PathBuf, Missing> {
    if name.is_empty() {
        return Err(Missing::NotFound);
    }
    let path = Path::new(name);
    if name.as_encoded_bytes().contains(&b'/') {
        return runnable(path).map(|()| path.to_owned());
    }
    let mut outcome = Err(Missing::NotFound);
    for folder in search.into_iter().flat_map(std::env::split_paths) {
        let path = if folder.as_os_str().is_empty() { Path::new(".").join(name) } else { folder.join(name) };
        match runnable(&path) {
            Ok(()) => return Ok(path),
            Err(Missing::NotRunnable) => outcome = Err(Missing::NotRunnable),
            Err(Missing::NotFound) => {}
        }
    }
    outcome
}

fn runnable(path: &Path) -> Result<(), Missing> {
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Missing::NotRunnable),
        Err(_) => Err(Missing::NotFound),
        Ok(facts) if facts.is_file() && super::system::may_run(path) => Ok(()),
        Ok(_) => Err(Missing::NotRunnable),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_searched_for_and_a_path_is_taken_as_it_is() {
        let find = |name: &str| find(name.as_ref(), Some("/nonexistent:/etc:/usr/bin:/bin".as_ref()));
        assert!(find("sh").is_ok_and(|path| path.is_absolute() && path.ends_with("sh")));
        assert_eq!(find("/bin/sh"), Ok("/bin/sh".into()));
        assert_eq!(find("passwd").map(|path| path.ends_with("bin/passwd")), Ok(true));
        for name in ["", "no-such-program-anywhere", "/nonexistent/x"] {
            assert_eq!(find(name), Err(Missing::NotFound), "{name:?}");
        }
        for name in ["hostname.no/x", "/etc", "/etc/passwd"] {
            assert!(find(name).is_err(), "{name:?}");
        }
        assert_eq!(find("/etc/passwd"), Err(Missing::NotRunnable));
    }
}
