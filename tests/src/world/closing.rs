//! Owns the end of a world: what still runs is recorded and ended, then everything is searched.

use std::io::{Write, stderr};
use std::path::PathBuf;

use super::{Keyring, World, processes};

impl World {
    /// Panics with every place where a secret or a token of this world was found outside of where it belongs.
    pub fn assert_no_leak(&self) {
        let places = self.leaks();
        assert!(places.is_empty(), "secrets or tokens leaked to: {places:#?}");
    }

    /// Every place where a secret or a token of this world was found. The standard output of a successful `get`
    /// is where a token belongs.
    pub fn leaks(&self) -> Vec<String> {
        for pid in self.running() {
            self.oracle.record_process(pid);
        }
        self.oracle.leaks(&self.server.issued(), self.root(), &self.not_searched())
    }

    /// The processes that run a program of this world, a daemon that the helper started included.
    pub fn running(&self) -> Vec<u32> {
        processes::running([self.helper_file(), self.daemon_file()].as_slice())
    }

    /// The daemon, whoever started it. Panics where there are none or several. Waits for a child of its own, which a restart
    /// has run before the daemon went on in its process, and which ends a moment after the answer.
    pub fn daemon_pid(&self) -> u32 {
        let found = processes::running(&[self.daemon_file()]);
        let (children, found): (Vec<u32>, Vec<u32>) = found
            .iter()
            .partition(|pid| processes::parent(**pid).is_some_and(|parent| found.contains(&parent)));
        children
            .into_iter()
            .for_each(|child| assert!(processes::wait_for_end(child), "the daemon's child stays"));
        assert_eq!(found.len(), 1, "processes that run the daemon: {found:?}");
        found[0]
    }

    /// Stops the one daemon and waits until its process is gone. The helper waits only until it holds nothing.
    pub fn stop_daemon(&self) {
        let pid = self.daemon_pid();
        self.helper(&["daemon", "stop", "--yes"]).succeeded();
        assert!(processes::wait_for_end(pid), "the daemon does not end");
    }

    fn not_searched(&self) -> Vec<PathBuf> {
        vec![self.path("bin"), self.ca_file()]
    }

    /// In order where that works; else at once.
    fn end_everything(&self) {
        if !processes::running(&[self.daemon_file()]).is_empty() {
            let stop = self.program(self.helper_file()).args(["daemon", "stop", "--yes"]).run();
            self.oracle.record("stderr of daemon stop", stop.stderr);
        }
        for pid in self.running() {
            processes::end(pid);
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let leaks = self.leaks();
        self.end_everything();
        let leaks = [leaks, self.leaks()].concat();
        if std::thread::panicking() {
            self.folder.keep_if_wanted();
            if let Some(status) = self.keyring.as_ref().and_then(Keyring::crash) {
                drop(writeln!(stderr(), "the keyring of the failed test had ended by itself: {status}"));
            }
        } else {
            assert!(leaks.is_empty(), "secrets or tokens leaked to: {leaks:#?}");
        }
    }
}
