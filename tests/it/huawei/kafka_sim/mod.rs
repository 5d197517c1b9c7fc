//! DMS for Kafka of the embedded cloud: it takes every captured request and answers what the SDK reads, and it behaves as
//! the API reference says over time. Here is a caller for it and what holds for the whole service.

mod captures;
mod connectors;
mod sink_tasks;
mod smart_tasks;

use super::json_of;
use crate::raw_http;
use crate::sim_client::stepped;
use bytes::Bytes;
use headworks::sim::huaweicloud::project_id;
use headworks::sim::{Service, Sim, SimOptions};
use headworks::wire::Request;
use headworks::wire::sign::huawei;
use serde_json::{Value as Json, json};

/// An instance that comes into being when it is named.
const INSTANCE: &str = "6a7d2f6c-2f0c-4b8f-9c4a-7b6a7f3b1c11";

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
        self.send(method, &format!("/v2/{}/{path}", self.project), query, body)
            .await
    }

    /// Calls a whole path; status and body.
    async fn send(&self, method: &str, path: &str, query: &str, body: Json) -> (u16, Json) {
        let mut request = Request {
            method: method.parse().unwrap(),
            scheme: "http".to_string(),
            authority: "127.0.0.1".to_string(),
            path: path.to_string(),
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

/// Every value of a body replaced by each of these: an answer, never a broken connection or an internal error.
#[tokio::test]
async fn nothing_in_a_body_breaks_the_service() {
    let sim = stepped(SimOptions::default()).await;
    let me = caller(&sim);
    let connector = me.connector().await;
    let id = me.smart_task(smart_body("copy")).await;
    sim.advance_ms(1000).unwrap();
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("ä".repeat(100)),
        json!(["a", {"b": []}]),
        json!({"a": {"b": {}}}),
    ];
    let mut replication = smart_body("odd");
    replication["source_type"] = json!("KAFKA_REPLICATOR_SOURCE");
    replication["sink_type"] = json!("NONE");
    replication["source_task"] = json!({
        "current_cluster_name": "A", "cluster_name": "B", "direction": "pull", "instance_id": "i", "user_name": "u",
        "password": "p", "topics_mapping": "a:b", "replication_factor": 3, "rename_topic_enabled": false,
    });
    let tasks = format!("instances/{INSTANCE}/connector/tasks");
    let mut asked = 0;
    for (method, path, body) in [
        (
            "POST",
            format!("instances/{INSTANCE}/connector"),
            json!({"node_cnt": 2, "spec_code": "c"}),
        ),
        (
            "POST",
            format!("kafka/instances/{INSTANCE}/delete-connector"),
            json!({"instance_id": "i"}),
        ),
        (
            "POST",
            format!("instances/{INSTANCE}/connector/validate"),
            json!({"type": "OBS_SINK", "task": {}}),
        ),
        ("POST", format!("connectors/{connector}/sink-tasks"), sink_body("odd")),
        (
            "PUT",
            format!("connectors/{connector}/sink-tasks"),
            json!({"sink_max_tasks": 2}),
        ),
        ("POST", tasks.clone(), smart_body("odd-one")),
        ("POST", tasks.clone(), replication),
        ("PUT", format!("{tasks}/{id}"), smart_body("copy")),
    ] {
        for pointer in pointers(&body, "") {
            for value in &odd {
                let mut changed = body.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                let (status, reply) = me.call(method, &path, changed).await;
                let known = [200, 204, 400].contains(&status);
                assert!(known, "{method} {path} {pointer} {value}: {status} {reply}");
                assert_eq!(status == 400, reply["error_code"].is_string());
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    sim.stop().await;
}

/// Pointers to every value within, the whole included.
fn pointers(json: &Json, at: &str) -> Vec<String> {
    let mut found = vec![at.to_string()];
    for (name, inner) in json.as_object().into_iter().flatten() {
        found.extend(pointers(inner, &format!("{at}/{name}")));
    }
    found
}
