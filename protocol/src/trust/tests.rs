//! The rule's own table: each kind of owner and mode, for each purpose, in and out of a user namespace.

use super::*;

const GROUP: u32 = 1000;
const PLAIN: Viewer = Viewer { user: 1000, group: GROUP, maps_root: true, maps_us: true };
const IN_NAMESPACE: Viewer = Viewer { maps_root: false, ..PLAIN };

fn facts(owner: Owner, mode: u32) -> Facts {
    Facts { owner, group: GROUP, mode, listed: 0 }
}

fn of_strange_group(owner: Owner, mode: u32) -> Facts {
    Facts { group: 4, ..facts(owner, mode) }
}

#[test]
fn a_folder_on_the_way_is_ours_or_root_s_and_no_other_may_write_to_it() {
    let open = |mode| Err(Flaw::Open(mode));
    for (folder, for_decisions, for_secrets) in [
        (facts(Owner::Us, 0o700), Ok(()), Ok(())),
        (facts(Owner::Us, 0o755), Ok(()), Ok(())),
        (facts(Owner::Root, 0o755), Ok(()), Ok(())),
        (facts(Owner::Unmapped, 0o755), Ok(()), Ok(())),
        (facts(Owner::Other(7), 0o700), Err(Flaw::OtherOwner(7)), Err(Flaw::OtherOwner(7))),
        (facts(Owner::Us, 0o777), open(0o777), open(0o777)),
        (facts(Owner::Root, 0o777), open(0o777), open(0o777)),
        (facts(Owner::Root, 0o1777), Ok(()), Ok(())),
        (facts(Owner::Unmapped, 0o1777), Ok(()), Ok(())),
        (facts(Owner::Us, 0o1777), Ok(()), Ok(())),
        (facts(Owner::Other(7), 0o1777), Err(Flaw::OtherOwner(7)), Err(Flaw::OtherOwner(7))),
        (facts(Owner::Us, 0o775), Ok(()), open(0o775)),
        (of_strange_group(Owner::Us, 0o775), open(0o775), open(0o775)),
        (of_strange_group(Owner::Root, 0o1775), Ok(()), Ok(())),
    ] {
        assert_eq!(judge_folder(folder, &PLAIN, Purpose::Decision), for_decisions, "{folder:?}");
        assert_eq!(judge_folder(folder, &PLAIN, Purpose::Secret), for_secrets, "{folder:?}");
        assert_eq!(judge_folder(folder, &PLAIN, Purpose::Credential), for_secrets, "{folder:?}");
    }
}

fn listed(listed: u32, facts: Facts) -> Facts {
    Facts { listed, ..facts }
}

#[test]
fn an_access_list_lets_others_in_whom_the_mode_does_not_show() {
    let purposes = [Purpose::Decision, Purpose::Secret, Purpose::Credential];
    let denied = Err(Flaw::Listed);
    for (thing, as_folder, as_file) in [
        (listed(0, facts(Owner::Us, 0o660)), Ok(()), Ok(())),
        (listed(4, facts(Owner::Us, 0o660)), Ok(()), Ok(())),
        (listed(6, facts(Owner::Us, 0o660)), denied, denied),
        (listed(2, facts(Owner::Root, 0o675)), denied, denied),
        (listed(7, facts(Owner::Root, 0o1775)), Ok(()), denied),
        (listed(7, facts(Owner::Us, 0o1775)), Ok(()), denied),
    ] {
        assert_eq!(judge_folder(thing, &PLAIN, Purpose::Decision), as_folder, "{thing:?}");
        assert_eq!(judge_file(thing, Path::new("/x"), &PLAIN, Purpose::Decision), as_file, "{thing:?}");
    }
    // A service manager lets the one user read a credential by such a list, which grants others nothing.
    for (rights, judged) in [(0, Ok(())), (4, denied), (1, denied)] {
        let file = listed(rights, facts(Owner::Root, 0o440));
        let as_secret = purposes.map(|purpose| judge_file(file, Path::new("/x"), &PLAIN, purpose));
        assert_eq!(as_secret, [Ok(()), judged, judged], "{file:?}");
    }
    let link = facts(Owner::Unmapped, 0o777);
    let within = |rights| listed(rights, facts(Owner::Unmapped, 0o775));
    let judge = |rights| judge_link(link, within(rights), &IN_NAMESPACE, Purpose::Decision);
    assert_eq!([judge(0), judge(2)], [Ok(()), Err(Flaw::OtherOwner(OVERFLOW_USER))]);
}

#[test]
fn a_file_is_ours_or_root_s_and_a_secret_lets_nobody_in() {
    // Whether it passes for a decision, as a secret, and as a credential.
    for (file, passes) in [
        (facts(Owner::Us, 0o600), [true, true, true]),
        (facts(Owner::Us, 0o400), [true, true, true]),
        (facts(Owner::Us, 0o644), [true, false, false]),
        (facts(Owner::Us, 0o664), [true, false, false]),
        (of_strange_group(Owner::Us, 0o664), [false, false, false]),
        (facts(Owner::Us, 0o666), [false, false, false]),
        (facts(Owner::Us, 0o440), [true, false, true]),
        (facts(Owner::Root, 0o440), [true, true, true]),
        (facts(Owner::Root, 0o444), [true, false, false]),
        (facts(Owner::Root, 0o460), [true, false, false]),
        (facts(Owner::Other(7), 0o600), [false, false, false]),
        (facts(Owner::Unmapped, 0o600), [false, false, false]),
    ] {
        let purposes = [Purpose::Decision, Purpose::Secret, Purpose::Credential];
        let judged = purposes.map(|purpose| judge_file(file, Path::new("/home/x"), &PLAIN, purpose).is_ok());
        assert_eq!(judged, passes, "{file:?}");
    }
}

#[test]
fn who_is_not_mapped_counts_as_root_for_folders_and_the_system_s_own_files_alone() {
    let file = facts(Owner::Unmapped, 0o644);
    let judge = |path: &str| judge_file(file, Path::new(path), &IN_NAMESPACE, Purpose::Decision).is_ok();
    assert!(["/etc/ssl/ca.pem", "/usr/bin/cat", "/nix/store/x/bin/y"].into_iter().all(judge));
    let elsewhere = ["/home/me/ca.pem", "/tmp/ca.pem", "/etcetera/x", "/usrx", "/opt/x", "/var/usr/x"];
    assert!(!elsewhere.into_iter().any(judge));
    let kept = facts(Owner::Unmapped, 0o755);
    let shared = facts(Owner::Unmapped, 0o1777);
    let link = |within| judge_link(facts(Owner::Unmapped, 0o777), within, &IN_NAMESPACE, Purpose::Decision);
    assert_eq!(link(kept), Ok(()));
    assert_eq!(link(shared), Err(Flaw::OtherOwner(OVERFLOW_USER)), "a stranger's, in /tmp");
}

#[test]
fn a_link_is_ours_or_root_s() {
    let within = facts(Owner::Root, 0o1777);
    for (owner, judged) in
        [(Owner::Us, Ok(())), (Owner::Root, Ok(())), (Owner::Other(7), Err(Flaw::OtherOwner(7)))]
    {
        assert_eq!(judge_link(facts(owner, 0o777), within, &PLAIN, Purpose::Decision), judged);
    }
}

#[test]
fn a_number_is_what_the_namespace_makes_of_it() {
    let unmapped = Viewer { user: OVERFLOW_USER, maps_us: false, ..IN_NAMESPACE };
    let nobody = Viewer { user: OVERFLOW_USER, ..PLAIN };
    for (viewer, number, owner) in [
        (PLAIN, 1000, Owner::Us),
        (PLAIN, 0, Owner::Root),
        (PLAIN, 7, Owner::Other(7)),
        (PLAIN, OVERFLOW_USER, Owner::Other(OVERFLOW_USER)),
        (IN_NAMESPACE, OVERFLOW_USER, Owner::Unmapped),
        (IN_NAMESPACE, 1000, Owner::Us),
        (unmapped, OVERFLOW_USER, Owner::Unmapped),
        (nobody, OVERFLOW_USER, Owner::Us),
    ] {
        assert_eq!(viewer.owner(number), owner, "{viewer:?} {number}");
    }
}

#[cfg(unix)]
mod walks {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("cpt-trust-{}-{name}", std::process::id()));
            std::fs::create_dir_all(path.join("sub")).expect("folders");
            std::fs::write(path.join("sub/file"), "x").expect("a file");
            let folder = Self(path);
            folder.chmod("", 0o700);
            folder.chmod("sub", 0o700);
            folder.chmod("sub/file", 0o600);
            folder
        }

        fn chmod(&self, name: &str, mode: u32) {
            std::fs::set_permissions(self.0.join(name), PermissionsExt::from_mode(mode)).expect("a mode");
        }

        fn reads(&self, name: &str) -> Result<PathBuf, String> {
            let path = self.0.join(name);
            open(&path, Purpose::Decision).map_err(|error| format!("{error:?}"))?;
            let resolved = resolve(&path, Purpose::Decision).expect("what was opened");
            Ok(resolved
                .path
                .strip_prefix(self.0.canonicalize().expect("it exists"))
                .expect("below")
                .to_owned())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn links_of_ours_are_followed_to_where_the_system_would_go() {
        let folder = Folder::new("links");
        let at = |name: &str| folder.0.join(name);
        symlink("sub/file", at("relative")).expect("a link");
        symlink(at("sub"), at("absolute")).expect("a link");
        symlink("relative", at("chain")).expect("a link");
        symlink("../absolute/../sub/./file", at("sub/back")).expect("a link");
        symlink("circle", at("circle")).expect("a link");
        for name in ["sub/file", "relative", "absolute/file", "chain", "sub/back", "absolute/../relative"] {
            assert_eq!(folder.reads(name), Ok(PathBuf::from("sub/file")), "{name}");
            assert!(at(name).canonicalize().expect("the system's way").ends_with("sub/file"));
        }
        assert_eq!(folder.reads("circle"), Err("WrongKind".into()));
        for name in ["none", "sub/none", "sub/file/none", "sub", ""] {
            assert!(folder.reads(name).is_err(), "{name}");
        }
    }

    #[test]
    fn one_open_folder_anywhere_on_the_way_ends_it_and_is_named() {
        let folder = Folder::new("open");
        symlink(folder.0.join("sub"), folder.0.join("by-link")).expect("a link");
        for name in ["sub/file", "by-link/file"] {
            assert!(folder.reads(name).is_ok(), "the control");
            folder.chmod("sub", 0o777);
            assert!(folder.reads(name).is_err_and(|error| error.contains("/sub\", Open(511)")), "{name}");
            folder.chmod("sub", 0o700);
        }
    }

    #[test]
    fn a_folder_of_ours_is_made_with_its_parents_for_us_alone() {
        let folder = Folder::new("made");
        let deep = folder.0.join("a/b/c");
        assert!(matches!(own_folder(&deep, false), Err(Distrust::Absent)));
        own_folder(&deep, true).expect("made");
        own_folder(&deep, false).expect("there");
        let mode = |name: &str| folder.0.join(name).metadata().expect("made").permissions().mode() & 0o7777;
        assert_eq!(["a", "a/b", "a/b/c"].map(mode), [0o700; 3]);
        symlink("a/b", folder.0.join("link")).expect("a link");
        own_folder(&folder.0.join("link/d"), true).expect("beyond a link of ours");
        folder.chmod("a/b/c", 0o755);
        own_folder(&deep, true).expect("whom it lets look changes nothing");
        folder.chmod("a/b/c", 0o777);
        assert!(matches!(own_folder(&deep, true), Err(Distrust::Itself(Flaw::Open(0o777)))));
        assert!(own_folder(&folder.0.join("sub/file"), true).is_err());
    }

    #[test]
    fn a_file_is_appended_to_by_its_own_name_alone() {
        let folder = Folder::new("append");
        let (log, link) = (folder.0.join("log"), folder.0.join("link"));
        drop(open_to_append(&log).expect("made"));
        let mode = || log.metadata().expect("it").permissions().mode() & 0o7777;
        assert_eq!(mode(), 0o600);
        for readable in [0o644, 0o640] {
            folder.chmod("log", readable);
            drop(open_to_append(&log).expect("opened"));
            assert_eq!(mode(), 0o600, "{readable:o}");
        }
        symlink(folder.0.join("victim"), &link).expect("a link");
        assert!(matches!(open_to_append(&link), Err(Distrust::WrongKind)));
        assert!(!folder.0.join("victim").exists());
        folder.chmod("log", 0o622);
        assert!(matches!(open_to_append(&log), Err(Distrust::Itself(Flaw::Open(_)))));
    }
}
