//! Promises about a new program that cannot take over: the old daemon goes on, and says why in one line.

use std::os::unix::fs::{PermissionsExt, symlink};

use cp_token_tests::programs;
use cp_token_tests::world::{World, eventually, processes};

use super::{KINDS, bad_new_process, replace_daemon, restart, stage};

#[test]
fn a_new_program_that_dies_in_the_old_ones_place_leaves_no_process_with_a_secret_behind() {
    let world = stage();
    let old = world.daemon_pid();
    std::fs::copy(world.daemon_file(), world.path("bin/kept")).expect("keep the real one");
    bad_new_process(&world, "dies in place");
    restart(&world).failed(75).saying("closed the connection before it answered");
    assert!(processes::wait_for_end(old));
    for child in processes::running(&[world.daemon_file()]) {
        assert!(processes::wait_for_end(child), "whoever held everything meanwhile lives on");
    }
    bad_new_process(&world, "waits in place");
    std::fs::write(world.path("bin/successor.go"), "").expect("say the word");
    replace_daemon(&world, world.path("bin/kept"));
    world.helper(&["daemon", "start"]).succeeded();
    bad_new_process(&world, "waits in place");
    restart(&world).succeeded();
}

/// The old daemon serves everything, and nobody is left beside it.
fn goes_on(world: &World, old: u32, before: usize) {
    for kind in KINDS {
        assert_eq!(world.call(kind).printing_a_token().run().code, 0);
    }
    assert_eq!(world.server().token_requests(), before);
    for other in processes::running(&[world.daemon_file()]) {
        assert!(other == old || processes::wait_for_end(other));
    }
}

#[test]
fn a_new_program_that_exits_hangs_or_speaks_another_format_takes_nothing_and_the_old_daemon_goes_on() {
    let world = stage();
    let (old, before) = (world.daemon_pid(), world.server().token_requests());
    for (mode, words) in [
        ("exits", "ended before it was ready"),
        ("other format", "hands over in format 99"),
        ("took before it was given", "ended before it was ready"),
        ("makes no channel", "ended before it was ready"),
        ("takes nothing", "did not take over"),
        ("dies over it", "did not take over"),
        ("talks nonsense", "did not take over"),
        ("runs only once", "does not run the program"),
        ("repeats what it was given", "it takes nothing over (handover_failed)"),
        ("hangs", "does not get ready"),
    ] {
        bad_new_process(&world, mode);
        restart(&world).failed(69).saying("the daemon goes on as before").saying(words);
        goes_on(&world, old, before);
    }
    world.assert_no_leak();
}

#[test]
fn b08_a_program_that_others_could_have_put_there_is_not_run() {
    let world = stage();
    let (old, before) = (world.daemon_pid(), world.server().token_requests());
    let file = world.daemon_file();
    let kept = world.path("bin/kept");
    std::fs::rename(&file, &kept).expect("move it away");
    restart(&world).failed(69).saying("it does not exist");
    if programs::is_root() {
        symlink(&kept, &file).expect("make a link");
        std::os::unix::fs::lchown(&file, Some(1235), Some(1235)).expect("another user's link");
        restart(&world).failed(69).saying("belongs to user 1235");
        std::fs::remove_file(&file).expect("remove the link");
    }
    let copied = std::process::Command::new("cp").arg(&kept).arg(&file).status();
    assert!(copied.expect("run cp").success());
    for (mode, words) in [(0o757, "lets others in"), (0o644, "plain program"), (0o4755, "plain program")] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("change its mode");
        restart(&world).failed(69).saying(words);
    }
    goes_on(&world, old, before);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("change its mode");
    restart(&world).succeeded();
}

#[test]
fn a_config_that_a_new_daemon_could_not_read_is_named_first() {
    let world = stage();
    let (old, before) = (world.daemon_pid(), world.server().token_requests());
    let config = world.path("config/config.toml");
    let text = std::fs::read(&config).expect("read the config");
    std::fs::write(&config, "[profiles").expect("break it");
    restart(&world).failed(78).saying("the daemon goes on as before").saying("config");
    std::fs::write(&config, text).expect("fix it");
    goes_on(&world, old, before);
}

#[test]
fn a_config_that_is_gone_takes_no_profile_away_and_no_token_until_somebody_puts_an_empty_one_there() {
    let world = stage();
    let (old, before) = (world.daemon_pid(), world.server().token_requests());
    let config = world.path("config/config.toml");
    let text = std::fs::read(&config).expect("read the config");
    std::fs::remove_file(&config).expect("remove it");
    restart(&world).failed(78).saying("the daemon goes on as before").saying("it does not exist");
    world.helper(&["daemon", "reload"]).failed(78).saying("it does not exist").saying("put it back");
    world.helper(&["profile", "use", "nobody"]).failed(78).saying("it does not exist");
    let outcome = world.helper(&["status", "--json"]).json();
    assert!(
        outcome["config_problem"].as_str().is_some_and(|text| text.contains("does not exist")),
        "{outcome}"
    );
    assert!(!config.exists(), "no command has put another in its place");
    std::fs::write(&config, text).expect("put it back");
    goes_on(&world, old, before);
    std::fs::write(&config, "").expect("empty it");
    world.helper(&["daemon", "reload"]).succeeded();
    world.helper(&["--no-start"]).failed(78).saying("there is no profile");
}

#[test]
fn a_lock_that_was_removed_is_made_anew_and_one_that_cannot_be_is_reported_as_that() {
    let world = stage();
    let (old, before) = (world.daemon_pid(), world.server().token_requests());
    let lock = world.path("run/cp-token/daemon.lock");
    std::fs::remove_file(&lock).expect("remove the lock");
    restart(&world).succeeded();
    std::fs::remove_file(&lock).and_then(|()| std::fs::create_dir(&lock)).expect("replace the lock");
    restart(&world).failed(69).saying("the daemon goes on as before").saying("was removed or replaced");
    assert_eq!((world.running(), world.server().token_requests()), (vec![old], before));
}

#[test]
fn a_default_that_is_empty_is_reported_as_that() {
    let world = stage();
    let config = world.path("config/config.toml");
    let text = std::fs::read_to_string(&config).expect("read the config");
    let rest: Vec<&str> = text.lines().filter(|line| !line.starts_with("default")).collect();
    std::fs::write(&config, format!("default = \"\"\n{}\n", rest.join("\n"))).expect("break it");
    world.helper(&["daemon", "reload"]).failed(78).saying("default is empty");
}

/// A signal has no answer: what came of it stands in the log, and the daemon serves all it had.
#[test]
fn a_signal_for_a_restart_into_a_program_of_another_format_changes_nothing_and_is_logged() {
    let world = stage();
    let (old, before) = (world.daemon_pid(), world.server().token_requests());
    bad_new_process(&world, "other format");
    processes::signal(old, processes::Signal::USR2);
    let log = world.state_folder().join("daemon.log");
    let said = || std::fs::read_to_string(&log).unwrap_or_default().contains("hands over in format 99");
    eventually("the refusal is in the log", said);
    goes_on(&world, old, before);
}
