//! Dump tasks in the embedded DIS: the six kinds of destination with every rule of their members, states, and what must
//! exist elsewhere.
#![allow(clippy::unwrap_used)]

use super::DOMAIN;
use super::dis_captures_sim::{TENANT_ADMINISTRATOR, agency, bucket, outside};
use super::dis_sim::{Client, at_once};
use crate::sim_client::START_MS;
use headworks::sim::{Settings, SimOptions};
use serde_json::{Value as Json, json};

const TASKS: &str = "/streams/s/transfer-tasks";

/// A client with a stream `s` of this type and everything that tasks need.
async fn ready(data_type: &str, settings: Settings) -> Client {
    let c = Client::new(settings).await;
    fill(&c, data_type).await;
    c
}

async fn fill(c: &Client, data_type: &str) {
    let stream = json!({"stream_name": "s", "partition_count": 2, "data_type": data_type});
    c.does("POST", "/streams", stream, 201).await;
    c.sim.advance_ms(c.sim.world().settings.stream_create_ms).unwrap();
    for (kind, key, json) in outside(&c.project) {
        c.sim.put_object(kind, &key, json).unwrap();
    }
}

fn body(kind: &str, members: Json) -> Json {
    let mut descriptor = json!({"task_name": "t", "agency_name": "dis_admin_agency", "deliver_time_interval": 60});
    for (name, value) in members.as_object().unwrap() {
        descriptor[name] = value.clone();
    }
    let name = format!("{}_destination_descriptor", kind.to_lowercase());
    json!({"destination_type": kind, name: descriptor})
}

fn obs() -> Json {
    body("OBS", json!({"obs_bucket_path": "obsbucket"}))
}

fn named(name: &str) -> Json {
    body("OBS", json!({"obs_bucket_path": "obsbucket", "task_name": name}))
}

fn dli() -> Json {
    let members = json!({"dli_database_name": "DB1", "dli_table_name": "Tb1", "obs_bucket_path": "obsbucket"});
    body("DLI", members)
}

fn mrs() -> Json {
    let members = json!({
        "mrs_cluster_name": "m", "mrs_cluster_id": "1", "mrs_hdfs_path": "/user", "obs_bucket_path": "obsbucket",
    });
    body("MRS", members)
}

fn dws() -> Json {
    let members = json!({
        "dws_cluster_name": "w", "dws_cluster_id": "2", "dws_database_name": "d", "dws_schema": "s",
        "dws_table_name": "t", "dws_delimiter": "|", "user_name": "u", "user_password": "very secret",
        "kms_user_key_name": "k", "kms_user_key_id": "3", "obs_bucket_path": "obsbucket",
    });
    body("DWS", members)
}

fn hbase() -> Json {
    let schema = json!({
        "row_key": [{"value": "a", "type": "String"}],
        "columns": [{"column_family_name": "f", "column_name": "c", "value": "b", "type": "Bigint"}],
    });
    let members = json!({
        "cloudtable_cluster_name": "ct", "cloudtable_cluster_id": "4", "cloudtable_table_name": "t",
        "cloudtable_schema": schema, "obs_backup_bucket_path": "obsbackupbucket",
    });
    body("CLOUDTABLE", members)
}

fn opentsdb() -> Json {
    let point = json!({
        "metric": [{"type": "Constant", "value": "a.b"}],
        "timestamp": {"type": "String", "value": "at", "format": "yyyy/MM/dd HH:mm:ss"},
        "value": {"type": "Double", "value": "v"}, "tags": [{"name": "n", "type": "String", "value": "w"}],
    });
    let members = json!({
        "cloudtable_cluster_name": "ct", "cloudtable_cluster_id": "4", "opentsdb_schema": [point],
    });
    body("CLOUDTABLE", members)
}

/// A body with one member set (or taken out, by null) inside its descriptor; `path` is a JSON pointer below it.
fn with(mut body: Json, path: &str, value: Json) -> Json {
    let descriptor = body
        .as_object_mut()
        .unwrap()
        .iter_mut()
        .find(|(name, _)| name.ends_with("_descriptor"))
        .unwrap()
        .1;
    match path.strip_prefix('/') {
        Some(_) => *descriptor.pointer_mut(path).unwrap() = value,
        None => descriptor[path] = value,
    }
    body
}

async fn state(c: &Client) -> String {
    let shown = c.get(&format!("{TASKS}/t")).await;
    let listed = c.get(TASKS).await;
    assert_eq!(shown["state"], listed["tasks"][0]["state"]);
    shown["state"].as_str().unwrap().to_string()
}

#[tokio::test]
async fn a_task_starts_runs_stops_and_goes() {
    let c = ready("BLOB", Settings::default()).await;
    let none = c.get(TASKS).await;
    assert_eq!(none, json!({"total_number": 0, "quota": 5, "tasks": []}));
    c.does("POST", TASKS, obs(), 201).await;
    assert_eq!(state(&c).await, "STARTING");
    c.sim.advance_ms(300).unwrap();
    assert_eq!(state(&c).await, "RUNNING");
    c.sim.advance_ms(150_000).unwrap();
    let shown = c.get(&format!("{TASKS}/t")).await;
    let last = c.sim.world().settings.stream_create_ms + 300 + 120_000 + START_MS;
    assert_eq!(shown["last_transfer_timestamp"], last);
    assert_eq!(shown["partitions"][1]["partitionId"], "shardId-0000000001");
    assert_eq!(shown["partitions"][1]["last_transfer_timestamp"], last);
    let task = &c.get(TASKS).await["tasks"][0];
    assert_eq!(task["task_id"], shown["task_id"]);
    let id = task["task_id"].as_str().unwrap();
    let act = |action: &str, id: &str| json!({"action": action, "tasks": [{"id": id}]});
    let action = format!("{TASKS}/action");
    c.does("POST", &action, act("stop", id), 200).await;
    assert_eq!(state(&c).await, "PAUSED");
    c.sim.advance_ms(600_000).unwrap();
    let shown = c.get(&format!("{TASKS}/t")).await;
    assert_eq!(
        shown["last_transfer_timestamp"], last,
        "a stopped task delivers nothing"
    );
    c.does("POST", &action, act("start", id), 200).await;
    assert_eq!(state(&c).await, "STARTING");
    c.sim.advance_ms(300).unwrap();
    assert_eq!(state(&c).await, "RUNNING");
    // By name it is not found, and one that is not found changes none.
    c.fails("POST", &action, act("stop", "t"), 4354).await;
    let both = json!({"action": "stop", "tasks": [{"id": id}, {"id": "other"}]});
    c.fails("POST", &action, both, 4354).await;
    c.fails("POST", &action, act("pause", id), 4200).await;
    c.fails("POST", &action, json!({"action": "stop", "tasks": []}), 4200)
        .await;
    c.fails("DELETE", "/streams/s", Json::Null, 4200).await;
    c.does("DELETE", &format!("{TASKS}/t/"), Json::Null, 204).await;
    c.fails("DELETE", &format!("{TASKS}/t"), Json::Null, 4354).await;
    c.fails("GET", &format!("{TASKS}/t"), Json::Null, 4354).await;
    c.does("DELETE", "/streams/s", Json::Null, 204).await;
    for (method, path) in [
        ("GET", TASKS),
        ("POST", TASKS),
        ("DELETE", "/streams/s/transfer-tasks/t"),
    ] {
        let body = if method == "POST" { obs() } else { Json::Null };
        c.fails(method, path, body, 4301).await;
    }
    c.sim.stop().await;
}

#[tokio::test]
async fn a_stream_has_five_tasks_at_most_each_with_its_name() {
    let c = ready("BLOB", Settings::default()).await;
    c.does("POST", "/stream/s/transfer-tasks/", named("t0"), 201).await;
    c.fails("POST", TASKS, named("t0"), 4355).await;
    for n in 1..5 {
        c.does("POST", TASKS, named(&format!("t{n}")), 201).await;
    }
    c.fails("POST", TASKS, named("t5"), 4357).await;
    let ids: std::collections::BTreeSet<String> = c.get("/stream/s/transfer-tasks").await["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["task_id"].as_str().unwrap().to_string())
        .collect();
    assert_eq!(ids.len(), 5);
    c.does(
        "POST",
        "/streams",
        json!({"stream_name": "new", "partition_count": 1}),
        201,
    )
    .await;
    c.fails("POST", "/streams/new/transfer-tasks", obs(), 4205).await;
    c.sim.stop().await;
}

/// What is read back for a body: the descriptor without the name, as the reply spells it.
async fn read_back(c: &Client, wish: &Json) -> Json {
    c.does("POST", TASKS, wish.clone(), 201).await;
    let shown = c.get(&format!("{TASKS}/t")).await;
    c.does("DELETE", &format!("{TASKS}/t"), Json::Null, 204).await;
    assert_eq!(shown["destination_type"], wish["destination_type"]);
    assert_eq!(shown["exception_strategy"], "ignoreAndBackup");
    let word = wish["destination_type"].as_str().unwrap().to_lowercase();
    let read = shown[format!("{word}_destination_description")].clone();
    let misspelt = &shown[format!("{word}_destination_descripton")];
    match word.as_str() {
        "dws" | "cloudtable" => assert_eq!(misspelt, &read),
        _ => assert!(misspelt.is_null()),
    }
    read
}

/// What a body asks for, with its name and password taken out and defaults put in.
fn expected(wish: &Json, defaults: Json) -> Json {
    let word = wish["destination_type"].as_str().unwrap().to_lowercase();
    let mut read = wish[format!("{word}_destination_descriptor")].clone();
    let members = read.as_object_mut().unwrap();
    members.remove("task_name");
    members.remove("user_password");
    for (name, value) in defaults.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    read
}

#[tokio::test]
async fn descriptors_are_read_back_with_their_defaults() {
    let c = ready("JSON", at_once()).await;
    let shared = json!({"consumer_strategy": "LATEST", "retry_duration": 1800});
    for wish in [dli(), mrs(), dws(), opentsdb()] {
        assert_eq!(read_back(&c, &wish).await, expected(&wish, shared.clone()));
    }
    let mut delimited = shared.clone();
    delimited["cloudtable_row_key_delimiter"] = json!(".");
    assert_eq!(read_back(&c, &hbase()).await, expected(&hbase(), delimited));
    let of_obs = json!({
        "consumer_strategy": "LATEST", "retry_duration": 0, "destination_file_type": "text", "record_delimiter": "\n",
    });
    assert_eq!(read_back(&c, &obs()).await, expected(&obs(), of_obs));
    // What is empty is as what is not there.
    for name in ["file_prefix", "retry_duration"] {
        let wish = with(dli(), name, json!(""));
        assert_eq!(read_back(&c, &wish).await, expected(&dli(), shared.clone()), "{name}");
    }
    // A number of seconds, also as a text.
    let wish = with(mrs(), "retry_duration", json!("0"));
    assert_eq!(read_back(&c, &wish).await["retry_duration"], 0);
    let wish = with(opentsdb(), "deliver_time_interval", Json::Null);
    assert_eq!(read_back(&c, &wish).await["deliver_time_interval"], 300);
    let wish = with(obs(), "agency_name", Json::Null);
    assert!(read_back(&c, &wish).await.get("agency_name").is_none());
    c.sim.stop().await;
}

#[tokio::test]
async fn everything_that_may_be_set_comes_back() {
    let c = ready("JSON", at_once()).await;
    let mut full = obs();
    for (name, value) in [
        ("consumer_strategy", json!("TRIM_HORIZON")),
        ("file_prefix", json!("a/b_1")),
        ("partition_format", json!("yyyy/MM/dd/HH/mm")),
        ("destination_file_type", json!("parquet")),
        ("record_delimiter", json!("|")),
        (
            "processing_schema",
            json!({"timestamp_name": "at", "timestamp_type": "String", "timestamp_format": "yyyy-MM-dd HH:mm:ss"}),
        ),
    ] {
        full = with(full, name, value);
    }
    assert_eq!(
        read_back(&c, &full).await,
        expected(&full, json!({"retry_duration": 0}))
    );
    let options = json!({
        "fill_missing_fields": "true/on", "ignore_extra_data": "false", "compatible_illegal_chars": true,
        "reject_limit": 5, "error_table_name": "e",
    });
    let wish = with(with(dws(), "options", options), "dws_table_columns", json!("c1,c2"));
    let read = read_back(&c, &wish).await;
    let kept = json!({
        "fill_missing_fields": "true", "ignore_extra_data": "false", "compatible_illegal_chars": "true",
        "reject_limit": "5", "error_table_name": "e",
    });
    assert_eq!((&read["options"], &read["dws_table_columns"]), (&kept, &json!("c1,c2")));
    let wish = with(
        with(mrs(), "hdfs_prefix_folder", json!("a/b")),
        "destination_file_type",
        json!("text"),
    );
    let read = read_back(&c, &wish).await;
    assert_eq!(
        (&read["hdfs_prefix_folder"], &read["destination_file_type"]),
        (&json!("a/b"), &json!("text"))
    );
    c.sim.stop().await;
}

#[tokio::test]
async fn the_password_is_neither_kept_nor_told() {
    let c = ready("CSV", at_once()).await;
    c.does("POST", TASKS, dws(), 201).await;
    let shown = c.get(&format!("{TASKS}/t")).await.to_string();
    assert!(!shown.contains("very secret") && !shown.contains("user_password"));
    let kept = c.sim.object("dis_dump_task", &format!("{}/s/t", c.project)).unwrap();
    assert!(!kept.to_string().contains("very secret"));
    assert_eq!(kept["user_password_sha256"].as_str().unwrap().len(), 64);
    let (_, reply) = c
        .call("POST", TASKS, &with(dws(), "user_password", json!(["very secret"])))
        .await;
    assert!(!reply.to_string().contains("very secret"), "{reply}");
    c.sim.stop().await;
}

#[tokio::test]
async fn members_that_every_destination_has_are_checked() {
    let c = ready("JSON", at_once()).await;
    for body in [obs(), dli(), mrs(), dws(), hbase(), opentsdb()] {
        for (name, value) in [
            ("task_name", Json::Null),
            ("task_name", json!("a.b")),
            ("task_name", json!("a".repeat(65))),
            ("agency_name", json!("a".repeat(65))),
            ("agency_name", json!(1)),
            ("deliver_time_interval", json!(29)),
            ("deliver_time_interval", json!(901)),
            ("deliver_time_interval", json!("300")),
            ("consumer_strategy", json!("latest")),
        ] {
            c.fails("POST", TASKS, with(body.clone(), name, value), 4200).await;
        }
        if body["destination_type"] != "OBS" {
            c.fails("POST", TASKS, with(body.clone(), "agency_name", Json::Null), 4200)
                .await;
            for value in [json!(-1), json!(7201), json!("x"), json!(1.5), json!("7201")] {
                c.fails("POST", TASKS, with(body.clone(), "retry_duration", value), 4200)
                    .await;
            }
        }
        if body["destination_type"] != "CLOUDTABLE" {
            c.fails(
                "POST",
                TASKS,
                with(body.clone(), "deliver_time_interval", Json::Null),
                4200,
            )
            .await;
            c.fails("POST", TASKS, with(body, "obs_bucket_path", Json::Null), 4200)
                .await;
        }
    }
    c.fails("POST", TASKS, Json::Null, 4202).await;
    c.fails("POST", TASKS, json!({}), 4200).await;
    c.fails("POST", TASKS, json!({"destination_type": "NOWHERE"}), 4200)
        .await;
    c.fails("POST", TASKS, json!({"destination_type": "DLI"}), 4200).await;
    let mut other = dli();
    other["destination_type"] = json!("MRS");
    c.fails("POST", TASKS, other, 4200).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn members_of_one_destination_are_checked() {
    let c = ready("BLOB", at_once()).await;
    let time =
        |kind: &str, format: &str| json!({"timestamp_name": "at", "timestamp_type": kind, "timestamp_format": format});
    for (body, name, value) in [
        (obs(), "file_prefix", json!("/a")),
        (obs(), "file_prefix", json!("a-b")),
        (obs(), "file_prefix", json!("a".repeat(51))),
        (obs(), "partition_format", json!("MM")),
        (obs(), "destination_file_type", json!("orc")),
        // Only for streams of JSON.
        (obs(), "destination_file_type", json!("parquet")),
        (obs(), "record_delimiter", json!("\\n")),
        (obs(), "processing_schema", json!({"timestamp_name": "at"})),
        (obs(), "processing_schema", time("String", "")),
        (obs(), "processing_schema", time("String", "HH")),
        (obs(), "processing_schema", time("Long", "")),
        (dli(), "dli_database_name", Json::Null),
        (dli(), "dli_table_name", json!("")),
        (dli(), "file_prefix", json!("/a")),
        (mrs(), "mrs_cluster_name", Json::Null),
        (mrs(), "mrs_cluster_id", Json::Null),
        (mrs(), "mrs_hdfs_path", Json::Null),
        (mrs(), "hdfs_prefix_folder", json!("a".repeat(51))),
        (dws(), "dws_cluster_id", Json::Null),
        (dws(), "dws_schema", Json::Null),
        (dws(), "dws_delimiter", Json::Null),
        (dws(), "dws_delimiter", json!("\t")),
        (dws(), "user_name", Json::Null),
        (dws(), "user_password", json!("")),
        (dws(), "kms_user_key_id", Json::Null),
        (dws(), "dws_table_columns", json!("a,,b")),
        (dws(), "options", json!({"fill_missing_fields": "yes"})),
        (dws(), "options", json!({"reject_limit": "-1"})),
        (hbase(), "cloudtable_table_name", Json::Null),
        (hbase(), "cloudtable_row_key_delimiter", json!("/")),
        (hbase(), "cloudtable_schema", Json::Null),
        (hbase(), "opentsdb_schema", json!([])),
        (hbase(), "backup_file_prefix", json!("/a")),
    ] {
        c.fails("POST", TASKS, with(body, name, value), 4200).await;
    }
    for (path, value) in [
        ("/cloudtable_schema/row_key", json!([])),
        ("/cloudtable_schema/row_key/0/type", json!("Int")),
        ("/cloudtable_schema/columns/0/column_name", json!("a-b")),
        ("/cloudtable_schema/columns/0/column_family_name", json!("")),
        ("/cloudtable_schema/columns/0", json!("c")),
    ] {
        c.fails("POST", TASKS, with(hbase(), path, value), 4345).await;
    }
    for (path, value) in [
        ("/opentsdb_schema", json!({"metric": []})),
        ("/opentsdb_schema/0/metric", json!([])),
        ("/opentsdb_schema/0/metric/0/type", json!("Bigint")),
        ("/opentsdb_schema/0/metric/0/value", json!("a b")),
        ("/opentsdb_schema/0/timestamp/format", json!("HH")),
        ("/opentsdb_schema/0/timestamp/type", json!("Bigint")),
        ("/opentsdb_schema/0/value/type", json!("Int")),
        ("/opentsdb_schema/0/tags/0/name", json!("a".repeat(33))),
    ] {
        c.fails("POST", TASKS, with(opentsdb(), path, value), 4348).await;
    }
    assert_eq!(c.get(TASKS).await["total_number"], 0);
    // A time in milliseconds has no format.
    let number = json!({"type": "Timestamp", "value": "at"});
    let wish = with(opentsdb(), "/opentsdb_schema/0/timestamp", number);
    c.does("POST", TASKS, wish, 201).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn what_a_task_needs_must_exist_and_its_loss_shows() {
    let c = ready("CSV", at_once()).await;
    c.does("POST", TASKS, dli(), 201).await;
    c.sim.advance_ms(60_000).unwrap();
    let agency_key = format!("{DOMAIN}/a1");
    let (database, table) = (format!("{}/db1", c.project), format!("{}/db1/tb1", c.project));
    for (kind, key, code) in [
        ("iam_agency", agency_key.as_str(), 4335),
        ("obs_bucket", "obsbucket", 4306),
        ("dli_database", database.as_str(), 4337),
        ("dli_table", table.as_str(), 4338),
    ] {
        let before = c.get(&format!("{TASKS}/t")).await;
        assert_eq!(before["state"], "RUNNING", "{kind}");
        let object = c.sim.object(kind, key).unwrap();
        c.sim.delete_object(kind, key).unwrap();
        assert_eq!(state(&c).await, "ABNORMAL", "{kind}");
        c.fails("POST", TASKS, with(dli(), "task_name", json!("u")), code).await;
        c.sim.advance_ms(120_000).unwrap();
        let lost = c.get(&format!("{TASKS}/t")).await;
        assert_eq!(
            lost["last_transfer_timestamp"], before["last_transfer_timestamp"],
            "{kind}"
        );
        c.sim.put_object(kind, key, object).unwrap();
        assert_eq!(state(&c).await, "RUNNING", "{kind}");
        c.sim.advance_ms(60_000).unwrap();
        let again = c.get(&format!("{TASKS}/t")).await;
        assert_ne!(
            again["last_transfer_timestamp"], before["last_transfer_timestamp"],
            "{kind}"
        );
    }
    c.sim.stop().await;
}

#[tokio::test]
async fn agencies_buckets_and_tables_must_be_fit() {
    let c = ready("CSV", at_once()).await;
    let put = |kind: &str, key: &str, json: Json| c.sim.put_object(kind, key, json).unwrap();
    let key = format!("{DOMAIN}/a1");
    let good = agency("dis_admin_agency");
    for patch in [
        json!({"trust_domain_name": "op_svc_obs"}),
        json!({"duration": 1}),
        json!({"grants": []}),
        json!({"grants": [{"place": "domain", "role_id": "r"}]}),
        json!({"grants": [{"place": "project", "project_id": c.project, "role_id": TENANT_ADMINISTRATOR}]}),
        json!({"name": "other"}),
    ] {
        c.sim.patch_object("iam_agency", &key, &patch).unwrap();
        c.fails("POST", TASKS, obs(), 4335).await;
        put("iam_agency", &key, good.clone());
    }
    let everywhere = json!({"grants": [{"place": "inherited", "role_id": TENANT_ADMINISTRATOR}]});
    c.sim.patch_object("iam_agency", &key, &everywhere).unwrap();
    for patch in [json!({"region": "eu-de"}), json!({"owner": "other"})] {
        c.sim.patch_object("obs_bucket", "obsbucket", &patch).unwrap();
        c.fails("POST", TASKS, obs(), 4310).await;
        put("obs_bucket", "obsbucket", bucket("obsbucket"));
    }
    let table = format!("{}/db1/tb1", c.project);
    c.sim
        .patch_object("dli_table", &table, &json!({"data_location": "OBS"}))
        .unwrap();
    c.fails("POST", TASKS, dli(), 4338).await;
    c.does("POST", TASKS, obs(), 201).await;
    c.sim.delete_object("obs_bucket", "obsbackupbucket").unwrap();
    c.fails("POST", TASKS, with(hbase(), "task_name", json!("u")), 4306)
        .await;
    c.sim.stop().await;
}

#[tokio::test]
async fn clusters_are_checked_where_they_are_known() {
    let c = ready("JSON", at_once()).await;
    let put = |kind: &str, id: &str, mut json: Json| {
        json["project"] = json!(c.project);
        json["id"] = json!(id);
        c.sim.put_object(kind, &format!("{}/{id}", c.project), json).unwrap();
    };
    put("mrs_cluster", "1", json!({"name": "other"}));
    c.fails("POST", TASKS, mrs(), 4208).await;
    put("mrs_cluster", "1", json!({"name": "m", "kerberos": true}));
    c.fails("POST", TASKS, mrs(), 4208).await;
    put("mrs_cluster", "1", json!({"name": "m", "hdfs_paths": ["/tmp"]}));
    c.fails("POST", TASKS, mrs(), 4336).await;
    put("mrs_cluster", "1", json!({"name": "m", "hdfs_paths": ["/user"]}));
    read_back(&c, &mrs()).await;
    put("dws_cluster", "2", json!({"name": "w", "kms_keys": []}));
    c.fails("POST", TASKS, dws(), 4351).await;
    put("dws_cluster", "2", json!({"name": "w", "kms_keys": ["3"]}));
    read_back(&c, &dws()).await;
    put("cloudtable_cluster", "4", json!({"name": "ct", "tables": {}}));
    c.fails("POST", TASKS, hbase(), 4342).await;
    c.fails("POST", TASKS, opentsdb(), 4341).await;
    put(
        "cloudtable_cluster",
        "4",
        json!({"name": "ct", "opentsdb": true, "tables": {"t": ["g"]}}),
    );
    c.fails("POST", TASKS, hbase(), 4343).await;
    read_back(&c, &opentsdb()).await;
    put(
        "cloudtable_cluster",
        "4",
        json!({"name": "ct", "tables": {"t": ["g", "f"]}}),
    );
    read_back(&c, &hbase()).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn without_leave_to_assume_clusters_they_must_be_there() {
    let c = ready(
        "JSON",
        Settings {
            create_clusters: false,
            ..at_once()
        },
    )
    .await;
    c.fails("POST", TASKS, mrs(), 4208).await;
    c.fails("POST", TASKS, dws(), 4350).await;
    c.fails("POST", TASKS, hbase(), 4341).await;
    c.fails("POST", TASKS, opentsdb(), 4341).await;
    c.does("POST", TASKS, obs(), 201).await;
    c.sim.stop().await;
}

#[tokio::test]
async fn streams_and_tasks_outlive_the_embedded_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SimOptions {
        database: Some(folder.path().join("world.db")),
        settings: at_once(),
        ..SimOptions::default()
    };
    let c = Client::with(options()).await;
    fill(&c, "CSV").await;
    c.does("POST", TASKS, dws(), 201).await;
    c.does("POST", "/apps", json!({"app_name": "a"}), 201).await;
    let before = (c.get("/streams/s").await, c.get(&format!("{TASKS}/t")).await);
    c.sim.stop().await;
    let c = Client::with(options()).await;
    assert_eq!((c.get("/streams/s").await, c.get(&format!("{TASKS}/t")).await), before);
    assert_eq!(c.get("/apps/a").await["app_name"], "a");
    c.sim.stop().await;
}
