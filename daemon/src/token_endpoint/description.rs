//! Owns all that may be said of a server's answer: numbers, and words of lists that stand here. Its types have no room
//! for a byte of the answer itself, because a server may put a secret or a token anywhere and in any spelling.

use std::fmt;

/// The status by which a network says that it lets nobody through without a login (RFC 6585, section 6).
pub(super) const LOGIN_TO_NETWORK: u16 = 511;

/// What may be said of an answer that brought no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerDescription {
    /// The HTTP status.
    pub status: u16,
    /// What its body is.
    pub content: Content,
    /// Whether the server asked for a client certificate first, which cp-token does not have.
    pub wanted_certificate: bool,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// There is none.
    Nothing,
    /// It names an error of the list.
    Error(KnownError),
    /// It names an error in the form of the vendor, and none of the list.
    VendorError,
    /// It names an error as RFC 6749 has it, and none of the list.
    UnknownError,
    /// A page for a browser.
    Html,
    /// JSON that names no error.
    Json,
    /// XML.
    Xml,
    /// Text.
    Text,
    /// Anything else.
    Other,
}

impl Content {
    /// Whether the API itself words an error like that, and hardly anybody else.
    pub fn is_the_apis(self) -> bool {
        matches!(self, Self::Error(_) | Self::VendorError)
    }
}

macro_rules! known_errors {
    ($($(#[doc = $doc:literal])* $variant:ident = $text:literal, $shown:literal;)*) => {
        /// An error that a server may name, as the specification or the vendor writes it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum KnownError {
            $($(#[doc = $doc])* $variant,)*
        }

        impl KnownError {
            /// All of them.
            pub const ALL: &[KnownError] = &[$(KnownError::$variant),*];

            /// How a server writes it.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// How it is shown to a person.
            fn shown(self) -> &'static str {
                match self { $(Self::$variant => $shown,)* }
            }
        }
    };
}

known_errors! {
    /// RFC 6749, section 5.2.
    InvalidRequest = "invalid_request", "invalid_request";
    /// The client or its secret is wrong.
    InvalidClient = "invalid_client", "invalid_client";
    /// RFC 6749, section 5.2.
    InvalidGrant = "invalid_grant", "invalid_grant";
    /// The client may not ask for tokens.
    UnauthorizedClient = "unauthorized_client", "unauthorized_client";
    /// RFC 6749, section 5.2.
    UnsupportedGrantType = "unsupported_grant_type", "unsupported_grant_type";
    /// RFC 6749, section 5.2.
    InvalidScope = "invalid_scope", "invalid_scope";
    /// The vendor's: a one-time code is missing.
    CodeRequired = "TIME_BASED_ONE_TIME_PASSWORD_REQUIRED", "TIME_BASED_ONE_TIME_PASSWORD_REQUIRED";
    /// The vendor's: the one-time code is wrong.
    CodeInvalid = "INVALID_TIME_BASED_ONE_TIME_PASSWORD", "INVALID_TIME_BASED_ONE_TIME_PASSWORD";
    /// The vendor's: codes are demanded of a user who has not set them up.
    CodeNotSetUp = "TOTP_AUTH_CONFIGURATION_REQUIRED_FOR_USER", "TOTP_AUTH_CONFIGURATION_REQUIRED_FOR_USER";
    /// The vendor's sentence for a wrong name or password.
    NotAuthenticated = "Could not authenticate user", "\"Could not authenticate user\"";
    /// The vendor's sentence for a plan without the API.
    PlanWithoutApi = "product plan does not permit use of the CrashPlan API",
        "\"Your CrashPlan product plan does not permit use of the CrashPlan API\"";
}

impl fmt::Display for AnswerDescription {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "HTTP {}", self.status)?;
        if self.status == LOGIN_TO_NETWORK {
            out.write_str(", the network wants a login")?;
        }
        match self.content {
            Content::Nothing => Ok(()),
            Content::Error(error) => write!(out, ", {}", error.shown()),
            Content::VendorError | Content::UnknownError => {
                out.write_str(", an error code that cp-token does not know")
            }
            Content::Html => out.write_str(", an HTML page"),
            Content::Json => out.write_str(", JSON without an error code"),
            Content::Xml => out.write_str(", XML"),
            Content::Text => out.write_str(", plain text"),
            Content::Other => out.write_str(", neither JSON nor text"),
        }?;
        match self.wanted_certificate {
            true => out.write_str(", after it asked for a client certificate, which cp-token does not have"),
            false => Ok(()),
        }
    }
}
