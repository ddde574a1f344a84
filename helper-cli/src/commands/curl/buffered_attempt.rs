//! Owns the first attempt of a curl that may run twice: what it writes is kept back until the status of its answer is
//! known, and then passed on as curl has it, or thrown away.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::process::{ChildStderr, ChildStdout, ExitStatus};

use cp_token_protocol::Failure;
use cp_token_protocol::message::TokenResponse;

use super::files::path;
use super::{CheckedCommand, not_run};
use crate::curl::{Effect, FirstAnswer, FirstStatus, Item, Redactor, SideEffects, Step};
use crate::run::program::{Pipe, RunningProgram, poll_readable, set_nonblocking};
use crate::terminal::output;

/// Most bytes that are kept back before the status is known; interim answers are short.
const MOST_KEPT: usize = 1024 * 1024;

pub(super) const CHUNK: usize = 64 * 1024;

pub(super) struct BufferedAttempt {
    running: RunningProgram,
    heads: CapturedStream<File>,
    output: CapturedStream<ChildStdout>,
    errors: CapturedStream<ChildStderr>,
    answer: FirstAnswer,
    redactor: Redactor,
    head_place: Option<HeadPlace>,
}

impl BufferedAttempt {
    /// Starts it with pipes for its output, its standard error and the heads of its answers.
    pub(super) fn start(
        checked: &CheckedCommand,
        token: &TokenResponse,
        traces: &SideEffects,
    ) -> Result<Self, Failure> {
        let (theirs, heads) = Pipe::from_program().map_err(|error| not_run(&error))?;
        let heads = File::from(heads);
        let steps: Vec<_> = checked.steps.iter().map(without_head).collect();
        let default: Vec<_> = checked.default.iter().filter(|item| !is_head(item)).cloned().collect();
        let mut program = checked.program(&default, &steps, token)?;
        program.args(["--suppress-connect-headers", "--dump-header", &theirs.path()]);
        program.inherit(theirs);
        program.capture(true, true);
        set_nonblocking(&heads).map_err(|error| not_run(&error))?;
        let mut running = program.start().map_err(|error| not_run(&error))?;
        Ok(Self {
            heads: CapturedStream::new(Some(heads)),
            output: CapturedStream::new(running.output()),
            errors: CapturedStream::new(running.errors()),
            running,
            answer: FirstAnswer::new(),
            redactor: Redactor::new(token.access_token.expose()),
            head_place: traces.head.as_deref().map(HeadPlace::of),
        })
    }

    /// Passes on what curl writes, unless its answer is 401, which nobody sees: then the result is `None`.
    pub(super) fn finish(mut self) -> io::Result<Option<ExitStatus>> {
        self.watch()?;
        if self.answer.status() == FirstStatus::Unauthorized {
            return self.running.wait().map(|_| None);
        }
        self.errors.bytes.extend(self.redactor.finish());
        if let Some(place) = &mut self.head_place {
            place.put(&self.heads.bytes);
        }
        // Whoever does not take it has made curl fail already.
        let _ = output::print(&[&self.output.bytes]);
        output::pass_on(&self.errors.bytes);
        self.running.wait().map(Some)
    }

    fn watch(&mut self) -> io::Result<()> {
        loop {
            let open = [self.heads.descriptor(), self.output.descriptor(), self.errors.descriptor()];
            if open.iter().all(Option::is_none) {
                return Ok(());
            }
            let ready = poll_readable(&open)?;
            // curl writes a head here before it writes anything of that answer elsewhere.
            while let Some(start) = self.heads.read() {
                self.answer.pass(&self.heads.bytes[start..]);
                self.pass_heads();
            }
            if ready[1] {
                self.output.read();
                self.pass_output();
            }
            if ready[2] {
                self.read_errors();
            }
        }
    }

    fn read_errors(&mut self) {
        if let Some(start) = self.errors.read() {
            let shown = self.redactor.pass(&self.errors.bytes[start..]);
            self.errors.bytes.splice(start.., shown);
        }
        if self.is_open() {
            output::pass_on(&std::mem::take(&mut self.errors.bytes));
        }
    }

    /// Whether what comes is passed on.
    fn is_open(&self) -> bool {
        match self.answer.status() {
            FirstStatus::Other => true,
            FirstStatus::Unauthorized => false,
            FirstStatus::None => {
                self.output.bytes.len() + self.errors.bytes.len() + self.heads.bytes.len() > MOST_KEPT
            }
        }
    }

    fn pass_heads(&mut self) {
        if self.is_open() {
            let heads = std::mem::take(&mut self.heads.bytes);
            if let Some(place) = &mut self.head_place {
                place.put(&heads);
            }
        }
    }

    /// When nobody takes it any more, curl is to notice, as it would by itself.
    fn pass_output(&mut self) {
        if self.is_open() {
            let bytes = std::mem::take(&mut self.output.bytes);
            if !bytes.is_empty() && output::print(&[&bytes]).is_err() {
                self.output.source = None;
            }
        } else if self.answer.status() == FirstStatus::Unauthorized {
            self.output.bytes.clear();
        }
    }
}

/// A stream that curl writes to, and what has come of it and was not passed on.
struct CapturedStream<S> {
    /// Absent when it is over.
    source: Option<S>,
    bytes: Vec<u8>,
}

impl<S: Read + AsFd> CapturedStream<S> {
    fn new(source: Option<S>) -> Self {
        Self { source, bytes: Vec::new() }
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.source.as_ref().map(AsFd::as_fd)
    }

    /// Reads once. Where the new bytes start; `None` if there are none at present, or the stream is over.
    fn read(&mut self) -> Option<usize> {
        let (source, start) = (self.source.as_mut()?, self.bytes.len());
        self.bytes.resize(start + CHUNK, 0);
        let outcome = read(source, &mut self.bytes[start..]);
        self.bytes.truncate(start + outcome.as_ref().map_or(0, |count| *count));
        match outcome {
            Ok(1..) => return Some(start),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => self.source = None,
        }
        None
    }
}

/// Reads once, whatever signals come.
pub(super) fn read(source: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// Where the heads of answers go that curl's `--dump-header` would have written there.
enum HeadPlace {
    StandardOutput,
    Named(PathBuf),
    Open(File),
}

impl HeadPlace {
    fn of(file: &[u8]) -> Self {
        if file == b"-" { Self::StandardOutput } else { Self::Named(path(file).to_owned()) }
    }

    /// Writes more of them. A file that cannot be written is left out, as curl would say with a warning.
    fn put(&mut self, heads: &[u8]) {
        if let Self::Named(path) = self
            && let Ok(file) = File::create(path)
        {
            *self = Self::Open(file);
        }
        match self {
            Self::StandardOutput => drop(output::print(&[heads])),
            Self::Open(file) => drop(file.write_all(heads)),
            Self::Named(_) => {}
        }
    }
}

fn is_head(item: &Item) -> bool {
    item.known.effect == Effect::Head
}

fn without_head(step: &Step) -> Step {
    let items: Vec<_> = step.items().iter().filter(|item| !is_head(item)).cloned().collect();
    match (step, items.first()) {
        (Step::Item(_), Some(item)) => Step::Item(item.clone()),
        (Step::Item(_) | Step::Config(_), _) => Step::Config(items),
    }
}
