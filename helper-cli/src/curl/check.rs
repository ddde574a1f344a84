//! Owns the check of a whole curl command: that nothing in it sends the token elsewhere, writes it down or takes
//! its protection away. Pure; which hosts are right, others decide.

use cp_token_protocol::Failure;

use super::item::Item;
use super::options::{Effect, OptionSpec};
use super::refusal::{not_taken, refusal};
use super::target::Target;

/// What has to be known of a command before it runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Analysis {
    /// The request's head is shown on standard error.
    pub(crate) is_verbose: bool,
    /// Redirects are followed.
    pub(crate) follows: bool,
    /// An option that leads another way to the host.
    pub(crate) route: Option<&'static str>,
    /// Scheme, host and port of each URL that has them, each once.
    pub(crate) origins: Vec<String>,
    /// How many URLs there are.
    pub(crate) urls: usize,
    /// Whether one of them is of the third version of the API.
    pub(crate) is_v3: bool,
}

/// Checks the options of a command, those of its config files in their places.
///
/// # Errors
/// The first option that is not taken.
pub(crate) fn check<'i>(items: impl Iterator<Item = &'i Item>) -> Result<Analysis, Failure> {
    let mut facts = Analysis::default();
    let (mut urls_of_block, mut other_stderr) = (0, None);
    for item in items.filter(|item| item.is_on()) {
        check_value(item)?;
        let effect = item.known.effect;
        facts.is_verbose |= effect == Effect::Verbose;
        facts.follows |= effect == Effect::Follow;
        if effect == Effect::Route {
            facts.route = Some(item.known.name);
        } else if effect == Effect::Stderr {
            other_stderr = Some(item.known);
        } else if effect == Effect::Url {
            facts.note(Target::parse(item.value())?);
            urls_of_block += 1;
        } else if effect == Effect::Next {
            require_url(urls_of_block)?;
            urls_of_block = 0;
        }
    }
    require_url(urls_of_block)?;
    match other_stderr {
        Some(known) if facts.is_verbose => Err(shown_elsewhere(known)),
        Some(_) | None => Ok(facts),
    }
}

impl Analysis {
    fn note(&mut self, target: Target<'_>) {
        self.urls += 1;
        self.is_v3 |= target.path().starts_with("/api/v3/") || target.path() == "/api/v3";
        if let Target::Absolute { origin, .. } = target
            && !self.origins.iter().any(|known| known == origin)
        {
            self.origins.push(origin.to_owned());
        }
    }

    /// Whether a URL is without TLS.
    pub(crate) fn is_plain_http(&self, base: &str) -> bool {
        let is_http = |url: &str| url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
        is_http(base) || self.origins.iter().any(|origin| is_http(origin))
    }
}

/// Judges one option by itself.
///
/// # Errors
/// Where it is not taken.
pub(crate) fn check_value(item: &Item) -> Result<(), Failure> {
    let (known, value) = (item.known, item.value());
    let is_taken = match known.effect {
        Effect::Refused(reason) => return Err(not_taken(known, reason)),
        Effect::Header => return check_header(value),
        Effect::Line | Effect::Cookie => !value.iter().any(|byte| matches!(byte, b'\r' | b'\n')),
        Effect::Method => !value.is_empty() && value.iter().all(|&byte| is_token(byte)),
        Effect::RequestTarget => {
            (value == b"*" || value.starts_with(b"/")) && value.iter().all(u8::is_ascii_graphic)
        }
        Effect::NewestTls => matches!(value, b"default" | b"1.2" | b"1.3"),
        Effect::Ciphers => !without_encryption(value),
        Effect::Plain
        | Effect::Url
        | Effect::Next
        | Effect::Config
        | Effect::Disable
        | Effect::Show
        | Effect::Verbose
        | Effect::Follow
        | Effect::Route
        | Effect::Stderr
        | Effect::Output
        | Effect::OutputFolder
        | Effect::Head
        | Effect::Once
        | Effect::Clobber
        | Effect::NoPatterns
        | Effect::Data
        | Effect::NamedData
        | Effect::Form
        | Effect::Upload => true,
    };
    if is_taken { Ok(()) } else { Err(odd_value(known)) }
}

/// A header of one's own is welcome, but no other credential, and no other host behind the same address.
fn check_header(value: &[u8]) -> Result<(), Failure> {
    if value.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return Err(refusal("a header has more than one line", "give each header with a -H of its own"));
    }
    let name = value.split(|byte| matches!(byte, b':' | b';')).next().unwrap_or_default().trim_ascii();
    if name.eq_ignore_ascii_case(b"authorization") {
        return Err(refusal(
            "the command has an Authorization header of its own",
            "leave it out: cp-token brings one",
        ));
    }
    if name.eq_ignore_ascii_case(b"host") || (name.is_empty() && value.trim_ascii().len() > 1) {
        return Err(refusal(
            "a Host header would lead the token to another host behind the same address",
            "leave it out; further hosts are added with: cp-token profile update NAME --also-for ORIGIN",
        ));
    }
    Ok(())
}

/// The characters of a method (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The names that OpenSSL has for ciphers that encrypt nothing.
fn without_encryption(list: &[u8]) -> bool {
    let list = list.to_ascii_uppercase();
    [&b"NULL"[..], b"COMPLEMENTOFALL"].iter().any(|name| list.windows(name.len()).any(|part| part == *name))
}

fn require_url(urls_of_block: usize) -> Result<(), Failure> {
    if urls_of_block > 0 {
        return Ok(());
    }
    Err(refusal(
        "there is no URL, or none before or after --next",
        "give a URL, or a path that begins with /",
    ))
}

fn odd_value(known: OptionSpec) -> Failure {
    refusal(
        format!("the value of --{} could lead the token astray", known.name),
        "give a plain value; see: cp-token curl --help",
    )
}

fn shown_elsewhere(known: OptionSpec) -> Failure {
    refusal(
        format!("--verbose and --{} together would let the token out", known.name),
        "leave one out, and redirect standard error with your shell",
    )
}
