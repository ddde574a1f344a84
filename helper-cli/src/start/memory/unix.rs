//! Owns the heap: the first allocations come from a page that the program has anyway, and freed memory is wiped.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use zeroizing_alloc::ZeroAlloc;

/// Bytes that a usual call allocates. The system's allocator would cost it six system calls and three pages.
const FIRST_BYTES: usize = 1536;

#[global_allocator]
static HEAP: Heap = Heap {
    first: UnsafeCell::new([0; FIRST_BYTES]),
    given_out: AtomicUsize::new(0),
    rest: ZeroAlloc(std::alloc::System),
};

struct Heap {
    first: UnsafeCell<[u8; FIRST_BYTES]>,
    given_out: AtomicUsize,
    rest: ZeroAlloc<std::alloc::System>,
}

// SAFETY: every byte of `first` is given out at most once, which the atomic counter sees to.
unsafe impl Sync for Heap {}

impl Heap {
    fn start(&self) -> *mut u8 {
        self.first.get().cast()
    }

    /// A place among the first bytes, if there still is one.
    fn take_first(&self, layout: Layout) -> Option<*mut u8> {
        let taken = self.given_out.load(Ordering::Relaxed);
        let place = (self.start() as usize + taken).next_multiple_of(layout.align()) - self.start() as usize;
        let end = place.checked_add(layout.size()).filter(|&end| end <= FIRST_BYTES)?;
        self.given_out.compare_exchange(taken, end, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        // SAFETY: `place` lies within `first`.
        Some(unsafe { self.start().add(place) })
    }

    fn is_first(&self, pointer: *mut u8) -> bool {
        (pointer as usize).wrapping_sub(self.start() as usize) < FIRST_BYTES
    }
}

// SAFETY: a place is aligned, large enough and given out once; all else is the system allocator's.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.take_first(layout) {
            Some(place) => place,
            // SAFETY: the caller's promises are passed on.
            None => unsafe { self.rest.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if self.is_first(pointer) {
            // SAFETY: the caller gives back a place of this size. Volatile, so that the wiping is not left out.
            (0..layout.size()).for_each(|offset| unsafe { pointer.add(offset).write_volatile(0) });
        } else {
            // SAFETY: the place came from there; the caller's promises are passed on.
            unsafe { self.rest.dealloc(pointer, layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heap() -> Heap {
        Heap {
            first: UnsafeCell::new([0; FIRST_BYTES]),
            given_out: AtomicUsize::new(0),
            rest: ZeroAlloc(std::alloc::System),
        }
    }

    #[test]
    fn places_are_aligned_apart_and_wiped_and_the_rest_comes_from_the_system() {
        let heap = heap();
        let layouts = [(3, 1), (16, 16), (1, 1), (100, 64), (5000, 8), (1200, 8), (400, 2)];
        let layouts = layouts.map(|(size, align)| Layout::from_size_align(size, align).unwrap());
        // SAFETY: each place is used within its layout and given back once.
        let places = layouts.map(|layout| unsafe {
            let place = heap.alloc(layout);
            place.write_bytes(0xaa, layout.size());
            place
        });
        for (place, layout) in places.iter().zip(layouts) {
            assert_eq!(*place as usize % layout.align(), 0);
        }
        assert_eq!(places.map(|place| heap.is_first(place)), [true, true, true, true, false, true, false]);
        for (place, layout) in places.into_iter().zip(layouts) {
            // SAFETY: as above.
            unsafe { heap.dealloc(place, layout) };
        }
        let left = heap.first.into_inner();
        assert!(left.iter().all(|&byte| byte == 0), "a place was not wiped");
    }
}
