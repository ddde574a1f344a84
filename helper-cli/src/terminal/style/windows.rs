//! Owns the question to the console on Windows how wide it is.
#![allow(unsafe_code)]

use std::io::{self, IsTerminal};
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::System::Console::{CONSOLE_SCREEN_BUFFER_INFO, GetConsoleScreenBufferInfo};

/// The columns of the console that standard output is, nothing if it is none, and 0 if it does not say.
pub(super) fn width_of_stdout() -> Option<usize> {
    let output = io::stdout();
    if !output.is_terminal() {
        return None;
    }
    let mut facts = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: standard output stays open, and `facts` is writable.
    let is_told = unsafe { GetConsoleScreenBufferInfo(output.as_raw_handle(), &raw mut facts) } != 0;
    let columns = i32::from(facts.srWindow.Right) - i32::from(facts.srWindow.Left) + 1;
    Some(usize::try_from(columns).unwrap_or(0)).map(|columns| if is_told { columns } else { 0 })
}
