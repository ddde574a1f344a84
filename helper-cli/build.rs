//! Owns how the shipped helper, a static musl binary, is linked. It generates no code.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=link-order.ld");
    let musl = var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "musl");
    let features = var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    if musl && features.split(',').any(|feature| feature == "crt-static") {
        let folder = var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/link-order.ld");
        // Nothing is relocated in a static binary, so this protects nothing; it only costs a page.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,norelro");
    }
}
