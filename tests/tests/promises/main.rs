//! The promises of the product, each proved with the real binaries against a real server. One module for each
//! kind of promise; none of them knows the product's code.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

mod answers;
mod clocks;
mod codes;
mod counts;
mod crashes;
mod curl;
mod demo;
mod exec;
mod guesses;
mod import;
mod keyrings;
mod leaks;
mod lifetimes;
mod lock;
mod main_job;
mod network;
mod people;
mod reset;
mod secrecy;
mod sizes;
mod sleep;
mod sources;
mod storms;
mod users;
mod wiring;
mod worlds;
