//! Runs in the place of a new `cp-tokend` that is broken, slow or attacked. What it was given it keeps for as long as it
//! lives.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod unix;

fn main() {
    #[cfg(target_os = "linux")]
    linux::run();
}
