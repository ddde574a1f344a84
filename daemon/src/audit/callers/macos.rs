//! Owns the lookup of a process on macOS: name and parent in one call.
#![allow(unsafe_code)]

use super::{Process, program};

/// There is no faster lookup than [`read`].
pub(super) fn parent_of(_: u32) -> Option<u32> {
    None
}

/// The name and the parent's process id; none if the process is gone.
pub(super) fn read(pid: u32) -> Option<(Process, u32)> {
    let number = i32::try_from(pid).ok().filter(|number| *number > 0)?;
    // SAFETY: the structure holds plain numbers and characters, for which zeros are values.
    let mut info: libc::proc_bsdinfo = unsafe { std::mem::zeroed() };
    let size = i32::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    // SAFETY: `info` is a writable structure of the size given, and of the kind that the request names.
    let filled =
        unsafe { libc::proc_pidinfo(number, libc::PROC_PIDTBSDINFO, 0, (&raw mut info).cast(), size) };
    let name: Vec<u8> =
        info.pbi_comm.iter().map(|byte| byte.cast_unsigned()).take_while(|byte| *byte != 0).collect();
    (filled == size).then(|| (Process { pid, program: program(&name) }, info.pbi_ppid))
}
