//! Owns an allocator that counts the allocations of this thread, and uses the system's.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    static TOTAL: Cell<usize> = const { Cell::new(0) };
}

/// The allocations of some work, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The largest one.
    pub(crate) largest: usize,
    /// All together.
    pub(crate) total: usize,
}

/// The result of `work`, and its allocations on this thread.
pub(crate) fn of<T>(work: impl FnOnce() -> T) -> (T, Asked) {
    LARGEST.set(0);
    TOTAL.set(0);
    let outcome = work();
    (outcome, Asked { largest: LARGEST.get(), total: TOTAL.get() })
}

fn note(size: usize) {
    // A thread that ends has no counters any more.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
    let _ = TOTAL.try_with(|total| total.set(total.get().saturating_add(size)));
}

// SAFETY: every call goes to the system's allocator unchanged; the counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller guarantees the same for `layout`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller guarantees the same for `place` and `layout`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(place, layout) }
    }
}
