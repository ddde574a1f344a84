//! Owns the order of scripted answers: one-shot ones first, then the standing one. It plays none of them.

use std::collections::VecDeque;

use super::answer::Answer;

/// What to answer next.
pub(super) struct Script {
    once: VecDeque<Answer>,
    standing: Answer,
}

impl Script {
    pub(super) fn new() -> Self {
        Self { once: VecDeque::new(), standing: Answer::Normally }
    }

    pub(super) fn add(&mut self, answer: Answer) {
        self.once.push_back(answer);
    }

    /// Sets the standing answer. One-shot answers still waiting come first.
    pub(super) fn stand(&mut self, answer: Answer) {
        self.standing = answer;
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    pub(super) fn next(&mut self) -> Answer {
        self.once.pop_front().unwrap_or_else(|| self.standing.clone())
    }
}
