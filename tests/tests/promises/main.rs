//! The promises of the product, each proved with the real binaries against a real server. One module for each
//! kind of promise; none of them knows the product's code.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

mod adapters;
mod answers;
mod clocks;
mod codes;
mod counts;
mod crashes;
mod curl;
mod demo;
mod doctor;
mod echoes;
mod edits;
mod exec;
mod git;
mod guesses;
mod handover;
mod import;
mod installations;
mod installing;
mod keyrings;
mod leaks;
mod leaving;
mod lifetimes;
mod lock;
mod log;
mod main_job;
mod manual;
mod network;
mod outages;
mod packages;
mod pages;
mod people;
mod prompts;
mod python;
mod refused;
mod reset;
mod schemas;
mod secrecy;
mod services;
mod shell_lines;
mod shells;
mod sizes;
mod sleep;
mod sources;
mod stopping;
mod storms;
mod supply;
mod tables;
mod tenants;
mod users;
mod verification;
mod waiting;
mod wiring;
mod worlds;
