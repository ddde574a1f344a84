//! Owns the walk along a path on Unix: each folder is opened from the one before it, links are followed by us, and each
//! of them is judged by `trust` on the way. So nothing that was judged can be exchanged before it is used.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::{
    Distrust, Facts, Flaw, OVERFLOW_USER, Owner, Purpose, Viewer, judge_file, judge_folder, judge_link, list,
};

/// The most links that are followed, which is the system's own limit: some lead in a circle.
const MOST_LINKS: usize = 40;

/// A folder that is only passed needs no right to list it.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What a file is opened with besides: no link, no wait for a pipe's other end, no terminal of ours.
const PLAIN: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// Where a path leads: a name in a folder that was reached by trusted steps alone. What bears the name, if anything
/// does, is no link.
#[derive(Debug)]
pub struct Place {
    /// The folder, for calls that begin at a descriptor.
    pub folder: OwnedFd,
    /// The name in it.
    pub name: OsString,
    /// The whole path, without links.
    pub path: PathBuf,
}

/// Follows the path, and the links that it ends in.
///
/// # Errors
/// [`Distrust`]; that there is nothing of the last name is none.
pub fn resolve(path: &Path, purpose: Purpose) -> Result<Place, Distrust> {
    Walk::new(path, purpose)?.into_place()
}

/// Opens a plain file to read it.
///
/// # Errors
/// [`Distrust`]; a pipe in its place does not block.
pub fn open(path: &Path, purpose: Purpose) -> Result<File, Distrust> {
    let place = resolve(path, purpose)?;
    let file = rustix::fs::openat(&place.folder, &place.name, PLAIN, Mode::empty()).map_err(blame)?;
    judge_opened(&file, &place.path, purpose)?;
    Ok(file.into())
}

/// Opens a plain file of ours to read it and add to it, made where there is none. The last name is no link. Its mode is
/// 0600 from then on, which also takes away what a list or a umask has done to it.
///
/// # Errors
/// [`Distrust`]; a pipe in its place does not block.
pub fn open_to_append(path: &Path) -> Result<File, Distrust> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Distrust::WrongKind);
    };
    let folder = Walk::new(folder, Purpose::Decision)?.walk_to_end()?;
    let flags = PLAIN | OFlags::RDWR | OFlags::APPEND | OFlags::CREATE;
    let file = rustix::fs::openat(folder.at, name, flags, Mode::RUSR | Mode::WUSR).map_err(blame)?;
    let facts = judge_opened(&file, &folder.path.join(name), Purpose::Decision)?;
    if facts.owner == Owner::Us && (facts.mode != 0o600 || facts.listed != 0) {
        // A file system without modes has those of its mount, whatever is asked.
        let _ = rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR);
    }
    Ok(file.into())
}

/// Passes a plain file that is not opened, such as a program that may be run and not read.
///
/// # Errors
/// [`Distrust`].
pub fn check(path: &Path, purpose: Purpose) -> Result<(), Distrust> {
    let place = resolve(path, purpose)?;
    let stat = rustix::fs::statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW).map_err(blame)?;
    let viewer = Viewer::now();
    let facts = facts(&viewer, &stat).with_list(list::of_path(&place.path, &stat, &viewer));
    require_kind(&stat, FileType::RegularFile)?;
    if facts.owner == Owner::Unmapped && !viewer.maps_us {
        // Whose it is can be asked of an open file alone.
        return open(path, purpose).map(drop);
    }
    judge_file(facts, &place.path, &viewer, purpose).map_err(Distrust::Itself)
}

/// Passes if nobody but root and us can replace what is in the folder, or the folder.
///
/// # Errors
/// [`Distrust`].
pub fn check_folder(folder: &Path) -> Result<(), Distrust> {
    Walk::new(folder, Purpose::Decision)?.walk_to_end().map(drop)
}

/// A folder of our own, with its parents made where they are missing and `is_made`: for us alone from their first
/// instant. The path may end in a link to it.
///
/// # Errors
/// [`Distrust`].
pub fn own_folder(folder: &Path, is_made: bool) -> Result<(), Distrust> {
    let mut reached = Walk::new(folder, Purpose::Decision)?;
    while let Some(name) = reached.ahead.pop() {
        let stepped = reached.step(&name, is_made);
        if let (Err(Distrust::OnTheWay(_, flaw)), true) = (&stepped, reached.ahead.is_empty()) {
            return Err(Distrust::Itself(*flaw));
        }
        stepped?;
    }
    let mut facts = reached.within;
    if facts.owner == Owner::Unmapped
        && reached.viewer.is_really_ours(&open_folder(&reached.at).map_err(blame)?)
    {
        facts.owner = Owner::Us;
    }
    let flaw = match facts.owner {
        Owner::Us => return Ok(()),
        Owner::Root => Flaw::Foreign(0),
        Owner::Unmapped => Flaw::Foreign(OVERFLOW_USER),
        Owner::Other(user) => Flaw::Foreign(user),
    };
    Err(Distrust::Itself(flaw))
}

fn open_folder(at: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(at, ".", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn judge_opened(file: &OwnedFd, path: &Path, purpose: Purpose) -> Result<Facts, Distrust> {
    let stat = rustix::fs::fstat(file).map_err(blame)?;
    require_kind(&stat, FileType::RegularFile)?;
    let viewer = Viewer::now();
    let mut facts = facts(&viewer, &stat).with_list(list::of_file(file, &stat, &viewer));
    if facts.owner == Owner::Unmapped && viewer.is_really_ours(file) {
        facts.owner = Owner::Us;
    }
    judge_file(facts, path, &viewer, purpose).map_err(Distrust::Itself)?;
    Ok(facts)
}

struct Walk {
    viewer: Viewer,
    purpose: Purpose,
    at: OwnedFd,
    /// What is known of `at`.
    within: Facts,
    path: PathBuf,
    /// The names that are left, the next one last.
    ahead: Vec<OsString>,
    links: usize,
}

impl Walk {
    fn new(path: &Path, purpose: Purpose) -> Result<Self, Distrust> {
        if !path.is_absolute() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
        }
        let viewer = Viewer::now();
        let at = rustix::fs::openat(CWD, "/", PASS, Mode::empty()).map_err(blame)?;
        let stat = rustix::fs::fstat(&at).map_err(blame)?;
        let within = facts(&viewer, &stat).with_list(list::of_path(Path::new("/"), &stat, &viewer));
        let judged = judge_folder(within, &viewer, purpose);
        judged.map_err(|flaw| Distrust::OnTheWay("/".into(), flaw))?;
        Ok(Self { viewer, purpose, at, within, path: "/".into(), ahead: names(path), links: 0 })
    }

    /// Goes on until one name is left that is no link.
    fn into_place(mut self) -> Result<Place, Distrust> {
        while let Some(name) = self.ahead.pop() {
            if !self.ahead.is_empty() || name == ".." {
                self.step(&name, false)?;
            } else if !self.follow(&name)? {
                return Ok(Place { path: self.path.join(&name), folder: self.at, name });
            }
        }
        Err(Distrust::WrongKind)
    }

    /// Goes on until no name is left.
    fn walk_to_end(mut self) -> Result<Self, Distrust> {
        while let Some(name) = self.ahead.pop() {
            self.step(&name, false)?;
        }
        Ok(self)
    }

    /// Goes into the folder of that name, or takes the way that the link of that name shows.
    fn step(&mut self, name: &OsStr, is_made: bool) -> Result<(), Distrust> {
        match rustix::fs::openat(&self.at, name, PASS, Mode::empty()) {
            Ok(folder) => {
                let path = self.path_of(name);
                self.enter(folder, path)
            }
            Err(Errno::NOTDIR | Errno::LOOP | Errno::MLINK) if self.follow(name)? => Ok(()),
            Err(Errno::NOENT) if is_made => {
                match rustix::fs::mkdirat(&self.at, name, Mode::RWXU) {
                    // Whatever the umask has taken away.
                    Ok(()) => {
                        rustix::fs::chmodat(&self.at, name, Mode::RWXU, AtFlags::empty()).map_err(blame)?
                    }
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(blame(error)),
                }
                self.step(name, false)
            }
            Err(error) => Err(blame(error)),
        }
    }

    fn path_of(&self, name: &OsStr) -> PathBuf {
        match (name.as_encoded_bytes(), self.path.parent()) {
            (b"..", above) => above.unwrap_or(Path::new("/")).to_owned(),
            _ => self.path.join(name),
        }
    }

    fn enter(&mut self, folder: OwnedFd, path: PathBuf) -> Result<(), Distrust> {
        let stat = rustix::fs::fstat(&folder).map_err(blame)?;
        let facts = facts(&self.viewer, &stat).with_list(list::of_path(&path, &stat, &self.viewer));
        let judged = judge_folder(facts, &self.viewer, self.purpose);
        judged.map_err(|flaw| Distrust::OnTheWay(path.clone(), flaw))?;
        (self.at, self.within, self.path) = (folder, facts, path);
        Ok(())
    }

    /// Whether the name is a link, whose way is then taken. One in a folder that was judged is exchanged by its owner
    /// alone, who is judged here.
    fn follow(&mut self, name: &OsStr) -> Result<bool, Distrust> {
        let stat = match rustix::fs::statat(&self.at, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(false),
            stat => stat.map_err(blame)?,
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
            return Ok(false);
        }
        let judged = judge_link(facts(&self.viewer, &stat), self.within, &self.viewer, self.purpose);
        judged.map_err(|flaw| Distrust::OnTheWay(self.path.join(name), flaw))?;
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(blame(Errno::LOOP));
        }
        let target = rustix::fs::readlinkat(&self.at, name, Vec::new()).map_err(blame)?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        if target.is_absolute() {
            let root = rustix::fs::openat(&self.at, "/", PASS, Mode::empty()).map_err(blame)?;
            self.enter(root, "/".into())?;
        }
        self.ahead.extend(names(&target));
        Ok(true)
    }
}

#[allow(clippy::useless_conversion, reason = "macOS has a shorter mode")]
fn facts(viewer: &Viewer, stat: &Stat) -> Facts {
    let mode = u32::from(stat.st_mode) & 0o7777;
    Facts { owner: viewer.owner(stat.st_uid), group: stat.st_gid, mode, listed: 0 }
}

impl Facts {
    fn with_list(self, list: list::Granted) -> Self {
        let mode = self.mode & (0o7707 | list.group << 3);
        Self { mode, listed: list.others, ..self }
    }
}

fn require_kind(stat: &Stat, kind: FileType) -> Result<(), Distrust> {
    if FileType::from_raw_mode(stat.st_mode) == kind { Ok(()) } else { Err(Distrust::WrongKind) }
}

/// The names on the path, the first one last.
fn names(path: &Path) -> Vec<OsString> {
    let is_step = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_step).map(|part| part.as_os_str().to_owned()).rev().collect()
}

fn blame(error: Errno) -> Distrust {
    match error {
        Errno::NOENT => Distrust::Absent,
        Errno::LOOP | Errno::NXIO => Distrust::WrongKind,
        other => Distrust::Io(other.into()),
    }
}
