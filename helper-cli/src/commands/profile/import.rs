//! Owns `cp-token profile import`: sends each profile of the official CLIs to the daemon, and reports each result.

mod render;
mod request;

use std::path::Path;

use cp_token_protocol::message::{ExternalKeyringItem, ProfileReport};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, Secret};

use crate::args::cli::profile::options::ImportOptions;
use crate::commands::profiles::profiles;
use crate::commands::shared::ask;
use crate::import::{self, Content, KeyringFile, OfficialCli, OfficialProfile, PROGRAMS};
use crate::terminal::output;
use render::ImportLine;
use request::ImportSettings;

/// Imports the profiles one by one; fails as the first of them.
pub(super) fn run(options: &ImportOptions) -> Result<(), Failure> {
    let home = import::home()?;
    let (theirs, mut failures) = official_profiles(options, &home);
    if theirs.is_empty() && failures.is_empty() {
        return Err(render::nothing_found());
    }
    if !theirs.is_empty() {
        failures.extend(Importer::new(options, &home)?.import_all(&theirs, options.json)?);
    }
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// Every profile that the options are about, and why a file was not read.
fn official_profiles(options: &ImportOptions, home: &Path) -> (Vec<OfficialProfile>, Vec<Failure>) {
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

enum Outcome {
    /// With the secret from that place.
    Imported(String),
    Exists,
    Failed(Failure),
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
            let name = name
                .ok_or_else(|| Failure::new(ErrorCode::INTERNAL, "a profile of theirs has no name here"))?;
            let outcome = self.import_one(profile, &name);
            let line = self.line(profile, &name, &outcome);
            match as_json {
                true => objects.push(line.json()),
                false => output::print_lines(&line.lines())?,
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
        let created = match &profile.content {
            Ok(content) => self
                .create(profile, content, name)
                .map_err(|failure| render::not_there_yet(failure, profile.program, name, content)),
            Err(problem) => Err(render::unfinished(profile.program, name, problem)),
        };
        match created {
            Ok(place) => Outcome::Imported(place),
            Err(failure) if failure.code == ErrorCode::PROFILE_EXISTS => Outcome::Exists,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Creates it with the secret in the keyring, or else with the one in the plain file. The place of the secret.
    fn create(
        &self,
        profile: &OfficialProfile,
        content: &Content,
        name: &ProfileName,
    ) -> Result<String, Failure> {
        let service = profile.program.service(&profile.name);
        let place = format!("the keyring, {service}");
        let item = ExternalKeyringItem { service, username: content.account.clone() };
        let absent = match ask(&self.settings.request(name, content, None, Some(item))) {
            Ok(_) => return Ok(place),
            // The secret may still be in the plain file.
            Err(failure)
                if [ErrorCode::SECRET_ABSENT, ErrorCode::KEYRING_UNAVAILABLE].contains(&failure.code) =>
            {
                failure
            }
            Err(failure) => return Err(failure),
        };
        let (path, secret) = self
            .in_plain_file(profile)?
            .ok_or_else(|| render::without_secret(&absent, profile.program, name, content))?;
        ask(&self.settings.request(name, content, Some(secret), None))?;
        Ok(path.display().to_string())
    }

    /// The plain file and the secret in it, if it holds one.
    fn in_plain_file(&self, profile: &OfficialProfile) -> Result<Option<(&Path, Secret)>, Failure> {
        let (Some(file), Ok(content)) = (self.plain_file.as_ref().map_err(Failure::clone)?, &profile.content)
        else {
            return Ok(None);
        };
        let secret = file.find(&profile.program.service(&profile.name), &content.account)?;
        Ok(secret.map(|secret| (file.path.as_path(), secret)))
    }

    fn line<'t>(
        &'t self,
        profile: &'t OfficialProfile,
        name: &'t ProfileName,
        outcome: &'t Outcome,
    ) -> ImportLine<'t> {
        let plain_file = self.in_plain_file(profile).ok().flatten().map(|(path, _)| path);
        ImportLine { profile, name, outcome, ours: self.ours(name), plain_file, settings: &self.settings }
    }

    fn ours(&self, name: &ProfileName) -> Option<&ProfileReport> {
        self.ours.iter().find(|report| report.name == *name)
    }
}
