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
            assert!(row.contains("  localh"), "{row}");
            assert_eq!(row.contains("secret refused"), name != NAME, "{row}");
        }
        assert_eq!(list.len(), 4, "{list:?}");
    }
}

/// Its host is as long as many are; nothing is requested from it.
fn with_a_long_host() -> World {
    let world = World::new();
    let host = "https://console.of-a-customer.department.us2.crashplan.com";
    let client = world.new_client();
    world.creating("prod", "memory", &client, host).args(["--no-verify"]).run().succeeded();
    world
}

#[test]
fn a_terminal_shows_hosts_without_https_and_cuts_them_in_the_middle_and_a_pipe_shows_whole_urls() {
    let world = with_a_long_host();
    let piped = world.helper(&["profile", "list"]).succeeded().stdout;
    assert!(piped.contains("https://console.of-a-customer.department.us2.crashplan.com "), "{piped}");
    assert!(piped.contains("SECRET") && piped.contains("  memory  ") && piped.contains("CREATED"), "{piped}");
    let Some(wide) = lines(&world, 120, "profile list") else { return };
    assert!(wide[1].contains("  console.of-a-customer.department.us2.crashplan.com  "), "{wide:?}");
    assert!(wide[0].contains("SECRET") && wide[1].contains("  memory  "), "{wide:?}");
    let narrow = lines(&world, 48, "profile list").expect("a terminal");
    assert!(narrow[1].contains("  console.") && narrow[1].contains("plan.com  "), "{narrow:?}");
    assert!(narrow[1].contains('…') && !narrow[0].contains("CREATED"), "{narrow:?}");
    for (columns, shown) in [(120, wide), (48, narrow)] {
        assert_fits(&shown, columns);
    }
}

#[test]
fn protections_that_are_on_are_one_line_of_status_at_any_width() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let all = world.helper(&["status", "--json"]).json()["protections"].as_array().expect("a list").clone();
    let others: Vec<_> = all.iter().filter(|each| each["state"] != "on").collect();
    let piped: Vec<_> = world.helper(&["status"]).succeeded().stdout.lines().map(str::to_owned).collect();
    for shown in
        [Some(piped), lines(&world, 80, "status"), lines(&world, 120, "status")].into_iter().flatten()
    {
        let rows: Vec<_> = shown.iter().filter(|line| line.starts_with("protections: ")).collect();
        assert_eq!(rows.len(), 1 + others.len(), "{shown:#?}");
        assert!(rows[0].contains(" on") && rows[0].len() <= 80, "{rows:?}");
        let is_open = others.iter().any(|each| each["name"] == "secrets locked in memory");
        assert!(is_open || rows[0].contains(" on (secrets locked in memory: "), "{rows:?}");
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
