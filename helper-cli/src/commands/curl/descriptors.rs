//! Owns whether a path leads to an open descriptor, behind one of which lies the token, or others could make it lead there
//! between our look and curl's. It reads nothing.

#[cfg_attr(target_os = "linux", path = "descriptors/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "descriptors/other.rs")]
mod place;

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use cp_token_protocol::Failure;
use cp_token_protocol::trust::{self, Distrust, Purpose};
use rustix::fs::AtFlags;

use self::place::Position;
use crate::curl::refusal;

/// How many links are followed, as by the system.
const LINKS: usize = 40;

/// In a folder with this bit, everybody may make a name that is not there, and exchange one of their own.
const STICKY: u32 = 0o1000;

enum FoundPath {
    Nothing,
    Link(PathBuf),
    Position(Position),
}

/// Fails if the file of this option is a descriptor, or might be one.
pub(super) fn refuse(option: &str, path: &Path) -> Result<(), Failure> {
    match leads_to_descriptor(path) {
        Ok(false) => Ok(()),
        Ok(true) => Err(refusal(
            format!(
                "the file of --{option} is a descriptor or lies below /proc, and the token is behind one"
            ),
            "name a file; where curl knows it, - is standard input",
        )),
        Err(_) => Err(refusal(
            format!("the path of the file of --{option} cannot be followed, and it might be a descriptor"),
            "name a file whose folders are open to you, with few links on the way",
        )),
    }
}

/// Whether the path leads to a descriptor, or to where they have names. It goes name by name, as the system does: the
/// whole name of where it arrives may be longer than the system takes at once, or belong to another tree.
fn leads_to_descriptor(path: &Path) -> io::Result<bool> {
    let Some(mut place) = place::start(path)? else { return Ok(false) };
    let (mut ahead, mut links) = (names(path), 0..LINKS);
    while !place::is_descriptor(&place)? {
        let Some(name) = ahead.pop() else { return Ok(false) };
        match place::find(&place, &name)? {
            FoundPath::Position(found) => place = found,
            FoundPath::Link(to) => {
                links.next().ok_or(io::ErrorKind::TooManyLinks)?;
                ahead.extend(names(&to));
            }
            FoundPath::Nothing => skip(&mut ahead),
        }
    }
    Ok(true)
}

/// Goes on behind the `..` that leads out of a folder which is not there: curl may make it.
fn skip(ahead: &mut Vec<OsString>) {
    let mut depth = 1_usize;
    while depth > 0 {
        match ahead.pop() {
            Some(name) if name == ".." => depth -= 1,
            Some(_) => depth += 1,
            None => return,
        }
    }
}

fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().filter(|name| *name != Component::CurDir);
    let mut names: Vec<_> = names.map(|name| name.as_os_str().to_owned()).collect();
    names.reverse();
    names
}

/// Fails if others could exchange the file of this option.
pub(super) fn refuse_replaceable(option: &str, path: &Path) -> Result<(), Failure> {
    if !is_replaceable(path) {
        return Ok(());
    }
    Err(refusal(
        format!("others could put the token's descriptor in the place of the file of --{option}"),
        "keep it in a folder of yours that nobody else may write to, or do without --next and, with -q, without .curlrc",
    ))
}

/// Whether somebody who is neither root nor us could, with the rights that are there now.
fn is_replaceable(path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else { return true };
    let place = match trust::resolve(&path, Purpose::Decision) {
        Ok(place) => place,
        // What leads nowhere is no file, and curl says so.
        Err(error) => return matches!(error, Distrust::OnTheWay(..) | Distrust::Itself(_)),
    };
    match rustix::fs::statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => ![0, rustix::process::geteuid().as_raw()].contains(&stat.st_uid),
        Err(_) => {
            let folder = place.path.parent().and_then(|folder| folder.metadata().ok());
            folder.is_none_or(|facts| facts.mode() & STICKY != 0)
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_is_known_by_whatever_way_a_path_leads_to_it() {
        let folder = std::env::temp_dir().join(format!("cp-token-descriptors-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let link = |name: &str, to: &str| {
            std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
            folder.join(name).to_str().unwrap().to_owned()
        };
        let up = "../".repeat(folder.components().count());
        let (to_dev, chain) = (link("dev", "/dev"), link("chain", "more"));
        link("more", &format!("{up}proc/thread-self/fd/4"));
        let root = format!("{}/{up}", folder.display());
        let itself = link("itself", "itself");
        let to_come = link("to-come", "/proc/4194304/fd/4");
        for path in [
            "/dev/fd",
            "/dev/fd/4",
            "/dev/./fd//4",
            "/dev/fd/../fd/4",
            "/missing/folder/../../dev/fd/4",
            "/dev/stdin",
            "/dev/stderr",
            "/proc/self/fd/4",
            "/proc/1/fd/4",
            "/proc/self/task/../fd/4",
            "/proc/thread-self/fd/4",
            "/proc/self/root/proc/self/fd/4",
            "/proc/self/fd/4/more",
            "/proc/self/cwd/file",
            "/proc/self/status",
            &format!("/proc/{}/fd/999", std::process::id()),
            &format!("{to_dev}/fd/4"),
            "/proc/4194304/fd/4",
            "/proc/4194304/task/4194304/fd/4",
            "/proc/4194304/cwd/a-link",
            &to_come,
            &chain,
            &format!("{root}dev/fd/4"),
        ] {
            assert!(leads_to_descriptor(Path::new(path)).unwrap(), "{path}");
        }
        let long = "x".repeat(300);
        for path in [
            "/dev/null",
            "/etc/passwd",
            "/etc/passwd/more",
            "fd/4",
            "/tmp/fd/4",
            "",
            ".",
            "https://host/a/../b",
            &long,
        ] {
            assert!(!leads_to_descriptor(Path::new(path)).unwrap(), "{path}");
        }
        assert!(leads_to_descriptor(Path::new(&itself)).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_pipe_is_a_descriptor_wherever_it_was_found() {
        let (reader, _writer) = std::io::pipe().unwrap();
        assert!(place::is_descriptor(&reader.into()).unwrap());
    }
}
