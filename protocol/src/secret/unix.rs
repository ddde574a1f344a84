//! Owns the memory of secrets on Unix: pages that secrets share, locked, and kept out of dumps and of children. A page
//! is unmapped with its last secret.
#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::mm::{MapFlags, ProtFlags};
use zeroize::Zeroize;

use super::LockedMemory;
use super::slots::{Slots, UNITS};

/// Every page, the newest last. Unused ones are removed when a page is added.
static PAGES: Mutex<Vec<Weak<Page>>> = Mutex::new(Vec::new());
/// How many secrets are in ordinary memory.
static ON_HEAP: AtomicUsize = AtomicUsize::new(0);

/// The memory of one secret; if the system refuses a mapping, ordinary heap memory, which is wiped too.
pub(super) struct Pages {
    place: Place,
    length: usize,
}

enum Place {
    Slot { page: Arc<Page>, first: usize, units: usize },
    Heap(Box<[u8]>),
}

/// One mapping: a page that secrets share, or the pages of one long secret.
struct Page {
    start: NonNull<u8>,
    size: usize,
    locked: AtomicBool,
    slots: Mutex<Slots>,
}

// SAFETY: the mapping belongs to this value alone, and each slot to one `Pages`, which accesses no other bytes.
unsafe impl Send for Page {}
// SAFETY: as for `Send`; the other fields are an atomic and a mutex.
unsafe impl Sync for Page {}

impl Pages {
    pub(super) fn new(length: usize) -> Self {
        let place = match length {
            0 => Place::Heap(Box::default()),
            _ => shared(length).unwrap_or_else(|| {
                ON_HEAP.fetch_add(1, Ordering::Relaxed);
                Place::Heap(vec![0; length].into_boxed_slice())
            }),
        };
        Self { place, length }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.place {
            // SAFETY: the slot is readable, initialised by the kernel, at least `length` bytes long, and this value's
            // alone.
            Place::Slot { page, first, .. } => unsafe {
                std::slice::from_raw_parts(page.at(*first), self.length)
            },
            Place::Heap(bytes) => bytes,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.place {
            // SAFETY: as in `bytes`, and `&mut self` makes this the only reference.
            Place::Slot { page, first, .. } => unsafe {
                std::slice::from_raw_parts_mut(page.at(*first), self.length)
            },
            Place::Heap(bytes) => bytes,
        }
    }

    pub(super) fn is_locked(&self) -> bool {
        match &self.place {
            Place::Slot { page, .. } => page.is_locked(),
            Place::Heap(bytes) => bytes.is_empty(),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        match &self.place {
            // Another secret may use the slot from now on.
            Place::Slot { page, first, units } => page.slots().free(*first, *units),
            Place::Heap(bytes) => drop(ON_HEAP.fetch_sub(usize::from(!bytes.is_empty()), Ordering::Relaxed)),
        }
    }
}

impl Page {
    fn new(size: usize) -> Option<Arc<Self>> {
        let start = map(size)?;
        let page = Self { start, size, locked: AtomicBool::new(false), slots: Mutex::default() };
        page.lock();
        Some(Arc::new(page))
    }

    fn take(self: Arc<Self>, length: usize) -> Option<Place> {
        let units = length.div_ceil(self.unit());
        let first = self.slots().take(units)?;
        Some(Place::Slot { page: self, first, units })
    }

    fn unit(&self) -> usize {
        self.size / UNITS
    }

    fn at(&self, unit: usize) -> *mut u8 {
        self.start.as_ptr().wrapping_add(unit * self.unit())
    }

    /// If the system refuses (a small `RLIMIT_MEMLOCK`), the page is used unlocked.
    fn lock(&self) -> bool {
        // SAFETY: the range is one whole mapping of our own.
        let locked = unsafe { rustix::mm::mlock(self.start.as_ptr().cast(), self.size) }.is_ok();
        self.locked.store(locked, Ordering::Relaxed);
        locked
    }

    fn is_locked(&self) -> bool {
        self.locked.load(Ordering::Relaxed)
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: this value created the mapping with this size, and no slot is left.
        let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.size) };
    }
}

pub(super) fn lock_memory() -> LockedMemory {
    let mut memory = LockedMemory { held: ON_HEAP.load(Ordering::Relaxed), locked: 0 };
    let mut refused = false;
    for page in pages().iter().filter_map(Weak::upgrade) {
        refused = refused || !(page.is_locked() || page.lock());
        let secrets = page.slots().secrets();
        memory.held += secrets;
        memory.locked += if page.is_locked() { secrets } else { 0 };
    }
    memory
}

/// A slot in a locked page, else in a new page that can be locked, else in any page.
fn shared(length: usize) -> Option<Place> {
    let size = rustix::param::page_size();
    let mut pages = pages();
    if let Some(place) = room_in(&pages, length, true) {
        return Some(place);
    }
    let fresh = Page::new(length.div_ceil(size) * size);
    let fresh = match fresh.as_ref().is_some_and(|page| page.is_locked()) {
        true => fresh,
        false => match room_in(&pages, length, false) {
            Some(place) => return Some(place),
            None => fresh,
        },
    }?;
    pages.retain(|page| page.strong_count() > 0);
    pages.push(Arc::downgrade(&fresh));
    fresh.take(length)
}

fn room_in(pages: &[Weak<Page>], length: usize, locked: bool) -> Option<Place> {
    let size = rustix::param::page_size();
    let shared = |page: &Arc<Page>| page.size == size && page.is_locked() == locked;
    let mut pages = pages.iter().rev().filter_map(Weak::upgrade).filter(shared);
    if length > size { None } else { pages.find_map(|page| page.take(length)) }
}

fn pages() -> MutexGuard<'static, Vec<Weak<Page>>> {
    PAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new mapping, kept out of dumps and of children.
fn map(size: usize) -> Option<NonNull<u8>> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new private mapping at an address of the kernel's choice overlaps nothing.
    let start =
        unsafe { rustix::mm::mmap_anonymous(std::ptr::null_mut(), size, protection, MapFlags::PRIVATE) };
    let start: NonNull<u8> = NonNull::new(start.ok()?.cast())?;
    #[cfg(target_os = "linux")]
    for advice in [rustix::mm::Advice::LinuxDontDump, rustix::mm::Advice::LinuxWipeOnFork] {
        // SAFETY: the range is one whole mapping of our own; neither advice changes its content.
        let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), size, advice) };
    }
    Some(start)
}
