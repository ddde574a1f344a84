//! The promise: at a terminal of 80 columns, or of 120, no row of a table is broken in two, whatever it has to say; at a
//! pipe nothing is left out.

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::World;

use super::shown;

/// As long a name as stays whole everywhere.
const NAME: &str = "customer-us-production-eu1";

/// Profiles with a live token, with one and a refused secret, and with a refused secret alone.
fn staged() -> World {
    let world = World::new();
    world.create_profile(NAME, "memory");
    for name in ["customer-us-audit", "customer-us-test"] {
        world.create_profile(name, "memory");
    }
    world.server().answer_always(Answer::json(401, "{}"));
    world.helper(&["-p", "customer-us-audit", "--fresh"]).failed(77);
    world.helper(&["forget", "-p", "customer-us-test"]).succeeded();
    world.helper(&["-p", "customer-us-test"]).failed(77);
    world
}

/// What a terminal of that many columns shows of a command, a line each.
fn lines(world: &World, columns: u32, words: &str) -> Option<Vec<String>> {
    let line = format!("LC_ALL=C.UTF-8 TERM=xterm NO_COLOR=1 {} {words}", world.helper_file().display());
    let screen = shown(world, columns, &line)?;
    Some(screen.lines().map(|line| line.trim_end().to_owned()).collect())
}

fn assert_fits(lines: &[String], columns: u32) {
    for line in lines {
        assert!(line.chars().count() <= columns as usize, "{columns}: {line}");
    }
}

#[test]
fn rows_of_profiles_fit_terminals_of_80_and_120_columns_with_every_name_whole() {
    let world = staged();
    let whole = world.helper(&["profile", "list"]).succeeded().stdout;
    assert_eq!(whole.matches(", secret refused since 2").count(), 1, "{whole}");
    assert_eq!(whole.matches("secret refused since 2").count(), 2, "{whole}");
    assert_eq!(whole.matches(&world.server().url()).count(), 3, "{whole}");
    assert!(whole.lines().skip(1).all(|line| line.chars().count() > 120), "{whole}");
    for columns in [80, 120] {
        let Some(list) = lines(&world, columns, "profile list") else { return };
        assert_fits(&list, columns);
        let status = lines(&world, columns, "status").expect("a terminal");
        let head = status.iter().position(|line| line.starts_with("  NAME")).expect("a head");
        assert_fits(&status[head..], columns);
        for name in [NAME, "customer-us-audit", "customer-us-test"] {
            let row = list.iter().find(|row| row.contains(name)).expect("a whole name");
            assert!(row.contains("localhost:"), "{row}");
            assert_eq!(row.contains("secret refused"), name != NAME, "{row}");
        }
        assert_eq!(list.len(), 4, "{list:?}");
    }
}

#[test]
fn one_long_name_leaves_the_other_rows_as_wide_as_the_terminal() {
    let world = World::new();
    let long = format!("customer{}-eu", "-of-ours".repeat(6));
    for name in ["prod", &long] {
        world.create_profile(name, "memory");
    }
    let Some(list) = lines(&world, 80, "profile list") else { return };
    assert_fits(&list, 80);
    assert!(list[1].contains("customer-of-") && list[1].contains("-eu  "), "{list:?}");
    assert!(!list[1].contains(&long) && list[2].starts_with("* prod  "), "{list:?}");
    assert!(world.helper(&["profile", "list"]).succeeded().stdout.contains(&long));
}

#[test]
fn rows_of_the_log_fit_a_terminal_of_80_columns() {
    let world = staged();
    world.helper(&["-p", "nobody"]).failed(64);
    let reset = world.call(&["profile", "reset-secret", NAME, "--secret-stdin", "--no-verify"]);
    reset.stdin(world.new_secret()).run().succeeded();
    let whole = world.helper(&["log"]).succeeded().stdout;
    assert!(whole.lines().any(|line| line.chars().count() > 80), "{whole}");
    for columns in [80, 120] {
        let Some(log) = lines(&world, columns, "log") else { return };
        assert_fits(&log, columns);
        let has =
            |what: &str, outcome: &str| log.iter().any(|line| line.contains(what) && line.contains(outcome));
        assert!(has("profile-reset-secret", "done") && has("get", "unknown_profile"), "{log:?}");
        assert_eq!(log.len(), whole.lines().count(), "{log:?}");
    }
}

#[test]
fn help_is_laid_out_for_the_terminal_and_never_wider_than_a_hundred_columns() {
    let world = World::new();
    for words in ["--help", "help exec", "profile create --help", "service -h"] {
        let at = |columns| lines(&world, columns, words);
        let widest = |lines: &[String]| lines.iter().map(|line| line.chars().count()).max().expect("lines");
        let Some(usual) = at(80) else { return };
        assert!((70..=80).contains(&widest(&usual)), "{words}: {usual:#?}");
        let wide = at(250).expect("a terminal");
        assert!((81..=100).contains(&widest(&wide)) && wide.len() < usual.len(), "{words}: {wide:#?}");
        let piped = world.helper(&words.split(' ').collect::<Vec<_>>()).succeeded().stdout;
        assert_eq!(piped.lines().map(str::trim_end).collect::<Vec<_>>(), wide, "{words}");
    }
}
