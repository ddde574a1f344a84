//! The promise K06: what the unit takes away is not there, seen from inside by a program that is run with the unit's own
//! directives; and what the daemon needs still is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use cp_token_tests::programs;
use cp_token_tests::user_manager::UserManager;
use cp_token_tests::world::World;

use super::{create, installed, token};

/// Tries one thing after the other, as code in the daemon's place could, and prints what came of each.
const PROBE: &str = r#"
import ctypes, mmap, os, resource, socket, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(what, *arguments):
    if getattr(libc, what)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), what)
def suid():
    file = os.path.join(sys.argv[1], 'suid-%d' % os.getpid())
    open(file, 'w').close()
    try:
        os.chmod(file, 0o4700)
    finally:
        os.remove(file)
def lent():
    if subprocess.check_output([sys.argv[2], '-u']).strip() != b'0':
        raise OSError(1, 'no rights are lent')
def mask():
    old = os.umask(0); os.umask(old)
    if old & 0o077 == 0o077:
        raise OSError(1, 'private')
def core():
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        raise OSError(1, 'none')
def foreign_call():
    child = os.fork()
    if child == 0:
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        os._exit(0 if ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0 else 1)
    if os.waitpid(child, 0)[1] != 0:
        raise OSError(1, 'ended')
def compiled():
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
probes = {
    'user-namespace': lambda: call('unshare', 0x10000000),
    'personality': lambda: call('personality', 0x0040000),
    'scheduling': lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
    'set-user': lambda: os.setuid(os.getuid()),
    'change-owner': lambda: os.chown(sys.argv[1], -1, -1),
    'suid-bit': suid,
    'suid-program': lent,
    'open-mask': mask,
    'core-file': core,
    'kernel-crypto': lambda: socket.socket(38, socket.SOCK_SEQPACKET).close(),
    'vsock': lambda: socket.socket(40, socket.SOCK_STREAM).close(),
    'other-family': lambda: socket.socket(42, socket.SOCK_DGRAM).close(),
    'foreign-call': foreign_call,
    'netlink': lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(),
    'kernel-key': lambda: call('syscall', 250, 0, -3, 1, 0, 0),
    'compiling': compiled,
}
for name, probe in probes.items():
    child = os.fork()
    if child == 0:
        try:
            probe()
        except Exception as error:
            os._exit(1)
        os._exit(0)
    print(name, 'done' if os.waitpid(child, 0)[1] == 0 else 'denied')
"#;

/// What the unit denies, and what the strict drop-in denies besides.
const DENIED: [&str; 13] = [
    "user-namespace",
    "personality",
    "scheduling",
    "set-user",
    "change-owner",
    "suid-bit",
    "suid-program",
    "open-mask",
    "core-file",
    "kernel-crypto",
    "vsock",
    "other-family",
    "foreign-call",
];
const DENIED_STRICTLY: [&str; 3] = ["netlink", "kernel-key", "compiling"];
/// What every Linux lets an unprivileged program do, so that the control would be broken without.
const SURELY_DONE: [&str; 8] = [
    "personality",
    "scheduling",
    "set-user",
    "change-owner",
    "suid-bit",
    "open-mask",
    "netlink",
    "compiling",
];

const STRICT: &str = include_str!("../../../../packaging/systemd/cp-tokend-strict.conf");

/// Runs the probe as a unit with these directives; what came of each trial.
fn probe(world: &World, manager: &UserManager<'_>, name: &str, directives: &str) -> BTreeMap<String, String> {
    let [script, tried, home] = ["bin/probe.py", "bin/tried-id", "home"].map(|place| world.path(place));
    std::fs::write(&script, PROBE).expect("write the probe");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("let it be read");
    let answer = home.join(name);
    // Not one that only root may run.
    let python = PathBuf::from("/usr/bin/python3");
    let mut unit = format!("[Service]\nType=oneshot\nStandardOutput=file:{}\n", answer.display());
    let line = [python, script, home.clone(), tried].map(|path| path.display().to_string()).join(" ");
    write!(unit, "StandardError=inherit\nExecStart={line}\n{directives}\n").expect("text");
    std::fs::write(home.join(".config/systemd/user").join(format!("{name}.service")), unit)
        .expect("write it");
    manager.systemctl(&["daemon-reload"]).succeeded();
    let run = manager.systemctl(&["start", &format!("{name}.service")]);
    let answer = std::fs::read_to_string(answer).expect("the probe's answer");
    assert_eq!(run.code, 0, "{run:?} {answer}");
    let pairs = answer.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, came)| (name.to_owned(), came.to_owned())).collect()
}

/// The directives of the installed unit that are about what a process may do.
fn directives(world: &World) -> String {
    let unit =
        std::fs::read_to_string(world.path("home/.config/systemd/user/cp-tokend.service")).expect("the unit");
    let service = unit.split("[Service]").nth(1).expect("its section").to_owned();
    let own = ["Type", "NotifyAccess", "ExecStart", "ExecReload", "Restart", "Watchdog", "#"];
    let kept = service.lines().filter(|line| !own.iter().any(|word| line.starts_with(word)));
    kept.collect::<Vec<_>>().join("\n")
}

/// Makes a copy of `id` that lends root's rights.
fn lend(world: &World) {
    let copy = world.path("bin/tried-id");
    let copied = std::process::Command::new("cp").arg("/usr/bin/id").arg(&copy).status();
    assert!(copied.expect("run cp").success());
    std::fs::set_permissions(copy, std::fs::Permissions::from_mode(0o4755)).expect("set its mode");
}

#[test]
fn k06_code_in_the_daemon_s_place_is_denied_what_the_unit_takes_away() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world).filter(|_| programs::present(&["python3"])) else {
        return;
    };
    installed(&manager);
    lend(&world);
    let control = probe(&world, &manager, "control", "");
    for name in SURELY_DONE {
        assert_eq!(control[name], "done", "{control:?}");
    }
    let unit = directives(&world);
    let shipped = probe(&world, &manager, "shipped", &unit);
    let strict_unit = format!("{unit}\n{}", STRICT.replace("[Service]", ""));
    let strict = probe(&world, &manager, "strict", &strict_unit);
    for name in DENIED {
        if control[name] != "done" {
            programs::skipped(&format!("{name}: denied to everybody here"));
        }
        assert_eq!((shipped[name].as_str(), strict[name].as_str()), ("denied", "denied"), "{name}");
    }
    for name in DENIED_STRICTLY {
        assert_eq!(strict[name], "denied", "{name}");
    }
    assert_eq!((shipped["netlink"].as_str(), shipped["compiling"].as_str()), ("done", "done"), "{shipped:?}");
}

#[test]
fn k06_the_daemon_itself_runs_boxed_in_and_keeps_every_protection_in_both_boxes() {
    let world = World::new();
    let Some(manager) = UserManager::start(&world) else { return };
    installed(&manager);
    create(&world, &manager, "prod", &["--secret-source", "memory"]);
    boxed_in(&world, &manager);
    let folder = world.path("home/.config/systemd/user/cp-tokend.service.d");
    std::fs::create_dir(&folder).expect("make a folder");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("open it");
    std::fs::write(folder.join("strict.conf"), STRICT).expect("put the drop-in there");
    manager.systemctl(&["daemon-reload"]).succeeded();
    manager.systemctl(&["restart", "cp-tokend.service"]).succeeded();
    create(&world, &manager, "other", &["--secret-source", "memory"]);
    boxed_in(&world, &manager);
}

fn boxed_in(world: &World, manager: &UserManager<'_>) {
    let status = manager.helper(&["status", "--json"]).json();
    let states = status["protections"].as_array().expect("protections");
    assert!(states.iter().all(|each| each["state"] == "on"), "{status}");
    let pid = world.daemon_pid();
    let message = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("we may look");
    let field =
        |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    assert_eq!([field("NoNewPrivs:"), field("Seccomp:"), field("Umask:")], ["1", "2", "0077"], "{message}");
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(field(set), "0000000000000000", "{set}");
    }
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("we may look");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("the limit");
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
}

#[test]
fn secrets_from_pass_and_from_the_keyring_are_had_within_the_unit_s_box() {
    let world = World::new();
    let needed = ["pass", "gpg", "gpgconf", "dbus-daemon", "gnome-keyring-daemon"];
    let Some(manager) = UserManager::start(&world).filter(|_| programs::present(&needed)) else { return };
    let bus = format!("DBUS_SESSION_BUS_ADDRESS=unix:path={}", world.path("run/own-bus").display());
    manager.systemctl(&["set-environment", &bus]).succeeded();
    let address = bus.split_once('=').expect("a value").1;
    let on_bus = ["--session", "--fork", "--nopidfile", "--nosyslog", "--address", address];
    assert_eq!(manager.program("dbus-daemon").args(on_bus).run().code, 0);
    let keyring = ["gnome-keyring-daemon", "--daemonize", "--unlock", "--components=secrets"];
    assert_eq!(manager.program("env").args([&bus]).args(keyring).stdin("a password").run().code, 0);
    installed(&manager);
    create(&world, &manager, "from-keyring", &["--secret-source", "keyring"]);
    assert!(!token(&manager, &["-p", "from-keyring"]).is_empty());
    let client = world.new_client();
    let key =
        ["--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "tests <t@cp-token.example>"];
    manager.program("gpg").args(key).args(["future-default", "default", "never"]).run();
    assert_eq!(manager.program("pass").args(["init", "tests <t@cp-token.example>"]).run().code, 0);
    let insert = manager.program("pass").args(["insert", "--multiline", "crashplan"]);
    assert_eq!(insert.stdin(&client.secret).run().code, 0);
    // gpg has to start an agent of its own within the box.
    manager.program("gpgconf").args(["--kill", "all"]).run();
    let url = world.server().url();
    let pass = format!("{} show crashplan", programs::find("pass").expect("it is there").display());
    let line = [
        "profile",
        "create",
        "from-pass",
        "--url",
        &url,
        "--client-id",
        &client.id,
        "--secret-command",
        &pass,
    ];
    let ca = world.ca_file();
    let created = manager.call(&line).args(["--ca-bundle".as_ref(), ca.as_os_str()]).run();
    assert_eq!(created.code, 0, "{created:?}");
    assert!(!token(&manager, &["-p", "from-pass"]).is_empty());
    let doctor = manager.helper(&["doctor"]);
    assert_eq!(doctor.code, 0, "{doctor:?}");
}
