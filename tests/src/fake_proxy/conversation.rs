//! Owns one client of the fake proxy: reads what it asks for, and does what the proxy is told to do.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::{Conversation, Manner, Shared};

/// Long enough for any machine; only a broken test waits for it.
const TIMEOUT: Duration = Duration::from_secs(60);
/// More than any client has reason to send before the tunnel stands.
const HEAD_LIMIT: usize = 64 * 1024;

const OPEN: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const WANTED: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
    Proxy-Authenticate: Basic realm=\"company\"\r\nContent-Length: 0\r\n\r\n";

/// Serves one client to its end. A client that leaves early is its own affair.
pub(super) fn hold(shared: &Shared, mut client: TcpStream) {
    let timeouts = client.set_read_timeout(Some(TIMEOUT)).and(client.set_write_timeout(Some(TIMEOUT)));
    let Some(head) = timeouts.ok().and_then(|()| read_head(&mut client)) else { return };
    let (number, manner) = shared.with(|state| {
        state.conversations.push(Conversation { head: head.clone(), ..Conversation::default() });
        let is_wanted = state.wanted.as_deref().is_none_or(|wanted| authorization(&head) == Some(wanted));
        let manner = if is_wanted { state.manner.clone() } else { Manner::Say(WANTED.to_vec()) };
        (state.conversations.len() - 1, manner)
    });
    let beyond = |bytes: &[u8]| {
        shared.with(|state| state.conversations[number].beyond.extend_from_slice(bytes));
    };
    match manner {
        Manner::Lead => lead(shared, number, &client, &head, beyond),
        Manner::Say(bytes) => {
            let _ = client.write_all(&bytes).and_then(|()| client.shutdown(Shutdown::Write));
            copy(&client, beyond);
        }
        Manner::Close => {}
        Manner::Hang => copy(&client, beyond),
    }
}

fn lead(shared: &Shared, number: usize, client: &TcpStream, head: &str, beyond: impl Fn(&[u8])) {
    let Some(server) = port(head).and_then(|port| TcpStream::connect(("127.0.0.1", port)).ok()) else {
        let _ = (&*client).write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        return;
    };
    shared.with(|state| state.conversations[number].is_open = true);
    if (&*client).write_all(OPEN).is_err() {
        return;
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            copy(&server, |bytes| drop((&*client).write_all(bytes)));
            let _ = client.shutdown(Shutdown::Write);
        });
        copy(client, |bytes| {
            beyond(bytes);
            let _ = (&server).write_all(bytes);
        });
        let _ = server.shutdown(Shutdown::Write);
    });
}

/// Hands on what comes until the end.
fn copy(mut from: &TcpStream, to: impl Fn(&[u8])) {
    let mut piece = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        to(&piece[..count]);
    }
}

/// Up to and with the empty line, and no byte more: what follows belongs into the tunnel.
fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok().filter(|()| head.len() < HEAD_LIMIT)?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn authorization(head: &str) -> Option<&str> {
    head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: "))
}

fn port(head: &str) -> Option<u16> {
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?;
    target.rsplit(':').next()?.parse().ok()
}
