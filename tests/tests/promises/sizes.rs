//! Owns how much of a repetition is done: a sample in every run, all of it where somebody asks for it.

/// `all` where `CP_TOKEN_TESTS_LONG` is set, else `sample`.
pub(crate) fn repetitions(sample: usize, all: usize) -> usize {
    if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { all } else { sample }
}

/// Says what a long run came to, for the figures in CONTRIBUTING.md.
pub(crate) fn tell(figure: &str) {
    use std::io::{Write, stderr};
    if repetitions(0, 1) == 1 {
        // `eprintln` would be swallowed with the output of a test that passes.
        drop(writeln!(stderr(), "{figure}"));
    }
}
