//! Owns how profiles are laid out for people. It asks nobody and prints nothing.

pub(super) mod columns;

mod bar;
mod routes;

use cp_token_protocol::message::{Identity, ProfileReport, SecretState, TokenState, TotpMethod};

use self::columns::{Cut, Row, Step, aligned, labelled};
pub(super) use self::routes::routes;
use super::labels;
use crate::terminal::date;
use crate::terminal::sanitize::sanitize;
use crate::terminal::style::{Piece, TerminalStyle, Tone};

const HEAD: [&str; 7] = ["  NAME", "KIND", "URL", "ID", "CREATED", "LAST-TOKEN", "TOKEN"];

const NAME: usize = 0;
const KIND: usize = 1;
const URL: usize = 2;
const ID: usize = 3;
const CREATED: usize = 4;
const LAST_TOKEN: usize = 5;
const TOKEN: usize = 6;

/// The mark of the default stands before each name.
const MARK: usize = 2;

/// What is dropped on a narrow terminal: first the bar, then columns seldom needed, https:// and details; names come late.
const STEPS: [Step; 13] = [
    Step::DropPieces(TOKEN, 1),
    Step::DropColumn(KIND),
    Step::DropColumn(CREATED),
    Step::DropColumn(LAST_TOKEN),
    Step::DropPieces(URL, 1),
    Step::Truncate(&[NAME], MARK + 26, Cut::Middle),
    Step::DropPieces(TOKEN, 2),
    Step::Truncate(&[ID], 8, Cut::End),
    Step::Truncate(&[URL], 12, Cut::End),
    Step::DropColumn(ID),
    Step::Truncate(&[NAME], MARK + 12, Cut::Middle),
    Step::DropColumn(URL),
    Step::Truncate(&[NAME, TOKEN], 8, Cut::End),
];

/// The profiles as a table with a head; the default is marked with `*`.
pub(super) fn profiles(profiles: &[ProfileReport], style: &TerminalStyle) -> Vec<Vec<Piece>> {
    if profiles.is_empty() {
        return vec![vec![Piece::plain("there is no profile; create one: cp-token profile create --help")]];
    }
    let mut rows = vec![Row(HEAD.map(|name| vec![Piece::new(Tone::Head, name)]))];
    rows.extend(profiles.iter().map(|profile| row(profile, style)));
    aligned(rows, &STEPS, style)
}

/// Everything about one profile, a line each.
pub(super) fn profile(profile: &ProfileReport, style: &TerminalStyle) -> Vec<Vec<Piece>> {
    let line = |label, text: String| (label, vec![Piece::plain(text)]);
    let default = if profile.is_default { " (default)" } else { "" };
    let http = if profile.insecure_http { " (http is allowed)" } else { "" };
    let id = sanitize(labels::id(&profile.identity));
    let mut lines = vec![
        line("name", format!("{}{default}", profile.name)),
        line("kind", labels::kind(&profile.identity).to_owned()),
        line("url", format!("{}{http}", sanitize(&profile.url))),
        line(if is_client(profile) { "client id" } else { "username" }, id),
        line("secret source", source(profile)),
        line("created", instant(profile.created)),
        line("last token", instant(profile.last_token_at)),
        ("token", token(profile, style)),
    ];
    lines.extend(codes(&profile.totp).map(|codes| line("one-time codes", codes)));
    lines.extend(profile.proxy.iter().map(|address| line("proxy", sanitize(address))));
    lines.extend(profile.no_proxy.iter().map(|host| line("no proxy for", sanitize(host))));
    lines.extend(profile.ca_bundle.iter().map(|path| line("ca bundle", sanitize(path))));
    lines.extend(profile.also_for.iter().map(|origin| line("also for", sanitize(origin))));
    labelled(lines, style)
}

fn row(profile: &ProfileReport, style: &TerminalStyle) -> Row<7> {
    let mark = if profile.is_default { "* " } else { "  " };
    let dated = |seconds| vec![Piece::plain(instant(seconds))];
    Row([
        vec![Piece::new(Tone::Good, mark), Piece::plain(profile.name.to_string())],
        vec![Piece::plain(labels::kind(&profile.identity))],
        url(profile),
        vec![Piece::plain(sanitize(labels::id(&profile.identity)))],
        dated(profile.created),
        dated(profile.last_token_at),
        token(profile, style),
    ])
}

/// `https://` is the first part that is dropped.
fn url(profile: &ProfileReport) -> Vec<Piece> {
    const USUAL: &str = "https://";
    let url = sanitize(&profile.url);
    match url.strip_prefix(USUAL) {
        Some(host) => vec![Piece::plain(USUAL).optional(1), Piece::plain(host)],
        None => vec![Piece::plain(url)],
    }
}

fn instant(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), date::minute)
}

fn is_client(profile: &ProfileReport) -> bool {
    matches!(profile.identity, Identity::ApiClient(_))
}

fn source(profile: &ProfileReport) -> String {
    let source = labels::secret_source(&profile.secret_source);
    match labels::secret_source_detail(&profile.secret_source) {
        Some(place) => format!("{source}: {}", sanitize(&place)),
        None => source.to_owned(),
    }
}

fn codes(totp: &TotpMethod) -> Option<String> {
    match totp {
        TotpMethod::None => None,
        TotpMethod::Ask => Some("asked for, for each token".to_owned()),
        TotpMethod::Command(line) => Some(format!("command: {}", sanitize(&labels::joined(line)))),
        TotpMethod::Stored => Some("computed from the seed beside the password".to_owned()),
    }
}

/// A renewal that needs a code from a person says when, unless the password is refused, whatever the code.
fn token(profile: &ProfileReport, style: &TerminalStyle) -> Vec<Piece> {
    let SecretState::Refused(since) = profile.secret else { return state(profile, style) };
    let mut pieces = match profile.token {
        TokenState::Absent | TokenState::CoolingDown(_) => Vec::new(),
        TokenState::Live(_) | TokenState::Requesting => state(profile, style),
    };
    if !pieces.is_empty() {
        pieces.push(Piece::new(Tone::Bad, ", "));
    }
    pieces.push(Piece::new(Tone::Bad, "secret refused"));
    pieces.push(Piece::new(Tone::Bad, format!(" since {}", date::minute(since))).optional(2));
    pieces
}

fn state(profile: &ProfileReport, style: &TerminalStyle) -> Vec<Piece> {
    let is_basic = matches!(profile.identity, Identity::Basic(_));
    match profile.token {
        TokenState::Absent => vec![Piece::new(Tone::Faint, "none")],
        TokenState::Live(_) if is_basic => vec![Piece::plain("password held")],
        TokenState::Live(left) => {
            let mut pieces = bar::bar(left, profile.token_life_ms, style);
            pieces.push(Piece::plain(format!("{} left", date::span(left))));
            if profile.totp == TotpMethod::Ask && profile.secret == SecretState::Usable {
                pieces.extend([Piece::plain(", then a code"), Piece::plain(" is needed").optional(2)]);
            }
            pieces
        }
        TokenState::Requesting => vec![Piece::new(Tone::Warning, "on its way")],
        TokenState::CoolingDown(wait) => {
            vec![Piece::new(Tone::Warning, format!("failed, again in {}", date::span(wait)))]
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
