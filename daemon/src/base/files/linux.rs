//! Owns the check on Linux whether anybody has a file open for writing: a read lease is granted only if nobody has.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Whether a process may still write to the file, ours included. A file system without leases always says no.
pub(super) fn has_writer(file: &File) -> bool {
    let refused = lease(file, libc::F_RDLCK).err();
    // Released immediately: nobody who opens the file has to wait.
    let _ = lease(file, libc::F_UNLCK);
    refused.is_some_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn lease(file: &File, kind: i32) -> io::Result<()> {
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and the call takes only a number.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, kind) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    #[test]
    fn a_file_has_a_writer_for_as_long_as_somebody_has_it_open_for_writing() {
        let path = std::env::temp_dir().join(format!("cp-token-writer-{}", std::process::id()));
        let writer = File::create(&path).expect("make a file");
        let reader = File::open(&path).expect("open it");
        assert!(has_writer(&reader));
        let other = OpenOptions::new().append(true).open(&path).expect("open it");
        drop(writer);
        assert!(has_writer(&reader));
        drop(other);
        assert!(!has_writer(&reader) && !has_writer(&reader));
        drop(File::create(&path).expect("nobody is kept waiting"));
        std::fs::remove_file(&path).expect("remove it");
    }
}
