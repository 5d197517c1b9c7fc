//! Apps and their checkpoints. No records are carried, so that an app is never in use by a consumer.

use super::Place;
use super::checks::{Fields, fault, invalid, short_id};
use super::model::{App, Checkpoint, Stream};
use super::streams::{self, partition_id};
use crate::sim::huaweicloud::rest::{Answer, Call, Fault};
use crate::sim::world::{Now, Object, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn find(world: &World, project: &str, name: &str) -> Result<App, Fault> {
    world
        .get(&format!("{project}/{name}"))
        .ok_or_else(|| fault(4332, format!("The app does not exist. {name}")))
}

pub(super) fn create(call: &Call<'_>, world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let name = Fields::of(call)?.name("app_name", 200)?;
    let app = App {
        project: at.project.to_string(),
        name: name.to_string(),
        app_id: short_id(&format!("app/{}/{name}/{}/{}", at.project, now.world_ms, now.request)),
        created_ms: now.world_ms,
    };
    if world.has::<App>(&app.key()) {
        return Err(fault(4330, format!("The app already exists. {name}")));
    }
    world.put(&app);
    Ok((201, None))
}

pub(super) fn list(call: &Call<'_>, world: &World, at: Place<'_>) -> (u16, Option<Value>) {
    let limit = call.number("limit", 10, 100);
    let mut all = world.list::<App>(&format!("{}/", at.project));
    if let Some(stream) = call.query("stream_name") {
        all.retain(|app| read_by(world, app).contains(stream));
    }
    let total = all.len();
    if let Some(start) = call.query("start_app_name") {
        all.retain(|app| app.name.as_str() > start);
    }
    let more = all.len() > limit;
    all.truncate(limit);
    let row = |app: &App| json!({"app_id": app.app_id, "app_name": app.name, "create_time": app.created_ms});
    let rows: Vec<Value> = all.iter().map(row).collect();
    (
        200,
        Some(json!({"total_number": total, "apps": rows, "has_more_app": more})),
    )
}

/// The streams in which an app has checkpoints.
fn read_by(world: &World, app: &App) -> BTreeSet<String> {
    let checkpoints = world.list::<Checkpoint>(&format!("{}/", app.key()));
    checkpoints.into_iter().map(|c| c.stream).collect()
}

pub(super) fn show(world: &World, at: Place<'_>) -> Answer {
    let app = find(world, at.project, at.name)?;
    Ok((
        200,
        Some(json!({
            "app_id": app.app_id,
            "app_name": app.name,
            "create_time": app.created_ms,
            "commit_checkpoint_stream_names": read_by(world, &app),
        })),
    ))
}

pub(super) fn delete(world: &mut World, at: Place<'_>) -> Answer {
    let app = find(world, at.project, at.name)?;
    for checkpoint in world.list::<Checkpoint>(&format!("{}/", app.key())) {
        world.remove::<Checkpoint>(&checkpoint.key());
    }
    world.remove::<App>(&app.key());
    Ok((204, None))
}

pub(super) fn consumer_state(call: &Call<'_>, world: &World, now: Now, at: Place<'_>) -> Answer {
    check_type(call.query("checkpoint_type"))?;
    let app = find(world, at.project, at.name)?;
    let stream = streams::find(world, now, at.project, at.inner)?;
    let limit = call.number("limit", 100, 1000);
    let start = call.query("start_partition_id").and_then(partition_id);
    let ids = stream.partitions.iter().map(|p| p.id());
    let mut ids: Vec<String> = ids.filter(|id| start.as_ref().is_none_or(|s| id > s)).collect();
    let more = ids.len() > limit;
    ids.truncate(limit);
    let row = |id: &String| {
        let checkpoint = world.get::<Checkpoint>(&format!("{}/{}/{id}", app.key(), stream.name));
        // -1 says that nothing was committed.
        let number = checkpoint.map_or_else(|| "-1".to_string(), |c| c.sequence_number);
        json!({
            "partition_id": id,
            "sequence_number": number,
            "latest_offset": 0,
            "earliest_offset": 0,
            "checkpoint_type": "LAST_READ",
        })
    };
    Ok((
        200,
        Some(json!({
            "has_more": more,
            "stream_name": stream.name,
            "app_name": app.name,
            "partition_consuming_states": ids.iter().map(row).collect::<Vec<_>>(),
        })),
    ))
}

fn check_type(kind: Option<&str>) -> Result<(), Fault> {
    match kind {
        Some("LAST_READ") => Ok(()),
        other => Err(invalid("checkpoint_type", other.map(Value::from).as_ref())),
    }
}

/// The full id of a partition that the stream has.
fn partition_of(stream: &Stream, text: &str) -> Result<String, Fault> {
    let id = partition_id(text).ok_or_else(|| fault(4201, format!("The partition id is invalid. {text}")))?;
    match stream.partitions.iter().any(|p| p.id() == id) {
        true => Ok(id),
        false => Err(fault(4302, format!("The partition does not exist. {id}"))),
    }
}

pub(super) fn commit(call: &Call<'_>, world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    check_type(body.text("checkpoint_type")?)?;
    let app = find(world, at.project, body.name("app_name", 200)?)?;
    let stream = streams::find(world, now, at.project, body.name("stream_name", 64)?)?;
    let partition = partition_of(&stream, body.need("partition_id")?)?;
    let number = body.need("sequence_number")?;
    if number.parse::<i64>().is_err() {
        return Err(invalid("sequence_number", body.value("sequence_number")));
    }
    let metadata = body.text("metadata")?.unwrap_or_default();
    if metadata.chars().count() > 1000 {
        return Err(invalid("metadata", body.value("metadata")));
    }
    world.put(&Checkpoint {
        project: at.project.to_string(),
        app: app.name,
        stream: stream.name,
        partition,
        sequence_number: number.to_string(),
        metadata: metadata.to_string(),
    });
    Ok((201, None))
}

fn asked<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a str, Fault> {
    call.query(name).ok_or_else(|| invalid(name, None))
}

/// `project/app/stream/` of the query, of an app and a stream that are there.
fn place(call: &Call<'_>, world: &World, at: Place<'_>) -> Result<(Stream, String), Fault> {
    check_type(call.query("checkpoint_type"))?;
    let app = find(world, at.project, asked(call, "app_name")?)?;
    let name = asked(call, "stream_name")?;
    let stream: Stream = world
        .get(&format!("{}/{name}", at.project))
        .ok_or_else(|| fault(4301, format!("The stream does not exist. {name}")))?;
    let prefix = format!("{}/{name}/", app.key());
    Ok((stream, prefix))
}

/// The reference names status 204 for a reply with a body, which HTTP has no place for.
pub(super) fn show_checkpoint(call: &Call<'_>, world: &World, at: Place<'_>) -> Answer {
    let (stream, prefix) = place(call, world, at)?;
    let partition = partition_of(&stream, asked(call, "partition_id")?)?;
    let checkpoint = world
        .get::<Checkpoint>(&format!("{prefix}{partition}"))
        .ok_or_else(|| fault(4375, "The app has no checkpoint."))?;
    Ok((
        200,
        Some(json!({
            "sequence_number": checkpoint.sequence_number,
            "metadata": checkpoint.metadata,
        })),
    ))
}

pub(super) fn delete_checkpoints(call: &Call<'_>, world: &mut World, at: Place<'_>) -> Answer {
    let (stream, prefix) = place(call, world, at)?;
    let one = call
        .query("partition_id")
        .map(|p| partition_of(&stream, p))
        .transpose()?;
    for checkpoint in world.list::<Checkpoint>(&prefix) {
        if one.as_ref().is_none_or(|p| *p == checkpoint.partition) {
            world.remove::<Checkpoint>(&checkpoint.key());
        }
    }
    Ok((204, None))
}
