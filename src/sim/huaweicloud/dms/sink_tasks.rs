//! Sink tasks of a connector. There is no change of one: only create, list, show and delete. Never gives back the access
//! key, its secret or `source_type`. A task keeps running when its bucket goes: what the service does then is not
//! documented.

use super::fields::{self, ObsTarget, topic_names};
use super::model::SinkTask;
use super::{BUCKET_KIND, Place, bucket_region, connectors, instances, invalid, next_id, no_task, quota_reached};
use crate::sim::huaweicloud::rest::{self, Answer, Call, Fault};
use crate::sim::world::{Object, ObjectId, World};
use serde_json::{Value, json};

/// Bytes of one part of an upload, as every reply says.
const OBS_PART_SIZE: u32 = 5_242_880;

/// Create. Nothing says that names are unique, so two tasks may share one.
pub(super) fn create(call: &Call<'_>, place: Place<'_>, connector_id: &str, world: &mut World) -> Answer {
    let sent = fields::body(call)?;
    sent.needed("source_type")?;
    sent.one_of("source_type", &["BLOB"])?;
    sent.needed("destination_type")?;
    sent.one_of("destination_type", &["OBS"])?;
    let task_name = sent.needed("task_name")?;
    let target = sent
        .object("obs_destination_descriptor")?
        .ok_or_else(|| invalid("obs_destination_descriptor must be given."))?;
    let topics = fields::topics(target)?.needed()?;
    if topics.topics_regex == ".*" {
        return Err(invalid("topics_regex must not be .*"));
    }
    let obs = fields::obs_target(target)?;
    let interval = target
        .number("deliver_time_interval", 30, 900)?
        .ok_or_else(|| invalid("deliver_time_interval must be given."))?;
    let secrets = [target.needed("access_key")?, target.needed("secret_key")?];
    let connector = connectors::find(place, connector_id, world)?;
    instances::find_ready(place, &connector.instance_id, world)?;
    check_bucket(place, &obs.obs_bucket_name, world)?;
    if world.count::<SinkTask>(&format!("{connector_id}/")) >= connector.sink_max_tasks as usize {
        return Err(quota_reached());
    }
    let ObsTarget {
        consumer_strategy,
        destination_file_type,
        obs_bucket_name,
        obs_path,
        partition_format,
        record_delimiter,
    } = obs;
    let task = SinkTask {
        connector_id: connector_id.to_string(),
        task_id: next_id(world, &format!("sink-task/{connector_id}/{task_name}")),
        task_name: task_name.to_string(),
        topics: topics.topics,
        topics_regex: topics.topics_regex,
        consumer_strategy,
        destination_file_type,
        credentials_digest: fields::digest(&secrets),
        obs_bucket_name,
        obs_path,
        partition_format,
        record_delimiter,
        deliver_time_interval: interval,
        status: "RUNNING".to_string(),
        created_ms: place.now.world_ms,
    };
    world.put(&task);
    Ok((200, Some(json!({"task_id": task.task_id}))))
}

/// A bucket must be in the region of the instance (user guide, Dumping Kafka Data to OBS). Whether the call that makes a
/// task looks for the bucket is not documented; assumed: it refuses one of another region and takes one that is not there.
pub(super) fn check_bucket(place: Place<'_>, name: &str, world: &World) -> Result<(), Fault> {
    let id = ObjectId {
        kind: BUCKET_KIND.to_string(),
        key: name.to_string(),
    };
    let bucket = world.get_json(&id).and_then(bucket_region);
    match (bucket, rest::region_of(place.project)) {
        (Some(of_bucket), Some(of_instance)) if of_bucket != of_instance => Err(invalid(format!(
            "The bucket {name} is not in the region of the instance."
        ))),
        _ => Ok(()),
    }
}

fn status(task: &SinkTask, place: Place<'_>, world: &World) -> String {
    let ready = task.created_ms.saturating_add(world.settings.sink_task_create_ms);
    match place.now.world_ms < ready {
        true => "CREATING".to_string(),
        false => task.status.clone(),
    }
}

/// What list and show both say.
fn summary(task: &SinkTask, place: Place<'_>, world: &World) -> Value {
    let mut reply = json!({
        "task_name": task.task_name,
        "destination_type": "OBS",
        "create_time": task.created_ms,
        "status": status(task, place, world),
    });
    if !task.topics.is_empty() {
        reply["topics"] = json!(task.topics);
    }
    reply
}

fn detail(task: &SinkTask, place: Place<'_>, world: &World) -> Value {
    let mut reply = summary(task, place, world);
    let mut target = json!({
        "consumer_strategy": task.consumer_strategy,
        "destination_file_type": task.destination_file_type,
        "obs_bucket_name": task.obs_bucket_name,
        "obs_path": task.obs_path,
        "partition_format": task.partition_format,
        "record_delimiter": task.record_delimiter,
        "deliver_time_interval": task.deliver_time_interval,
        "obs_part_size": OBS_PART_SIZE,
    });
    // Where a pattern is shown is not documented; the Terraform provider for Huawei Cloud reads it here.
    if !task.topics_regex.is_empty() {
        target["topics_regex"] = json!(task.topics_regex);
    }
    reply["obs_destination_descriptor"] = target;
    reply
}

/// How far each topic got. There are no topics in this world, so each has one partition, and nothing in it.
fn topics_info(task: &SinkTask, place: Place<'_>, world: &World) -> Value {
    let status = status(task, place, world);
    topic_names(&task.topics)
        .map(|topic| {
            json!({"topic": topic, "partitions": [{
                "partition_id": "0",
                "status": status,
                "last_transfer_offset": "0",
                "log_end_offset": "0",
                "lag": "0",
            }]})
        })
        .collect()
}

/// List, oldest first.
pub(super) fn list(place: Place<'_>, connector_id: &str, world: &World) -> Answer {
    let connector = connectors::find(place, connector_id, world)?;
    let mut all = world.list::<SinkTask>(&format!("{connector_id}/"));
    all.sort_by(|a, b| (a.created_ms, &a.task_name, &a.task_id).cmp(&(b.created_ms, &b.task_name, &b.task_id)));
    let tasks: Vec<Value> = all
        .iter()
        .map(|task| {
            let mut entry = summary(task, place, world);
            entry["task_id"] = json!(task.task_id);
            entry
        })
        .collect();
    let reply = json!({
        "total_number": tasks.len(),
        "max_tasks": connector.sink_max_tasks,
        "quota_tasks": connector.sink_max_tasks,
        "tasks": tasks,
    });
    Ok((200, Some(reply)))
}

fn find(place: Place<'_>, connector_id: &str, task_id: &str, world: &World) -> Result<SinkTask, Fault> {
    connectors::find(place, connector_id, world)?;
    world
        .get::<SinkTask>(&format!("{connector_id}/{task_id}"))
        .ok_or_else(no_task)
}

/// Show; with `topic-info=true` also how far it got.
pub(super) fn show(call: &Call<'_>, place: Place<'_>, connector_id: &str, task_id: &str, world: &World) -> Answer {
    let task = find(place, connector_id, task_id, world)?;
    let mut reply = detail(&task, place, world);
    if call.query("topic-info") == Some("true") {
        reply["topics_info"] = topics_info(&task, place, world);
    }
    Ok((200, Some(reply)))
}

/// Delete.
pub(super) fn delete(place: Place<'_>, connector_id: &str, task_id: &str, world: &mut World) -> Answer {
    let task = find(place, connector_id, task_id, world)?;
    world.remove::<SinkTask>(&task.key());
    Ok((204, None))
}

/// Change how many tasks there may be; older releases of the SDK send a text. The status is assumed.
pub(super) fn quota(call: &Call<'_>, place: Place<'_>, connector_id: &str, world: &mut World) -> Answer {
    let most = fields::body(call)?
        .number_or_text("sink_max_tasks", 1, u32::MAX)?
        .ok_or_else(|| invalid("sink_max_tasks must be given."))?;
    let mut connector = connectors::find(place, connector_id, world)?;
    connector.sink_max_tasks = most;
    world.put(&connector);
    Ok((204, None))
}
