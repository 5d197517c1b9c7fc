//! Dump tasks and their states. A task starts, runs, is stopped and started again; it is abnormal as long as something
//! that it needs is missing. The streams are taken to have records at all times: a running task delivers once in each
//! of its intervals.

use super::Place;
use super::checks::{Fields, fault, invalid, objects, short_id};
use super::model::{DumpTask, Stream, stream_key};
use super::{destinations, outside, streams};
use crate::sim::huaweicloud::rest::{Answer, Call, Fault};
use crate::sim::world::{Now, World};
use serde_json::{Value, json};

/// Most dump tasks of one stream.
const QUOTA: usize = 5;

pub(super) fn create(call: &Call<'_>, world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    let stream = streams::find_running(world, now, at.project, at.name)?;
    let wish = destinations::read(body, &stream)?;
    let tasks = of_stream(world, at);
    if tasks.iter().any(|t| t.name == wish.task_name) {
        return Err(fault(4355, format!("The dump task already exists. {}", wish.task_name)));
    }
    if tasks.len() >= QUOTA {
        return Err(fault(4357, format!("A stream has at most {QUOTA} dump tasks.")));
    }
    outside::check(world, at.project, &wish.destination_type, &wish.destination)?;
    let seed = format!("{}/{}/{}/{}", at.project, at.name, wish.task_name, now.world_ms);
    world.put(&DumpTask {
        project: at.project.to_string(),
        stream: at.name.to_string(),
        name: wish.task_name,
        task_id: short_id(&format!("{seed}/{}", now.request)),
        destination_type: wish.destination_type,
        destination: wish.destination,
        user_password_sha256: wish.user_password_sha256,
        created_ms: now.world_ms,
        delivers_from_ms: now.world_ms.saturating_add(world.settings.dump_start_ms),
        paused: false,
        abnormal_ms: None,
        delivered_ms: None,
    });
    Ok((201, None))
}

fn of_stream(world: &World, at: Place<'_>) -> Vec<DumpTask> {
    world.list(&format!("{}/", stream_key(at.project, at.name)))
}

fn check_stream(world: &World, at: Place<'_>) -> Result<(), Fault> {
    match world.has::<Stream>(&stream_key(at.project, at.name)) {
        true => Ok(()),
        false => Err(fault(4301, format!("The stream does not exist. {}", at.name))),
    }
}

/// The stream's tasks, after noticing what is missing now and what has come back.
fn settled(world: &mut World, now: Now, at: Place<'_>) -> Vec<DumpTask> {
    let mut tasks = of_stream(world, at);
    for task in tasks.iter_mut().filter(|t| !t.paused) {
        let whole = outside::check(world, at.project, &task.destination_type, &task.destination).is_ok();
        match (whole, task.abnormal_ms) {
            (false, None) => {
                task.delivered_ms = delivered(task, now.world_ms);
                task.abnormal_ms = Some(now.world_ms);
            }
            (true, Some(_)) => {
                task.abnormal_ms = None;
                task.delivers_from_ms = task.delivers_from_ms.max(now.world_ms);
            }
            _ => continue,
        }
        world.put(task);
    }
    tasks
}

fn state(task: &DumpTask, now_ms: i64) -> &'static str {
    if task.paused {
        "PAUSED"
    } else if task.abnormal_ms.is_some() {
        "ABNORMAL"
    } else if now_ms < task.delivers_from_ms {
        "STARTING"
    } else {
        "RUNNING"
    }
}

/// When the task last delivered, Unix ms.
fn delivered(task: &DumpTask, now_ms: i64) -> Option<i64> {
    if state(task, now_ms) != "RUNNING" {
        return task.delivered_ms;
    }
    let interval = task.destination.get("deliver_time_interval").and_then(Value::as_i64);
    let interval_ms = interval.unwrap_or(300).clamp(1, 900) * 1000;
    let ran_ms = now_ms.saturating_sub(task.delivers_from_ms);
    match ran_ms < interval_ms {
        true => task.delivered_ms,
        false => Some(now_ms.saturating_sub(ran_ms % interval_ms)),
    }
}

/// What the list and the details both tell.
fn row(task: &DumpTask, now_ms: i64) -> Value {
    let mut row = json!({
        "task_id": task.task_id,
        "task_name": task.name,
        "state": state(task, now_ms),
        "destination_type": task.destination_type,
        "create_time": task.created_ms,
    });
    if let Some(last) = delivered(task, now_ms) {
        row["last_transfer_timestamp"] = json!(last);
    }
    row
}

pub(super) fn list(world: &mut World, now: Now, at: Place<'_>) -> Answer {
    check_stream(world, at)?;
    let tasks = settled(world, now, at);
    let rows: Vec<Value> = tasks.iter().map(|t| row(t, now.world_ms)).collect();
    Ok((
        200,
        Some(json!({"total_number": rows.len(), "quota": QUOTA, "tasks": rows})),
    ))
}

fn missing(name: &str) -> Fault {
    fault(4354, format!("The dump task does not exist. {name}"))
}

pub(super) fn show(world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let stream = streams::find(world, now, at.project, at.name)?;
    let tasks = settled(world, now, at);
    let task = tasks
        .iter()
        .find(|t| t.name == at.inner)
        .ok_or_else(|| missing(at.inner))?;
    let mut reply = row(task, now.world_ms);
    let partition = |id: String| {
        let mut row = json!({
            "partitionId": id,
            "discard": 0,
            "state": state(task, now.world_ms),
            "last_transfer_offset": 0,
        });
        if let Some(last) = delivered(task, now.world_ms) {
            row["last_transfer_timestamp"] = json!(last);
        }
        row
    };
    reply["stream_id"] = json!(stream.stream_id);
    reply["stream_name"] = json!(stream.name);
    reply["exception_strategy"] = json!("ignoreAndBackup");
    reply["partitions"] = stream.active().map(|p| partition(p.id())).collect();
    let word = destinations::word(&task.destination_type);
    reply[format!("{word}_destination_description")] = json!(task.destination);
    if ["dws", "cloudtable"].contains(&word) {
        // So spelt in the API reference and in the SDKs made from it.
        reply[format!("{word}_destination_descripton")] = json!(task.destination);
    }
    Ok((200, Some(reply)))
}

pub(super) fn delete(world: &mut World, at: Place<'_>) -> Answer {
    check_stream(world, at)?;
    let key = format!("{}/{}", stream_key(at.project, at.name), at.inner);
    match world.remove::<DumpTask>(&key) {
        true => Ok((204, None)),
        false => Err(missing(at.inner)),
    }
}

/// Starts or stops tasks, named by their ids: all of them or, when one is missing, none.
pub(super) fn start_or_stop(call: &Call<'_>, world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    check_stream(world, at)?;
    let stop = match body.choice("action", &["start", "stop"])? {
        Some(action) => action == "stop",
        None => return Err(invalid("action", body.value("action"))),
    };
    let wanted = objects("tasks", body.array("tasks")?)?;
    if wanted.is_empty() {
        return Err(invalid("tasks", body.value("tasks")));
    }
    let tasks = settled(world, now, at);
    let mut changed = Vec::new();
    for id in wanted {
        let id = id.need("id")?;
        let task = tasks.iter().find(|t| t.task_id == id).ok_or_else(|| missing(id))?;
        changed.push(task.clone());
    }
    for mut task in changed.into_iter().filter(|t| t.paused != stop) {
        task.delivered_ms = delivered(&task, now.world_ms);
        task.abnormal_ms = None;
        task.paused = stop;
        if !stop {
            task.delivers_from_ms = now.world_ms.saturating_add(world.settings.dump_start_ms);
        }
        world.put(&task);
    }
    Ok((200, None))
}
