//! Owns how a secret is traded for an access token: what is ordered, what is issued, what may go wrong. It
//! must not decide when to ask, nor keep anything between two orders.

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

pub use basic::basic_credentials;
pub use crashplan::CrashPlanEndpoint;
pub use description::{AnswerDescription, Content, KnownError};
pub use error::{
    AnswerFlaw, CaBundleFlaw, CertificateFlaw, ConnectFailure, DOUBT, ProxyFlaw, Target, TokenRequestError,
};
pub use http::check_ca_bundle;
pub use probe::{ProbeResult, probe, resolve};
pub use progress::{Progress, Unconditional};
pub use request::{IssuedToken, MAX_LIFE, TokenEndpoint, TokenRequest};
