//! Promises about what people bring over from their shell: lines for it, `~/`, variables for eval, and a zsh that lacks
//! its own completions.

use std::path::Path;

use cp_token_tests::programs;
use cp_token_tests::world::{Call, World};

/// Lines that only a shell understands.
const FOR_A_SHELL: [&str; 18] = [
    "cat {f,g}",
    "cat f{1..3}",
    "cat f | head -1",
    "cat f 2>/dev/null",
    "cat f; true",
    "cat < f",
    "echo $SECRET",
    "echo \"$SECRET\"",
    "echo ${SECRET}",
    "cat f && true",
    "cat f &",
    "cat `echo f`",
    "echo $(cat f)",
    "cat *.txt",
    "cat secret?",
    "SECRET=1 cat f",
    "source f",
    "~root/g.sh",
];

/// `cp-token profile create NAME` at the world's server, to be given where the secret is.
fn creating(world: &World, name: &str, who: &[&str]) -> Call {
    let call = world.call(&["profile", "create", name, "--url", &world.server().url()]).args(who);
    call.args(["--ca-bundle".as_ref(), world.ca_file().as_os_str()])
}

/// A program among the world's own.
fn put(world: &World, name: &str, text: &str, mode: u32) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let file = world.path("bin").join(name);
    std::fs::write(&file, text).expect("write a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set its mode");
    file
}

#[test]
fn a_secret_command_for_a_shell_is_refused_with_the_way_to_write_it_and_that_way_works() {
    let world = World::new();
    let client = world.new_client();
    let create =
        |line: &str| creating(&world, "prod", &["--client-id", &client.id, "--secret-command", line]).run();
    for line in FOR_A_SHELL {
        create(line).failed(64).saying("no shell runs this line").saying("write sh -c 'COMMANDS'");
    }
    assert!(!world.path("config/config.toml").exists(), "nothing was made");
    let secret = put(&world, "secret", &format!("{}\nmore\n", client.secret), 0o600);
    create(&format!("sh -c 'cat {} 2>/dev/null | head -1'", secret.display())).succeeded();
    world.helper(&[]).token();
}

#[test]
fn a_totp_command_for_a_shell_is_refused_with_the_way_to_write_it() {
    let world = World::new();
    let who = ["--username", "jo@example.com", "--secret-source", "memory", "--secret-stdin"];
    for line in FOR_A_SHELL {
        let create = creating(&world, "jo", &who).args(["--totp-command", line]).stdin(world.new_secret());
        create.run().failed(64).saying("no shell runs this line").saying("write sh -c 'COMMANDS'");
    }
}

#[test]
fn a_tilde_in_a_secret_command_is_the_home() {
    let world = World::new();
    let client = world.new_client();
    let secret = put(&world, "secret", &client.secret, 0o600);
    put(&world, "g.sh", "#!/bin/sh\nexec cat \"$1\"\n", 0o700);
    let who = ["--client-id", &client.id, "--secret-command", "~/g.sh ~/secret"];
    creating(&world, "prod", &who).env("HOME", world.path("bin")).run().succeeded();
    world.helper(&[]).token();
    let config = std::fs::read_to_string(world.path("config/config.toml")).expect("the config");
    assert!(config.contains(&secret.display().to_string()) && !config.contains('~'), "{config}");
}

#[test]
fn a_tilde_behind_the_equals_sign_of_secret_file_is_the_home() {
    let world = World::new();
    let client = world.new_client();
    put(&world, "sec", &client.secret, 0o600);
    let who = ["--client-id", &client.id, "--secret-file=~/sec"];
    creating(&world, "prod", &who).env("HOME", world.path("bin")).run().succeeded();
    world.helper(&[]).token();
}

#[test]
fn what_eval_sets_is_seen_by_children_in_each_shell() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let (token, url) = (world.helper(&[]).token(), world.server().url());
    let child = "sh -c 'printf \"%s %s %s\" \"$CP_TOKEN\" \"$CP_TOKEN_URL\" \"${CP_TOKEN_EXPIRES_AT%%-*}\"'";
    for (shell, line) in [
        ("sh", "eval \"$(cp-token -f env)\""),
        ("bash", "eval \"$(cp-token -f env)\""),
        ("zsh", "eval \"$(cp-token -f env)\""),
        ("fish", "cp-token -f env:fish | source"),
        ("tcsh", "eval `cp-token -f env:csh`"),
    ] {
        if !programs::present(&[shell]) {
            continue;
        }
        let seen = world.program(shell).args(["-c", &format!("{line}; {child}")]).printing_a_token().run();
        let year = seen.stdout.rsplit(' ').next().unwrap_or_default().to_owned();
        assert_eq!(seen.succeeded().stdout, format!("{token} {url} {year}"), "{shell}");
        assert!(year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()), "{shell} {year}");
    }
    let powershell = world.helper(&["-f", "env:powershell"]).succeeded().stdout;
    assert!(powershell.starts_with(&format!("$env:CP_TOKEN = '{token}'\n$env:CP_TOKEN_URL = '{url}'\n")));
}

#[test]
fn zsh_without_its_own_completions_says_in_one_line_what_is_missing() {
    if !programs::present(&["zsh"]) {
        return;
    }
    let world = World::new();
    let load = |before: &str| {
        let line = format!("{before}; source <(cp-token completions zsh); print GOES-ON");
        world.program("zsh").args(["-f", "-c", &line]).run()
    };
    let without = load(":");
    assert_eq!((without.code, without.stdout.as_str()), (0, "GOES-ON\n"));
    let message =
        "cp-token: completions need zsh's own: put \"autoload -Uz compinit && compinit\" before this line\n";
    assert_eq!(without.stderr, message);
    let folder = Path::new("/usr/share/zsh");
    assert!(folder.exists(), "zsh lies where it always does");
    assert_eq!(load("autoload -Uz compinit; compinit -D -u").succeeded().stdout, "GOES-ON\n");
}
