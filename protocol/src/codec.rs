//! Owns the step between a message and its frame, for the two kinds of message that there are.

use zeroize::Zeroizing;

use crate::frame::{self, BODY_LIMIT, VersionRange};
use crate::message::{ProfileReport, Request, Response};
use crate::wire::{self, REQUEST_MEMORY, RESPONSE_MEMORY, WireError};

/// A request as one frame, preamble included; fails if its body is longer than [`crate::BODY_LIMIT`].
pub fn encode_request(request: &Request) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode(request)
}

/// A response as one frame, preamble included; fails if its body is longer than [`crate::BODY_LIMIT`].
pub fn encode_response(response: &Response) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode(response)
}

/// The bytes that a report takes in a response; as many as a whole body holds if it is longer.
pub fn report_len(report: &ProfileReport) -> usize {
    wire::encoded_len(report).unwrap_or(BODY_LIMIT)
}

/// The version-independent answer to a version that is not spoken here, as one frame.
pub fn encode_version_range(range: VersionRange) -> [u8; frame::VERSION_RANGE_FRAME_LENGTH] {
    frame::version_range_frame(range)
}

/// A request from a frame's body.
pub fn decode_request(body: &[u8]) -> Result<Request, WireError> {
    wire::decode::<Request, REQUEST_MEMORY>(body)
}

/// A response from a frame's body.
pub fn decode_response(body: &[u8]) -> Result<Response, WireError> {
    wire::decode::<Response, RESPONSE_MEMORY>(body)
}
