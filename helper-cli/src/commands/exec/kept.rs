//! Owns `cp-token exec --file`: a file with a valid token for as long as a program runs. It asks often enough, and
//! never a person: the program has the terminal.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cp_token_protocol::message::{ProfileSelector, TokenGrant};
use cp_token_protocol::{AccessToken, Failure};

use super::place::Place;
use super::{Line, not_run, wanted};
use crate::cli::ExecOptions;
use crate::commands::grant::{Wanted, grant};
use crate::exit::{self, ErrorFormat};
use crate::program::end_as;

/// The longest pause between two looks, so that a lock or a refusal is soon noticed.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// The shortest one, however short a token's life.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// How many looks fit into what is left of a token's life.
const LOOKS: u32 = 5;

/// The pause after a look that found no token.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the program beside a file that is kept fresh.
///
/// # Errors
/// Why it was not run; otherwise this ends as the program ends.
pub(super) fn run(line: &Line<'_>, profile: &ProfileSelector, options: &ExecOptions) -> Result<(), Failure> {
    let place = Place::new(&crate::commands::meeting_place()?)?;
    let token = grant(wanted(options, profile.clone()))?;
    place.put(token.access_token.expose()).map_err(|error| crate::commands::not_written(&error))?;
    let mut program = line.program(&token);
    program.set("CP_TOKEN_FILE", place.file());
    let beside = program.start().map_err(|error| not_run(&error))?;
    let place = Arc::new(Mutex::new(Some(place)));
    let keeper = Keeper {
        place: Arc::clone(&place),
        profile: profile.clone(),
        min_validity: options.min_validity,
        held: Some(token.access_token),
    };
    std::thread::spawn(move || keeper.keep(token.expires_in_ms));
    let status = beside.wait();
    // Whoever is just asking for a token finds no place for it any more.
    drop(place.lock().unwrap_or_else(PoisonError::into_inner).take());
    end_as(status.map_err(|error| not_run(&error))?)
}

/// Who keeps the file fresh.
struct Keeper {
    place: Arc<Mutex<Option<Place>>>,
    profile: ProfileSelector,
    min_validity: Option<Duration>,
    /// The token that is in the file.
    held: Option<Arc<AccessToken>>,
}

impl Keeper {
    /// Looks again and again, for as long as the process lives.
    fn keep(mut self, expires_in_ms: u64) {
        let mut pause = pause(expires_in_ms);
        loop {
            std::thread::sleep(pause);
            let wanted = Wanted {
                min_validity: self.min_validity,
                timeout: PATIENCE,
                may_ask: false,
                ..Wanted::of(self.profile.clone())
            };
            pause = match grant(wanted) {
                Ok(token) => self.hold(&token),
                Err(failure) => self.let_go(failure),
            };
        }
    }

    fn hold(&mut self, token: &TokenGrant) -> Duration {
        if self.held.as_ref().is_none_or(|held| !held.matches(&token.access_token)) {
            match self.with_place(|place| place.put(token.access_token.expose())) {
                Some(Err(error)) => return self.let_go(crate::commands::not_written(&error)),
                Some(Ok(())) | None => self.held = Some(Arc::clone(&token.access_token)),
            }
        }
        pause(token.expires_in_ms)
    }

    /// No token is better than one that may be dead. The daemon serves the old one as long as it lives, so whoever
    /// gets none has none.
    fn let_go(&mut self, failure: Failure) -> Duration {
        let is_news = self.with_place(Place::clear).is_some() && self.held.take().is_some();
        if is_news {
            exit::conclude(Err(failure), ErrorFormat::Text);
        }
        AFTER_A_FAILURE
    }

    /// Does something with the place, unless the program has ended.
    fn with_place<T>(&self, act: impl FnOnce(&Place) -> T) -> Option<T> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(act)
    }
}

fn pause(expires_in_ms: u64) -> Duration {
    (Duration::from_millis(expires_in_ms) / LOOKS).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}
