//! Owns `cp-token profile import`: sends each profile of the official CLIs to the daemon, and reports each result.

mod render;
mod request;

use std::path::Path;

use cp_token_protocol::message::{ExternalKeyringItem, ProfileReport};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, Secret};

use crate::args::cli::ImportOptions;
use crate::commands::profiles::profiles;
use crate::commands::shared::ask;
use crate::import::{self, Content, KeyringFile, OfficialCli, OfficialProfile, PROGRAMS};
use crate::terminal::output;
use render::ImportLine;
use request::ImportSettings;

/// Imports the profiles one by one; fails as the first of them.
pub(super) fn run(options: &ImportOptions) -> Result<(), Failure> {
    let home = import::home()?;
    let (theirs, mut failures) = look(options, &home);
    if theirs.is_empty() && failures.is_empty() {
        return Err(render::nothing_found());
    }
    if !theirs.is_empty() {
        failures.extend(Importer::new(options, &home)?.import_all(&theirs, options.json)?);
    }
    match failures.into_iter().next() {
        Some(first) => Err(first),
        None => Ok(()),
    }
}

/// Every profile that the options are about, and why a file was not read.
fn look(options: &ImportOptions, home: &Path) -> (Vec<OfficialProfile>, Vec<Failure>) {
    let wanted = |program: &&OfficialCli| options.from.as_deref().is_none_or(|name| name == program.name);
    let mut theirs = Vec::new();
    let mut failures = Vec::new();
    for program in PROGRAMS.iter().filter(wanted) {
        match import::profiles(program, home) {
            Ok(profiles) => theirs.extend(profiles),
            Err(failure) => failures.push(failure),
        }
    }
    (theirs, failures)
}

/// The result for one profile.
enum Outcome {
    Imported(Origin),
    Exists,
    Failed(Failure),
}

/// Where the secret of a profile was found.
#[derive(Clone, Copy)]
enum Origin {
    Keyring,
    PlainFile,
}

struct Importer {
    settings: ImportSettings,
    /// What is wrong with it concerns only those whose secret is nowhere else.
    plain_file: Result<Option<KeyringFile>, Failure>,
    ours: Vec<ProfileReport>,
}

impl Importer {
    fn new(options: &ImportOptions, home: &Path) -> Result<Self, Failure> {
        Ok(Self {
            settings: ImportSettings::of(options)?,
            plain_file: KeyringFile::open(home, std::env::var_os("XDG_DATA_HOME").map(Into::into)),
            ours: profiles()?,
        })
    }

    fn import_all(&self, theirs: &[OfficialProfile], as_json: bool) -> Result<Vec<Failure>, Failure> {
        let names = theirs.iter().map(|profile| (profile.name.as_str(), profile.program.name));
        let (mut failures, mut objects) = (Vec::new(), Vec::new());
        for (profile, name) in theirs.iter().zip(import::assign(names)) {
            let name = name.ok_or_else(render::no_name)?;
            let outcome = self.import_one(profile, &name);
            let line_of = self.line_of(profile, &name, &outcome);
            if as_json {
                objects.push(line_of.json());
            } else {
                output::print_lines(&line_of.lines())?;
            }
            if let Outcome::Failed(failure) = outcome {
                failures.push(failure);
            }
        }
        if as_json {
            output::print_json(&objects)?;
        }
        Ok(failures)
    }

    fn import_one(&self, profile: &OfficialProfile, name: &ProfileName) -> Outcome {
        if self.ours(name).is_some() {
            return Outcome::Exists;
        }
        let taken = match &profile.content {
            Ok(content) => self
                .create(profile, content, name)
                .map_err(|failure| render::not_there_yet(failure, profile.program, name, content)),
            Err(problem) => Err(render::unfinished(profile.program, name, problem)),
        };
        match taken {
            Ok(origin) => Outcome::Imported(origin),
            Err(failure) if failure.code == ErrorCode::PROFILE_EXISTS => Outcome::Exists,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Creates it with the secret in the keyring, or else with the one in the plain file.
    fn create(
        &self,
        profile: &OfficialProfile,
        content: &Content,
        name: &ProfileName,
    ) -> Result<Origin, Failure> {
        let service = profile.program.service(&profile.name);
        let item = ExternalKeyringItem { service, username: content.account.clone() };
        let absent = match ask(&self.settings.request(name, content, None, Some(item))) {
            Ok(_) => return Ok(Origin::Keyring),
            // The secret may still be in the plain file.
            Err(failure)
                if [ErrorCode::SECRET_ABSENT, ErrorCode::KEYRING_UNAVAILABLE].contains(&failure.code) =>
            {
                failure
            }
            Err(failure) => return Err(failure),
        };
        match self.in_plain_file(profile)? {
            Some(secret) => {
                ask(&self.settings.request(name, content, Some(secret), None))?;
                Ok(Origin::PlainFile)
            }
            None => Err(render::without_secret(&absent, profile.program, name, content)),
        }
    }

    fn in_plain_file(&self, profile: &OfficialProfile) -> Result<Option<Secret>, Failure> {
        let (Some(file), Ok(content)) = (self.plain_file.as_ref().map_err(Failure::clone)?, &profile.content)
        else {
            return Ok(None);
        };
        file.find(&profile.program.service(&profile.name), &content.account)
    }

    fn line_of<'t>(
        &'t self,
        profile: &'t OfficialProfile,
        name: &'t ProfileName,
        outcome: &'t Outcome,
    ) -> ImportLine<'t> {
        let lies_open = matches!(self.in_plain_file(profile), Ok(Some(_)));
        let file = self.plain_file.as_ref().ok().and_then(Option::as_ref);
        ImportLine {
            profile,
            name,
            outcome,
            ours: self.ours(name),
            plain_file: file.map(|file| file.path.as_path()).filter(|_| lies_open),
            settings: &self.settings,
        }
    }

    fn ours(&self, name: &ProfileName) -> Option<&ProfileReport> {
        self.ours.iter().find(|report| report.name == *name)
    }
}
