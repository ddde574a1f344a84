//! Owns what the kernel says of a process on macOS: name and parent in one answer.
#![allow(unsafe_code)]

use super::ProcessInfo;

/// There is no cheaper way than [`read`].
pub(super) fn parent_of(_: u32) -> Option<u32> {
    None
}

/// Its name and its parent's number; nothing where the process has gone.
pub(super) fn read(pid: u32) -> Option<(ProcessInfo, u32)> {
    let number = i32::try_from(pid).ok().filter(|number| *number > 0)?;
    // SAFETY: the structure holds plain numbers and letters, for which zeros are values.
    let mut facts: libc::proc_bsdinfo = unsafe { std::mem::zeroed() };
    let size = i32::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    // SAFETY: `facts` is a writable structure of the size given, and of the kind that the request names.
    let filled =
        unsafe { libc::proc_pidinfo(number, libc::PROC_PIDTBSDINFO, 0, (&raw mut facts).cast(), size) };
    let name: Vec<u8> =
        facts.pbi_comm.iter().map(|letter| letter.cast_unsigned()).take_while(|byte| *byte != 0).collect();
    (filled == size).then(|| (ProcessInfo::new(pid, &name), facts.pbi_ppid))
}
