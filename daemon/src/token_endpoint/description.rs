//! Owns the description of a server's answer: numbers, and texts of the lists here. Its types cannot hold a byte of the
//! answer itself, because a server may put a secret or a token anywhere and in any spelling.

use std::fmt;

/// The status by which a network requires a login (RFC 6585, section 6).
pub(super) const LOGIN_TO_NETWORK: u16 = 511;

/// The description of an answer without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerDescription {
    /// The HTTP status.
    pub status: u16,
    /// The kind of its body.
    pub content: Content,
    /// Whether the server asked for a client certificate first, which cp-token does not have.
    pub wanted_certificate: bool,
}

/// The kind of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// No body.
    Nothing,
    /// An error of the list.
    Error(KnownError),
    /// An error in the form of the vendor, but not of the list.
    VendorError,
    /// An error in the form of RFC 6749, but not of the list.
    UnknownError,
    /// A page for a browser.
    Html,
    /// JSON without an error.
    Json,
    /// XML.
    Xml,
    /// Text.
    Text,
    /// Anything else.
    Other,
}

impl Content {
    /// Whether hardly any server but the API answers with such an error.
    pub fn is_of_api(self) -> bool {
        matches!(self, Self::Error(_) | Self::VendorError)
    }
}

macro_rules! known_errors {
    ($($(#[doc = $doc:literal])* $variant:ident = $text:literal, $shown:literal;)*) => {
        /// An error of a server, as the specification or the vendor writes it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum KnownError {
            $($(#[doc = $doc])* $variant,)*
        }

        impl KnownError {
            /// All of them.
            pub const ALL: &[KnownError] = &[$(KnownError::$variant),*];

            /// The text that a server sends.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The text that is shown to a person.
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
        if self.wanted_certificate {
            out.write_str(", after it asked for a client certificate, which cp-token does not have")?;
        }
        Ok(())
    }
}
