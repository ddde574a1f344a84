//! Owns the log: only this program's own events, through a queue that drops lines rather than blocks. Messages of libraries
//! are never written, because they may hold anything.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

mod file;
mod repeats;

pub use file::LogFile;
use repeats::{LineAction, Repeats, WINDOW};

use crate::base::clock::{Clock, SystemClock};
use crate::base::mutex;

/// Starts the log. `filter` is the text of `CP_TOKEN_LOG`: a level, or `target=level` pairs.
pub fn start(filter: Option<&str>, mut sink: Box<dyn Write + Send>) -> io::Result<()> {
    let (sender, receiver) = sync_channel(QUEUE_LEN);
    let counts = Arc::<Counts>::default();
    let counted = Arc::clone(&counts);
    let thread = std::thread::Builder::new().name("log".to_owned()).stack_size(STACK_BYTES);
    thread.spawn(move || run_writer(&receiver, &counted, &mut sink))?;
    // At these levels every line is written.
    let folds_repeats =
        !filter.is_some_and(|text| ["trace", "debug"].iter().any(|level| text.contains(level)));
    let requested = filter.and_then(|text| text.parse::<Targets>().ok());
    let understood = requested.is_some() || filter.is_none();
    let own = filter_fn(|metadata| metadata.target().starts_with("cp_token"));
    let queue = Arc::new(Queue { sender, counts, folds_repeats });
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(queue);
    let level = requested.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
    let _ = tracing_subscriber::registry().with(layer.with_filter(level.and(own))).try_init();
    std::panic::set_hook(Box::new(|panic| report_panic(panic.location())));
    if !understood {
        tracing::warn!("CP_TOKEN_LOG is not understood; using info");
    }
    Ok(())
}

/// Reports where a panic happened, never its message, which may hold anything. Bypasses the log's queue, and does not block:
/// nothing may keep a process with a bug alive.
fn report_panic(location: Option<&std::panic::Location<'_>>) {
    let (file, line) = location.map_or(("unknown", 0), |location| (location.file(), location.line()));
    let message = format!("cp-tokend: internal error at {file}:{line}; please report it as a bug\n");
    write_unless_blocked(message.as_bytes());
    // Nobody reads the standard error of a daemon in the background.
    tracing::error!("internal error at {file}:{line}; please report it as a bug");
}

#[cfg(unix)]
fn write_unless_blocked(message: &[u8]) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let errors = rustix::stdio::stderr();
    if poll(&mut [PollFd::new(&errors, PollFlags::OUT)], Some(&Timespec::default())) == Ok(1) {
        let _ = rustix::io::write(errors, message);
    }
}

/// A daemon in the background has no standard error here, and a console never blocks.
#[cfg(windows)]
fn write_unless_blocked(message: &[u8]) {
    let _ = io::stderr().write_all(message);
}

/// Lines that were dropped, and repeats that are counted.
#[derive(Default)]
struct Counts {
    dropped: AtomicU64,
    repeats: Mutex<Repeats>,
}

fn run_writer(lines: &Receiver<Vec<u8>>, counts: &Counts, out: &mut dyn Write) {
    loop {
        // Without counts to write, the thread sleeps until the next line.
        let has_counts = mutex::lock(&counts.repeats).has_counts();
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
        let due = mutex::lock(&counts.repeats).due(SystemClock.now().boot);
        for line in due.into_iter().chain(next) {
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
    }
}

struct Queue {
    sender: SyncSender<Vec<u8>>,
    counts: Arc<Counts>,
    folds_repeats: bool,
}

impl Queue {
    /// What to write for this line. Empty bytes wake the thread, which then writes the count when it is due.
    fn fold(&self, line: &[u8]) -> Option<Vec<u8>> {
        if !self.folds_repeats {
            return Some(line.to_vec());
        }
        match mutex::lock(&self.counts.repeats).fold(line, SystemClock.now().boot) {
            LineAction::Write(count) => Some([count.unwrap_or_default().as_slice(), line].concat()),
            LineAction::FirstRepeat => Some(Vec::new()),
            LineAction::Repeat => None,
        }
    }
}

impl Write for &Queue {
    /// One event is one call. If the queue is full, the line is dropped.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(bytes) = self.fold(line)
            && self.sender.try_send(bytes).is_err()
        {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines that wait for a slow reader.
const QUEUE_LEN: usize = 256;
const STACK_BYTES: usize = 64 * 1024;
