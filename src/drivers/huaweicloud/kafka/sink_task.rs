//! `huaweicloud_dms_kafka_sink_task`: a task of a connector that dumps messages of topics into an OBS bucket. A task can't be
//! changed, only made again: no SDK has a call for it. Keys are sent and never come back.
//!
//! Source: DMS for Kafka API reference (Creating, Querying, Listing and Deleting a Dumping Task); huaweicloudsdkkafka 3.1.84;
//! Terraform provider for Huawei Cloud: dms_kafka_smart_connect_task.

use super::super::api::{self, Ask, DMS, PROJECT, fields, path, present, text};
use super::{
    SETTLE_LIMITS, delimiter, imported, key, may_be_absent, names, only, or_empty, same_file_type, secret_text,
    spelled, time,
};
use crate::base::{Known, Secret};
use crate::driver::{BoxFuture, Call, Driver, DriverError, Effect, Failure, Session};
use crate::drivers::object::{decode, differences, encode, exists_otherwise, filled, integer};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The driver.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SinkTask;

const LEFT_TO_CLOUD: &[&str] = &["id", "region", "status", "created_at"];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Task {
    id: Option<String>,
    region: Option<String>,
    connector_id: String,
    #[serde(deserialize_with = "or_empty")]
    task_name: String,
    source_type: Option<String>,
    destination_type: Option<String>,
    topics: Option<String>,
    topics_regex: Option<String>,
    consumer_strategy: Option<String>,
    destination_file_type: Option<String>,
    #[serde(with = "secret_text")]
    access_key: Option<Secret>,
    #[serde(with = "secret_text")]
    secret_key: Option<Secret>,
    obs_bucket_name: Option<String>,
    obs_path: Option<String>,
    partition_format: Option<String>,
    record_delimiter: Option<String>,
    #[serde(deserialize_with = "integer")]
    deliver_time_interval: Option<i64>,
    status: Option<String>,
    created_at: Option<String>,
}

impl Task {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        let name = match (self.task_name.as_str(), &self.id) {
            ("", Some(id)) => id,
            (name, _) => name,
        };
        let object = format!("task {name} of connector {}", self.connector_id);
        Call::new(DMS.name, operation, effect, object)
    }

    fn path(&self, id: Option<&str>) -> String {
        let parts = ["v2", PROJECT, "connectors", &self.connector_id, "sink-tasks"];
        path(&[&parts[..], id.as_slice()].concat())
    }
}

#[derive(Deserialize)]
struct Made {
    task_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    tasks: Vec<ListedTask>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListedTask {
    task_id: Option<String>,
    task_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    task_name: Option<String>,
    destination_type: Option<String>,
    #[serde(deserialize_with = "integer")]
    create_time: Option<i64>,
    status: Option<String>,
    topics: Option<String>,
    topics_regex: Option<String>,
    obs_destination_descriptor: Option<Descriptor>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Descriptor {
    topics_regex: Option<String>,
    consumer_strategy: Option<String>,
    destination_file_type: Option<String>,
    obs_bucket_name: Option<String>,
    obs_path: Option<String>,
    partition_format: Option<String>,
    record_delimiter: Option<String>,
    #[serde(deserialize_with = "integer")]
    deliver_time_interval: Option<i64>,
}

fn create_body(task: &Task) -> Json {
    let or = |value: &Option<String>, default: &str| Some(json!(value.as_deref().unwrap_or(default)));
    let descriptor = fields([
        ("topics", text(&task.topics)),
        ("topics_regex", text(&task.topics_regex)),
        ("consumer_strategy", text(&task.consumer_strategy)),
        ("destination_file_type", or(&task.destination_file_type, "TEXT")),
        ("access_key", key(&task.access_key)),
        ("secret_key", key(&task.secret_key)),
        ("obs_bucket_name", text(&task.obs_bucket_name)),
        ("obs_path", text(&task.obs_path)),
        ("partition_format", text(&task.partition_format)),
        ("record_delimiter", text(&task.record_delimiter)),
        ("deliver_time_interval", task.deliver_time_interval.map(|s| json!(s))),
    ]);
    fields([
        ("source_type", or(&task.source_type, "BLOB")),
        ("task_name", Some(json!(task.task_name))),
        ("destination_type", or(&task.destination_type, "OBS")),
        ("obs_destination_descriptor", Some(descriptor)),
    ])
}

/// The object that a reply describes. What the reply lacks stays as it is known: it never holds keys and source type, and
/// whether it holds the regular expression is not documented.
fn described(known: &Task, region: &str, id: &str, reply: Shown) -> Task {
    let descriptor = reply.obs_destination_descriptor.unwrap_or_default();
    let topics_regex = filled(reply.topics_regex)
        .or(filled(descriptor.topics_regex))
        .or_else(|| known.topics_regex.clone());
    // The topics that an expression finds are no setting.
    let topics = match &topics_regex {
        Some(_) if known.topics.is_none() => None,
        _ => spelled(&known.topics, filled(reply.topics), |a, b| names(a) == names(b)),
    };
    let or_known = |found: Option<String>, known: &Option<String>| filled(found).or_else(|| known.clone());
    Task {
        id: Some(id.to_string()),
        region: Some(region.to_string()),
        connector_id: known.connector_id.clone(),
        task_name: filled(reply.task_name).unwrap_or_else(|| known.task_name.clone()),
        source_type: known.source_type.clone(),
        destination_type: or_known(reply.destination_type, &known.destination_type),
        topics,
        topics_regex,
        consumer_strategy: or_known(descriptor.consumer_strategy, &known.consumer_strategy),
        destination_file_type: spelled(
            &known.destination_file_type,
            filled(descriptor.destination_file_type),
            same_file_type,
        ),
        access_key: known.access_key.clone(),
        secret_key: known.secret_key.clone(),
        obs_bucket_name: or_known(descriptor.obs_bucket_name, &known.obs_bucket_name),
        obs_path: or_known(descriptor.obs_path, &known.obs_path),
        partition_format: or_known(descriptor.partition_format, &known.partition_format),
        record_delimiter: delimiter(descriptor.record_delimiter).or_else(|| known.record_delimiter.clone()),
        deliver_time_interval: descriptor.deliver_time_interval.or(known.deliver_time_interval),
        status: filled(reply.status).or_else(|| known.status.clone()),
        created_at: time(reply.create_time).or_else(|| known.created_at.clone()),
    }
}

/// For comparison: with every default written out, in one spelling, and without keys, which nobody can compare.
fn in_full(task: &Task) -> Task {
    Task {
        source_type: None,
        access_key: None,
        secret_key: None,
        destination_type: Some(task.destination_type.clone().unwrap_or_else(|| "OBS".to_string())),
        destination_file_type: Some("TEXT".to_string())
            .filter(|t| task.destination_file_type.as_ref().is_none_or(|f| same_file_type(f, t)))
            .or_else(|| task.destination_file_type.clone()),
        topics: task.topics.as_deref().map(|t| super::list(&names(t))),
        obs_path: filled(task.obs_path.clone()),
        record_delimiter: Some(task.record_delimiter.clone().unwrap_or_else(|| "\n".to_string())),
        status: None,
        created_at: None,
        ..task.clone()
    }
}

async fn show(session: &Session, task: &Task, id: &str) -> Result<Option<Task>, DriverError> {
    let call = task.call("ShowSinkTaskDetail", Effect::Reads);
    let own = task.region.as_deref();
    let region = api::region(session, &call, own)?;
    let reply: Result<Shown, _> = api::ask(session, DMS, &call, own, Ask::of(Method::GET, task.path(Some(id)))).await;
    match reply {
        Ok(reply) => Ok(Some(described(task, region, id, reply))),
        Err(error) if api::is_absent(&error) => Ok(None),
        Err(error) if may_be_absent(&error) => match list(session, task).await?.iter().any(|t| is(&t.task_id, id)) {
            true => Err(error),
            false => Ok(None),
        },
        Err(error) => Err(error),
    }
}

fn is(text: &Option<String>, wanted: &str) -> bool {
    text.as_deref() == Some(wanted)
}

/// The tasks of the connector; one that is gone has none.
async fn list(session: &Session, task: &Task) -> Result<Vec<ListedTask>, DriverError> {
    let call = task.call("ListSinkTasks", Effect::Reads);
    let ask = Ask::of(Method::GET, task.path(None));
    let reply: Option<Listed> = present(api::ask(session, DMS, &call, task.region.as_deref(), ask).await)?;
    Ok(reply.map(|l| l.tasks).unwrap_or_default())
}

/// The task as it is: by its id, else by its name, as the service knows a task by the id that it gave it.
async fn look(session: &Session, task: &Task) -> Result<Option<Task>, DriverError> {
    let id = match &task.id {
        Some(id) => Some(id.clone()),
        None => {
            let listed = list(session, task).await?.into_iter();
            let ids = listed
                .filter(|t| is(&t.task_name, &task.task_name))
                .filter_map(|t| t.task_id);
            let call = task.call("ListSinkTasks", Effect::Reads);
            only(&call, &task.task_name, ids.collect())?
        }
    };
    match id {
        Some(id) => show(session, task, &id).await,
        None => Ok(None),
    }
}

/// The task of the same name, if it is what is meant.
fn adopted(call: &Call, planned: &Known, task: &Task, found: &Task) -> Result<Known, Failure> {
    let different = differences(&in_full(task), &in_full(found), LEFT_TO_CLOUD);
    if different.is_empty() {
        return Ok(encode(call, planned, found)?);
    }
    let help = "choose another task_name, delete the task, or import it and plan the change";
    Err(exists_otherwise(call, &different, help).into())
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let task: Task = decode(&Call::new(DMS.name, "CreateSinkTask", Effect::WritesOnce, ""), planned)?;
    let task = Task { id: None, ..task };
    let call = task.call("CreateSinkTask", Effect::WritesOnce);
    let region = api::region(session, &call, task.region.as_deref())?;
    if let Some(found) = look(session, &task).await? {
        return adopted(&call, planned, &task, &found);
    }
    let ask = Ask::of(Method::POST, task.path(None)).with_body(create_body(&task));
    let made: Result<Made, _> = api::ask(session, DMS, &call, task.region.as_deref(), ask).await;
    let id = match made {
        Ok(Made { task_id: Some(id) }) => id,
        // There was none of that name before: one that is there now is ours.
        lost => {
            let error = lost.err().unwrap_or_else(|| call.garbled("it has no task_id"));
            return match error.effect_unknown() {
                true => match look(session, &task).await {
                    Ok(Some(found)) => adopted(&call, planned, &task, &found),
                    _ => Err(error.into()),
                },
                false => Err(error.into()),
            };
        }
    };
    let seen = session.poll(&call, "the new task's first description", SETTLE_LIMITS, || {
        show(session, &task, &id)
    });
    match seen.await {
        Ok(found) => Ok(encode(&call, planned, &found)?),
        Err(error) => {
            let made = Shown {
                status: Some("CREATING".to_string()),
                ..Shown::default()
            };
            Err(Failure {
                error,
                partial: Some(encode(&call, planned, &described(&task, region, &id, made))?),
            })
        }
    }
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let task: Task = decode(&Call::new(DMS.name, "DeleteSinkTask", Effect::Writes, ""), prior)?;
    let call = task.call("DeleteSinkTask", Effect::Writes);
    let Some(Task { id: Some(id), .. }) = look(session, &task).await? else {
        return Ok(());
    };
    let ask = Ask::of(Method::DELETE, task.path(Some(&id)));
    if let Err(error) = api::send(session, DMS, &call, task.region.as_deref(), ask).await
        && !(may_be_absent(&error) && show(session, &task, &id).await?.is_none())
    {
        return Err(error);
    }
    let (task, id) = (&task, id.as_str());
    let look = || async move { Ok(show(session, task, id).await?.is_none().then_some(())) };
    session.poll(&call, "the deletion", SETTLE_LIMITS, look).await
}

impl Driver for SinkTask {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let call = Call::new(DMS.name, "ShowSinkTaskDetail", Effect::Reads, "");
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
        Box::pin(async move {
            let call = Call::new(DMS.name, "ShowSinkTaskDetail", Effect::Reads, "");
            let (old, new): (Task, Task) = (decode(&call, prior)?, decode(&call, planned)?);
            let call = new.call("ShowSinkTaskDetail", Effect::Reads);
            let changed = differences(&in_full(&new), &in_full(&old), LEFT_TO_CLOUD);
            if !changed.is_empty() {
                let why = format!("a dump task can only be replaced: {}", changed.join("; "));
                return Err(call.rejected(why).into());
            }
            let task = Task {
                id: new.id.clone().or(old.id),
                ..new
            };
            match look(session, &task).await? {
                Some(found) => Ok(encode(&call, planned, &found)?),
                None => Err(call.rejected("the task is gone").into()),
            }
        })
    }

    fn delete<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<(), DriverError>> {
        Box::pin(delete(session, prior))
    }

    fn identity(&self, _: &Session, id: &str) -> Result<Known, String> {
        imported(
            "connector_id",
            id,
            "a dump task is imported as <connector_id>:<task_name>, or with the task's id in place of its name",
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn task(json: Json) -> Task {
        serde_json::from_value(json).unwrap()
    }

    fn shown(json: Json) -> Shown {
        serde_json::from_value(json).unwrap()
    }

    fn documented() -> Task {
        task(json!({
            "connector_id": "c", "task_name": "obsTransfer-1122976956", "topics": "topic-test",
            "consumer_strategy": "earliest", "access_key": "AK", "secret_key": "SK", "obs_bucket_name": "6666",
            "obs_path": "obsTransfer-1122976956", "partition_format": "yyyy/MM/dd/HH/mm", "record_delimiter": "\n",
            "deliver_time_interval": 300,
        }))
    }

    #[test]
    fn defaults_are_sent_and_the_other_way_to_name_topics_is_not() {
        let body = create_body(&documented());
        let descriptor = &body["obs_destination_descriptor"];
        assert_eq!(
            (&body["source_type"], &body["destination_type"]),
            (&json!("BLOB"), &json!("OBS"))
        );
        assert_eq!(descriptor["destination_file_type"], "TEXT");
        assert_eq!(descriptor["secret_key"], "SK");
        assert_eq!(descriptor.get("topics_regex"), None);
        let by_regex = Task {
            topics: None,
            topics_regex: Some("orders-.+".into()),
            ..documented()
        };
        let descriptor = &create_body(&by_regex)["obs_destination_descriptor"];
        assert_eq!(
            (descriptor.get("topics"), &descriptor["topics_regex"]),
            (None, &json!("orders-.+"))
        );
    }

    #[test]
    fn a_reply_changes_what_it_says_and_keeps_the_rest() {
        let known = task(json!({
            "connector_id": "c", "task_name": "t", "source_type": "BLOB", "topics": "b, a", "destination_file_type": "text",
            "access_key": "fingerprint", "record_delimiter": "", "obs_path": "p",
        }));
        let reply = json!({
            "task_name": "t", "destination_type": "OBS", "create_time": "1592309487621", "status": "RUNNING", "topics": "a,b",
            "obs_destination_descriptor": {
                "consumer_strategy": "latest", "destination_file_type": "TEXT", "obs_bucket_name": "bucket",
                "record_delimiter": "NULL", "deliver_time_interval": "300", "obs_part_size": 5_242_880,
            },
        });
        let found = described(&known, "r", "id", shown(reply));
        let expected = Task {
            id: Some("id".into()),
            region: Some("r".into()),
            destination_type: Some("OBS".into()),
            consumer_strategy: Some("latest".into()),
            obs_bucket_name: Some("bucket".into()),
            deliver_time_interval: Some(300),
            status: Some("RUNNING".into()),
            created_at: Some("2020-06-16T12:11:27.621Z".into()),
            ..known
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn topics_of_an_expression_are_no_setting() {
        let known = task(json!({"topics_regex": "orders-.+"}));
        let found = described(&known, "r", "id", shown(json!({"topics": "orders-a"})));
        assert_eq!((found.topics, found.topics_regex.as_deref()), (None, Some("orders-.+")));
        let imported = described(&Task::default(), "r", "id", shown(json!({"topics": "orders-a"})));
        assert_eq!(imported.topics.as_deref(), Some("orders-a"));
    }

    #[test]
    fn keys_are_not_compared_and_never_shown() {
        let (meant, mut found) = (documented(), documented());
        found.secret_key = Some(Secret::new("other"));
        found.status = Some("RUNNING".into());
        found.destination_type = Some("OBS".into());
        assert_eq!(
            differences(&in_full(&meant), &in_full(&found), LEFT_TO_CLOUD),
            Vec::<String>::new()
        );
        found.obs_bucket_name = Some("7777".into());
        let different = differences(&in_full(&meant), &in_full(&found), LEFT_TO_CLOUD);
        assert_eq!(different, ["obs_bucket_name is \"7777\" instead of \"6666\""]);
        assert!(!format!("{meant:?}").contains("SK"));
    }
}
