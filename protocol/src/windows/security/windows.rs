//! Owns what Windows says of users: who we are, who is at the other end of a pipe, whose an object is, and who else may
//! write it. It decides nothing.
#![allow(unsafe_code)]

use std::ffi::{OsStr, c_void};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{ERROR_CANNOT_IMPERSONATE, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT,
    SE_KERNEL_OBJECT,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, GetTokenInformation,
    OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, RevertToSelf, SECURITY_ATTRIBUTES, TOKEN_QUERY,
    TOKEN_USER, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::CreateDirectoryW;
use windows_sys::Win32::System::Pipes::{GetNamedPipeClientProcessId, ImpersonateNamedPipeClient};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentThread, OpenProcess, OpenProcessToken, OpenThreadToken,
    PROCESS_QUERY_LIMITED_INFORMATION,
};

pub use crate::windows::access::{Access, EXCHANGING, READING, WRITING};
pub use crate::windows::sid::Sid;

/// The text in UTF-16, with its closing zero.
pub fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

/// The user that this process runs as.
pub fn own_user() -> io::Result<Sid> {
    // SAFETY: the pseudo handle of this process is always valid.
    user_of_process(unsafe { GetCurrentProcess() })
}

/// The user at the client's end of this pipe, as the kernel recorded it; before the client's first bytes, for which the
/// kernel may wait, the user of the client's process. We are the server.
pub fn client_of(pipe: impl AsHandle) -> io::Result<Sid> {
    // SAFETY: the handle is open, and the impersonation ends before this function returns.
    if unsafe { ImpersonateNamedPipeClient(pipe.as_handle().as_raw_handle()) } == 0 {
        let error = io::Error::last_os_error();
        let is_too_early = error.raw_os_error() == Some(ERROR_CANNOT_IMPERSONATE.cast_signed());
        return if is_too_early { user_of_process(process_of(pipe)?.as_raw_handle()) } else { Err(error) };
    }
    let user = user_of_thread();
    // SAFETY: ends the impersonation.
    if unsafe { RevertToSelf() } == 0 {
        // The thread may still impersonate another user, so it must do nothing more.
        std::process::abort();
    }
    user
}

/// The number of the process that opened the client's end.
pub fn client_process(pipe: impl AsHandle) -> io::Result<u32> {
    let mut number = 0;
    // SAFETY: the handle is open and `number` is writable.
    success(unsafe { GetNamedPipeClientProcessId(pipe.as_handle().as_raw_handle(), &raw mut number) })?;
    Ok(number)
}

fn process_of(pipe: impl AsHandle) -> io::Result<OwnedHandle> {
    let number = client_process(pipe)?;
    // SAFETY: plain numbers.
    owned(unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, number) })
}

fn user_of_process(process: HANDLE) -> io::Result<Sid> {
    let mut token = null_mut();
    // SAFETY: the process is open and `token` is writable.
    success(unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) })?;
    user_of(owned(token)?.as_handle())
}

fn user_of_thread() -> io::Result<Sid> {
    let mut token = null_mut();
    // SAFETY: the pseudo handle of this thread is always valid. The token is opened as the process, because a user who
    // is impersonated for identification only may open nothing.
    success(unsafe { OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, 1, &raw mut token) })?;
    user_of(owned(token)?.as_handle())
}

fn user_of(token: BorrowedHandle<'_>) -> io::Result<Sid> {
    // Of `u64`, for the alignment of `TOKEN_USER`.
    let mut room = [0_u64; 32];
    let size = size_of_val(&room) as u32;
    let mut length = 0;
    let place = room.as_mut_ptr().cast();
    // SAFETY: the room is writable for `size` bytes.
    success(unsafe { GetTokenInformation(token.as_raw_handle(), TokenUser, place, size, &raw mut length) })?;
    // SAFETY: the call has written a `TOKEN_USER`, whose identifier is in the same room.
    unsafe { copy((*room.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}

/// # Safety
/// `sid` is null or a whole identifier from the system.
unsafe fn copy(sid: PSID) -> io::Result<Sid> {
    if sid.is_null() {
        return Err(io::ErrorKind::NotFound.into());
    }
    // SAFETY: the second byte of an identifier is the count of its numbers, so it has this many bytes.
    let bytes = unsafe {
        let start = sid.cast::<u8>().cast_const();
        std::slice::from_raw_parts(start, 8 + usize::from(*start.add(1)) * 4)
    };
    Sid::parse(bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The type of an object.
#[derive(Debug, Clone, Copy)]
#[repr(i32)]
pub enum Kind {
    /// A file or a folder.
    File = SE_FILE_OBJECT,
    /// A pipe.
    Pipe = SE_KERNEL_OBJECT,
}

/// The owner and the access list of the object.
pub fn access_of(object: impl AsHandle, kind: Kind) -> io::Result<Access> {
    let (mut owner, mut list, mut descriptor) = (null_mut(), null_mut(), null_mut());
    let handle = object.as_handle().as_raw_handle();
    // SAFETY: the handle is open, and the places are writable.
    let status = unsafe {
        GetSecurityInfo(
            handle,
            kind as i32,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &raw mut owner,
            null_mut(),
            &raw mut list,
            null_mut(),
            &raw mut descriptor,
        )
    };
    if status != 0 {
        return Err(io::Error::from_raw_os_error(status.cast_signed()));
    }
    let descriptor = Descriptor(descriptor);
    // SAFETY: both are in the descriptor, which outlives these calls.
    let access =
        unsafe { Access { owner: copy(owner)?, granted: granted(list), is_open_to_all: list.is_null() } };
    drop(descriptor);
    Ok(access)
}

/// # Safety
/// `list` is null or a whole list from the system.
unsafe fn granted(list: *const ACL) -> Vec<(Sid, u32)> {
    const ALLOWED: u8 = 0;
    // Such an entry applies to children only.
    const INHERIT_ONLY: u8 = 8;
    // SAFETY: the caller guarantees it.
    let count = if list.is_null() { 0 } else { u32::from(unsafe { (*list).AceCount }) };
    let entry = |index| {
        let mut entry: *mut c_void = null_mut();
        // SAFETY: the list is whole and `entry` is writable.
        let found = unsafe { GetAce(list, index, &raw mut entry) } != 0 && !entry.is_null();
        // SAFETY: each entry begins with this head.
        let head = found.then(|| unsafe { *entry.cast::<ACE_HEADER>() })?;
        if head.AceType != ALLOWED || head.AceFlags & INHERIT_ONLY != 0 {
            return None;
        }
        let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
        // SAFETY: an entry of this type has a mask, and its identifier begins at `SidStart`.
        unsafe { Some((copy((&raw mut (*entry).SidStart).cast()).ok()?, (*entry).Mask)) }
    };
    (0..count).filter_map(entry).collect()
}

/// Creates a folder, with its parents, that only this user and the system can access from its first instant, as
/// everything that is created in it. An existing folder stays as it is.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let own = own_user()?;
    let descriptor = Descriptor::parse(&format!("O:{own}D:P(A;OICI;FA;;;{own})(A;OICI;FA;;;SY)"))?;
    let (path, attributes) = (wide(folder.as_os_str()), descriptor.attributes());
    // SAFETY: the path ends with a zero, and the descriptor outlives the call.
    let made = success(unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) });
    made.or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
}

/// The security descriptor of a new object.
pub struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    /// The descriptor of this text in SDDL.
    pub fn parse(text: &str) -> io::Result<Self> {
        let mut descriptor = null_mut();
        let text = wide(text.as_ref());
        // SAFETY: the text ends with a zero, and `descriptor` is writable.
        success(unsafe {
            let place = &raw mut descriptor;
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                place,
                null_mut(),
            )
        })?;
        Ok(Self(descriptor))
    }

    /// The attributes for the calls that create objects; no child inherits the handle. Valid as long as this value.
    pub fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0,
            bInheritHandle: 0,
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system has allocated it for us, and it is freed once.
        unsafe { LocalFree(self.0) };
    }
}

pub(in crate::windows) fn success(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just opened the handle for us, and nobody else closes it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}
