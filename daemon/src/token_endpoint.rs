//! Owns the access token request (RFC 6749, section 4.4.2) over HTTP: the request, the issued token, the errors. It must
//! not decide when to send one, nor keep anything between two requests.

mod answer;
mod basic;
mod bounded;
mod client_certificate;
mod crashplan;
mod description;
mod error;
mod http;
mod probe;
mod progress;
mod request;
mod resolver;
pub mod response;
mod roots;
mod route;
mod thread;
mod transport;

pub use answer::HttpAnswer;
pub use basic::basic_credentials;
pub use crashplan::CrashPlanEndpoint;
pub use description::{AnswerDescription, Content, KnownError};
pub use error::{
    AnswerFlaw, CaBundleFlaw, CertificateFlaw, ConnectFailure, ProxyFlaw, Target, TokenRequestError,
};
pub use http::check_ca_bundle;
pub use probe::{probe, resolve};
pub use progress::{Progress, Unconditional};
pub use request::{IssuedToken, MAX_LIFE, TokenEndpoint, TokenRequest};
pub use response::ProbeResult;
