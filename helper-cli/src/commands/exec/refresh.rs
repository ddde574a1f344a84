//! Owns `cp-token exec --file`: a file with a valid token while a program runs. It never asks a person.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cp_token_protocol::message::{ProfileSelector, TokenResponse};
use cp_token_protocol::{AccessToken, ErrorCode, Failure};

use super::token_file::TokenFolder;
use super::{ProgramLine, not_run};
use crate::commands::fetch_token::{TokenOptions, fetch};
use crate::commands::shared::{ipc_address, not_written};
use crate::daemon::deadline::Deadline;
use crate::run::program::{block_reserved, exit_as, start_thread};
use crate::terminal::exit::{self, ErrorFormat};

/// The longest pause between two looks, so that a lock or a refusal is soon noticed.
const MAX_PAUSE: Duration = Duration::from_secs(3);

/// The shortest one, however short a token's life.
const MIN_PAUSE: Duration = Duration::from_millis(50);

/// How many looks fit into what is left of a token's life.
const CHECKS_PER_LIFETIME: u32 = 5;

const FAILURE_PAUSE: Duration = Duration::from_secs(1);

const REFRESH_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn run(line: &ProgramLine<'_>, options: TokenOptions) -> Result<(), Failure> {
    let folder = TokenFolder::new(&ipc_address()?)?;
    let (profile, min_validity_ms) = (options.request.profile.clone(), options.request.min_validity_ms);
    let token = fetch(options)?;
    block_reserved();
    folder.put(token.access_token.expose()).map_err(|error| not_written(&error))?;
    let mut program = line.program(&token);
    program.env("CP_TOKEN_FILE", folder.file());
    let folder = Arc::new(Mutex::new(Some(folder)));
    let refresher = TokenRefresher {
        folder: Arc::clone(&folder),
        profile,
        min_validity_ms,
        current: Some(current(&token)),
    };
    // Without a thread that keeps the file fresh, the program is not run. It begins once the program runs.
    let (began, begin) = sync_channel(1);
    start_thread("refresher", move || refresher.refresh_loop(&begin, token.expires_in_ms)).map_err(|_| {
        let message = "the program was not run: the system gives out no thread for the file";
        Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message)
            .with_hint("see the limit on processes (ulimit -u), or do without --file")
    })?;
    // With the first thread of a process, the C library lets them act again.
    block_reserved();
    let running = program.start().map_err(|error| not_run(&error))?;
    drop(began);
    let status = running.wait();
    // A refresh in progress finds no directory any more.
    drop(folder.lock().unwrap_or_else(PoisonError::into_inner).take());
    exit_as(status.map_err(|error| not_run(&error))?)
}

struct TokenRefresher {
    folder: Arc<Mutex<Option<TokenFolder>>>,
    profile: ProfileSelector,
    min_validity_ms: Option<u64>,
    current: Option<CurrentToken>,
}

/// The token in the file, and the end of its life.
type CurrentToken = (Arc<AccessToken>, Deadline);

fn current(token: &TokenResponse) -> CurrentToken {
    let end = Deadline::new(Duration::from_millis(token.expires_in_ms));
    // This starts its clock, which may stop in suspend; the next refresh then gets another token, as after any pause.
    let _ = end.remaining();
    (Arc::clone(&token.access_token), end)
}

impl TokenRefresher {
    fn refresh_loop(mut self, begin: &Receiver<()>, expires_in_ms: u64) {
        let _ = begin.recv();
        let mut pause = pause(expires_in_ms);
        loop {
            std::thread::sleep(pause);
            // One that lives on, if for less long than was asked for, is better than none.
            let token = self.ask(self.min_validity_ms).or_else(|failure| match self.min_validity_ms {
                Some(_) => self.ask(None).map_err(|_| failure),
                None => Err(failure),
            });
            pause = match token {
                Ok(token) => self.store(&token),
                Err(failure) => self.drop_token(failure),
            };
        }
    }

    fn ask(&self, min_validity_ms: Option<u64>) -> Result<TokenResponse, Failure> {
        let mut options = TokenOptions::of(self.profile.clone());
        options.request.min_validity_ms = min_validity_ms;
        // The loop itself is the retry.
        let (timeout, retries) = (Some(REFRESH_TIMEOUT), Some(false));
        fetch(TokenOptions { timeout, retries, may_ask: false, ..options })
    }

    fn store(&mut self, token: &TokenResponse) -> Duration {
        if self.current.as_ref().is_none_or(|(current, _)| !current.matches(&token.access_token)) {
            match self.with_folder(|folder| folder.put(token.access_token.expose())) {
                Some(Err(error)) => return self.drop_token(not_written(&error)),
                Some(Ok(())) | None => self.current = Some(current(token)),
            }
        }
        pause(token.expires_in_ms)
    }

    /// Removes a token that may be dead. While the daemon does not answer, the token stays until it expires.
    fn drop_token(&mut self, failure: Failure) -> Duration {
        let is_retryable = matches!(failure.code, ErrorCode::DAEMON_UNAVAILABLE | ErrorCode::TIMED_OUT);
        if is_retryable && self.current.as_ref().is_some_and(|(_, end)| end.remaining().is_ok()) {
            return FAILURE_PAUSE;
        }
        if self.with_folder(TokenFolder::clear).is_some() && self.current.take().is_some() {
            exit::conclude(Err(failure), ErrorFormat::Text);
        }
        FAILURE_PAUSE
    }

    fn with_folder<T>(&self, act: impl FnOnce(&TokenFolder) -> T) -> Option<T> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(act)
    }
}

fn pause(expires_in_ms: u64) -> Duration {
    (Duration::from_millis(expires_in_ms) / CHECKS_PER_LIFETIME).clamp(MIN_PAUSE, MAX_PAUSE)
}
