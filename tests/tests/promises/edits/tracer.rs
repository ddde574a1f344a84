//! Owns a daemon that is stopped at its system calls while it makes a change, so that a test can act in between.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Daemon, Outcome, Running};

/// What happens while a change is watched.
enum Event {
    Stopped,
    Over(Outcome),
}

/// Stops the daemon at each of its calls of one kind.
struct Tracer {
    strace: Child,
}

impl Tracer {
    fn attach(daemon: &Daemon, calls: &str, events: SyncSender<Event>) -> Self {
        let order = format!("inject={calls}:signal=STOP");
        let mut command = Command::new("strace");
        command.args(["-f", "-p", &daemon.pid().to_string(), "-e", &order]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut strace = command.spawn().expect("run strace");
        let mut words = BufReader::new(strace.stderr.take().expect("a pipe"));
        let mut line = String::new();
        words.read_line(&mut line).expect("read what strace says");
        assert!(line.contains("attached"), "strace does not get hold of the daemon: {line}");
        std::thread::spawn(move || {
            for line in words.lines().map_while(Result::ok) {
                if line.contains("stopped by SIGSTOP") && events.send(Event::Stopped).is_err() {
                    return;
                }
            }
        });
        Self { strace }
    }
}

/// Does the change with one edit at the `number`th stop; the outcome, and whether there was such a stop.
pub(super) fn interrupted(
    daemon: &Daemon,
    calls: &str,
    number: usize,
    change: impl FnOnce() -> Running,
    edit: impl FnOnce(),
) -> (Outcome, bool) {
    let (sender, events) = sync_channel(64);
    let mut tracer = Tracer::attach(daemon, calls, sender.clone());
    let running = change();
    std::thread::spawn(move || drop(sender.send(Event::Over(running.finish()))));
    let message = watch(daemon, &events, number, edit);
    // strace lets go of the daemon at once, and stops nobody any more.
    processes::signal(tracer.strace.id(), Signal::TERM);
    tracer.strace.wait().expect("strace ends");
    daemon.signal(Signal::CONT);
    message
}

fn watch(daemon: &Daemon, events: &Receiver<Event>, number: usize, edit: impl FnOnce()) -> (Outcome, bool) {
    let (mut stops, mut edit) = (0, Some(edit));
    loop {
        match events.recv().expect("the change comes to an end") {
            Event::Stopped => {
                stops += 1;
                if stops == number
                    && let Some(edit) = edit.take()
                {
                    edit();
                }
                daemon.signal(Signal::CONT);
            }
            Event::Over(outcome) => return (outcome, edit.is_none()),
        }
    }
}
