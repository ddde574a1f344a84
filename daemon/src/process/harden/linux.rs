//! Owns the system calls that harden the process on Linux alone.
#![allow(unsafe_code)]

use rustix::process::DumpableBehavior;

pub use super::unix::*;

pub(super) fn is_privileged() -> bool {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    // SAFETY: reads the auxiliary vector of this process.
    let raised = unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    raised || user != rustix::process::geteuid() || group != rustix::process::getegid()
}

/// Closes what the caller's shell had open: a pipeline must not wait for the daemon.
pub(super) fn close_inherited(kept: &[i32]) {
    let mut kept: Vec<u32> = kept.iter().filter_map(|&number| u32::try_from(number).ok()).collect();
    kept.sort_unstable();
    let mut first = FIRST_OTHER_FD;
    for number in kept {
        close_range(first, number.saturating_sub(1));
        first = number.saturating_add(1).max(first);
    }
    close_range(first, u32::MAX);
}

fn close_range(first: u32, last: u32) {
    if first <= last {
        // SAFETY: nothing in this process has opened a descriptor yet; 0 to 2 and `kept` stay open.
        let _ = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    }
}

/// This stops core handlers and tracing: a limit does not stop a core handler that reads from a pipe.
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

/// One heap for all threads: with several, short-lived threads would keep pages of their own.
pub(super) fn use_one_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number in the allocator; no other thread exists yet.
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Returns free pages of the heap, and drops clean pages of code (`MADV_DONTNEED`), which the kernel can page back in.
pub fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim` may be called at any time from any thread.
    let _ = unsafe { libc::malloc_trim(0) };
    // SAFETY: the callback has the required signature and keeps nothing.
    let _ = unsafe { libc::dl_iterate_phdr(Some(drop_code), std::ptr::null_mut()) };
}

/// Drops the read-only pages of a loaded object.
///
/// # Safety
/// `object` is what `dl_iterate_phdr` passes.
unsafe extern "C" fn drop_code(object: *mut libc::dl_phdr_info, _: usize, _: *mut libc::c_void) -> i32 {
    // SAFETY: the loader passes a valid object with this many headers for the duration of the call.
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
        // SAFETY: a segment that is mapped from a file and was never writable can be read from the file again.
        let _ = unsafe { libc::madvise(start as *mut libc::c_void, length as usize, libc::MADV_DONTNEED) };
    }
    0
}

/// The first descriptor after the standard ones.
const FIRST_OTHER_FD: u32 = 3;
