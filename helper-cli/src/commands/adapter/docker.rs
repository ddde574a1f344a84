//! Owns `cp-token docker`. Of failures, docker's clients know two by their words; these go to standard output.

use cp_token_protocol::{Failure, ProfileName};

use super::super::profiles::profiles;
use crate::adapters::basic;
use crate::adapters::docker::{self, DockerQuestion};
use crate::args::cli::command::DockerOperation;
use crate::commands::shared::profile_of_environment;
use crate::terminal::output;

const VERSION: &str = concat!("docker-credential-cp-token (cp-token) v", env!("CARGO_PKG_VERSION"), "\n");

/// Exit code of a failure that docker's clients know by its words.
const EXIT_KNOWN_FAILURE: u8 = 1;

pub(in crate::commands) fn run(
    profile: Option<ProfileName>,
    operation: DockerOperation,
) -> Result<u8, Failure> {
    match operation {
        DockerOperation::Get => get(profile),
        DockerOperation::List => list(profile.as_ref()).map(|()| 0),
        DockerOperation::Version => output::print(&[VERSION.as_bytes()]).map(|()| 0),
        DockerOperation::Store | DockerOperation::Erase => {
            // A writer whose reader has gone may be killed for it.
            let _ = super::read_input();
            Ok(0)
        }
    }
}

fn get(profile: Option<ProfileName>) -> Result<u8, Failure> {
    let input = super::read_input()?;
    let (url, name) = match docker::question(input.expose()) {
        DockerQuestion::Server(url, name) => (url, name),
        DockerQuestion::NotOurs => return print_known_failure(docker::NOT_FOUND),
        DockerQuestion::Nothing => return print_known_failure(docker::NO_SERVER),
    };
    let accepts_basic = !basic::is_refused_at(&url.path);
    let selector = super::for_origin(url.origin, profile, None)?;
    match super::fetch(selector, accepts_basic) {
        Ok(token) => output::print(&[&docker::answer(&name, &token)?]).map(|()| 0),
        Err(failure) if super::is_not_ours(&failure) => print_known_failure(docker::NOT_FOUND),
        Err(failure) => Err(failure),
    }
}

fn print_known_failure(words: &str) -> Result<u8, Failure> {
    output::print(&[words.as_bytes()]).map(|()| EXIT_KNOWN_FAILURE)
}

fn list(profile: Option<&ProfileName>) -> Result<(), Failure> {
    let preferred = profile_of_environment()?;
    output::print(&[&docker::list(&profiles()?, profile, preferred.as_ref())?])
}
