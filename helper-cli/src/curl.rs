//! Owns the understanding of a curl command: its grammar, what each option may do to a token, and the command that
//! the real curl gets in its place. Pure; files, programs and the daemon are the business of others.

mod answer;
mod argv;
mod check;
mod compose;
mod config;
mod item;
mod named;
mod options;
mod redact;
mod refusal;
mod repeat;
mod target;

pub(crate) use answer::{FirstAnswer, FirstStatus};
pub(crate) use argv::read as read_words;
pub(crate) use check::{Analysis, check, check_value};
pub(crate) use compose::{Credential, Step, compose};
pub(crate) use config::read as read_config;
pub(crate) use item::Item;
pub(crate) use named::files_read;
pub(crate) use options::{Effect, HEADER};
pub(crate) use redact::Redactor;
pub(crate) use refusal::refusal;
pub(crate) use repeat::{SideEffects, traces};

#[cfg(test)]
mod installed_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
