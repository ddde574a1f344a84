//! Runs in the place of a new `cp-tokend` that is broken. In which way says the file `successor.mode` beside it; what it
//! was given it keeps for as long as it lives.

mod unix;

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

/// The greeting of the hand-over's format 1, and the word `Ready` with a version of one letter.
const GREETING: &[u8] = b"CPTH\x01\x00\x00\x00";
const READY: &[u8] = &[3, 0, 0, 0, 0, 1, b'x'];
/// That it holds three tokens and one secret, which is not so.
const TOOK: &[u8] = &[3, 0, 0, 0, 1, 3, 1];

fn main() {
    let own = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let mode = std::fs::read_to_string(own.with_file_name("successor.mode")).unwrap_or_default();
    let Some(mut channel) = std::env::args().next_back().and_then(|word| unix::channel(&word)) else {
        return;
    };
    match mode.trim() {
        "hangs" => wait(),
        "other format" => say(&mut channel, &[b"CPTH\x63\x00\x00\x00"]),
        "takes nothing" => say(&mut channel, &[GREETING, READY]),
        "dies over it" => {
            speak(&mut channel, &[GREETING, READY]);
            hear_first(&mut channel);
        }
        "talks nonsense" => {
            speak(&mut channel, &[GREETING, READY]);
            hear_first(&mut channel);
            say(&mut channel, &[b"\xff\xff\xff\xff"]);
        }
        "took before it was given" => say(&mut channel, &[GREETING, TOOK]),
        // It exits.
        _ => {}
    }
}

fn say(channel: &mut File, words: &[&[u8]]) {
    speak(channel, words);
    wait();
}

fn speak(channel: &mut File, words: &[&[u8]]) {
    for word in words {
        let _ = channel.write_all(word);
    }
}

/// Waits for the greeting, what the socket's name is, and the first byte of what is handed over.
fn hear_first(channel: &mut File) {
    let mut head = [0; 12];
    let _ = channel.read_exact(&mut head);
    let [.., a, b, c, d] = head;
    let mut rest = vec![0; u32::from_le_bytes([a, b, c, d]) as usize + 1];
    let _ = channel.read_exact(&mut rest);
}

fn wait() {
    loop {
        std::thread::park();
    }
}
