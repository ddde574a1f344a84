//! Owns the classification of errors below HTTP, by the types of an error's causes. It must not read or pass on their
//! text.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError, Error as TlsError, PeerMisbehaved};

use super::bounded::Flooded;
use super::error::{AnswerFlaw, CertificateFlaw, ConnectFailure, ProxyFlaw, TokenRequestError};

mod tunnel;

pub(super) use tunnel::classify_proxy;

/// Marks a failed name lookup among the causes of an error.
#[derive(Debug, thiserror::Error)]
#[error("the name lookup failed")]
pub(super) struct NameLookupFailed;

/// The most causes of an error that are examined.
const MAX_CAUSES: usize = 32;

/// Classifies an error by the first of its causes that has a meaning.
pub(super) fn classify(error: &(dyn Error + 'static)) -> TokenRequestError {
    causes(error).find_map(classify_one).unwrap_or(TokenRequestError::Unreachable(ConnectFailure::Other))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| next_cause(*cause)).take(MAX_CAUSES)
}

/// The next cause. `io::Error::source` skips the error that it wraps, which matters here.
fn next_cause<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match wrapped {
        Some(inner) => Some(inner),
        None => cause.source(),
    }
}

fn classify_one(cause: &(dyn Error + 'static)) -> Option<TokenRequestError> {
    if cause.is::<NameLookupFailed>() {
        return Some(TokenRequestError::Unreachable(ConnectFailure::NameLookup));
    }
    if let Some(error) = cause.downcast_ref::<TlsError>() {
        return Some(classify_tls(error));
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return classify_http(error);
    }
    cause.downcast_ref::<io::Error>().and_then(classify_io)
}

fn classify_http(error: &hyper::Error) -> Option<TokenRequestError> {
    if error.is_parse() {
        Some(TokenRequestError::BadAnswer(AnswerFlaw::NotHttp))
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Some(TokenRequestError::Unreachable(ConnectFailure::Closed))
    } else {
        None
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are non-exhaustive; the rest explains nothing")]
fn classify_io(error: &io::Error) -> Option<TokenRequestError> {
    let failure = match error.kind() {
        ErrorKind::ConnectionRefused => ConnectFailure::ConnectionRefused,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => ConnectFailure::Closed,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            ConnectFailure::NoRoute
        }
        ErrorKind::TimedOut => return Some(TokenRequestError::TimedOut),
        _ => return None,
    };
    Some(TokenRequestError::Unreachable(failure))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other TLS failure means that the negotiation failed"
)]
fn classify_tls(error: &TlsError) -> TokenRequestError {
    match error {
        TlsError::InvalidCertificate(flaw) => TokenRequestError::Untrusted(classify_certificate(flaw)),
        TlsError::AlertReceived(AlertDescription::NoApplicationProtocol)
        | TlsError::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol) => {
            TokenRequestError::Unreachable(ConnectFailure::NoHttp1)
        }
        TlsError::Other(other) if other.0.is::<Flooded>() => {
            TokenRequestError::BadAnswer(AnswerFlaw::Endless)
        }
        TlsError::NoCertificatesPresented => TokenRequestError::Untrusted(CertificateFlaw::Unsuitable),
        _ => TokenRequestError::Unreachable(ConnectFailure::NoTls),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other flaw makes it unsuitable")]
fn classify_certificate(flaw: &CertificateError) -> CertificateFlaw {
    match flaw {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFlaw::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFlaw::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFlaw::WrongHost
        }
        // A bad signature is that of an unknown issuer with the name of a known one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateFlaw::UnknownIssuer,
        CertificateError::Revoked => CertificateFlaw::Revoked,
        _ => CertificateFlaw::Unsuitable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f08_a_certificate_out_of_its_time_is_told_from_a_strangers() {
        for (flaw, expected) in [
            (CertificateError::Expired, CertificateFlaw::Expired),
            (CertificateError::NotValidYet, CertificateFlaw::NotYetValid),
            (CertificateError::NotValidForName, CertificateFlaw::WrongHost),
            (CertificateError::UnknownIssuer, CertificateFlaw::UnknownIssuer),
            (CertificateError::BadSignature, CertificateFlaw::UnknownIssuer),
            (CertificateError::BadEncoding, CertificateFlaw::Unsuitable),
        ] {
            let wrapped = io::Error::new(ErrorKind::InvalidData, TlsError::InvalidCertificate(flaw));
            let outer = io::Error::other(wrapped);
            assert_eq!(classify(&outer), TokenRequestError::Untrusted(expected));
        }
    }

    #[test]
    fn an_error_that_says_nothing_is_no_reason_to_guess() {
        let error = io::Error::other("SECRET in the text of a library");
        let classified = classify(&error);
        assert_eq!(classified, TokenRequestError::Unreachable(ConnectFailure::Other));
        assert!(!classified.to_string().contains("SECRET"));
    }
}
