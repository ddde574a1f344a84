//! Promises to Python programs: the official SDK and the official CLI, both real, live on cp-token's tokens through
//! expiry, revocation and restarts, and each of these costs one token request.

mod provider;
mod threads;
mod wrapper;
