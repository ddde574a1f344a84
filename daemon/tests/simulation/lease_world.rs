//! Owns histories of one lease: what may happen to it, and the promises that hold after every step.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::AccessToken;
use cp_tokend::clock::Moment;
use cp_tokend::failure;
use cp_tokend::lease::{Acceptance, Ask, Attempt, Decision, Demand, FailureKind, Lease, Served};

use crate::dice::Dice;
use crate::people::CLIENT;
use crate::server;

mod end;

const STEPS: u64 = 60;

struct World {
    dice: Dice,
    lease: Lease,
    now: Moment,
    /// What the lease is told; the same as `now` in an honest world.
    told: Option<Moment>,
    in_flight: Option<(Attempt, Moment)>,
    overtaken: Vec<(Attempt, Moment)>,
    issued: Vec<Known>,
    waiting: Vec<(Ask, Attempt)>,
    orders: VecDeque<Duration>,
    refused: bool,
    /// Whether only a caller with a one-time code can cause a request.
    needs_code: bool,
}

/// A token that the lease accepted, as the world knows it.
struct Known {
    text: String,
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
            overtaken: Vec::new(),
            issued: Vec::new(),
            waiting: Vec::new(),
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
        match self.lease.request(&ask, self.moment()) {
            Decision::Serve(served) => self.check_served(&served, &ask),
            Decision::Wait(attempt) => {
                self.collect_order(ask.has_code);
                assert_eq!(
                    self.in_flight.map(|(known, _)| known),
                    Some(attempt),
                    "waits for what is under way"
                );
                self.waiting.push((ask, attempt));
            }
            Decision::Refuse(_) => assert!(!self.will_be_answered(&ask), "a waiter for nothing"),
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
            Some(known) => Demand::Rejected(token(&known.text)),
            None if self.dice.one_in(12) => Demand::Fresh,
            None => Demand::Valid,
        };
        if let Demand::Rejected(reported) = &demand {
            self.note_rejection(&reported.clone());
        }
        let min_validity = self.dice.one_in(4).then(|| self.dice.milliseconds(2_000_000));
        Ask { demand, min_validity, has_code: self.dice.one_in(2) }
    }

    /// Only a report of the token in hand condemns it: any other is old news.
    fn note_rejection(&mut self, reported: &AccessToken) {
        if let Some(last) = self.issued.last_mut().filter(|last| last.text.as_bytes() == reported.expose()) {
            last.rejected = true;
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
                    Acceptance::Held => self.accepted(text, sent, life),
                    Acceptance::Late => panic!("the attempt under way is not late"),
                    Acceptance::Lifeless | Acceptance::Expired | Acceptance::Rejected => {}
                }
            }
            Err(error) => {
                let kind = failure::kind_of(&error, &CLIENT);
                self.refused = kind == FailureKind::Final;
                assert!(self.lease.on_failed(attempt, kind, now, chance));
            }
        }
        self.settle(attempt);
    }

    fn accepted(&mut self, text: String, sent: Moment, life: Duration) {
        let again = self.issued.iter().any(|known| known.text == text && known.rejected);
        assert!(!again, "a rejected token was accepted again");
        assert!(life <= Duration::from_secs(24 * 3600));
        self.refused = false;
        self.issued.push(Known { text, sent, life, rejected: false });
    }

    /// One outcome answers everybody who waited for the attempt, and nobody else waits.
    fn settle(&mut self, attempt: Attempt) {
        for (ask, awaited) in std::mem::take(&mut self.waiting) {
            assert_eq!(awaited, attempt, "a waiter waits for one attempt only");
            if let Ok(served) = self.lease.settle(&ask, self.moment()) {
                self.check_served(&served, &ask);
            }
        }
    }

    fn late_answer(&mut self) {
        let Some((attempt, sent)) = self.overtaken.pop() else { return };
        let before = format!("{:?}", self.lease);
        let life = Duration::from_secs(900);
        let late = token_owned(&format!("late-{}", self.dice.number()));
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
        self.in_flight = Some((attempt, self.now));
        self.count_order();
    }

    /// Liveness: in any span, eight requests and one more for each second.
    fn count_order(&mut self) {
        self.orders.push_back(self.now.boot);
        for (index, earlier) in self.orders.iter().enumerate() {
            let count = (self.orders.len() - index) as u64;
            let span = self.now.boot - *earlier;
            assert!(self.told.is_some() || count <= 9 + span.as_secs(), "{count} requests in {span:?}");
        }
    }

    fn check_served(&self, served: &Served, ask: &Ask) {
        let known = self.issued.last().expect("a token that was accepted");
        assert_eq!(served.token.expose(), known.text.as_bytes(), "the token in hand and no other");
        assert!(!known.rejected, "a rejected token was served");
        let left = self.now.until(known.sent.after(known.life));
        assert!(!left.is_zero(), "a token past its life");
        assert!(served.remaining < left, "the life that is shown is less than the true one");
        assert!(ask.min_validity.is_none_or(|asked| left >= asked), "less life than asked for");
    }
}

fn token(text: &str) -> Arc<AccessToken> {
    Arc::new(token_owned(text))
}

fn token_owned(text: &str) -> AccessToken {
    AccessToken::copy_of(text.as_bytes()).expect("a token")
}
