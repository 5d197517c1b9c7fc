//! Smart Connect tasks: statuses, lists, changes, replication.

use super::{INSTANCE, absent, bad, caller, smart_body};
use crate::sim_client::stepped;
use headworks::sim::SimOptions;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_smart_connect_task_passes_through_its_statuses() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let tasks = format!("instances/{INSTANCE}/connector/tasks");
    assert_eq!(
        me.refused("POST", &tasks, smart_body("copy")).await,
        bad("00400062"),
        "no connector"
    );
    me.connector().await;
    let id = me.smart_task(smart_body("copy")).await;
    let put = async |what: &str| me.refused("PUT", &format!("{tasks}/{id}/{what}"), Json::Null).await;
    let done = (204, String::new());
    assert_eq!(me.smart_status(&id).await, "CREATING");
    for what in ["pause", "resume", "restart"] {
        assert_eq!(put(what).await, bad("00400026"), "{what}");
    }
    sim.advance_ms(300).unwrap();
    assert_eq!(me.smart_status(&id).await, "RUNNING");
    assert_eq!(put("pause").await, done);
    assert_eq!(me.smart_status(&id).await, "PAUSED");
    assert_eq!(put("pause").await, done);
    assert_eq!(put("resume").await, done);
    assert_eq!(me.smart_status(&id).await, "RUNNING");
    assert_eq!(put("restart").await, done);
    assert_eq!(me.smart_status(&id).await, "RESTARTING");
    sim.advance_ms(300).unwrap();
    assert_eq!(me.smart_status(&id).await, "RUNNING");
    assert_eq!(put("pause").await, done);
    let older = format!("kafka/{tasks}/{id}/restart");
    assert_eq!(
        me.refused("PUT", &older, Json::Null).await,
        done,
        "a paused one, by the older path"
    );
    assert_eq!(me.smart_status(&id).await, "RESTARTING");

    let mut later = smart_body("later");
    later["start_later"] = json!(true);
    let later = me.smart_task(later).await;
    sim.advance_ms(1000).unwrap();
    assert_eq!(me.smart_status(&later).await, "WAITING");
    for what in ["pause", "resume"] {
        let path = format!("{tasks}/{later}/{what}");
        assert_eq!(me.refused("PUT", &path, Json::Null).await, bad("00400062"), "{what}");
    }
    let path = format!("{tasks}/{later}/restart");
    assert_eq!(me.refused("PUT", &path, Json::Null).await, done);
    assert_eq!(me.smart_status(&later).await, "RESTARTING");
    sim.advance_ms(300).unwrap();
    assert_eq!(me.smart_status(&later).await, "RUNNING");

    let path = format!("{tasks}/{id}");
    assert_eq!(me.refused("DELETE", &path, Json::Null).await, done);
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("PUT", format!("{path}/pause")),
    ] {
        assert_eq!(me.refused(method, &path, Json::Null).await, absent());
    }
    assert_eq!(me.get(&tasks).await["total_number"], 1);
    sim.stop().await;
}

#[tokio::test]
async fn smart_connect_tasks_are_listed_in_pages_and_limited() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    me.connector().await;
    let tasks = format!("instances/{INSTANCE}/connector/tasks");
    for n in 0..18 {
        me.smart_task(smart_body(&format!("task-{n:02}"))).await;
    }
    assert_eq!(me.refused("POST", &tasks, smart_body("task-18")).await, bad("00400039"));
    let taken = me.refused("POST", &tasks, smart_body("task-07")).await;
    assert_eq!(taken, bad("00400062"), "the name is taken");
    let names = async |query: &str| -> (Json, Vec<Json>) {
        let reply = me.get(&format!("{tasks}{query}")).await;
        let list = reply["tasks"].as_array().unwrap().clone();
        let names = list.into_iter().map(|t| t["task_name"].clone()).collect();
        (reply["total_number"].clone(), names)
    };
    let (total, first) = names("").await;
    assert_eq!((total, first.len()), (json!(18), 10));
    assert_eq!(first[0], "task-00");
    assert_eq!(names("?offset=16&limit=50").await.1, ["task-16", "task-17"]);
    assert_eq!(names("?offset=18").await.1, [""; 0]);
    for wrong in ["limit=0", "limit=51", "limit=x", "offset=-1"] {
        let path = format!("{tasks}?{wrong}");
        assert_eq!(me.refused("GET", &path, Json::Null).await, bad("00400062"), "{wrong}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn a_smart_connect_task_is_modified_field_by_field() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    me.connector().await;
    let id = me.smart_task(smart_body("copy")).await;
    me.smart_task(smart_body("other")).await;
    let task = format!("instances/{INSTANCE}/connector/tasks/{id}");
    let key = format!("{INSTANCE}/{id}");
    let kept = || sim.object("kafka_smart_connect_task", &key).unwrap();
    let digest = kept()["credentials_digest"].clone();
    let change = json!({"topics_regex": "ord.*", "sink_task": {"deliver_time_interval": 60}});
    assert_eq!(
        me.refused("PUT", &task, change.clone()).await,
        bad("00400026"),
        "while it is made"
    );
    sim.advance_ms(300).unwrap();
    let before = me.get(&task).await;
    let (status, after) = me.call("PUT", &task, change).await;
    assert_eq!((status, &after), (200, &me.get(&task).await));
    let mut expected = before.clone();
    expected.as_object_mut().unwrap().remove("topics");
    expected["topics_regex"] = json!("ord.*");
    expected["sink_task"]["deliver_time_interval"] = json!(60);
    assert_eq!(after, expected);
    assert_eq!(kept()["credentials_digest"], digest, "secrets that are not sent stay");
    let secrets = json!({"sink_task": {"access_key": "new-key", "secret_key": "new-secret"}});
    assert_eq!(me.call("PUT", &task, secrets).await, (200, expected));
    assert_ne!(kept()["credentials_digest"], digest);
    for wrong in [
        json!({"task_name": "other"}),
        json!({"sink_task": {"deliver_time_interval": 1}}),
        json!({"sink_task": {"access_key": "alone"}}),
        json!({"sink_type": "NONE"}),
        json!({"topics": "a", "topics_regex": "b"}),
    ] {
        assert_eq!(
            me.refused("PUT", &task, wrong.clone()).await,
            bad("00400062"),
            "{wrong}"
        );
    }
    assert_eq!(me.refused("PUT", &task, Json::Null).await, bad("00400004"));
    sim.stop().await;
}

#[tokio::test]
async fn a_replication_shows_no_password_and_both_addresses() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    me.connector().await;
    // The example of the API reference.
    let body = json!({
        "task_name": "smart-connect-2", "start_later": true, "source_type": "KAFKA_REPLICATOR_SOURCE",
        "source_task": {
            "current_cluster_name": "A", "cluster_name": "B", "user_name": "user1", "password": "the-password",
            "sasl_mechanism": "SCRAM-SHA-512", "instance_id": "b54c9dd8-0000-4000-8000-000000000000",
            "direction": "two-way", "sync_consumer_offsets_enabled": false, "replication_factor": 3, "task_num": 2,
            "rename_topic_enabled": false, "provenance_header_enabled": true, "consumer_strategy": "latest",
            "compression_type": "snappy", "topics_mapping": "topic-sc-1:topic-sc-3,topic-sc-2:topic-sc-4",
        },
    });
    let id = me.smart_task(body).await;
    let task = me.get(&format!("instances/{INSTANCE}/connector/tasks/{id}")).await;
    assert_eq!((&task["status"], &task["sink_task"]), (&json!("WAITING"), &Json::Null));
    let source = &task["source_task"];
    assert!(source["bootstrap_servers"].as_str().unwrap().contains(":9092"));
    assert_eq!(source["compression_type"], "snappy");
    let world: String = sim.world().objects().map(|(_, json)| json.to_string()).collect();
    assert!(!world.contains("the-password") && !task.to_string().contains("password"));
    let path = format!("instances/{INSTANCE}/connector/tasks/{id}");
    let change = json!({"source_task": {"bootstrap_servers": "10.0.0.1:9092"}});
    let (status, changed) = me.call("PUT", &path, change).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["source_task"]["instance_id"], "");
    assert_eq!(changed["source_task"]["bootstrap_servers"], "10.0.0.1:9092");

    let validate = format!("instances/{INSTANCE}/connector/validate");
    assert_eq!(
        me.refused("POST", &validate, json!({"type": "NONE"})).await,
        bad("00400062")
    );
    let ok = json!({"type": "KAFKA_REPLICATOR_SOURCE", "task": {}});
    assert_eq!(me.call("POST", &validate, ok).await, (204, Json::Null));
    sim.stop().await;
}
