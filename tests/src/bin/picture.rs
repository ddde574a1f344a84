//! Writes docs/demo.svg, the README's picture, from a real session. It decides nothing about its content.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let Some(session) = cp_token_tests::picture::session() else { return ExitCode::from(69) };
    let file = cp_token_tests::snippets::root().join("docs/demo.svg");
    match std::fs::write(file, cp_token_tests::picture::draw(&session)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(74),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::from(69)
}
