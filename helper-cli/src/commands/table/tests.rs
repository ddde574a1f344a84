//! Owns the tests of the tables of profiles.

use cp_token_protocol::message::SecretSource;

use cp_token_protocol::ProfileName;

use unicode_width::UnicodeWidthStr;

use super::*;

pub(crate) fn report(name: &str, token: TokenState) -> ProfileReport {
    ProfileReport {
        name: ProfileName::parse(name).unwrap(),
        url: "https://api.example".to_owned(),
        identity: Identity::ApiClient("key-1".to_owned()),
        secret_source: SecretSource::Keyring,
        ca_bundle: None,
        insecure_http: false,
        also_for: vec!["https://gateway.example".to_owned()],
        is_default: name == "prod",
        created: Some(1_800_000_000),
        last_token_at: None,
        token,
        totp: TotpMethod::None,
        proxy: None,
        no_proxy: Vec::new(),
        token_life_ms: Some(900_000),
        secret: SecretState::Usable,
    }
}

fn plain(lines: Vec<Vec<Piece>>, style: &TerminalStyle) -> Vec<String> {
    lines.iter().map(|line| line.iter().map(|piece| piece.painted(style)).collect()).collect()
}

#[test]
fn columns_line_up_and_the_default_is_marked() {
    let reports = [report("prod", TokenState::Live(899_999)), report("test-eu", TokenState::Absent)];
    assert_eq!(
        plain(profiles(&reports, &TerminalStyle::PLAIN), &TerminalStyle::PLAIN),
        [
            "  NAME     KIND        URL                  ID     SECRET   CREATED               LAST-TOKEN  TOKEN",
            "* prod     api-client  https://api.example  key-1  keyring  2027-01-15 08:00 UTC  -           14m 59s left",
            "  test-eu  api-client  https://api.example  key-1  keyring  2027-01-15 08:00 UTC  -           none",
        ]
    );
}

#[test]
fn a_person_sees_the_time_left_as_a_bar_before_its_figure() {
    let style = TerminalStyle { is_terminal: true, ..TerminalStyle::PLAIN };
    let lines = plain(profiles(&[report("prod", TokenState::Live(450_000))], &style), &style);
    assert!(lines[1].ends_with("  ####---- 7m 30s left"), "{}", lines[1]);
}

#[test]
fn a_refused_secret_shows_at_once_also_while_a_token_lives() {
    let cell = |token| {
        let report = ProfileReport { secret: SecretState::Refused(1_800_000_000), ..report("prod", token) };
        plain(profiles(&[report], &TerminalStyle::PLAIN), &TerminalStyle::PLAIN)[1].clone()
    };
    let since = "secret refused since 2027-01-15 08:00 UTC";
    assert!(cell(TokenState::Live(780_000)).ends_with(&format!("  13m left, {since}")));
    for token in [TokenState::Absent, TokenState::CoolingDown(5000)] {
        assert!(cell(token).ends_with(&format!("  {since}")), "{token:?}");
    }
}

#[test]
fn no_profile_is_a_sentence_that_says_what_to_do() {
    assert!(
        plain(profiles(&[], &TerminalStyle::PLAIN), &TerminalStyle::PLAIN)[0]
            .contains("cp-token profile create")
    );
}

#[test]
fn one_profile_shows_everything_that_is_set() {
    let lines = profile(&report("prod", TokenState::CoolingDown(5000)), &TerminalStyle::PLAIN);
    let lines = plain(lines, &TerminalStyle::PLAIN);
    for line in [
        "name:           prod (default)",
        "token:          failed, again in 5s",
        "also for:       https://gateway.example",
    ] {
        assert!(lines.contains(&line.to_owned()), "{line} is not in {lines:?}");
    }
}

/// Every state of token and secret, in every kind of profile.
fn states(name: &str) -> Vec<ProfileReport> {
    let live = TokenState::Live(86_399_000);
    let tokens = [live, TokenState::Absent, TokenState::Requesting, TokenState::CoolingDown(299_000)];
    let secrets = [SecretState::Usable, SecretState::Refused(1_800_000_000)];
    let long = "someone.with.a.long.name@department.customer.example".to_owned();
    let kinds = [Identity::ApiClient(format!("key-{}", "4".repeat(36))), Identity::User(long.clone())];
    let mut reports = Vec::new();
    for (token, secret) in tokens.into_iter().flat_map(|token| secrets.map(|secret| (token, secret))) {
        for identity in kinds.clone().into_iter().chain([Identity::Basic(long.clone())]) {
            let url = "https://console.department.customer.us2.crashplan.example:8443".to_owned();
            let last_token_at = Some(1_800_000_000);
            let base = ProfileReport { url, identity, secret, last_token_at, ..report(name, token) };
            reports.extend([ProfileReport { totp: TotpMethod::Ask, ..base.clone() }, base]);
        }
    }
    reports
}

fn at(width: usize, reports: &[ProfileReport]) -> Vec<String> {
    let style =
        TerminalStyle { is_terminal: true, has_blocks: true, width: Some(width), ..TerminalStyle::PLAIN };
    plain(profiles(reports, &style), &style)
}

#[test]
fn no_state_of_a_profile_wraps_at_80_columns_and_a_name_of_26_letters_stays_whole() {
    let name = "customer-us-production-eu1";
    assert_eq!(name.len(), 26);
    for report in states(name) {
        for width in [80, 100, 120] {
            for line in at(width, &[report.clone(), report.clone()]) {
                assert!(line.width() <= width, "{width}: {line}");
                assert!(line.contains(name) || line.contains("NAME"), "{width}: {line}");
            }
        }
    }
    assert!(at(250, &states(name)).iter().all(|line| line.width() > 120), "there was something to leave out");
}

#[test]
fn no_table_is_wider_than_the_terminal_down_to_very_narrow_ones() {
    let long = format!("a{}z", "-tenant-".repeat(7));
    let reports: Vec<_> = states("b").into_iter().chain(states(&long)).collect();
    for width in 20..=250 {
        let lines = at(width, &reports);
        let widest = lines.iter().max_by_key(|line| line.width()).unwrap();
        assert!(widest.width() <= width, "{width}: {widest}");
    }
}

#[test]
fn what_matters_least_goes_first() {
    let live =
        ProfileReport { last_token_at: Some(1_800_000_000), ..report("prod", TokenState::Live(450_000)) };
    let refused = SecretState::Refused(1_800_000_000);
    let refused = ProfileReport { secret: refused, ..report("customer-us-audit", TokenState::Absent) };
    let mut lost = Vec::new();
    for width in (40..=200).rev() {
        let shown = at(width, &[live.clone(), refused.clone()]).join("\n");
        for part in
            ["█", "KIND", "CREATED", "LAST-TOKEN", "since", "SECRET", "ID", "customer-us-audit", "URL"]
        {
            if !shown.contains(part) && !lost.contains(&part) {
                lost.push(part);
            }
        }
        assert!(shown.contains("7m 30s left") && shown.contains("secret refused"), "{shown}");
    }
    assert_eq!(
        lost,
        ["█", "KIND", "CREATED", "LAST-TOKEN", "since", "SECRET", "ID", "customer-us-audit", "URL"]
    );
}

#[test]
fn one_long_name_is_cut_in_the_middle_and_the_others_are_not() {
    let long = format!("customer{}-eu", "-of-ours".repeat(6));
    let url = "https://console.us2.crashplan.com".to_owned();
    let named = |name: &str| ProfileReport { url: url.clone(), ..report(name, TokenState::Live(899_000)) };
    let lines = at(80, &[named("production"), named(&long)]);
    assert_eq!(lines[1], "  production                      console.us2.crashplan.com  key-1  14m 59s left");
    assert_eq!(lines[2], "  customer-of-ou…ours-of-ours-eu  console.us2.crashplan.com  key-1  14m 59s left");
}

#[test]
fn a_long_id_is_shortened_before_the_host_is() {
    let url = "https://console.us2.crashplan.com".to_owned();
    let identity = Identity::ApiClient("key-42c6f0de-1111-2222-3333-444455556666".to_owned());
    let report =
        ProfileReport { url, identity, ..report("customer-us-production-eu1", TokenState::Live(899_000)) };
    let row = at(80, &[report])[1].clone();
    assert_eq!(row, "  customer-us-production-eu1  console.us2.crashplan.com  key-42c6…  14m 59s left");
}

#[test]
fn a_person_sees_no_https_and_a_host_that_is_too_long_is_cut_in_the_middle_once_dates_are_left_out() {
    let url = format!("https://{}.crashplan.com", "console-of-a-customer".repeat(2));
    let secret_source = SecretSource::File("/etc/secret".to_owned());
    let report = ProfileReport { url, secret_source, ..report("prod", TokenState::Live(899_000)) };
    let at = |width| at(width, std::slice::from_ref(&report));
    let (wide, medium, narrow) = (at(160), at(120), at(60));
    let host = format!("{}.crashplan.com", "console-of-a-customer".repeat(2));
    for rows in [&wide, &medium] {
        assert!(rows[1].contains(&host) && !rows[1].contains("https"), "{rows:?}");
        assert!(rows[0].contains("SECRET") && rows[1].contains("  file  "), "{rows:?}");
    }
    assert!(wide[0].contains("CREATED") && !medium[0].contains("CREATED"), "{wide:?} {medium:?}");
    assert!(
        narrow[1].contains("console") && narrow[1].contains("…") && narrow[1].contains("plan.com  "),
        "{narrow:?}"
    );
}

#[test]
fn the_scheme_is_shown_at_a_terminal_where_it_is_not_https() {
    let report = ProfileReport { url: "http://[::1]:80".to_owned(), ..report("prod", TokenState::Absent) };
    assert!(at(80, &[report])[1].contains("http://[::1]:80"));
}

#[test]
fn at_a_pipe_everything_is_whole() {
    for line in
        plain(profiles(&states("customer-us-production-eu1"), &TerminalStyle::PLAIN), &TerminalStyle::PLAIN)
            .iter()
            .skip(1)
    {
        assert!(line.contains("https://console.department.customer.us2.crashplan.example:8443"), "{line}");
        assert!(!line.contains(['~', '…', '#']), "{line}");
        assert!(!line.contains("refused") || line.contains("since 2027-01-15 08:00 UTC"), "{line}");
    }
}

fn drawn(left: u64, whole: Option<u64>, style: TerminalStyle) -> String {
    bar(left, whole, &style).iter().map(|piece| piece.painted(&style)).collect()
}

#[test]
fn a_bar_is_full_at_first_and_never_empty_while_something_is_left() {
    let terminal = TerminalStyle { is_terminal: true, has_blocks: true, ..TerminalStyle::PLAIN };
    assert_eq!(drawn(840_000, Some(840_000), terminal), "████████ ");
    assert_eq!(drawn(420_000, Some(840_000), terminal), "████░░░░ ");
    assert_eq!(drawn(1, Some(840_000), terminal), "█░░░░░░░ ");
    assert_eq!(drawn(0, Some(840_000), terminal), "░░░░░░░░ ");
    assert_eq!(drawn(u64::MAX, Some(u64::MAX), terminal), "████████ ");
}

#[test]
fn where_nobody_looks_or_no_whole_is_known_there_is_none_and_ascii_will_do() {
    let terminal = TerminalStyle { is_terminal: true, ..TerminalStyle::PLAIN };
    assert_eq!(drawn(420_000, Some(840_000), terminal), "####---- ");
    assert_eq!(drawn(420_000, None, terminal), "");
    assert_eq!(drawn(420_000, Some(0), terminal), "");
    assert_eq!(drawn(420_000, Some(840_000), TerminalStyle::PLAIN), "");
}
