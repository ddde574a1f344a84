//! Owns a disk that a test can stop: a small library, preloaded, whose `fsync` waits for as long as a file is there.

use std::path::PathBuf;

use crate::programs;
use crate::world::{World, eventually};

/// Only files whose name holds the word wait; the first one that does says so.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char gate[512], waits[520], word[64];

__attribute__((constructor)) static void take_words(void) {
    const char *path = getenv("SLOW_DISK_GATE"), *name = getenv("SLOW_DISK_WORD");
    if (!path || !name || strlen(path) > 500 || strlen(name) > 60) abort();
    strcpy(gate, path);
    strcpy(word, name);
    sprintf(waits, "%s.waits", gate);
}

int fsync(int file) {
    char link[64], path[1024];
    sprintf(link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    if (strstr(path, word) && !access(gate, F_OK)) {
        close(open(waits, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        while (!access(gate, F_OK)) usleep(1000);
    }
    return syscall(SYS_fsync, file);
}
"#;

/// The disk of the programs of one world.
#[derive(Debug)]
pub struct SlowDisk {
    object: PathBuf,
    gate: PathBuf,
}

impl SlowDisk {
    /// Builds the library; `None`, said aloud, where there is no C compiler.
    pub fn build(world: &World) -> Option<Self> {
        if !programs::present(&["cc"]) {
            return None;
        }
        let [source, object, gate] =
            ["slow-disk.c", "slow-disk.so", "slow-disk.gate"].map(|name| world.path(name));
        std::fs::write(&source, SOURCE).expect("write the library's source");
        let cc = world.program("cc").args(["-O1", "-shared", "-fPIC", "-o"]);
        cc.args([&object, &source]).run().succeeded();
        Some(Self { object, gate })
    }

    /// What a program needs to have this disk for files with `word` in their names, besides what is preloaded already.
    pub fn variables(&self, preloaded: &str, word: &str) -> [(&'static str, String); 3] {
        [
            ("LD_PRELOAD", format!("{preloaded}:{}", self.object.display())),
            ("SLOW_DISK_GATE", self.gate.display().to_string()),
            ("SLOW_DISK_WORD", word.to_owned()),
        ]
    }

    /// From now on nothing is written to its end.
    pub fn stop(&self) {
        std::fs::write(&self.gate, "").expect("close the gate");
    }

    /// Waits until something waits for the disk.
    pub fn wait_until_waited_for(&self) {
        let waits = self.gate.with_extension("gate.waits");
        eventually("something waits for the disk", || waits.exists());
    }

    /// Goes on.
    pub fn resume(&self) {
        std::fs::remove_file(&self.gate).expect("open the gate");
    }
}
