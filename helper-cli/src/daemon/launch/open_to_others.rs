//! Owns the failure for a path that others may change: what lets them, and the command that keeps them out.

use std::path::Path;

use cp_token_protocol::trust::Flaw;
use cp_token_protocol::{ErrorCode, Failure};

use crate::run::shell;

/// `refusal` says what is not done, such as "the folder X is not used"; `flaw` is what is wrong with `path`, and `chmod`
/// the command that sets the right mode.
pub(super) fn failure(refusal: &str, path: &Path, flaw: Flaw, chmod: &str) -> Failure {
    let (shown, keep_out) = (path.display(), "keep others out of it");
    let (problem, hint) = match flaw {
        Flaw::OtherOwner(user) => (
            format!("{shown} belongs to user {user}"),
            "install cp-token for yourself, or as root for everybody".to_owned(),
        ),
        Flaw::Open(_) => (format!("others may write to {shown}"), shell::with(keep_out, chmod, path)),
        Flaw::Listed => (
            format!("an access list (ACL) lets others write to {shown}"),
            shell::with(keep_out, "setfacl -b", path),
        ),
    };
    Failure::new(ErrorCode::CONFIG_UNSAFE, format!("{refusal}: {problem}")).with_hint(hint)
}
