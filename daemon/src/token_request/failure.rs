//! Owns the words of token requests that failed, and what each failure means for the next request.

mod code;
mod invisible;
mod refused;
mod route;
mod token_request;
mod turn;

use std::ops::Range;
use std::time::Duration;

use cp_token_protocol::{Failure, ProfileName};

use crate::failure::seconds;
use crate::lease::{FailureKind, policy};
use crate::profile::Profile;
use crate::secrets::failure::of_vault;
use crate::secrets::vault::VaultError;
use crate::token_request::TokenRequestFailed;

pub use code::{code_pending, needed, of_code};
pub use invisible::with_ends;
pub use refused::{another_code, not_kept, refused, refused_again};
pub use token_request::{kind_of, of_token_request};
pub use turn::{SharedCredential, of_turn};

/// Where a client gets another secret.
pub const RESET_IN_CONSOLE: &str = "In the console, choose Administration > Integrations > API Clients, \
     then Actions > Reset API secret";

/// The end of a hint of what passes.
pub const KEPT: &str = "; the secret is kept and tried again";

/// The other cause of a client that is refused.
pub const IF_DELETED: &str = "; if the client was deleted there";

/// Before the command that tries it once more.
pub const ONCE_MORE: &str = "; to try the same once more, ";

/// What it means that a profile's secret could not be loaded for a token request.
pub fn of_load(error: VaultError, profile: &Profile) -> TokenRequestFailed {
    TokenRequestFailed {
        failure: of_vault(error, profile),
        kind: FailureKind::Local { cap: policy::MAX_LOCAL_BACKOFF },
    }
}

/// The same for a caller whom no lease tells when the server may be asked again, where the server says so.
pub fn with_pause(unredeemed: TokenRequestFailed) -> TokenRequestFailed {
    match unredeemed.kind {
        FailureKind::Transient { retry_after: Some(left), .. } => {
            TokenRequestFailed { failure: asked_again(left, &unredeemed.failure), ..unredeemed }
        }
        FailureKind::Transient { retry_after: None, .. }
        | FailureKind::Refused { .. }
        | FailureKind::Local { .. }
        | FailureKind::Final => unredeemed,
    }
}

/// A failure, with when the server may be asked again.
pub fn asked_again(left: Duration, last: &Failure) -> Failure {
    let message = format!("{} (asked again in {} s at the earliest)", last.message, seconds(left));
    Failure { message, ..last.clone() }.with_retry_after(left)
}

/// The part of a hint that says how the very same is tried once more.
pub fn once_more(name: &ProfileName) -> String {
    format!("{ONCE_MORE}`cp-token forget -p {name}`")
}

/// Where a hint says that.
pub fn once_more_in(hint: &str) -> Option<Range<usize>> {
    let start = hint.find(ONCE_MORE)?;
    let (end, _) = hint[start..].match_indices('`').nth(1)?;
    Some(start..start + end + 1)
}
