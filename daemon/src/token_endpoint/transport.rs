//! Owns who is to blame when an exchange fails below HTTP: it reads the types of an error's causes. It must
//! not read or pass on their text.

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

/// The deepest chain of causes that is followed.
const DEPTH: usize = 32;

/// Who is to blame, by the first cause in the chain that says so.
pub(super) fn classify(error: &(dyn Error + 'static)) -> TokenRequestError {
    causes(error).find_map(classify_one).unwrap_or(TokenRequestError::Unreachable(ConnectFailure::Other))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| next_cause(*cause)).take(DEPTH)
}

/// The next cause. An `io::Error` passes over the error that it wraps, which is the one that matters here.
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
        Some(TokenRequestError::Unreachable(ConnectFailure::BrokenOff))
    } else {
        None
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are open-ended; the rest stays unexplained")]
fn classify_io(error: &io::Error) -> Option<TokenRequestError> {
    let obstacle = match error.kind() {
        ErrorKind::ConnectionRefused => ConnectFailure::ConnectionRefused,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => ConnectFailure::BrokenOff,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            ConnectFailure::NoRoute
        }
        ErrorKind::TimedOut => return Some(TokenRequestError::TimedOut),
        _ => return None,
    };
    Some(TokenRequestError::Unreachable(obstacle))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other TLS failure means that none was agreed on")]
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
        TlsError::NoCertificatesPresented => TokenRequestError::Untrusted(CertificateFlaw::Unfit),
        _ => TokenRequestError::Unreachable(ConnectFailure::NoTls),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other flaw makes it unfit")]
fn classify_certificate(flaw: &CertificateError) -> CertificateFlaw {
    match flaw {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFlaw::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFlaw::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFlaw::WrongHost
        }
        // A bad signature is that of an issuer who only bears the name of one that is known.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateFlaw::UnknownIssuer,
        CertificateError::Revoked => CertificateFlaw::Revoked,
        _ => CertificateFlaw::Unfit,
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
            (CertificateError::BadEncoding, CertificateFlaw::Unfit),
        ] {
            let wrapped = io::Error::new(ErrorKind::InvalidData, TlsError::InvalidCertificate(flaw));
            let outer = io::Error::other(wrapped);
            assert_eq!(classify(&outer), TokenRequestError::Untrusted(expected));
        }
    }

    #[test]
    fn an_error_that_says_nothing_is_no_reason_to_guess() {
        let error = io::Error::other("SECRET in the text of a library");
        let blamed = classify(&error);
        assert_eq!(blamed, TokenRequestError::Unreachable(ConnectFailure::Other));
        assert!(!blamed.to_string().contains("SECRET"));
    }
}
