//! Owns the private folder of a world and what is put into it before anything runs.

use std::io::{Write, stderr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A folder that goes away with its owner.
pub(super) struct Folder {
    path: PathBuf,
    kept: AtomicBool,
}

impl Folder {
    /// Its path is short, because sockets lie in it.
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("cpt-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        make_private(&path);
        Self { path, kept: AtomicBool::new(false) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// After a failed test somebody may want to look at it.
    pub(super) fn keep_if_wanted(&self) {
        if std::env::var_os("CP_TOKEN_TESTS_KEEP").is_some() {
            self.kept.store(true, Ordering::Relaxed);
            drop(writeln!(stderr(), "kept: {}", self.path.display()));
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            // What cannot be removed lies in the temporary folder and harms nobody.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

/// Makes a folder that nobody else may enter. Panics where it exists already.
pub(super) fn make_private(path: &Path) {
    std::fs::DirBuilder::new().mode(0o700).create(path).expect("make a private folder");
}

/// Puts a program at `to`: a name of its own for the same file, or a copy on another disk.
pub(super) fn link(from: &Path, to: &Path) {
    if std::fs::hard_link(from, to).is_err() {
        // Not a copy by this process: another thread's fork would inherit the open file, and a program that is
        // open for writing does not run.
        let copied = Command::new("cp").arg(from).arg(to).status().expect("run cp");
        assert!(copied.success(), "copy {} to {}", from.display(), to.display());
    }
}

/// Text that nothing else holds, with characters that a secret may have and a careless program trips over.
pub(super) fn random_text() -> String {
    let mut bytes = [0; 27];
    let source = rustls::crypto::ring::default_provider().secure_random;
    source.fill(&mut bytes).expect("the system gives random bytes");
    format!("s-{}+/ %&", URL_SAFE_NO_PAD.encode(bytes))
}
