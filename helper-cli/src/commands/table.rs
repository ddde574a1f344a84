//! Owns how profiles are laid out for people. It asks nobody and prints nothing.

pub(super) mod columns;

mod bar;
mod ways;

use cp_token_protocol::message::{Identity, ProfileReport, SecretState, TokenState, TotpMethod};

use self::columns::{Row, Yielding, aligned, labelled};
pub(super) use self::ways::ways;
use super::words;
use crate::date;
use crate::look::{Look, Piece, Tone};
use crate::text::clean;

const HEAD: [&str; 7] = ["  NAME", "KIND", "URL", "ID", "CREATED", "LAST-REDEEMED", "TOKEN"];

/// On a narrow terminal the dates are left out first, then URL and ID are shortened.
const YIELDING: Yielding<'static> = Yielding { droppable: &[4, 5], shrinkable: &[2, 3] };

/// The profiles as a table with a head; the default is marked with `*`.
pub(super) fn profiles(profiles: &[ProfileReport], look: &Look) -> Vec<Vec<Piece>> {
    if profiles.is_empty() {
        return vec![vec![Piece::plain("there is no profile; create one: cp-token profile create --help")]];
    }
    let mut rows = vec![Row(HEAD.map(|name| vec![Piece::new(Tone::Head, name)]))];
    rows.extend(profiles.iter().map(|profile| row(profile, look)));
    aligned(rows, &YIELDING, look)
}

/// Everything about one profile, a line each.
pub(super) fn profile(profile: &ProfileReport, look: &Look) -> Vec<Vec<Piece>> {
    let line = |label, text: String| (label, vec![Piece::plain(text)]);
    let default = if profile.is_default { " (default)" } else { "" };
    let http = if profile.insecure_http { " (http is allowed)" } else { "" };
    let id = clean(words::id(&profile.identity));
    let mut lines = vec![
        line("name", format!("{}{default}", profile.name)),
        line("kind", words::kind(&profile.identity).to_owned()),
        line("url", format!("{}{http}", clean(&profile.url))),
        line(if is_client(profile) { "client id" } else { "username" }, id),
        line("secret source", source(profile)),
        line("created", instant(profile.created)),
        line("last redeemed", instant(profile.last_redeemed)),
        ("token", token(profile, look)),
    ];
    lines.extend(codes(&profile.totp).map(|codes| line("one-time codes", codes)));
    lines.extend(profile.proxy.iter().map(|address| line("proxy", clean(address))));
    lines.extend(profile.no_proxy.iter().map(|host| line("no proxy for", clean(host))));
    lines.extend(profile.ca_bundle.iter().map(|path| line("ca bundle", clean(path))));
    lines.extend(profile.also_for.iter().map(|origin| line("also for", clean(origin))));
    labelled(lines, look)
}

fn row(profile: &ProfileReport, look: &Look) -> Row<7> {
    let mark = if profile.is_default { "* " } else { "  " };
    let dated = |seconds| vec![Piece::plain(instant(seconds))];
    Row([
        vec![Piece::new(Tone::Good, mark), Piece::plain(profile.name.to_string())],
        vec![Piece::plain(words::kind(&profile.identity))],
        vec![Piece::plain(clean(&profile.url))],
        vec![Piece::plain(clean(words::id(&profile.identity)))],
        dated(profile.created),
        dated(profile.last_redeemed),
        token(profile, look),
    ])
}

fn instant(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), date::minute)
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
fn token(profile: &ProfileReport, look: &Look) -> Vec<Piece> {
    let is_basic = matches!(profile.identity, Identity::Basic(_));
    let refused = match profile.secret {
        SecretState::Usable => None,
        SecretState::Refused(since) => Some(format!("secret refused since {}", date::minute(since))),
    };
    match (profile.token, refused) {
        (TokenState::Absent | TokenState::CoolingDown(_), Some(refused)) => {
            vec![Piece::new(Tone::Bad, refused)]
        }
        (token, refused) => {
            let mut pieces = state(profile, token, is_basic, look);
            pieces.extend(refused.map(|refused| Piece::new(Tone::Bad, format!(", {refused}"))));
            pieces
        }
    }
}

fn state(profile: &ProfileReport, token: TokenState, is_basic: bool, look: &Look) -> Vec<Piece> {
    match token {
        TokenState::Absent => vec![Piece::new(Tone::Faint, "none")],
        TokenState::Live(_) if is_basic => vec![Piece::plain("password held")],
        TokenState::Live(left) => {
            let then = if profile.totp == TotpMethod::Ask { ", then a code is needed" } else { "" };
            let mut pieces = bar::bar(left, profile.token_life_ms, look);
            pieces.push(Piece::plain(format!("{} left{then}", date::span(left))));
            pieces
        }
        TokenState::Requesting => vec![Piece::new(Tone::Warning, "on its way")],
        TokenState::CoolingDown(wait) => {
            vec![Piece::new(Tone::Warning, format!("failed, again in {}", date::span(wait)))]
        }
    }
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
            token_life_ms: Some(900_000),
            secret: SecretState::Usable,
        }
    }

    fn plain(lines: Vec<Vec<Piece>>, look: &Look) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|piece| piece.painted(look)).collect()).collect()
    }

    #[test]
    fn columns_line_up_and_the_default_is_marked() {
        let reports = [report("prod", TokenState::Live(899_999)), report("test-eu", TokenState::Absent)];
        assert_eq!(
            plain(profiles(&reports, &Look::PLAIN), &Look::PLAIN),
            [
                "  NAME     KIND        URL                  ID     CREATED               LAST-REDEEMED  TOKEN",
                "* prod     api-client  https://api.example  key-1  2027-01-15 08:00 UTC  -              14m 59s left",
                "  test-eu  api-client  https://api.example  key-1  2027-01-15 08:00 UTC  -              none",
            ]
        );
    }

    #[test]
    fn a_person_sees_the_time_left_as_a_bar_before_its_figure() {
        let look = Look { is_terminal: true, ..Look::PLAIN };
        let lines = plain(profiles(&[report("prod", TokenState::Live(450_000))], &look), &look);
        assert!(lines[1].ends_with("  ####---- 7m 30s left"), "{}", lines[1]);
    }

    #[test]
    fn a_refused_secret_shows_at_once_also_while_a_token_lives() {
        let told = |token| {
            let report =
                ProfileReport { secret: SecretState::Refused(1_800_000_000), ..report("prod", token) };
            plain(profiles(&[report], &Look::PLAIN), &Look::PLAIN)[1].clone()
        };
        let since = "secret refused since 2027-01-15 08:00 UTC";
        assert!(told(TokenState::Live(780_000)).ends_with(&format!("  13m left, {since}")));
        for token in [TokenState::Absent, TokenState::CoolingDown(5000)] {
            assert!(told(token).ends_with(&format!("  {since}")), "{token:?}");
        }
    }

    #[test]
    fn no_profile_is_a_sentence_that_says_what_to_do() {
        assert!(plain(profiles(&[], &Look::PLAIN), &Look::PLAIN)[0].contains("cp-token profile create"));
    }

    #[test]
    fn one_profile_shows_everything_that_is_set() {
        let lines = profile(&report("prod", TokenState::CoolingDown(5000)), &Look::PLAIN);
        let lines = plain(lines, &Look::PLAIN);
        for line in [
            "name:           prod (default)",
            "token:          failed, again in 5s",
            "also for:       https://gateway.example",
        ] {
            assert!(lines.contains(&line.to_owned()), "{line} is not in {lines:?}");
        }
    }
}
