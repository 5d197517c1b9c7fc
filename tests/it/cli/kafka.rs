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

#[test]
fn an_imported_task_is_kept_and_the_state_learns_its_keys() {
    let mut sandbox = Sandbox::example("kafka-to-obs");
    sandbox.apply();
    let (key, _) = only(&sandbox, "kafka_sink_task");
    let (_, connector) = sandbox
        .headworks("--sim state show huaweicloud_dms_kafka_sink_task.orders")
        .ok()
        .out
        .lines()
        .find_map(|l| {
            l.trim()
                .strip_prefix("connector_id")?
                .split_once('"')
                .map(|(a, b)| (a.to_string(), b.to_string()))
        })
        .expect("it says the connector");
    let id = format!("{}:orders-to-lake", connector.trim_end_matches('"'));
    sandbox
        .headworks("--sim state rm huaweicloud_dms_kafka_sink_task.orders")
        .ok();
    sandbox
        .headworks(&format!("--sim import huaweicloud_dms_kafka_sink_task.orders {id}"))
        .ok();
    // A run that only looks at the task does not apply it.
    let paused = json!({"status": "PAUSED"}).to_string();
    sandbox
        .call(&["sim", "patch", "kafka_sink_task", &key, &paused], "")
        .ok();
    sandbox.headworks("--sim apply -refresh-only -auto-approve").ok();
    sandbox
        .headworks("--sim plan")
        .ok()
        .says("(only in the state)")
        .lacks("forces replacement");
    sandbox.apply();
    assert_eq!(only(&sandbox, "kafka_sink_task").0, key);
    sandbox.set("TF_VAR_obs_secret_key", "another-secret-of-no-account");
    sandbox.headworks("--sim plan").ok().says("forces replacement");
    sandbox.holds_no_secret();
}

#[test]
fn an_argument_that_no_reply_holds_is_a_change_of_an_object_that_was_applied() {
    let sandbox = Sandbox::example("kafka-to-obs");
    sandbox.apply();
    sandbox.edit("node_count  = 2", "node_count  = 2\n  bandwidth   = \"300MB\"");
    sandbox
        .headworks("--sim plan")
        .ok()
        .says("bandwidth  ← forces replacement");
}

#[test]
fn a_saved_plan_is_not_applied_with_another_secret_than_it_was_made_with() {
    let mut sandbox = Sandbox::example("kafka-smart-connect");
    sandbox.apply();
    let (key, _) = only(&sandbox, "kafka_smart_connect_task");
    sandbox.set("TF_VAR_obs_secret_key", "second-secret-of-no-account");
    sandbox.headworks("--sim plan -out=second.plan").ok();
    sandbox.set("TF_VAR_obs_secret_key", "third-secret-of-no-account");
    sandbox
        .headworks("--sim apply second.plan")
        .ends(1)
        .says("is not the secret that the plan was made with");
    sandbox.set("TF_VAR_obs_secret_key", "second-secret-of-no-account");
    sandbox.headworks("--sim plan -out=again.plan").ok();
    sandbox.headworks("--sim apply again.plan").ok();
    assert_ne!(only(&sandbox, "kafka_smart_connect_task").0, key);
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
    sandbox.holds_no_secret();
}

#[test]
fn a_secret_that_is_ignored_may_change_and_a_path_that_names_nothing_is_refused() {
    let mut sandbox = Sandbox::example("kafka-smart-connect");
    sandbox.apply();
    sandbox.edit(
        "  task_name ",
        "  lifecycle {\n    ignore_changes = [destination_task[0].secret_key]\n  }\n  task_name ",
    );
    sandbox.set("TF_VAR_obs_secret_key", "another-key-of-no-account");
    sandbox
        .headworks("--sim plan -detailed-exitcode")
        .ok()
        .says("No changes.");
    sandbox.edit("[0].secret_key", ".secret_kee");
    sandbox
        .headworks("validate")
        .ends(1)
        .says("named \"secret_kee\"")
        .says("did you mean \"secret_key\"?");
}
