//! Owns the map of where secrets come from: the sources, the programs that print them, how they are held.

pub mod failure;
pub mod program;
pub mod secret_bundle;
pub mod secret_reader;
pub mod secret_record;
pub mod sources;
