//! Owns the channels of the broken successor: the one that it is given by number, and the one that it makes.
#![allow(unsafe_code)]

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

/// The third descriptor of `--rehearse=SOCKET,LOCK,CHANNEL`.
pub(crate) fn channel(word: &str) -> Option<UnixStream> {
    let number = word.split_once('=')?.1.split(',').nth(2)?.parse().ok()?;
    // SAFETY: the program that has started us says that this descriptor is ours, and it is taken once.
    Some(UnixStream::from(unsafe { OwnedFd::from_raw_fd(number) }))
}

/// Greets, with the end of a new pair; the other end of that.
pub(crate) fn offer(channel: &UnixStream, greeting: &[u8]) -> UnixStream {
    let Ok((ours, theirs)) = UnixStream::pair() else { panic!("the system gives no pair") };
    let mut buffer = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut buffer);
    let given = [theirs.as_fd()];
    control.push(SendAncillaryMessage::ScmRights(&given));
    let sent = rustix::net::sendmsg(channel, &[IoSlice::new(greeting)], &mut control, SendFlags::NOSIGNAL);
    assert!(sent.is_ok(), "{sent:?}");
    ours
}

/// Takes away the right to run it.
pub(crate) fn make_unfit(program: &Path) {
    let mode = std::fs::Permissions::from_mode(0o644);
    drop(std::fs::set_permissions(program, mode));
}

/// Runs that program in this process, by the name `own` and with our own words.
pub(crate) fn become_program(program: &Path, own: &Path) {
    let error = std::process::Command::new(program).arg0(own).args(std::env::args_os().skip(1)).exec();
    panic!("run the program: {error}");
}
