//! Owns the user's home directory, and the expansion of `~/`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The home, if it is known by its whole path.
pub(crate) fn dir() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

/// The path with the home directory for a leading `~`, which shells leave alone after an equals sign.
pub(crate) fn expand(path: &OsStr) -> PathBuf {
    let path = Path::new(path);
    match (path.strip_prefix("~"), dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        (Ok(_) | Err(_), _) => path.to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_that_is_the_first_part_of_a_path_is_the_home() {
        let home = dir().unwrap();
        assert_eq!(expand("~/sec".as_ref()), home.join("sec"));
        assert_eq!(expand("~".as_ref()), home.join(""));
        for path in ["./~/sec", "/a/~/sec", "~jo/sec", "sec", "", "~~/sec"] {
            assert_eq!(expand(path.as_ref()), Path::new(path));
        }
    }
}
