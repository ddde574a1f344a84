//! The promise: in every shell, TAB completes commands, options and the names of the profiles that there are.

use std::ffi::OsStr;

use cp_token_tests::programs;
use cp_token_tests::world::{HIDDEN, World};

/// The sign that a shell is ready: its prompt, which is nowhere typed in this form.
const READY: &str = "<READY>";

/// What a shell at a terminal shows after this was typed. `start` begins the shell with completions loaded and the
/// sign as its prompt; what it completes is the sign for leaving it.
fn typed(world: &World, start: &str, line: &str, completed: &str) -> Option<String> {
    let folder = world.helper_file().parent().expect("a folder").display().to_string();
    let home = world.root().display();
    let variables = format!("PATH={folder}:$PATH TERM=xterm HISTFILE= ZDOTDIR={home}");
    let start = format!("stty rows 24 cols 200; cd {home}; {variables} {start}");
    let talk = [(READY, line), (completed, "\x15exit\r")];
    Some(world.talk_at_a_terminal(&start, &talk)?.stdout)
}

fn assert_completes(world: &World, shell: &str, files: &[(&str, &str)], start: &str) {
    if !programs::present(&[shell]) {
        return;
    }
    for (name, text) in files {
        std::fs::write(world.path(name), text).expect("write what the shell loads");
    }
    world.create_profile("prod", "memory");
    world.create_profile("test-eu", "memory");
    for (line, completed) in [
        ("cp-token prof\t", "ile"),
        ("cp-token profile show te\t", "st-eu"),
        ("cp-token --min-v\t", "alidity"),
        ("cp-token -p pr\t", "od"),
    ] {
        let Some(screen) = typed(world, start, line, completed) else { return };
        let whole = format!("{}{completed}", line.trim_end());
        let plain = without_escapes(&screen);
        assert!(plain.contains(&whole), "{line:?} in {shell}: {plain}");
    }
}

/// What is left of a screen's bytes without what moves and colours.
fn without_escapes(screen: &str) -> String {
    let mut plain = String::new();
    let mut letters = screen.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' => {
                if letters.next() == Some('[') {
                    letters.by_ref().find(|letter| letter.is_ascii_alphabetic());
                }
            }
            '\r' | '\x08' => {}
            letter => plain.push(letter),
        }
    }
    // A watcher beside the shell says so in between, once the shell reads key by key.
    plain.replace(&format!("{HIDDEN}\n"), "")
}

#[test]
fn bash_completes() {
    let loaded =
        "bind 'set enable-bracketed-paste off'; source <(cp-token completions bash); PS1='<REA''DY> '\n";
    assert_completes(&World::new(), "bash", &[("rc", loaded)], "exec bash --rcfile rc --noprofile -i");
}

#[test]
fn zsh_completes() {
    let loaded = "unset zle_bracketed_paste; autoload -U compinit; compinit -D -u; \
                  source <(cp-token completions zsh); PROMPT='<REA''DY> '\n";
    assert_completes(&World::new(), "zsh", &[(".zshrc", loaded)], "exec zsh -d -i");
}

#[test]
fn zsh_completes_from_the_file_that_is_installed_at_the_first_tab_already() {
    let world = World::new();
    let install = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/install");
    let from = world.helper_file().parent().expect("a folder").to_owned();
    let prefix = world.path("prefix");
    world
        .program(install)
        .args([OsStr::new("--from"), from.as_os_str(), prefix.as_os_str()])
        .run()
        .succeeded();
    let loaded = "unset zle_bracketed_paste; fpath=($ZDOTDIR/prefix/share/zsh/site-functions $fpath); \
                  autoload -U compinit; compinit -D -u; PROMPT='<REA''DY> '\n";
    assert_completes(&world, "zsh", &[(".zshrc", loaded)], "exec zsh -d -i");
    // Programs that nobody has changed need not be searched for secrets at the end.
    std::fs::remove_dir_all(world.path("prefix")).expect("remove what was installed");
}

#[test]
fn fish_completes() {
    let loaded = "cp-token completions fish | source; function fish_prompt; echo '<REA''DY> '; end\n";
    assert_completes(
        &World::new(),
        "fish",
        &[("rc.fish", loaded)],
        "exec fish --no-config -i -C 'source rc.fish'",
    );
}

#[test]
fn powershell_gets_a_script_and_an_unknown_shell_a_line_that_names_those_there_are() {
    let world = World::new();
    let script = world.helper(&["completions", "powershell"]).succeeded().stdout;
    assert!(script.contains("Register-ArgumentCompleter") && script.contains("cp-token"), "{script}");
    world.helper(&["completions", "tcsh"]).failed(64).saying("bash");
}

#[test]
fn without_a_daemon_that_answers_there_are_no_names_and_no_error_in_what_is_typed() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let asked = |word: &str| {
        let call = world.call(&["--", "cp-token", "profile", "show", word]).env("CP_TOKEN_COMPLETE", "fish");
        call.run().succeeded().stdout
    };
    assert!(asked("").contains("prod"));
    let lock = world.call(&["lock", "--passphrase-stdin"]).stdin("a passphrase");
    lock.run().succeeded();
    assert!(!asked("").contains("prod"));
}
