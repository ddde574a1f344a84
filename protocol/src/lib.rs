//! Owns the protocol of `cp-token` and `cp-tokend`: messages, frames, the socket's path, peer checks. It must not open
//! sockets, read clocks, log, or know an async runtime. `PROTOCOL.md` beside this crate is normative.

mod address;
pub mod blocking;
mod failure;
mod frame;
pub mod handover;
pub mod message;
mod moment;
mod name;
mod origin;
mod peer;
mod printable;
mod secret;
mod shell;
mod token;
#[cfg_attr(windows, allow(dead_code, reason = "Windows judges access lists"))]
pub mod trust;
mod view;
#[cfg(any(windows, test))]
pub mod windows;
mod wire;

pub use address::{ADDRESS_LIMIT, AddressError, IpcAddress, state_folder};
pub use failure::{ErrorCode, Failure};
pub use frame::{
    BODY_LIMIT, Frame, FrameDecoder, FrameError, FrameKind, MAGIC, PREAMBLE_LENGTH, PROTOCOL_VERSION,
    VersionRange, encode_version_range,
};
pub use message::{decode_request, decode_response, encode_request, encode_response, report_len};
pub use moment::Moment;
pub use name::{ProfileName, ProfileNameError};
pub use origin::{TargetUrl, origin};
#[cfg(unix)]
pub use peer::named_socket;
#[cfg(windows)]
pub use peer::require_own_pipe;
pub use peer::{Peer, PeerError, is_same_user, require_own_folder, require_same_user};
pub use printable::{STAND_IN, is_printable, printable};
pub use secret::{LockedMemory, PASSPHRASE_LIMIT, SECRET_LIMIT, Secret};
pub use shell::{shell_path, shell_word};
pub use token::{AccessToken, TOKEN_LIMIT, TokenError};
pub use view::TokenView;
pub use wire::WireError;
