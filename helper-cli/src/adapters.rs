//! Owns the protocols of other programs that ask for a token: bytes in, a query out; a token in, bytes out. It does no I/O.

pub(crate) mod basic;
pub(crate) mod bazel;
pub(crate) mod docker;
pub(crate) mod git;
pub(crate) mod kubectl;

use cp_token_protocol::{ErrorCode, Failure};

pub(crate) const INPUT_LIMIT: usize = 64 * 1024;

/// What another program handed over is not what its protocol says. Nothing of it is repeated.
fn malformed(message: &str) -> Failure {
    Failure::new(ErrorCode::BAD_INPUT, message).with_hint("nothing was answered; see which program asks")
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec(value)
        .map_err(|_| Failure::new(ErrorCode::INTERNAL, "the answer has no JSON form"))?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod samples;
