//! Lists the modules for what people see and type: output, errors, questions, dates, styles.

pub(crate) mod date;
pub(crate) mod exit;
pub(crate) mod output;
pub(crate) mod prompt;
pub(crate) mod sanitize;
pub(crate) mod style;
pub(crate) mod wrap;

pub(crate) use output::object;
pub(crate) use sanitize::sanitize;
pub(crate) use style::{Piece, TerminalStyle, Tone};
