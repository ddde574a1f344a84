//! Owns histories of one lease: what may happen to it, and the promises that hold after every step.

use std::collections::VecDeque;
use std::time::Duration;

use cp_token_protocol::AccessToken;
use cp_tokend::base::clock::Moment;
use cp_tokend::lease::{AskedAt, Attempt, Decision, Freshness, Lease, Refusal, TokenFingerprint, TokenQuery};

use crate::random::Random;

mod answers;
mod checks;
mod end;

const STEPS: u64 = 60;

struct World {
    random: Random,
    lease: Lease,
    now: Moment,
    /// What the lease is told; the same as `now` in an honest world.
    message: Option<Moment>,
    in_flight: Option<(Attempt, Moment)>,
    /// How many have asked by now.
    asks: u64,
    /// How many had asked when the attempt under way was ordered.
    ordered_at: u64,
    overtaken: Vec<(Attempt, Moment)>,
    issued: Vec<Known>,
    waiting: Vec<(Waiter, Attempt)>,
    /// When the pause after the last failure is over at the earliest.
    pause: Option<Moment>,
    orders: VecDeque<Duration>,
    refused: bool,
    /// Whether only a caller with a one-time code can cause a request.
    needs_code: bool,
    /// Whether the secret is kept where somebody else changes it.
    is_only_read: bool,
    /// Whether the pause is for something that a person fixes, who says so with `forget`.
    ends_with_forget: bool,
    /// Whether callers want one new token after the other, and the server gives them at once.
    is_hasty: bool,
}

/// A caller who waits, and which one it is.
struct Waiter {
    query: TokenQuery,
    asked: AskedAt,
    number: u64,
}

/// A token that the lease accepted, as the world knows it.
struct Known {
    text: String,
    ordered_at: u64,
    sent: Moment,
    life: Duration,
    /// Whether somebody has reported it.
    reported: bool,
    /// Whether the first report waits for another one, while nobody knows whether it comes.
    set_aside: bool,
    /// Whether nobody may be served it any more.
    is_gone: bool,
}

pub(crate) fn history(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world.end();
}

/// As [`history`], for a lease that is never told a later time than the first.
pub(crate) fn history_with_a_frozen_clock(seed: u64) {
    let mut world = World::new(seed);
    world.message = Some(world.now);
    for _ in 0..STEPS {
        world.step();
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let boot = random.milliseconds(1_000_000_000);
        let now = Moment { boot, wall: Duration::from_secs(1_800_000_000) };
        let (needs_code, is_only_read, is_hasty) = (random.one_in(3), random.one_in(2), random.one_in(50));
        let mut lease = Lease::default();
        lease.require_code(needs_code);
        Self {
            random,
            lease,
            now,
            message: None,
            in_flight: None,
            asks: 0,
            ordered_at: 0,
            overtaken: Vec::new(),
            issued: Vec::new(),
            waiting: Vec::new(),
            pause: None,
            orders: VecDeque::new(),
            refused: false,
            needs_code,
            is_only_read,
            ends_with_forget: false,
            is_hasty,
        }
    }

    fn step(&mut self) {
        let kinds = if self.is_hasty { 10 } else { 16 };
        match self.random.below(kinds) {
            0..=6 => self.ask(),
            7..=9 => self.answer(),
            10 => self.let_time_pass(4_000_000),
            11 => self.let_time_pass(3_000),
            12 => self.set_wall_clock(),
            13 => self.late_answer(),
            14 if self.random.one_in(3) => self.forget(),
            _ => self.timer(),
        }
        self.collect_order(false);
    }

    fn moment(&self) -> Moment {
        self.message.unwrap_or(self.now)
    }

    fn ask(&mut self) {
        let query = self.random_ask();
        self.asks += 1;
        self.end_lives();
        let (number, asked) = (self.asks, self.lease.asked_at(self.moment()));
        let decision = self.lease.request_since(&query, asked, self.moment());
        self.note_rejection(&query, &decision);
        self.follow(Waiter { query, asked, number }, decision, query.has_code);
    }

    fn follow(&mut self, waiter: Waiter, decision: Decision, has_code: bool) {
        match decision {
            Decision::Serve(served) => self.check_served(&served, &waiter),
            Decision::Wait(attempt) => {
                self.collect_order(has_code);
                let under_way = self.in_flight.map(|(known, _)| known);
                assert_eq!(under_way, Some(attempt), "waits for what is under way");
                self.waiting.push((waiter, attempt));
            }
            Decision::Refuse(refusal) => {
                assert!(!self.will_be_answered(&waiter.query), "a waiter for nothing");
                let is_for_now =
                    matches!(refusal, Refusal::CoolingDown(_) | Refusal::Throttled(_) | Refusal::CodeNeeded);
                assert!(
                    !is_for_now || !self.has_one_for(&waiter.query),
                    "refused for now beside a live token"
                );
            }
        }
    }

    /// A refusal while an attempt is under way would leave the caller worse off than waiting, unless the token
    /// in hand already shows that the request cannot be met.
    fn will_be_answered(&self, query: &TokenQuery) -> bool {
        self.in_flight.is_some() && query.min_validity.is_none()
    }

    fn random_ask(&mut self) -> TokenQuery {
        let reported = match self.random.below(8) {
            0 => self.issued.iter_mut().last(),
            1 if !self.issued.is_empty() => {
                let index = self.random.below(self.issued.len() as u64) as usize;
                self.issued.get_mut(index)
            }
            _ => None,
        };
        let freshness = match reported {
            Some(known) => Freshness::Rejected(TokenFingerprint::of(&token(&known.text))),
            None if self.random.one_in(if self.is_hasty { 2 } else { 12 }) => Freshness::Fresh,
            None => Freshness::Valid,
        };
        let min_validity = self.random.one_in(4).then(|| self.random.milliseconds(2_000_000));
        TokenQuery { freshness, min_validity, has_code: self.random.one_in(2) }
    }

    fn forget(&mut self) {
        self.lease.forget();
        self.overtaken.extend(self.in_flight.take());
        self.waiting.clear();
        self.refused = false;
        self.pause = self.pause.filter(|_| !self.ends_with_forget);
        // A token that was forgotten, and its rejection with it, is unknown if it is issued again.
        self.issued.clear();
    }

    fn timer(&mut self) {
        if let Some(due) = self.lease.poll_timeout() {
            let pause = self.now.until(due).min(Duration::from_secs(30));
            self.pass(pause);
        }
        self.end_lives();
        self.lease.handle_timeout(self.moment());
    }

    fn let_time_pass(&mut self, milliseconds: u64) {
        let span = self.random.milliseconds(milliseconds);
        self.pass(span);
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now.after(span);
    }

    fn set_wall_clock(&mut self) {
        let shift = self.random.milliseconds(400_000_000);
        self.now.wall =
            if self.random.one_in(2) { self.now.wall + shift } else { self.now.wall.saturating_sub(shift) };
    }

    fn collect_order(&mut self, has_code: bool) {
        let Some(attempt) = self.lease.poll_effect() else { return };
        assert!(self.in_flight.is_none(), "two attempts at once");
        assert!(has_code || !self.needs_code, "a request that lacks its code");
        assert!(!self.refused || self.needs_code, "a refused secret was tried again");
        assert_eq!(self.lease.poll_effect(), None, "an order is given once");
        let is_over = self.pause.is_none_or(|end| self.now.until(end).is_zero());
        assert!(self.message.is_some() || is_over, "a request in a pause");
        self.in_flight = Some((attempt, self.now));
        self.ordered_at = self.asks;
        self.count_order();
    }
}

fn token(text: &str) -> AccessToken {
    AccessToken::copy_of(text.as_bytes()).expect("a token")
}
