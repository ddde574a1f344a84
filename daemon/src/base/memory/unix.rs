//! Owns the system call that asks for memory on Unix.
#![allow(unsafe_code)]

/// Whether the limits on this process leave it so many bytes more.
pub(super) fn is_left(bytes: usize) -> bool {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at a place of the system's choice, which nobody else knows of when it is taken away again.
    unsafe {
        let room = libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0);
        room != libc::MAP_FAILED && libc::munmap(room, bytes) == 0
    }
}
