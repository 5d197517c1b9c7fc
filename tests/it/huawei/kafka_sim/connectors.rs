//! Instances and their connectors over time.

use super::{Caller, INSTANCE, absent, bad, caller, sink_body, smart_body};
use crate::sim_client::stepped;
use headworks::sim::huaweicloud::{DEMO_KAFKA_INSTANCE, demo_kafka_instance_id, project_id};
use headworks::sim::{Settings, SimOptions};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn every_project_has_a_demo_instance_and_others_come_when_named() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let all = me.get("instances?engine=kafka").await;
    assert_eq!(all["instance_num"], 1);
    let demo = &all["instances"][0];
    let id = demo_kafka_instance_id(&me.project);
    assert_eq!(
        (&demo["name"], &demo["instance_id"]),
        (&json!(DEMO_KAFKA_INSTANCE), &json!(id))
    );
    assert_eq!((&demo["status"], &demo["engine"]), (&json!("RUNNING"), &json!("kafka")));
    assert_eq!(me.get(&format!("instances/{id}")).await["name"], DEMO_KAFKA_INSTANCE);

    assert_eq!(me.instance_status().await, "RUNNING");
    assert_eq!(sim.world().inventory(), "");
    let names = async |query: &str| -> Vec<Json> {
        let reply = me.get(&format!("instances?engine=kafka{query}")).await;
        let list = reply["instances"].as_array().unwrap().clone();
        list.into_iter().map(|i| i["name"].clone()).collect()
    };
    assert_eq!(names("").await, ["kafka-demo", "kafka-6a7d2f6c"]);
    assert_eq!(names("&name=6a7d").await, ["kafka-6a7d2f6c"]);
    assert_eq!(names("&name=6a7d&exact_match_name=true").await, [""; 0]);
    assert_eq!(names(&format!("&instance_id={INSTANCE}")).await, ["kafka-6a7d2f6c"]);
    assert_eq!(names("&status=ERROR").await, [""; 0]);
    assert_eq!(names("&limit=1").await, ["kafka-demo"]);
    assert_eq!(names("&limit=1&offset=1").await, ["kafka-6a7d2f6c"]);
    assert_eq!(names("&offset=2").await, [""; 0]);
    assert_eq!(me.get("instances?engine=rabbitmq").await["instance_num"], 0);
    assert_eq!(me.refused("GET", "instances", Json::Null).await, bad("00400062"));
    assert_eq!(
        me.refused("GET", "instances/kafka-1", Json::Null).await,
        bad("00400030")
    );

    let elsewhere = Caller {
        sim: &sim,
        project: project_id("eu-de"),
    };
    for taken in [INSTANCE, &id] {
        let path = format!("instances/{taken}");
        assert_eq!(elsewhere.refused("GET", &path, Json::Null).await, absent());
    }
    let nobody = Caller {
        sim: &sim,
        project: "0".repeat(32),
    };
    assert_eq!(nobody.refused("GET", "instances?engine=kafka", Json::Null).await.0, 403);
    sim.stop().await;
}

#[tokio::test]
async fn without_the_switch_only_instances_that_were_put_there_exist() {
    let settings = Settings {
        create_kafka_instances: false,
        ..Settings::default()
    };
    let sim = stepped(SimOptions {
        settings,
        ..SimOptions::default()
    })
    .await;
    let me = caller(&sim);
    assert_eq!(me.get("instances?engine=kafka").await["instances"], json!([]));
    let path = format!("instances/{INSTANCE}");
    assert_eq!(me.refused("GET", &path, Json::Null).await, absent());
    let put = json!({"instance_id": INSTANCE, "project": me.project, "name": "mine", "broker_num": 1});
    sim.put_object("kafka_instance", INSTANCE, put).unwrap();
    assert_eq!(me.get("instances?engine=kafka").await["instances"][0]["name"], "mine");
    assert_eq!(me.instance().await["type"], "single");
    let connector = format!("{path}/connector");
    let create = async || me.refused("POST", &connector, json!({})).await;
    assert_eq!(create().await, bad("00400062"), "a single node");
    let patch = async |patch: Json| sim.patch_object("kafka_instance", INSTANCE, &patch).unwrap();
    patch(json!({"broker_num": 3, "charging_mode": 0})).await;
    assert_eq!(create().await, bad("00400062"), "yearly and monthly");
    patch(json!({"charging_mode": 1, "sold_out": true})).await;
    assert_eq!(me.get(&connector).await, json!({"soldOut": true}));
    assert_eq!(create().await, bad("00400055"));
    patch(json!({"sold_out": false, "status": "RESTARTING"})).await;
    assert_eq!(create().await, bad("00400026"));
    patch(json!({"status": "RUNNING"})).await;
    assert_eq!(create().await, (200, String::new()));
    sim.stop().await;
}

#[tokio::test]
async fn a_connector_comes_and_goes_in_the_background() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let path = format!("instances/{INSTANCE}/connector");
    for wrong in [
        json!({"node_cnt": 1}),
        json!({"node_cnt": "x"}),
        json!({"node_cnt": 17}),
    ] {
        assert_eq!(me.refused("POST", &path, wrong).await, bad("00400062"));
    }
    assert_eq!(
        me.refused("POST", &path, json!({"specification": "1MB"})).await,
        bad("00400062")
    );
    assert_eq!(me.refused("POST", &path, Json::Null).await, bad("00400004"));
    assert_eq!(me.refused("POST", &path, json!([])).await, bad("00400005"));
    let gone = me.instance().await;
    assert_eq!(
        (&gone["connector_enable"], &gone["connector_node_num"]),
        (&json!(false), &json!(0))
    );
    assert!(gone.get("connector_id").is_none());

    let (status, made) = me.call("POST", &path, json!({"node_cnt": "3"})).await;
    assert_eq!(status, 200);
    let coming = me.instance().await;
    assert_eq!(
        (&coming["status"], &coming["connector_enable"]),
        (&json!("EXTENDING"), &json!(false))
    );
    assert_eq!(coming["connector_id"], made["connector_id"]);
    let delete = format!("kafka/instances/{INSTANCE}/delete-connector");
    assert_eq!(me.refused("POST", &path, json!({})).await, bad("00400026"));
    assert_eq!(me.refused("POST", &delete, Json::Null).await, bad("00400026"));
    sim.advance_ms(299).unwrap();
    assert_eq!(me.instance_status().await, "EXTENDING");
    sim.advance_ms(1).unwrap();
    let there = me.instance().await;
    assert_eq!(
        (&there["status"], &there["connector_enable"]),
        (&json!("RUNNING"), &json!(true))
    );
    assert_eq!(there["connector_node_num"], 3);
    let listed = me.get(&format!("instances?engine=kafka&instance_id={INSTANCE}")).await;
    assert_eq!(listed["instances"][0]["connector_enable"], true);
    assert!(
        listed["instances"][0].get("connector_id").is_none(),
        "only show has the id"
    );
    assert_eq!(
        me.refused("POST", &path, json!({})).await,
        bad("00400062"),
        "there is one"
    );

    let order = format!("{delete}-order");
    let body = json!({"instance_id": INSTANCE});
    assert_eq!(
        me.refused("POST", &order, body.clone()).await,
        bad("00400062"),
        "pay-per-use"
    );
    let other = json!({"instance_id": demo_kafka_instance_id(&me.project)});
    assert_eq!(me.refused("POST", &delete, other).await, bad("00400062"));
    let (status, job) = me.call("POST", &delete, body).await;
    assert_eq!((status, job["job_id"].is_string()), (200, true));
    assert_eq!(me.instance_status().await, "CONNECTOR_DELETING");
    assert_eq!(me.refused("POST", &path, json!({})).await, bad("00400026"));
    sim.advance_ms(300).unwrap();
    assert_eq!(me.instance().await, gone);
    assert_eq!(sim.world().inventory(), "");
    assert_eq!(
        me.refused("POST", &delete, Json::Null).await,
        bad("00400062"),
        "there is none"
    );
    let again = me.connector().await;
    assert_ne!(json!(again), made["connector_id"], "a new connector has a new id");
    sim.stop().await;
}

#[tokio::test]
async fn a_connector_with_tasks_is_not_deleted() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let connector = me.connector().await;
    let delete = format!("kafka/instances/{INSTANCE}/delete-connector");
    let sinks = format!("connectors/{connector}/sink-tasks");
    let made = me.call("POST", &sinks, sink_body("audit")).await.1;
    assert_eq!(me.refused("POST", &delete, Json::Null).await, bad("00400062"));
    let task = format!("{sinks}/{}", made["task_id"].as_str().unwrap());
    assert_eq!(me.call("DELETE", &task, Json::Null).await, (204, Json::Null));
    let smart = me.smart_task(smart_body("copy")).await;
    assert_eq!(me.refused("POST", &delete, Json::Null).await, bad("00400062"));
    let smart = format!("instances/{INSTANCE}/connector/tasks/{smart}");
    assert_eq!(me.call("DELETE", &smart, Json::Null).await, (204, Json::Null));
    assert_eq!(me.call("POST", &delete, Json::Null).await.0, 200);
    sim.stop().await;
}

#[tokio::test]
async fn no_task_outlives_its_connector() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let connector = me.connector().await;
    let sinks = format!("connectors/{connector}/sink-tasks");
    assert_eq!(me.call("POST", &sinks, sink_body("audit")).await.0, 200);
    let smart = me.smart_task(smart_body("copy")).await;
    // Somebody disables Smart Connect at the console.
    assert!(sim.delete_object("kafka_connector", &connector).unwrap());
    let tasks = format!("instances/{INSTANCE}/connector/tasks");
    let task = format!("{tasks}/{smart}");
    assert_eq!(me.refused("GET", &sinks, Json::Null).await, absent());
    assert_eq!(me.refused("GET", &task, Json::Null).await, absent());
    assert_eq!(me.get(&tasks).await["tasks"], json!([]));
    let again = me.connector().await;
    assert_eq!(me.refused("GET", &task, Json::Null).await, absent());
    assert_eq!(me.get(&tasks).await["tasks"], json!([]));
    assert_eq!(
        me.get(&format!("connectors/{again}/sink-tasks")).await["tasks"],
        json!([])
    );
    me.smart_task(smart_body("copy")).await;
    sim.stop().await;
}
