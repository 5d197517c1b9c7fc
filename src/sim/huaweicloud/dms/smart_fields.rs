//! What the body of a Smart Connect task may say and how its ends are shown: the source that replicates another Kafka
//! instance and the sink that writes to OBS. The Redis ends that exist in Open Telekom Cloud are not served. Knows no
//! state.

use super::fields::{self, Fields, ObsTarget, Topics};
use super::{instances, invalid};
use crate::sim::huaweicloud::rest::Fault;
use serde_json::{Map, Value, json};

/// The source that replicates another Kafka instance.
pub(super) const KAFKA_SOURCE: &str = "KAFKA_REPLICATOR_SOURCE";
/// The sink that writes to OBS.
pub(super) const OBS_SINK: &str = "OBS_SINK";
/// No source, no sink.
const NONE: &str = "NONE";

const TOPICS_MAX: usize = 20;
const CONVERTER: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

/// A checked body.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) task_name: String,
    pub(super) topics: Topics,
    pub(super) source_type: String,
    pub(super) source_task: Option<Map<String, Value>>,
    pub(super) sink_type: String,
    pub(super) sink_task: Option<Map<String, Value>>,
    /// Empty when the task signs in with nothing; `None` when the body leaves out the secrets that are known.
    pub(super) credentials_digest: Option<String>,
}

/// Reads a body. `secrets_known` says that a task has secrets which a change need not repeat.
pub(super) fn read(sent: Fields<'_>, secrets_known: bool) -> Result<Sent, Fault> {
    let task_name = sent.needed("task_name")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !(4..=64).contains(&task_name.chars().count()) || !task_name.chars().all(allowed) {
        return Err(invalid(
            "task_name must have 4 to 64 letters, digits, hyphens and underscores.",
        ));
    }
    let source_type = sent.one_of("source_type", &[NONE, KAFKA_SOURCE])?.unwrap_or(NONE);
    let sink_type = sent.one_of("sink_type", &[NONE, OBS_SINK])?.unwrap_or(NONE);
    let topics = fields::topics(sent)?;
    if fields::topic_names(&topics.topics).count() > TOPICS_MAX {
        return Err(invalid("topics must name at most 20 topics."));
    }
    let mut read = Sent {
        task_name: task_name.to_string(),
        topics,
        source_type: source_type.to_string(),
        source_task: None,
        sink_type: sink_type.to_string(),
        sink_task: None,
        credentials_digest: Some(String::new()),
    };
    match (source_type, sink_type) {
        (NONE, OBS_SINK) => {
            let sink = sent
                .object("sink_task")?
                .ok_or_else(|| invalid("sink_task must be given for OBS_SINK."))?;
            read.topics = read.topics.needed()?;
            read.credentials_digest = obs_credentials(sink, secrets_known)?;
            read.sink_task = Some(obs_sink(sink)?);
        }
        (KAFKA_SOURCE, NONE) => {
            let source = sent
                .object("source_task")?
                .ok_or_else(|| invalid("source_task must be given for KAFKA_REPLICATOR_SOURCE."))?;
            // The reference's own example names its topics in the mapping alone.
            if source.text("topics_mapping")?.is_none() {
                read.topics = read.topics.needed()?;
            }
            let (shown, digest) = kafka_source(source, secrets_known)?;
            read.source_task = Some(shown);
            read.credentials_digest = digest;
        }
        _ => {
            return Err(invalid(
                "Either source_type must be KAFKA_REPLICATOR_SOURCE or sink_type OBS_SINK.",
            ));
        }
    }
    Ok(read)
}

fn obs_credentials(sink: Fields<'_>, secrets_known: bool) -> Result<Option<String>, Fault> {
    match (sink.text("access_key")?, sink.text("secret_key")?) {
        (Some(access), Some(secret)) => Ok(Some(fields::digest(&[access, secret]))),
        (None, None) if sink.text("agency_name")?.is_some() => Ok(Some(String::new())),
        (None, None) if secrets_known => Ok(None),
        _ => Err(invalid("access_key and secret_key must be given, or agency_name.")),
    }
}

fn obs_sink(sink: Fields<'_>) -> Result<Map<String, Value>, Fault> {
    let ObsTarget {
        consumer_strategy,
        destination_file_type,
        obs_bucket_name,
        obs_path,
        partition_format,
        record_delimiter,
    } = fields::obs_target(sink)?;
    let mut shown = object(json!({
        "consumer_strategy": consumer_strategy,
        "destination_file_type": destination_file_type,
        "deliver_time_interval": sink.number("deliver_time_interval", 30, 900)?.unwrap_or(300),
        "obs_bucket_name": obs_bucket_name,
        "obs_path": obs_path,
        "partition_format": partition_format,
        "record_delimiter": record_delimiter,
        "store_keys": sink.flag("store_keys")?.unwrap_or(false),
        "obs_part_size": 5_242_880,
        "flush_size": 1_000_000,
        "timezone": "Asia/Chongqing",
        "schema_generator_class": "io.confluent.connect.storage.hive.schema.DefaultSchemaGenerator",
        "partitioner_class": "io.confluent.connect.storage.partitioner.TimeBasedPartitioner",
        "value_converter": CONVERTER,
        "key_converter": CONVERTER,
        "kv_delimiter": ":",
    }));
    if let Some(agency) = sink.text("agency_name")? {
        shown.insert("agency_name".to_string(), json!(agency));
    }
    Ok(shown)
}

fn kafka_source(source: Fields<'_>, secrets_known: bool) -> Result<(Map<String, Value>, Option<String>), Fault> {
    let address = match (source.text("instance_id")?, source.text("bootstrap_servers")?) {
        (Some(id), None) => (id, instances::ADDRESSES),
        (None, Some(servers)) => ("", servers),
        // What a task shows has both, so that a change may send both.
        (Some(id), Some(servers)) if servers == instances::ADDRESSES => (id, servers),
        _ => return Err(invalid("Set either instance_id or bootstrap_servers.")),
    };
    let protocol = source.one_of("security_protocol", &["PLAINTEXT", "SASL_SSL", "SASL_PLAINTEXT"])?;
    let mechanism = source.one_of("sasl_mechanism", &["PLAIN", "SCRAM-SHA-512"])?;
    let user_name = source.text("user_name")?;
    let password = source.text("password")?;
    let signs_in = protocol.is_some_and(|p| p != "PLAINTEXT");
    if signs_in && (user_name.is_none() || mechanism.is_none() || (password.is_none() && !secrets_known)) {
        return Err(invalid(
            "user_name, password and sasl_mechanism must be given for this security_protocol.",
        ));
    }
    let digest = match password {
        Some(password) => Some(fields::digest(&[password])),
        None if secrets_known => None,
        None => Some(String::new()),
    };
    let direction = source
        .one_of("direction", &["pull", "push", "two-way"])?
        .ok_or_else(|| invalid("direction must be given."))?;
    let renames = source.flag("rename_topic_enabled")?.unwrap_or(false);
    let headers = source.flag("provenance_header_enabled")?.unwrap_or(false);
    let mapping = topics_mapping(source)?;
    if renames && !mapping.is_empty() {
        return Err(invalid(
            "rename_topic_enabled and topics_mapping cannot be set at the same time.",
        ));
    }
    // Otherwise messages would go round for ever (user guide, Replicating Kafka Instance Data).
    if direction == "two-way" && !renames && !headers {
        return Err(invalid(
            "A two-way task must set rename_topic_enabled or provenance_header_enabled.",
        ));
    }
    let shown = object(json!({
        "current_cluster_name": alias(source, "current_cluster_name")?,
        "cluster_name": alias(source, "cluster_name")?,
        "user_name": user_name.unwrap_or_default(),
        "sasl_mechanism": mechanism.unwrap_or("PLAIN"),
        "instance_id": address.0,
        "bootstrap_servers": address.1,
        "security_protocol": protocol.unwrap_or("PLAINTEXT"),
        "direction": direction,
        "sync_consumer_offsets_enabled": source.flag("sync_consumer_offsets_enabled")?.unwrap_or(false),
        "replication_factor": source.number("replication_factor", 1, 100)?.unwrap_or(3),
        "task_num": source.number("task_num", 1, 1000)?.unwrap_or(2),
        "rename_topic_enabled": renames,
        "provenance_header_enabled": headers,
        "consumer_strategy": source.one_of("consumer_strategy", &["latest", "earliest"])?.unwrap_or("latest"),
        "compression_type": source
            .one_of("compression_type", &["none", "gzip", "snappy", "lz4", "zstd"])?
            .unwrap_or("none"),
        "topics_mapping": mapping,
    }));
    Ok((shown, digest))
}

/// A cluster's name within a task (user guide, Replicating Kafka Instance Data).
fn alias<'a>(source: Fields<'a>, name: &str) -> Result<&'a str, Fault> {
    let alias = source.needed(name)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match alias.len() <= 20 && alias.chars().all(allowed) {
        true => Ok(alias),
        false => Err(invalid(format!(
            "{name} must have 1 to 20 letters, digits, hyphens and underscores."
        ))),
    }
}

fn topics_mapping<'a>(source: Fields<'a>) -> Result<&'a str, Fault> {
    let mapping = source.text("topics_mapping")?.unwrap_or_default();
    let pairs: Vec<&str> = mapping.split(',').filter(|_| !mapping.is_empty()).collect();
    let whole = |pair: &&str| {
        pair.split_once(':')
            .is_some_and(|(from, to)| !from.trim().is_empty() && !to.trim().is_empty() && !to.contains(':'))
    };
    match pairs.len() <= TOPICS_MAX && pairs.iter().all(whole) {
        true => Ok(mapping),
        false => Err(invalid(
            "topics_mapping must hold at most 20 pairs `source topic:target topic`, joined by commas.",
        )),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(body: &Value) -> Result<Sent, Fault> {
        read(Fields(body.as_object().unwrap()), false)
    }

    fn obs() -> Value {
        json!({
            "task_name": "task-1", "topics": "a", "sink_type": "OBS_SINK",
            "sink_task": {"consumer_strategy": "latest", "access_key": "a", "secret_key": "s", "obs_bucket_name": "b"},
        })
    }

    fn kafka() -> Value {
        json!({
            "task_name": "task-1", "topics": "a", "source_type": "KAFKA_REPLICATOR_SOURCE",
            "source_task": {
                "current_cluster_name": "A", "cluster_name": "B", "direction": "pull", "bootstrap_servers": "h:9092",
            },
        })
    }

    fn changed(mut body: Value, pointer: &str, value: Value) -> Value {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        body
    }

    #[test]
    fn defaults_are_filled_in_and_secrets_are_not_shown() {
        let sent = check(&obs()).unwrap();
        let sink = sent.sink_task.unwrap();
        assert_eq!(
            (&sink["deliver_time_interval"], &sink["record_delimiter"]),
            (&json!(300), &json!("\n"))
        );
        assert_eq!((sent.source_type.as_str(), sent.source_task), ("NONE", None));
        assert!(
            sink.keys().all(|k| !k.ends_with("_key") || k == "kv_delimiter"),
            "{sink:?}"
        );
        assert_eq!(sent.credentials_digest.unwrap().len(), 64);
        let body = changed(kafka(), "/source_task/password", json!("p"));
        let source = check(&body).unwrap().source_task.unwrap();
        assert!(!source.contains_key("password"));
        assert_eq!((&source["task_num"], &source["instance_id"]), (&json!(2), &json!("")));
    }

    #[test]
    fn what_the_two_kinds_allow() {
        for body in [
            changed(obs(), "/sink_task/store_keys", json!(true)),
            changed(obs(), "/topics", json!(vec!["t"; 20].join(","))),
            changed(changed(obs(), "/topics", Value::Null), "/topics_regex", json!("a.*")),
            changed(changed(obs(), "/sink_task/access_key", json!("")), "/sink_task", {
                json!({"consumer_strategy": "latest", "agency_name": "dms", "obs_bucket_name": "b"})
            }),
            changed(
                changed(kafka(), "/topics", json!("")),
                "/source_task/topics_mapping",
                json!("a:b,c:d"),
            ),
            changed(
                changed(kafka(), "/source_task/direction", json!("two-way")),
                "/source_task/provenance_header_enabled",
                json!(true),
            ),
        ] {
            check(&body).unwrap_or_else(|f| panic!("{body}: {f:?}"));
        }
    }

    #[test]
    fn what_they_refuse() {
        let mapped = changed(kafka(), "/source_task/topics_mapping", json!("a:b"));
        for body in [
            changed(obs(), "/task_name", json!("abc")),
            changed(obs(), "/task_name", json!("a b c")),
            changed(obs(), "/topics", json!("")),
            changed(obs(), "/topics_regex", json!("a")),
            changed(obs(), "/topics", json!(vec!["t"; 21].join(","))),
            changed(obs(), "/sink_type", json!("NONE")),
            changed(obs(), "/sink_type", json!("REDIS_REPLICATOR_SINK")),
            changed(obs(), "/source_type", json!("KAFKA_REPLICATOR_SOURCE")),
            changed(obs(), "/sink_task", Value::Null),
            changed(obs(), "/sink_task/secret_key", Value::Null),
            changed(obs(), "/sink_task/deliver_time_interval", json!(29)),
            changed(obs(), "/sink_task/store_keys", json!("yes")),
            changed(kafka(), "/topics", json!("")),
            changed(kafka(), "/source_task/instance_id", json!("i")),
            changed(kafka(), "/source_task/bootstrap_servers", json!("")),
            changed(kafka(), "/source_task/direction", json!("two-way")),
            changed(kafka(), "/source_task/direction", json!("both")),
            changed(kafka(), "/source_task/security_protocol", json!("SASL_SSL")),
            changed(kafka(), "/source_task/cluster_name", json!("a".repeat(21))),
            changed(kafka(), "/source_task/topics_mapping", json!("a")),
            changed(kafka(), "/source_task/topics_mapping", json!("a:b,")),
            changed(mapped, "/source_task/rename_topic_enabled", json!(true)),
        ] {
            assert_eq!(check(&body).unwrap_err().code, "DMS.00400062", "{body}");
        }
    }
}
