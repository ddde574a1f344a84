//! Owns the system calls that harden the process on Windows.
#![allow(unsafe_code)]

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

use super::{HardenError, is_kept, report};

/// Hardens the process, before any thread, pipe or secret exists. Reports what succeeded.
pub fn process(_: &[i32]) -> Result<Vec<ProtectionReport>, HardenError> {
    let mut reports = vec![
        report("libraries from the system folder alone", Some(restrict_library_search())),
        report(
            "no libraries from other machines or of low trust",
            Some(set_policy(ProcessImageLoadPolicy, IMAGE_LOAD_POLICY)),
        ),
        report(
            "no extension points in this process",
            Some(set_policy(ProcessExtensionPointDisablePolicy, POLICY_ON)),
        ),
        report("no code made at run time", Some(set_policy(ProcessDynamicCodePolicy, POLICY_ON))),
        report("no error report with the memory's content", Some(disable_crash_reports())),
    ];
    disinherit_streams();
    raise_working_set();
    clear_environment();
    reports.push(report("freed memory wiped", Some(true)));
    reports.push(report("pipe for this user alone, peer checked", Some(true)));
    reports.push(report("no tracing by other programs of the user", None));
    Ok(reports)
}

/// The protections of the start cannot be turned off here.
pub fn status() -> Vec<ProtectionReport> {
    Vec::new()
}

/// The working set is the limit, and it is raised at the start.
pub fn locked_memory_limit() -> Option<u64> {
    None
}

/// There is no such limit.
pub fn processor_time_limit() -> Option<u64> {
    None
}

/// Not needed without a limit.
pub fn processor_time() -> u64 {
    0
}

/// How many connections may be open at a time.
pub fn connection_limit() -> usize {
    4096
}

/// The system returns free pages by itself.
pub fn give_memory_back() {}

/// Libraries in the current folder or beside a document are not loaded.
fn restrict_library_search() -> bool {
    // SAFETY: sets a flag in the loader.
    unsafe { SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32) != 0 }
}

/// The first bit of a policy turns it on.
const POLICY_ON: u32 = 1;
/// Not from another machine, not of low integrity, the system's folder first.
const IMAGE_LOAD_POLICY: u32 = 0b111;

/// Whether the system has the policy.
fn set_policy(policy: PROCESS_MITIGATION_POLICY, bits: u32) -> bool {
    // SAFETY: each of these policies is one u32.
    unsafe { SetProcessMitigationPolicy(policy, (&raw const bits).cast(), size_of::<u32>()) != 0 }
}

/// Without the fault dialog, Windows Error Reporting does not run; if it does, it leaves the heap out.
fn disable_crash_reports() -> bool {
    // SAFETY: both set flags.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
        WerSetFlags(WER_FAULT_REPORTING_FLAG_NOHEAP) >= 0
    }
}

/// Children do not inherit our standard streams; other handles are not inheritable anyway.
fn disinherit_streams() {
    for stream in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // SAFETY: a missing or closed stream is refused.
        unsafe { SetHandleInformation(GetStdHandle(stream), HANDLE_FLAG_INHERIT, 0) };
    }
}

/// A process may lock nearly as many pages as its minimum working set has.
fn raise_working_set() {
    // SAFETY: the pseudo handle of this process is always valid. A refusal only means fewer locked pages.
    unsafe { SetProcessWorkingSetSize(GetCurrentProcess(), MIN_WORKING_SET_BYTES, MAX_WORKING_SET_BYTES) };
}

fn clear_environment() {
    for (name, _) in std::env::vars_os().filter(|(name, _)| !is_kept(&name.to_string_lossy())) {
        // SAFETY: no other thread exists yet.
        #[allow(clippy::disallowed_methods, reason = "before any thread exists")]
        unsafe {
            std::env::remove_var(name);
        }
    }
}

const MIN_WORKING_SET_BYTES: usize = 4 << 20;
const MAX_WORKING_SET_BYTES: usize = 256 << 20;
