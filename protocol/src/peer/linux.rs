//! Owns the kernel call that names the other end of a connection on Linux.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

use super::Peer;

pub(super) fn peer(socket: impl AsFd) -> Option<Peer> {
    // The process number may be zero (another PID namespace), so it is read as a plain integer.
    let mut credentials = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let expected = size_of::<libc::ucred>() as libc::socklen_t;
    let mut length = expected;
    // SAFETY: `credentials` is a writable `ucred` of the length given, and the descriptor is open.
    let status = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut length,
        )
    };
    let pid = u32::try_from(credentials.pid).ok().filter(|pid| *pid > 0);
    (status == 0 && length == expected).then_some(Peer { uid: credentials.uid, pid })
}
