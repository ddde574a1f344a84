//! Owns the memory of secrets on Unix: pages that secrets share, locked, kept from dumps and from children. A page is
//! given back with its last secret.
#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::mm::{MapFlags, ProtFlags};
use zeroize::Zeroize;

use super::LockedMemory;
use super::slots::{Slots, UNITS};

/// Every page that is in use, the newest last. Dead ones are taken out when a page is added.
static PAGES: Mutex<Vec<Weak<Page>>> = Mutex::new(Vec::new());
/// Secrets that had to go to ordinary memory.
static ELSEWHERE: AtomicUsize = AtomicUsize::new(0);

/// The place of one secret; on a system that refuses a mapping, ordinary heap memory that is wiped likewise.
pub(super) struct Pages {
    place: Place,
    length: usize,
}

enum Place {
    Nowhere,
    Slot { page: Arc<Page>, first: usize, units: usize },
    Heap(Box<[u8]>),
}

/// One mapping: a page that secrets share, or as many pages as one long secret takes.
struct Page {
    start: NonNull<u8>,
    size: usize,
    locked: AtomicBool,
    slots: Mutex<Slots>,
}

// SAFETY: the mapping belongs to this value alone; its slots are given to one `Pages` each, which reaches no other bytes.
unsafe impl Send for Page {}
// SAFETY: as for `Send`; what is shared beside the bytes is behind an atomic and a mutex.
unsafe impl Sync for Page {}

impl Pages {
    pub(super) fn new(length: usize) -> Self {
        let place = match length {
            0 => Place::Nowhere,
            _ => shared(length).unwrap_or_else(|| {
                ELSEWHERE.fetch_add(1, Ordering::Relaxed);
                Place::Heap(vec![0; length].into_boxed_slice())
            }),
        };
        Self { place, length }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.place {
            Place::Nowhere => &[],
            // SAFETY: the slot is readable, initialised by the kernel, at least `length` bytes long, and this value's alone.
            Place::Slot { page, first, .. } => unsafe {
                std::slice::from_raw_parts(page.at(*first), self.length)
            },
            Place::Heap(bytes) => bytes,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.place {
            Place::Nowhere => &mut [],
            // SAFETY: as in `bytes`, and `&mut self` makes this the only reference.
            Place::Slot { page, first, .. } => unsafe {
                std::slice::from_raw_parts_mut(page.at(*first), self.length)
            },
            Place::Heap(bytes) => bytes,
        }
    }

    pub(super) fn is_locked(&self) -> bool {
        match &self.place {
            Place::Nowhere => true,
            Place::Slot { page, .. } => page.is_locked(),
            Place::Heap(_) => false,
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        match &self.place {
            Place::Nowhere => {}
            // Only now may another secret come to lie there.
            Place::Slot { page, first, units } => page.slots().give_back(*first, *units),
            Place::Heap(_) => drop(ELSEWHERE.fetch_sub(1, Ordering::Relaxed)),
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

    /// A refusal (a small `RLIMIT_MEMLOCK`) costs only the lock.
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
        // SAFETY: this value made the mapping with this size, and every slot of it kept the value alive.
        let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.size) };
    }
}

/// How many secrets there are, and how many of them are locked. What could not be locked before is tried once more.
pub(super) fn lock_memory() -> LockedMemory {
    let elsewhere = ELSEWHERE.load(Ordering::Relaxed);
    let mut memory = LockedMemory { held: elsewhere, locked: 0 };
    let mut refused = false;
    for page in pages().iter().filter_map(Weak::upgrade) {
        refused = refused || !(page.is_locked() || page.lock());
        let secrets = page.slots().secrets();
        memory.held += secrets;
        memory.locked += if page.is_locked() { secrets } else { 0 };
    }
    memory
}

/// Room in a locked page, else in a new one that can be locked, else in any.
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

/// New pages, kept out of dumps and of children.
fn map(size: usize) -> Option<NonNull<u8>> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new private mapping at an address of the kernel's choice overlaps nothing.
    let start =
        unsafe { rustix::mm::mmap_anonymous(std::ptr::null_mut(), size, protection, MapFlags::PRIVATE) };
    let start: NonNull<u8> = NonNull::new(start.ok()?.cast())?;
    #[cfg(target_os = "linux")]
    for advice in [rustix::mm::Advice::LinuxDontDump, rustix::mm::Advice::LinuxWipeOnFork] {
        // SAFETY: the range is one whole mapping of our own; both advices leave its content alone.
        let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), size, advice) };
    }
    Some(start)
}
