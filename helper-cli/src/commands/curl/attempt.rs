//! Owns curl beside us: what it shows without the token, and with `--retry-rejected` a first time whose answer is kept
//! back until its status is known.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdout, ExitStatus};

use cp_token_protocol::Failure;
use cp_token_protocol::message::TokenGrant;

use super::{Judged, not_run};
use crate::cli::CurlOptions;
use crate::curl::{self, Effect, Facts, FirstAnswer, Item, Redactor, Step, Traces, Verdict, refusal};
use crate::output;
use crate::program::{Beside, Pipe, Program, end_as, is_ready};

/// What is read at once.
const PIECE: usize = 64 * 1024;

/// Most bytes that are kept back before the status is known; interim answers are short.
const MOST_KEPT: usize = 1024 * 1024;

/// What a first time leaves behind, where there is to be one.
///
/// # Errors
/// Where the command cannot be done twice.
pub(super) fn traces<'i>(
    options: &CurlOptions,
    facts: &Facts,
    items: impl Iterator<Item = &'i Item>,
) -> Result<Option<Traces>, Failure> {
    if !options.retry_rejected {
        return Ok(None);
    }
    let traces = curl::traces(facts, items)?;
    let is_stream = |file: &Vec<u8>| path(file).metadata().is_ok_and(|facts| !facts.is_file());
    match traces.read.iter().find(|file| is_stream(file)) {
        None => Ok(Some(traces)),
        Some(_) => Err(refusal(
            "--retry-rejected cannot read what is no file a second time",
            "put it into a file first, or do without --retry-rejected",
        )),
    }
}

/// Runs curl once; where the first answer is 401, reports the token and runs it once more with a new one.
///
/// # Errors
/// Why there is no new token, or curl was not run; otherwise this ends as curl ends.
pub(super) fn run(
    judged: Judged,
    token: TokenGrant,
    traces: Traces,
    options: &CurlOptions,
) -> Result<(), Failure> {
    let mut first = First::start(&judged, &token, &traces).map_err(|error| error.into_failure())?;
    first.watch().map_err(|error| not_run(&error))?;
    if let Some(status) = first.finish().map_err(|error| not_run(&error))? {
        end_as(status);
    }
    forget_output(&traces);
    let token = super::replacement(token, options)?;
    Err(judged.run(&token))
}

/// Runs curl beside us and shows what it complains of without the token.
pub(super) fn run_redacted(mut program: Program, token: &TokenGrant) -> Failure {
    program.keep(false, true);
    let outcome = program.start().and_then(|mut beside| {
        let mut redactor = Redactor::new(token.access_token.expose());
        let mut piece = vec![0; PIECE];
        if let Some(mut errors) = beside.errors() {
            while let Ok(count @ 1..) = read(&mut errors, &mut piece) {
                output::pass_on(&redactor.pass(&piece[..count]));
            }
        }
        output::pass_on(&redactor.finish());
        beside.wait()
    });
    match outcome {
        Ok(status) => end_as(status),
        Err(error) => not_run(&error),
    }
}

/// A failure of either kind.
enum StartError {
    Failure(Failure),
    Io(io::Error),
}

impl StartError {
    fn into_failure(self) -> Failure {
        match self {
            Self::Failure(failure) => failure,
            Self::Io(error) => not_run(&error),
        }
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// curl's first time.
struct First {
    beside: Beside,
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

enum HeadPlace {
    StandardOutput,
    Named(PathBuf),
    Open(File),
}

impl First {
    fn start(judged: &Judged, token: &TokenGrant, traces: &Traces) -> Result<Self, StartError> {
        let (theirs, heads) = Pipe::to_us()?;
        let heads = File::from(heads);
        let steps: Vec<_> =
            judged.steps.iter().map(|step| without_head(step.items().to_vec(), step)).collect();
        let default: Vec<_> = judged.default.iter().filter(|item| !is_head(item)).cloned().collect();
        let mut program = judged.program(&default, &steps, token).map_err(StartError::Failure)?;
        program.words(["--suppress-connect-headers", "--dump-header", &theirs.path()]);
        program.hand_over(theirs);
        program.keep(true, true);
        let mut beside = program.start()?;
        crate::program::without_waiting(&heads)?;
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
    fn watch(&mut self) -> io::Result<()> {
        while self.heads.is_some() || self.output.is_some() || self.errors.is_some() {
            let open = [
                self.heads.as_ref().map(AsFd::as_fd),
                self.output.as_ref().map(AsFd::as_fd),
                self.errors.as_ref().map(AsFd::as_fd),
            ];
            let ready = is_ready(&open)?;
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
    fn finish(mut self) -> io::Result<Option<ExitStatus>> {
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

impl HeadPlace {
    fn of(file: &[u8]) -> Self {
        if file == b"-" { Self::StandardOutput } else { Self::Named(path(file).to_owned()) }
    }

    /// A file that cannot be written is left out, as curl would say with a warning.
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

fn without_head(items: Vec<Item>, step: &Step) -> Step {
    let items: Vec<_> = items.into_iter().filter(|item| !is_head(item)).collect();
    match (step, items.first()) {
        (Step::Item(_), Some(item)) => Step::Item(item.clone()),
        (Step::Item(_) | Step::Config(_), _) => Step::Config(items),
    }
}

/// The body of the first answer is not to be taken for that of the second, should the second have none.
fn forget_output(traces: &Traces) {
    let Some(name) = &traces.output else { return };
    let folder = traces.folder.as_deref().map(path).unwrap_or(Path::new(""));
    let file = folder.join(path(name));
    if file.symlink_metadata().is_ok_and(|facts| facts.is_file()) {
        drop(std::fs::remove_file(file));
    }
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

fn read(source: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
