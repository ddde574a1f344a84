//! Owns how a person gives a one-time code: at the terminal, or through an askpass program. It never keeps one.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use cp_token_protocol::{ErrorCode, Failure, Secret};

use super::ask;

const OUTPUT_LIMIT: usize = 64;

/// Asks at the terminal, else through `$CP_TOKEN_ASKPASS` or `$SSH_ASKPASS`; `needed` is the failure without both.
pub(crate) fn one_time_code(question: &str, needed: Failure) -> Result<Secret, Failure> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let askpass = variable("CP_TOKEN_ASKPASS").or_else(|| variable("SSH_ASKPASS"));
    let answer = match (super::has_terminal(), askpass) {
        (true, _) => ask(question)?,
        (false, Some(program)) => ask_program(&program, question)?,
        (false, None) => return Err(needed),
    };
    let digits = answer.expose().trim_ascii();
    if (6..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
        return Ok(Secret::copy_of(digits));
    }
    Err(Failure::new(ErrorCode::CODE_INVALID, "a one-time code has six to eight digits")
        .with_hint("nothing was sent; ask again with the digits alone"))
}

fn ask_program(program: &OsStr, question: &str) -> Result<Secret, Failure> {
    let mut command = Command::new(program);
    command.arg(question).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|_| no_answer("the askpass program cannot be run"))?;
    let answer =
        child.stdout.take().and_then(|output| Secret::read_from(output, OUTPUT_LIMIT, |_| false).ok());
    let is_done = child.wait().is_ok_and(|status| status.success());
    answer.filter(|_| is_done).ok_or_else(|| no_answer("the askpass program gave no code"))
}

fn no_answer(message: &str) -> Failure {
    Failure::new(ErrorCode::CODE_NEEDED, message)
        .with_hint("run this at a terminal, or set CP_TOKEN_ASKPASS to a program that prints the code")
}
