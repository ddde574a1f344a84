//! Attacks and accidents against the real binaries, each named by the id of its abuse case. Each negative one has
//! its positive control; none of them knows the product's code.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

mod activation;
mod bad_config;
mod bad_input;
mod crowds;
mod disk;
mod environment;
mod exhaustion;
mod flood;
mod garbage;
mod handover;
mod hung_disk;
mod inherited;
mod locked_memory;
mod logs;
mod managed;
mod memlock;
mod memory;
mod namespaces;
mod paths;
mod peers;
mod privilege;
mod python;
mod races;
mod shortage;
mod small_memory;
mod socket_path;
mod socket_removed;
mod stage;
mod stalled;
mod start;
mod umask;
