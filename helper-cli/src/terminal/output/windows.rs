//! Owns unbuffered writing to the standard streams on Windows, to a console as text: `std`'s buffers would hide a failure.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::windows::io::AsHandle;

use zeroize::Zeroizing;

pub(super) fn write_to_stdout(parts: &[&[u8]]) -> io::Result<()> {
    let bytes = Zeroizing::new(parts.concat());
    let stream = io::stdout();
    if stream.is_terminal() {
        let mut console = stream.lock();
        return console.write_all(&bytes).and_then(|()| console.flush());
    }
    write_as_it_is(stream, &bytes)
}

pub(super) fn write_to_stderr(bytes: &[u8]) -> io::Result<()> {
    let stream = io::stderr();
    if stream.is_terminal() { stream.lock().write_all(bytes) } else { write_as_it_is(stream, bytes) }
}

fn write_as_it_is(stream: impl AsHandle, bytes: &[u8]) -> io::Result<()> {
    File::from(stream.as_handle().try_clone_to_owned()?).write_all(bytes)
}
