//! Lists the modules for the connection to the daemon: finding it, starting it, asking it, for how long.

pub(crate) mod client;
pub(crate) mod deadline;
pub(crate) mod launch;
