//! Smart Connect tasks on the wire: requests from an object, and the object that a reply describes. The API says `sink` and
//! `cluster` where the Terraform provider says `destination` and `instance`. Does no I/O.
//!
//! Source: DMS for Kafka API reference (Creating, Querying and Modifying a Smart Connect Task); Terraform provider for Huawei
//! Cloud: dms_kafkav2_smart_connect_task.

use super::super::api::{fields, text};
use super::{delimiter, key, list, or_empty, same_file_type, secret_text, spelled, time};
use crate::base::Secret;
use crate::drivers::object::{filled, integer};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// What does nothing on its side of a task.
const NONE: &str = "NONE";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Task {
    pub(super) id: Option<String>,
    pub(super) region: Option<String>,
    pub(super) instance_id: String,
    #[serde(deserialize_with = "or_empty")]
    pub(super) task_name: String,
    pub(super) topics: Option<BTreeSet<String>>,
    pub(super) topics_regex: Option<String>,
    pub(super) start_later: Option<bool>,
    pub(super) running: Option<bool>,
    pub(super) source_type: Option<String>,
    pub(super) source_task: Option<SourceTask>,
    pub(super) destination_type: Option<String>,
    pub(super) destination_task: Option<DestinationTask>,
    pub(super) status: Option<String>,
    pub(super) created_at: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SourceTask {
    pub(super) current_instance_alias: Option<String>,
    pub(super) peer_instance_alias: Option<String>,
    pub(super) peer_instance_id: Option<String>,
    pub(super) peer_instance_address: Option<BTreeSet<String>>,
    pub(super) security_protocol: Option<String>,
    pub(super) sasl_mechanism: Option<String>,
    pub(super) user_name: Option<String>,
    #[serde(with = "secret_text")]
    pub(super) password: Option<Secret>,
    pub(super) direction: Option<String>,
    pub(super) sync_consumer_offsets_enabled: Option<bool>,
    #[serde(deserialize_with = "integer")]
    pub(super) replication_factor: Option<i64>,
    #[serde(deserialize_with = "integer")]
    pub(super) task_num: Option<i64>,
    pub(super) rename_topic_enabled: Option<bool>,
    pub(super) topics_mapping: Option<BTreeSet<String>>,
    pub(super) provenance_header_enabled: Option<bool>,
    pub(super) consumer_strategy: Option<String>,
    pub(super) compression_type: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DestinationTask {
    pub(super) consumer_strategy: Option<String>,
    pub(super) destination_file_type: Option<String>,
    #[serde(deserialize_with = "integer")]
    pub(super) deliver_time_interval: Option<i64>,
    #[serde(with = "secret_text")]
    pub(super) access_key: Option<Secret>,
    #[serde(with = "secret_text")]
    pub(super) secret_key: Option<Secret>,
    pub(super) obs_bucket_name: Option<String>,
    pub(super) obs_path: Option<String>,
    pub(super) partition_format: Option<String>,
    pub(super) record_delimiter: Option<String>,
    pub(super) store_keys: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    pub(super) id: Option<String>,
    pub(super) task_name: Option<String>,
    topics: Option<String>,
    topics_regex: Option<String>,
    source_type: Option<String>,
    source_task: Option<SourceReply>,
    sink_type: Option<String>,
    sink_task: Option<SinkReply>,
    status: Option<String>,
    #[serde(deserialize_with = "integer")]
    create_time: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SourceReply {
    current_cluster_name: Option<String>,
    cluster_name: Option<String>,
    instance_id: Option<String>,
    bootstrap_servers: Option<String>,
    security_protocol: Option<String>,
    sasl_mechanism: Option<String>,
    user_name: Option<String>,
    direction: Option<String>,
    sync_consumer_offsets_enabled: Option<bool>,
    #[serde(deserialize_with = "integer")]
    replication_factor: Option<i64>,
    #[serde(deserialize_with = "integer")]
    task_num: Option<i64>,
    rename_topic_enabled: Option<bool>,
    topics_mapping: Option<String>,
    provenance_header_enabled: Option<bool>,
    consumer_strategy: Option<String>,
    compression_type: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct SinkReply {
    consumer_strategy: Option<String>,
    destination_file_type: Option<String>,
    #[serde(deserialize_with = "integer")]
    deliver_time_interval: Option<i64>,
    obs_bucket_name: Option<String>,
    obs_path: Option<String>,
    partition_format: Option<String>,
    record_delimiter: Option<String>,
    store_keys: Option<bool>,
}

/// One side of a task; a side that is not set does nothing.
fn side(of: &Option<String>) -> &str {
    of.as_deref().unwrap_or(NONE)
}

fn joined(names: &Option<BTreeSet<String>>) -> Option<Json> {
    let names = names.as_ref().filter(|n| !n.is_empty())?;
    Some(json!(list(names)))
}

fn split(names: Option<String>) -> Option<BTreeSet<String>> {
    filled(names).map(|n| super::names(&n))
}

fn source_body(task: &SourceTask) -> Json {
    let flag = |flag: Option<bool>| flag.map(|f| json!(f));
    let number = |number: Option<i64>| number.map(|n| json!(n));
    fields([
        ("current_cluster_name", text(&task.current_instance_alias)),
        ("cluster_name", text(&task.peer_instance_alias)),
        ("user_name", text(&task.user_name)),
        ("password", key(&task.password)),
        ("sasl_mechanism", text(&task.sasl_mechanism)),
        ("instance_id", text(&task.peer_instance_id)),
        ("bootstrap_servers", joined(&task.peer_instance_address)),
        ("security_protocol", text(&task.security_protocol)),
        ("direction", text(&task.direction)),
        (
            "sync_consumer_offsets_enabled",
            flag(task.sync_consumer_offsets_enabled),
        ),
        ("replication_factor", number(task.replication_factor)),
        ("task_num", number(task.task_num)),
        ("rename_topic_enabled", flag(task.rename_topic_enabled)),
        ("provenance_header_enabled", flag(task.provenance_header_enabled)),
        ("consumer_strategy", text(&task.consumer_strategy)),
        ("compression_type", text(&task.compression_type)),
        ("topics_mapping", joined(&task.topics_mapping)),
    ])
}

/// The call that changes a task has no place for keys.
fn sink_body(task: &DestinationTask, with_keys: bool) -> Json {
    fields([
        ("consumer_strategy", text(&task.consumer_strategy)),
        (
            "destination_file_type",
            Some(json!(task.destination_file_type.as_deref().unwrap_or("TEXT"))),
        ),
        ("deliver_time_interval", task.deliver_time_interval.map(|s| json!(s))),
        ("access_key", key(&task.access_key).filter(|_| with_keys)),
        ("secret_key", key(&task.secret_key).filter(|_| with_keys)),
        ("obs_bucket_name", text(&task.obs_bucket_name)),
        ("obs_path", text(&task.obs_path)),
        ("partition_format", text(&task.partition_format)),
        ("record_delimiter", text(&task.record_delimiter)),
        ("store_keys", task.store_keys.map(|k| json!(k))),
    ])
}

/// A task that shall not run is made so that it starts later: it delivers nothing in between.
pub(super) fn create_body(task: &Task) -> Json {
    let later = task.start_later == Some(true) || task.running == Some(false);
    fields([
        ("task_name", Some(json!(task.task_name))),
        ("start_later", Some(json!(later))),
        ("topics", joined(&task.topics)),
        ("topics_regex", text(&task.topics_regex)),
        ("source_type", Some(json!(side(&task.source_type)))),
        ("source_task", task.source_task.as_ref().map(source_body)),
        ("sink_type", Some(json!(side(&task.destination_type)))),
        ("sink_task", task.destination_task.as_ref().map(|d| sink_body(d, true))),
    ])
}

/// What the call that changes a task is sent: the task's name and kind, and the parts that change; none when none does.
pub(super) fn modify_body(prior: &Task, planned: &Task) -> Option<Json> {
    // Of topics and expression the one that is left is taken back by empty text, as the Terraform provider sends it.
    let taken_back = |was: bool, is: Option<Json>| is.or_else(|| was.then(|| json!("")));
    let by_topics = prior.topics != planned.topics || prior.topics_regex != planned.topics_regex;
    let sink = |task: &Task| task.destination_task.as_ref().map(|d| sink_body(d, false));
    let sink_changes = sink(prior) != sink(planned);
    if !by_topics && !sink_changes {
        return None;
    }
    let kind = |of: &Option<String>| Some(side(of)).filter(|s| *s != NONE).map(|s| json!(s));
    let topics = taken_back(prior.topics.is_some(), joined(&planned.topics));
    let regex = taken_back(prior.topics_regex.is_some(), text(&planned.topics_regex));
    Some(fields([
        ("task_name", Some(json!(planned.task_name))),
        ("topics", topics.filter(|_| by_topics)),
        ("topics_regex", regex.filter(|_| by_topics)),
        ("source_type", kind(&planned.source_type)),
        ("sink_type", kind(&planned.destination_type)),
        ("sink_task", sink(planned).filter(|_| sink_changes)),
    ]))
}

/// Whether a task runs, as its state says; none where the state is on its way to another.
pub(super) fn runs(status: &str) -> Option<bool> {
    match status {
        "RUNNING" => Some(true),
        "PAUSED" | "WAITING" => Some(false),
        _ => None,
    }
}

/// The object that a reply describes. What the reply lacks stays as it is known: it never holds keys and passwords.
pub(super) fn described(known: &Task, region: &str, reply: Reply) -> Task {
    let topics_regex = filled(reply.topics_regex).or_else(|| match &reply.topics {
        // Named topics took the place of an expression.
        Some(topics) if !topics.is_empty() && known.topics.is_some() => None,
        _ => known.topics_regex.clone(),
    });
    let topics = match &topics_regex {
        // The topics that an expression finds are no setting.
        Some(_) if known.topics.is_none() => None,
        _ => split(reply.topics).or_else(|| known.topics.clone()),
    };
    let status = filled(reply.status).or_else(|| known.status.clone());
    let running = status
        .as_deref()
        .and_then(runs)
        .or(known.running)
        .or(Some(known.start_later != Some(true)));
    let kind =
        |found: Option<String>, known: &Option<String>| filled(found).or_else(|| known.clone()).or(Some(NONE.into()));
    let (source_type, destination_type) = (
        kind(reply.source_type, &known.source_type),
        kind(reply.sink_type, &known.destination_type),
    );
    Task {
        id: filled(reply.id).or_else(|| known.id.clone()),
        region: Some(region.to_string()),
        instance_id: known.instance_id.clone(),
        task_name: filled(reply.task_name).unwrap_or_else(|| known.task_name.clone()),
        topics,
        topics_regex,
        start_later: known.start_later,
        running,
        source_task: source(&source_type, known.source_task.as_ref(), reply.source_task),
        source_type,
        destination_task: destination(&destination_type, known.destination_task.as_ref(), reply.sink_task),
        destination_type,
        status,
        created_at: time(reply.create_time).or_else(|| known.created_at.clone()),
    }
}

fn source(kind: &Option<String>, known: Option<&SourceTask>, reply: Option<SourceReply>) -> Option<SourceTask> {
    if side(kind) == NONE {
        return None;
    }
    let Some(reply) = reply else {
        return known.cloned();
    };
    let known = known.cloned().unwrap_or_default();
    let set = |found: Option<String>, known: Option<BTreeSet<String>>| split(found).or(known);
    // A peer is named by its id or by its addresses; replies have both.
    let (id, address) = match (&known.peer_instance_id, &known.peer_instance_address) {
        (None, Some(_)) => (None, set(reply.bootstrap_servers, known.peer_instance_address)),
        _ => match filled(reply.instance_id).or(known.peer_instance_id) {
            Some(id) => (Some(id), None),
            None => (None, split(reply.bootstrap_servers)),
        },
    };
    Some(SourceTask {
        current_instance_alias: filled(reply.current_cluster_name).or(known.current_instance_alias),
        peer_instance_alias: filled(reply.cluster_name).or(known.peer_instance_alias),
        peer_instance_id: id,
        peer_instance_address: address,
        security_protocol: filled(reply.security_protocol).or(known.security_protocol),
        sasl_mechanism: filled(reply.sasl_mechanism).or(known.sasl_mechanism),
        user_name: filled(reply.user_name).or(known.user_name),
        password: known.password,
        direction: filled(reply.direction).or(known.direction),
        sync_consumer_offsets_enabled: reply
            .sync_consumer_offsets_enabled
            .or(known.sync_consumer_offsets_enabled),
        replication_factor: reply.replication_factor.or(known.replication_factor),
        task_num: reply.task_num.or(known.task_num),
        rename_topic_enabled: reply.rename_topic_enabled.or(known.rename_topic_enabled),
        topics_mapping: set(reply.topics_mapping, known.topics_mapping),
        provenance_header_enabled: reply.provenance_header_enabled.or(known.provenance_header_enabled),
        consumer_strategy: filled(reply.consumer_strategy).or(known.consumer_strategy),
        compression_type: filled(reply.compression_type).or(known.compression_type),
    })
}

fn destination(
    kind: &Option<String>,
    known: Option<&DestinationTask>,
    reply: Option<SinkReply>,
) -> Option<DestinationTask> {
    if side(kind) == NONE {
        return None;
    }
    let Some(reply) = reply else {
        return known.cloned();
    };
    let known = known.cloned().unwrap_or_default();
    Some(DestinationTask {
        consumer_strategy: filled(reply.consumer_strategy).or(known.consumer_strategy),
        destination_file_type: spelled(
            &known.destination_file_type,
            filled(reply.destination_file_type),
            same_file_type,
        ),
        deliver_time_interval: reply.deliver_time_interval.or(known.deliver_time_interval),
        access_key: known.access_key,
        secret_key: known.secret_key,
        obs_bucket_name: filled(reply.obs_bucket_name).or(known.obs_bucket_name),
        obs_path: filled(reply.obs_path).or(known.obs_path),
        partition_format: filled(reply.partition_format).or(known.partition_format),
        record_delimiter: delimiter(reply.record_delimiter).or(known.record_delimiter),
        store_keys: reply.store_keys.or(known.store_keys),
    })
}

/// For comparison with what was found: what is left to the service taken from there, and without keys, which nobody can
/// compare.
pub(super) fn in_full(task: &Task, found: &Task) -> Task {
    let source = |mut s: SourceTask| {
        s.password = None;
        let Some(f) = &found.source_task else { return s };
        let fill = |value: &mut Option<String>, from: &Option<String>| {
            if value.is_none() {
                value.clone_from(from);
            }
        };
        fill(&mut s.current_instance_alias, &f.current_instance_alias);
        fill(&mut s.peer_instance_alias, &f.peer_instance_alias);
        fill(&mut s.security_protocol, &f.security_protocol);
        fill(&mut s.sasl_mechanism, &f.sasl_mechanism);
        fill(&mut s.direction, &f.direction);
        fill(&mut s.consumer_strategy, &f.consumer_strategy);
        fill(&mut s.compression_type, &f.compression_type);
        s.sync_consumer_offsets_enabled = s.sync_consumer_offsets_enabled.or(f.sync_consumer_offsets_enabled);
        s.replication_factor = s.replication_factor.or(f.replication_factor);
        s.task_num = s.task_num.or(f.task_num);
        s.rename_topic_enabled = s.rename_topic_enabled.or(f.rename_topic_enabled);
        s.provenance_header_enabled = s.provenance_header_enabled.or(f.provenance_header_enabled);
        s
    };
    let destination = |mut d: DestinationTask| {
        (d.access_key, d.secret_key) = (None, None);
        d.destination_file_type = d.destination_file_type.filter(|t| !same_file_type(t, "TEXT"));
        d.obs_path = filled(d.obs_path);
        d.record_delimiter.get_or_insert_with(|| "\n".to_string());
        d.store_keys.get_or_insert(false);
        d
    };
    Task {
        id: None,
        region: None,
        start_later: None,
        source_type: Some(side(&task.source_type).to_string()),
        source_task: task.source_task.clone().map(source),
        destination_type: Some(side(&task.destination_type).to_string()),
        destination_task: task.destination_task.clone().map(destination),
        status: None,
        created_at: None,
        ..task.clone()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn task(json: Json) -> Task {
        serde_json::from_value(json).unwrap()
    }

    fn reply(json: Json) -> Reply {
        serde_json::from_value(json).unwrap()
    }

    fn to_obs() -> Json {
        json!({
            "instance_id": "i", "task_name": "t", "topics": ["b", "a"], "destination_type": "OBS_SINK",
            "destination_task": {
                "consumer_strategy": "earliest", "deliver_time_interval": 300, "access_key": "AK", "secret_key": "SK",
                "obs_bucket_name": "bucket", "partition_format": "yyyy/MM", "record_delimiter": "\n", "store_keys": false,
            },
        })
    }

    #[test]
    fn a_task_starts_later_when_it_shall_not_run() {
        for (start_later, running, expected) in [
            (json!(null), json!(null), false),
            (json!(false), json!(true), false),
            (json!(true), json!(null), true),
            (json!(null), json!(false), true),
            (json!(false), json!(false), true),
        ] {
            let mut object = to_obs();
            (object["start_later"], object["running"]) = (start_later, running);
            let body = create_body(&task(object.clone()));
            assert_eq!(body["start_later"], expected, "{object}");
            assert_eq!(
                (&body["topics"], &body["sink_task"]["secret_key"]),
                (&json!("a,b"), &json!("SK"))
            );
        }
    }

    #[test]
    fn replication_has_the_names_of_the_api() {
        let object = json!({
            "task_name": "t", "topics_regex": "orders-.+", "source_type": "KAFKA_REPLICATOR_SOURCE",
            "source_task": {
                "current_instance_alias": "a", "peer_instance_alias": "b", "peer_instance_address": ["2:9092", "1:9092"],
                "password": "pw", "task_num": 2, "topics_mapping": ["x:y"], "rename_topic_enabled": false,
            },
        });
        let expected = json!({
            "task_name": "t", "start_later": false, "topics_regex": "orders-.+", "source_type": "KAFKA_REPLICATOR_SOURCE",
            "source_task": {
                "current_cluster_name": "a", "cluster_name": "b", "bootstrap_servers": "1:9092,2:9092", "password": "pw",
                "task_num": 2, "topics_mapping": "x:y", "rename_topic_enabled": false,
            },
            "sink_type": "NONE",
        });
        assert_eq!(create_body(&task(object)), expected);
    }

    #[test]
    fn a_change_sends_what_changes_and_no_keys() {
        let old = to_obs();
        let changed = |change: &dyn Fn(&mut Json)| {
            let mut new = to_obs();
            change(&mut new);
            modify_body(&task(old.clone()), &task(new))
        };
        assert_eq!(changed(&|_| {}), None);
        assert_eq!(changed(&|n| n["running"] = json!(false)), None);
        let topics = changed(&|n| n["topics"] = json!(["c"]));
        assert_eq!(
            topics,
            Some(json!({"task_name": "t", "topics": "c", "sink_type": "OBS_SINK"}))
        );
        let regex = changed(&|n| {
            n["topics"] = json!(null);
            n["topics_regex"] = json!("o-.+");
        });
        let expected = json!({"task_name": "t", "topics": "", "topics_regex": "o-.+", "sink_type": "OBS_SINK"});
        assert_eq!(regex, Some(expected));
        let path = changed(&|n| n["destination_task"]["obs_path"] = json!("p")).unwrap();
        let sink = path["sink_task"].as_object().unwrap();
        assert!(path.get("topics").is_none() && sink["obs_path"] == "p" && sink["obs_bucket_name"] == "bucket");
        assert!(!sink.contains_key("access_key") && !sink.contains_key("secret_key"));
    }

    #[test]
    fn whether_a_task_runs_follows_from_its_state() {
        for (status, known, later, expected) in [
            ("RUNNING", None, None, true),
            ("PAUSED", Some(true), None, false),
            ("WAITING", None, Some(true), false),
            ("RESTARTING", Some(true), None, true),
            ("CREATING", None, None, true),
            ("CREATING", None, Some(true), false),
        ] {
            let known = Task {
                running: known,
                start_later: later,
                ..Task::default()
            };
            let found = described(&known, "r", reply(json!({ "status": status })));
            assert_eq!(found.running, Some(expected), "{status}");
        }
    }

    #[test]
    fn a_reply_keeps_keys_and_the_spelling_of_what_is_known() {
        let known = task(to_obs());
        let found = described(
            &known,
            "r",
            reply(json!({
                "id": "1", "task_name": "t", "topics": "a,b", "source_type": "NONE", "source_task": null, "status": "RUNNING",
                "sink_type": "OBS_SINK", "create_time": 1_708_565_483_911_i64,
                "sink_task": {"destination_file_type": "TEXT", "obs_bucket_name": "other", "deliver_time_interval": "30"},
            })),
        );
        let sink = found.destination_task.clone().unwrap();
        assert_eq!(found.topics, known.topics);
        assert_eq!(sink.secret_key.map(|k| k.expose().to_string()).as_deref(), Some("SK"));
        assert_eq!(
            (sink.obs_bucket_name.as_deref(), sink.deliver_time_interval),
            (Some("other"), Some(30))
        );
        assert_eq!((found.source_task, found.source_type.as_deref()), (None, Some("NONE")));
        assert_eq!(found.created_at.as_deref(), Some("2024-02-22T01:31:23.911Z"));
    }

    #[test]
    fn a_peer_has_an_id_or_addresses_though_replies_have_both() {
        let reply = |id: Json| {
            reply(json!({"source_type": "KAFKA_REPLICATOR_SOURCE",
                "source_task": {"instance_id": id, "bootstrap_servers": "1:9092", "task_num": 2}}))
        };
        let known = |peer: Json| task(json!({"source_type": "KAFKA_REPLICATOR_SOURCE", "source_task": peer}));
        for (known, given, id, address) in [
            (known(json!({"peer_instance_id": "p"})), json!("p"), Some("p"), None),
            (known(json!({"peer_instance_id": "p"})), json!("q"), Some("q"), None),
            (
                known(json!({"peer_instance_address": ["2:9092"]})),
                json!("p"),
                None,
                Some("1:9092"),
            ),
            (Task::default(), json!("p"), Some("p"), None),
            (Task::default(), json!(""), None, Some("1:9092")),
        ] {
            let found = described(&known, "r", reply(given)).source_task.unwrap();
            assert_eq!(found.peer_instance_id.as_deref(), id, "{known:?}");
            let addresses = found.peer_instance_address.as_ref().map(list);
            assert_eq!((addresses.as_deref(), found.task_num), (address, Some(2)), "{known:?}");
        }
    }

    #[test]
    fn what_is_left_to_the_service_is_no_difference() {
        let meant = task(json!({"source_type": "KAFKA_REPLICATOR_SOURCE", "source_task": {"peer_instance_id": "p"}}));
        let mut found = meant.clone();
        found.source_task = Some(SourceTask {
            task_num: Some(2),
            direction: Some("pull".into()),
            ..meant.source_task.clone().unwrap()
        });
        assert_eq!(in_full(&meant, &found), in_full(&found, &found));
        let mut sink = task(to_obs());
        let other = task(to_obs());
        if let Some(d) = &mut sink.destination_task {
            (d.secret_key, d.destination_file_type) = (None, Some("text".into()));
        }
        assert_eq!(in_full(&sink, &other), in_full(&other, &other));
    }

    #[test]
    fn names_are_split_and_joined() {
        assert_eq!(split(Some("b,a".into())).map(|n| list(&n)).as_deref(), Some("a,b"));
        assert_eq!(split(Some(String::new())), None);
        assert_eq!(joined(&Some(super::super::names(""))), None);
    }
}
