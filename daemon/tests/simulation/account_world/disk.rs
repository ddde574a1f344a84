//! Owns a file of used codes on a disk that may be slow, full or hang, as several daemons see it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::handover::CodeUse;
use cp_tokend::token_request::codes::log::{CLAIM_TIMEOUT, Claim, ClaimError, ClaimFault, CodeLog};

use crate::code_world::Log;
use crate::random::Random;

/// What a disk is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Temper {
    /// It takes milliseconds.
    Good,
    /// Each write may take as long as a step.
    Slow,
    /// Besides, some fail, before or after they took effect.
    Failing,
}

/// One daemon's way to the file.
pub(super) struct Disk {
    log: Arc<Log>,
    random: Arc<Mutex<Random>>,
    temper: Temper,
}

impl Disk {
    pub(super) fn new(log: Arc<Log>, random: Arc<Mutex<Random>>, temper: Temper) -> Self {
        Self { log, random, temper }
    }

    fn draw(&self) -> (Duration, Duration, u64) {
        let mut random = self.random.lock().expect("lock");
        let longest = if self.temper == Temper::Good || random.one_in(2) { 50 } else { 15_000 };
        (random.milliseconds(longest), random.milliseconds(longest), random.below(8))
    }

    async fn claim(&self, claim: Claim) -> Result<Option<CodeUse>, ClaimError> {
        let (before, after, fate) = self.draw();
        let failed = |fault| Err(ClaimError { file: "codes.json".to_owned(), fault });
        tokio::time::sleep(before).await;
        let is_failing = self.temper == Temper::Failing;
        if is_failing && fate == 0 {
            return failed(ClaimFault::File("full".to_owned()));
        }
        let taken = self.log.claim_now(&claim);
        tokio::time::sleep(after.min(CLAIM_TIMEOUT.saturating_sub(before))).await;
        match is_failing && fate == 1 || before + after > CLAIM_TIMEOUT {
            true => failed(ClaimFault::Slow),
            false => Ok(taken),
        }
    }
}

impl CodeLog for Disk {
    fn claim(
        &self,
        claim: Claim,
    ) -> Pin<Box<dyn Future<Output = Result<Option<CodeUse>, ClaimError>> + Send + '_>> {
        Box::pin(self.claim(claim))
    }
}
