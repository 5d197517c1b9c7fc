//! The embedded DIS: streams, their partitions, tags, permissions, apps and checkpoints, call by call.
#![allow(clippy::unwrap_used)]

use super::json_of;
use crate::raw_http::exchange;
use crate::sim_client::{START_MS, stepped};
use headworks::sim::huaweicloud::project_id;
use headworks::sim::{Service, Settings, Sim, SimOptions};
use serde_json::{Value as Json, json};

/// A client of the demo account in the region cn-north-4, with a token.
pub(super) struct Client {
    pub(super) sim: Sim,
    pub(super) project: String,
}

impl Client {
    pub(super) async fn new(settings: Settings) -> Client {
        Client::with(SimOptions {
            settings,
            ..SimOptions::default()
        })
        .await
    }

    pub(super) async fn with(options: SimOptions) -> Client {
        let sim = stepped(options).await;
        let project = project_id("cn-north-4");
        let token = json!({"token": "t", "project": project, "expires_ms": 1_i64 << 60});
        sim.put_object("sim_iam_token", "t", token).unwrap();
        Client { sim, project }
    }

    /// Status and body of a call; `path` stands below `/v2/{project_id}` unless it names a version.
    pub(super) async fn call(&self, method: &str, path: &str, body: &Json) -> (u16, Json) {
        let path = match path.strip_prefix("/v3") {
            Some(rest) => format!("/v3/{}{rest}", self.project),
            None => format!("/v2/{}{path}", self.project),
        };
        let body = match body {
            Json::Null => String::new(),
            body => body.to_string(),
        };
        let headers: Vec<(String, String)> = [
            ("host", "127.0.0.1"),
            ("x-auth-token", "t"),
            ("content-type", "application/json"),
            ("content-length", body.len().to_string().as_str()),
        ]
        .iter()
        .map(|(n, v)| (n.to_string(), v.to_string()))
        .collect();
        let endpoint = self.sim.endpoint(Service::Dis);
        let reply = exchange(endpoint, method, &path, &headers, body.as_bytes())
            .await
            .unwrap();
        (reply.status, json_of(&reply))
    }

    pub(super) async fn get(&self, path: &str) -> Json {
        let (status, body) = self.call("GET", path, &Json::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The call must succeed with this status.
    pub(super) async fn does(&self, method: &str, path: &str, body: Json, status: u16) {
        let (got, reply) = self.call(method, path, &body).await;
        assert_eq!(got, status, "{method} {path} {body}: {reply}");
        assert!(status == 200 || reply.is_null(), "{reply}");
    }

    /// The call must fail with status 400 and this code, and change nothing.
    pub(super) async fn fails(&self, method: &str, path: &str, body: Json, code: u16) {
        let before = self.everything();
        let (got, reply) = self.call(method, path, &body).await;
        assert_eq!(
            (got, &reply["error_code"]),
            (400, &json!(format!("DIS.{code}"))),
            "{method} {path} {body}: {reply}"
        );
        assert_eq!(self.everything(), before, "{method} {path} {body}");
    }

    fn everything(&self) -> Vec<String> {
        let world = self.sim.world();
        world.objects().map(|(id, json)| format!("{id:?} {json}")).collect()
    }
}

pub(super) fn at_once() -> Settings {
    Settings {
        stream_create_ms: 0,
        stream_scale_ms: 0,
        dump_start_ms: 0,
        ..Settings::default()
    }
}

fn min(name: &str, count: i64) -> Json {
    json!({"stream_name": name, "partition_count": count})
}

#[tokio::test]
async fn a_stream_is_created_read_and_deleted() {
    let c = Client::new(Settings::default()).await;
    c.fails("GET", "/streams/s", Json::Null, 4301).await;
    c.does("POST", "/streams", min("s", 2), 201).await;
    c.fails("POST", "/streams", min("s", 2), 4307).await;
    let s = c.get("/streams/s").await;
    assert_eq!(s["status"], "CREATING");
    assert_eq!(s["partitions"][0]["status"], "CREATING");
    for (name, value) in [
        ("stream_type", json!("COMMON")),
        ("data_type", json!("BLOB")),
        ("retention_period", json!(24)),
        ("writable_partition_count", json!(2)),
        ("readable_partition_count", json!(2)),
        ("create_time", json!(START_MS)),
        ("auto_scale_enabled", json!(false)),
        ("tags", json!([])),
        ("has_more_partitions", json!(false)),
        ("data_schema", Json::Null),
        ("compression_format", Json::Null),
    ] {
        assert_eq!(s[name], value, "{name}");
    }
    c.fails("PUT", "/streams/s", json!({"target_partition_count": 3}), 4205)
        .await;
    c.sim.advance_ms(300).unwrap();
    let s = c.get("/streams/s").await;
    assert_eq!(s["status"], "RUNNING");
    assert_eq!(s["partitions"][1]["partition_id"], "shardId-0000000001");
    assert_eq!(
        s["partitions"][1]["hash_range"],
        "[4611686018427387904 : 9223372036854775807]"
    );
    c.does("DELETE", "/streams/s", Json::Null, 204).await;
    c.fails("DELETE", "/streams/s", Json::Null, 4301).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn every_setting_of_a_stream_comes_back() {
    let c = Client::new(at_once()).await;
    let body = json!({
        "stream_name": "s", "partition_count": 1, "stream_type": "ADVANCED", "data_type": "CSV", "data_duration": 120,
        "auto_scale_enabled": true, "auto_scale_min_partition_count": 1, "auto_scale_max_partition_count": 4,
        "data_schema": "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}",
        "csv_properties": {"delimiter": ";"}, "compression_format": "gzip", "tags": [{"key": "k", "value": "v"}],
        "sys_tags": [{"key": "_sys_enterprise_project_id", "value": "0"}],
    });
    c.does("POST", "/streams", body.clone(), 201).await;
    let read = c.get("/streams/s").await;
    for (name, value) in body.as_object().unwrap() {
        let renamed = match name.as_str() {
            "partition_count" => "writable_partition_count",
            "data_duration" => "retention_period",
            name => name,
        };
        assert_eq!(&read[renamed], value, "{name}");
    }
    let row = &c.get("/streams").await["stream_info_list"][0];
    assert_eq!(row["partition_count"], 1);
    assert_eq!(row["stream_id"], read["stream_id"]);
    let change = json!({
        "stream_name": "s", "data_duration": 48, "data_type": "JSON", "auto_scale_enabled": false,
        "auto_scale_min_partition_count": 0, "auto_scale_max_partition_count": 0,
    });
    c.sim.advance_ms(5).unwrap();
    c.does("PUT", "/v3/streams/s", change, 204).await;
    let read = c.get("/streams/s").await;
    assert_eq!(read["retention_period"], 48);
    assert_eq!(read["data_type"], "JSON");
    assert_eq!(read["auto_scale_enabled"], false);
    assert_eq!(read["compression_format"], "gzip", "what was not sent stays");
    assert_eq!(read["last_modified_time"], START_MS + 5);
    assert_eq!(read["create_time"], START_MS);
    c.sim.stop().await;
}

#[tokio::test]
async fn streams_that_break_a_rule_are_refused() {
    let c = Client::new(at_once()).await;
    c.does("POST", "/streams", min("there", 1), 201).await;
    let with = |name: &str, value: Json| {
        let mut body = min("s", 1);
        body[name] = value;
        body
    };
    let tags = |n: usize| {
        (0..n)
            .map(|i| json!({"key": format!("k{i}"), "value": ""}))
            .collect::<Json>()
    };
    for (body, code) in [
        (Json::Null, 4202),
        (json!([1]), 4300),
        (with("stream_name", json!("a".repeat(65))), 4200),
        (with("stream_name", json!("a b")), 4200),
        (with("stream_name", Json::Null), 4200),
        (with("partition_count", Json::Null), 4200),
        (with("partition_count", json!(0)), 4200),
        (with("partition_count", json!("1")), 4200),
        (with("partition_count", json!(50)), 4308),
        (with("stream_type", json!("common")), 4200),
        (with("data_type", json!("XML")), 4200),
        (with("data_duration", json!(23)), 4200),
        (with("data_duration", json!(100)), 4200),
        (with("data_duration", json!(169)), 4200),
        (with("data_schema", json!("{")), 4360),
        (with("data_schema", json!("{}")), 4360),
        (with("data_schema", json!("{\"type\":\"record\",\"name\":\"r\"}")), 4360),
        (with("data_schema", json!({"type": "record"})), 4200),
        (with("compression_format", json!("lz4")), 4200),
        (with("auto_scale_min_partition_count", json!(-1)), 4200),
        (with("csv_properties", json!(";")), 4200),
        (with("tags", tags(11)), 4601),
        (with("tags", json!([{"key": "k".repeat(37), "value": ""}])), 4200),
        (with("tags", json!([{"key": "k", "value": "v".repeat(44)}])), 4200),
        (with("sys_tags", json!([{"key": "x", "value": "0"}])), 4200),
        (
            with("sys_tags", json!([{"key": "_sys_enterprise_project_id", "value": "x"}])),
            4200,
        ),
    ] {
        c.fails("POST", "/streams", body, code).await;
    }
    let mut scale = with("auto_scale_enabled", json!(true));
    scale["auto_scale_min_partition_count"] = json!(3);
    scale["auto_scale_max_partition_count"] = json!(2);
    c.fails("POST", "/streams", scale, 4200).await;
    let (_, reply) = c.call("PUT", "/streams/there", &json!({"data_duration": 48})).await;
    assert_eq!(
        reply["message"],
        "Invalid request. [Invalid target_partition_count null.]"
    );
    c.fails("PUT", "/v3/streams/there", json!({"data_duration": 1}), 4200)
        .await;
    c.fails("PUT", "/v3/streams/there", json!({"stream_name": "s"}), 4200)
        .await;
    c.fails("PUT", "/v3/streams/none", json!({"data_duration": 48}), 4301)
        .await;
    c.does("POST", "/streams", with("data_duration", json!(168)), 201).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn streams_are_listed_page_by_page() {
    let c = Client::new(at_once()).await;
    for name in ["c", "a", "b", "d", "e"] {
        c.does("POST", "/streams", min(name, 1), 201).await;
    }
    let first = c.get("/streams?limit=2").await;
    assert_eq!(first["stream_names"], json!(["a", "b"]));
    assert_eq!(
        (&first["has_more_streams"], &first["total_number"]),
        (&json!(true), &json!(5))
    );
    let last = c.get("/streams?limit=100&start_stream_name=b").await;
    assert_eq!(last["stream_names"], json!(["c", "d", "e"]));
    assert_eq!(last["has_more_streams"], false);
    assert_eq!(last["stream_info_list"][2]["stream_name"], "e");
    c.sim.stop().await;
}

#[tokio::test]
async fn the_partition_count_changes_after_a_while() {
    let c = Client::new(Settings {
        stream_scale_ms: 1000,
        limit_stream_scaling: true,
        ..at_once()
    })
    .await;
    c.does("POST", "/streams", min("s", 2), 201).await;
    let target = |n: i64| json!({"stream_name": "s", "target_partition_count": n});
    c.fails("PUT", "/streams/s", target(51), 4308).await;
    c.fails("PUT", "/streams/none", target(4), 4301).await;
    let (status, reply) = c.call("PUT", "/streams/s", &target(4)).await;
    assert_eq!(status, 200);
    let told = json!({"stream_name": "s", "current_partition_count": 2, "target_partition_count": 4});
    assert_eq!(reply, told);
    let s = c.get("/streams/s").await;
    assert_eq!(s["writable_partition_count"], 2);
    assert!(
        s.get("update_partition_counts").is_none(),
        "the row comes with the result"
    );
    c.fails("PUT", "/streams/s", target(5), 4200).await;
    c.sim.advance_ms(1000).unwrap();
    let s = c.get("/streams/s").await;
    assert_eq!(s["writable_partition_count"], 4);
    let row = &s["update_partition_counts"][0];
    assert_eq!(
        (&row["src_partition_count"], &row["target_partition_count"]),
        (&json!(2), &json!(4))
    );
    assert_eq!(row["create_timestamp"], START_MS);
    // Once in an hour.
    c.fails("PUT", "/streams/s", target(1), 4200).await;
    c.sim.advance_ms(3_600_000).unwrap();
    c.does("PUT", "/streams/s", target(1), 200).await;
    c.sim.advance_ms(1000).unwrap();
    let s = c.get("/streams/s").await;
    assert_eq!(
        (&s["writable_partition_count"], &s["readable_partition_count"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(s["partitions"][3]["status"], "DELETED");
    c.sim.advance_ms(24 * 3_600_000).unwrap();
    let s = c.get("/streams/s").await;
    assert_eq!(s["partitions"][3]["status"], "EXPIRED");
    assert_eq!(s["readable_partition_count"], 1);
    let page = c.get("/streams/s?limit_partitions=2").await;
    assert_eq!(page["partitions"].as_array().unwrap().len(), 2);
    assert_eq!(page["has_more_partitions"], true);
    let rest = c.get("/streams/s?start_partitionId=shardId-0000000001").await;
    assert_eq!(rest["partitions"][0]["partition_id"], "shardId-0000000002");
    assert_eq!(rest["has_more_partitions"], false);
    c.sim.stop().await;
}

#[tokio::test]
async fn tags_belong_to_the_id_of_a_stream() {
    let c = Client::new(at_once()).await;
    c.does("POST", "/streams", min("s", 1), 201).await;
    let id = c.get("/streams/s").await["stream_id"].as_str().unwrap().to_string();
    assert_eq!(id.len(), 19);
    let tags = format!("/stream/{id}/tags");
    c.fails("GET", "/stream/none/tags", Json::Null, 4603).await;
    c.does("POST", &tags, json!({"tag": {"key": "a", "value": "1"}}), 204)
        .await;
    let many = json!([{"key": "a", "value": "2"}, {"key": "b", "value": ""}]);
    c.does(
        "POST",
        &format!("{tags}/action"),
        json!({"action": "create", "tags": many}),
        204,
    )
    .await;
    assert_eq!(c.get(&tags).await["tags"], many);
    assert_eq!(c.get("/streams/s").await["tags"], many);
    let all = c.get("/stream/tags").await;
    assert_eq!(all["tags"][0], json!({"key": "a", "values": ["2"]}));
    let ask = |values: Json| json!({"action": "filter", "limit": "10", "tags": [{"key": "a", "values": values}]});
    let find = "/stream/resource_instances/action";
    let (_, found) = c.call("POST", find, &ask(json!(["1", "2"]))).await;
    assert_eq!(
        (&found["total_count"], &found["resources"][0]["resource_id"]),
        (&json!(1), &json!(id))
    );
    let (_, found) = c.call("POST", find, &ask(json!(["1"]))).await;
    assert_eq!(found, json!({"total_count": 0, "resources": []}));
    let (_, count) = c.call("POST", find, &json!({"action": "count"})).await;
    assert_eq!(count, json!({"total_count": 1}));
    c.does("DELETE", &format!("{tags}/a"), Json::Null, 204).await;
    c.fails("DELETE", &format!("{tags}/a"), Json::Null, 4604).await;
    let act = |action: &str| json!({"action": action, "tags": [{"key": "b"}]});
    c.fails("POST", &format!("{tags}/action"), act("move"), 4605).await;
    c.does("POST", &format!("{tags}/action"), act("delete"), 204).await;
    assert_eq!(c.get(&tags).await["tags"], json!([]));
    for n in 0..10 {
        c.does("POST", &tags, json!({"tag": {"key": format!("k{n}")}}), 204)
            .await;
    }
    c.fails("POST", &tags, json!({"tag": {"key": "more"}}), 4601).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn permissions_of_a_stream_are_added_and_listed() {
    let c = Client::new(at_once()).await;
    c.does("POST", "/streams", min("s", 1), 201).await;
    let rule = json!({"principal_name": "other.*", "action_type": "putRecords", "effect": "accept"});
    c.does("POST", "/streams/s/policies", rule.clone(), 201).await;
    let read = c.get("/streams/s/policies").await;
    for (name, value) in rule.as_object().unwrap() {
        assert_eq!(&read["rules"][0][name], value);
    }
    let mut wrong = rule;
    wrong["action_type"] = json!("dance");
    c.fails("POST", "/streams/s/policies", wrong, 4200).await;
    c.fails("GET", "/streams/none/policies", Json::Null, 4301).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn apps_remember_how_far_they_have_read() {
    let c = Client::new(at_once()).await;
    c.does("POST", "/streams", min("s", 2), 201).await;
    c.fails("GET", "/apps/a", Json::Null, 4332).await;
    for name in ["b", "a"] {
        c.does("POST", "/apps", json!({"app_name": name}), 201).await;
    }
    c.fails("POST", "/apps", json!({"app_name": "a"}), 4330).await;
    c.fails("POST", "/apps", json!({"app_name": "a/b"}), 4200).await;
    let page = c.get("/apps?limit=1").await;
    assert_eq!(
        (&page["apps"][0]["app_name"], &page["has_more_app"]),
        (&json!("a"), &json!(true))
    );
    assert_eq!(c.get("/apps?start_app_name=a").await["apps"][0]["app_name"], "b");
    let commit = |partition: &str, number: &str| {
        json!({
            "app_name": "a", "checkpoint_type": "LAST_READ", "stream_name": "s", "partition_id": partition,
            "sequence_number": number, "metadata": "m",
        })
    };
    c.does("POST", "/checkpoints", commit("1", "7"), 201).await;
    c.does("POST", "/checkpoints", commit("shardId-0000000001", "8"), 201)
        .await;
    c.fails("POST", "/checkpoints", commit("2", "8"), 4302).await;
    c.fails("POST", "/checkpoints", commit("x", "8"), 4201).await;
    c.fails("POST", "/checkpoints", commit("1", "x"), 4200).await;
    let of = "app_name=a&stream_name=s&checkpoint_type=LAST_READ";
    let read = c.get(&format!("/checkpoints?{of}&partition_id=1")).await;
    assert_eq!(read, json!({"sequence_number": "8", "metadata": "m"}));
    c.fails("GET", &format!("/checkpoints?{of}&partition_id=0"), Json::Null, 4375)
        .await;
    assert_eq!(c.get("/apps/a").await["commit_checkpoint_stream_names"], json!(["s"]));
    assert_eq!(c.get("/apps?stream_name=s").await["total_number"], 1);
    let state = c.get("/apps/a/streams/s?checkpoint_type=LAST_READ").await;
    assert_eq!(state["partition_consuming_states"][0]["sequence_number"], "-1");
    assert_eq!(state["partition_consuming_states"][1]["sequence_number"], "8");
    c.fails("GET", "/apps/a/streams/s", Json::Null, 4200).await;
    c.does("DELETE", &format!("/checkpoints?{of}"), Json::Null, 204).await;
    c.fails("GET", &format!("/checkpoints?{of}&partition_id=1"), Json::Null, 4375)
        .await;
    c.does("POST", "/checkpoints", commit("0", "1"), 201).await;
    c.does("DELETE", "/apps/a", Json::Null, 204).await;
    c.fails("DELETE", "/apps/a", Json::Null, 4332).await;
    assert!(!c.sim.world().inventory().contains("dis_checkpoint"));
    c.sim.stop().await;
}
