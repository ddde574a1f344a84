//! Lists the modules for other programs: finding them, quoting their words, becoming one of them.

pub(crate) mod home;
#[cfg_attr(windows, path = "run/program/windows.rs")]
pub(crate) mod program;
pub(crate) mod program_line;
pub(crate) mod shell;

/// Why there is no file to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    NotFound,
    /// There is one, but it is no program, or not for us.
    NotRunnable,
}
