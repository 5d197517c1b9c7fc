//! Smart Connect tasks of an instance: create, show, list, modify, delete, and pausing, resuming, restarting. Never gives
//! back a secret. A task keeps running when its bucket goes: what the service does then is not documented.

use super::fields::{self, Fields, MAX_TASKS};
use super::model::SmartConnectTask;
use super::smart_fields::{self, Sent};
use super::{Place, busy, connectors, instances, invalid, next_id, no_task, quota_reached, sink_tasks};
use crate::sim::huaweicloud::rest::{Answer, Call, Fault};
use crate::sim::world::{Object, World};
use serde_json::{Map, Value, json};

/// Create. The reply shows the whole task.
pub(super) fn create(call: &Call<'_>, place: Place<'_>, instance: &str, world: &mut World) -> Answer {
    let body = fields::body(call)?;
    let sent = smart_fields::read(body, false)?;
    let later = body.flag("start_later")?.unwrap_or(false);
    instances::find_ready(place, instance, world)?;
    connectors::of_instance(world, instance).ok_or_else(connectors::not_enabled)?;
    check_sink_bucket(&sent, place, world)?;
    let others = all(instance, world);
    name_is_free(&others, &sent.task_name, None)?;
    if others.len() >= MAX_TASKS as usize {
        return Err(quota_reached());
    }
    let mut task = SmartConnectTask {
        instance_id: instance.to_string(),
        id: next_id(world, &format!("connector-task/{instance}/{}", sent.task_name)),
        task_name: String::new(),
        topics: String::new(),
        topics_regex: String::new(),
        source_type: String::new(),
        source_task: None,
        sink_type: String::new(),
        sink_task: None,
        credentials_digest: String::new(),
        status: if later { "WAITING" } else { "RUNNING" }.to_string(),
        created_ms: place.now.world_ms,
        restarted_ms: None,
    };
    apply(&mut task, sent);
    world.put(&task);
    Ok((200, Some(reply(&task, place, world))))
}

fn apply(task: &mut SmartConnectTask, sent: Sent) {
    task.task_name = sent.task_name;
    task.topics = sent.topics.topics;
    task.topics_regex = sent.topics.topics_regex;
    task.source_type = sent.source_type;
    task.source_task = sent.source_task;
    task.sink_type = sent.sink_type;
    task.sink_task = sent.sink_task;
    if let Some(digest) = sent.credentials_digest {
        task.credentials_digest = digest;
    }
}

fn check_sink_bucket(sent: &Sent, place: Place<'_>, world: &World) -> Result<(), Fault> {
    let bucket = sent.sink_task.as_ref().and_then(|s| s.get("obs_bucket_name"));
    match bucket.and_then(Value::as_str) {
        Some(name) => sink_tasks::check_bucket(place, name, world),
        None => Ok(()),
    }
}

/// Names are unique within an instance (user guide); the code of the refusal is assumed.
fn name_is_free(others: &[SmartConnectTask], name: &str, own_id: Option<&str>) -> Result<(), Fault> {
    let taken = |t: &SmartConnectTask| t.task_name == name && own_id != Some(t.id.as_str());
    match others.iter().any(taken) {
        true => Err(invalid(format!("The task name {name} already exists."))),
        false => Ok(()),
    }
}

/// The status, with what is being done to the task.
fn status<'a>(task: &'a SmartConnectTask, place: Place<'_>, world: &World) -> &'a str {
    let takes_ms = world.settings.smart_connect_task_ms;
    let during = |since: i64| place.now.world_ms < since.saturating_add(takes_ms);
    match (task.status.as_str(), task.restarted_ms) {
        ("RUNNING", Some(since)) if during(since) => "RESTARTING",
        ("RUNNING", None) if during(task.created_ms) => "CREATING",
        (status, _) => status,
    }
}

fn reply(task: &SmartConnectTask, place: Place<'_>, world: &World) -> Value {
    let mut reply = json!({
        "task_name": task.task_name,
        "source_type": task.source_type,
        "source_task": task.source_task,
        "sink_type": task.sink_type,
        "sink_task": task.sink_task,
        "id": task.id,
        "status": status(task, place, world),
        "create_time": task.created_ms,
    });
    for (name, value) in [("topics", &task.topics), ("topics_regex", &task.topics_regex)] {
        if !value.is_empty() {
            reply[name] = json!(value);
        }
    }
    reply
}

/// The tasks of an instance: none where the connector is gone.
fn all(instance: &str, world: &World) -> Vec<SmartConnectTask> {
    match connectors::of_instance(world, instance) {
        Some(_) => world.list::<SmartConnectTask>(&format!("{instance}/")),
        None => Vec::new(),
    }
}

/// List, oldest first.
pub(super) fn list(call: &Call<'_>, place: Place<'_>, instance: &str, world: &mut World) -> Answer {
    instances::find(place, instance, world)?;
    let mut all = all(instance, world);
    all.sort_by(|a, b| (a.created_ms, &a.task_name).cmp(&(b.created_ms, &b.task_name)));
    let replies: Vec<Value> = all.iter().map(|task| reply(task, place, world)).collect();
    let total = replies.len();
    let tasks = instances::page(call, replies)?;
    Ok((
        200,
        Some(json!({
            "tasks": tasks,
            "total_number": total,
            "max_tasks": MAX_TASKS,
            "quota_tasks": MAX_TASKS,
        })),
    ))
}

fn find(place: Place<'_>, instance: &str, id: &str, world: &mut World) -> Result<SmartConnectTask, Fault> {
    instances::find(place, instance, world)?;
    let mut all = all(instance, world).into_iter();
    all.find(|task| task.id == id).ok_or_else(no_task)
}

/// Show.
pub(super) fn show(place: Place<'_>, instance: &str, id: &str, world: &mut World) -> Answer {
    let task = find(place, instance, id, world)?;
    Ok((200, Some(reply(&task, place, world))))
}

/// Modify. Every field may be left out and then stays, secrets too; one of `topics` and `topics_regex` takes the place of
/// the other. What the service does with a part of `sink_task` is not documented; assumed: the same.
pub(super) fn modify(call: &Call<'_>, place: Place<'_>, instance: &str, id: &str, world: &mut World) -> Answer {
    let sent = fields::body(call)?;
    let mut task = find(place, instance, id, world)?;
    settled(&task, place, world)?;
    let merged = merged(&task, sent)?;
    let secrets_known = !task.credentials_digest.is_empty();
    let whole = smart_fields::read(Fields(&merged), secrets_known)?;
    check_sink_bucket(&whole, place, world)?;
    let others = all(instance, world);
    name_is_free(&others, &whole.task_name, Some(id))?;
    apply(&mut task, whole);
    world.put(&task);
    Ok((200, Some(reply(&task, place, world))))
}

/// The task's fields with the sent ones over them.
fn merged(task: &SmartConnectTask, sent: Fields<'_>) -> Result<Map<String, Value>, Fault> {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| all.insert(name.to_string(), value);
    let topics = sent.text("topics")?.is_some() || sent.text("topics_regex")?.is_some();
    for (name, old) in [("topics", &task.topics), ("topics_regex", &task.topics_regex)] {
        let value = match topics {
            true => sent.text(name)?.unwrap_or_default(),
            false => old,
        };
        put(name, json!(value));
    }
    for (name, old) in [
        ("task_name", &task.task_name),
        ("source_type", &task.source_type),
        ("sink_type", &task.sink_type),
    ] {
        put(name, json!(sent.text(name)?.unwrap_or(old)));
    }
    for (name, old) in [("source_task", &task.source_task), ("sink_task", &task.sink_task)] {
        let mut end = old.clone().unwrap_or_default();
        if let Some(new) = sent.object(name)? {
            // An address takes the place of the other kind of address.
            if new.text("instance_id")?.is_some() || new.text("bootstrap_servers")?.is_some() {
                end.remove("instance_id");
                end.remove("bootstrap_servers");
            }
            end.extend(new.0.clone());
        }
        put(name, Value::Object(end));
    }
    Ok(all)
}

/// Delete, in whatever status.
pub(super) fn delete(place: Place<'_>, instance: &str, id: &str, world: &mut World) -> Answer {
    let task = find(place, instance, id, world)?;
    world.remove::<SmartConnectTask>(&task.key());
    Ok((204, None))
}

/// Nothing must be in progress. Assumed, with its code: the reference does not say what a call then answers.
fn settled(task: &SmartConnectTask, place: Place<'_>, world: &World) -> Result<(), Fault> {
    match status(task, place, world) {
        "CREATING" | "RESTARTING" => Err(busy()),
        _ => Ok(()),
    }
}

fn not_started() -> Fault {
    invalid("The task has not been started; restart starts it.")
}

/// Pause. Pausing a paused task changes nothing (assumed).
pub(super) fn pause(place: Place<'_>, instance: &str, id: &str, world: &mut World) -> Answer {
    set_status(place, instance, id, world, "PAUSED")
}

/// Resume a paused task. Resuming a running one changes nothing (assumed).
pub(super) fn resume(place: Place<'_>, instance: &str, id: &str, world: &mut World) -> Answer {
    set_status(place, instance, id, world, "RUNNING")
}

fn set_status(place: Place<'_>, instance: &str, id: &str, world: &mut World, to: &str) -> Answer {
    let mut task = find(place, instance, id, world)?;
    settled(&task, place, world)?;
    if task.status == "WAITING" {
        return Err(not_started());
    }
    task.status = to.to_string();
    world.put(&task);
    Ok((204, None))
}

/// Restart a running or paused task, or start one that waits for it.
pub(super) fn restart(place: Place<'_>, instance: &str, id: &str, world: &mut World) -> Answer {
    let mut task = find(place, instance, id, world)?;
    settled(&task, place, world)?;
    task.status = "RUNNING".to_string();
    task.restarted_ms = Some(place.now.world_ms);
    world.put(&task);
    Ok((204, None))
}
