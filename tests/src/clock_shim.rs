//! Owns clocks that a test can move under a running program: a small library, preloaded, that adds to each clock
//! what a file says. It touches no clock of the machine.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::programs;
use crate::world::{Launch, World};

/// Three offsets in nanoseconds lie in the file, in the order of [`Clock`]. The file is mapped, so that a change
/// counts from the next reading on, and the variable is read before the program can take it away.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *offsets;

__attribute__((constructor)) static void map_offsets(void) {
    const char *path = getenv("CLOCK_SHIM");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(0, 24, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) abort();
    offsets = page;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    long failed = syscall(SYS_clock_gettime, clock, time);
    if (failed || !offsets) return failed;
    int which = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? 0
              : clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ? 1
              : clock == CLOCK_BOOTTIME ? 2 : -1;
    if (which < 0) return 0;
    int64_t sum = time->tv_nsec + offsets[which] % 1000000000;
    time->tv_sec += offsets[which] / 1000000000 + (sum >= 1000000000) - (sum < 0);
    time->tv_nsec = sum + (sum < 0) * 1000000000 - (sum >= 1000000000) * 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}
"#;

/// One of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The wall's.
    Wall,
    /// The one that stands still in suspend.
    Monotonic,
    /// The one that runs through suspend.
    Boot,
}

/// The clocks of the programs of one world.
#[derive(Debug)]
pub struct ClockShim {
    object: PathBuf,
    offsets: PathBuf,
    file: File,
}

impl ClockShim {
    /// Builds the library; `None`, said aloud, where there is no C compiler.
    pub fn build(world: &World) -> Option<Self> {
        if !programs::present(&["cc"]) {
            return None;
        }
        let [source, object, offsets] = ["shim.c", "shim.so", "offsets"].map(|name| world.path(name));
        std::fs::write(&source, SOURCE).expect("write the library's source");
        world
            .program("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&object, &source])
            .run()
            .succeeded();
        std::fs::write(&offsets, [0; 24]).expect("write the offsets");
        let file = OpenOptions::new().write(true).open(&offsets).expect("open the offsets");
        Some(Self { object, offsets, file })
    }

    /// A daemon that reads these clocks.
    pub fn launch(&self) -> Launch {
        Launch::default().env("LD_PRELOAD", &self.object).env("CLOCK_SHIM", &self.offsets)
    }

    /// Any program that reads these clocks.
    #[must_use]
    pub fn around(&self, call: crate::world::Call) -> crate::world::Call {
        call.env("LD_PRELOAD", &self.object).env("CLOCK_SHIM", &self.offsets)
    }

    /// From now on this clock is ahead of the machine's by so many seconds; behind it, where they are negative.
    pub fn set(&self, clock: Clock, seconds: i64) {
        let nanoseconds = seconds.checked_mul(1_000_000_000).expect("less than three centuries");
        self.file.write_all_at(&nanoseconds.to_ne_bytes(), clock as u64 * 8).expect("write an offset");
    }

    /// Time passes: all clocks are ahead of the machine's by this much.
    pub fn pass(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).expect("less than three centuries");
        [Clock::Wall, Clock::Monotonic, Clock::Boot].into_iter().for_each(|clock| self.set(clock, seconds));
    }

    /// The machine sleeps: only the monotonic clock does not see it.
    pub fn suspend(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).expect("less than three centuries");
        [Clock::Wall, Clock::Boot].into_iter().for_each(|clock| self.set(clock, seconds));
    }
}
