//! `huaweicloud_dis_stream`, resource and data source: a stream, its settings, partitions and tags. Settings change with
//! the v3 call, the number of partitions with the v2 call of the same path, whose outcome comes later.
//!
//! Source: DIS API reference (Creating a Stream, Querying Stream Details, Changing Partition Quantity, Updating Stream
//! Information, Adding or Deleting Tags in Batches); Terraform provider for Huawei Cloud: dis_stream.

mod partitions;

use super::api::{self, Ask, DIS, PROJECT, path, present};
use crate::base::Known;
use crate::driver::{BoxFuture, Call, DataDriver, Driver, DriverError, Effect, Failure, Limits, Session};
use crate::drivers::object::{decode, differences, encode, exists_otherwise, filled, identity, integer, same_document};
use http::Method;
use partitions::{PartitionReply, Partitions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The driver of the resource.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DisStream;

/// The driver of the data source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DisStreamData;

/// The key under which a stream names its enterprise project.
const ENTERPRISE_PROJECT: &str = "_sys_enterprise_project_id";

/// Attributes that the cloud sets where the user does not.
const LEFT_TO_CLOUD: &[&str] = &[
    "id",
    "region",
    "stream_type",
    "retention_period",
    "data_type",
    "enterprise_project_id",
    "stream_id",
    "created",
    "status",
    "writable_partition_count",
    "readable_partition_count",
    "partitions",
];

/// How long a stream or a task of one that was just made may stay invisible.
pub(super) const APPEAR_LIMITS: Limits = Limits {
    pause: Duration::from_millis(200),
    pause_max: Duration::from_secs(2),
    total: Duration::from_secs(60),
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Stream {
    id: Option<String>,
    region: Option<String>,
    stream_name: String,
    #[serde(deserialize_with = "integer")]
    partition_count: Option<i64>,
    stream_type: Option<String>,
    #[serde(deserialize_with = "integer")]
    retention_period: Option<i64>,
    data_type: Option<String>,
    data_schema: Option<String>,
    csv_delimiter: Option<String>,
    compression_format: Option<String>,
    #[serde(deserialize_with = "integer")]
    auto_scale_min_partition_count: Option<i64>,
    #[serde(deserialize_with = "integer")]
    auto_scale_max_partition_count: Option<i64>,
    enterprise_project_id: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    stream_id: Option<String>,
    #[serde(deserialize_with = "integer")]
    created: Option<i64>,
    status: Option<String>,
    #[serde(deserialize_with = "integer")]
    writable_partition_count: Option<i64>,
    #[serde(deserialize_with = "integer")]
    readable_partition_count: Option<i64>,
    partitions: Option<Partitions>,
}

/// The reply to ShowStream, as far as it is read. `last_modified_time` is not: the documented example has it as text
/// that is no number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct StreamReply {
    stream_id: Option<String>,
    #[serde(deserialize_with = "integer")]
    create_time: Option<i64>,
    #[serde(deserialize_with = "integer")]
    retention_period: Option<i64>,
    status: Option<String>,
    stream_type: Option<String>,
    data_type: Option<String>,
    data_schema: Option<String>,
    compression_format: Option<String>,
    csv_properties: Option<CsvProperties>,
    #[serde(deserialize_with = "integer")]
    writable_partition_count: Option<i64>,
    #[serde(deserialize_with = "integer")]
    readable_partition_count: Option<i64>,
    auto_scale_enabled: Option<bool>,
    #[serde(deserialize_with = "integer")]
    auto_scale_min_partition_count: Option<i64>,
    #[serde(deserialize_with = "integer")]
    auto_scale_max_partition_count: Option<i64>,
    tags: Option<Vec<Tag>>,
    sys_tags: Option<Vec<Tag>>,
    update_partition_counts: Option<Vec<Scaling>>,
    partitions: Vec<PartitionReply>,
    has_more_partitions: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CsvProperties {
    delimiter: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Tag {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// A change of the number of partitions, done or tried.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Scaling {
    #[serde(deserialize_with = "integer")]
    create_timestamp: Option<i64>,
    #[serde(deserialize_with = "integer")]
    target_partition_count: Option<i64>,
    result_code: Json,
    result_msg: Option<String>,
    auto_scale: Option<bool>,
}

impl Stream {
    fn call(&self, operation: &'static str, effect: Effect) -> Call {
        Call::new(DIS.name, operation, effect, format!("stream {}", self.stream_name))
    }

    fn path(&self, version: &str) -> String {
        path(&[version, PROJECT, "streams", &self.stream_name])
    }

    fn bounds(&self) -> (Option<i64>, Option<i64>) {
        (self.auto_scale_min_partition_count, self.auto_scale_max_partition_count)
    }
}

fn draft(operation: &'static str) -> Call {
    Call::new(DIS.name, operation, Effect::Reads, "stream")
}

/// Adds what is there.
fn put<T: Into<Json>>(body: &mut Map<String, Json>, name: &str, value: Option<T>) {
    if let Some(value) = value {
        body.insert(name.to_string(), value.into());
    }
}

/// Automatic scaling is on when both bounds are there.
fn put_scaling(body: &mut Map<String, Json>, stream: &Stream) {
    let bounds = stream.bounds();
    let on = bounds.0.is_some() && bounds.1.is_some();
    body.insert("auto_scale_enabled".to_string(), on.into());
    if on {
        put(body, "auto_scale_min_partition_count", bounds.0);
        put(body, "auto_scale_max_partition_count", bounds.1);
    }
}

fn create_body(stream: &Stream, enterprise_project: Option<&str>) -> Json {
    let mut body = Map::new();
    put(&mut body, "stream_name", Some(stream.stream_name.clone()));
    put(&mut body, "partition_count", stream.partition_count);
    put(&mut body, "stream_type", stream.stream_type.clone());
    put(&mut body, "data_type", stream.data_type.clone());
    put(&mut body, "data_duration", stream.retention_period);
    if stream.bounds() != (None, None) {
        put_scaling(&mut body, stream);
    }
    put(&mut body, "data_schema", stream.data_schema.clone());
    let csv = stream.csv_delimiter.as_ref().map(|d| json!({ "delimiter": d }));
    put(&mut body, "csv_properties", csv);
    put(&mut body, "compression_format", stream.compression_format.clone());
    let tags = tag_list(stream.tags.iter().flatten());
    put(&mut body, "tags", (!tags.is_empty()).then(|| json!(tags)));
    let project = enterprise_project.map(|id| json!([{"key": ENTERPRISE_PROJECT, "value": id}]));
    put(&mut body, "sys_tags", project);
    Json::Object(body)
}

fn tag_list<'a>(tags: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag {
        key: key.clone(),
        value: Some(value.clone()),
    };
    tags.map(tag).collect()
}

/// The settings that change; nothing when none does.
fn update_body(old: &Stream, new: &Stream) -> Option<Json> {
    let mut body = Map::new();
    if new.retention_period != old.retention_period {
        put(&mut body, "data_duration", new.retention_period);
    }
    if new.data_type != old.data_type {
        put(&mut body, "data_type", new.data_type.clone());
    }
    let schema = |stream: &Stream| stream.data_schema.clone().unwrap_or_default();
    if !same_document(&schema(old), &schema(new)) {
        put(&mut body, "data_schema", Some(schema(new)));
    }
    if new.bounds() != old.bounds() {
        put_scaling(&mut body, new);
    }
    if body.is_empty() {
        return None;
    }
    put(&mut body, "stream_name", Some(new.stream_name.clone()));
    Some(Json::Object(body))
}

/// Tags to set and tags to take away.
fn tag_changes(old: &Stream, new: &Stream) -> (Vec<Tag>, Vec<Tag>) {
    let none = BTreeMap::new();
    let (old, new) = (old.tags.as_ref().unwrap_or(&none), new.tags.as_ref().unwrap_or(&none));
    let set = tag_list(new.iter().filter(|(k, v)| old.get(*k) != Some(*v)));
    let gone = old.keys().filter(|k| !new.contains_key(*k));
    let unset = gone.map(|key| Tag {
        key: key.clone(),
        value: None,
    });
    (set, unset.collect())
}

/// The object that a reply describes. What the reply lacks keeps the value that is known.
fn described(known: &Stream, reply: StreamReply, region: &str) -> Stream {
    let some = |n: Option<i64>| n.filter(|n| *n > 0);
    let scales = reply.auto_scale_enabled == Some(true);
    let bounds = match scales {
        true => (
            some(reply.auto_scale_min_partition_count),
            some(reply.auto_scale_max_partition_count),
        ),
        false => (None, None),
    };
    let writable = some(reply.writable_partition_count);
    let sys_tags = reply.sys_tags.unwrap_or_default();
    let project = sys_tags.into_iter().find(|t| t.key == ENTERPRISE_PROJECT);
    let schema = filled(reply.data_schema);
    Stream {
        id: Some(known.stream_name.clone()),
        region: Some(region.to_string()),
        stream_name: known.stream_name.clone(),
        partition_count: partition_count(known, writable, bounds),
        stream_type: filled(reply.stream_type).or_else(|| known.stream_type.clone()),
        retention_period: some(reply.retention_period).or(known.retention_period),
        data_type: filled(reply.data_type).or_else(|| known.data_type.clone()),
        data_schema: match (&known.data_schema, schema) {
            (Some(old), Some(new)) if same_document(old, &new) => Some(old.clone()),
            (_, new) => new,
        },
        csv_delimiter: filled(reply.csv_properties.and_then(|p| p.delimiter)),
        compression_format: filled(reply.compression_format),
        auto_scale_min_partition_count: bounds.0,
        auto_scale_max_partition_count: bounds.1,
        enterprise_project_id: filled(project.and_then(|t| t.value)).or_else(|| known.enterprise_project_id.clone()),
        tags: tags(known, reply.tags),
        stream_id: filled(reply.stream_id).or_else(|| known.stream_id.clone()),
        created: reply.create_time.or(known.created),
        status: filled(reply.status),
        writable_partition_count: writable,
        readable_partition_count: some(reply.readable_partition_count),
        partitions: known.partitions.clone(),
    }
}

/// Where the service scales by itself, every number within its bounds is as meant.
fn partition_count(known: &Stream, writable: Option<i64>, bounds: (Option<i64>, Option<i64>)) -> Option<i64> {
    match (known.partition_count, writable, bounds) {
        (Some(meant), Some(now), (Some(min), Some(max))) if (min..=max).contains(&now) => Some(meant),
        (meant, now, _) => now.or(meant),
    }
}

fn tags(known: &Stream, reply: Option<Vec<Tag>>) -> Option<BTreeMap<String, String>> {
    let Some(reply) = reply else {
        return known.tags.clone();
    };
    let tags: BTreeMap<_, _> = reply
        .into_iter()
        .map(|t| (t.key, t.value.unwrap_or_default()))
        .collect();
    let none = tags.is_empty() && known.tags.as_ref().is_none_or(|t| !t.is_empty());
    (!none).then_some(tags)
}

/// What ShowStream says; none when there is no such stream.
async fn show(session: &Session, stream: &Stream) -> Result<Option<StreamReply>, DriverError> {
    let call = stream.call("ShowStream", Effect::Reads);
    let ask = Ask::of(Method::GET, stream.path("v2"));
    let reply: Option<StreamReply> = present(api::ask(session, DIS, &call, stream.region.as_deref(), ask).await)?;
    // One that was deleted is still shown for a while.
    Ok(reply.filter(|r| r.status.as_deref() != Some("TERMINATED")))
}

async fn look(session: &Session, stream: &Stream) -> Result<Option<Stream>, DriverError> {
    let call = stream.call("ShowStream", Effect::Reads);
    let region = api::region(session, &call, stream.region.as_deref())?;
    let Some(mut reply) = show(session, stream).await? else {
        return Ok(None);
    };
    let partitions = Box::pin(partitions::all(session, stream, &mut reply)).await?;
    Ok(Some(Stream {
        partitions: Some(partitions),
        ..described(stream, reply, region)
    }))
}

async fn create(session: &Session, planned: &Known) -> Result<Known, Failure> {
    let stream: Stream = decode(&draft("CreateStream"), planned)?;
    let call = stream.call("CreateStream", Effect::Writes);
    let of_provider = session.config().settings.get("enterprise_project_id");
    let project = stream.enterprise_project_id.as_ref().or(of_provider);
    let ask = Ask::of(Method::POST, path(&["v2", PROJECT, "streams"]))
        .with_body(create_body(&stream, project.map(String::as_str)));
    if let Err(refusal) = api::send(session, DIS, &call, stream.region.as_deref(), ask).await {
        // A second attempt after a lost reply is refused like any other stream of the same name.
        let asked = matches!(refusal, DriverError::Rejected(_) | DriverError::Conflict(_));
        let Some(actual) = (if asked { look(session, &stream).await? } else { None }) else {
            return Err(refusal.into());
        };
        let different = differences(&stream, &actual, LEFT_TO_CLOUD);
        if !different.is_empty() {
            let help = "choose another stream_name, or import the stream and plan the change";
            return Err(exists_otherwise(&call, &different, help).into());
        }
        return Ok(encode(&call, planned, &actual)?);
    }
    let stream = Stream {
        enterprise_project_id: project.cloned(),
        ..stream.clone()
    };
    let appeared = session
        .poll(&call, "the new stream's first description", APPEAR_LIMITS, || {
            look(session, &stream)
        })
        .await;
    match appeared {
        Ok(actual) => Ok(encode(&call, planned, &actual)?),
        Err(error) => {
            let made = Stream {
                id: Some(stream.stream_name.clone()),
                status: Some("CREATING".to_string()),
                ..stream.clone()
            };
            Err(Failure {
                error,
                partial: Some(encode(&call, planned, &made)?),
            })
        }
    }
}

async fn update(session: &Session, prior: &Known, planned: &Known) -> Result<Known, Failure> {
    let draft = draft("UpdateStream");
    let (old, new): (Stream, Stream) = (decode(&draft, prior)?, decode(&draft, planned)?);
    let mut now = old.clone();
    let done = async {
        if let Some(body) = update_body(&old, &new) {
            let call = new.call("UpdateStream", Effect::Writes);
            let ask = Ask::of(Method::PUT, new.path("v3")).with_body(body);
            api::send(session, DIS, &call, new.region.as_deref(), ask).await?;
        }
        now = Stream {
            tags: old.tags.clone(),
            partition_count: old.partition_count,
            ..settled(&old, &new)
        };
        change_tags(session, &old, &new).await?;
        now.tags.clone_from(&new.tags);
        if let Some(target) = new.partition_count
            && old.partition_count != Some(target)
        {
            scale(session, &new, target).await?;
        }
        now.partition_count = new.partition_count;
        if let Some(reply) = show(session, &new).await? {
            (now.status, now.writable_partition_count) = (reply.status, reply.writable_partition_count);
            now.readable_partition_count = reply.readable_partition_count;
        }
        Ok(())
    };
    match done.await {
        Ok(()) => Ok(encode(&draft, planned, &now)?),
        Err(error) => Err(Failure {
            error,
            partial: Some(encode(&draft, prior, &now)?),
        }),
    }
}

/// The new settings, with what the plan left to the cloud.
fn settled(old: &Stream, new: &Stream) -> Stream {
    Stream {
        id: old.id.clone(),
        region: new.region.clone().or_else(|| old.region.clone()),
        enterprise_project_id: new
            .enterprise_project_id
            .clone()
            .or_else(|| old.enterprise_project_id.clone()),
        stream_id: old.stream_id.clone(),
        created: old.created,
        status: old.status.clone(),
        writable_partition_count: old.writable_partition_count,
        readable_partition_count: old.readable_partition_count,
        ..new.clone()
    }
}

/// The path of the tag calls has `stream` in the singular, and the id of the stream.
async fn change_tags(session: &Session, old: &Stream, new: &Stream) -> Result<(), DriverError> {
    let (set, unset) = tag_changes(old, new);
    let steps = [("BatchDeleteTags", "delete", unset), ("BatchCreateTags", "create", set)];
    for (operation, action, tags) in steps.into_iter().filter(|(_, _, tags)| !tags.is_empty()) {
        let call = new.call(operation, Effect::Writes);
        let id = old.stream_id.as_deref();
        let id = id.ok_or_else(|| call.garbled("the service has not said the id of the stream"))?;
        let ask = Ask::of(Method::POST, path(&["v2", PROJECT, "stream", id, "tags", "action"]))
            .with_body(json!({"action": action, "tags": tags}));
        api::send(session, DIS, &call, new.region.as_deref(), ask).await?;
    }
    Ok(())
}

/// Changes the number of partitions and waits for the outcome, which is a new line of the stream's history. Sent once: a
/// second attempt after a lost reply would be refused because the first is at work, or count as another of the few changes
/// allowed an hour.
async fn scale(session: &Session, stream: &Stream, target: i64) -> Result<(), DriverError> {
    let call = stream.call("UpdatePartitionCount", Effect::WritesOnce);
    let Some(before) = show(session, stream).await? else {
        return Err(call.rejected("the stream is gone"));
    };
    if before.writable_partition_count == Some(target) {
        return Ok(());
    }
    let since = newest(&before);
    let ask = Ask::of(Method::PUT, stream.path("v2"))
        .with_body(json!({"stream_name": stream.stream_name, "target_partition_count": target}));
    match api::send(session, DIS, &call, stream.region.as_deref(), ask).await {
        Ok(_) => wait_for_partitions(session, &call, stream, (since, target), Limits::default()).await,
        Err(lost) if lost.effect_unknown() => {
            match wait_for_partitions(session, &call, stream, (since, target), APPEAR_LIMITS).await {
                Err(DriverError::TimedOut(_)) => Err(lost),
                other => other,
            }
        }
        Err(refusal) => Err(with_scaling_help(refusal)),
    }
}

async fn wait_for_partitions(
    session: &Session,
    call: &Call,
    stream: &Stream,
    (since, target): (i64, i64),
    limits: Limits,
) -> Result<(), DriverError> {
    let look = || async move {
        let Some(reply) = show(session, stream).await? else {
            return Err(call.rejected("the stream is gone"));
        };
        match outcome(&reply, since, target) {
            Outcome::Done => Ok(Some(())),
            Outcome::NotBegun | Outcome::Going => Ok(None),
            Outcome::Failed(code, why) => {
                let mut facts = call.reply(format!("the partitions were not changed: {why}"));
                facts.code = Some(code);
                Err(with_scaling_help(DriverError::Rejected(facts)))
            }
        }
    };
    session.poll(call, "the change of the partitions", limits, look).await
}

fn with_scaling_help(error: DriverError) -> DriverError {
    match error {
        DriverError::Rejected(mut reply) => {
            reply.help.get_or_insert_with(|| SCALING_HELP.to_string());
            DriverError::Rejected(reply)
        }
        other => other,
    }
}

const SCALING_HELP: &str = "a stream is scaled at most five times an hour, and not within an hour after a change that \
                            went well; an account has a quota of partitions";

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    NotBegun,
    Going,
    Done,
    Failed(String, String),
}

fn newest(reply: &StreamReply) -> i64 {
    let rows = reply.update_partition_counts.iter().flatten();
    rows.filter_map(|row| row.create_timestamp).max().unwrap_or(0)
}

/// How a change that was asked for after `since` is going.
fn outcome(reply: &StreamReply, since: i64, target: i64) -> Outcome {
    if reply.writable_partition_count == Some(target) {
        return Outcome::Done;
    }
    let rows = reply.update_partition_counts.iter().flatten();
    let ours = rows
        .filter(|row| row.create_timestamp.is_some_and(|t| t > since) && row.auto_scale != Some(true))
        .filter(|row| row.target_partition_count == Some(target))
        .max_by_key(|row| row.create_timestamp);
    let Some(row) = ours else {
        return Outcome::NotBegun;
    };
    match failure(&row.result_code) {
        Some(code) => Outcome::Failed(code, row.result_msg.clone().unwrap_or_default()),
        // The service scales on by itself, perhaps away from the number that was asked for.
        None if reply.auto_scale_enabled == Some(true) && !row.result_code.is_null() => Outcome::Done,
        None => Outcome::Going,
    }
}

/// The code of a change that failed. No page lists the codes: none, 0 and those of HTTP successes are taken for success.
fn failure(code: &Json) -> Option<String> {
    let text = match code {
        Json::Null => return None,
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let fine = text.is_empty() || text == "0" || matches!(text.parse::<i64>(), Ok(200..=299));
    (!fine).then_some(text)
}

async fn delete(session: &Session, prior: &Known) -> Result<(), DriverError> {
    let stream: Stream = decode(&draft("DeleteStream"), prior)?;
    let call = stream.call("DeleteStream", Effect::Writes);
    let ask = Ask::of(Method::DELETE, stream.path("v2"));
    if present(api::send(session, DIS, &call, stream.region.as_deref(), ask).await)?.is_none() {
        return Ok(());
    }
    let stream = &stream;
    session
        .poll(&call, "the deletion", Limits::default(), || async move {
            Ok(show(session, stream).await?.is_none().then_some(()))
        })
        .await
}

impl Driver for DisStream {
    fn read<'a>(&'a self, session: &'a Session, prior: &'a Known) -> BoxFuture<'a, Result<Option<Known>, DriverError>> {
        Box::pin(async move {
            let draft = draft("ShowStream");
            let stream: Stream = decode(&draft, prior)?;
            let actual = look(session, &stream).await?;
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
        match id {
            "" => Err("a stream is imported by its name".to_string()),
            name => identity(&[("stream_name", name)]),
        }
    }
}

/// The data source: a stream without what only a resource has.
#[derive(Clone, Debug, Default, Serialize)]
struct StreamView {
    id: Option<String>,
    region: Option<String>,
    stream_name: String,
    partition_count: Option<i64>,
    stream_type: Option<String>,
    retention_period: Option<i64>,
    data_type: Option<String>,
    data_schema: Option<String>,
    csv_delimiter: Option<String>,
    compression_format: Option<String>,
    auto_scale_min_partition_count: Option<i64>,
    auto_scale_max_partition_count: Option<i64>,
    enterprise_project_id: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    stream_id: Option<String>,
    created: Option<i64>,
    status: Option<String>,
    readable_partition_count: Option<i64>,
}

impl DataDriver for DisStreamData {
    fn read<'a>(&'a self, session: &'a Session, config: &'a Known) -> BoxFuture<'a, Result<Known, DriverError>> {
        Box::pin(async move {
            let asked: Stream = decode(&draft("ShowStream"), config)?;
            // Only what was asked for is known; everything else comes from the reply.
            let wanted = Stream {
                stream_name: asked.stream_name,
                region: asked.region,
                ..Stream::default()
            };
            let call = wanted.call("ShowStream", Effect::Reads);
            let Some(found) = look(session, &wanted).await? else {
                return Err(call.rejected("there is no such stream"));
            };
            let view = StreamView {
                id: found.id,
                region: found.region,
                stream_name: found.stream_name,
                partition_count: found.partition_count,
                stream_type: found.stream_type,
                retention_period: found.retention_period,
                data_type: found.data_type,
                data_schema: found.data_schema,
                csv_delimiter: found.csv_delimiter,
                compression_format: found.compression_format,
                auto_scale_min_partition_count: found.auto_scale_min_partition_count,
                auto_scale_max_partition_count: found.auto_scale_max_partition_count,
                enterprise_project_id: found.enterprise_project_id,
                tags: Some(found.tags.unwrap_or_default()),
                stream_id: found.stream_id,
                created: found.created,
                status: found.status,
                readable_partition_count: found.readable_partition_count,
            };
            encode(&call, config, &view)
        })
    }
}

#[cfg(test)]
mod tests;
