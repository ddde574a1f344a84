//! Owns `cp-token kubectl`. Where the kubeconfig hides the cluster, its owner answers for where the token goes.

use cp_token_protocol::message::ProfileSelector;
use cp_token_protocol::{ErrorCode, Failure};

use super::super::grant::{self, Wanted};
use crate::adapters::kubectl::{self, Question};
use crate::cli::KubectlOptions;
use crate::output;

/// The variable in which the question stands.
const INFO: &str = "KUBERNETES_EXEC_INFO";

/// Prints a credential for the cluster.
///
/// # Errors
/// Why there is none.
pub(in crate::commands) fn run(options: KubectlOptions) -> Result<(), Failure> {
    let info = std::env::var_os(INFO).filter(|info| !info.is_empty());
    let info = info.map(|info| info.into_string().map_err(|_| no_text())).transpose()?;
    let question = kubectl::question(info.as_deref())?;
    let selector = selector(&question, options)?;
    let wanted = Wanted { may_ask: question.is_interactive, ..Wanted::of(selector) };
    output::print(&[&kubectl::answer(&question, &grant::grant(wanted)?)?])
}

fn selector(question: &Question, options: KubectlOptions) -> Result<ProfileSelector, Failure> {
    match &question.server {
        Some(server) => super::for_origin(server.origin.clone(), options.profile, None),
        None => super::super::selector(options.profile.as_ref(), None),
    }
}

#[cold]
fn no_text() -> Failure {
    Failure::new(ErrorCode::BAD_INPUT, format!("{INFO} holds no ExecCredential"))
}
