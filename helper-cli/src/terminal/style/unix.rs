//! Owns the question to the terminal on Unix how wide it is.

/// The columns of the terminal that standard output is, nothing if it is none, and 0 if it does not say.
pub(super) fn width_of_stdout() -> Option<usize> {
    let output = rustix::stdio::stdout();
    rustix::termios::isatty(output)
        .then(|| rustix::termios::tcgetwinsize(output).map_or(0, |size| usize::from(size.ws_col)))
}
