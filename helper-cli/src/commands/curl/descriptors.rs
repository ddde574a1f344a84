//! Owns the question whether a path leads to an open descriptor: curl's are those behind which the token lies. It opens
//! nothing.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use cp_token_protocol::Failure;

use super::files::path;
use crate::curl::{Item, files_read, refusal};

/// How many links are followed, as by the system.
const LINKS: usize = 40;

/// That none of these makes curl read from a descriptor.
///
/// # Errors
/// The first that does, or might.
pub(super) fn refuse<'i>(items: impl Iterator<Item = &'i Item>) -> Result<(), Failure> {
    for item in items.filter(|item| item.is_on()) {
        if files_read(item)?.iter().any(|name| is_descriptor(path(name))) {
            return Err(refusal(
                format!("the file of --{} is a descriptor, and behind one lies the token", item.known.name),
                "name a file; where curl knows it, - is standard input",
            ));
        }
    }
    Ok(())
}

/// Whether the path leads through a folder of descriptors, by whatever link. One with too many links leads nowhere.
fn is_descriptor(path: &Path) -> bool {
    let Ok(start) = std::env::current_dir() else { return path.is_relative() };
    let (mut folder, mut links) = (start, 0);
    let mut ahead = components(path);
    while let Some(next) = ahead.pop() {
        let is_parent = next == "..";
        if next == "/" {
            folder = PathBuf::from("/");
        } else if is_parent {
            folder.pop();
        } else if is_folder_of_descriptors(&folder)
            || is_standard_stream(&folder, &next)
            || is_of_a_process_to_come(&folder, &next)
        {
            return true;
        } else if let Ok(link) = folder.join(&next).read_link() {
            links += 1;
            if links > LINKS {
                return false;
            }
            ahead.extend(components(&link));
        } else {
            folder.push(&next);
        }
    }
    is_folder_of_descriptors(&folder)
}

/// The steps of a path, the first one last.
fn components(path: &Path) -> Vec<std::ffi::OsString> {
    let steps = path.components().filter(|step| *step != Component::CurDir);
    let mut steps: Vec<_> = steps.map(|step| step.as_os_str().to_owned()).collect();
    steps.reverse();
    steps
}

/// Wherever the processes' file system is mounted, and the place that other systems have for it.
fn is_folder_of_descriptors(folder: &Path) -> bool {
    folder == Path::new("/dev/fd")
        || (folder.file_name() == Some(OsStr::new("fd")) && is_of_processes(folder))
}

/// Where they are no links to the former.
fn is_standard_stream(folder: &Path, name: &OsStr) -> bool {
    folder == Path::new("/dev") && ["stdin", "stdout", "stderr"].iter().any(|stream| name == *stream)
}

/// What is missing among the processes now may be curl's when curl looks: its own number is not given out yet.
fn is_of_a_process_to_come(folder: &Path, name: &OsStr) -> bool {
    is_of_processes(folder) && folder.join(name).symlink_metadata().is_err()
}

#[cfg(target_os = "linux")]
fn is_of_processes(folder: &Path) -> bool {
    const PROC: u64 = 0x9fa0;
    rustix::fs::statfs(folder).is_ok_and(|facts| u64::try_from(facts.f_type).is_ok_and(|kind| kind == PROC))
}

#[cfg(not(target_os = "linux"))]
fn is_of_processes(_: &Path) -> bool {
    false
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
            "/dev/stdin",
            "/dev/stderr",
            "/proc/self/fd/4",
            "/proc/1/fd/4",
            "/proc/self/task/../fd/4",
            "/proc/thread-self/fd/4",
            "/proc/self/root/proc/self/fd/4",
            "/proc/self/fd/4/more",
            &format!("/proc/{}/fd/999", std::process::id()),
            &format!("{to_dev}/fd/4"),
            "/proc/4194304/fd/4",
            "/proc/4194304/task/4194304/fd/4",
            "/proc/4194304/cwd/a-link",
            &to_come,
            &chain,
            &format!("{root}dev/fd/4"),
        ] {
            assert!(is_descriptor(Path::new(path)), "{path}");
        }
        for path in ["/dev/null", "/etc/passwd", "/proc/self/status", "fd/4", "/tmp/fd/4", "", ".", &itself] {
            assert!(!is_descriptor(Path::new(path)), "{path}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
