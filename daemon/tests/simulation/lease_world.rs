//! Owns histories of one lease: what may happen to it, and the promises that hold after every step.

use std::collections::VecDeque;
use std::time::Duration;

use cp_token_protocol::AccessToken;
use cp_tokend::clock::Moment;
use cp_tokend::failure;
use cp_tokend::lease::{
    Acceptance, Ask, Asked, Attempt, Decision, Demand, FailureKind, Fingerprint, Lease, Refusal, policy,
};

use crate::dice::Dice;
use crate::people::CLIENT;
use crate::server;

mod checks;
mod end;

const STEPS: u64 = 60;

struct World {
    dice: Dice,
    lease: Lease,
    now: Moment,
    /// What the lease is told; the same as `now` in an honest world.
    told: Option<Moment>,
    in_flight: Option<(Attempt, Moment)>,
    /// How many have asked by now.
    asks: u64,
    /// How many had asked when the attempt under way was ordered.
    ordered_at: u64,
    overtaken: Vec<(Attempt, Moment)>,
    issued: Vec<Known>,
    waiting: Vec<(Waiter, Attempt)>,
    /// The end of the pause that the server has asked for.
    pause: Option<Moment>,
    orders: VecDeque<Duration>,
    refused: bool,
    /// Whether only a caller with a one-time code can cause a request.
    needs_code: bool,
}

/// A caller who waits, and which one it is.
struct Waiter {
    ask: Ask,
    asked: Asked,
    number: u64,
}

/// A token that the lease accepted, as the world knows it.
struct Known {
    text: String,
    ordered_at: u64,
    sent: Moment,
    life: Duration,
    rejected: bool,
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
    world.told = Some(world.now);
    for _ in 0..STEPS {
        world.step();
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let boot = dice.milliseconds(1_000_000_000);
        let now = Moment { boot, wall: Duration::from_secs(1_800_000_000) };
        let needs_code = dice.one_in(3);
        let mut lease = Lease::default();
        lease.require_code(needs_code);
        Self {
            dice,
            lease,
            now,
            told: None,
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
        }
    }

    fn step(&mut self) {
        match self.dice.below(16) {
            0..=6 => self.ask(),
            7..=9 => self.answer(),
            10 => self.let_time_pass(4_000_000),
            11 => self.let_time_pass(3_000),
            12 => self.set_wall_clock(),
            13 => self.late_answer(),
            14 if self.dice.one_in(3) => self.forget(),
            _ => self.timer(),
        }
        self.collect_order(false);
    }

    fn moment(&self) -> Moment {
        self.told.unwrap_or(self.now)
    }

    fn ask(&mut self) {
        let ask = self.random_ask();
        self.asks += 1;
        let (number, asked) = (self.asks, self.lease.asked(self.moment()));
        let decision = self.lease.request(&ask, self.moment());
        self.note_rejection(&ask, &decision);
        self.follow(Waiter { ask, asked, number }, decision, ask.has_code);
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
            Decision::Refuse(_) => assert!(!self.will_be_answered(&waiter.ask), "a waiter for nothing"),
        }
    }

    /// A refusal while an attempt is under way would leave the caller worse off than waiting, unless the token
    /// in hand already proves that the wish cannot be met.
    fn will_be_answered(&self, ask: &Ask) -> bool {
        self.in_flight.is_some() && ask.min_validity.is_none()
    }

    fn random_ask(&mut self) -> Ask {
        let reported = match self.dice.below(8) {
            0 => self.issued.iter_mut().last(),
            1 if !self.issued.is_empty() => {
                let index = self.dice.below(self.issued.len() as u64) as usize;
                self.issued.get_mut(index)
            }
            _ => None,
        };
        let demand = match reported {
            Some(known) => Demand::Rejected(Fingerprint::of(&token(&known.text))),
            None if self.dice.one_in(12) => Demand::Fresh,
            None => Demand::Valid,
        };
        let min_validity = self.dice.one_in(4).then(|| self.dice.milliseconds(2_000_000));
        Ask { demand, min_validity, has_code: self.dice.one_in(2) }
    }

    /// Only a report of the token in hand condemns it: any other is old news. While no other can be asked for, it stays
    /// for those who do not report it.
    fn note_rejection(&mut self, ask: &Ask, decision: &Decision) {
        let Demand::Rejected(reported) = ask.demand else { return };
        let last = self.issued.last_mut().filter(|last| Fingerprint::of(&token(&last.text)) == reported);
        let Some(last) = last else { return };
        match decision {
            // Where the wish cannot be met anyway, nobody hears whether it stays.
            Decision::Refuse(
                Refusal::CoolingDown(_) | Refusal::Throttled(_) | Refusal::MinValidity { .. },
            ) => {}
            Decision::Refuse(_) | Decision::Wait(_) => last.rejected = true,
            Decision::Serve(served) => {
                assert!(Fingerprint::of(&served.token) != reported, "served to who reported it")
            }
        }
    }

    fn answer(&mut self) {
        let Some((attempt, sent)) = self.in_flight.take() else { return };
        let reissue =
            self.dice.one_in(6).then(|| self.issued.last().map(|known| known.text.clone())).flatten();
        let text = reissue.unwrap_or_else(|| format!("token-{}", self.dice.number()));
        let chance = self.dice.fraction();
        let now = self.moment();
        match server::answer(&mut self.dice, &text, sent.wall) {
            Ok(issued) => {
                let life = issued.life;
                match self.lease.on_granted(attempt, issued.token, life, sent, now, chance) {
                    Acceptance::Held => {
                        self.accepted(text, sent, life);
                        return self.settle(attempt);
                    }
                    Acceptance::Late => panic!("the attempt under way is not late"),
                    Acceptance::Lifeless | Acceptance::Expired | Acceptance::Rejected => self.pause = None,
                }
            }
            Err(error) => {
                let kind = failure::kind_of(&error, &CLIENT);
                self.refused = kind == FailureKind::Final;
                assert!(self.lease.on_failed(attempt, kind, now, chance));
                self.pause = match kind {
                    FailureKind::Passing { retry_after: Some(asked_for), cap } => {
                        Some(now.after(policy::back_off(1, cap, Some(asked_for), chance)))
                    }
                    // A request was made, so the one before is over, whatever a clock will say.
                    FailureKind::Passing { .. } | FailureKind::Final => None,
                };
            }
        }
        // They are told why.
        self.waiting.clear();
    }

    fn accepted(&mut self, text: String, sent: Moment, life: Duration) {
        let again = self.issued.iter().any(|known| known.text == text && known.rejected);
        assert!(!again, "a rejected token was accepted again");
        assert!(life <= Duration::from_secs(24 * 3600));
        (self.refused, self.pause) = (false, None);
        self.issued.push(Known { text, ordered_at: self.ordered_at, sent, life, rejected: false });
    }

    /// One outcome answers everybody who waited for the attempt, and nobody else waits. Only who wants a token that was
    /// requested later waits for another.
    fn settle(&mut self, attempt: Attempt) {
        for (waiter, awaited) in std::mem::take(&mut self.waiting) {
            assert_eq!(awaited, attempt, "a waiter waits for one attempt at a time");
            let decision = self.lease.settle(&waiter.ask, waiter.asked, self.moment());
            let waits_on = matches!(decision, Decision::Wait(_));
            assert!(!waits_on || matches!(waiter.ask.demand, Demand::Fresh), "one attempt is enough");
            self.follow(waiter, decision, false);
        }
    }

    fn late_answer(&mut self) {
        let Some((attempt, sent)) = self.overtaken.pop() else { return };
        let before = format!("{:?}", self.lease);
        let life = Duration::from_secs(900);
        let late = token(&format!("late-{}", self.dice.number()));
        assert_eq!(self.lease.on_granted(attempt, late, life, sent, self.moment(), 0.5), Acceptance::Late);
        assert!(!self.lease.on_failed(attempt, FailureKind::Final, self.moment(), 0.5));
        assert_eq!(format!("{:?}", self.lease), before, "a late result changes nothing");
    }

    fn forget(&mut self) {
        self.lease.forget();
        self.overtaken.extend(self.in_flight.take());
        self.waiting.clear();
        self.refused = false;
        // A token that was forgotten, and its rejection with it, is a stranger if it is issued again.
        self.issued.clear();
    }

    fn timer(&mut self) {
        if let Some(due) = self.lease.poll_timeout() {
            let pause = self.now.until(due).min(Duration::from_secs(30));
            self.pass(pause);
        }
        self.lease.handle_timeout(self.moment());
    }

    fn let_time_pass(&mut self, milliseconds: u64) {
        let span = self.dice.milliseconds(milliseconds);
        self.pass(span);
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now.after(span);
    }

    fn set_wall_clock(&mut self) {
        let shift = self.dice.milliseconds(400_000_000);
        self.now.wall =
            if self.dice.one_in(2) { self.now.wall + shift } else { self.now.wall.saturating_sub(shift) };
    }

    fn collect_order(&mut self, has_code: bool) {
        let Some(attempt) = self.lease.poll_effect() else { return };
        assert!(self.in_flight.is_none(), "two attempts at once");
        assert!(has_code || !self.needs_code, "a request that lacks its code");
        assert!(!self.refused || self.needs_code, "a refused secret was tried again");
        assert_eq!(self.lease.poll_effect(), None, "an order is given once");
        let is_over = self.pause.is_none_or(|end| self.now.until(end).is_zero());
        assert!(self.told.is_some() || is_over, "a request in a pause that the server has asked for");
        self.in_flight = Some((attempt, self.now));
        self.ordered_at = self.asks;
        self.count_order();
    }
}

fn token(text: &str) -> AccessToken {
    AccessToken::copy_of(text.as_bytes()).expect("a token")
}
