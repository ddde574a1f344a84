//! Owns which signals end a process, and how they are passed on to a child.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

/// The program that gets our signals; 0 for none.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// What the kernel sends if the instructions of the process itself are at fault.
const FAULTS: [c_int; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];

/// What a terminal sends to each process in its foreground.
const OF_A_TERMINAL: [c_int; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGWINCH];

/// The signals that end a process by default, but for faults, real-time signals, and SIGPIPE, which we ignore.
const ENDING: [c_int; 11] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGALRM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGXCPU,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGABRT,
];

#[cfg(target_os = "linux")]
fn of_this_system() -> impl Iterator<Item = c_int> {
    [libc::SIGXFSZ, libc::SIGIO, libc::SIGPWR, libc::SIGSTKFLT]
        .into_iter()
        .chain(libc::SIGRTMIN()..=libc::SIGRTMAX())
}

#[cfg(target_os = "macos")]
fn of_this_system() -> impl Iterator<Item = c_int> {
    [libc::SIGXFSZ, libc::SIGEMT].into_iter()
}

/// Blocks, in this thread, the first real-time signals: they would end us, and the C library lets nobody catch them.
pub(crate) fn block_reserved() {
    #[cfg(target_os = "linux")]
    change_reserved(libc::SIG_BLOCK);
}

/// Lets them act again.
pub(crate) fn unblock_reserved() {
    #[cfg(target_os = "linux")]
    change_reserved(libc::SIG_UNBLOCK);
}

#[cfg(target_os = "linux")]
fn change_reserved(how: c_int) {
    let set = (32..libc::SIGRTMIN()).fold(0_u64, |set, signal| set | 1 << (signal - 1));
    let nothing = std::ptr::null_mut::<u64>();
    // SAFETY: the kernel reads a set of the size that it is given. The C library's own call would leave them out.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const set, nothing, size_of::<u64>()) };
}

/// Every signal that can be caught and ends a process that has made no other arrangement.
pub(crate) fn ending() -> impl Iterator<Item = c_int> {
    ENDING.into_iter().chain(FAULTS).chain(of_this_system())
}

/// The signals that are meant for the program and not for us.
pub(super) fn all_passed_on() -> libc::sigset_t {
    set_of(passed_on())
}

/// Unblocks them, but for those that `mask` blocks. The reserved ones stay as they are.
pub(super) fn unblock_passed_on(mask: &libc::sigset_t) {
    // SAFETY: the mask is valid for reading.
    let was_blocked = |signal: &c_int| unsafe { libc::sigismember(mask, *signal) } == 1;
    let unblocked = set_of(passed_on().filter(|signal| !was_blocked(signal)));
    // SAFETY: the set is valid for reading.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const unblocked, std::ptr::null_mut()) };
}

fn passed_on() -> impl Iterator<Item = c_int> {
    ending().chain([libc::SIGTSTP, libc::SIGWINCH])
}

/// From now on they are for the program, once there is one.
pub(super) fn pass_all_on() {
    passed_on().for_each(pass_on);
}

/// Names the program that gets our signals; 0 for none.
pub(super) fn set_program(pid: i32) {
    CHILD.store(pid, Ordering::Relaxed);
}

/// A signal that was ignored when we were called stays ignored, for both of us.
fn pass_on(signal: c_int) {
    install(signal, on_signal, libc::SA_RESTART | libc::SA_ONSTACK);
}

/// A handler that gets the kernel's description of the signal.
type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Installs the handler, and returns the action before; `None` if the signal is ignored, and stays so.
pub(crate) fn install(signal: c_int, handler: Handler, flags: c_int) -> Option<libc::sigaction> {
    // SAFETY: both structures are plain data; our handlers make system calls alone.
    unsafe {
        let mut before: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut before) != 0
            || before.sa_sigaction == libc::SIG_IGN
        {
            return None;
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | flags;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        Some(before)
    }
}

/// Passes a signal on, unless the child got it from the terminal as well, or we sent it to ourselves.
extern "C" fn on_signal(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel gives a valid description of the signal; the calls take plain numbers. The error number of
    // whatever was interrupted is put back.
    unsafe {
        if end_of_a_fault(signal, info) {
            return;
        }
        let is_sent = (*info).si_code <= 0;
        let is_our_own = is_sent && (*info).si_pid() == libc::getpid();
        let has_reached_it = !is_sent && OF_A_TERMINAL.contains(&signal);
        let child = CHILD.load(Ordering::Relaxed);
        if child != 0 && !is_our_own && !has_reached_it {
            let number = errno();
            let before = *number;
            // It may have ended.
            libc::kill(child, signal);
            *number = before;
        }
    }
}

/// Whether it is a fault of our own instructions; then the signal ends us when its handler returns.
///
/// # Safety
/// `info` describes the signal, as the kernel gave it to a handler.
pub(crate) unsafe fn end_of_a_fault(signal: c_int, info: *const libc::siginfo_t) -> bool {
    // SAFETY: as the caller promises; the calls take plain numbers.
    unsafe {
        let is_fault = FAULTS.contains(&signal) && (*info).si_code > 0;
        if is_fault {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        is_fault
    }
}

pub(super) fn set_of(signals: impl IntoIterator<Item = c_int>) -> libc::sigset_t {
    // SAFETY: the set is made empty before anything is put into it.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, signal);
        }
        set
    }
}

#[cfg(target_os = "linux")]
pub(crate) fn errno() -> *mut c_int {
    // SAFETY: the place of this thread's own number.
    unsafe { libc::__errno_location() }
}

/// As above.
#[cfg(target_os = "macos")]
pub(crate) fn errno() -> *mut c_int {
    // SAFETY: the place of this thread's own number.
    unsafe { libc::__error() }
}
