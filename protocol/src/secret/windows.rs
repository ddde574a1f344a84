//! Owns the memory of one secret on Windows: pages of its own, locked into memory.
#![allow(unsafe_code)]

use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicUsize, Ordering};

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree, VirtualLock,
};
use zeroize::Zeroize;

use super::LockedMemory;

static HELD: AtomicUsize = AtomicUsize::new(0);
static LOCKED: AtomicUsize = AtomicUsize::new(0);

/// The pages of one secret; if the system refuses them, ordinary heap memory, which is wiped too.
pub(super) struct Pages {
    place: Place,
    length: usize,
    locked: bool,
}

enum Place {
    Pages(NonNull<u8>),
    Heap(Box<[u8]>),
}

// SAFETY: the pages belong to this value alone and are accessed only through `&self` and `&mut self`.
unsafe impl Send for Pages {}
// SAFETY: shared access only reads.
unsafe impl Sync for Pages {}

impl Pages {
    pub(super) fn new(length: usize) -> Self {
        let pages = Self::allocate(length);
        if length > 0 {
            HELD.fetch_add(1, Ordering::Relaxed);
            LOCKED.fetch_add(usize::from(pages.locked), Ordering::Relaxed);
        }
        pages
    }

    fn allocate(length: usize) -> Self {
        let size = length.max(1);
        // SAFETY: new pages at an address of the system's choice overlap nothing.
        let start = unsafe { VirtualAlloc(null(), size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) };
        match NonNull::new(start.cast::<u8>()) {
            Some(start) => {
                // SAFETY: the range is one whole allocation of our own. If the system refuses, it is used unlocked.
                let locked = unsafe { VirtualLock(start.as_ptr().cast(), size) } != 0;
                Self { place: Place::Pages(start), length, locked }
            }
            None => Self { place: Place::Heap(vec![0; length].into_boxed_slice()), length, locked: false },
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.place {
            // SAFETY: the pages are readable, zeroed by the system, and at least `length` bytes long.
            Place::Pages(start) => unsafe { std::slice::from_raw_parts(start.as_ptr(), self.length) },
            Place::Heap(bytes) => bytes,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.place {
            // SAFETY: as in `bytes`, and `&mut self` makes this the only reference.
            Place::Pages(start) => unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), self.length) },
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
        if self.length > 0 {
            HELD.fetch_sub(1, Ordering::Relaxed);
            LOCKED.fetch_sub(usize::from(self.locked), Ordering::Relaxed);
        }
        if let Place::Pages(start) = self.place {
            // SAFETY: this value allocated the pages, and no reference to them outlives it. Releasing them unlocks
            // them.
            unsafe { VirtualFree(start.as_ptr().cast(), 0, MEM_RELEASE) };
        }
    }
}

pub(super) fn lock_memory() -> LockedMemory {
    LockedMemory { held: HELD.load(Ordering::Relaxed), locked: LOCKED.load(Ordering::Relaxed) }
}
