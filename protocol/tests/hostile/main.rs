//! Owns the check that hostile bytes cause typed errors that need no memory and contain none of the bytes. Every attack has a
//! positive control.

#[path = "unix.rs"]
mod allocations;

mod bodies;
mod frames;
