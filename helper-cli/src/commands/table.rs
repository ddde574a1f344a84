//! Owns how profiles are laid out for people. It asks nobody and prints nothing.

use cp_token_protocol::message::{Identity, ProfileReport, TokenState, TotpMethod};

use super::words;
use crate::date;
use crate::text::clean;

const HEAD: [&str; 7] = ["NAME", "KIND", "URL", "ID", "CREATED", "LAST-REDEEMED", "TOKEN"];

/// The profiles as a table with a head; the default is marked with `*`.
pub(super) fn profiles(profiles: &[ProfileReport]) -> Vec<String> {
    if profiles.is_empty() {
        return vec!["there is no profile; create one: cp-token profile create --help".to_owned()];
    }
    let mut rows = vec![(' ', HEAD.map(str::to_owned))];
    rows.extend(profiles.iter().map(|profile| (if profile.is_default { '*' } else { ' ' }, cells(profile))));
    let widths: [usize; HEAD.len()] =
        std::array::from_fn(|column| rows.iter().map(|(_, row)| width(&row[column])).max().unwrap_or(0));
    rows.iter().map(|(mark, row)| line(*mark, row, &widths)).collect()
}

/// Everything about one profile, a line each.
pub(super) fn profile(profile: &ProfileReport) -> Vec<String> {
    let [name, kind, url, id, created, redeemed, token] = cells(profile);
    let mut lines = vec![
        format!("name:           {name}{}", if profile.is_default { " (default)" } else { "" }),
        format!("kind:           {kind}"),
        format!("url:            {url}{}", if profile.insecure_http { " (http is allowed)" } else { "" }),
        format!("{}{id}", if is_client(profile) { "client id:      " } else { "username:       " }),
        format!("secret source:  {}", source(profile)),
        format!("created:        {created}"),
        format!("last redeemed:  {redeemed}"),
        format!("token:          {token}"),
    ];
    lines.extend(codes(&profile.totp).map(|codes| format!("one-time codes: {codes}")));
    lines.extend(profile.proxy.iter().map(|address| format!("proxy:          {}", clean(address))));
    lines.extend(profile.no_proxy.iter().map(|host| format!("no proxy for:   {}", clean(host))));
    lines.extend(profile.ca_bundle.iter().map(|path| format!("ca bundle:      {path}")));
    lines.extend(profile.also_for.iter().map(|origin| format!("also for:       {origin}")));
    lines
}

/// The way to its server of each profile that has one of its own choice, a line each.
pub(super) fn ways(profiles: &[ProfileReport]) -> Vec<String> {
    let ways = profiles.iter().filter_map(|profile| {
        let except = match profile.no_proxy.join(", ") {
            hosts if hosts.is_empty() => String::new(),
            hosts => format!(", but not to {hosts}"),
        };
        let parts = [
            profile.proxy.as_ref().map(|address| format!("through {address}{except}")),
            profile.ca_bundle.as_ref().map(|path| format!("with the roots of {path}")),
            profile.insecure_http.then(|| "http is allowed".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| clean(&format!("{}: {}", profile.name, parts.join("; "))))
    });
    ways.collect()
}

fn cells(profile: &ProfileReport) -> [String; 7] {
    let instant = |seconds: Option<u64>| seconds.map_or_else(|| "-".to_owned(), date::minute);
    [
        profile.name.to_string(),
        words::kind(&profile.identity).to_owned(),
        clean(&profile.url),
        clean(words::id(&profile.identity)),
        instant(profile.created),
        instant(profile.last_redeemed),
        token(profile),
    ]
}

fn is_client(profile: &ProfileReport) -> bool {
    matches!(profile.identity, Identity::ApiClient(_))
}

fn source(profile: &ProfileReport) -> String {
    let source = words::secret_source(&profile.secret_source);
    match words::secret_place(&profile.secret_source) {
        Some(place) => format!("{source}: {}", clean(&place)),
        None => source.to_owned(),
    }
}

fn codes(totp: &TotpMethod) -> Option<String> {
    match totp {
        TotpMethod::None => None,
        TotpMethod::Ask => Some("asked for, for each token".to_owned()),
        TotpMethod::Command(line) => Some(format!("command: {}", clean(&words::joined(line)))),
        TotpMethod::Stored => Some("computed from the seed beside the password".to_owned()),
    }
}

/// A renewal that needs a code from a person says when.
fn token(profile: &ProfileReport) -> String {
    match profile.token {
        TokenState::Absent => "none".to_owned(),
        TokenState::Live(_) if matches!(profile.identity, Identity::Basic(_)) => "password held".to_owned(),
        TokenState::Live(left) if profile.totp == TotpMethod::Ask => {
            format!("{} left, then a code is needed", date::span(left))
        }
        TokenState::Live(left) => format!("{} left", date::span(left)),
        TokenState::Requesting => "on its way".to_owned(),
        TokenState::CoolingDown(wait) => format!("failed, again in {}", date::span(wait)),
        TokenState::Refused => "refused".to_owned(),
    }
}

fn line(mark: char, row: &[String; 7], widths: &[usize; 7]) -> String {
    let mut line = String::from(mark);
    for (cell, wanted) in row.iter().zip(widths) {
        line.push(' ');
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', 1 + wanted - width(cell)));
    }
    line.truncate(line.trim_end().len());
    line
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

#[cfg(test)]
pub(super) mod tests {
    use cp_token_protocol::message::SecretLocation;

    use cp_token_protocol::ProfileName;

    use super::*;

    pub(crate) fn report(name: &str, token: TokenState) -> ProfileReport {
        ProfileReport {
            name: ProfileName::parse(name).unwrap(),
            url: "https://api.example".to_owned(),
            identity: Identity::ApiClient("key-1".to_owned()),
            secret_source: SecretLocation::Keyring,
            ca_bundle: None,
            insecure_http: false,
            also_for: vec!["https://gateway.example".to_owned()],
            is_default: name == "prod",
            created: Some(1_800_000_000),
            last_redeemed: None,
            token,
            totp: TotpMethod::None,
            proxy: None,
            no_proxy: Vec::new(),
        }
    }

    #[test]
    fn columns_line_up_and_the_default_is_marked() {
        let rows =
            profiles(&[report("prod", TokenState::Live(899_999)), report("test-eu", TokenState::Absent)]);
        assert_eq!(
            rows,
            [
                "  NAME     KIND        URL                  ID     CREATED               LAST-REDEEMED  TOKEN",
                "* prod     api-client  https://api.example  key-1  2027-01-15 08:00 UTC  -              14m 59s left",
                "  test-eu  api-client  https://api.example  key-1  2027-01-15 08:00 UTC  -              none",
            ]
        );
    }

    #[test]
    fn a_way_of_its_own_is_shown_and_the_usual_one_is_not() {
        let usual = report("a", TokenState::Absent);
        let mut through = report("b", TokenState::Absent);
        through.proxy = Some("http://jo@proxy.example:3128".to_owned());
        through.no_proxy = vec!["localhost".to_owned(), ".corp.example".to_owned()];
        through.ca_bundle = Some("/corp.pem".to_owned());
        let mut double = report("c", TokenState::Absent);
        double.insecure_http = true;
        assert_eq!(
            ways(&[usual, through, double]),
            [
                "b: through http://jo@proxy.example:3128, but not to localhost, .corp.example; with the roots of /corp.pem",
                "c: http is allowed",
            ]
        );
    }

    #[test]
    fn no_profile_is_a_sentence_that_says_what_to_do() {
        assert!(profiles(&[])[0].contains("cp-token profile create"));
    }

    #[test]
    fn one_profile_shows_everything_that_is_set() {
        let lines = profile(&report("prod", TokenState::CoolingDown(5000)));
        assert!(lines.contains(&"name:           prod (default)".to_owned()));
        assert!(lines.contains(&"token:          failed, again in 5s".to_owned()));
        assert!(lines.contains(&"also for:       https://gateway.example".to_owned()));
    }
}
