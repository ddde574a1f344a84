//! Owns the walk along a path on Unix: it opens each folder from the one before, follows links itself, and judges each
//! of them by the rule in `trust`. So nothing that was judged can be exchanged before it is used.

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

/// The most links that are followed, because some form a circle. It is the system's own limit.
const MOST_LINKS: usize = 40;

/// For a folder on the way: the right to list it is not needed.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// For a file: no link, no wait for a pipe's other end, no controlling terminal.
const PLAIN: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// Where a path leads: a name in a trusted folder. If something of that name exists, it is no link.
#[derive(Debug)]
pub struct Place {
    /// The folder, for calls that begin at a descriptor.
    pub folder: OwnedFd,
    /// The name in it.
    pub name: OsString,
    /// The whole path, without links.
    pub path: PathBuf,
}

/// Follows the path, and the links that it ends in. Nothing needs to exist at the last name.
pub fn resolve(path: &Path, purpose: Purpose) -> Result<Place, Distrust> {
    Walk::new(path, purpose)?.into_place()
}

/// Opens a plain file to read it. A pipe in its place does not block.
pub fn open(path: &Path, purpose: Purpose) -> Result<File, Distrust> {
    let place = resolve(path, purpose)?;
    let file = rustix::fs::openat(&place.folder, &place.name, PLAIN, Mode::empty())?;
    judge_opened(&file, &place.path, purpose)?;
    Ok(file.into())
}

/// Opens or creates a plain file of ours to read it and append to it. A link or a pipe in its place is refused. Its
/// mode is 0600 from then on, whatever an access list or a umask has changed.
pub fn open_to_append(path: &Path) -> Result<File, Distrust> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Distrust::WrongKind);
    };
    let folder = Walk::new(folder, Purpose::Decision)?.walk_to_end()?;
    let flags = PLAIN | OFlags::RDWR | OFlags::APPEND | OFlags::CREATE;
    let file = rustix::fs::openat(folder.at, name, flags, Mode::RUSR | Mode::WUSR)?;
    let facts = judge_opened(&file, &folder.path.join(name), Purpose::Decision)?;
    if facts.owner == Owner::Us && (facts.mode != 0o600 || facts.listed != 0) {
        // A file system without modes has those of its mount.
        let _ = rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR);
    }
    Ok(file.into())
}

/// Passes a plain file that is not opened, such as a program that can be executed but not read.
pub fn check(path: &Path, purpose: Purpose) -> Result<(), Distrust> {
    let place = resolve(path, purpose)?;
    let stat = rustix::fs::statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW)?;
    let viewer = Viewer::now();
    let bare = facts(&viewer, &stat);
    let facts = bare.with_list(list::of_path(&place.path, bare.mode, &viewer));
    require_kind(&stat, FileType::RegularFile)?;
    if facts.owner == Owner::Unmapped && !viewer.maps_us {
        // Only of an open file can be asked whose it is.
        return open(path, purpose).map(drop);
    }
    judge_file(facts, &place.path, &viewer, purpose).map_err(Distrust::Itself)
}

/// Passes if nobody but root and us can replace what is in the folder, or the folder.
pub fn check_folder(folder: &Path) -> Result<(), Distrust> {
    Walk::new(folder, Purpose::Decision)?.walk_to_end().map(drop)
}

/// Passes a folder of our own; the path may end in a link to it. With `is_made`, it and its parents are created if they
/// are missing: for us alone from their first instant.
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
    if facts.owner == Owner::Unmapped {
        let folder =
            rustix::fs::openat(&reached.at, ".", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        if reached.viewer.is_really_ours(folder) {
            facts.owner = Owner::Us;
        }
    }
    let flaw = match facts.owner {
        Owner::Us => return Ok(()),
        Owner::Root => Flaw::OtherOwner(0),
        Owner::Unmapped => Flaw::OtherOwner(OVERFLOW_USER),
        Owner::Other(user) => Flaw::OtherOwner(user),
    };
    Err(Distrust::Itself(flaw))
}

fn judge_opened(file: &OwnedFd, path: &Path, purpose: Purpose) -> Result<Facts, Distrust> {
    let stat = rustix::fs::fstat(file)?;
    require_kind(&stat, FileType::RegularFile)?;
    let viewer = Viewer::now();
    let bare = facts(&viewer, &stat);
    let mut facts = bare.with_list(list::of_file(file, bare.mode, &viewer));
    if facts.owner == Owner::Unmapped && viewer.is_really_ours(file) {
        facts.owner = Owner::Us;
    }
    judge_file(facts, path, &viewer, purpose).map_err(Distrust::Itself)?;
    Ok(facts)
}

fn judge_opened_folder(
    folder: &OwnedFd,
    path: &Path,
    viewer: &Viewer,
    purpose: Purpose,
) -> Result<Facts, Distrust> {
    let bare = facts(viewer, &rustix::fs::fstat(folder)?);
    let facts = bare.with_list(list::of_path(path, bare.mode, viewer));
    judge_folder(facts, viewer, purpose).map_err(|flaw| Distrust::OnTheWay(path.to_owned(), flaw))?;
    Ok(facts)
}

struct Walk {
    viewer: Viewer,
    purpose: Purpose,
    at: OwnedFd,
    /// The facts of `at`.
    within: Facts,
    path: PathBuf,
    /// The names that are left; the next one is last.
    ahead: Vec<OsString>,
    links: usize,
}

impl Walk {
    fn new(path: &Path, purpose: Purpose) -> Result<Self, Distrust> {
        if !path.is_absolute() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
        }
        let viewer = Viewer::now();
        let at = rustix::fs::openat(CWD, "/", PASS, Mode::empty())?;
        let within = judge_opened_folder(&at, Path::new("/"), &viewer, purpose)?;
        Ok(Self { viewer, purpose, at, within, path: "/".into(), ahead: names(path), links: 0 })
    }

    /// Walks until one name is left that is no link.
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

    /// Walks until no name is left.
    fn walk_to_end(mut self) -> Result<Self, Distrust> {
        while let Some(name) = self.ahead.pop() {
            self.step(&name, false)?;
        }
        Ok(self)
    }

    /// Enters the folder of that name, or follows the link of that name.
    fn step(&mut self, name: &OsStr, is_made: bool) -> Result<(), Distrust> {
        match rustix::fs::openat(&self.at, name, PASS, Mode::empty()) {
            Ok(folder) => {
                let path = self.path_of(name);
                self.enter(folder, path)
            }
            Err(Errno::NOTDIR | Errno::LOOP | Errno::MLINK) if self.follow(name)? => Ok(()),
            Err(Errno::NOENT) if is_made => {
                match rustix::fs::mkdirat(&self.at, name, Mode::RWXU) {
                    // The umask may have cleared bits.
                    Ok(()) => rustix::fs::chmodat(&self.at, name, Mode::RWXU, AtFlags::empty())?,
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                self.step(name, false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn path_of(&self, name: &OsStr) -> PathBuf {
        match (name.as_encoded_bytes(), self.path.parent()) {
            (b"..", above) => above.unwrap_or(Path::new("/")).to_owned(),
            _ => self.path.join(name),
        }
    }

    fn enter(&mut self, folder: OwnedFd, path: PathBuf) -> Result<(), Distrust> {
        self.within = judge_opened_folder(&folder, &path, &self.viewer, self.purpose)?;
        (self.at, self.path) = (folder, path);
        Ok(())
    }

    /// Whether the name is a link, which is then followed. In a folder that was judged, only the link's owner can
    /// exchange it, and the owner is judged here.
    fn follow(&mut self, name: &OsStr) -> Result<bool, Distrust> {
        let stat = match rustix::fs::statat(&self.at, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(false),
            stat => stat?,
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
            return Ok(false);
        }
        let judged = judge_link(facts(&self.viewer, &stat), self.within, &self.viewer, self.purpose);
        judged.map_err(|flaw| Distrust::OnTheWay(self.path.join(name), flaw))?;
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Distrust::WrongKind);
        }
        let target = rustix::fs::readlinkat(&self.at, name, Vec::new())?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        if target.is_absolute() {
            let root = rustix::fs::openat(&self.at, "/", PASS, Mode::empty())?;
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

/// The names in the path, the first one last.
fn names(path: &Path) -> Vec<OsString> {
    let is_step = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_step).map(|part| part.as_os_str().to_owned()).rev().collect()
}

impl From<Errno> for Distrust {
    fn from(error: Errno) -> Self {
        match error {
            Errno::NOENT => Distrust::Absent,
            Errno::LOOP | Errno::NXIO => Distrust::WrongKind,
            other => Distrust::Io(other.into()),
        }
    }
}
