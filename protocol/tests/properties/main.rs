//! Owns the properties of every message and every sequence of bytes. Recorded bytes are in `golden`, hostile lengths in
//! `hostile`.
#![allow(clippy::unwrap_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

#[path = "../common/mod.rs"]
mod common;

mod findings;
mod frames;
mod handover;
mod messages;
mod profiles;
mod strategies;
