//! Owns the borrowed view of a token response, which copies nothing. It accepts nothing that the owned decoding in
//! `wire.rs` refuses.

use crate::frame::{self, FrameKind, PREAMBLE_LENGTH};
use crate::message::{AuthScheme, TokenResponse};
use crate::wire::{self, BorrowDecode};
use crate::{name, token};

/// A [`TokenResponse`] that borrows its bytes; their owner wipes them.
#[derive(BorrowDecode)]
pub struct TokenView<'b> {
    /// The token's text, visible ASCII; see [`crate::AccessToken`].
    pub access_token: &'b [u8],
    /// Its life from now on in milliseconds, less the safety margin.
    pub expires_in_ms: u64,
    /// The end of that life in seconds since 1970, UTC.
    pub expires_at: u64,
    /// The profile's name; see [`crate::ProfileName`].
    pub profile: &'b str,
    /// The profile's request URL.
    pub url: &'b str,
    /// How the token is presented.
    pub scheme: AuthScheme,
}

// The first variants of `Response`; every other response is decoded owned.
#[derive(BorrowDecode)]
enum ResponseView<'b> {
    Working,
    Token(TokenView<'b>),
}

impl<'b> TokenView<'b> {
    /// The token in `bytes`, which must be exactly one frame with exactly one token response. Else `None`: the owned
    /// decoding then shows what it is.
    pub fn of_frame(bytes: &'b [u8]) -> Option<Self> {
        let (preamble, body) = bytes.split_at_checked(PREAMBLE_LENGTH)?;
        if body.is_empty() || preamble != frame::preamble(FrameKind::Message, body.len())? {
            return None;
        }
        match wire::borrow(body)? {
            ResponseView::Token(view) => {
                (token::check(view.access_token).is_ok() && name::is_name(view.profile)).then_some(view)
            }
            ResponseView::Working => None,
        }
    }
}

impl<'b> From<&'b TokenResponse> for TokenView<'b> {
    fn from(response: &'b TokenResponse) -> Self {
        Self {
            access_token: response.access_token.expose(),
            expires_in_ms: response.expires_in_ms,
            expires_at: response.expires_at,
            profile: response.profile.as_str(),
            url: &response.url,
            scheme: response.scheme,
        }
    }
}

impl std::fmt::Debug for TokenView<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "TokenView(redacted, {})", self.profile)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Response;
    use crate::{AccessToken, Failure, ProfileName, decode_response, encode_response};

    fn token_frame(token: &[u8], url: &str) -> Vec<u8> {
        let response = TokenResponse {
            access_token: AccessToken::copy_of(token).unwrap().into(),
            expires_in_ms: 899_000,
            expires_at: 1_800_000_000,
            profile: ProfileName::parse("prod").unwrap(),
            url: url.to_owned(),
            scheme: AuthScheme::Bearer,
        };
        encode_response(&Response::Token(response)).unwrap().to_vec()
    }

    fn same(view: &TokenView<'_>, body: &[u8]) -> bool {
        let Ok(Response::Token(response)) = decode_response(body) else { return false };
        view.access_token == response.access_token.expose()
            && (view.expires_in_ms, view.expires_at) == (response.expires_in_ms, response.expires_at)
            && (view.profile, view.url) == (response.profile.as_str(), response.url.as_str())
    }

    #[test]
    fn a_token_answer_is_seen_as_the_owned_decoding_sees_it() {
        for length in [1, 250, 251, 1024, 8192] {
            let frame = token_frame(&vec![b'a'; length], "https://api.example");
            let view = TokenView::of_frame(&frame).unwrap();
            assert_eq!(view.access_token.len(), length);
            assert!(same(&view, &frame[PREAMBLE_LENGTH..]));
        }
    }

    #[test]
    fn every_other_answer_and_every_cut_or_longer_frame_is_left_to_the_owned_decoding() {
        let failure = Response::Failure(Failure::new(crate::ErrorCode::STOPPING, "x"));
        for response in [Response::Working, Response::Done(vec![]), failure] {
            assert!(TokenView::of_frame(&encode_response(&response).unwrap()).is_none());
        }
        let mut frame = token_frame(b"abc", "https://api.example");
        for cut in 0..frame.len() {
            assert!(TokenView::of_frame(&frame[..cut]).is_none(), "{cut}");
        }
        frame.push(0);
        assert!(TokenView::of_frame(&frame).is_none());
    }

    #[test]
    fn debug_shows_no_token() {
        let frame = token_frame(b"hunter2", "https://api.example");
        assert_eq!(format!("{:?}", TokenView::of_frame(&frame).unwrap()), "TokenView(redacted, prod)");
    }

    proptest! {
        #[test]
        fn whatever_one_byte_becomes_the_view_accepts_nothing_that_the_owned_decoding_refuses(
            place in 0usize..80, byte in any::<u8>()
        ) {
            let mut frame = token_frame(b"token-of-some-length==", "https://api.example");
            let place = place % frame.len();
            frame[place] = byte;
            if let Some(view) = TokenView::of_frame(&frame) {
                prop_assert!(same(&view, &frame[PREAMBLE_LENGTH..]));
            }
        }
    }
}
