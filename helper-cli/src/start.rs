//! Lists the modules for the process's own start: its entry point and its memory.

#[cfg(all(unix, not(test)))]
#[path = "start/entry/unix.rs"]
pub(crate) mod entry;
#[cfg(unix)]
#[path = "start/memory/unix.rs"]
pub(crate) mod memory;
