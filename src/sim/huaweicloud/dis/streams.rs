//! Streams: creation, reading, change of the partition count and of the settings, deletion, permissions.
//! What the API reference leaves open is decided here and marked "assumed".

use super::Place;
use super::checks::{Fields, fault, invalid, objects, short_id};
use super::model::{Checkpoint, DumpTask, Partition, Policy, Scaling, Stream, Tag, stream_key};
use super::tags::read_tags;
use crate::sim::huaweicloud::rest::{Answer, Call, Fault};
use crate::sim::world::{Now, Settings, World};
use serde_json::{Map, Value, json};

const HOUR_MS: i64 = 3_600_000;
const DATA_TYPES: &[&str] = &["BLOB", "JSON", "CSV", "FILE"];
/// Most partitions in all streams of a type, together, in one project.
const QUOTAS: [(&str, usize); 2] = [("COMMON", 50), ("ADVANCED", 10)];

/// The stream of this name, with every change of its partition count that is done by now.
pub(super) fn find(world: &World, now: Now, project: &str, name: &str) -> Result<Stream, Fault> {
    let mut stream = world
        .get::<Stream>(&stream_key(project, name))
        .ok_or_else(|| fault(4301, format!("The stream does not exist. {name}")))?;
    settle(&mut stream, &world.settings, now.world_ms);
    Ok(stream)
}

/// As [`find`], and the stream must be running.
pub(super) fn find_running(world: &World, now: Now, project: &str, name: &str) -> Result<Stream, Fault> {
    let stream = find(world, now, project, name)?;
    match stream.status(&world.settings, now.world_ms) {
        "RUNNING" => Ok(stream),
        _ => Err(fault(4205, format!("The stream is not running. {name}"))),
    }
}

fn settle(stream: &mut Stream, settings: &Settings, now_ms: i64) {
    let Some(open) = stream.scalings.iter_mut().find(|s| s.done_ms.is_none()) else {
        return;
    };
    let end = open.asked_ms.saturating_add(settings.stream_scale_ms);
    if now_ms < end {
        return;
    }
    open.done_ms = Some(end);
    let target = open.to;
    let active = stream.active().count();
    // Assumed: the newest partitions close first, and closed ones do not open again.
    for partition in stream
        .partitions
        .iter_mut()
        .rev()
        .filter(|p| p.closed_ms.is_none())
        .take(active.saturating_sub(target))
    {
        partition.closed_ms = Some(end);
    }
    let next = stream.partitions.last().map_or(0, |p| p.number.saturating_add(1));
    let more = target.saturating_sub(active);
    stream
        .partitions
        .extend((next..next.saturating_add(more)).map(partition));
    stream.modified_ms = end;
}

fn partition(number: usize) -> Partition {
    Partition {
        number,
        closed_ms: None,
    }
}

pub(super) fn create(call: &Call<'_>, world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    let name = body.name("stream_name", 64)?;
    let count = whole(body, "partition_count")?.ok_or_else(|| invalid("partition_count", None))?;
    let stream_type = body.choice("stream_type", &["COMMON", "ADVANCED"])?.unwrap_or("COMMON");
    let delimiter = match body.object("csv_properties")? {
        Some(csv) => csv.text("delimiter")?,
        None => None,
    };
    let mut stream = Stream {
        project: at.project.to_string(),
        name: name.to_string(),
        stream_id: short_id(&format!("{}/{name}/{}/{}", at.project, now.world_ms, now.request)),
        stream_type: stream_type.to_string(),
        data_type: "BLOB".to_string(),
        data_duration: 24,
        data_schema: None,
        csv_delimiter: delimiter.map(str::to_string),
        compression_format: body
            .choice("compression_format", &["snappy", "gzip", "zip"])?
            .map(str::to_string),
        auto_scale_enabled: false,
        auto_scale_min_partition_count: 0,
        auto_scale_max_partition_count: 0,
        tags: read_tags(body.array("tags")?)?,
        sys_tags: sys_tags(body)?,
        partitions: (0..count).map(partition).collect(),
        scalings: Vec::new(),
        policies: Vec::new(),
        created_ms: now.world_ms,
        modified_ms: now.world_ms,
    };
    read_settings(body, &mut stream)?;
    if world.has::<Stream>(&stream_key(at.project, name)) {
        return Err(fault(4307, format!("The stream already exists. {name}")));
    }
    check_quota(world, now, &stream, count)?;
    world.put(&stream);
    Ok((201, None))
}

/// A count of partitions: a whole number from 1. The upper end is the quota's, and a bound on the work of one request.
fn whole(body: Fields<'_>, name: &str) -> Result<Option<usize>, Fault> {
    let number = body.int(name, 1..=10_000)?;
    Ok(number.and_then(|n| usize::try_from(n).ok()))
}

/// The settings that creation and [`update`] share; what is absent stays.
fn read_settings(body: Fields<'_>, stream: &mut Stream) -> Result<(), Fault> {
    if let Some(kind) = body.choice("data_type", DATA_TYPES)? {
        stream.data_type = kind.to_string();
    }
    if let Some(hours) = body.int("data_duration", 24..=168)? {
        // 24 to 72 hours, or whole days up to a week.
        if hours > 72 && hours % 24 != 0 {
            return Err(invalid("data_duration", body.value("data_duration")));
        }
        stream.data_duration = hours;
    }
    if let Some(schema) = body.text("data_schema")? {
        check_schema(schema)?;
        stream.data_schema = Some(schema.to_string());
    }
    if let Some(on) = body.flag("auto_scale_enabled")? {
        stream.auto_scale_enabled = on;
    }
    let range = if stream.auto_scale_enabled { 1 } else { 0 }..=10_000;
    let (least, most) = ("auto_scale_min_partition_count", "auto_scale_max_partition_count");
    if let Some(count) = body.int(least, range.clone())? {
        stream.auto_scale_min_partition_count = count;
    }
    if let Some(count) = body.int(most, range)? {
        stream.auto_scale_max_partition_count = count;
    }
    if stream.auto_scale_enabled && stream.auto_scale_max_partition_count < stream.auto_scale_min_partition_count {
        return Err(invalid(most, body.value(most)));
    }
    Ok(())
}

/// An Avro schema as far as a mistake shows at once: JSON, a record with a name and fields that have a name and a type.
fn check_schema(text: &str) -> Result<(), Fault> {
    let bad = |why: &str| fault(4360, format!("The data schema is invalid. [{why}]"));
    let schema: Value = serde_json::from_str(text).map_err(|_| bad("not JSON"))?;
    let Some(kind) = schema.get("type").and_then(Value::as_str) else {
        return Err(bad("no type"));
    };
    if kind != "record" {
        return Ok(());
    }
    let named = |v: &Value| v.get("name").and_then(Value::as_str).is_some_and(|n| !n.is_empty());
    let fields = schema.get("fields").and_then(Value::as_array);
    match fields {
        _ if !named(&schema) => Err(bad("a record without name")),
        Some(fields) if fields.iter().all(|f| named(f) && f.get("type").is_some()) => Ok(()),
        Some(_) => Err(bad("a field without name or type")),
        None => Err(bad("a record without fields")),
    }
}

fn sys_tags(body: Fields<'_>) -> Result<Vec<Tag>, Fault> {
    let items = body.array("sys_tags")?;
    let bad = || invalid("sys_tags", body.value("sys_tags"));
    if items.len() > 1 {
        return Err(bad());
    }
    let mut tags = Vec::new();
    for tag in objects("sys_tags", items)? {
        let (key, value) = (tag.need("key")?, tag.need("value")?);
        let uuid = value.len() == 36 && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if key != "_sys_enterprise_project_id" || !(uuid || value == "0") {
            return Err(bad());
        }
        tags.push(Tag {
            key: key.to_string(),
            value: value.to_string(),
        });
    }
    Ok(tags)
}

/// Whether `count` partitions for this stream fit beside those of the project's others.
fn check_quota(world: &World, now: Now, stream: &Stream, count: usize) -> Result<(), Fault> {
    let most = QUOTAS
        .iter()
        .find(|(kind, _)| *kind == stream.stream_type)
        .map_or(0, |(_, n)| *n);
    let others = world.list::<Stream>(&format!("{}/", stream.project));
    let used: usize = others
        .into_iter()
        .filter(|s| s.stream_type == stream.stream_type && s.name != stream.name)
        .map(|mut s| {
            settle(&mut s, &world.settings, now.world_ms);
            s.active().count()
        })
        .sum();
    match used.saturating_add(count) <= most {
        true => Ok(()),
        false => Err(fault(
            4308,
            format!(
                "The stream quota is exceeded. [{used} of {most} {} partitions in use]",
                stream.stream_type
            ),
        )),
    }
}

pub(super) fn list(call: &Call<'_>, world: &World, now: Now, at: Place<'_>) -> Answer {
    let limit = call.number("limit", 10, 100);
    let mut all = world.list::<Stream>(&format!("{}/", at.project));
    all.iter_mut().for_each(|s| settle(s, &world.settings, now.world_ms));
    let total = all.len();
    // The cursor itself is not part of the page.
    if let Some(start) = call.query("start_stream_name") {
        all.retain(|s| s.name.as_str() > start);
    }
    let more = all.len() > limit;
    all.truncate(limit);
    let row = |s: &Stream| {
        let mut row = description(s, &world.settings, now.world_ms);
        row.insert("partition_count".to_string(), json!(s.active().count()));
        Value::Object(row)
    };
    Ok((
        200,
        Some(json!({
            "total_number": total,
            "stream_names": all.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
            "stream_info_list": all.iter().map(row).collect::<Vec<_>>(),
            "has_more_streams": more,
        })),
    ))
}

/// What the list and the details both tell.
fn description(stream: &Stream, settings: &Settings, now_ms: i64) -> Map<String, Value> {
    let members = json!({
        "stream_id": stream.stream_id,
        "stream_name": stream.name,
        "create_time": stream.created_ms,
        "retention_period": stream.data_duration,
        "status": stream.status(settings, now_ms),
        "stream_type": stream.stream_type,
        "data_type": stream.data_type,
        "tags": stream.tags,
        "sys_tags": stream.sys_tags,
        "auto_scale_enabled": stream.auto_scale_enabled,
        "auto_scale_min_partition_count": stream.auto_scale_min_partition_count,
        "auto_scale_max_partition_count": stream.auto_scale_max_partition_count,
    });
    match members {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

pub(super) fn show(call: &Call<'_>, world: &World, now: Now, at: Place<'_>) -> Answer {
    let stream = find(world, now, at.project, at.name)?;
    let limit = call.number("limit_partitions", 100, 1000);
    let mut partitions = partitions(&stream, &world.settings, now.world_ms);
    let readable = partitions.iter().filter(|p| p["status"] != "EXPIRED").count();
    if let Some(start) = call.query("start_partitionId") {
        let start = partition_id(start).unwrap_or_else(|| start.to_string());
        partitions.retain(|p| p["partition_id"].as_str().is_some_and(|id| id > start.as_str()));
    }
    let more = partitions.len() > limit;
    partitions.truncate(limit);
    let mut reply = description(&stream, &world.settings, now.world_ms);
    let mut set = |name: &str, value: Value| {
        reply.insert(name.to_string(), value);
    };
    set("last_modified_time", json!(stream.modified_ms));
    set("writable_partition_count", json!(stream.active().count()));
    set("readable_partition_count", json!(readable));
    set("partitions", json!(partitions));
    set("has_more_partitions", json!(more));
    let done = stream.scalings.iter().filter(|s| s.done_ms.is_some());
    let rows: Vec<Value> = done.map(scaling_row).collect();
    if !rows.is_empty() {
        set("update_partition_counts", json!(rows));
    }
    if let Some(schema) = &stream.data_schema {
        set("data_schema", json!(schema));
    }
    if let Some(format) = &stream.compression_format {
        set("compression_format", json!(format));
    }
    if let Some(delimiter) = &stream.csv_delimiter {
        set("csv_properties", json!({"delimiter": delimiter}));
    }
    Ok((200, Some(Value::Object(reply))))
}

/// No `result_msg`: SDKs disagree whether it is a number or a text.
fn scaling_row(scaling: &Scaling) -> Value {
    json!({
        "create_timestamp": scaling.asked_ms,
        "src_partition_count": scaling.from,
        "target_partition_count": scaling.to,
        "result_code": 200,
        "auto_scale": false,
    })
}

/// Every partition in the form of the details. The open ones share the hash keys evenly, as the smallest number first.
fn partitions(stream: &Stream, settings: &Settings, now_ms: i64) -> Vec<Value> {
    let open = stream.active().count().max(1) as u128;
    let keys = 1_u128 << 63;
    let mut rank = 0_u128;
    let kept_ms = stream.data_duration.saturating_mul(HOUR_MS);
    let creating = stream.status(settings, now_ms) == "CREATING";
    let mut rows = Vec::new();
    for partition in &stream.partitions {
        let status = match partition.closed_ms {
            None if creating => "CREATING",
            None => "ACTIVE",
            Some(closed) if now_ms < closed.saturating_add(kept_ms) => "DELETED",
            Some(_) => "EXPIRED",
        };
        let mut row = json!({
            "status": status,
            "partition_id": partition.id(),
            "sequence_number_range": "[0 : 0]",
        });
        if partition.closed_ms.is_none() {
            let (from, to) = (keys * rank / open, keys * (rank + 1) / open - 1);
            row["hash_range"] = json!(format!("[{from} : {to}]"));
            rank += 1;
        }
        rows.push(row);
    }
    rows
}

/// The full id of a partition named by it or by its number.
pub(super) fn partition_id(text: &str) -> Option<String> {
    let digits = text.strip_prefix("shardId-").unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| plain)?;
    Some(
        Partition {
            number,
            closed_ms: None,
        }
        .id(),
    )
}

pub(super) fn change_partitions(call: &Call<'_>, world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let mut stream = find_running(world, now, at.project, at.name)?;
    let body = Fields::of(call)?;
    same_name(body, at.name)?;
    let target = whole(body, "target_partition_count")?.ok_or_else(|| invalid("target_partition_count", None))?;
    let current = stream.active().count();
    if stream.scalings.iter().any(|s| s.done_ms.is_none()) {
        // Assumed: the reference does not say what a second change meets.
        return Err(fault(4200, "Invalid request. [The stream is being scaled.]"));
    }
    if target != current {
        check_quota(world, now, &stream, target)?;
        check_pace(&stream, &world.settings, now.world_ms)?;
        stream.scalings.push(Scaling {
            asked_ms: now.world_ms,
            from: current,
            to: target,
            done_ms: None,
        });
        world.put(&stream);
    }
    Ok((
        200,
        Some(json!({
            "stream_name": stream.name,
            "current_partition_count": current,
            "target_partition_count": target,
        })),
    ))
}

/// One change an hour: every change here succeeds, so the limit of five attempts is never met.
fn check_pace(stream: &Stream, settings: &Settings, now_ms: i64) -> Result<(), Fault> {
    let last = stream.scalings.iter().filter_map(|s| s.done_ms).max();
    match last.filter(|last| settings.limit_stream_scaling && now_ms < last.saturating_add(HOUR_MS)) {
        None => Ok(()),
        // Assumed: the reference gives the rule and no code for it.
        Some(_) => Err(fault(
            4200,
            "Invalid request. [A stream that was scaled cannot be scaled again within one hour.]",
        )),
    }
}

/// A body may repeat the stream's name, and not contradict the path.
fn same_name(body: Fields<'_>, name: &str) -> Result<(), Fault> {
    match body.text("stream_name")? {
        Some(other) if other != name => Err(invalid("stream_name", body.value("stream_name"))),
        _ => Ok(()),
    }
}

pub(super) fn update(call: &Call<'_>, world: &mut World, now: Now, at: Place<'_>) -> Answer {
    let mut stream = find_running(world, now, at.project, at.name)?;
    let body = Fields::of(call)?;
    same_name(body, at.name)?;
    read_settings(body, &mut stream)?;
    stream.modified_ms = now.world_ms;
    world.put(&stream);
    Ok((204, None))
}

pub(super) fn delete(world: &mut World, at: Place<'_>) -> Answer {
    let key = stream_key(at.project, at.name);
    if !world.has::<Stream>(&key) {
        return Err(fault(4301, format!("The stream does not exist. {}", at.name)));
    }
    // Assumed: the reference does not say what becomes of the tasks. To refuse loses nothing.
    if world.any::<DumpTask>(&format!("{key}/")) {
        return Err(fault(
            4200,
            format!("Invalid request. [The stream {} still has dump tasks.]", at.name),
        ));
    }
    let checkpoints = world.list::<Checkpoint>(&format!("{}/", at.project));
    for checkpoint in checkpoints.iter().filter(|c| c.stream == at.name) {
        world.remove::<Checkpoint>(&crate::sim::world::Object::key(checkpoint));
    }
    world.remove::<Stream>(&key);
    Ok((204, None))
}

pub(super) fn create_policy(call: &Call<'_>, world: &mut World, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    let policy = Policy {
        principal_name: body.need("principal_name")?.to_string(),
        action_type: body
            .choice("action_type", &["putRecords", "getRecords"])?
            .ok_or_else(|| invalid("action_type", None))?
            .to_string(),
        effect: body
            .choice("effect", &["accept"])?
            .ok_or_else(|| invalid("effect", None))?
            .to_string(),
    };
    let mut stream = stored(world, at)?;
    if let Some(id) = body.text("stream_id")?
        && id != stream.stream_id
    {
        return Err(invalid("stream_id", body.value("stream_id")));
    }
    if !stream.policies.contains(&policy) {
        stream.policies.push(policy);
        world.put(&stream);
    }
    Ok((201, None))
}

pub(super) fn list_policies(world: &World, at: Place<'_>) -> Answer {
    let stream = stored(world, at)?;
    let rule = |p: &Policy| {
        json!({
            "principal": p.principal_name,
            "principal_name": p.principal_name,
            "action_type": p.action_type,
            "effect": p.effect,
        })
    };
    let rules: Vec<Value> = stream.policies.iter().map(rule).collect();
    Ok((200, Some(json!({"stream_id": stream.stream_id, "rules": rules}))))
}

/// The stream as it is kept, whatever of it is in progress.
fn stored(world: &World, at: Place<'_>) -> Result<Stream, Fault> {
    world
        .get(&stream_key(at.project, at.name))
        .ok_or_else(|| fault(4301, format!("The stream does not exist. {}", at.name)))
}
