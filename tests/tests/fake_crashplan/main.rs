//! Proves that the fake CrashPlan keeps its promises to the real curl. It never runs the product.
#![allow(clippy::expect_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

mod by_hand;
mod concurrency;
mod curl;
mod faults;
mod routes;
mod tls;
mod tokens;
