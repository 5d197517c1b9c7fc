//! Every captured request of the official SDKs, replayed over a socket against the embedded cloud:
//! it is accepted, and the reply has what that SDK needs.
#![allow(clippy::unwrap_used)]

use crate::raw_http::exchange;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use headworks::sim::{AccessKey, DEMO_ACCOUNT, Service, Settings, Sim, SimOptions};
use headworks::wire::codec::ots;
use headworks::wire::sign::ots as ots_sign;
use headworks::wire::{Request, Response};
use prost::Message;
use serde_json::{Value, json};
use std::path::Path;

const SLR: &str = "AliyunServiceRoleForOTSDataDelivery";
const BUCKET: &str = "datadeliverytest";

/// Captures whose request can't have here what it has there, with the reason.
const NOT_REPLAYED: &[(&str, &str)] = &[
    (
        "dw_GetFolder",
        "names a folder by an id, and here ids of folders are made of their paths",
    ),
    (
        "dw_GetFile_throttled",
        "throttling is a fault of the embedded cloud, which other tests ask for",
    ),
];

/// A captured request.
struct Capture {
    name: String,
    json: Value,
}

impl Capture {
    fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    fn headers(&self) -> Vec<(String, String)> {
        self.json["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(n, v)| (n.clone(), v.as_str().unwrap().to_string()))
            .collect()
    }

    fn header(&self, name: &str) -> Option<String> {
        let all = self.headers();
        let found = all.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, v)| v)
    }

    fn body(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(self.text("body_base64")).unwrap()
    }

    fn status(&self) -> u16 {
        u16::try_from(self.json["response"]["status"].as_u64().unwrap()).unwrap()
    }

    /// The key that signed it, with this secret.
    fn key(&self, secret: &str) -> AccessKey {
        let key = AccessKey::new(self.text("access_key_id"), secret);
        let token = ["x-ots-ststoken", "x-oss-security-token", "security-token"]
            .iter()
            .chain(&["x-acs-security-token"])
            .find_map(|n| self.header(n));
        match token {
            Some(token) => key.with_token(token),
            None => key,
        }
    }

    fn endpoint<'a>(&self, sim: &'a Sim) -> &'a str {
        sim.endpoint(match self.name.split('_').next().unwrap() {
            "ots" => Service::Tablestore,
            "oss" => Service::Oss,
            "ram" => Service::Ram,
            "dw" => Service::DataWorks,
            _ => Service::ResourceManager,
        })
    }

    async fn replay(&self, sim: &Sim) -> Response {
        let target = match (self.json["request_target"].as_str(), self.text("query")) {
            // A request through a proxy has its whole address in the request line.
            (Some(url), "") => url.to_string(),
            (Some(url), query) => format!("{url}?{query}"),
            (None, "") => self.text("path").to_string(),
            (None, query) => format!("{}?{query}", self.text("path")),
        };
        exchange(
            self.endpoint(sim),
            self.text("method"),
            &target,
            &self.headers(),
            &self.body(),
        )
        .await
        .unwrap()
    }
}

fn captures() -> Vec<Capture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/alibaba");
    let mut all: Vec<Capture> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .map(|path| Capture {
            name: path.file_stem().unwrap().to_str().unwrap().to_string(),
            json: serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap(),
        })
        .filter(|c| NOT_REPLAYED.iter().all(|(name, _)| c.name != *name))
        .filter(|c| {
            ["ots_", "oss_", "ram_", "rs_", "dw_"]
                .iter()
                .any(|p| c.name.starts_with(p))
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(all.len() >= 100, "captures found: {}", all.len());
    all
}

async fn start(capture: &Capture, secret: &str) -> Sim {
    Sim::start(SimOptions {
        settings: Settings {
            check_freshness: false,
            lenient_task_names: true,
            task_init_ms: 0,
            ..Settings::default()
        },
        access_keys: vec![capture.key(secret)],
        ..SimOptions::default()
    })
    .await
    .unwrap()
}

fn role(name: &str, linked: bool) -> Value {
    json!({
        "account": DEMO_ACCOUNT, "name": name, "role_id": "1", "description": "",
        "assume_role_policy_document": "{}", "max_session_duration": 3600,
        "created_ms": 0, "updated_ms": 0,
        "linked_service": linked.then_some("datadelivery.ots.aliyuncs.com"),
    })
}

fn bucket(account: &str) -> Value {
    json!({
        "name": BUCKET, "account": account, "region": "cn-hangzhou", "created_ms": 0,
        "acl": "private", "storage_class": "Standard", "redundancy": "LRS",
        "resource_group_id": "rg-1", "versioning": "Enabled", "tags": [["k", "v"]],
        "encryption": {"algorithm": "AES256"},
        "lifecycle": "<LifecycleConfiguration><Rule><ID>r</ID><Prefix/><Status>Enabled</Status></Rule></LifecycleConfiguration>",
    })
}

fn table(instance: &str) -> Value {
    json!({
        "instance": instance, "name": "sampleTable",
        "primary_key": [{"name": "PK1", "type": "INTEGER"}, {"name": "PK2", "type": "STRING"}],
        "defined_columns": [{"name": "Col1", "type": "DCT_DOUBLE"}],
        "time_to_live": -1, "max_versions": 1, "deviation_cell_version_in_sec": 86400,
        "allow_update": true, "read_capacity": 0, "write_capacity": 0, "last_increase_s": 1,
        "created_ms": 0,
    })
}

fn task(instance: &str) -> Value {
    json!({
        "instance": instance, "table": "sampleTable", "name": "sampledeliverytask",
        "task_type": "BASE_INC", "created_ms": 0,
        "config": {
            "oss_prefix": "p/$yyyy", "oss_bucket": BUCKET,
            "oss_endpoint": "oss-cn-hangzhou.aliyuncs.com",
            "oss_sts_role": format!("acs:ram::{DEMO_ACCOUNT}:role/{}", SLR.to_lowercase()),
            "schema": [{"column_name": "PK1", "oss_column_name": "PK1", "type": "INT64", "encode": "PLAIN"}],
        },
    })
}

/// A task of DataWorks; the ids are those of the captures.
fn dataworks(put: impl Fn(&str, &str, Value), name: &str, capture: &Capture) {
    let parameter = |field: &str| {
        let of = |map: &str| capture.json[map][field].as_str().map(str::to_string);
        of("query_params").or_else(|| of("body_decoded"))
    };
    let content = json!({"type": "job", "steps": [
        {"category": "reader", "parameter": {"datasource": "mysql_pub"}},
        {"category": "writer", "parameter": {"datasource": "odps_source"}},
    ]});
    let mut file = json!({
        "project": "10000", "file_id": 1_000_001, "name": "new_di_task", "content": content.to_string(),
        "task_type": parameter("TaskType").unwrap_or_else(|| "DI_OFFLINE".to_string()),
        "folder": parameter("ParentFolderPath").map_or_else(
            || "Business Flow/Shop/Data Integration".to_string(),
            |parent| format!("{parent}/Data Integration"),
        ),
        "version": 1, "run_status": "RUN",
        // The deletion was one that is deployed; only what is committed is.
        "committed": matches!(name, "dw_DeleteFile" | "dw_DeployFile"), "scheduled": name == "dw_DeleteFile",
    });
    if name.starts_with("dw_DeleteDISyncTask") {
        file["run_status"] = json!("NORUN");
    }
    let taken = name == "dw_CreateDISyncTask_err400";
    if taken || !name.starts_with("dw_CreateDISyncTask") {
        put("dw_file", "10000/1000001", file);
    }
    let deployment = json!({
        "project": "10000", "deployment_id": 3_000_001, "file_id": 1_000_001, "purpose": "SUBMIT",
        "started_ms": 0, "done": true,
    });
    put("sim_dw_deployment", "10000/3000001", deployment);
}

/// Makes what must exist for the capture to have the result it had.
fn prepare(sim: &Sim, capture: &Capture) {
    let put = |kind: &str, key: &str, value: Value| sim.put_object(kind, key, value).unwrap();
    let name = capture.name.as_str();
    let instance = capture.header("x-ots-instancename").unwrap_or_default();
    if name.starts_with("ots_") && !name.contains("CreateTable") {
        put("ots_table", &format!("{instance}/sampleTable"), table(&instance));
        if !name.contains("CreateDeliveryTask") {
            let key = format!("{instance}/sampleTable/sampledeliverytask");
            put("ots_delivery_task", &key, task(&instance));
        }
    }
    let new_bucket =
        name.contains("_PutBucket") && ["PutBucket", "PutBucket_acl_config"].iter().any(|n| name.ends_with(n));
    if name.starts_with("oss_") && !new_bucket && !name.ends_with("err404") {
        let owner = if name.ends_with("PutBucket_err409") {
            "99"
        } else {
            DEMO_ACCOUNT
        };
        put("oss_bucket", BUCKET, bucket(owner));
    }
    if name.ends_with("DeleteBucket_err409") {
        let object = json!({"bucket": BUCKET, "name": "o", "size": 1, "etag": "E", "modified_ms": 0});
        put("oss_object", &format!("{BUCKET}/o"), object);
    }
    if matches!(name, "ram_GetRole" | "rs_GetRole" | "rs_DeleteServiceLinkedRole") {
        put(
            "ram_role",
            &format!("{DEMO_ACCOUNT}/{}", SLR.to_lowercase()),
            role(SLR, true),
        );
    }
    if name.starts_with("ram_") && !matches!(name, "ram_CreateRole" | "ram_GetRole_err404") {
        let mut mine = role("my-role", false);
        if name == "ram_DetachPolicyFromRole" || name == "ram_ListPoliciesForRole" {
            mine["policies"] = json!([{"policy_type": "System", "name": "AliyunOSSFullAccess", "attached_ms": 0}]);
        }
        put("ram_role", &format!("{DEMO_ACCOUNT}/my-role"), mine);
    }
    if name.starts_with("dw_") {
        dataworks(put, name, capture);
    }
    if name == "rs_GetServiceLinkedRoleDeletionStatus" {
        let id = capture.json["query_params"]["DeletionTaskId"].as_str().unwrap();
        let deletion = json!({
            "task_id": id, "account": DEMO_ACCOUNT, "role_name": SLR, "started_ms": 0,
            "status": "SUCCEEDED",
        });
        put("sim_role_deletion", id, deletion);
    }
}

#[tokio::test]
async fn every_captured_request_is_accepted_and_answered_as_its_sdk_needs() {
    for capture in captures() {
        // The 403 capture is one whose signature the service could not confirm.
        let wrong_key = capture.name.ends_with("err403");
        let secret = if wrong_key {
            "other"
        } else {
            capture.text("access_key_secret")
        };
        let sim = start(&capture, secret).await;
        prepare(&sim, &capture);
        let response = capture.replay(&sim).await;
        // The emulated answer to empty settings was a success; the documentation requires them.
        let emptied = capture.name.ends_with("emptyconfig");
        let want = if emptied { 400 } else { capture.status() };
        let shown = String::from_utf8_lossy(&response.body).into_owned();
        assert_eq!(response.status, want, "{}: {shown}", capture.name);
        match capture.name.split('_').next().unwrap() {
            "ots" => check_ots(&capture, secret, &response),
            "oss" => check_oss(&capture, &response),
            _ => check_rpc(&capture, &response),
        }
        sim.stop().await;
    }
}

#[tokio::test]
async fn every_captured_request_is_refused_with_another_secret() {
    for capture in captures() {
        let sim = start(&capture, "not the secret").await;
        prepare(&sim, &capture);
        let before = sim.world().inventory();
        let response = capture.replay(&sim).await;
        let shown = String::from_utf8_lossy(&response.body).into_owned();
        let (status, code) = match capture.name.split('_').next().unwrap() {
            "ots" => (403, "Signature mismatch."),
            "oss" => (403, "SignatureDoesNotMatch"),
            _ => (400, "SignatureDoesNotMatch"),
        };
        assert_eq!(response.status, status, "{}: {shown}", capture.name);
        assert!(shown.contains(code), "{}: {shown}", capture.name);
        assert_eq!(sim.world().inventory(), before, "{}", capture.name);
        sim.stop().await;
    }
}

/// What the SDKs of Tablestore need; the strictest of them, Python and Java, check the whole reply.
fn check_ots(capture: &Capture, secret: &str, response: &Response) {
    let name = &capture.name;
    let sent = Request {
        method: http::Method::POST,
        scheme: "http".to_string(),
        authority: String::new(),
        path: capture.text("path").to_string(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Bytes::from(capture.body()),
    };
    let key = match capture.header("x-ots-signdate") {
        Some(day) => {
            let region = capture.header("x-ots-signregion").unwrap();
            ots_sign::v4_signing_key(secret, &day, &region)
        }
        None => secret.to_string(),
    };
    let now = jiff::Timestamp::now();
    ots_sign::verify_response(&sent, response, &key, capture.text("access_key_id"), now)
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    if response.status >= 400 {
        let error = ots::Error::decode(response.body.clone()).unwrap();
        assert!(error.code.is_some_and(|c| c.starts_with("OTS")), "{name}");
        return;
    }
    match capture.text("path") {
        "/DescribeDeliveryTask" => {
            let reply = ots::DescribeDeliveryTaskResponse::decode(response.body.clone()).unwrap();
            let config = reply.task_config.unwrap();
            for field in [
                config.oss_prefix,
                config.oss_bucket,
                config.oss_endpoint,
                config.oss_sts_role,
            ] {
                assert!(field.is_some_and(|f| !f.is_empty()), "{name}");
            }
            assert_eq!(reply.task_type, Some(2), "{name}");
            assert!(reply.task_sync_stat.is_some(), "{name}");
        }
        "/DescribeTable" => {
            let reply = ots::DescribeTableResponse::decode(response.body.clone()).unwrap();
            let meta = reply.table_meta.unwrap();
            assert_eq!(meta.table_name.as_deref(), Some("sampleTable"), "{name}");
            assert_eq!(reply.table_status, Some(1), "{name}");
            check_table_parts(name, reply.table_options, reply.reserved_throughput_details);
        }
        "/UpdateTable" => {
            let reply = ots::UpdateTableResponse::decode(response.body.clone()).unwrap();
            assert!(
                reply.stream_details.is_some_and(|s| s.enable_stream.is_some()),
                "{name}"
            );
            assert_eq!(
                reply.table_options.as_ref().and_then(|o| o.time_to_live),
                Some(86400),
                "{name}"
            );
            check_table_parts(name, reply.table_options, reply.reserved_throughput_details);
        }
        "/ListTable" => {
            let reply = ots::ListTableResponse::decode(response.body.clone()).unwrap();
            assert_eq!(reply.table_names, ["sampleTable"], "{name}");
        }
        "/ListDeliveryTask" => {
            let reply = ots::ListDeliveryTaskResponse::decode(response.body.clone()).unwrap();
            assert_eq!(reply.tasks.len(), 1, "{name}");
            let one = &reply.tasks[0];
            assert_eq!(one.task_name.as_deref(), Some("sampledeliverytask"), "{name}");
            assert_eq!(one.task_type, Some(2), "{name}");
        }
        _ => assert!(response.body.is_empty(), "{name}"),
    }
}

fn check_table_parts(
    name: &str,
    options: Option<ots::TableOptions>,
    throughput: Option<ots::ReservedThroughputDetails>,
) {
    let options = options.unwrap();
    assert!(
        options.time_to_live.is_some() && options.max_versions.is_some(),
        "{name}"
    );
    assert!(options.deviation_cell_version_in_sec.is_some(), "{name}");
    let unit = throughput.unwrap().capacity_unit.unwrap();
    assert!(unit.read.is_some() && unit.write.is_some(), "{name}");
}

fn check_oss(capture: &Capture, response: &Response) {
    let name = &capture.name;
    assert!(response.header("x-oss-request-id").is_some(), "{name}");
    let date = response.header("date").unwrap();
    assert!(date.ends_with(" GMT"), "{name}: {date}");
    let text = String::from_utf8(response.body.to_vec()).unwrap();
    if name.ends_with("GetBucketInfo") {
        for element in [
            "Name",
            "CreationDate",
            "ExtranetEndpoint",
            "IntranetEndpoint",
            "Location",
            "StorageClass",
            "Owner",
            "AccessControlList",
            "Grant",
        ] {
            assert!(text.contains(&format!("<{element}>")), "{name}: {element}");
        }
    }
    if response.status >= 400 {
        let theirs = capture.json["response"]["body_text"].as_str().unwrap();
        let code = theirs.split("Code>").nth(1).unwrap();
        assert!(text.contains(&format!("<Code>{code}Code>")), "{name}: {text}");
    }
}

fn check_rpc(capture: &Capture, response: &Response) {
    let name = &capture.name;
    let ours: Value = serde_json::from_slice(&response.body).unwrap();
    let theirs: Value = serde_json::from_str(capture.json["response"]["body_text"].as_str().unwrap()).unwrap();
    assert_same_shape(name, &ours, &theirs);
    if name.starts_with("dw_") && response.status < 400 {
        let (ours, theirs) = (&ours["Success"], &theirs["Success"]);
        assert_eq!(ours, theirs, "{name}");
    }
    if theirs["Data"]["Status"] == "success" {
        assert_eq!(ours["Data"]["Status"], "success", "{name}: {ours}");
    }
    if name == "ram_CreateRole" {
        assert_eq!(ours["Role"]["Description"], "x y+z&=~*/中");
        assert_eq!(ours["Role"]["Arn"], format!("acs:ram::{DEMO_ACCOUNT}:role/my-role"));
    }
    if response.status >= 400 {
        assert_eq!(ours["Code"], theirs["Code"], "{name}");
    }
}

/// Every field of `theirs` is in `ours`, of the same JSON type.
fn assert_same_shape(name: &str, ours: &Value, theirs: &Value) {
    match theirs {
        Value::Object(fields) => {
            for (field, value) in fields {
                assert!(ours.get(field).is_some(), "{name}: no {field} in {ours}");
                assert_same_shape(name, &ours[field], value);
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                assert_same_shape(name, &ours[0], first);
            }
        }
        Value::String(_) => assert!(ours.is_string(), "{name}: {ours}"),
        Value::Number(_) => assert!(ours.is_number(), "{name}: {ours}"),
        Value::Bool(_) => assert!(ours.is_boolean(), "{name}: {ours}"),
        Value::Null => {}
    }
}
