//! Owns how profiles are laid out for people. It asks nobody and prints nothing.

pub(super) mod columns;

mod routes;

use cp_token_protocol::message::{Identity, ProfileReport, SecretState, TokenState, TotpMethod};

use self::columns::{Cut, Row, Truncation, aligned, labelled};
pub(super) use self::routes::routes;
use super::labels;
use crate::terminal::{Piece, TerminalStyle, Tone, date, sanitize};

/// The columns, and the steps at which a narrow terminal loses those that are seldom needed. It loses the bar at step 1
/// and the details of the token at step 7.
const HEAD: [(&str, u8); 8] = [
    ("  NAME", 0),
    ("KIND", 2),
    ("URL", 12),
    ("ID", 10),
    ("SECRET", 9),
    ("CREATED", 3),
    ("LAST-TOKEN", 4),
    ("TOKEN", 0),
];

const NAME: usize = 0;
const URL: usize = 2;
const ID: usize = 3;
const TOKEN: usize = 7;

/// The mark of the default stands before each name.
const MARK: usize = 2;

/// The cells of the bar.
const CELLS: u64 = 8;

const TRUNCATIONS: [Truncation; 5] = [
    Truncation(6, &[NAME], MARK + 26, Cut::Middle),
    Truncation(8, &[ID], 8, Cut::End),
    Truncation(9, &[URL], 12, Cut::Middle),
    Truncation(11, &[NAME], MARK + 12, Cut::Middle),
    Truncation(13, &[NAME, TOKEN], 8, Cut::End),
];

/// The profiles as a table with a head; the default is marked with `*`.
pub(super) fn profiles(profiles: &[ProfileReport], style: &TerminalStyle) -> Vec<Vec<Piece>> {
    if profiles.is_empty() {
        return vec![vec![Piece::plain("there is no profile; create one: cp-token profile create --help")]];
    }
    let head = HEAD.map(|(name, _)| vec![Piece::new(Tone::Head, name)]);
    let rows = profiles.iter().map(|profile| cells(profile, style));
    aligned(std::iter::once(head).chain(rows).map(row).collect(), &TRUNCATIONS, style)
}

pub(super) fn profile(profile: &ProfileReport, style: &TerminalStyle) -> Vec<Vec<Piece>> {
    let line = |label, text: String| (label, vec![Piece::plain(text)]);
    let default = if profile.is_default { " (default)" } else { "" };
    let http = if profile.insecure_http { " (http is allowed)" } else { "" };
    let is_client = matches!(profile.identity, Identity::ApiClient(_));
    let id = sanitize(labels::id(&profile.identity));
    let mut lines = vec![
        line("name", format!("{}{default}", profile.name)),
        line("kind", labels::kind(&profile.identity).to_owned()),
        line("url", format!("{}{http}", sanitize(&profile.url))),
        line(if is_client { "client id" } else { "username" }, id),
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

/// The cells, each left out with its column.
fn row(mut cells: [Vec<Piece>; 8]) -> Row<8> {
    for (cell, (_, step)) in cells.iter_mut().zip(HEAD) {
        cell.iter_mut().filter(|piece| piece.drop_order == 0).for_each(|piece| piece.drop_order = step);
    }
    Row(cells)
}

fn cells(profile: &ProfileReport, style: &TerminalStyle) -> [Vec<Piece>; 8] {
    let mark = if profile.is_default { "* " } else { "  " };
    let dated = |seconds| vec![Piece::plain(instant(seconds))];
    [
        vec![Piece::new(Tone::Good, mark), Piece::plain(profile.name.to_string())],
        vec![Piece::plain(labels::kind(&profile.identity))],
        vec![Piece::plain(url(profile, style))],
        vec![Piece::plain(sanitize(labels::id(&profile.identity)))],
        vec![Piece::plain(labels::secret_source(&profile.secret_source))],
        dated(profile.created),
        dated(profile.last_token_at),
        token(profile, style),
    ]
}

/// A person needs no `https://`; a program that reads the table gets the whole URL.
fn url(profile: &ProfileReport, style: &TerminalStyle) -> String {
    let url = sanitize(&profile.url);
    match url.strip_prefix("https://") {
        Some(host) if style.is_terminal => host.to_owned(),
        _ => url,
    }
}

fn instant(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), date::minute)
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
    let refused = if pieces.is_empty() { "secret refused" } else { ", secret refused" };
    pieces.push(Piece::new(Tone::Bad, refused));
    pieces.push(Piece::new(Tone::Bad, format!(" since {}", date::minute(since))).optional(7));
    pieces
}

fn state(profile: &ProfileReport, style: &TerminalStyle) -> Vec<Piece> {
    let is_basic = matches!(profile.identity, Identity::Basic(_));
    match profile.token {
        TokenState::Absent => vec![Piece::new(Tone::Faint, "none")],
        TokenState::Live(_) if is_basic => vec![Piece::plain("password held")],
        TokenState::Live(left) => {
            let mut pieces = bar(left, profile.token_life_ms, style);
            pieces.push(Piece::plain(format!("{} left", date::span(left))));
            if profile.totp == TotpMethod::Ask && profile.secret == SecretState::Usable {
                pieces.extend([Piece::plain(", then a code"), Piece::plain(" is needed").optional(7)]);
            }
            pieces
        }
        TokenState::Requesting => vec![Piece::new(Tone::Warning, "on its way")],
        TokenState::CoolingDown(wait) => {
            vec![Piece::new(Tone::Warning, format!("failed, again in {}", date::span(wait)))]
        }
    }
}

/// A bar for `left` of `whole`, in the same unit, and a space; nothing without a terminal. It is the first thing dropped.
fn bar(left: u64, whole: Option<u64>, style: &TerminalStyle) -> Vec<Piece> {
    let Some(whole) = whole.filter(|&whole| whole > 0 && style.is_terminal) else { return Vec::new() };
    let share = u128::from(left.min(whole)) * u128::from(CELLS);
    let filled = usize::try_from(share.div_ceil(u128::from(whole))).unwrap_or(0);
    let (full, empty) = if style.has_blocks { ("█", "░") } else { ("#", "-") };
    // Below a quarter a token in use is renewed.
    let tone = if left.saturating_mul(4) >= whole { Tone::Good } else { Tone::Warning };
    let rest = CELLS as usize - filled;
    [
        Piece::drawn(tone, full.repeat(filled)),
        Piece::drawn(Tone::Faint, empty.repeat(rest)),
        Piece::plain(" "),
    ]
    .map(|piece| piece.optional(1))
    .to_vec()
}

#[cfg(test)]
pub(super) mod tests;
