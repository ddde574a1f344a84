//! Lists the modules for secrets: the sources, the programs that print them, how they are held.

pub mod failure;
pub mod program;
pub mod secret_bundle;
pub mod secret_reader;
pub mod secret_record;
pub mod sources;
