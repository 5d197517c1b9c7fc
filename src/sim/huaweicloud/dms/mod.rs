//! DMS for Kafka v2: instances to look at, the connector of an instance, sink tasks of a connector, Smart Connect tasks
//! of an instance. Decides which operation a path is and what the errors say. Error codes are those of the published
//! table; it has none for connectors and tasks, so those are assumed.
//!
//! Source: DMS for Kafka API reference (Smart Connect, Instance Status, Error Codes) and, for sink tasks, its pages
//! "Creating a Dumping Task" to "Deleting a Dumping Task".

mod connectors;
mod fields;
mod instances;
mod model;
mod sink_tasks;
mod smart_fields;
mod smart_tasks;

pub use instances::{DEMO_KAFKA_INSTANCE, demo_kafka_instance_id};
pub(super) use model::{Connector, DefaultInstance, Instance, Serial, SinkTask, SmartConnectTask};

use super::rest::{self, Answer, Call, Dialect, Fault};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use serde_json::{Value, json};

/// Answers one request.
pub(crate) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    rest::serve(request, world, now, Dialect::Plain, |call, world| act(call, world, now))
}

/// One operation with the ids that its path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation<'a> {
    ListInstances,
    ShowInstance(&'a str),
    CreateConnector(&'a str),
    ShowConnectorResourceInfo(&'a str),
    ValidateConnectorConnectivity(&'a str),
    DeleteConnector(&'a str),
    DeleteConnectorOrder(&'a str),
    CreateSinkTask(&'a str),
    ListSinkTasks(&'a str),
    ShowSinkTask(&'a str, &'a str),
    DeleteSinkTask(&'a str, &'a str),
    UpdateSinkTaskQuota(&'a str),
    CreateConnectorTask(&'a str),
    ListConnectorTasks(&'a str),
    ShowConnectorTask(&'a str, &'a str),
    ModifyConnectorTask(&'a str, &'a str),
    DeleteConnectorTask(&'a str, &'a str),
    PauseConnectorTask(&'a str, &'a str),
    ResumeConnectorTask(&'a str, &'a str),
    RestartConnectorTask(&'a str, &'a str),
    ListObsBuckets,
}

impl Operation<'_> {
    /// The API's name for it.
    fn name(self) -> &'static str {
        match self {
            Self::ListInstances => "ListInstances",
            Self::ShowInstance(_) => "ShowInstance",
            Self::CreateConnector(_) => "CreateConnector",
            Self::ShowConnectorResourceInfo(_) => "ShowConnectorResourceInfo",
            Self::ValidateConnectorConnectivity(_) => "ValidateConnectorConnectivity",
            Self::DeleteConnector(_) => "DeleteConnector",
            Self::DeleteConnectorOrder(_) => "CreateDeleteConnectorOrder",
            Self::CreateSinkTask(_) => "CreateSinkTask",
            Self::ListSinkTasks(_) => "ListSinkTasks",
            Self::ShowSinkTask(..) => "ShowSinkTaskDetail",
            Self::DeleteSinkTask(..) => "DeleteSinkTask",
            Self::UpdateSinkTaskQuota(_) => "UpdateSinkTaskQuota",
            Self::CreateConnectorTask(_) => "CreateConnectorTask",
            Self::ListConnectorTasks(_) => "ListConnectorTasks",
            Self::ShowConnectorTask(..) => "ShowConnectorTask",
            Self::ModifyConnectorTask(..) => "ModifyConnectorTask",
            Self::DeleteConnectorTask(..) => "DeleteConnectorTask",
            Self::PauseConnectorTask(..) => "PauseConnectorTask",
            Self::ResumeConnectorTask(..) => "ResumeConnectorTask",
            Self::RestartConnectorTask(..) => "RestartConnectorTask",
            Self::ListObsBuckets => "ListObsBuckets",
        }
    }
}

/// The project that a path names and the operation that method and path are.
fn route<'a>(method: &str, path: &'a [String]) -> Option<(Option<&'a str>, Operation<'a>)> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let (project, rest) = match parts.split_first()? {
        (&"v1.0", ["dms", "obs", "buckets"]) if method == "GET" => return Some((None, Operation::ListObsBuckets)),
        (&"v2", rest) => rest.split_first()?,
        _ => return None,
    };
    // Disabling and, in older releases, restarting have one more part in their paths.
    let (kafka, rest) = match rest {
        ["kafka", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let operation = match (method, kafka, rest) {
        ("POST", true, ["instances", i, "delete-connector"]) => Operation::DeleteConnector(i),
        ("POST", true, ["instances", i, "delete-connector-order"]) => Operation::DeleteConnectorOrder(i),
        ("PUT", _, ["instances", i, "connector", "tasks", t, "restart"]) => Operation::RestartConnectorTask(i, t),
        (_, true, _) => return None,
        ("GET", _, ["instances"]) => Operation::ListInstances,
        ("GET", _, ["instances", i]) => Operation::ShowInstance(i),
        ("POST", _, ["instances", i, "connector"]) => Operation::CreateConnector(i),
        ("GET", _, ["instances", i, "connector"]) => Operation::ShowConnectorResourceInfo(i),
        ("POST", _, ["instances", i, "connector", "validate"]) => Operation::ValidateConnectorConnectivity(i),
        ("POST", _, ["instances", i, "connector", "tasks"]) => Operation::CreateConnectorTask(i),
        ("GET", _, ["instances", i, "connector", "tasks"]) => Operation::ListConnectorTasks(i),
        ("GET", _, ["instances", i, "connector", "tasks", t]) => Operation::ShowConnectorTask(i, t),
        ("PUT", _, ["instances", i, "connector", "tasks", t]) => Operation::ModifyConnectorTask(i, t),
        ("DELETE", _, ["instances", i, "connector", "tasks", t]) => Operation::DeleteConnectorTask(i, t),
        ("PUT", _, ["instances", i, "connector", "tasks", t, "pause"]) => Operation::PauseConnectorTask(i, t),
        ("PUT", _, ["instances", i, "connector", "tasks", t, "resume"]) => Operation::ResumeConnectorTask(i, t),
        ("POST", _, ["connectors", c, "sink-tasks"]) => Operation::CreateSinkTask(c),
        ("GET", _, ["connectors", c, "sink-tasks"]) => Operation::ListSinkTasks(c),
        ("PUT", _, ["connectors", c, "sink-tasks"]) => Operation::UpdateSinkTaskQuota(c),
        ("GET", _, ["connectors", c, "sink-tasks", t]) => Operation::ShowSinkTask(c, t),
        ("DELETE", _, ["connectors", c, "sink-tasks", t]) => Operation::DeleteSinkTask(c, t),
        _ => return None,
    };
    Some((Some(project), operation))
}

fn act(call: &Call<'_>, world: &mut World, now: Now) -> Answer {
    let (project, operation) =
        route(call.request.method.as_str(), &call.path).ok_or_else(|| rest::no_such_api(call.request))?;
    if let Some(project) = project {
        rest::check_project(call, project, world)?;
    }
    connectors::finish_deletions(world, now);
    let place = Place {
        project: project.unwrap_or_default(),
        now,
    };
    match operation {
        Operation::ListInstances => instances::list(call, place, world),
        Operation::ShowInstance(i) => instances::show(place, i, world),
        Operation::CreateConnector(i) => connectors::create(call, place, i, world),
        Operation::ShowConnectorResourceInfo(i) => connectors::resource(place, i, world),
        Operation::ValidateConnectorConnectivity(i) => connectors::validate(call, place, i, world),
        Operation::DeleteConnector(i) => connectors::delete(call, place, i, world),
        Operation::DeleteConnectorOrder(i) => connectors::delete_order(call, place, i, world),
        Operation::CreateSinkTask(c) => sink_tasks::create(call, place, c, world),
        Operation::ListSinkTasks(c) => sink_tasks::list(place, c, world),
        Operation::ShowSinkTask(c, t) => sink_tasks::show(call, place, c, t, world),
        Operation::DeleteSinkTask(c, t) => sink_tasks::delete(place, c, t, world),
        Operation::UpdateSinkTaskQuota(c) => sink_tasks::quota(call, place, c, world),
        Operation::CreateConnectorTask(i) => smart_tasks::create(call, place, i, world),
        Operation::ListConnectorTasks(i) => smart_tasks::list(call, place, i, world),
        Operation::ShowConnectorTask(i, t) => smart_tasks::show(place, i, t, world),
        Operation::ModifyConnectorTask(i, t) => smart_tasks::modify(call, place, i, t, world),
        Operation::DeleteConnectorTask(i, t) => smart_tasks::delete(place, i, t, world),
        Operation::PauseConnectorTask(i, t) => smart_tasks::pause(place, i, t, world),
        Operation::ResumeConnectorTask(i, t) => smart_tasks::resume(place, i, t, world),
        Operation::RestartConnectorTask(i, t) => smart_tasks::restart(place, i, t, world),
        Operation::ListObsBuckets => Ok((200, Some(buckets(&call.caller.domain, world)))),
    }
}

/// Where and when a call acts.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    /// The project in the path, checked.
    project: &'a str,
    now: Now,
}

/// The operation a request calls.
pub(crate) fn operation(request: &Request) -> String {
    let path = rest::path(request);
    let found = route(request.method.as_str(), &path);
    found.map_or("Unknown", |(_, operation)| operation.name()).to_string()
}

/// The service's own form of "too many requests" or "internal error".
pub(crate) fn trouble(now: Now, throttled: bool) -> Response {
    rest::trouble(Dialect::Plain, now, throttled)
}

/// The account's buckets, as the page "Querying the OBS Bucket List" shows them.
fn buckets(account: &str, world: &World) -> Value {
    let found = world.objects().filter(|(id, _)| id.kind == BUCKET_KIND);
    found
        .filter(|(_, bucket)| bucket["owner"] == account)
        .map(|(id, bucket)| {
            json!({
                "statusCode": 0,
                "bucketName": id.key,
                "creationDate": bucket["created_ms"],
                "location": bucket_region(bucket),
            })
        })
        .collect()
}

/// The kind of the buckets of OBS in the world.
const BUCKET_KIND: &str = "obs_bucket";

/// The region of a bucket of OBS.
fn bucket_region(bucket: &Value) -> Option<&str> {
    bucket["region"].as_str()
}

/// A field breaks a rule. The code is the table's general one for parameters.
fn invalid(what: impl std::fmt::Display) -> Fault {
    Fault::new(400, "DMS.00400062", format!("Invalid request parameter. {what}"))
}

/// The instance is in the middle of something.
fn busy() -> Fault {
    Fault::new(
        400,
        "DMS.00400026",
        "This operation is not allowed due to the instance status.",
    )
}

/// No such instance, in this project. Assumed also for a connector that does not exist.
fn no_instance() -> Fault {
    Fault::new(404, "DMS.00404022", "This instance does not exist.")
}

/// No such task. The table has no code for it; assumed: the one for instances.
fn no_task() -> Fault {
    Fault::new(404, "DMS.00404022", "This task does not exist.")
}

/// As many tasks as there may be. Assumed: the table's general code for quotas.
fn quota_reached() -> Fault {
    Fault::new(400, "DMS.00400039", "The quota limit has been reached.")
}

/// The next id of what `seed` names: another one each time, and the same ones in every world.
fn next_id(world: &mut World, seed: &str) -> String {
    let mut serial = world.get::<Serial>(seed).unwrap_or_else(|| Serial {
        seed: seed.to_string(),
        used: 0,
    });
    serial.used = serial.used.saturating_add(1);
    world.put(&serial);
    rest::uuid(&format!("{seed}/{}", serial.used))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_new_each_time_and_the_same_in_every_world() {
        let ids = || {
            let mut world = World::default();
            [
                next_id(&mut world, "a"),
                next_id(&mut world, "a"),
                next_id(&mut world, "b"),
            ]
        };
        let [first, second, other] = ids();
        assert_eq!(ids(), [first.clone(), second.clone(), other.clone()]);
        assert!(first != second && first != other && second != other);
    }

    #[test]
    fn buckets_are_those_of_the_account_and_must_be_near() {
        let mut world = World::default();
        for (key, owner, region) in [
            ("near", "me", "cn-north-4"),
            ("far", "me", "eu-de"),
            ("theirs", "you", "eu-de"),
        ] {
            let id = crate::sim::world::ObjectId {
                kind: BUCKET_KIND.to_string(),
                key: key.to_string(),
            };
            world.put_json(id, json!({"owner": owner, "region": region, "created_ms": 7}));
        }
        let names: Vec<Value> = buckets("me", &world)
            .as_array()
            .unwrap()
            .iter()
            .map(|b| b["bucketName"].clone())
            .collect();
        assert_eq!(names, ["far", "near"]);
        let project = crate::sim::huaweicloud::project_id("cn-north-4");
        let now = Now {
            wire_ms: 0,
            world_ms: 0,
            request: 1,
        };
        let place = Place { project: &project, now };
        let check = |name: &str| sink_tasks::check_bucket(place, name, &world).map_err(|f| f.code);
        assert_eq!(check("near"), Ok(()));
        assert_eq!(check("nowhere"), Ok(()));
        assert_eq!(check("far"), Err("DMS.00400062".to_string()));
    }

    #[test]
    fn paths_are_routed_with_and_without_the_engine() {
        let of = |method: &str, path: &str| {
            let parts: Vec<String> = path.split('/').map(str::to_string).collect();
            route(method, &parts).map(|(_, o)| o.name())
        };
        for path in [
            "v2/p/instances/i/connector/tasks/t/restart",
            "v2/p/kafka/instances/i/connector/tasks/t/restart",
        ] {
            assert_eq!(of("PUT", path), Some("RestartConnectorTask"));
        }
        assert_eq!(
            of("POST", "v2/p/kafka/instances/i/delete-connector"),
            Some("DeleteConnector")
        );
        assert_eq!(of("POST", "v2/p/instances/i/delete-connector"), None);
        assert_eq!(of("GET", "v2/p/kafka/instances/i/connector/tasks"), None);
        assert_eq!(of("DELETE", "v2/p/instances/i/connector"), None);
        assert_eq!(of("GET", "v2"), None);
        assert_eq!(of("GET", ""), None);
    }
}
