//! The promises that hold on Windows, each verified with the real Windows binaries under Wine against a real server.
//! `tests/run-windows` builds them and says where they are; without it every test here is skipped, aloud.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

mod daemon;
mod pipe;
mod places;
mod profiles;
mod programs;
mod stage;
