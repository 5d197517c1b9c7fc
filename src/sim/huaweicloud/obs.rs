//! OBS: buckets.

use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use bytes::Bytes;

/// Answers one request.
pub(crate) fn handle(_request: &Request, _world: &mut World, _now: Now) -> Response {
    Response {
        status: 405,
        headers: Vec::new(),
        body: Bytes::new(),
    }
}

/// The operation a request calls.
pub(crate) fn operation(_request: &Request) -> String {
    "Unknown".to_string()
}

/// The service's own form of "too many requests" or "internal error".
pub(crate) fn trouble(_request: &Request, _now: Now, throttled: bool) -> Response {
    Response {
        status: if throttled { 503 } else { 500 },
        headers: Vec::new(),
        body: Bytes::new(),
    }
}
