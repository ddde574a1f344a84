//! Owns the memory of one secret on Unix: an anonymous mapping, locked, kept from dumps and from children.
#![allow(unsafe_code)]

use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags};
use zeroize::Zeroize;

/// One secret's pages; on a system that refuses a mapping, ordinary heap memory that is wiped likewise.
pub(super) struct Pages {
    place: Place,
    length: usize,
    locked: bool,
}

enum Place {
    Mapping { start: NonNull<u8>, size: usize },
    Heap(Box<[u8]>),
}

// SAFETY: the mapping belongs to this value alone and is reached only through `&self` and `&mut self`.
unsafe impl Send for Pages {}
// SAFETY: shared access only reads.
unsafe impl Sync for Pages {}

impl Pages {
    pub(super) fn new(length: usize) -> Self {
        let page = rustix::param::page_size();
        let size = length.max(1).div_ceil(page) * page;
        match map(size) {
            Some(start) => {
                Self { place: Place::Mapping { start, size }, length, locked: protect(start, size) }
            }
            None => Self { place: Place::Heap(vec![0; length].into_boxed_slice()), length, locked: false },
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.place {
            // SAFETY: the mapping is readable, initialised by the kernel, and at least `length` bytes long.
            Place::Mapping { start, .. } => unsafe {
                std::slice::from_raw_parts(start.as_ptr(), self.length)
            },
            Place::Heap(bytes) => bytes,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.place {
            // SAFETY: as in `bytes`, and `&mut self` makes this the only reference.
            Place::Mapping { start, .. } => unsafe {
                std::slice::from_raw_parts_mut(start.as_ptr(), self.length)
            },
            Place::Heap(bytes) => bytes,
        }
    }

    pub(super) fn is_locked(&self) -> bool {
        self.locked
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        if let Place::Mapping { start, size } = self.place {
            // SAFETY: this value made the mapping with this size, and no reference to it outlives the value.
            let _ = unsafe { rustix::mm::munmap(start.as_ptr().cast(), size) };
        }
    }
}

fn map(size: usize) -> Option<NonNull<u8>> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new private mapping at an address of the kernel's choice overlaps nothing.
    let start =
        unsafe { rustix::mm::mmap_anonymous(std::ptr::null_mut(), size, protection, MapFlags::PRIVATE) };
    NonNull::new(start.ok()?.cast())
}

/// Locks the pages and keeps them out of dumps; a refusal (a small `RLIMIT_MEMLOCK`) costs only the lock.
fn protect(start: NonNull<u8>, size: usize) -> bool {
    let start = start.as_ptr().cast();
    #[cfg(target_os = "linux")]
    for advice in [rustix::mm::Advice::LinuxDontDump, rustix::mm::Advice::LinuxWipeOnFork] {
        // SAFETY: the range is one whole mapping of our own; both advices leave its content alone.
        let _ = unsafe { rustix::mm::madvise(start, size, advice) };
    }
    // SAFETY: the range is one whole mapping of our own.
    unsafe { rustix::mm::mlock(start, size) }.is_ok()
}
