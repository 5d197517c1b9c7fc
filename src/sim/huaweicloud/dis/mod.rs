//! Data Ingestion Service v2 and v3: streams, their tags and policies, dump tasks, apps and checkpoints. Decides which
//! operation a request calls; never carries records.
//!
//! Source: DIS API reference; the shape of replies also from requests and replies of the official SDKs.

mod apps;
mod checks;
mod destinations;
pub(crate) mod model;
mod outside;
mod schemas;
mod streams;
mod tags;
mod tasks;

use super::rest::{self, Answer, Call, Dialect};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use serde_json::Value;

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rest::serve(request, world, now, Dialect::Dis, |call, world| act(call, world, now))
}

/// What a path says besides the operation.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    /// Project id.
    project: &'a str,
    /// Name of a stream or app, id of a stream with tags.
    name: &'a str,
    /// Name of a dump task, key of a tag, stream of an app.
    inner: &'a str,
}

fn act(call: &Call<'_>, world: &mut World, now: Now) -> Answer {
    let parts: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let part = |n: usize| parts.get(n).copied().unwrap_or_default();
    let Some(operation) = operation_of(call.request.method.as_str(), &parts, &call.body) else {
        return Err(rest::no_such_api(call.request));
    };
    let at = Place {
        project: part(1),
        name: part(3),
        inner: part(5),
    };
    rest::check_project(call, at.project, world)?;
    match operation {
        "CreateStream" => streams::create(call, world, now, at),
        "ListStreams" => streams::list(call, world, now, at),
        "ShowStream" => streams::show(call, world, now, at),
        "UpdatePartitionCount" => streams::change_partitions(call, world, now, at),
        "UpdateStream" => streams::update(call, world, now, at),
        "DeleteStream" => streams::delete(world, at),
        "CreatePolicies" => streams::create_policy(call, world, at),
        "ListPolicies" => streams::list_policies(world, at),
        "CreateTransferTask" => tasks::create(call, world, now, at),
        "ListTransferTasks" => tasks::list(world, now, at),
        "ShowTransferTask" => tasks::show(world, now, at),
        "DeleteTransferTask" => tasks::delete(world, at),
        "BatchStartTransferTask" | "BatchStopTransferTask" => tasks::start_or_stop(call, world, now, at),
        "CreateTag" => tags::create(call, world, at),
        "ShowStreamTags" => tags::show(world, at),
        "DeleteTag" => tags::delete(world, at),
        "BatchCreateTags" | "BatchDeleteTags" => tags::batch(call, world, at),
        "ListTags" => Ok(tags::list(world, at)),
        "ListResourcesByTags" => tags::resources(call, world, at),
        "CreateApp" => apps::create(call, world, now, at),
        "ListApp" => Ok(apps::list(call, world, at)),
        "ShowApp" => apps::show(world, at),
        "DeleteApp" => apps::delete(world, at),
        "ShowConsumerState" => apps::consumer_state(call, world, now, at),
        "CommitCheckpoint" => apps::commit(call, world, now, at),
        "ShowCheckpoint" => apps::show_checkpoint(call, world, at),
        "DeleteCheckpoint" => apps::delete_checkpoints(call, world, at),
        _ => Err(rest::no_such_api(call.request)),
    }
}

/// The operation's name in the official SDKs; `None` for no operation.
fn operation_of(method: &str, parts: &[&str], body: &Value) -> Option<&'static str> {
    let deletes = || body.get("action").and_then(Value::as_str) == Some("delete");
    let stops = || body.get("action").and_then(Value::as_str) == Some("stop");
    Some(match (method, parts) {
        ("POST", ["v2", _, "streams"]) => "CreateStream",
        ("GET", ["v2", _, "streams"]) => "ListStreams",
        ("GET", ["v2", _, "streams", _]) => "ShowStream",
        ("PUT", ["v2", _, "streams", _]) => "UpdatePartitionCount",
        ("PUT", ["v3", _, "streams", _]) => "UpdateStream",
        ("DELETE", ["v2", _, "streams", _]) => "DeleteStream",
        ("POST", ["v2", _, "streams", _, "policies"]) => "CreatePolicies",
        ("GET", ["v2", _, "streams", _, "policies"]) => "ListPolicies",
        // The first SDK says `stream` for some of these.
        ("POST", ["v2", _, "streams" | "stream", _, "transfer-tasks"]) => "CreateTransferTask",
        ("GET", ["v2", _, "streams" | "stream", _, "transfer-tasks"]) => "ListTransferTasks",
        ("POST", ["v2", _, "streams" | "stream", _, "transfer-tasks", "action"]) if stops() => "BatchStopTransferTask",
        ("POST", ["v2", _, "streams" | "stream", _, "transfer-tasks", "action"]) => "BatchStartTransferTask",
        ("GET", ["v2", _, "streams" | "stream", _, "transfer-tasks", _]) => "ShowTransferTask",
        ("DELETE", ["v2", _, "streams" | "stream", _, "transfer-tasks", _]) => "DeleteTransferTask",
        ("GET", ["v2", _, "stream", "tags"]) => "ListTags",
        ("POST", ["v2", _, "stream", "resource_instances", "action"]) => "ListResourcesByTags",
        ("POST", ["v2", _, "stream", _, "tags"]) => "CreateTag",
        ("GET", ["v2", _, "stream", _, "tags"]) => "ShowStreamTags",
        ("POST", ["v2", _, "stream", _, "tags", "action"]) if deletes() => "BatchDeleteTags",
        ("POST", ["v2", _, "stream", _, "tags", "action"]) => "BatchCreateTags",
        ("DELETE", ["v2", _, "stream", _, "tags", _]) => "DeleteTag",
        ("POST", ["v2", _, "apps"]) => "CreateApp",
        ("GET", ["v2", _, "apps"]) => "ListApp",
        ("GET", ["v2", _, "apps", _]) => "ShowApp",
        ("DELETE", ["v2", _, "apps", _]) => "DeleteApp",
        ("GET", ["v2", _, "apps", _, "streams", _]) => "ShowConsumerState",
        ("POST", ["v2", _, "checkpoints"]) => "CommitCheckpoint",
        ("GET", ["v2", _, "checkpoints"]) => "ShowCheckpoint",
        ("DELETE", ["v2", _, "checkpoints"]) => "DeleteCheckpoint",
        _ => return None,
    })
}

/// The operation a request calls.
pub(crate) fn operation(request: &Request) -> String {
    let path = rest::path(request);
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let body = match parts.last() {
        Some(&"action") => serde_json::from_slice(&request.body).unwrap_or_default(),
        _ => Value::Null,
    };
    operation_of(request.method.as_str(), &parts, &body)
        .unwrap_or("Unknown")
        .to_string()
}

/// The service's own form of "too many requests" or "internal error".
pub(crate) fn trouble(now: Now, throttled: bool) -> Response {
    rest::trouble(Dialect::Dis, now, throttled)
}
