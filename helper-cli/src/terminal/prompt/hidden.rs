//! Owns standard input and the hidden prompt on Unix: echo is off only during the prompt, and restored before a signal acts.

mod line;
#[path = "hidden/signals/unix.rs"]
mod signals;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use cp_token_protocol::Secret;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use line::{Typed, TypedLine};
use signals::Signals;

/// Standard input without a buffer: `std`'s own would keep a copy of what passes through it.
pub(super) fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// What is typed, and at most `limit + 1` bytes of it. [`io::ErrorKind::UnexpectedEof`] if nothing is typed.
pub(super) fn read_hidden(prompt: &str, limit: usize) -> io::Result<Secret> {
    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    // Dropped in reverse order: a signal that was noted last acts when the terminal is as it was.
    let signals = Signals::note()?;
    let mut screen = Screen { terminal, prompt, before: None };
    let mut line = TypedLine::new(limit);
    loop {
        screen.deliver_pending(&signals);
        match screen.read_into(&mut line, &signals) {
            Ok(Typed::More) => {}
            Ok(Typed::Complete) => return Ok(line.into_secret()),
            Ok(Typed::Eof) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The terminal, and its settings from before we changed them.
struct Screen<'p> {
    terminal: File,
    prompt: &'p str,
    before: Option<Termios>,
}

impl Screen<'_> {
    /// Lets each signal that came do what it does to a program that knows nothing of it.
    fn deliver_pending(&mut self, signals: &Signals) {
        while let Some(signal) = signals.next() {
            if signals::goes_on(signal) {
                // A shell may have set the terminal again while we stood still.
                self.check_settings();
            } else {
                self.restore();
            }
            signals.act(signal);
        }
    }

    fn read_into(&mut self, line: &mut TypedLine, signals: &Signals) -> io::Result<Typed> {
        if self.before.is_none() {
            self.hide()?;
            line.clear();
        }
        let mut news = [PollFd::new(&self.terminal, PollFlags::IN), signals.news()];
        poll(&mut news, None)?;
        if news[0].revents().contains(PollFlags::HUP) {
            // SIGHUP goes to the session leader, and to us perhaps later.
            signals.act(signals::HANG_UP);
            return Ok(Typed::Eof);
        }
        if news[0].revents().is_empty() {
            return Ok(Typed::More);
        }
        let mut byte = [0];
        match self.terminal.read(&mut byte)? {
            0 => Ok(Typed::Eof),
            _ => Ok(line.take(byte[0])),
        }
    }

    /// In the background the system answers with a signal, and that with a stop until we are in the foreground.
    fn hide(&mut self) -> io::Result<()> {
        let before = tcgetattr(&self.terminal)?;
        tcsetattr(&self.terminal, OptionalActions::Now, &hidden(&before))?;
        self.before = Some(before);
        self.terminal.write_all(self.prompt.as_bytes())
    }

    /// Hides and asks again if the terminal is not as we have set it.
    fn check_settings(&mut self) {
        let Some(before) = &self.before else { return };
        let ours = hidden(before).local_modes;
        if tcgetattr(&self.terminal).is_ok_and(|now| now.local_modes != ours) {
            self.before = None;
        }
    }

    fn restore(&mut self) {
        let Some(before) = self.before.take() else { return };
        // The terminal may be gone, or in the background another's: then there is nothing to be set right.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &before);
        let _ = self.terminal.write_all(b"\n");
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Signals from the keyboard stay. Lines do not: the system would cut a long one.
fn hidden(before: &Termios) -> Termios {
    let mut hidden = before.clone();
    hidden.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON;
    hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
    hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
    hidden
}
