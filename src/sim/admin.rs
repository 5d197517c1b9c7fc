//! Changes the world behind the tool's back: as functions, and over HTTP with JSON in and out.
//! `GET /objects`, `GET`/`PUT`/`PATCH`/`DELETE /objects/{kind}/{key}`, `GET`/`POST /clock`.
//! Not part of any cloud; needs no signature because it listens on loopback only.

use super::ClockOffset;
use super::world::{Now, ObjectId, World};
use crate::wire::request::{Request, Response};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// The JSON of one object.
pub fn get(world: &World, kind: &str, key: &str) -> Option<Value> {
    world.get_json(&id(kind, key)).cloned()
}

/// Stores a complete object.
///
/// # Errors
/// When the kind is unknown, or the JSON does not fit the kind or the key.
pub fn put(world: &mut World, kind: &str, key: &str, json: Value) -> Result<(), String> {
    let json = super::normal(kind, key, json)?;
    world.put_json(id(kind, key), json);
    Ok(())
}

/// Merges `patch` into an object (JSON merge patch, RFC 7396).
///
/// # Errors
/// When there is no such object, or the result does not fit the kind or the key.
pub fn patch(world: &mut World, kind: &str, key: &str, patch: &Value) -> Result<(), String> {
    let mut value = get(world, kind, key).ok_or_else(|| format!("no {kind} {key}"))?;
    merge(&mut value, patch);
    put(world, kind, key, value)
}

/// Removes an object; `false` when there was none. Nothing else is removed with it.
pub fn delete(world: &mut World, kind: &str, key: &str) -> bool {
    world.remove_json(&id(kind, key))
}

/// Moves the world clock forward.
pub fn advance(world: &mut World, ms: i64) {
    let before = world.get::<ClockOffset>("world").unwrap_or_default();
    world.put(&ClockOffset {
        offset_ms: before.offset_ms.saturating_add(ms),
    });
}

/// Answers one admin request.
pub(super) fn handle(request: &Request, world: &mut World, now: Now) -> Response {
    let path = percent_decode_str(&request.path).decode_utf8_lossy();
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let place = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let body = || -> Result<Value, String> {
        serde_json::from_slice(&request.body).map_err(|e| format!("the body is not JSON: {e}"))
    };
    match (request.method.as_str(), place) {
        ("GET", ("objects", "", "")) => {
            let all: Vec<Value> = world
                .objects()
                .map(|(o, v)| json!({"kind": o.kind, "key": o.key, "object": v}))
                .collect();
            answer(200, &Value::Array(all))
        }
        ("GET", ("objects", kind, key)) => match get(world, kind, key) {
            Some(value) => answer(200, &value),
            None => error(404, &format!("no {kind} {key}")),
        },
        ("PUT", ("objects", kind, key)) => done(body().and_then(|b| put(world, kind, key, b))),
        ("PATCH", ("objects", kind, key)) => {
            if get(world, kind, key).is_none() {
                return error(404, &format!("no {kind} {key}"));
            }
            done(body().and_then(|b| patch(world, kind, key, &b)))
        }
        ("DELETE", ("objects", kind, key)) => {
            if delete(world, kind, key) {
                done(Ok(()))
            } else {
                error(404, &format!("no {kind} {key}"))
            }
        }
        ("GET", ("clock", "", "")) => answer(200, &json!({"wire_ms": now.wire_ms, "world_ms": now.world_ms})),
        ("POST", ("clock", "", "")) => done(body().and_then(|b| {
            let ms = b
                .get("advance_ms")
                .and_then(Value::as_i64)
                .filter(|ms| *ms >= 0)
                .ok_or("`advance_ms` must be a whole number, 0 or more")?;
            advance(world, ms);
            Ok(())
        })),
        _ => error(404, "known: /objects, /objects/{kind}/{key}, /clock"),
    }
}

/// The reply to a change that could not be written.
pub(super) fn failed(cause: &str) -> Response {
    error(500, cause)
}

fn done(result: Result<(), String>) -> Response {
    match result {
        Ok(()) => answer(200, &json!({})),
        Err(message) => error(400, &message),
    }
}

fn error(status: u16, message: &str) -> Response {
    answer(status, &json!({ "error": message }))
}

fn answer(status: u16, value: &Value) -> Response {
    let mut text = value.to_string();
    text.push('\n');
    Response {
        status,
        headers: vec![("content-type".to_string(), "application/json".to_string())],
        body: Bytes::from(text),
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Value::Object(into) = target else { return };
    for (name, value) in fields {
        if value.is_null() {
            into.remove(name);
        } else {
            // serde_json limits the depth of what it reads, so this recursion is bounded.
            merge(into.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

fn id(kind: &str, key: &str) -> ObjectId {
    ObjectId {
        kind: kind.to_string(),
        key: key.to_string(),
    }
}
