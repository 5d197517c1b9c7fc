//! Kafka tasks as a user has them: the vendor's sample, a task that someone pauses, and keys that change.

use super::sandbox::Sandbox;
use serde_json::{Value as Json, json};

/// The one object of a kind in the world: its key and itself.
fn only(sandbox: &Sandbox, kind: &str) -> (String, Json) {
    let world = sandbox.world();
    let mut keys = world.lines().filter_map(|l| l.strip_prefix(kind)?.strip_prefix(' '));
    let key = keys.next().expect("there is one").to_string();
    assert_eq!(keys.next(), None, "there is only one {kind}");
    let object = sandbox.call(&["sim", "get", kind, &key], "").ok().json();
    (key, object)
}

#[test]
fn the_documented_request_is_made_from_a_configuration() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/captures/huawei/kafka_sink_task_create.json"
    );
    let capture: Json = serde_json::from_str(&std::fs::read_to_string(path).expect("there")).expect("JSON");
    let body = &capture["body_decoded"];
    let sandbox = Sandbox::example("vendor-sample-kafka");
    sandbox.apply();
    let (_, task) = only(&sandbox, "kafka_sink_task");
    assert_eq!(task["task_name"], body["task_name"]);
    let documented = body["obs_destination_descriptor"].as_object().expect("an object");
    let mut compared = 0;
    for (name, value) in documented.iter().filter(|(n, _)| !n.ends_with("_key")) {
        assert_eq!(&task[name], value, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 8);
    sandbox.holds_no_secret();
}

#[test]
fn a_task_that_someone_paused_is_seen_and_resumed() {
    let sandbox = Sandbox::example("kafka-smart-connect");
    sandbox.apply();
    let (key, _) = only(&sandbox, "kafka_smart_connect_task");
    let paused = json!({"status": "PAUSED"}).to_string();
    sandbox
        .call(&["sim", "patch", "kafka_smart_connect_task", &key, &paused], "")
        .ok();
    sandbox.headworks("--sim drift").ends(2).says("running");
    sandbox.apply();
    assert_eq!(only(&sandbox, "kafka_smart_connect_task").1["status"], "RUNNING");
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
}

#[test]
fn a_new_key_makes_a_new_task_and_says_what_that_does_to_the_data() {
    let mut sandbox = Sandbox::example("kafka-smart-connect");
    sandbox.apply();
    let (key, before) = only(&sandbox, "kafka_smart_connect_task");
    sandbox.set("TF_VAR_obs_secret_key", "another-secret-of-no-account");
    let plan = sandbox.headworks("--sim plan -detailed-exitcode").ends(2);
    plan.says("forces replacement").says("are never delivered");
    sandbox.apply();
    let (new_key, after) = only(&sandbox, "kafka_smart_connect_task");
    assert!(new_key != key && after["credentials_digest"] != before["credentials_digest"]);
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
    sandbox.holds_no_secret();
}
