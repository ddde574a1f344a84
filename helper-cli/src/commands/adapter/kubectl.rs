//! Owns `cp-token kubectl`. If the kubeconfig hides the cluster, its owner answers for where the token goes.

use cp_token_protocol::message::ProfileSelector;
use cp_token_protocol::{ErrorCode, Failure};

use super::super::fetch_token::{self, TokenOptions};
use crate::adapters::kubectl::{self, KubectlQuestion};
use crate::args::cli::KubectlOptions;
use crate::terminal::output;

const INFO_VARIABLE: &str = "KUBERNETES_EXEC_INFO";

/// Prints a credential for the cluster.
pub(in crate::commands) fn run(options: KubectlOptions) -> Result<(), Failure> {
    let info = std::env::var_os(INFO_VARIABLE).filter(|info| !info.is_empty());
    let info = info.map(|info| info.into_string().map_err(|_| not_utf8())).transpose()?;
    let question = kubectl::question(info.as_deref())?;
    let selector = selector(&question, options)?;
    let wanted = TokenOptions { may_ask: question.is_interactive, ..TokenOptions::of(selector) };
    output::print(&[&kubectl::answer(&question, &fetch_token::fetch(wanted)?)?])
}

fn selector(question: &KubectlQuestion, options: KubectlOptions) -> Result<ProfileSelector, Failure> {
    match &question.server {
        Some(server) => super::for_origin(server.origin.clone(), options.profile, None),
        None => crate::commands::shared::selector(options.profile.as_ref(), None),
    }
}

#[cold]
fn not_utf8() -> Failure {
    Failure::new(ErrorCode::BAD_INPUT, format!("{INFO_VARIABLE} holds no ExecCredential"))
}
