//! DMS for Kafka of the embedded cloud: it takes every captured request and answers what the SDK reads, and it behaves as
//! the API reference says over time.

use super::{Capture, PROJECT, accepts, json_of, lenient, sim_for};
use crate::raw_http;
use crate::sim_client::{START_MS, stepped};
use bytes::Bytes;
use headworks::sim::huaweicloud::{DEMO_KAFKA_INSTANCE, demo_kafka_instance_id, project_id};
use headworks::sim::{Service, Settings, Sim, SimOptions};
use headworks::wire::Request;
use headworks::wire::sign::huawei;
use serde_json::{Value as Json, json};

const INSTANCE: &str = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11";
const CONNECTOR: &str = "bd3f2b9e-1111-4c4c-8f8f-2b2b2b2b2b2b";
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
    let reply = super::replay(&sim, Service::Dms, &capture).await;
    assert_eq!(
        (reply.status, json_of(&reply)["error_code"].clone()),
        (401, json!("APIGW.0301"))
    );
    assert_eq!(sim.world().inventory(), format!("kafka_connector {CONNECTOR}\n"));
    sim.stop().await;
}

/// A caller of one project.
struct Caller<'a> {
    sim: &'a Sim,
    project: String,
}

fn caller(sim: &Sim) -> Caller<'_> {
    Caller {
        sim,
        project: project_id("cn-north-4"),
    }
}

impl Caller<'_> {
    /// Calls a path of the project; status and body.
    async fn call(&self, method: &str, path: &str, body: Json) -> (u16, Json) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = Request {
            method: method.parse().unwrap(),
            scheme: "http".to_string(),
            authority: "127.0.0.1".to_string(),
            path: format!("/v2/{}/{path}", self.project),
            query: headworks::wire::sign::percent::parse_query(query),
            headers: vec![("content-type".to_string(), "application/json".to_string())],
            body: match body {
                Json::Null => Bytes::new(),
                body => Bytes::from(body.to_string()),
            },
        };
        let date = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        huawei::sign(&mut request, &Sim::credentials(), &date);
        let reply = raw_http::send(self.sim.endpoint(Service::Dms), &request).await.unwrap();
        (reply.status, json_of(&reply))
    }

    async fn get(&self, path: &str) -> Json {
        let (status, body) = self.call("GET", path, Json::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Calls and gives the error: status and code.
    async fn refused(&self, method: &str, path: &str, body: Json) -> (u16, String) {
        let (status, reply) = self.call(method, path, body).await;
        (status, reply["error_code"].as_str().unwrap_or_default().to_string())
    }

    async fn instance(&self) -> Json {
        self.get(&format!("instances/{INSTANCE}")).await
    }

    async fn instance_status(&self) -> String {
        self.instance().await["status"].as_str().unwrap().to_string()
    }

    /// Makes a connector and lets it become ready; gives its id.
    async fn connector(&self) -> String {
        let path = format!("instances/{INSTANCE}/connector");
        let (status, made) = self.call("POST", &path, json!({"node_cnt": 2})).await;
        assert_eq!(status, 200, "{made}");
        self.sim.advance_ms(300).unwrap();
        made["connector_id"].as_str().unwrap().to_string()
    }

    async fn smart_status(&self, id: &str) -> String {
        let task = self.get(&format!("instances/{INSTANCE}/connector/tasks/{id}")).await;
        task["status"].as_str().unwrap().to_string()
    }

    /// Makes a Smart Connect task; gives its id.
    async fn smart_task(&self, body: Json) -> String {
        let path = format!("instances/{INSTANCE}/connector/tasks");
        let (status, made) = self.call("POST", &path, body).await;
        assert_eq!(status, 200, "{made}");
        made["id"].as_str().unwrap().to_string()
    }
}

fn bad(code: &str) -> (u16, String) {
    (400, format!("DMS.{code}"))
}

fn absent() -> (u16, String) {
    (404, "DMS.00404022".to_string())
}

fn sink_body(name: &str) -> Json {
    json!({
        "source_type": "BLOB", "task_name": name, "destination_type": "OBS",
        "obs_destination_descriptor": {
            "topics": "orders, payments", "topics_regex": "", "consumer_strategy": "earliest",
            "destination_file_type": "txt", "access_key": "the-access-key", "secret_key": "the-secret-key",
            "obs_bucket_name": "landing", "obs_path": "kafka/orders", "partition_format": "yyyy/MM/dd",
            "record_delimiter": ";", "deliver_time_interval": 300,
        },
    })
}

fn smart_body(name: &str) -> Json {
    json!({
        "task_name": name, "topics": "orders", "source_type": "NONE", "sink_type": "OBS_SINK",
        "sink_task": {
            "consumer_strategy": "latest", "destination_file_type": "TEXT", "access_key": "the-access-key",
            "secret_key": "the-secret-key", "obs_bucket_name": "landing", "partition_format": "yyyy",
        },
    })
}

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

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SimOptions {
        database: Some(folder.path().join("world.db")),
        ..SimOptions::default()
    };
    let sim = stepped(options()).await;
    let me = caller(&sim);
    let connector = me.connector().await;
    let sinks = format!("connectors/{connector}/sink-tasks");
    me.call("POST", &sinks, sink_body("audit")).await;
    let smart = me.smart_task(smart_body("copy")).await;
    let seen = async |me: &Caller<'_>| {
        let task = format!("instances/{INSTANCE}/connector/tasks/{smart}");
        (me.instance().await, me.get(&sinks).await, me.get(&task).await)
    };
    let before = seen(&me).await;
    sim.stop().await;
    let sim = stepped(options()).await;
    let me = caller(&sim);
    assert_eq!(seen(&me).await, before);
    let twin = me.call("POST", &sinks, sink_body("audit")).await.1["task_id"].clone();
    assert_ne!(twin, before.1["tasks"][0]["task_id"], "ids are not given twice");
    sim.stop().await;
}
