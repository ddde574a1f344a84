//! Owns `cp-token curl`: which profile's token goes with the command, and the real curl that runs it.

mod attempt;
mod buffered_attempt;
mod descriptors;
mod files;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use cp_token_protocol::message::{
    AuthScheme, Freshness, OriginSelector, ProfileReport, ProfileSelector, TokenResponse,
};
use cp_token_protocol::{AccessToken, ErrorCode, Failure, ProfileName};
use zeroize::Zeroizing;

use super::fetch_token::{TokenOptions, fetch};
use super::profiles;
use super::shared::{profile_of_environment, selector};
use crate::adapters::basic::authorization;
use crate::args::cli::token::CurlOptions;
use crate::curl::{self, Analysis, Credential, Effect, Item, Step, refusal};
use crate::run::program::{self, Program};
use crate::terminal::output;

/// The first version of curl that takes a header away where a redirect leads to another port or scheme. Older ones
/// look at the host alone.
const SAFE_TO_FOLLOW: [u32; 2] = [7, 83];

/// Variables that lead http to a proxy, which would read the token.
const PROXIES_FOR_HTTP: [&str; 3] = ["http_proxy", "all_proxy", "ALL_PROXY"];

struct CheckedCommand {
    curl: PathBuf,
    /// What curl's default config file says.
    default: Vec<Item>,
    steps: Vec<Step>,
    facts: Analysis,
    profile: ProfileReport,
}

/// Runs curl with a token; fails if it was not run, otherwise this ends as curl ends.
pub(super) fn run(options: &CurlOptions) -> Result<(), Failure> {
    let curl = find_curl()?;
    let words: Vec<_> = options.arguments.iter().map(|word| word.as_bytes().to_vec()).collect();
    let items = curl::read_words(&words)?;
    if let Some(shown) = items.iter().find(|item| item.does(Effect::Show)) {
        return Err(show(curl, shown));
    }
    let default = files::default_config(&items)?;
    let steps = files::expand(items)?;
    let items: Vec<&Item> = default.iter().chain(steps.iter().flat_map(Step::items)).collect();
    refuse_files(!default.is_empty(), &items)?;
    let facts = curl::check(items.iter().copied())?;
    let traces = attempt::traces(options, &facts, &items)?;
    let token = token_for(&facts, options)?;
    let profile = profiles::find(&token.profile)?;
    let checked = CheckedCommand { curl, default, steps, profile, facts };
    checked.require_safety(&token)?;
    match traces {
        Some(traces) => attempt::run(checked, token, traces, options),
        None => Err(checked.run(&token)),
    }
}

/// Refuses files behind which the token lies, or could come to lie. A command of one part without a config file of curl's
/// own has read the token before anything else, so there is nothing left behind the descriptor.
fn refuse_files(has_default: bool, items: &[&Item]) -> Result<(), Failure> {
    files::for_each_read(items, descriptors::refuse)?;
    if has_default || items.iter().any(|item| item.does(Effect::Next)) {
        files::for_each_read(items, descriptors::refuse_replaceable)?;
    }
    Ok(())
}

impl CheckedCommand {
    /// What the addresses and the credential ask for beyond what each option does by itself.
    fn require_safety(&self, token: &TokenResponse) -> Result<(), Failure> {
        if let Some(route) = self.facts.route.filter(|_| self.facts.is_plain_http(&token.url)) {
            let message =
                format!("--{route} would lead http, which is not encrypted, away from this machine");
            return Err(refusal(message, "leave it out, or use https"));
        }
        if token.scheme == AuthScheme::Basic && self.facts.is_v3 {
            let name = &token.profile;
            let message =
                format!("profile {name} sends a user name and password, which v3 of the API refuses");
            return Err(refusal(message, "use an API client or a user for paths below /api/v3/"));
        }
        if self.facts.follows { require_safe_redirects(&self.curl) } else { Ok(()) }
    }

    fn run(&self, token: &TokenResponse) -> Failure {
        match self.program(&self.default, &self.steps, token) {
            Ok(program) if self.facts.is_verbose => attempt::run_redacted(program, token),
            Ok(program) => not_run(&program.exec()),
            Err(failure) => failure,
        }
    }

    fn program(&self, default: &[Item], steps: &[Step], token: &TokenResponse) -> Result<Program, Failure> {
        let credential = Credential {
            base: &token.url,
            header: Zeroizing::new(format!("Authorization: {}", authorization(token)).into_bytes()),
            ca_bundle: self.profile.ca_bundle.as_deref(),
        };
        let mut program = Program::new(&self.curl, OsStr::new("curl"));
        for argument in curl::compose(default, steps, &credential) {
            program.add(argument).map_err(|error| not_run(&error))?;
        }
        if self.facts.is_plain_http(&token.url) {
            PROXIES_FOR_HTTP.iter().for_each(|name| program.env_remove(name));
        }
        Ok(program)
    }
}

/// A token of the profile that answers for every host of the command, which the daemon decides.
fn token_for(facts: &Analysis, options: &CurlOptions) -> Result<TokenResponse, Failure> {
    let first = match (&options.profile, facts.origins.first()) {
        (None, Some(origin)) => of_origin(origin, None, profile_of_environment()?),
        (profile, _) => selector(profile.as_ref(), None)?,
    };
    let token = ask(first, Freshness::Valid, options)
        .map_err(|failure| no_profile_for(failure, facts.origins.first(), None))?;
    for origin in &facts.origins {
        let name = &token.profile;
        ask(of_origin(origin, Some(name.clone()), None), Freshness::Valid, options)
            .map_err(|failure| no_profile_for(failure, Some(origin), Some(name)))?;
    }
    Ok(token)
}

fn of_origin(url: &str, profile: Option<ProfileName>, preferred: Option<ProfileName>) -> ProfileSelector {
    ProfileSelector::Origin(OriginSelector { url: url.to_owned(), profile, username: None, preferred })
}

/// The failure in other words if no profile, or not this one, answers for the origin.
fn no_profile_for(failure: Failure, origin: Option<&String>, profile: Option<&ProfileName>) -> Failure {
    let has_no_profile = matches!(failure.code, ErrorCode::UNKNOWN_URL | ErrorCode::INVALID_URL);
    let Some(origin) = origin.filter(|_| has_no_profile) else { return failure };
    let (who, name) = match profile {
        None => ("no profile answers".to_owned(), "NAME"),
        Some(name) => (format!("profile {name} does not answer"), name.as_str()),
    };
    refusal(
        format!("{who} for {origin}, so nothing was sent"),
        &format!("if it may have the token, add it: cp-token profile update {name} --also-for ORIGIN"),
    )
}

fn ask(
    profile: ProfileSelector,
    freshness: Freshness,
    options: &CurlOptions,
) -> Result<TokenResponse, Failure> {
    let mut options = TokenOptions::of(profile).waiting(&options.wait);
    (options.request.freshness, options.request.accepts_basic) = (freshness, true);
    fetch(options)
}

/// Another token than the one that the API answered 401 to.
fn replacement(token: TokenResponse, options: &CurlOptions) -> Result<TokenResponse, Failure> {
    let rejected = AccessToken::copy_of(token.access_token.expose())
        .map_err(|_| Failure::new(ErrorCode::INTERNAL, "a token breaks its grammar"))?;
    ask(ProfileSelector::Named(token.profile), Freshness::Rejected(rejected), options)
}

fn find_curl() -> Result<PathBuf, Failure> {
    let found = program::find(OsStr::new("curl"), std::env::var_os("PATH").as_deref());
    found.ok().and_then(|path| std::path::absolute(path).ok()).ok_or_else(|| {
        Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, "there is no curl in PATH")
            .with_hint("install it; with another program: cp-token -f header")
    })
}

/// Lets curl say something of itself, for which it needs no token.
fn show(curl: PathBuf, item: &Item) -> Failure {
    let mut program = Program::new(&curl, OsStr::new("curl"));
    program.args(["-q"]);
    let words = item.words().into_iter().filter(|word| !word.is_empty());
    program.args(words.map(|word| OsStr::from_bytes(&word).to_owned()));
    not_run(&program.exec())
}

fn require_safe_redirects(curl: &std::path::Path) -> Result<(), Failure> {
    let mut program = Program::new(curl, OsStr::new("curl"));
    program.args(["-q", "--version"]);
    match program.output().and_then(|said| version(&said)) {
        Some(version) if version >= SAFE_TO_FOLLOW => Ok(()),
        _ => Err(refusal(
            "this curl is older than 7.83 and could let the token go to another port when it follows a redirect",
            "leave --location out, or install a newer curl",
        )),
    }
}

fn version(said: &[u8]) -> Option<[u32; 2]> {
    let number = std::str::from_utf8(said.get(..32)?).ok()?.strip_prefix("curl ")?.split(' ').next()?;
    let mut parts = number.split('.').map(str::parse);
    Some([parts.next()?.ok()?, parts.next()?.ok()?])
}

fn not_run(error: &std::io::Error) -> Failure {
    let known = [(std::io::ErrorKind::ArgumentListTooLong, "its arguments and variables are too long")];
    let reason = output::reason(error, &known, "the system refuses it");
    Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, format!("curl was not run: {reason}"))
        .with_hint("see that curl itself runs, and that /dev/fd is there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_and_what_is_none_is_not_taken_for_one() {
        let version = |said: &str| version(format!("{said}{}", " ".repeat(32)).as_bytes());
        assert_eq!(version("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1"), Some([7, 88]));
        assert!(version("curl 8.0.0-DEV (x)").is_some_and(|version| version >= SAFE_TO_FOLLOW));
        assert!(version("curl 7.82.0 (x)").is_some_and(|version| version < SAFE_TO_FOLLOW));
        assert_eq!(version("wget 8.0"), None);
        assert_eq!(version("curl x.y"), None);
    }
}
