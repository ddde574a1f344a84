//! Owns the entrance of libFuzzer to `request`; what it checks is in `lib.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cp_token_protocol_fuzz::request(data));
