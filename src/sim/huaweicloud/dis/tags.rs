//! Tags of streams. These calls name a stream by its id.

use super::Place;
use super::checks::{Fields, fault, invalid, objects};
use super::model::{Stream, Tag};
use crate::sim::huaweicloud::rest::{Answer, Call, Fault};
use crate::sim::world::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const MOST: usize = 10;

fn find(world: &World, at: Place<'_>) -> Result<Stream, Fault> {
    streams(world, at.project)
        .into_iter()
        .find(|s| s.stream_id == at.name)
        .ok_or_else(|| fault(4603, format!("The resource does not exist. {}", at.name)))
}

fn streams(world: &World, project: &str) -> Vec<Stream> {
    world.list(&format!("{project}/"))
}

fn read(tag: Fields<'_>) -> Result<Tag, Fault> {
    let key = tag.need("key")?;
    let value = tag.text("value")?.unwrap_or_default();
    if key.chars().count() > 36 {
        return Err(invalid("key", tag.value("key")));
    }
    if value.chars().count() > 43 {
        return Err(invalid("value", tag.value("value")));
    }
    Ok(Tag {
        key: key.to_string(),
        value: value.to_string(),
    })
}

/// The tags of an array; of two with one key the later holds.
pub(super) fn read_tags(items: &[Value]) -> Result<Vec<Tag>, Fault> {
    let mut tags = Vec::new();
    for tag in objects("tags", items)? {
        set(&mut tags, read(tag)?)?;
    }
    Ok(tags)
}

fn set(tags: &mut Vec<Tag>, tag: Tag) -> Result<(), Fault> {
    if let Some(same) = tags.iter_mut().find(|t| t.key == tag.key) {
        same.value = tag.value;
        return Ok(());
    }
    if tags.len() >= MOST {
        return Err(fault(4601, format!("A resource has at most {MOST} tags.")));
    }
    tags.push(tag);
    Ok(())
}

fn unset(tags: &mut Vec<Tag>, key: &str) -> Result<(), Fault> {
    let before = tags.len();
    tags.retain(|t| t.key != key);
    match tags.len() < before {
        true => Ok(()),
        false => Err(fault(4604, format!("The tag key does not exist. {key}"))),
    }
}

pub(super) fn create(call: &Call<'_>, world: &mut World, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    let tag = read(body.object("tag")?.ok_or_else(|| invalid("tag", None))?)?;
    let mut stream = find(world, at)?;
    set(&mut stream.tags, tag)?;
    world.put(&stream);
    Ok((204, None))
}

pub(super) fn show(world: &World, at: Place<'_>) -> Answer {
    let stream = find(world, at)?;
    Ok((200, Some(json!({"tags": stream.tags, "sys_tags": stream.sys_tags}))))
}

pub(super) fn delete(world: &mut World, at: Place<'_>) -> Answer {
    let mut stream = find(world, at)?;
    unset(&mut stream.tags, at.inner)?;
    world.put(&stream);
    Ok((204, None))
}

pub(super) fn batch(call: &Call<'_>, world: &mut World, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    let action = body.need("action")?;
    let tags = read_tags(body.array("tags")?)?;
    let mut stream = find(world, at)?;
    if tags.is_empty() {
        return Err(invalid("tags", body.value("tags")));
    }
    for tag in tags {
        match action {
            "create" => set(&mut stream.tags, tag)?,
            "delete" => unset(&mut stream.tags, &tag.key)?,
            other => return Err(fault(4605, format!("The action is not supported. {other}"))),
        }
    }
    world.put(&stream);
    Ok((204, None))
}

/// Every key in the project with its values.
pub(super) fn list(world: &World, at: Place<'_>) -> (u16, Option<Value>) {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for tag in streams(world, at.project).into_iter().flat_map(|s| s.tags) {
        keys.entry(tag.key).or_default().insert(tag.value);
    }
    let rows: Vec<Value> = keys
        .into_iter()
        .map(|(key, values)| json!({"key": key, "values": values}))
        .collect();
    (200, Some(json!({"tags": rows})))
}

/// Streams by tags: each key must be there, with one of its values where values are given.
pub(super) fn resources(call: &Call<'_>, world: &World, at: Place<'_>) -> Answer {
    let body = Fields::of(call)?;
    let action = body.need("action")?;
    if !["filter", "count"].contains(&action) {
        return Err(fault(4605, format!("The action is not supported. {action}")));
    }
    let mut wanted: Vec<(&str, Vec<&str>)> = Vec::new();
    for tag in objects("tags", body.array("tags")?)? {
        let values = tag.array("values")?.iter().filter_map(Value::as_str);
        wanted.push((tag.need("key")?, values.collect()));
    }
    let fits = |s: &Stream| {
        let has = |key: &str, values: &[&str]| {
            let mut of_key = s.tags.iter().filter(|t| t.key == key);
            of_key.any(|t| values.is_empty() || values.contains(&t.value.as_str()))
        };
        wanted.iter().all(|(key, values)| has(key, values))
    };
    let found: Vec<Stream> = streams(world, at.project).into_iter().filter(fits).collect();
    let mut reply = json!({"total_count": found.len()});
    if action == "filter" {
        let skip = paging(body, "offset", 0)?;
        let limit = paging(body, "limit", 10)?;
        let row = |s: &Stream| json!({"resource_id": s.stream_id, "resource_name": s.name, "tags": s.tags});
        let page: Vec<Value> = found.iter().skip(skip).take(limit).map(row).collect();
        reply["resources"] = json!(page);
    }
    Ok((200, Some(reply)))
}

/// A number that SDKs send as a number or as a text.
fn paging(body: Fields<'_>, name: &str, default: usize) -> Result<usize, Fault> {
    match body.value(name) {
        None => Ok(default),
        Some(value) => value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .or_else(|| value.as_str().and_then(|t| t.parse().ok()))
            .ok_or_else(|| invalid(name, Some(value))),
    }
}
