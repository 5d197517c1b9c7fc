//! `huaweicloud_dis_dump_task`: a task that delivers the records of a stream. It is paused and started by its id, which
//! only the list is sure to have; everything else of it can only be made again.
//!
//! Source: DIS API reference (Adding DLI Dump Tasks and its siblings, Querying Dump Tasks, Querying Dump Task Details,
//! Starting and Pausing Dump Tasks in Batches, Deleting Dump Tasks, Error Codes).

use super::api::{self, Ask, DIS, PROJECT, path, present};
use super::dis_descriptor::{Block, DESTINATIONS, Destination, of_kind};
use super::dis_stream::APPEAR_LIMITS;
use crate::base::Known;
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{code, decode, differences, encode, exists_otherwise, identity, integer, two_parts};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DisDumpTask;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Task {
    id: Option<String>,
    region: Option<String>,
    stream_name: String,
    task_name: String,
    destination_type: Option<String>,
    running: Option<bool>,
    obs_destination_descriptor: Option<Block>,
    mrs_destination_descriptor: Option<Block>,
    dli_destination_descriptor: Option<Block>,
    dws_destination_descriptor: Option<Block>,
    cloudtable_destination_descriptor: Option<Block>,
    task_id: Option<String>,
    #[serde(deserialize_with = "integer")]
    create_time: Option<i64>,
    state: Option<String>,
    #[serde(deserialize_with = "integer")]
    last_transfer_timestamp: Option<i64>,
}

/// The reply to ShowTransferTask without the descriptor, and a line of the reply to ListTransferTasks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TaskReply {
    task_name: Option<String>,
    task_id: Option<String>,
    state: Option<String>,
    destination_type: Option<String>,
    #[serde(deserialize_with = "integer")]
    create_time: Option<i64>,
    #[serde(deserialize_with = "integer")]
    last_transfer_timestamp: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TasksReply {
    tasks: Option<Vec<TaskReply>>,
}

impl Task {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let object = format!("dump task {} of stream {}", self.task_name, self.stream_name);
        Call::new(DIS.name, operation, effect, object)
    }

    fn tasks_path(&self) -> String {
        path(&["v2", PROJECT, "streams", &self.stream_name, "transfer-tasks"])
    }

    fn path(&self) -> String {
        path(&[
            "v2",
            PROJECT,
            "streams",
            &self.stream_name,
            "transfer-tasks",
            &self.task_name,
        ])
    }

    fn block(&self, destination: &Destination) -> Option<&Block> {
        match destination.kind {
            "OBS" => self.obs_destination_descriptor.as_ref(),
            "MRS" => self.mrs_destination_descriptor.as_ref(),
            "DLI" => self.dli_destination_descriptor.as_ref(),
            "DWS" => self.dws_destination_descriptor.as_ref(),
            _ => self.cloudtable_destination_descriptor.as_ref(),
        }
    }

    fn block_mut(&mut self, destination: &Destination) -> &mut Option<Block> {
        match destination.kind {
            "OBS" => &mut self.obs_destination_descriptor,
            "MRS" => &mut self.mrs_destination_descriptor,
            "DLI" => &mut self.dli_destination_descriptor,
            "DWS" => &mut self.dws_destination_descriptor,
            _ => &mut self.cloudtable_destination_descriptor,
        }
    }

    /// The destination whose block is there, with the block.
    fn destination(&self) -> Option<(&'static Destination, &Block)> {
        DESTINATIONS.iter().find_map(|d| Some((d, self.block(d)?)))
    }

    /// With the type of the destination written out, as the block says it.
    fn completed(self) -> Task {
        let kind = self.destination().map(|(d, _)| d.kind.to_string());
        Task {
            destination_type: self.destination_type.clone().or(kind),
            id: Some(format!("{}:{}", self.stream_name, self.task_name)),
            ..self
        }
    }
}

fn draft(operation: &'static str) -> Call {
    Call::new(DIS.name, operation, Effect::Reads, "dump task")
}

fn create_body(task: &Task) -> Result<Json, String> {
    let (destination, block) = task
        .destination()
        .ok_or("a dump task needs the block that describes its destination")?;
    match task.destination_type.as_deref() {
        Some(kind) if of_kind(kind).is_none_or(|d| d.kind != destination.kind) => Err(format!(
            "destination_type is {kind}, but the block is {}",
            destination.block
        )),
        _ => Ok(destination.request(&task.task_name, block)),
    }
}

/// The object that a reply describes. Without a descriptor in it, the known one stays.
fn described(known: &Task, reply: &Map<String, Json>, region: &str) -> Result<Task, String> {
    let head: TaskReply = serde_json::from_value(Json::Object(reply.clone())).map_err(|e| e.to_string())?;
    let found = DESTINATIONS.iter().find_map(|d| Some((d, d.of_reply(reply)?)));
    let of_reply = head.destination_type.as_deref();
    let mut task = Task {
        id: Some(format!("{}:{}", known.stream_name, known.task_name)),
        region: Some(region.to_string()),
        stream_name: known.stream_name.clone(),
        task_name: known.task_name.clone(),
        destination_type: match (of_reply.and_then(of_kind), of_reply, &found) {
            (Some(destination), ..) => Some(destination.kind.to_string()),
            (None, Some(other), _) => Some(other.to_string()),
            (None, None, Some((destination, _))) => Some(destination.kind.to_string()),
            (None, None, None) => known.destination_type.clone(),
        },
        running: running(known.running, head.state.as_deref()),
        task_id: head.task_id.or_else(|| known.task_id.clone()),
        create_time: head.create_time.or(known.create_time),
        state: head.state,
        last_transfer_timestamp: head.last_transfer_timestamp.filter(|t| *t > 0),
        ..Task::default()
    };
    match found {
        Some((destination, block)) => {
            *task.block_mut(destination) = Some(destination.described(known.block(destination), block));
        }
        None => {
            for destination in &DESTINATIONS {
                *task.block_mut(destination) = known.block(destination).cloned();
            }
        }
    }
    Ok(task)
}

/// A task that fails is neither running nor paused: then what was meant stays.
fn running(known: Option<bool>, state: Option<&str>) -> Option<bool> {
    match state {
        Some("PAUSED") => Some(false),
        Some("RUNNING" | "STARTING") => Some(true),
        _ => known.or(Some(true)),
    }
}

/// The task as it is; none when it or its stream is gone.
async fn look(session: &Session, task: &Task) -> Result<Option<Task>, DriverError> {
    let call = task.call("ShowTransferTask", Effect::Reads);
    let region = api::region(session, &call, task.region.as_deref())?;
    let ask = Ask::of(Method::GET, task.path());
    let reply = present(api::ask(session, DIS, &call, task.region.as_deref(), ask).await)?;
    let Some(reply): Option<Map<String, Json>> = reply else {
        return Ok(None);
    };
    let mut found = described(task, &reply, region).map_err(|why| call.garbled(why))?;
    if found.task_id.is_none() {
        // Not every service says it here.
        found.task_id = listed_id(session, task).await?;
    }
    Ok(Some(found))
}

/// The id of the task, which pausing and starting ask for; as the list has it now, as a task that was made again under
/// its name has a new one.
async fn listed_id(session: &Session, task: &Task) -> Result<Option<String>, DriverError> {
    let call = task.call("ListTransferTasks", Effect::Reads);
    let ask = Ask::of(Method::GET, task.tasks_path());
    let reply: Option<TasksReply> = present(api::ask(session, DIS, &call, task.region.as_deref(), ask).await)?;
    let mut tasks = reply.and_then(|r| r.tasks).into_iter().flatten();
    let ours = tasks.find(|t| t.task_name.as_deref() == Some(task.task_name.as_str()));
    Ok(ours.and_then(|t| t.task_id))
}

/// Pauses or starts the task and returns it when it is so. A task that is still starting is waited for first.
async fn set_running(session: &Session, task: &Task, run: bool) -> Result<Task, DriverError> {
    let (operation, action) = match run {
        true => ("BatchStartTransferTask", "start"),
        false => ("BatchStopTransferTask", "stop"),
    };
    let call = task.call(operation, Effect::Writes);
    let gone = || call.rejected("the task is gone");
    let settled = session
        .poll(&call, "the start of the task", Limits::default(), || async {
            let found = look(session, task).await?.ok_or_else(gone)?;
            Ok((found.state.as_deref() != Some("STARTING")).then_some(found))
        })
        .await?;
    if is_so(&settled, run) {
        return Ok(settled);
    }
    let listed = listed_id(session, task).await?;
    let id = listed.or(settled.task_id);
    let id = id.ok_or_else(|| call.garbled("neither the list nor the task itself says the id of the task"))?;
    let ask = Ask::of(Method::POST, format!("{}/action", task.tasks_path()))
        .with_body(json!({"action": action, "tasks": [{ "id": id }]}));
    api::send(session, DIS, &call, task.region.as_deref(), ask).await?;
    session
        .poll(&call, "the task's new state", Limits::default(), || async {
            let found = look(session, task).await?.ok_or_else(gone)?;
            Ok(is_so(&found, run).then_some(found))
        })
        .await
}

/// Whether a task is paused, or not. One that fails is neither; it is not waited for.
fn is_so(task: &Task, run: bool) -> bool {
    let state = task.state.as_deref();
    match run {
        true => state != Some("PAUSED"),
        false => !matches!(state, Some("RUNNING" | "STARTING")),
    }
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let task: Task = decode(&draft("CreateTransferTask"), planned)?;
    let task = task.completed();
    let call = task.call("CreateTransferTask", Effect::Writes);
    let body = create_body(&task).map_err(|why| call.rejected(why))?;
    let ask = Ask::of(Method::POST, task.tasks_path()).with_body(body);
    let made = match api::send(session, DIS, &call, task.region.as_deref(), ask).await {
        Ok(_) => {
            session
                .poll(&call, "the new task's first description", APPEAR_LIMITS, || {
                    look(session, &task)
                })
                .await
        }
        Err(refusal) => Ok(existing(session, &call, &task, refusal).await?),
    };
    let done = match made {
        // Started only where it was there already, paused.
        Ok(found) => match task.running.filter(|run| !is_so(&found, *run)) {
            Some(run) => set_running(session, &found, run).await.map_err(|e| (e, found)),
            None => Ok(found),
        },
        Err(error) => Err((error, as_made(&task))),
    };
    match done {
        Ok(found) => Ok(encode(&call, planned, &found)?),
        Err((error, partial)) => Err(Failure {
            error,
            partial: Some(encode(&call, planned, &partial)?),
        }),
    }
}

/// The task of that name that made the service refuse: after a lost reply it is the one that was meant.
async fn existing(session: &Session, call: &Call, task: &Task, refusal: DriverError) -> Result<Task, DriverError> {
    let asked = matches!(refusal, DriverError::Rejected(_) | DriverError::Conflict(_));
    let Some(actual) = (if asked { look(session, task).await? } else { None }) else {
        return Err(helped(refusal));
    };
    let different = differences(&in_full(task), &in_full(&actual), &[]);
    if different.is_empty() {
        return Ok(actual);
    }
    let help = "choose another task_name, delete the task, or import it and plan the change";
    Err(exists_otherwise(call, &different, help))
}

/// What is known of a task that was made and could not be looked at.
fn as_made(task: &Task) -> Task {
    Task {
        state: Some("STARTING".to_string()),
        ..task.clone()
    }
}

/// What makes a task the one that it is: the members of its descriptor with every default written out and without secrets.
/// Whether it runs does not count, as that changes in place.
fn in_full(task: &Task) -> Map<String, Json> {
    let mut full = Map::new();
    let task = task.clone().completed();
    full.insert("destination_type".to_string(), json!(task.destination_type));
    if let Some((destination, block)) = task.destination() {
        let members = destination.in_full(block).into_iter();
        full.extend(members.map(|(name, value)| (format!("{}.{name}", destination.block), value)));
    }
    full
}

/// What can be done about refusals that have a code of their own.
fn helped(mut error: DriverError) -> DriverError {
    let help = match code(&error) {
        "DIS.4205" => "wait until the stream is RUNNING, and apply again",
        "DIS.4301" => "make the stream first: refer to the huaweicloud_dis_stream in stream_name",
        "DIS.4306" => "make the bucket, in the region of the stream; obs_bucket_path is its name alone",
        "DIS.4310" => "give the agency the role Tenant Administrator on the global project OBS",
        "DIS.4335" => {
            "make an agency of the type cloud service that trusts DIS, valid without end, with the role Tenant \
             Administrator on the global project OBS"
        }
        "DIS.4208" => "name an MRS cluster that runs, without Kerberos authentication",
        "DIS.4336" => "make the path in the HDFS of the cluster first",
        "DIS.4337" => "make the DLI database first",
        "DIS.4338" => "name a table whose data_location is DLI; tables in OBS can't take records",
        "DIS.4341" => "name a CloudTable cluster that runs; for opentsdb_schema, one with OpenTSDB",
        "DIS.4342" => "make the HBase table first",
        "DIS.4343" => "name a column family that the HBase table has",
        "DIS.4350" => "name a DWS cluster that runs",
        "DIS.4351" => "name a KMS key that the agency may use",
        "DIS.4357" => "a stream has at most five dump tasks: delete one, or use another stream",
        _ => return error,
    };
    if let DriverError::Rejected(reply) | DriverError::Conflict(reply) | DriverError::Denied(reply) = &mut error {
        reply.help.get_or_insert_with(|| help.to_string());
    }
    error
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = draft("ShowTransferTask");
    let (old, new): (Task, Task) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let call = new.call("ShowTransferTask", Effect::Reads);
    let changed = differences(&in_full(&new), &in_full(&old), &[]);
    if !changed.is_empty() {
        let why = format!("a dump task can only be replaced: {}", changed.join("; "));
        return Err(call.rejected(why).into());
    }
    let new = Task {
        task_id: new.task_id.clone().or(old.task_id),
        region: new.region.clone().or(old.region),
        ..new
    };
    let found = match new.running {
        Some(run) => set_running(session, &new, run).await?,
        None => look(session, &new)
            .await?
            .ok_or_else(|| call.rejected("the task is gone"))?,
    };
    Ok(encode(&call, planned, &found)?)
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let task: Task = decode(&draft("DeleteTransferTask"), prior)?;
    let call = task.call("DeleteTransferTask", Effect::Writes);
    let ask = Ask::of(Method::DELETE, task.path());
    if present(api::send(session, DIS, &call, task.region.as_deref(), ask).await)?.is_none() {
        return Ok(());
    }
    let (call, task) = (&call, &task);
    session
        .poll(call, "the deletion", Limits::default(), || async move {
            Ok(look(session, task).await?.is_none().then_some(()))
        })
        .await
}

impl Driver for DisDumpTask {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let draft = draft("ShowTransferTask");
            let task: Task = decode(&draft, prior)?;
            let actual = look(session, &task).await?;
            actual.map(|a| encode(&draft, prior, &a)).transpose()
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
        match two_parts(id) {
            Some((stream, task)) => identity(&[("stream_name", stream), ("task_name", task)]),
            None => Err("a dump task is imported as <stream_name>:<task_name>".to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
