//! DataWorks 2020-05-18: the operations on data-integration tasks and the files that they are, deployments and resource
//! groups. Data Studio alone can do the rest: workflows exist as soon as a path names them.
//!
//! Source: DataWorks API reference 2020-05-18. Where it names no code for an error, the comment says "assumed".

mod files;
mod groups;
pub(crate) mod model;
mod tasks;

use super::rpc::{self, Answer, Call, RpcError};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use serde_json::{Map, Value, json};

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rpc::serve(request, world, now, |call, world| {
        groups::settle(world, now.world_ms);
        act(call, world, now)
    })
}

fn act(call: &Call, world: &mut World, now: Now) -> Answer {
    if call.version != "2020-05-18" {
        return Err(rpc::unknown_action(call));
    }
    match call.action.as_str() {
        "CreateDISyncTask" => tasks::create(call, world, now),
        "UpdateDISyncTask" => tasks::update(call, world),
        "GetDISyncTask" => tasks::get(call, world),
        "DeleteDISyncTask" => tasks::delete(call, world),
        "DeployDISyncTask" => tasks::deploy(call, world),
        "StartDISyncInstance" => tasks::run(call, world, "RUN"),
        "StopDISyncInstance" => tasks::run(call, world, "PAUSE"),
        "TerminateDISyncInstance" => tasks::run(call, world, "NORUN"),
        "GetDISyncInstanceInfo" => tasks::instance(call, world),
        "ListRefDISyncTasks" => tasks::list_by_data_source(call, world),
        "ListFiles" => files::list(call, world),
        "GetFile" => files::get(call, world),
        "GetFolder" => files::get_folder(call, world),
        "ListFolders" => files::list_folders(call, world),
        "UpdateFile" => files::update(call, world),
        "DeleteFile" => files::delete(call, world, now),
        "SubmitFile" => files::submit(call, world, now),
        "DeployFile" => files::deploy(call, world, now),
        "GetDeployment" => groups::get_deployment(call, world),
        "ListResourceGroups" => Ok(groups::list(call, world)),
        "ListDataSources" => Ok(groups::list_data_sources(call)),
        _ => Err(rpc::unknown_action(call)),
    }
}

/// The workspace that a call names; every id of digits is one.
fn project(call: &Call) -> Result<String, RpcError> {
    let id = call.need("ProjectId")?;
    match !id.is_empty() && id.len() <= 19 && id.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(id.to_string()),
        false => Err(RpcError::new(
            400,
            "InvalidParameter.ProjectId",
            "The parameter ProjectId must be a whole number.",
        )),
    }
}

/// A reply that says whether it went well, with what it found.
fn done(data: Value) -> Map<String, Value> {
    Map::from_iter([("Success".to_string(), json!(true)), ("Data".to_string(), data)])
}

/// A reply of HTTP 200 that says in its data that it did not go well.
fn failed(message: &str) -> Map<String, Value> {
    Map::from_iter([
        ("Success".to_string(), json!(true)),
        ("Data".to_string(), json!({"Status": "fail", "Message": message})),
    ])
}

/// The same of an operation on files, in their older form.
fn refused(code: &str, message: &str) -> Map<String, Value> {
    Map::from_iter([
        ("Success".to_string(), json!(false)),
        ("HttpStatusCode".to_string(), json!(400)),
        ("ErrorCode".to_string(), json!(code)),
        ("ErrorMessage".to_string(), json!(message)),
    ])
}

/// [`done`] in the older form.
fn done_with_status(data: Option<Value>) -> Map<String, Value> {
    let mut fields = Map::from_iter([
        ("Success".to_string(), json!(true)),
        ("HttpStatusCode".to_string(), json!(200)),
    ]);
    fields.extend(data.map(|d| ("Data".to_string(), d)));
    fields
}

/// `PageNumber` and `PageSize`, and the part of `items` that they name.
fn page<T: Clone>(call: &Call, items: &[T]) -> Result<(i64, i64, Vec<T>), RpcError> {
    let number = call.number("PageNumber", 1, 1_000_000)?.unwrap_or(1);
    let size = call.number("PageSize", 1, 100)?.unwrap_or(10);
    let first = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let part = items.iter().skip(first).take(usize::try_from(size).unwrap_or(10));
    Ok((number, size, part.cloned().collect()))
}
