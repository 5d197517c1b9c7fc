//! Sink tasks: what is shown, what is refused.

use super::captures::CONNECTOR;
use super::{INSTANCE, absent, bad, caller, sink_body, smart_body};
use crate::sim_client::{START_MS, stepped};
use headworks::sim::SimOptions;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_sink_task_is_created_shown_and_deleted() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let connector = me.connector().await;
    let sinks = format!("connectors/{connector}/sink-tasks");
    let id = me.call("POST", &sinks, sink_body("audit")).await.1["task_id"].clone();
    let task = format!("{sinks}/{}", id.as_str().unwrap());
    let created = START_MS + 300;
    let listed = json!({
        "tasks": [{
            "task_id": id, "task_name": "audit", "destination_type": "OBS", "create_time": created,
            "status": "CREATING", "topics": "orders, payments",
        }],
        "total_number": 1, "max_tasks": 18, "quota_tasks": 18,
    });
    assert_eq!(me.get(&sinks).await, listed);
    sim.advance_ms(300).unwrap();
    let shown = json!({
        "task_name": "audit", "destination_type": "OBS", "create_time": created, "status": "RUNNING",
        "topics": "orders, payments",
        "obs_destination_descriptor": {
            "consumer_strategy": "earliest", "destination_file_type": "TEXT", "obs_bucket_name": "landing",
            "obs_path": "kafka/orders", "partition_format": "yyyy/MM/dd", "record_delimiter": ";",
            "deliver_time_interval": 300, "obs_part_size": 5_242_880,
        },
    });
    assert_eq!(me.get(&task).await, shown);
    let info = me.get(&format!("{task}?topic-info=true")).await["topics_info"].clone();
    assert_eq!(info[1]["topic"], "payments");
    assert_eq!(info[1]["partitions"][0]["lag"], "0", "a text");
    let key = format!("{connector}/{}", id.as_str().unwrap());
    let kept = sim.object("kafka_sink_task", &key).unwrap();
    assert!(!kept.to_string().contains("the-"), "{kept}");
    assert_eq!(kept["credentials_digest"].as_str().unwrap().len(), 64);

    // What the service does when the bucket is not there is not documented: the task goes on.
    assert_eq!(me.get(&task).await["status"], "RUNNING");
    sim.patch_object("kafka_sink_task", &key, &json!({"status": "PAUSED"}))
        .unwrap();
    assert_eq!(me.get(&task).await["status"], "PAUSED");

    let twin = me.call("POST", &sinks, sink_body("audit")).await;
    assert_eq!(twin.0, 200, "names are not unique");
    assert_ne!(twin.1["task_id"], id);
    assert_eq!(me.get(&sinks).await["total_number"], 2);
    assert_eq!(me.call("DELETE", &task, Json::Null).await, (204, Json::Null));
    for method in ["GET", "DELETE"] {
        assert_eq!(me.refused(method, &task, Json::Null).await, absent());
    }
    for method in ["PUT", "POST"] {
        assert_eq!(
            me.refused(method, &task, json!({})).await.0,
            404,
            "there is no change of a sink task"
        );
    }
    let nowhere = format!("connectors/{CONNECTOR}/sink-tasks");
    assert_eq!(me.refused("GET", &nowhere, Json::Null).await, absent());
    assert_eq!(me.refused("POST", &nowhere, sink_body("audit")).await, absent());
    sim.stop().await;
}

#[tokio::test]
async fn what_a_sink_task_refuses() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let connector = me.connector().await;
    let sinks = format!("connectors/{connector}/sink-tasks");
    let nothing = Json::Null;
    for (pointer, value) in [
        ("/source_type", json!("JSON")),
        ("/source_type", nothing.clone()),
        ("/destination_type", json!("DIS")),
        ("/task_name", json!("")),
        ("/obs_destination_descriptor", nothing.clone()),
        ("/obs_destination_descriptor/topics", json!("")),
        ("/obs_destination_descriptor/topics_regex", json!("o.*")),
        ("/obs_destination_descriptor/consumer_strategy", json!("LATEST")),
        ("/obs_destination_descriptor/destination_file_type", json!("parquet")),
        ("/obs_destination_descriptor/access_key", json!("")),
        ("/obs_destination_descriptor/secret_key", nothing.clone()),
        ("/obs_destination_descriptor/obs_bucket_name", nothing.clone()),
        ("/obs_destination_descriptor/obs_path", json!("a b")),
        ("/obs_destination_descriptor/partition_format", json!("dd/MM")),
        ("/obs_destination_descriptor/record_delimiter", json!("#")),
        ("/obs_destination_descriptor/deliver_time_interval", nothing.clone()),
        ("/obs_destination_descriptor/deliver_time_interval", json!(29)),
        ("/obs_destination_descriptor/deliver_time_interval", json!(901)),
        ("/obs_destination_descriptor/deliver_time_interval", json!("300")),
    ] {
        let mut body = sink_body("audit");
        *body.pointer_mut(pointer).unwrap() = value.clone();
        let refused = me.refused("POST", &sinks, body).await;
        assert_eq!(refused, bad("00400062"), "{pointer} {value}");
    }
    let mut all_topics = sink_body("audit");
    all_topics["obs_destination_descriptor"]["topics"] = nothing.clone();
    all_topics["obs_destination_descriptor"]["topics_regex"] = json!(".*");
    assert_eq!(me.refused("POST", &sinks, all_topics.clone()).await, bad("00400062"));
    all_topics["obs_destination_descriptor"]["topics_regex"] = json!("ord.*");
    let made = me.call("POST", &sinks, all_topics).await.1["task_id"].clone();
    let shown = me.get(&format!("{sinks}/{}", made.as_str().unwrap())).await;
    assert!(shown.get("topics").is_none());
    assert_eq!(shown["obs_destination_descriptor"]["topics_regex"], "ord.*");

    let bucket = me.refused("POST", &sinks, sink_body("no-bucket")).await;
    assert_eq!(bucket.0, 200, "the bucket need not exist");
    assert_eq!(
        me.call("PUT", &sinks, json!({"sink_max_tasks": "3"})).await,
        (204, nothing.clone())
    );
    assert_eq!(
        me.refused("PUT", &sinks, json!({"sink_max_tasks": 0})).await,
        bad("00400062")
    );
    assert_eq!(me.call("POST", &sinks, sink_body("third")).await.0, 200);
    assert_eq!(me.refused("POST", &sinks, sink_body("fourth")).await, bad("00400039"));
    assert_eq!(me.get(&sinks).await["quota_tasks"], 3);
    sim.stop().await;
}

#[tokio::test]
async fn buckets_are_shown_and_must_be_in_the_region_of_the_instance() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let sinks = format!("connectors/{}/sink-tasks", me.connector().await);
    let bucket = |region: &str| {
        json!({
            "name": "landing", "region": region, "created_ms": START_MS, "acl": "private", "storage_class": "STANDARD",
        })
    };
    sim.put_object("obs_bucket", "landing", bucket("eu-de")).unwrap();
    assert_eq!(me.refused("POST", &sinks, sink_body("audit")).await, bad("00400062"));
    let tasks = format!("instances/{INSTANCE}/connector/tasks");
    assert_eq!(me.refused("POST", &tasks, smart_body("copy")).await, bad("00400062"));
    sim.put_object("obs_bucket", "landing", bucket("cn-north-4")).unwrap();
    assert_eq!(me.call("POST", &sinks, sink_body("audit")).await.0, 200);
    me.smart_task(smart_body("copy")).await;
    let found = me.send("GET", "/v1.0/dms/obs/buckets", "", Json::Null).await;
    assert_eq!(
        (found.0, &found.1[0]["bucketName"], &found.1[0]["location"]),
        (200, &json!("landing"), &json!("cn-north-4"))
    );
    sim.stop().await;
}
