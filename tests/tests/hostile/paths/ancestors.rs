//! Owns a way of two folders to a file, and everything that is done to it.

use std::os::unix::fs::{chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_token_tests::world::World;

use super::openings::Opening;
use crate::stage::{OTHER, chmod, give_to};

/// A user who is neither root nor the caller.
const OTHER_USER: u32 = 1235;
/// A group that the caller is not in.
const STRANGE_GROUP: u32 = 1236;

/// `above/folder/file`, all of the caller's.
pub(super) struct TestPath {
    above: PathBuf,
    folder: PathBuf,
    file: PathBuf,
    /// The path that is given to the opening.
    pub(super) asked: PathBuf,
    mode: u32,
}

/// One thing that is done to the way, and whether it is taken then.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) change: fn(&TestPath),
    pub(super) for_decisions: bool,
    pub(super) for_secrets: bool,
    pub(super) is_about_the_file: bool,
    pub(super) is_root_s: bool,
}

impl TestPath {
    pub(super) fn lay(world: &World, opening: &Opening) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let above = world.path("bin").join(format!("way-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let folder = above.join(opening.folder);
        std::fs::create_dir_all(&folder).expect("make the way");
        let file = folder.join(opening.file);
        std::fs::write(&file, (opening.content)(world)).expect("write the file");
        for (path, mode) in [(&above, 0o700), (&folder, 0o700), (&file, opening.mode)] {
            chmod(path, mode);
            give_to(path, OTHER);
        }
        Self { above, folder, asked: file.clone(), file, mode: opening.mode }
    }

    /// The file's mode with more rights for others: to read it, and to run it where it is a program.
    fn readable(&self) -> u32 {
        self.mode | 0o044 | if self.mode & 0o100 != 0 { 0o011 } else { 0 }
    }
}

/// Puts a link in the place of what is at `path`, which lies beside it from now on.
fn by_link(path: &Path, owner: u32) {
    let real = path.with_file_name("real");
    std::fs::rename(path, &real).expect("move it");
    symlink("real", path).expect("set a link");
    lchown(path, Some(owner), Some(owner)).expect("give it away");
}

pub(super) fn cases() -> Vec<Case> {
    let case = |name, change: fn(&TestPath), for_decisions, for_secrets| Case {
        name,
        change,
        for_decisions,
        for_secrets,
        is_about_the_file: false,
        is_root_s: false,
    };
    let of_file = |case: Case| Case { is_about_the_file: true, ..case };
    vec![
        case("as it is", |_| {}, true, true),
        case("a folder that others may look into", |way| chmod(&way.folder, 0o755), true, true),
        case("a folder that others may write to", |way| chmod(&way.folder, 0o777), false, false),
        case("the folder above that", |way| chmod(&way.above, 0o777), false, false),
        case("one of our group", |way| chmod(&way.above, 0o770), true, false),
        case("one of a strange group", |way| to_group(&way.above, 0o770), false, false),
        case("a sticky one of root's", |way| to_root(&way.above, 0o1777), true, true),
        case("a sticky one of ours", |way| chmod(&way.above, 0o1777), true, true),
        case("another user's folder above", |way| to_other_user(&way.above, 0o755), false, false),
        Case { is_root_s: true, ..case("root's folder", |way| to_root(&way.folder, 0o755), true, true) },
        case("a folder by a link of ours", |way| by_link(&way.folder, OTHER), true, true),
        case("a folder by a link of root's", |way| by_link(&way.folder, 0), true, true),
        case("a folder by another user's link", |way| by_link(&way.folder, OTHER_USER), false, false),
        of_file(case("by a link of ours", |way| by_link(&way.file, OTHER), true, true)),
        of_file(case("by another user's link", |way| by_link(&way.file, OTHER_USER), false, false)),
        of_file(case("another user's file", |way| to_other_user(&way.file, way.readable()), false, false)),
        of_file(case("one that others may read", |way| chmod(&way.file, way.readable()), true, false)),
        of_file(case("one that others may write", |way| chmod(&way.file, way.mode | 0o066), false, false)),
        of_file(case("root's that all may read", |way| to_root(&way.file, way.readable()), true, false)),
        of_file(case("root's for our group", |way| root_s_for_us(&way.file, way.mode), true, true)),
        case(
            "a folder that a list opens to another user",
            |way| list(&way.folder, OTHER_USER, "rwx"),
            false,
            false,
        ),
        case("the folder above that", |way| list(&way.above, OTHER_USER, "rwx"), false, false),
        case(
            "one that a list lets another user look into",
            |way| list(&way.above, OTHER_USER, "rx"),
            true,
            true,
        ),
        case("one whose list is masked", |way| masked(&way.above), true, true),
        case("one whose list is for what is made in it", |way| for_new_ones(&way.folder), true, true),
        case("root's that a list opens to us alone", |way| root_s_for_us_to_write(&way.above), true, true),
        case("root's that a list opens to a group", |way| root_s_for_a_group(&way.above), false, false),
        case("a sticky one of root's with a list", |way| root_s_with_list(&way.above), true, true),
        of_file(case(
            "one that a list lets another user write",
            |way| list(&way.file, OTHER_USER, "rwx"),
            false,
            false,
        )),
        of_file(case(
            "one that a list lets another user read",
            |way| list(&way.file, OTHER_USER, "rx"),
            true,
            false,
        )),
        of_file(case("ours with a list for us", |way| list(&way.file, OTHER, "rwx"), true, true)),
        of_file(case("root's with a list for us", |way| root_s_listed(way, OTHER), true, true)),
        of_file(case(
            "root's with a list for another user",
            |way| root_s_listed(way, OTHER_USER),
            true,
            false,
        )),
        of_file(case("a folder in its place", |way| in_its_place(&way.file), false, false)),
    ]
}

fn to_group(path: &Path, mode: u32) {
    chown(path, None, Some(STRANGE_GROUP)).expect("change the group");
    chmod(path, mode);
}

fn to_root(path: &Path, mode: u32) {
    chown(path, Some(0), Some(0)).expect("give it to root");
    chmod(path, mode);
}

fn root_s_for_us(path: &Path, mode: u32) {
    chown(path, Some(0), Some(OTHER)).expect("give it to root");
    chmod(path, 0o440 | if mode & 0o100 != 0 { 0o010 } else { 0 });
}

/// Adds the user to the access list, which our own group's bits then show.
fn list(path: &Path, user: u32, rights: &str) {
    setfacl(&["-m", &format!("u:{user}:{rights}")], path);
}

fn masked(path: &Path) {
    list(path, OTHER_USER, "rwx");
    chmod(path, 0o750);
}

fn for_new_ones(path: &Path) {
    setfacl(&["-d", "-m", &format!("u:{OTHER_USER}:rwx")], path);
}

/// As an administrator lends a folder. The mode then shows that its group, which is root's, may write.
fn root_s_for_us_to_write(path: &Path) {
    to_root(path, 0o755);
    list(path, OTHER, "rwx");
}

fn root_s_for_a_group(path: &Path) {
    root_s_for_us_to_write(path);
    setfacl(&["-m", &format!("g:{STRANGE_GROUP}:rwx")], path);
}

fn root_s_with_list(path: &Path) {
    to_root(path, 0o1755);
    list(path, OTHER_USER, "rwx");
}

/// As systemd hands over a credential. Whoever is listed beside us is let in as well.
fn root_s_listed(way: &TestPath, user: u32) {
    let (mode, rights) = if way.mode & 0o100 == 0 { (0o400, "r") } else { (0o500, "rx") };
    to_root(&way.file, mode);
    list(&way.file, OTHER, rights);
    list(&way.file, user, rights);
}

fn setfacl(arguments: &[&str], path: &Path) {
    let status = Command::new("setfacl").args(arguments).arg(path).status().expect("run setfacl");
    assert!(status.success(), "setfacl {arguments:?} {}", path.display());
}

fn to_other_user(path: &Path, mode: u32) {
    give_to(path, OTHER_USER);
    chmod(path, mode);
}

fn in_its_place(path: &Path) {
    std::fs::remove_file(path).expect("take the file away");
    std::fs::create_dir(path).expect("make a folder");
    give_to(path, OTHER);
}
