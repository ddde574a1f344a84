//! Owns the kernel calls that name the other end of a connection on macOS.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

use super::Peer;

pub(super) fn peer(socket: impl AsFd) -> Option<Peer> {
    let socket = socket.as_fd().as_raw_fd();
    let (mut uid, mut gid) = (u32::MAX, u32::MAX);
    // SAFETY: both places are writable numbers of the types that the call names, and the descriptor is open.
    let status = unsafe { libc::getpeereid(socket, &raw mut uid, &raw mut gid) };
    (status == 0).then(|| Peer { uid, pid: process(socket) })
}

fn process(socket: i32) -> Option<u32> {
    let mut pid: libc::pid_t = 0;
    let mut length = size_of::<libc::pid_t>() as libc::socklen_t;
    // SAFETY: `pid` is a writable process number of the length given, and the descriptor is open.
    let status = unsafe {
        libc::getsockopt(socket, libc::SOL_LOCAL, libc::LOCAL_PEERPID, (&raw mut pid).cast(), &raw mut length)
    };
    u32::try_from(pid).ok().filter(|pid| status == 0 && *pid > 0)
}
