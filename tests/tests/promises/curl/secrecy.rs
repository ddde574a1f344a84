//! Promises about who sees the token of `cp-token curl`: the program curl through a pipe, the server, and nobody else.

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::programs;
use cp_token_tests::world::{Call, TIMEOUT, World, processes};

use super::{calling, curl, world};

/// Any piece of a token that is its own.
fn piece(token: &str) -> &str {
    &token[token.len() - 48..]
}

/// Every system call of a line of shell that starts a program, with all arguments and variables.
fn programs_started(world: &World, line: &str) -> String {
    let trace = world.path("trace");
    let options = ["-f", "-qq", "-v", "-s", "65535", "-e", "trace=execve,execveat", "-o"];
    let call = world.program("strace").args(options).args([&trace]).args(["sh", "-c", line]);
    assert_eq!(call.printing_a_token().run().code, 0, "{line}");
    let text = std::fs::read_to_string(&trace).expect("read the trace");
    std::fs::remove_file(trace).expect("remove the trace");
    text
}

#[test]
fn e08_no_program_is_started_with_the_token_in_its_arguments_or_environment() {
    if !programs::present(&["strace"]) {
        return;
    }
    let Some(world) = world() else { return };
    let token = world.helper(&[]).token();
    for options in ["-sS", "-sSv", "-sSL"] {
        let line = format!("cp-token curl -- {options} -o /dev/null /api/v3/users 2>/dev/null");
        let trace = programs_started(&world, &line);
        assert!(trace.contains("/curl\", [\"curl\", \"-q\"") && trace.contains("@/dev/fd/"), "{trace}");
        assert!(!trace.contains(piece(&token)), "{options}");
    }
    let line = "cp-token curl --retry-rejected -- -sS -o /dev/null /api/v3/users";
    assert!(!programs_started(&world, line).contains(piece(&token)));
    // The control: the same look finds it where it is an argument, and where it is a variable.
    let example = "curl -q -s -o /dev/null --cacert ca.pem -H \"Authorization: Bearer $(cp-token)\" ";
    let url = format!("{}/api/v3/users", world.server().url());
    assert!(programs_started(&world, &format!("{example} {url}")).contains(piece(&token)));
    assert!(programs_started(&world, "T=$(cp-token) env true").contains(piece(&token)));
}

/// What everybody, and what the same user, can read of every process while `words` run up to their request.
fn seen_by_others(world: &World, words: &[&str]) -> (Vec<u8>, String) {
    world.server().answer_api_always(Answer::Stall);
    let before = world.server().api_requests();
    let running = calling(world, words).spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.api_requests() > before));
    let table = world.program("ps").args(["-efww"]).run().stdout;
    let mut seen = Vec::new();
    let pids = std::fs::read_dir("/proc").expect("read /proc").flatten();
    for pid in pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        for what in ["cmdline", "environ"] {
            seen.extend(std::fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default());
        }
    }
    running.signal(processes::Signal::TERM);
    running.finish();
    world.server().answer_api_normally();
    (seen, table)
}

#[test]
fn e08_no_list_of_processes_shows_the_token() {
    if !programs::present(&["ps"]) {
        return;
    }
    let Some(world) = world() else { return };
    let token = world.helper(&[]).token();
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    for words in [["-sS", "/api/v3/users"].as_slice(), &["-sSv", "/api/v3/users"]] {
        let (seen, table) = seen_by_others(&world, words);
        assert!(holds(&seen, "@/dev/fd/") && table.contains("@/dev/fd/"), "the control: curl was looked at");
        assert!(!holds(&seen, piece(&token)) && !table.contains(piece(&token)), "{words:?}");
    }
    // The control: the same look finds what is an argument.
    let mark = "Mark-1234567890";
    let (seen, table) = seen_by_others(&world, &["-sS", "-A", mark, "/api/v3/users"]);
    assert!(holds(&seen, mark) && table.contains(mark));
}

#[test]
fn a_verbose_curl_shows_everything_but_the_token() {
    let Some(world) = world() else { return };
    let token = world.helper(&[]).token();
    for words in [
        ["-sv", "/api/v3/users"].as_slice(),
        &["-svvv", "/api/v3/users"],
        &["-s", "--http1.1", "-v", "/api/v3/a"],
    ] {
        let outcome = curl(&world, words);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(outcome.stderr.contains("Authorization: Bearer [token]\r\n"), "{outcome:?}");
        assert!(outcome.stderr.contains("< HTTP/1.1 200 OK"), "{outcome:?}");
        assert!(!outcome.stderr.contains(&token[..16]) && !outcome.stdout.contains(&token[..16]));
    }
    let config = world.path("verbose.conf");
    std::fs::write(&config, "verbose\n").expect("write a config");
    let config = config.to_str().expect("a path in UTF-8");
    let outcome = curl(&world, &["-s", "-K", config, "/api/v3/users"]);
    assert!(outcome.stderr.contains("[token]") && !outcome.stderr.contains(&token[..16]), "{outcome:?}");
    let outcome = world.call(&["curl", "--retry-rejected", "--", "-sv", "/api/v3/users"]).run();
    assert!(outcome.stderr.contains("[token]") && !outcome.stderr.contains(&token[..16]), "{outcome:?}");
    // The control: curl itself shows the header.
    let url = format!("{}/api/v3/users", world.server().url());
    let call = world.program("curl").args(["-q", "-sv", "-H", "Authorization: Bearer abc", &url]);
    let shown = call.args(["--cacert"]).args([world.ca_file()]).run().stderr;
    assert!(shown.contains("Authorization: Bearer abc\r\n"), "{shown}");
}

#[test]
fn what_curl_gets_is_what_was_judged_and_not_what_the_file_says_later() {
    let Some(world) = world() else { return };
    // The first reading of this file is the last: it is a pipe.
    let line = "mkfifo pipe.conf; printf 'url = /api/v3/users\\n' > pipe.conf & \
                cp-token curl -- -sS -o /dev/null -K pipe.conf";
    let outcome = world.program("bash").args(["-c", line]).run().succeeded();
    assert_eq!((outcome.code, world.server().api_requests()), (0, 1));
}

/// Every way of giving curl a word that is no option of its own.
fn with_a_word_that_is_no_option(world: &World, word: &str) -> Vec<(Call, &'static str)> {
    std::fs::write(world.path("options"), format!("silent\n{word}\n")).expect("write a config");
    let to_curl = |words: &[&str]| calling(world, words).args(["/api/v3/users"]);
    let json = world.call(&["--error-format", "json", "curl", "--", "-sS"]).args([format!("--{word}")]);
    vec![
        (to_curl(&["-sS", &format!("--{word}")]), "argument 2 for curl: "),
        (to_curl(&[&format!("--no-{word}")]), "argument 1 for curl: "),
        (to_curl(&[&format!("--{word}=x")]), "argument 1 for curl: "),
        (to_curl(&["-K", "-"]).stdin(word), "in -: line 1: "),
        (to_curl(&["-K", "-"]).stdin(format!("{word} = 1")), "in -: line 1: "),
        (to_curl(&["-K", "options"]), "in options: line 2: "),
        (json.args(["/api/v3/users"]), "argument 2 for curl: "),
    ]
}

#[test]
fn a_word_that_may_be_a_secret_and_is_no_option_is_not_repeated() {
    let Some(world) = world() else { return };
    let word = "TOKENLIVE00103.abcdefghij";
    for (call, place) in with_a_word_that_is_no_option(&world, word) {
        let outcome =
            call.run().failed(64).saying(place).saying("there is an option that cp-token curl does not");
        assert!(!outcome.stderr.contains(word) && !outcome.stdout.contains(word), "{outcome:?}");
    }
    std::fs::write(world.path("home/.curlrc"), word).expect("write a config");
    let outcome = curl(&world, &["-sS", "/api/v3/users"]).failed(64).saying("curlrc: line 1: there is");
    assert!(!outcome.stderr.contains(word), "{outcome:?}");
    std::fs::remove_file(world.path("home/.curlrc")).expect("remove it");
    // The control: an option of curl's is named.
    for (option, words) in [("--silent=x", "--silent takes no value"), ("--no-next", "no option --no-next")] {
        curl(&world, &["-K", "options", option, "/api/v3/users"]).failed(64).saying(words);
    }
    assert_eq!(world.server().api_requests(), 0);
}
