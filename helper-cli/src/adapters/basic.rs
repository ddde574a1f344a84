//! Owns user name and password of profiles of kind `basic`: where they may not be sent, and how they are split.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_protocol::message::{AuthScheme, Identity, ProfileReport, TokenResponse};
use cp_token_protocol::{ErrorCode, Failure};
use percent_encoding::percent_decode_str;

/// Whether the path is in version 3 of the API, which refuses user name and password, however the path is written.
pub(crate) fn is_refused_at(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8_lossy();
    let mut segments = Vec::new();
    for segment in path.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    matches!(segments.as_slice(), [api, version, ..]
        if api.eq_ignore_ascii_case("api") && version.eq_ignore_ascii_case("v3"))
}

/// User name and password for another program: those of kind `basic`, else `name` and the token. Fails with
/// [`ErrorCode::NOT_OUR_DAEMON`] if the response is of kind `basic` and holds no pair.
pub(crate) fn name_and_password(response: &TokenResponse, name: &str) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let token = response.access_token.expose();
    match response.scheme {
        AuthScheme::Bearer => Ok((name.as_bytes().to_vec(), token.to_vec())),
        AuthScheme::Basic => {
            let pair = STANDARD.decode(token).map_err(|_| odd())?;
            let colon = pair.iter().position(|&byte| byte == b':').ok_or_else(odd)?;
            Ok((pair[..colon].to_vec(), pair[colon + 1..].to_vec()))
        }
    }
}

/// The user name for a profile's token: that of kind `basic`, else the profile's name.
pub(crate) fn name_of(profile: &ProfileReport) -> &str {
    match &profile.identity {
        Identity::Basic(user) => user,
        Identity::ApiClient(_) | Identity::User(_) => profile.name.as_str(),
    }
}

#[cold]
fn odd() -> Failure {
    Failure::new(ErrorCode::NOT_OUR_DAEMON, "the daemon's answer holds no user name and password")
}

/// Those who want a header get it with its scheme.
pub(crate) fn authorization(token: &TokenResponse) -> String {
    let scheme = match token.scheme {
        AuthScheme::Bearer => "Bearer",
        AuthScheme::Basic => "Basic",
    };
    format!("{scheme} {}", String::from_utf8_lossy(token.access_token.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::samples;

    #[test]
    fn paths_of_the_third_api_are_known_however_they_are_written() {
        for path in [
            "/api/v3",
            "/api/v3/users",
            "api/v3/users?a=b",
            "//API//V3/x",
            "/api/./v3",
            "/a/../api/v3",
            "/%61pi/v%33",
            "/api\\v3",
        ] {
            assert!(is_refused_at(path), "{path}");
        }
        for path in
            ["", "/", "/api/v1/User", "/api", "/api/v30", "/repo.git", "/x/api/v3", "/api?x=/api/v3", "/%"]
        {
            assert!(!is_refused_at(path), "{path}");
        }
    }

    #[test]
    fn a_password_may_hold_colons_and_a_token_goes_with_the_name_given() {
        let pair = name_and_password(&samples::basic("jo@example.com:p:w"), "prod").unwrap();
        assert_eq!(pair, (b"jo@example.com".to_vec(), b"p:w".to_vec()));
        assert_eq!(authorization(&samples::basic("jo:pw")), "Basic am86cHc=");
        let pair = name_and_password(&samples::bearer(), "prod").unwrap();
        assert_eq!(pair, (b"prod".to_vec(), samples::TOKEN.as_bytes().to_vec()));
        let no_pair = TokenResponse { scheme: AuthScheme::Basic, ..samples::bearer() };
        assert!(name_and_password(&no_pair, "prod").is_err());
    }
}
