//! Owns what a person reads of an import: a few lines for each profile, and the reasons why one was not taken over.

use std::path::Path;

use cp_token_protocol::message::{ProfileReport, SecretSource};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};
use serde::Serialize;

use super::Outcome;
use super::request::{self, ImportSettings};
use crate::import::{Content, OfficialCli, OfficialProfile, PROGRAMS};
use crate::run::shell;
use crate::terminal::{object, sanitize};

pub(super) struct ImportLine<'t> {
    pub(super) profile: &'t OfficialProfile,
    pub(super) name: &'t ProfileName,
    pub(super) outcome: &'t Outcome,
    /// Ours of the same name, if there was one before.
    pub(super) ours: Option<&'t ProfileReport>,
    pub(super) plain_file: Option<&'t Path>,
    pub(super) settings: &'t ImportSettings,
}

impl ImportLine<'_> {
    /// The lines, not sanitized yet.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {}", self.name, self.headline())];
        lines.extend(self.profile.content.as_ref().map(described));
        match (self.outcome, &self.profile.content) {
            (Outcome::Exists, Ok(content)) => lines.extend(self.differs(content)),
            (Outcome::Imported(place), Ok(content)) => {
                lines.push(format!("  secret: from {place}"));
                lines.extend(self.about_plain_file());
                lines.extend(self.about_certificates(content));
                lines.extend(self.about_codes(content, ""));
            }
            (Outcome::Exists | Outcome::Imported(_), Err(_)) => {}
            (Outcome::Failed(failure), content) => {
                lines.push(format!("  {}", sanitize(&failure.hint)));
                let refused = content.as_ref().ok().filter(|_| failure.code == ErrorCode::SECRET_REFUSED);
                let first = "import with --no-verify, then ";
                lines.extend(refused.and_then(|content| self.about_codes(content, first)));
            }
        }
        lines
    }

    pub(super) fn json(&self) -> impl Serialize + use<> {
        let (outcome, code) = match self.outcome {
            Outcome::Imported(_) if self.settings.dry_run => ("would_be_imported", None),
            Outcome::Imported(_) => ("imported", None),
            Outcome::Exists => ("exists", None),
            Outcome::Failed(failure) => ("failed", Some(failure.code.name())),
        };
        object! {
            profile: self.name.to_string(),
            from: self.profile.program.name,
            original_name: sanitize(&self.profile.name),
            outcome: outcome,
            code: code,
            messages: self.lines().iter().map(|line| sanitize(line)).collect::<Vec<_>>(),
        }
    }

    fn headline(&self) -> String {
        let program = self.profile.program.name;
        let theirs = match self.profile.name == self.name.as_str() {
            true => program.to_owned(),
            false => format!("{program}, where its name is \"{}\"", sanitize(&self.profile.name)),
        };
        match self.outcome {
            Outcome::Imported(_) if self.settings.dry_run => format!("would be imported from {theirs}"),
            Outcome::Imported(_) => format!("imported from {theirs}"),
            Outcome::Exists => format!("skipped, there already (found in {theirs})"),
            Outcome::Failed(failure) => {
                let message = sanitize(&failure.message);
                let before = format!("profile {}: ", self.name);
                let message = message.strip_prefix(&before).unwrap_or(&message);
                format!("NOT imported from {theirs}: {message}")
            }
        }
    }

    fn about_plain_file(&self) -> Option<String> {
        let path = self.plain_file?.display();
        let command = self.profile.program.command;
        let removal = format!("{command} profile delete {}", shell::word(&self.profile.name, "NAME"));
        let advice = if self.settings.secret_source == SecretSource::Memory {
            "cp-token has it in memory alone, so keep another copy before you remove it there:"
        } else if self.settings.dry_run {
            "once it is imported, remove it there:"
        } else {
            "remove it there:"
        };
        Some(format!("  warning: {path} holds the secret unencrypted; {advice} {removal}"))
    }

    fn about_certificates(&self, content: &Content) -> Option<String> {
        let program = self.profile.program.name;
        let hint = "; if a CA of your own signs it: --ca-bundle FILE";
        let hint = if self.settings.is_unverified() { hint } else { "" };
        content.ignores_certificates.then(|| {
            format!(
                "  warning: {program} does not check the server's certificate; cp-token always does{hint}"
            )
        })
    }

    /// What a user with one-time codes has to do; `first` comes before it.
    fn about_codes(&self, content: &Content, first: &str) -> Option<String> {
        let name = self.name;
        (!content.is_client).then(|| {
            format!("  if this user has one-time codes: {first}cp-token profile update {name} --totp ask")
        })
    }

    fn differs(&self, content: &Content) -> Option<String> {
        let ours = self.ours?;
        if ours.identity == request::identity(content) && ours.url == content.origin {
            return None;
        }
        let another = "the profile here is another client, user or URL; to have both";
        Some(format!("  {another}: {}", create_command("NAME", Some(content))))
    }
}

pub(super) fn nothing_found() -> Failure {
    let names = PROGRAMS.map(|program| program.name).join(" or ");
    Failure::new(ErrorCode::NO_PROFILE, format!("no profile of {names} was found to import"))
        .with_hint(format!("create one: {}", create_command("NAME", None)))
}

/// A profile that is incomplete or invalid in the official CLI.
pub(super) fn unfinished(program: &OfficialCli, name: &ProfileName, problem: &str) -> Failure {
    Failure::new(ErrorCode::CONFIG_BROKEN, format!("profile {name}: {problem} ({})", program.name))
        .with_hint(format!("create it by hand: {}", create_command(name.as_str(), None)))
}

/// A profile whose secret was found nowhere; `absent` is what the daemon says of the keyring.
pub(super) fn without_secret(
    absent: &Failure,
    program: &OfficialCli,
    name: &ProfileName,
    content: &Content,
) -> Failure {
    let message = match absent.code {
        ErrorCode::SECRET_ABSENT => format!("profile {name}: {} keeps no secret for it", program.name),
        _ => {
            let absent = sanitize(&absent.message);
            format!("{absent}, nor is there a plain file of {} with its secret", program.name)
        }
    };
    Failure::new(absent.code, message)
        .with_hint(format!("enter it by hand: {}", create_command(name.as_str(), Some(content))))
}

/// The failure with what to do next for a profile that is not there yet; the daemon's words are for one that is.
pub(super) fn not_there_yet(
    failure: Failure,
    program: &OfficialCli,
    name: &ProfileName,
    content: &Content,
) -> Failure {
    let create_command =
        || create_command(name.as_str(), Some(&Content { origin: "NEW".to_owned(), ..content.clone() }));
    let hint = match failure.code {
        ErrorCode::UNTRUSTED_SERVER | ErrorCode::CA_BUNDLE_UNREADABLE => {
            "if a CA of your own signs there, import again with --ca-bundle and its PEM file".to_owned()
        }
        ErrorCode::REDIRECTED => {
            format!("if the console has moved there, create it by hand: {}", create_command())
        }
        ErrorCode::SERVER_UNREACHABLE | ErrorCode::BAD_RESPONSE | ErrorCode::INVALID_URL => {
            format!("check the network, and the URL with: {} profile list", program.command)
        }
        _ => return failure,
    };
    failure.with_hint(hint)
}

fn described(content: &Content) -> String {
    let kind = if content.is_client { "API client" } else { "user" };
    format!("  {kind} {} at {}", content.account, content.origin)
}

fn create_command(name: &str, content: Option<&Content>) -> String {
    let Some(content) = content else {
        return format!("cp-token profile create {name} --url URL --client-id ID");
    };
    let (option, stand_in) = if content.is_client { ("--client-id", "ID") } else { ("--username", "USER") };
    let url = shell::word(&content.origin, "URL");
    let account = shell::word(&content.account, stand_in);
    format!("cp-token profile create {name} --url {url} {option} {account}")
}
