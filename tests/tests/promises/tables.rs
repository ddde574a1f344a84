//! The promise: a person at a terminal sees aligned tables with the time left as a bar, in colours where they are
//! wanted, and a program that reads the same sees plain text.

mod narrow;

use cp_token_tests::world::World;

const ESCAPE: char = '\x1b';
const BLOCK: char = '█';

/// What a terminal of that many columns shows of a line of shell.
fn shown(world: &World, columns: u32, line: &str) -> Option<String> {
    let line = format!("stty rows 24 cols {columns}; {line}");
    Some(world.talk_at_a_terminal(&line, &[])?.succeeded().stdout)
}

fn list(world: &World) -> String {
    format!("LC_ALL=C.UTF-8 TERM=xterm {} profile list", world.helper_file().display())
}

#[test]
fn a_terminal_gets_bar_and_colours_and_a_pipe_gets_neither() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let piped = world.helper(&["profile", "list"]).succeeded().stdout;
    assert!(!piped.contains([ESCAPE, BLOCK, '#']) && piped.contains(" left"), "{piped:?}");
    let Some(screen) = shown(&world, 200, &list(&world)) else { return };
    assert!(screen.contains("████") && screen.contains("\x1b[32m"), "{screen:?}");
}

#[test]
fn colours_follow_the_usual_variables() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let call = || world.call(&["profile", "list"]).without_env("NO_COLOR");
    let piped = |name: &str, value: &str| call().env(name, value).run().succeeded().stdout.contains(ESCAPE);
    assert!(piped("CLICOLOR_FORCE", "1"));
    assert!(!piped("CLICOLOR_FORCE", "0") && !piped("CLICOLOR", "1"));
    let both = call().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").run().succeeded().stdout;
    assert!(!both.contains(ESCAPE), "{both:?}");
    let line = list(&world);
    for (variable, coloured) in [("NO_COLOR=1", false), ("CLICOLOR=0", false), ("NO_COLOR=", true)] {
        let Some(screen) = shown(&world, 200, &format!("{variable} {line}")) else { return };
        assert_eq!(screen.contains("\x1b[32m"), coloured, "{variable}: {screen:?}");
        assert!(screen.contains(BLOCK), "{variable}: {screen:?}");
    }
    let Some(dumb) = shown(&world, 200, &line.replace("TERM=xterm", "TERM=dumb")) else { return };
    assert!(!dumb.contains("\x1b[32m"), "{dumb:?}");
}

#[test]
fn a_narrow_terminal_gets_lines_that_fit_it_and_another_locale_plain_characters() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let line = format!("NO_COLOR=1 {}", list(&world));
    let lines = |columns| -> Option<Vec<String>> {
        let screen = shown(&world, columns, &line)?;
        Some(
            screen
                .lines()
                .filter(|line| line.contains("prod"))
                .map(|line| line.trim_end().to_owned())
                .collect(),
        )
    };
    let Some(wide) = lines(250) else { return };
    let url = world.server().url();
    assert!(wide[0].contains(url.trim_start_matches("https://")) && !wide[0].contains("https"), "{wide:?}");
    let narrow = lines(36).expect("a terminal");
    assert!(narrow[0].contains('…') && narrow[0].chars().count() <= 36, "{narrow:?}");
    let usual = lines(80).expect("a terminal");
    assert!(usual[0].ends_with(" left") && usual[0].chars().count() <= 80, "{usual:?}");
    let plain = shown(&world, 250, &line.replace("C.UTF-8", "C")).expect("a terminal");
    assert!(plain.contains("####") && plain.is_ascii(), "{plain:?}");
}

#[test]
fn status_shows_the_same_table_below_its_own_lines() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let status = world.helper(&["status"]).succeeded().stdout;
    let table = world.helper(&["profile", "list"]).succeeded().stdout;
    assert!(status.contains("socket:") && status.contains(table.lines().next().expect("a head")), "{status}");
    let line = format!("LC_ALL=C.UTF-8 TERM=xterm {} status", world.helper_file().display());
    let Some(screen) = shown(&world, 200, &line) else { return };
    assert!(screen.contains(BLOCK) && screen.contains("\x1b[32mall "), "{screen:?}");
}

#[test]
fn json_holds_no_colour_even_where_colours_are_forced() {
    let world = World::new();
    world.create_profile("prod", "memory");
    for line in
        [&["status", "--json"][..], &["profile", "list", "--json"], &["profile", "show", "prod", "--json"]]
    {
        world.call(line).env("CLICOLOR_FORCE", "1").run().succeeded().json();
    }
}

#[test]
fn a_reader_that_goes_away_ends_a_list_quietly_and_a_token_with_a_failure() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let without_reader = |number: usize, before: &str, line: &str| {
        let gone = format!("gone-{number}");
        let line = format!(
            "set -o pipefail; mkfifo {gone}; {before} {{ read x <{gone}; {line}; }} | {{ exec <&-; echo >{gone}; }}"
        );
        let outcome = world.program("bash").args(["-c", &line]).run();
        (outcome.code, outcome.stderr)
    };
    let lists =
        ["profile list", "profile list --json", "profile show prod", "status", "log", "doctor", "--help"];
    for (number, list) in lists.into_iter().chain(["manual", "completions bash"]).enumerate() {
        assert_eq!(without_reader(number, "", &format!("cp-token {list}")), (141, String::new()), "{list}");
    }
    // As other programs have it, where whoever calls ignores the signal.
    for (number, (before, line)) in
        [("trap '' PIPE;", "profile list"), ("", "-f token")].into_iter().enumerate()
    {
        let (code, message) = without_reader(100 + number, before, &format!("cp-token {line}"));
        assert!(code == 74 && message.contains("the reader is gone"), "{line}: {code} {message}");
    }
}
