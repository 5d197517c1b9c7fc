//! DataWorks 2020-05-18: the operations on data-integration tasks and the files that they are.

use super::rpc;
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rpc::serve(request, world, now, |call, _| Err(rpc::unknown_action(call)))
}
