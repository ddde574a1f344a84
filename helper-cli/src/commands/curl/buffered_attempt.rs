//! Owns the first time of a curl that may be run twice: what it writes is kept back until the status of its answer is
//! known, and then passed on as curl has it, or thrown away.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::{ChildStderr, ChildStdout, ExitStatus};

use cp_token_protocol::Failure;
use cp_token_protocol::message::TokenResponse;

use super::head::HeadPlace;
use super::stream::{PIECE, read};
use super::{CheckedCommand, not_run};
use crate::curl::{Effect, FirstAnswer, Item, Redactor, SideEffects, Step, Verdict};
use crate::run::program::{Pipe, RunningProgram, poll_readable, set_nonblocking};
use crate::terminal::output;

/// Most bytes that are kept back before the status is known; interim answers are short.
const MOST_KEPT: usize = 1024 * 1024;

/// curl's first time.
pub(super) struct BufferedAttempt {
    beside: RunningProgram,
    heads: Option<File>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    answer: FirstAnswer,
    redactor: Redactor,
    kept: Kept,
    /// Where the user wants the heads of answers.
    head_place: Option<HeadPlace>,
    piece: Vec<u8>,
}

/// What has come and not been passed on.
#[derive(Default)]
struct Kept {
    heads: Vec<u8>,
    output: Vec<u8>,
    errors: Vec<u8>,
}

impl BufferedAttempt {
    /// Starts it, with its output, its complaints and the heads of its answers in our hands.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub(super) fn start(
        judged: &CheckedCommand,
        token: &TokenResponse,
        traces: &SideEffects,
    ) -> Result<Self, Failure> {
        let (theirs, heads) = Pipe::from_program().map_err(|error| not_run(&error))?;
        let heads = File::from(heads);
        let steps: Vec<_> =
            judged.steps.iter().map(|step| without_head(step.items().to_vec(), step)).collect();
        let default: Vec<_> = judged.default.iter().filter(|item| !is_head(item)).cloned().collect();
        let mut program = judged.program(&default, &steps, token)?;
        program.args(["--suppress-connect-headers", "--dump-header", &theirs.path()]);
        program.inherit(theirs);
        program.capture(true, true);
        set_nonblocking(&heads).map_err(|error| not_run(&error))?;
        let mut beside = program.start().map_err(|error| not_run(&error))?;
        Ok(Self {
            heads: Some(heads),
            output: beside.output(),
            errors: beside.errors(),
            beside,
            answer: FirstAnswer::new(),
            redactor: Redactor::new(token.access_token.expose()),
            kept: Kept::default(),
            head_place: traces.head.as_deref().map(HeadPlace::of),
            piece: vec![0; PIECE],
        })
    }

    /// Reads all that curl writes, and passes on what is not kept back.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub(super) fn watch(&mut self) -> io::Result<()> {
        while self.heads.is_some() || self.output.is_some() || self.errors.is_some() {
            let open = [
                self.heads.as_ref().map(AsFd::as_fd),
                self.output.as_ref().map(AsFd::as_fd),
                self.errors.as_ref().map(AsFd::as_fd),
            ];
            let ready = poll_readable(&open)?;
            // curl writes a head here before it writes anything of that answer elsewhere.
            self.read_heads();
            if ready[1] {
                self.read_output();
            }
            if ready[2] {
                self.read_errors();
            }
        }
        Ok(())
    }

    fn read_heads(&mut self) {
        while let Some(heads) = &mut self.heads {
            match heads.read(&mut self.piece) {
                Ok(0) => self.heads = None,
                Ok(count) => {
                    self.answer.pass(&self.piece[..count]);
                    self.kept.heads.extend_from_slice(&self.piece[..count]);
                    self.pass_heads();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.heads = None,
            }
        }
    }

    fn read_output(&mut self) {
        let Some(output) = &mut self.output else { return };
        match read(output, &mut self.piece) {
            Ok(count @ 1..) => self.kept.output.extend_from_slice(&self.piece[..count]),
            Ok(_) | Err(_) => self.output = None,
        }
        self.pass_output();
    }

    fn read_errors(&mut self) {
        let Some(errors) = &mut self.errors else { return };
        match read(errors, &mut self.piece) {
            Ok(count @ 1..) => self.kept.errors.extend(self.redactor.pass(&self.piece[..count])),
            Ok(_) | Err(_) => self.errors = None,
        }
        self.pass_errors();
    }

    /// Whether what comes is somebody's to see.
    fn is_open(&self) -> bool {
        match self.answer.verdict() {
            Verdict::Other => true,
            Verdict::Rejected => false,
            Verdict::Open => {
                self.kept.output.len() + self.kept.errors.len() + self.kept.heads.len() > MOST_KEPT
            }
        }
    }

    fn pass_heads(&mut self) {
        if self.is_open() {
            let heads = std::mem::take(&mut self.kept.heads);
            if let Some(place) = &mut self.head_place {
                place.put(&heads);
            }
        }
    }

    /// When nobody takes it any more, curl is to notice, as it would by itself.
    fn pass_output(&mut self) {
        if self.is_open() {
            let bytes = std::mem::take(&mut self.kept.output);
            if !bytes.is_empty() && output::print(&[&bytes]).is_err() {
                self.output = None;
            }
        } else if self.answer.verdict() == Verdict::Rejected {
            self.kept.output.clear();
        }
    }

    fn pass_errors(&mut self) {
        if self.is_open() {
            output::pass_on(&std::mem::take(&mut self.kept.errors));
        }
    }

    /// How curl ended; nothing where its answer was 401, which nobody has seen.
    ///
    /// # Errors
    /// As [`BufferedAttempt::watch`].
    pub(super) fn finish(mut self) -> io::Result<Option<ExitStatus>> {
        if self.answer.verdict() == Verdict::Rejected {
            return self.beside.wait().map(|_| None);
        }
        self.kept.errors.extend(self.redactor.finish());
        if let Some(place) = &mut self.head_place {
            place.put(&self.kept.heads);
        }
        // Whoever does not take it has made curl fail already.
        let _ = output::print(&[&self.kept.output]);
        output::pass_on(&self.kept.errors);
        self.beside.wait().map(Some)
    }
}

fn is_head(item: &Item) -> bool {
    item.known.effect == Effect::Head
}

fn without_head(items: Vec<Item>, step: &Step) -> Step {
    let items: Vec<_> = items.into_iter().filter(|item| !is_head(item)).collect();
    match (step, items.first()) {
        (Step::Item(_), Some(item)) => Step::Item(item.clone()),
        (Step::Item(_) | Step::Config(_), _) => Step::Config(items),
    }
}
