//! Lists the modules for the command line: options, the program's own names, values and variables.

pub(crate) mod argv0;
pub(crate) mod cli;
pub(crate) mod fast_args;
pub(crate) mod proxy;
