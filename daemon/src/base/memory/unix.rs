//! Owns the system call that checks for memory on Unix.
#![allow(unsafe_code)]

/// Whether the limits on this process leave this many bytes.
pub(super) fn is_available(bytes: usize) -> bool {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address of the system's choice, which nobody else uses when it is unmapped.
    unsafe {
        let mapping = libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0);
        mapping != libc::MAP_FAILED && libc::munmap(mapping, bytes) == 0
    }
}
