//! Owns the commands that other programs run, and their options. It only parses.

use std::ffi::OsString;

use cp_token_protocol::ProfileName;

/// How git runs one of its credential helpers.
#[derive(Debug, clap::Args)]
pub(crate) struct GitCredentialOptions {
    /// Answer for this profile alone
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
    /// What git wants: get, store, erase or capability; it may invent more
    #[arg(value_name = "OPERATION")]
    pub(crate) operation: OsString,
}

/// How Bazel and others run a credential helper.
#[derive(Debug, clap::Args)]
pub(crate) struct BazelOptions {
    /// Answer for this profile alone
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
    /// What is wanted
    #[arg(value_name = "OPERATION", value_enum)]
    pub(crate) operation: BazelOperation,
}

/// What Bazel wants; its specification reserves the other words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BazelOperation {
    /// Headers for the URI on standard input
    Get,
}

/// How docker runs a credential helper.
#[derive(Debug, clap::Args)]
pub(crate) struct DockerOptions {
    /// Answer for this profile alone
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
    /// What is wanted
    #[arg(value_name = "OPERATION", value_enum)]
    pub(crate) operation: DockerOperation,
}

/// What docker wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DockerOperation {
    /// User name and password for the server on standard input
    Get,
    /// Nothing: profiles are made with cp-token profile create
    Store,
    /// Nothing: a token that docker forgets is still good
    Erase,
    /// Every server that is answered for, with its user name
    List,
    /// The version
    Version,
}

/// How kubectl runs a credential plugin.
#[derive(Debug, clap::Args)]
pub(crate) struct KubectlOptions {
    /// The profile; without one, the one for the cluster, else $CP_TOKEN_PROFILE or the default
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
}
