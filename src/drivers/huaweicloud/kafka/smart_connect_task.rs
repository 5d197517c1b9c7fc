//! `huaweicloud_dms_kafka_smart_connect_task`: a task of a Kafka instance that dumps messages into an OBS bucket or copies
//! them from and to another Kafka. Topics and where messages go can be changed, and the task paused and resumed; what the
//! calls for that have no place for is made again.
//!
//! Source: DMS for Kafka API reference (Smart Connect: Creating, Querying, Modifying, Pausing, Restarting and Deleting a Task);
//! Terraform provider for Huawei Cloud: dms_kafkav2_smart_connect_task.

use super::super::api::{self, Ask, DMS, PROJECT, path, present};
use super::smart_connect_wire::{Reply, Task, create_body, described, in_full, modify_body, runs};
use super::{SETTLE_LIMITS, imported, may_be_absent, only};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Session};
use crate::drivers::object::{decode, differences, encode, exists_otherwise, integer};
use http::Method;
use serde::Deserialize;

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SmartConnectTask;

const LEFT_TO_CLOUD: &[&str] = &["id", "region", "start_later", "running", "status", "created_at"];

/// Tasks on a page of the list, the most that the service gives.
const PAGE: usize = 50;
/// Pages that are read before the list is taken to be endless: an instance has 18 tasks.
const PAGES_MAX: usize = 20;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    tasks: Vec<Reply>,
    #[serde(deserialize_with = "integer")]
    total_number: Option<i64>,
}

fn call(task: &Task, operation: &'static str, effect: Effect) -> Call {
    let name = match (task.task_name.as_str(), &task.id) {
        ("", Some(id)) => id,
        (name, _) => name,
    };
    let object = format!("task {name} of instance {}", task.instance_id);
    Call::new(DMS.name, operation, effect, object)
}

fn tasks(task: &Task, rest: &[&str]) -> String {
    let parts = ["v2", PROJECT, "instances", &task.instance_id, "connector", "tasks"];
    path(&[&parts[..], rest].concat())
}

async fn show(session: &Session, task: &Task, id: &str) -> Result<Option<Task>, DriverError> {
    let call = call(task, "ShowConnectorTask", Effect::Reads);
    let own = task.region.as_deref();
    let region = api::region(session, &call, own)?;
    let known = Task {
        id: Some(id.to_string()),
        ..task.clone()
    };
    let reply: Result<Reply, _> = api::ask(session, DMS, &call, own, Ask::of(Method::GET, tasks(task, &[id]))).await;
    match reply {
        Ok(reply) => Ok(Some(described(&known, region, reply))),
        Err(error) if api::is_absent(&error) => Ok(None),
        Err(error) if may_be_absent(&error) => {
            let listed = list(session, task).await?;
            match listed.iter().any(|t| t.id.as_deref() == Some(id)) {
                true => Err(error),
                false => Ok(None),
            }
        }
        Err(error) => Err(error),
    }
}

/// The tasks of the instance; one that is gone has none.
async fn list(session: &Session, task: &Task) -> Result<Vec<Reply>, DriverError> {
    let call = call(task, "ListConnectorTasks", Effect::Reads);
    let mut found = Vec::new();
    for page in 0..PAGES_MAX {
        let ask = Ask::of(Method::GET, tasks(task, &[]))
            .with("offset", (page * PAGE).to_string())
            .with("limit", PAGE.to_string());
        let reply: Option<Page> = present(api::ask(session, DMS, &call, task.region.as_deref(), ask).await)?;
        let Some(reply) = reply else { return Ok(found) };
        let end = reply.tasks.len() < PAGE;
        found.extend(reply.tasks);
        let all = reply.total_number.and_then(|n| usize::try_from(n).ok());
        if end || all.is_some_and(|n| found.len() >= n) {
            return Ok(found);
        }
    }
    Err(call.garbled("the list of tasks has no end"))
}

/// The task as it is: by its id, else by its name, as the service knows a task by the id that it gave it.
async fn look(session: &Session, task: &Task) -> Result<Option<Task>, DriverError> {
    let id = match &task.id {
        Some(id) => Some(id.clone()),
        None => {
            let listed = list(session, task).await?.into_iter();
            let ids = listed
                .filter(|t| t.task_name.as_deref() == Some(task.task_name.as_str()))
                .filter_map(|t| t.id);
            let call = call(task, "ListConnectorTasks", Effect::Reads);
            only(&call, &task.task_name, ids.collect())?
        }
    };
    match id {
        Some(id) => show(session, task, &id).await,
        None => Ok(None),
    }
}

/// Attributes in which a task is not what is meant; those inside a block each by itself.
fn different(task: &Task, found: &Task) -> Vec<String> {
    let (mut meant, mut found) = (in_full(task, found), in_full(found, found));
    let mut inside = Vec::new();
    if let (Some(m), Some(f)) = (&meant.source_task, &found.source_task) {
        inside.extend(differences(m, f, &[]));
        (meant.source_task, found.source_task) = (None, None);
    }
    if let (Some(m), Some(f)) = (&meant.destination_task, &found.destination_task) {
        inside.extend(differences(m, f, &[]));
        (meant.destination_task, found.destination_task) = (None, None);
    }
    let mut all = differences(&meant, &found, LEFT_TO_CLOUD);
    all.extend(inside);
    all
}

/// The task of the same name, if it is what is meant.
fn adopted(call: &Call, planned: &Known, task: &Task, found: &Task) -> Result<Known, Failure> {
    let different = different(task, found);
    if different.is_empty() {
        return Ok(encode(call, planned, found)?);
    }
    let help = "choose another task_name, delete the task, or import it and plan the change";
    Err(exists_otherwise(call, &different, help).into())
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let task: Task = decode(
        &Call::new(DMS.name, "CreateConnectorTask", Effect::WritesOnce, ""),
        planned,
    )?;
    let task = Task { id: None, ..task };
    let call = call(&task, "CreateConnectorTask", Effect::WritesOnce);
    let region = api::region(session, &call, task.region.as_deref())?;
    if let Some(found) = look(session, &task).await? {
        return adopted(&call, planned, &task, &found);
    }
    let ask = Ask::of(Method::POST, tasks(&task, &[])).with_body(create_body(&task));
    let made: Result<Reply, _> = api::ask(session, DMS, &call, task.region.as_deref(), ask).await;
    match made {
        Ok(reply) if reply.id.is_some() => Ok(encode(&call, planned, &described(&task, region, reply))?),
        // There was none of that name before: one that is there now is ours.
        lost => {
            let error = lost.err().unwrap_or_else(|| call.garbled("it has no id"));
            match error.effect_unknown() {
                true => match look(session, &task).await {
                    Ok(Some(found)) => adopted(&call, planned, &task, &found),
                    _ => Err(error.into()),
                },
                false => Err(error.into()),
            }
        }
    }
}

/// Changes the task, then lets it run or pause. What was done stays known when the rest fails.
async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = Call::new(DMS.name, "ModifyConnectorTask", Effect::Writes, "");
    let (old, new): (Task, Task) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let new = Task {
        id: old.id.clone(),
        ..new
    };
    let call = call(&new, "ModifyConnectorTask", Effect::Writes);
    let Some(now) = look(session, &new).await? else {
        return Err(call.rejected("the task is gone").into());
    };
    let task = Task {
        id: now.id.clone(),
        ..new
    };
    match change(session, &call, &old, &task, &now).await {
        Ok(()) => match look(session, &task).await? {
            Some(found) => Ok(encode(&call, planned, &found)?),
            None => Err(call.rejected("the task is gone").into()),
        },
        Err(error) => {
            // The object as it is now, read as what it was: nothing is claimed that was not done.
            let found = look(session, &Task { id: now.id, ..old }).await.ok().flatten();
            let partial = found.map(|f| encode(&call, prior, &f)).transpose()?;
            Err(Failure { error, partial })
        }
    }
}

async fn change(session: &Session, call: &Call, old: &Task, new: &Task, now: &Task) -> Result<(), DriverError> {
    let id = new.id.as_deref().unwrap_or_default();
    let own = new.region.as_deref();
    if let Some(body) = modify_body(old, new) {
        let ask = Ask::of(Method::PUT, tasks(new, &[id])).with_body(body);
        api::send(session, DMS, call, own, ask).await.map_err(not_offered)?;
    }
    let Some(wanted) = new.running.filter(|wanted| now.running != Some(*wanted)) else {
        return Ok(());
    };
    let of_instance = ["v2", PROJECT, "kafka", "instances", &new.instance_id];
    let restart = path(&[&of_instance[..], &["connector", "tasks", id, "restart"]].concat());
    let (operation, path) = match (wanted, now.status.as_deref()) {
        (false, _) => ("PauseConnectorTask", tasks(new, &[id, "pause"])),
        // Only what has never run: of any other task this forgets how far it got.
        (true, Some("WAITING")) => ("RestartConnectorTask", restart),
        (true, _) => ("ResumeConnectorTask", tasks(new, &[id, "resume"])),
    };
    let effect = match operation {
        // A second one would deliver again what the first has begun with.
        "RestartConnectorTask" => Effect::WritesOnce,
        _ => Effect::Writes,
    };
    let call = Call {
        operation,
        effect,
        ..call.clone()
    };
    api::send(session, DMS, &call, own, Ask::of(Method::PUT, path)).await?;
    let settled = || async move {
        let found = show(session, new, id).await?;
        let done = found.is_none_or(|f| f.status.as_deref().and_then(runs) == Some(wanted));
        Ok(done.then_some(()))
    };
    session
        .poll(&call, "the new state of the task", SETTLE_LIMITS, settled)
        .await
}

/// Open Telekom Cloud documents no call that changes a task.
fn not_offered(error: DriverError) -> DriverError {
    match &error {
        DriverError::Rejected(reply) if matches!(reply.status, Some(404 | 405)) => {
            error.with_help("this cloud may not be able to change a task: make it again, with apply -replace=<address>")
        }
        _ => error,
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let task: Task = decode(&Call::new(DMS.name, "DeleteConnectorTask", Effect::Writes, ""), prior)?;
    let call = call(&task, "DeleteConnectorTask", Effect::Writes);
    let Some(Task { id: Some(id), .. }) = look(session, &task).await? else {
        return Ok(());
    };
    let ask = Ask::of(Method::DELETE, tasks(&task, &[&id]));
    if let Err(error) = api::send(session, DMS, &call, task.region.as_deref(), ask).await
        && !(may_be_absent(&error) && show(session, &task, &id).await?.is_none())
    {
        return Err(error);
    }
    let (task, id) = (&task, id.as_str());
    let look = || async move { Ok(show(session, task, id).await?.is_none().then_some(())) };
    session.poll(&call, "the deletion", SETTLE_LIMITS, look).await
}

impl Driver for SmartConnectTask {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let call = Call::new(DMS.name, "ShowConnectorTask", Effect::Reads, "");
            let task: Task = decode(&call, prior)?;
            let found = look(session, &task).await?;
            found.map(|f| encode(&call, prior, &f)).transpose()
        })
    }

    fn create<'a>(&'a self, session: &'a Session, planned: &'a Known) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(create(session, planned))
    }

    fn update<'a>(
        &'a self,
        session: &'a Session,
        prior: &'a Known,
        planned: &'a Known,
    ) -> BoxFuture<'a, Result<Known, Failure>> {
        Box::pin(update(session, prior, planned))
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        imported(
            "instance_id",
            id,
            "a Smart Connect task is imported as <instance_id>:<task_name>, or with the task's id in place of its name",
        )
    }
}
