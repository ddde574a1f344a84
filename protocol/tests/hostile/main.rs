//! Owns the proof that hostile bytes end as typed errors that cost no memory and repeat nothing. Every
//! attack stands beside a control that would show if the test itself were blind.

#[path = "unix.rs"]
mod allocations;

mod bodies;
mod frames;
