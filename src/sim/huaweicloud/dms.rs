//! DMS for Kafka v2.

use super::rest::{self, Answer, Call, Dialect};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rest::serve(request, world, now, Dialect::Plain, |call, world| act(call, world, now))
}

fn act(call: &Call<'_>, _world: &mut World, _now: Now) -> Answer {
    Err(rest::no_such_api(call.request))
}

/// The operation a request calls.
pub(crate) fn operation(_request: &Request) -> String {
    "Unknown".to_string()
}

/// The service's own form of "too many requests" or "internal error".
pub(crate) fn trouble(now: Now, throttled: bool) -> Response {
    rest::trouble(Dialect::Plain, now, throttled)
}
