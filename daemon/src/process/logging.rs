//! Owns the log: only this program's own events, only through a queue that drops rather than blocks. What a
//! library says is never written, because nobody can know what is in it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

mod file;
mod repeats;

pub use file::LogFile;
use repeats::{Repeats, Verdict, WINDOW};

use crate::base::clock::{Clock, SystemClock};

/// Where log lines end up.
pub enum Sink {
    /// Standard error: a terminal, or the service manager's journal.
    StandardError,
    /// A file of our own.
    File(LogFile),
    /// Nowhere: there is no folder to write in.
    Nowhere,
}

/// Starts the log. `filter` is the text of `CP_TOKEN_LOG`: a level, or `target=level` pairs.
///
/// # Errors
/// Where the writer's thread cannot be started.
pub fn start(filter: Option<&str>, sink: Sink) -> io::Result<()> {
    let (sender, receiver) = sync_channel(QUEUE);
    let counts = Arc::<Counts>::default();
    let counted = Arc::clone(&counts);
    std::thread::Builder::new().name("log".to_owned()).stack_size(STACK).spawn(move || match sink {
        Sink::StandardError => drain(&receiver, &counted, &mut io::stderr()),
        Sink::File(mut file) => drain(&receiver, &counted, &mut file),
        Sink::Nowhere => drain(&receiver, &counted, &mut io::sink()),
    })?;
    // Who asks for every step gets every line.
    let folds = !filter.is_some_and(|text| ["trace", "debug"].iter().any(|level| text.contains(level)));
    let asked = filter.and_then(|text| text.parse::<Targets>().ok());
    let understood = asked.is_some() || filter.is_none();
    let own = filter_fn(|facts| facts.target().starts_with("cp_token"));
    let layer =
        tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Queue { sender, counts, folds });
    let level = asked.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
    let _ = tracing_subscriber::registry().with(layer.with_filter(level.and(own))).try_init();
    std::panic::set_hook(Box::new(|panic| report_panic(panic.location())));
    if !understood {
        tracing::warn!("CP_TOKEN_LOG is not understood; using info");
    }
    Ok(())
}

/// The place of a bug, never its message: that may hold anything. Written past the log's own lock, and only if
/// somebody reads: nothing may keep a process with a bug alive.
fn report_panic(place: Option<&std::panic::Location<'_>>) {
    let (file, line) = place.map_or(("unknown", 0), |place| (place.file(), place.line()));
    let words = format!("cp-tokend: internal error at {file}:{line}; please report it as a bug\n");
    write_if_read(words.as_bytes());
    // A daemon in the background has nobody who reads its standard error.
    tracing::error!("internal error at {file}:{line}; please report it as a bug");
}

#[cfg(unix)]
fn write_if_read(words: &[u8]) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let errors = rustix::stdio::stderr();
    if poll(&mut [PollFd::new(&errors, PollFlags::OUT)], Some(&Timespec::default())) == Ok(1) {
        let _ = rustix::io::write(errors, words);
    }
}

/// A daemon in the background has no standard error here, and a console takes everything.
#[cfg(windows)]
fn write_if_read(words: &[u8]) {
    let _ = io::stderr().write_all(words);
}

/// What is counted and not written, or not yet.
#[derive(Default)]
struct Counts {
    dropped: AtomicU64,
    repeats: Mutex<Repeats>,
}

impl Counts {
    fn repeats(&self) -> MutexGuard<'_, Repeats> {
        // Nothing that may panic runs under the lock.
        self.repeats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn drain(lines: &Receiver<Vec<u8>>, counts: &Counts, out: &mut dyn Write) {
    loop {
        // An idle log wakes nobody.
        let has_counts = counts.repeats().has_counts();
        let next = match has_counts {
            true => lines.recv_timeout(WINDOW),
            false => lines.recv().map_err(RecvTimeoutError::from),
        };
        if next == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        let lost = counts.dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let line = format!("{lost} log lines were dropped because nobody read them\n");
            let _ = out.write_all(line.as_bytes());
        }
        let due = counts.repeats().due(SystemClock.now().boot);
        for line in due.into_iter().chain(next) {
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
    }
}

struct Queue {
    sender: SyncSender<Vec<u8>>,
    counts: Arc<Counts>,
    folds: bool,
}

impl Queue {
    /// What is to be written for this line. An empty piece wakes the thread, which then minds the count.
    fn judge(&self, line: &[u8]) -> Option<Vec<u8>> {
        if !self.folds {
            return Some(line.to_vec());
        }
        match self.counts.repeats().judge(line, SystemClock.now().boot) {
            Verdict::Write(before) => Some([before.unwrap_or_default().as_slice(), line].concat()),
            Verdict::FirstRepeat => Some(Vec::new()),
            Verdict::Repeat => None,
        }
    }
}

impl<'q> MakeWriter<'q> for Queue {
    type Writer = QueueWriter<'q>;

    fn make_writer(&'q self) -> Self::Writer {
        QueueWriter(self)
    }
}

struct QueueWriter<'q>(&'q Queue);

impl Write for QueueWriter<'_> {
    /// One event is one call. A full queue costs the line and never the daemon's time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(piece) = self.0.judge(line)
            && self.0.sender.try_send(piece).is_err()
        {
            self.0.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines that may wait for a slow reader.
const QUEUE: usize = 256;
const STACK: usize = 64 * 1024;
