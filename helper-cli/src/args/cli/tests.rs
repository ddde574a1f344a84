//! Owns the proof that the quick and the thorough reading of `get` agree, and what faults of a command line say.

use std::ffi::{OsStr, OsString};

use super::*;
use crate::args::fast_args;

fn arguments(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(|word| if word == "''" { "" } else { word }.into()).collect()
}

fn quickly(arguments: &[OsString]) -> Option<GetOptions> {
    fast_args::parse(arguments.iter().map(OsString::as_os_str))
}

fn thoroughly(arguments: &[OsString]) -> Option<GetOptions> {
    match parse(arguments) {
        Ok(Parsed::Line(line)) => match line.command {
            None => Some(line.get),
            Some(Command::Get(options)) => Some(options),
            Some(_) => None,
        },
        _ => None,
    }
}

fn refusal(line: &str) -> Failure {
    parse(&arguments(line)).unwrap_err()
}

#[test]
fn every_ordinary_get_is_read_quickly_and_both_readings_agree() {
    for line in [
        "",
        "get",
        "-p prod",
        "get --profile prod",
        "--profile=prod",
        "--url https://api.example:4285",
        "get --url=https://api.example",
        "-f header",
        "--format=json -p prod",
        "--min-validity 90s",
        "--min-validity=1h30m --fresh",
        "--rejected",
        "--retry",
        "get --fresh --retry --timeout=1h",
        "--rejected --no-start --timeout 500ms -p a.b_c-d -f curl --min-validity 0s",
        "--url https://a.example/?x=y",
    ] {
        let arguments = arguments(line);
        let options = quickly(&arguments);
        assert!(options.is_some(), "{line:?} is not read quickly");
        assert_eq!(options, thoroughly(&arguments), "{line:?}");
    }
}

#[test]
fn whatever_the_quick_reading_accepts_the_thorough_one_reads_alike() {
    let words = [
        "get",
        "-p",
        "prod",
        "-pprod",
        "-p=prod",
        "--profile",
        "--profile=prod",
        "--profile=",
        "--url",
        "--url=u",
        "--format",
        "-f",
        "json",
        "-fjson",
        "-f=json",
        "--format=json",
        "--format=x",
        "--rejected",
        "--fresh",
        "--rejected=true",
        "--no-start",
        "--retry",
        "--timeout",
        "10s",
        "--timeout=0s",
        "--timeout=25h",
        "--min-validity",
        "--min-validity=-1s",
        "--",
        "-",
        "''",
        "=",
        "=x",
        "--prof",
        "--help",
        "-h",
        "-V",
        "status",
        "--fresh=",
        "Ünï",
    ];
    let mut accepted = 0;
    for first in words {
        for second in words {
            for third in words {
                let arguments = arguments(&format!("{first} {second} {third}"));
                if let Some(options) = quickly(&arguments) {
                    accepted += 1;
                    assert_eq!(Some(options), thoroughly(&arguments), "{first} {second} {third}");
                }
            }
        }
    }
    assert!(accepted > 100, "only {accepted} were accepted at all");
}

#[test]
fn bytes_that_are_no_text_are_left_to_the_thorough_reading_which_refuses_them() {
    let bad = [OsString::from("-p"), unsafe_text()];
    assert!(quickly(&bad).is_none());
    assert_eq!(parse(&bad).unwrap_err().code, ErrorCode::USAGE);
}

fn unsafe_text() -> OsString {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(b"\xff\xfe").to_owned()
}

#[test]
fn a_fault_points_at_the_help_of_its_own_command_and_at_what_is_called_otherwise_elsewhere() {
    for (line, words) in [
        ("profile create", "see: cp-token profile create --help"),
        ("profile rm x", "did you mean: cp-token profile delete; see: cp-token profile --help"),
        ("profile ls", "did you mean: cp-token profile list"),
        ("token", "did you mean: cp-token get; see: cp-token --help"),
        ("log -n x", "it is a whole number, as 50; see: cp-token log --help"),
        ("log -n 4294967296", "it is a whole number, as 50"),
        ("service", "cp-token service wants one more word: install, uninstall, status"),
        ("daemon", "see: cp-token daemon --help"),
        ("profile nothing", "there is no such command; see: cp-token profile --help"),
    ] {
        let fault = parse(&arguments(line)).unwrap_err();
        let message = format!("{}; {}", fault.message, fault.hint);
        assert!(fault.code == ErrorCode::USAGE && message.contains(words), "{line}: {message}");
    }
}

#[test]
fn a_fault_is_one_line_with_a_hint_and_the_usage_code() {
    for line in [
        "frobnicate",
        "--nope",
        "-p",
        "-p Prod",
        "-p a --url https://b",
        "--rejected --fresh",
        "-f yaml",
        "--timeout 0s",
        "--timeout 25h",
        "--min-validity soon",
        "-p a -p b",
        "profile",
        "profile create",
        "profile create x --url https://a",
        "profile update x --basic",
        "forget -p a --all",
        "daemon",
        "profile update x --insecure-http --no-insecure-http",
        "get extra",
        "-p a get",
        "totp",
        "git-credential",
        "git-credential get more",
        "git-credential -p Prod get",
        "bazel",
        "bazel store",
        "docker",
        "docker frobnicate",
        "docker get more",
        "kubectl get",
        "exec true",
        "exec --file",
        "exec -- ",
        "exec -x -- true",
        "exec -p a --url https://b -- true",
        "curl /api",
        "curl -s -- /api",
    ] {
        let failure = refusal(line);
        assert_eq!(failure.code, ErrorCode::USAGE, "{line}");
        assert!(
            !failure.message.is_empty() && !failure.message.contains('\n'),
            "{line}: {}",
            failure.message
        );
        assert!(
            !failure.message.starts_with("error") && !failure.hint.is_empty(),
            "{line}: {}",
            failure.message
        );
    }
}

#[test]
fn a_missing_option_is_named_and_a_misspelt_one_is_guessed() {
    let missing = refusal("profile create prod --url https://a");
    assert!(missing.message.contains("--client-id"), "{}", missing.message);
    let misspelt = refusal("--formt json");
    assert!(misspelt.hint.contains("--format"), "{}", misspelt.hint);
}

#[test]
fn help_and_version_are_answers_and_the_help_names_every_exit_code() {
    let text = |line: &str| match parse(&arguments(line)).unwrap() {
        Parsed::Text(text) => text,
        Parsed::Line(_) => panic!("{line} is no question"),
    };
    assert_eq!(text("--version"), format!("cp-token {}\n", env!("CARGO_PKG_VERSION")));
    let help = text("--help");
    for code in ["64", "65", "69", "70", "74", "75", "76", "77", "78"] {
        assert!(help.contains(&format!("\n  {code}  ")), "{code}");
    }
    let commands = ["git-credential -h", "bazel --help", "help docker", "kubectl --help"];
    let others = ["-h", "help", "help profile create", "get --help", "profile list --help", "daemon stop -h"];
    for line in others.into_iter().chain(commands) {
        assert!(text(line).len() > 100, "{line}");
    }
}

#[test]
fn the_error_format_is_found_wherever_it_stands() {
    for line in
        ["--error-format json status", "status --error-format=json", "profile --error-format json list"]
    {
        let mut arguments = arguments(line);
        assert_eq!(error_format(&mut arguments), Ok(ErrorFormat::Json));
        assert!(parse(&arguments).is_ok() && arguments.len() < 3, "{line}");
    }
    for line in ["--error-format", "--error-format yaml", "--error-format= status"] {
        assert_eq!(error_format(&mut arguments(line)).unwrap_err().code, ErrorCode::USAGE, "{line}");
    }
}

#[test]
fn words_of_another_program_are_left_to_it() {
    let mut line = arguments("exec --error-format json -- cargo --error-format short --help");
    assert_eq!(error_format(&mut line), Ok(ErrorFormat::Json));
    let Ok(Parsed::Line(line)) = parse(&line) else { panic!("it is not read") };
    let Some(Command::Exec(options)) = line.command else { panic!("it is another command") };
    assert_eq!(options.command, ["cargo", "--error-format", "short", "--help"]);
    for (line, hint) in
        [("exec true", "cp-token exec -- CMD"), ("curl -s /api", "cp-token curl -- CURL-OPTIONS")]
    {
        assert!(refusal(line).hint.contains(hint), "{line}");
    }
}

#[test]
fn e09_there_is_no_way_to_give_a_secret_as_an_argument() {
    for option in ["--secret x", "--client-secret x", "--password x", "--token x", "--secret-stdin=x"] {
        let line = format!("profile create prod --url https://a --client-id b {option}");
        assert_eq!(refusal(&line).code, ErrorCode::USAGE);
    }
}

#[test]
fn clap_finds_no_fault_with_its_own_table() {
    use clap::CommandFactory;
    CommandLine::command().debug_assert();
}
