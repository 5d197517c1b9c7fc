//! Every captured request about Kafka, replayed.

use super::super::{Capture, PROJECT, accepts, json_of, lenient, replay, sim_for};
use super::INSTANCE;
use headworks::sim::Service;
use serde_json::{Value as Json, json};

pub(super) const CONNECTOR: &str = "bd3f2b9e-1111-4c4c-8f8f-2b2b2b2b2b2b";
const SINK_TASK: &str = "2962882a-386c-4c9d-bb59-3b4f55d82961";
const SMART_TASK: &str = "3c0ac4d1-1111-4222-8333-444455556666";

fn connector() -> (&'static str, String, Json) {
    let json = json!({
        "connector_id": CONNECTOR, "project": PROJECT, "instance_id": INSTANCE, "node_cnt": 2, "created_ms": 0,
    });
    ("kafka_connector", CONNECTOR.to_string(), json)
}

fn sink_task() -> (&'static str, String, Json) {
    let json = json!({
        "connector_id": CONNECTOR, "task_id": SINK_TASK, "task_name": "obsTransfer-1122976956",
        "topics": "topic-test", "consumer_strategy": "earliest", "destination_file_type": "TEXT",
        "obs_bucket_name": "6666", "obs_path": "obsTransfer-1122976956", "partition_format": "yyyy/MM/dd/HH/mm",
        "record_delimiter": "\n", "deliver_time_interval": 300, "created_ms": 1_592_309_487_621_i64,
    });
    ("kafka_sink_task", format!("{CONNECTOR}/{SINK_TASK}"), json)
}

fn smart_task(status: &str) -> (&'static str, String, Json) {
    let json = json!({
        "instance_id": INSTANCE, "id": SMART_TASK, "task_name": "smart-connect-1", "topics_regex": "topic-obs*",
        "source_type": "NONE", "sink_type": "OBS_SINK", "status": status, "created_ms": 1_708_565_483_911_i64,
        "credentials_digest": "d",
        "sink_task": {
            "consumer_strategy": "earliest", "destination_file_type": "TEXT", "deliver_time_interval": 300,
            "obs_bucket_name": "abcabc", "obs_path": "obsTransfer-1810125534",
            "partition_format": "yyyy/MM/dd/HH/mm", "record_delimiter": "\n", "store_keys": false,
            "obs_part_size": 5_242_880, "flush_size": 1_000_000, "timezone": "Asia/Chongqing", "kv_delimiter": ":",
        },
    });
    ("kafka_smart_connect_task", format!("{INSTANCE}/{SMART_TASK}"), json)
}

fn prepaid() -> (&'static str, String, Json) {
    let json = json!({
        "instance_id": INSTANCE, "project": PROJECT, "name": "prepaid", "charging_mode": 0,
    });
    ("kafka_instance", INSTANCE.to_string(), json)
}

/// What exists for a capture to have the result it had, and what of the served reply this cloud leaves out.
fn ground(name: &str) -> (Vec<(&'static str, String, Json)>, &'static [&'static str]) {
    match name {
        "kafka_connector_create" | "kafka_connector_create_int_nodes" | "kafka_connector_create_min" => (vec![], &[]),
        "kafka_connector_delete_order" => (vec![prepaid(), connector()], &[]),
        n if n.starts_with("kafka_connector") => (vec![connector()], &[]),
        "kafka_error" => (vec![], &[]),
        "kafka_sink_task_delete" | "kafka_sink_task_list" => (vec![connector(), sink_task()], &[]),
        n if n.starts_with("kafka_sink_task_show") => (vec![connector(), sink_task()], &[]),
        n if n.starts_with("kafka_sink_task") => (vec![connector()], &[]),
        // The served reply was one of a task whose topics are a pattern; the request lists topics.
        "kafka_smart_task_create_obs" => (vec![connector()], &[".topics_regex"]),
        "kafka_smart_task_modify" => (vec![connector(), smart_task("RUNNING")], &[".topics_regex"]),
        "kafka_smart_task_resume" => (vec![connector(), smart_task("PAUSED")], &[]),
        n if n.starts_with("kafka_smart_task") => (vec![connector(), smart_task("RUNNING")], &[]),
        "kafka_instance_show_connector" => (vec![connector()], &[]),
        "kafka_obs_buckets_list" => (vec![], &[]),
        other => panic!("{other} has no ground"),
    }
}

/// What no reply and no object may hold: the secrets of a request, where long enough to be told apart, and their names.
fn secrets(capture: &Capture) -> Vec<String> {
    let sent = &capture.json["body_decoded"];
    let mut found = Vec::new();
    for name in ["access_key", "secret_key"] {
        found.push(name.to_string());
        let targets = ["obs_destination_descriptor", "sink_task"].map(|target| &sent[target][name]);
        let values = targets.into_iter().filter_map(Json::as_str);
        found.extend(values.filter(|v| v.len() > 2).map(str::to_string));
    }
    found
}

#[tokio::test]
async fn every_captured_request_is_taken_and_answered() {
    let captures = Capture::all(&["kafka_"]);
    assert_eq!(captures.len(), 28);
    for capture in captures {
        let (objects, except) = ground(&capture.name);
        let sim = sim_for(&capture, lenient(), &objects).await;
        let reply = accepts(&sim, Service::Dms, &capture, except).await;
        if capture.name == "kafka_error" {
            let served = json_of(&capture.served());
            assert_eq!(json_of(&reply)["error_code"], served["error_code"]);
            assert_eq!(json_of(&reply)["error_msg"], served["error_msg"]);
        }
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        let world: String = sim.world().objects().map(|(_, json)| json.to_string()).collect();
        for secret in secrets(&capture) {
            assert!(!body.contains(&secret), "{}: {secret} is shown", capture.name);
            assert!(!world.contains(&secret), "{}: {secret} is kept", capture.name);
        }
        assert!(!sim.requests().contains_key("Unknown"), "{}", capture.name);
        sim.stop().await;
    }
}

#[tokio::test]
async fn a_captured_request_with_another_signature_is_refused() {
    let mut capture = Capture::load("kafka_sink_task_create");
    let authorization = capture.header("authorization").unwrap();
    let (start, end) = authorization.split_at(authorization.len() - 1);
    let other = if end == "0" { "1" } else { "0" };
    capture.json["headers"]["Authorization"] = json!(format!("{start}{other}"));
    let sim = sim_for(&capture, lenient(), &[connector()]).await;
    let reply = replay(&sim, Service::Dms, &capture).await;
    assert_eq!(
        (reply.status, json_of(&reply)["error_code"].clone()),
        (401, json!("APIGW.0301"))
    );
    assert_eq!(sim.world().inventory(), format!("kafka_connector {CONNECTOR}\n"));
    sim.stop().await;
}
