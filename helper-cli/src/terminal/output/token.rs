//! Owns the output formats of a token. Token, expiry and URL come from one response; the token is never copied.

use cp_token_protocol::message::AuthScheme;
use cp_token_protocol::{ErrorCode, Failure, TokenView};

use super::print;
use crate::terminal::date::rfc3339;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// The token alone
    #[default]
    Token,
    /// Authorization: Bearer TOKEN
    Header,
    /// One object: access_token, token_type, expires_in, expires_at, profile, url
    Json,
    /// CP_TOKEN, CP_TOKEN_URL and CP_TOKEN_EXPIRES_AT, exported by eval in sh, bash or zsh
    Env,
    /// The same for fish: cp-token -f env:fish | source
    #[value(name = "env:fish")]
    EnvFish,
    /// The same for PowerShell: cp-token -f env:powershell | Out-String | Invoke-Expression
    #[value(name = "env:powershell")]
    EnvPowershell,
    /// The same for csh and tcsh: eval "`cp-token -f env:csh`"
    #[value(name = "env:csh")]
    EnvCsh,
    /// A header line for curl -K -
    Curl,
}

impl Format {
    /// Whether it shows the scheme, so that it can carry a user name and password as well.
    pub(crate) fn takes_basic(self) -> bool {
        matches!(self, Self::Header | Self::Curl)
    }
}

/// Prints the token. [`ErrorCode::OUTPUT_FAILED`], or [`ErrorCode::NOT_OUR_DAEMON`] if the URL has odd characters.
pub(crate) fn print_token(view: &TokenView<'_>, format: Format) -> Result<(), Failure> {
    match format {
        Format::Token => print(&[view.access_token, b"\n"]),
        Format::Header => print(&[b"Authorization: ", scheme(view), view.access_token, b"\n"]),
        Format::Curl => print(&[b"header = \"Authorization: ", scheme(view), view.access_token, b"\"\n"]),
        Format::Json => print(&[b"{\"access_token\":\"", view.access_token, json_tail(view)?.as_bytes()]),
        Format::Env => print_variables(view, &SH),
        Format::EnvFish => print_variables(view, &FISH),
        Format::EnvPowershell => print_variables(view, &POWERSHELL),
        Format::EnvCsh => print_variables(view, &CSH),
    }
}

fn print_variables(view: &TokenView<'_>, shell: &Shell) -> Result<(), Failure> {
    let [before, behind] = variables(view, shell)?;
    print(&[before.as_bytes(), view.access_token, behind.as_bytes()])
}

fn scheme(view: &TokenView<'_>) -> &'static [u8] {
    match view.scheme {
        AuthScheme::Bearer => b"Bearer ",
        AuthScheme::Basic => b"Basic ",
    }
}

fn json_tail(view: &TokenView<'_>) -> Result<String, Failure> {
    let (seconds, instant) = (view.expires_in_ms / 1000, rfc3339(view.expires_at));
    let url = serde_json::Value::from(visible(view.url)?);
    Ok(format!(
        "\",\"token_type\":\"Bearer\",\"expires_in\":{seconds},\"expires_at\":\"{instant}\",\"profile\":\"{}\",\"url\":{url}}}\n",
        view.profile
    ))
}

/// What stands before the token and behind it. A token has none of the characters that a shell has quotes for.
fn variables(view: &TokenView<'_>, shell: &Shell) -> Result<[String; 2], Failure> {
    let (url, instant) = (shell.quoted(visible(view.url)?), rfc3339(view.expires_at));
    let [set, equals, end] = [shell.set, shell.equals, shell.end];
    let before = format!("{set}CP_TOKEN{equals}'");
    let url = format!("'{end}{set}CP_TOKEN_URL{equals}'{url}'{end}");
    Ok([before, format!("{url}{set}CP_TOKEN_EXPIRES_AT{equals}'{instant}'{end}")])
}

fn visible(url: &str) -> Result<&str, Failure> {
    if url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(url);
    }
    Err(Failure::new(ErrorCode::NOT_OUR_DAEMON, "the daemon's answer has a URL with odd characters"))
}

/// How a shell sets a variable, and quotes its value.
struct Shell {
    set: &'static str,
    equals: &'static str,
    end: &'static str,
    /// What stands for a character between single quotes if it cannot stand for itself.
    instead: &'static [(char, &'static str)],
}

/// POSIX, and so bash and zsh: nothing is special between single quotes.
const SH: Shell = Shell { set: "export ", equals: "=", end: "\n", instead: &[('\'', r"'\''")] };

/// fish: a backslash takes the quote and itself.
const FISH: Shell =
    Shell { set: "set -gx ", equals: " ", end: "\n", instead: &[('\\', r"\\"), ('\'', r"\'")] };

/// PowerShell: a quote is doubled.
const POWERSHELL: Shell = Shell { set: "$env:", equals: " = ", end: "\n", instead: &[('\'', "''")] };

/// csh: history is looked for even here, and a line's end is lost on the way to `eval`.
const CSH: Shell =
    Shell { set: "setenv ", equals: " ", end: ";\n", instead: &[('\'', r"'\''"), ('!', r"\!")] };

impl Shell {
    fn quoted(&self, text: &str) -> String {
        let written = |letter: char| {
            let special = self.instead.iter().find(|(special, _)| *special == letter);
            special.map_or_else(|| letter.to_string(), |(_, instead)| (*instead).to_owned())
        };
        text.chars().map(written).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    fn view(url: &str) -> TokenView<'_> {
        TokenView {
            access_token: b"abc",
            expires_in_ms: 899_999,
            expires_at: 1_800_000_000,
            profile: "prod",
            url,
            scheme: AuthScheme::Bearer,
        }
    }

    #[test]
    fn every_format_is_found_by_the_name_that_the_help_shows() {
        for format in Format::value_variants() {
            let name = format.to_possible_value().unwrap();
            assert_eq!(Format::from_str(name.get_name(), false).ok(), Some(*format));
        }
        assert_eq!(Format::from_str("yaml", false).ok(), None);
    }

    #[test]
    fn json_has_exactly_the_promised_fields() {
        let text = format!("{{\"access_token\":\"abc{}", json_tail(&view("https://a.example")).unwrap());
        assert_eq!(
            text,
            "{\"access_token\":\"abc\",\"token_type\":\"Bearer\",\"expires_in\":899,\
             \"expires_at\":\"2027-01-15T08:00:00Z\",\"profile\":\"prod\",\"url\":\"https://a.example\"}\n"
        );
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn a_url_cannot_break_out_of_its_quotes_or_its_line() {
        let text =
            |shell: &Shell| variables(&view("https://a.example/';id;'!\\"), shell).unwrap().join("abc");
        let date = "2027-01-15T08:00:00Z";
        for (shell, expected) in [
            (
                &SH,
                r"export CP_TOKEN='abc'|export CP_TOKEN_URL='https://a.example/'\'';id;'\''!\'|export CP_TOKEN_EXPIRES_AT='DATE'|",
            ),
            (
                &FISH,
                r"set -gx CP_TOKEN 'abc'|set -gx CP_TOKEN_URL 'https://a.example/\';id;\'!\\'|set -gx CP_TOKEN_EXPIRES_AT 'DATE'|",
            ),
            (
                &POWERSHELL,
                r"$env:CP_TOKEN = 'abc'|$env:CP_TOKEN_URL = 'https://a.example/'';id;''!\'|$env:CP_TOKEN_EXPIRES_AT = 'DATE'|",
            ),
            (
                &CSH,
                r"setenv CP_TOKEN 'abc';|setenv CP_TOKEN_URL 'https://a.example/'\'';id;'\''\!\';|setenv CP_TOKEN_EXPIRES_AT 'DATE';|",
            ),
        ] {
            assert_eq!(text(shell), expected.replace('|', "\n").replace("DATE", date));
        }
        for url in ["https://a\nb", "https://a b", "https://a\x1b"] {
            assert!(variables(&view(url), &SH).is_err() && json_tail(&view(url)).is_err(), "{url:?}");
        }
    }
}
