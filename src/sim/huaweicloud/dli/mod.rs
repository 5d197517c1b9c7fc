//! Data Lake Insight v1.0: databases and tables. Knows no jobs: what is asked for is done at once.

mod databases;
pub(crate) mod model;
mod tables;

use super::rest::{self, Answer, Call, Dialect, Fault};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use serde_json::{Value, json};

/// The database that is in every project.
const DEFAULT: &str = "default";

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rest::serve(request, world, now, Dialect::Plain, |call, world| act(call, world, now))
}

fn act(call: &Call<'_>, world: &mut World, now: Now) -> Answer {
    let parts: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let ["v1.0", project, "databases", rest @ ..] = &parts[..] else {
        return Err(rest::no_such_api(call.request));
    };
    rest::check_project(call, project, world)?;
    match (call.request.method.as_str(), rest) {
        ("POST", []) => databases::create(call, world, now, project),
        ("GET", []) => databases::list(call, world, project),
        ("PUT", [database, "owner"]) => databases::set_owner(call, world, project, database),
        ("DELETE", [database]) => databases::delete(call, world, project, database),
        ("POST", [database, "tables"]) => tables::create(call, world, now, project, database),
        ("GET", [database, "tables"]) => tables::list(call, world, project, database),
        ("GET", [database, "tables", table]) => tables::describe(world, project, database, table),
        ("DELETE", [database, "tables", table]) => tables::delete(call, world, project, database, table),
        _ => Err(rest::no_such_api(call.request)),
    }
}

/// The operation a request calls.
pub(crate) fn operation(request: &Request) -> String {
    let parts = rest::path(request);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let rest = match &parts[..] {
        ["v1.0", _, "databases", rest @ ..] => rest,
        _ => return "Unknown".to_string(),
    };
    let name = match (request.method.as_str(), rest) {
        ("POST", []) => "CreateDatabase",
        ("GET", []) => "ListDatabases",
        ("PUT", [_, "owner"]) => "UpdateDatabaseOwner",
        ("DELETE", [_]) => "DeleteDatabase",
        ("POST", [_, "tables"]) => "CreateTable",
        ("GET", [_, "tables"]) => "ListTables",
        ("GET", [_, "tables", _]) => "DescribeTable",
        ("DELETE", [_, "tables", _]) => "DeleteTable",
        _ => "Unknown",
    };
    name.to_string()
}

/// The service's own form of "too many requests" or "internal error".
pub(crate) fn trouble(now: Now, throttled: bool) -> Response {
    rest::trouble(Dialect::Plain, now, throttled)
}

fn done() -> Value {
    json!({"is_success": true, "message": ""})
}

/// The reply to a deletion; one that was to go on in the background has a job.
fn deleted(call: &Call<'_>, key: &str) -> (u16, Option<Value>) {
    let mut body = done();
    if call.query("async") == Some("true") {
        body["job_id"] = json!(rest::uuid(&format!("deletion of {key}")));
        body["job_type"] = json!("DDL");
        body["job_mode"] = json!("async");
        return (202, Some(body));
    }
    body["job_mode"] = json!("sync");
    (200, Some(body))
}

fn bad(message: &str) -> Fault {
    Fault::new(400, "DLI.0001", format!("Parameter check error: {message}."))
}

fn absent(what: &str) -> Fault {
    Fault::new(400, "DLI.0002", format!("The object does not exist: {what}."))
}

fn exists(what: &str) -> Fault {
    Fault::new(400, "DLI.0006", format!("The object already exists: {what}."))
}

/// The name in a body, in lower case.
fn name(body: &Value, field: &str, dollar: bool) -> Result<String, Fault> {
    let name = optional_text(body, field)?.unwrap_or_default().to_ascii_lowercase();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || (dollar && b == b'$');
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    if !(1..=128).contains(&name.len()) || !name.bytes().all(allowed) || digits || name.starts_with('_') {
        return Err(bad(&format!("{field} is not a name")));
    }
    Ok(name)
}

fn optional_text(body: &Value, field: &str) -> Result<Option<String>, Fault> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(bad(&format!("{field} is not text"))),
    }
}
