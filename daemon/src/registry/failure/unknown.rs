//! Owns the words for a profile that is not there.

use cp_token_protocol::ProfileName;

/// Where the right name stands.
pub(super) const SEE_LIST: &str = "See `cp-token profile list`";

/// The hint for a name that no profile has, with those that may have been meant.
pub(super) fn meant(near: &[ProfileName]) -> String {
    let names: Vec<&str> = near.iter().map(ProfileName::as_str).collect();
    match names.split_last() {
        None => SEE_LIST.to_owned(),
        Some((last, [])) => format!("Did you mean {last}? {SEE_LIST}"),
        Some((last, others)) => format!("Did you mean {} or {last}? {SEE_LIST}", others.join(", ")),
    }
}
