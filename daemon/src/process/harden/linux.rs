//! Owns the system calls that harden the process on Linux alone.
#![allow(unsafe_code)]

use rustix::process::DumpableBehavior;

pub(super) use super::unix::{
    FEWEST_DESCRIPTORS, clear_environment, core_files_are_forbidden, forbid_core_files,
    notice_ended_children, outlive_limits, private_files_and_no_folder, raise_descriptor_limit,
    too_few_descriptors,
};
pub use super::unix::{connection_limit, locked_memory_limit, processor_time, processor_time_limit};

pub(super) fn is_privileged() -> bool {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    // SAFETY: reads a word that the kernel left for this process.
    let raised = unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    raised || user != rustix::process::geteuid() || group != rustix::process::getegid()
}

/// Whatever the caller's shell had open stays the shell's: a pipeline does not wait for the daemon.
pub(super) fn close_inherited(given: &[i32]) {
    let mut given: Vec<u32> = given.iter().filter_map(|&number| u32::try_from(number).ok()).collect();
    given.sort_unstable();
    let mut first = FIRST_OTHER;
    for number in given {
        close_range(first, number.saturating_sub(1));
        first = number.saturating_add(1).max(first);
    }
    close_range(first, u32::MAX);
}

fn close_range(first: u32, last: u32) {
    if first <= last {
        // SAFETY: nothing in this process has opened a descriptor yet; 0 to 2 and what was given stay.
        let _ = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    }
}

/// The real defence against core handlers and tracing: limits alone do not stop a piped core handler.
pub(super) fn forbid_dumps() {
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

pub(super) fn dumps_are_forbidden() -> bool {
    rustix::process::dumpable_behavior().is_ok_and(|behavior| behavior == DumpableBehavior::NotDumpable)
}

pub(super) fn forbid_new_privileges() {
    let _ = rustix::thread::set_no_new_privs(true);
}

pub(super) fn new_privileges_are_forbidden() -> Option<bool> {
    Some(rustix::thread::no_new_privs().unwrap_or(false))
}

/// One heap for all threads: each further one would keep pages of its own for short-lived threads.
pub(super) fn use_one_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number in the allocator; no other thread exists yet.
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Gives back pages of the heap that are free, and pages of code that were needed for a token request: the
/// next one finds them in the system's cache.
pub fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim` may be called at any time from any thread.
    let _ = unsafe { libc::malloc_trim(0) };
    // SAFETY: the callback has the signature that is asked for and keeps nothing.
    let _ = unsafe { libc::dl_iterate_phdr(Some(forget_code), std::ptr::null_mut()) };
}

/// Unmaps, for now, what a loaded object has in memory that nobody can have written to.
///
/// # Safety
/// `object` is what `dl_iterate_phdr` hands over.
unsafe extern "C" fn forget_code(object: *mut libc::dl_phdr_info, _: usize, _: *mut libc::c_void) -> i32 {
    // SAFETY: the loader hands over a valid object with this many headers, for the length of the call.
    let (base, headers) = unsafe {
        let object = &*object;
        (object.dlpi_addr, std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)))
    };
    let page = rustix::param::page_size() as u64;
    for header in
        headers.iter().filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0)
    {
        let start = (base + header.p_vaddr) & !(page - 1);
        let length = (base + header.p_vaddr + header.p_memsz).next_multiple_of(page) - start;
        // SAFETY: a segment that is mapped from a file and was never writable reads the same from the file.
        let _ = unsafe { libc::madvise(start as *mut libc::c_void, length as usize, libc::MADV_DONTNEED) };
    }
    0
}

/// The first descriptor behind the standard ones.
const FIRST_OTHER: u32 = 3;
