//! Owns the home of whoever called us, and the `~/` that means it where no shell has put it in. It opens nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The home, where it is known by its whole path.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

/// The path, with the home in the place of a `~` that a shell leaves alone behind an equals sign. A file in a folder of
/// that name is called `./~/file`.
pub(crate) fn expanded(path: &OsStr) -> PathBuf {
    let path = Path::new(path);
    match (path.strip_prefix("~"), folder()) {
        (Ok(rest), Some(home)) => home.join(rest),
        (Ok(_) | Err(_), _) => path.to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_that_is_the_first_part_of_a_path_is_the_home() {
        let home = folder().unwrap();
        assert_eq!(expanded("~/sec".as_ref()), home.join("sec"));
        assert_eq!(expanded("~".as_ref()), home.join(""));
        for path in ["./~/sec", "/a/~/sec", "~jo/sec", "sec", "", "~~/sec"] {
            assert_eq!(expanded(path.as_ref()), Path::new(path));
        }
    }
}
