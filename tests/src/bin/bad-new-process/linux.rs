//! Owns the ways in which a new program is broken, slow or attacked. The file `successor.mode` beside it names one.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::unix;

/// The greeting of the hand-over's format 1, and the word `Ready` with a version of one letter.
const GREETING: &[u8] = b"CPTH\x02\x00\x00\x00";
const READY: &[u8] = &[3, 0, 0, 0, 0, 1, b'x'];
/// That it holds three tokens and one secret, which is not so.
const TOOK: &[u8] = &[3, 0, 0, 0, 1, 3, 1];

pub(crate) fn run() {
    let own = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let mode = std::fs::read_to_string(own.with_file_name("successor.mode")).unwrap_or_default();
    let word = std::env::args().next_back().unwrap_or_default();
    if mode.trim().ends_with("in place") {
        return in_place(&own, mode.trim(), word.starts_with("--take-over="));
    }
    let Some(channel) = unix::channel(&word) else { return };
    match mode.trim() {
        "hangs" => wait(),
        "other format" => say(&channel, &[b"CPTH\x63\x00\x00\x00"]),
        "makes no channel" => say(&channel, &[GREETING, READY]),
        "takes nothing" => say(&offered(&channel), &[READY]),
        "dies over it" => hear_first(&offered(&channel)),
        "talks nonsense" => {
            let channel = offered(&channel);
            hear_first(&channel);
            say(&channel, &[b"\xff\xff\xff\xff"]);
        }
        "repeats what it was given" => repeat(&offered(&channel)),
        "took before it was given" => say(&offered(&channel), &[TOOK]),
        "runs only once" => {
            let channel = offered(&channel);
            hear_first(&channel);
            unix::make_unfit(&own);
            say(&channel, &[TOOK]);
        }
        // It exits.
        _ => {}
    }
}

/// Is the real daemon, beside it by the name `kept`, as a child. In the place of its parent it dies, or it says that it
/// is there and waits for a word before it becomes the real one.
fn in_place(own: &Path, mode: &str, is_there: bool) {
    if is_there && mode == "dies in place" {
        return;
    }
    if is_there {
        drop(std::fs::write(own.with_file_name("successor.here"), ""));
        while !own.with_file_name("successor.go").exists() {
            std::thread::yield_now();
        }
    }
    unix::become_program(&own.with_file_name("kept"), own);
}

fn offered(channel: &UnixStream) -> UnixStream {
    unix::offer(channel, GREETING)
}

fn say(channel: &UnixStream, words: &[&[u8]]) {
    speak(channel, words);
    wait();
}

fn speak(mut channel: &UnixStream, words: &[&[u8]]) {
    for word in words {
        let _ = channel.write_all(word);
    }
}

/// Says that it is ready, and waits for the first byte of what is handed over.
fn hear_first(mut channel: &UnixStream) {
    speak(channel, &[READY]);
    let _ = channel.read_exact(&mut [0]);
}

/// Takes everything, and says that it does not take over, with a secret of it as the reason.
fn repeat(mut channel: &UnixStream) {
    speak(channel, &[READY]);
    let (mut all, mut piece) = (Vec::new(), Vec::new());
    // The last piece is the only one of a single byte.
    while piece.len() != 1 {
        let mut length = [0; 4];
        if channel.read_exact(&mut length).is_err() {
            return;
        }
        piece = vec![0; u32::from_le_bytes(length) as usize];
        let _ = channel.read_exact(&mut piece);
        all.extend_from_slice(&piece);
    }
    // The secrets of the tests begin so.
    let at = all.windows(2).position(|two| two == b"s-").unwrap_or_default();
    let secret: Vec<u8> = all[at..].iter().copied().take_while(u8::is_ascii_graphic).take(40).collect();
    let length = u8::try_from(secret.len()).unwrap_or_default();
    let body = [&[2, 0xfb, 0x28, 2, length], secret.as_slice(), &[0, 0]].concat();
    let size = u8::try_from(body.len()).unwrap_or_default();
    say(channel, &[&[size, 0, 0, 0], &body]);
}

fn wait() {
    loop {
        std::thread::park();
    }
}
