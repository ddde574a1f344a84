//! Owns how much of a repetition is done: a sample in every run, all of it where somebody asks for it.

/// `all` where `CP_TOKEN_TESTS_LONG` is set, else `sample`.
pub(crate) fn repetitions(sample: usize, all: usize) -> usize {
    if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { all } else { sample }
}
