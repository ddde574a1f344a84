//! The promise: a message says what is wrong, then what to do; at a terminal the second part begins a line of its own and
//! lines end at words, at a pipe the message is one line, and a fault in the arguments points at that command's own help.

use cp_token_tests::world::World;

/// What a terminal of that many columns shows of a failure, a line each.
fn shown(world: &World, columns: u32, words: &str) -> Option<Vec<String>> {
    let line = format!("stty rows 24 cols {columns}; {} {words}", world.helper_file().display());
    let screen = world.talk_at_a_terminal(&line, &[])?.stdout;
    Some(screen.lines().map(|line| line.trim_end().to_owned()).collect())
}

/// Commands that fail, with a hint that is short and one that is long.
const FAILING: [&str; 5] = [
    "-p none",
    "profile create --nothing",
    "profile rm x",
    "curl -- --nothing /x",
    "profile update audit --proxy http://me:word@proxy.example:1",
];

#[test]
fn at_a_terminal_what_to_do_has_a_line_of_its_own_and_no_word_is_cut() {
    let world = World::new();
    world.create_profile("audit", "memory");
    for words in FAILING {
        let arguments: Vec<_> = words.split(' ').collect();
        let line = world.helper(&arguments).stderr;
        let Some(lines) = shown(&world, 80, words) else { return };
        let hint = lines.iter().position(|line| line.starts_with("  -> ")).expect("what to do");
        assert!(hint > 0 && lines[0].starts_with("cp-token: "), "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
        let part = |lines: &[String]| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let (wrong, to_do) = (part(&lines[..hint]), part(&lines[hint..]));
        assert_eq!(line.trim_end(), format!("{wrong}; {}", &to_do[3..]), "{lines:?}");
    }
}

#[test]
fn a_narrower_terminal_gets_more_lines_of_whole_words() {
    let world = World::new();
    let words = "profile update audit --proxy http://me:word@proxy.example:1";
    let Some(wide) = shown(&world, 200, words) else { return };
    let narrow = shown(&world, 40, words).expect("a terminal");
    assert_eq!(wide.len(), 2, "{wide:?}");
    assert!(narrow.len() > 2 && narrow.iter().all(|line| line.chars().count() <= 40), "{narrow:?}");
    let text = |lines: &[String]| lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(text(&wide), text(&narrow));
}

#[test]
fn a_fault_in_the_arguments_names_the_help_of_its_own_command() {
    let world = World::new();
    for command in [
        "get",
        "profile create",
        "profile list",
        "profile show",
        "profile use",
        "profile update",
        "profile reset-secret",
        "profile delete",
        "profile import",
        "status",
        "doctor",
        "log",
        "forget",
        "lock",
        "unlock",
        "daemon start",
        "daemon stop",
        "daemon restart",
        "service install",
        "service status",
        "docker",
        "kubectl",
    ] {
        let arguments: Vec<_> = command.split(' ').chain(["--zzqq"]).collect();
        let see = format!("see: cp-token {command} --help\n");
        let outcome = world.helper(&arguments).failed(64);
        assert!(outcome.stderr.ends_with(&see), "{command}: {outcome:?}");
        let help: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let shown = world.helper(&help).succeeded().stdout;
        assert!(shown.contains(&format!("Usage: cp-token {command}")), "{shown}");
    }
}
