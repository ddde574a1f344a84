//! Owns the calls that harden the process on Windows.
#![allow(unsafe_code)]

use std::ffi::OsString;

use cp_token_protocol::message::ProtectionReport;
use windows_sys::Win32::Foundation::{HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Console::{
    GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::ErrorReporting::{WER_FAULT_REPORTING_FLAG_NOHEAP, WerSetFlags};
use windows_sys::Win32::System::LibraryLoader::{LOAD_LIBRARY_SEARCH_SYSTEM32, SetDefaultDllDirectories};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, PROCESS_MITIGATION_POLICY, ProcessDynamicCodePolicy,
    ProcessExtensionPointDisablePolicy, ProcessImageLoadPolicy, SetProcessMitigationPolicy,
    SetProcessWorkingSetSize,
};

use super::report;

/// Everything that is done before any thread, pipe or secret exists, and how it went.
pub(super) fn process(keep: impl Fn(&OsString) -> bool) -> Vec<ProtectionReport> {
    let mut reports = vec![
        report("libraries from the system folder alone", Some(is_library_search_closed())),
        report(
            "no libraries from other machines or of low trust",
            Some(is_forbidden(ProcessImageLoadPolicy, IMAGES)),
        ),
        report(
            "no extension points in this process",
            Some(is_forbidden(ProcessExtensionPointDisablePolicy, ONE)),
        ),
        report("no code made at run time", Some(is_forbidden(ProcessDynamicCodePolicy, ONE))),
        report("no error report with the memory's content", Some(is_silent_in_a_crash())),
    ];
    keep_streams_to_ourselves();
    make_room_for_locked_pages();
    clear_environment(keep);
    reports.push(report("freed memory wiped", Some(true)));
    reports.push(report("pipe for this user alone, peer checked", Some(true)));
    reports.push(report("no tracing by other programs of the user", None));
    reports
}

/// The limit is the working set's, which is set at the start.
pub fn locked_memory_limit() -> Option<u64> {
    None
}

/// Nobody limits processor time here.
pub fn processor_time_limit() -> Option<u64> {
    None
}

/// As above: it is not asked for.
pub fn processor_time() -> u64 {
    0
}

/// How many conversations may be open at once.
pub fn connection_limit() -> usize {
    4096
}

/// The system's heap gives back what is free by itself.
pub fn give_memory_back() {}

/// A library that somebody has put into the current folder or beside a document is not taken.
fn is_library_search_closed() -> bool {
    // SAFETY: sets a number in the loader.
    unsafe { SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32) != 0 }
}

/// Of each policy the first bit is what its name says.
const ONE: u32 = 1;
/// Not from another machine, not of low integrity, the system's folder first.
const IMAGES: u32 = 0b111;

/// A system that lacks a policy refuses it.
fn is_forbidden(policy: PROCESS_MITIGATION_POLICY, bits: u32) -> bool {
    // SAFETY: each of these policies is one word of bits, and as many bytes are said.
    unsafe { SetProcessMitigationPolicy(policy, (&raw const bits).cast(), size_of::<u32>()) != 0 }
}

/// Without the box for faults, Windows Error Reporting is not asked; if it is asked all the same, it leaves the heap out.
fn is_silent_in_a_crash() -> bool {
    // SAFETY: both set numbers.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
        WerSetFlags(WER_FAULT_REPORTING_FLAG_NOHEAP) >= 0
    }
}

/// What we were started with is no child's. Everything else is made without that mark.
fn keep_streams_to_ourselves() {
    for stream in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // SAFETY: a stream that is missing or closed is refused.
        unsafe { SetHandleInformation(GetStdHandle(stream), HANDLE_FLAG_INHERIT, 0) };
    }
}

/// A process may lock as many pages as its smallest working set has, less a few.
fn make_room_for_locked_pages() {
    // SAFETY: the pseudo handle of this process is always valid. A refusal costs only the lock.
    unsafe { SetProcessWorkingSetSize(GetCurrentProcess(), SMALLEST, LARGEST) };
}

fn clear_environment(keep: impl Fn(&OsString) -> bool) {
    let doomed: Vec<OsString> =
        std::env::vars_os().map(|(name, _)| name).filter(|name| !keep(name)).collect();
    for name in doomed {
        // SAFETY: no other thread exists yet.
        #[allow(clippy::disallowed_methods, reason = "before any thread exists")]
        unsafe {
            std::env::remove_var(name);
        }
    }
}

const SMALLEST: usize = 4 << 20;
const LARGEST: usize = 256 << 20;
