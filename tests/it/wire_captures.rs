//! Every captured request of the official SDKs, recomputed: signatures of requests and replies,
//! and bodies decoded and written again byte for byte. A capture of a kind that is not known here
//! fails the run, so that no capture goes unchecked.

mod dataworks;

use base64::Engine as _;
use headworks::base::Secret;
use headworks::wire::codec::{oss, ots, rpc};
use headworks::wire::sign::{self, percent};
use headworks::wire::{Credentials, Request, Response};
use prost::Message;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

struct Capture {
    name: String,
    json: Value,
    request: Request,
    response: Response,
    secret: String,
}

impl Capture {
    fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn credentials(&self) -> Credentials {
        let token = ["x-ots-ststoken", "x-oss-security-token", "x-acs-security-token"]
            .iter()
            .find_map(|name| self.request.header(name));
        Credentials {
            access_key: self.text("/access_key_id").to_string(),
            secret: Secret::new(&self.secret),
            security_token: token.map(Secret::new),
        }
    }

    /// The action of an RPC request, wherever it stands.
    fn operation_name(&self) -> String {
        let header = self.request.header("x-acs-action").map(str::to_string);
        let query = || self.request.query.iter().find(|(n, _)| n == "Action");
        header.or_else(|| query().map(|(_, v)| v.clone())).expect("an action")
    }

    fn operation(&self) -> &str {
        self.request.path.trim_start_matches('/')
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let object = value.as_object().expect("an object");
    let text = |v: &Value| v.as_str().expect("a string").to_string();
    object.iter().map(|(k, v)| (k.to_lowercase(), text(v))).collect()
}

fn body(value: &Value) -> bytes::Bytes {
    let text = value.as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64")
        .into()
}

fn captures(prefixes: &[&str]) -> Vec<Capture> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/alibaba");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).expect("the captures") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if !prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let json: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
        let text = |key: &str| json[key].as_str().expect(key).to_string();
        let headers = pairs(&json["headers"]);
        let host = headers.iter().find(|(k, _)| k == "host").expect("a host").1.clone();
        let request = Request {
            method: text("method").parse().expect("a method"),
            scheme: "http".into(),
            authority: host,
            path: text("path"),
            query: percent::parse_query(&text("query")),
            headers,
            body: body(&json["body_base64"]),
        };
        let reply = &json["response"];
        let response = Response {
            status: u16::try_from(reply["status"].as_u64().expect("a status")).expect("a status"),
            headers: pairs(&reply["headers"]),
            body: body(&reply["body_base64"]),
        };
        let secret = text("access_key_secret");
        all.push(Capture {
            name,
            request,
            response,
            secret,
            json,
        });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!all.is_empty(), "no captures of {prefixes:?}");
    all
}

#[test]
fn every_capture_is_of_a_kind_that_is_checked() {
    let known: BTreeSet<String> = captures(&["ots_", "oss_", "ram_", "rs_", "dw_"])
        .into_iter()
        .map(|c| c.name)
        .collect();
    let all: BTreeSet<String> = captures(&[""]).into_iter().map(|c| c.name).collect();
    assert_eq!(known, all);
}

#[test]
fn tablestore_requests_recompute() {
    for capture in captures(&["ots_"]) {
        let (name, sent) = (&capture.name, &capture.request);
        let mut ours = sent.clone();
        match capture.text("/signature/scheme") {
            "ots-v2-hmac-sha1" => {
                assert_eq!(
                    sign::ots::string_to_sign(sent),
                    capture.text("/signature/string_to_sign"),
                    "{name}"
                );
                sign::ots::sign_v2(&mut ours, &capture.credentials());
            }
            "ots-v4" => {
                assert_eq!(
                    format!("{}ots", sign::ots::string_to_sign(sent)),
                    capture.text("/signature/string_to_sign"),
                    "{name}"
                );
                let region = sent.header("x-ots-signregion").expect("a region");
                let date = sent.header("x-ots-signdate").expect("a date");
                sign::ots::sign_v4(&mut ours, &capture.credentials(), region, date);
            }
            other => panic!("{name}: unknown scheme {other:?}"),
        }
        assert_same_headers(&ours, sent, name);
    }
}

/// Signing again must give every header the SDK sent, and no other.
fn assert_same_headers(ours: &Request, sent: &Request, name: &str) {
    let sorted = |request: &Request| {
        let mut headers = request.headers.clone();
        headers.sort();
        headers
    };
    assert_eq!(sorted(ours), sorted(sent), "{name}");
}

#[test]
fn tablestore_replies_verify_at_their_time_and_not_when_changed() {
    for capture in captures(&["ots_"]) {
        let (name, sent) = (&capture.name, &capture.request);
        let key = match sent.header("x-ots-signdate") {
            None => capture.secret.clone(),
            Some(date) => {
                let region = sent.header("x-ots-signregion").expect("a region");
                sign::ots::v4_signing_key(&capture.secret, date, region)
            }
        };
        let id = capture.text("/access_key_id");
        let date = capture.response.header("x-ots-date").expect("a date");
        let now = date.parse().expect("a time");
        let verify = |reply: &Response| sign::ots::verify_response(sent, reply, &key, id, now);
        assert_eq!(verify(&capture.response), Ok(()), "{name}");
        let mut ours = capture.response.clone();
        sign::ots::sign_response(&mut ours, &sent.path, &key, id);
        let authorization = |reply: &Response| reply.header("authorization").map(str::to_string);
        if name != "ots_py_DescribeTable_err403" {
            assert_eq!(authorization(&ours), authorization(&capture.response), "{name}");
        }
        let mut changed = capture.response.clone();
        changed.headers.push(("x-ots-extra".into(), "1".into()));
        // A 403 OTSAuthFailed is the one reply whose signature is not looked at.
        let unchecked = name == "ots_py_DescribeTable_err403";
        assert_eq!(verify(&changed).is_ok(), unchecked, "{name}");
    }
}

#[test]
fn tablestore_bodies_come_back_byte_for_byte() {
    for capture in captures(&["ots_"]) {
        let request = capture.request.body.clone();
        let reply = capture.response.body.clone();
        let name = &capture.name;
        if !capture.response.is_success() {
            let error = again::<ots::Error>(&reply, name);
            assert_eq!(
                error.code.as_deref(),
                capture.json.pointer("/sdk_result/fields/code").and_then(Value::as_str),
                "{name}"
            );
            assert_eq!(
                error.message.as_deref(),
                capture
                    .json
                    .pointer("/sdk_result/fields/message")
                    .and_then(Value::as_str),
                "{name}"
            );
            again::<ots::DescribeTableRequest>(&request, name);
            continue;
        }
        match capture.operation() {
            "CreateDeliveryTask" => {
                check_create_task(&capture, &again(&request, name));
                again::<ots::CreateDeliveryTaskResponse>(&reply, name);
            }
            "DescribeDeliveryTask" => {
                again::<ots::DescribeDeliveryTaskRequest>(&request, name);
                check_describe_task(&capture, &again(&reply, name));
            }
            "ListDeliveryTask" => {
                let sent = again::<ots::ListDeliveryTaskRequest>(&request, name);
                assert_eq!(sent.table_name.as_deref(), Some("sampleTable"), "{name}");
                let list = again::<ots::ListDeliveryTaskResponse>(&reply, name);
                assert_eq!(list.tasks.len(), 1, "{name}");
                assert_eq!(list.tasks[0].task_name.as_deref(), Some("sampledeliverytask"));
                assert_eq!(list.tasks[0].task_type, Some(2), "{name}");
            }
            "DeleteDeliveryTask" => {
                let sent = again::<ots::DeleteDeliveryTaskRequest>(&request, name);
                assert_eq!(sent.task_name.as_deref(), Some("sampledeliverytask"), "{name}");
                again::<ots::DeleteDeliveryTaskResponse>(&reply, name);
            }
            other => check_table_operation(&capture, other),
        }
    }
}

fn check_table_operation(capture: &Capture, operation: &str) {
    let (name, request, reply) = (&capture.name, &capture.request.body, &capture.response.body);
    match operation {
        "CreateTable" => {
            check_create_table(capture, &again(request, name));
            again::<ots::CreateTableResponse>(reply, name);
        }
        "UpdateTable" => {
            let sent = again::<ots::UpdateTableRequest>(request, name);
            assert_eq!(sent.table_options.expect("options").time_to_live, Some(86400));
            let details = again::<ots::UpdateTableResponse>(reply, name);
            assert!(details.reserved_throughput_details.is_some(), "{name}");
        }
        "DescribeTable" => {
            again::<ots::DescribeTableRequest>(request, name);
            check_describe_table(capture, &again(reply, name));
        }
        "ListTable" => {
            again::<ots::ListTableRequest>(request, name);
            let list = again::<ots::ListTableResponse>(reply, name);
            assert_eq!(list.table_names, ["sampleTable"], "{name}");
        }
        "DeleteTable" => {
            let sent = again::<ots::DeleteTableRequest>(request, name);
            assert_eq!(sent.table_name.as_deref(), Some("sampleTable"), "{name}");
            again::<ots::DeleteTableResponse>(reply, name);
        }
        other => panic!("{name}: unknown operation {other:?}"),
    }
}

/// Decodes a message and demands the same bytes when it is written again.
fn again<M: Message + Default>(bytes: &bytes::Bytes, name: &str) -> M {
    let message = M::decode(bytes.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(message.encode_to_vec(), bytes.to_vec(), "{name}");
    message
}

/// The text of a decoded field as the capture's independent decoder wrote it.
fn field<'a>(capture: &'a Capture, path: &str) -> Option<&'a str> {
    capture
        .json
        .pointer(&format!("/body_decoded/fields{path}"))
        .and_then(Value::as_str)
}

fn check_create_task(capture: &Capture, sent: &ots::CreateDeliveryTaskRequest) {
    let name = &capture.name;
    let config = sent.task_config.as_ref().expect("a config");
    assert_eq!(sent.table_name.as_deref(), field(capture, "/tableName"), "{name}");
    assert_eq!(sent.task_name.as_deref(), field(capture, "/taskName"), "{name}");
    let task_type = sent.task_type.map(ots::DeliveryTaskType::api_name_of);
    assert_eq!(task_type.as_deref(), field(capture, "/taskType"), "{name}");
    let at = |key: &str| field(capture, &format!("/taskConfig/{key}"));
    assert_eq!(config.oss_prefix.as_deref(), at("ossPrefix"), "{name}");
    assert_eq!(config.oss_bucket.as_deref(), at("ossBucket"), "{name}");
    assert_eq!(config.oss_endpoint.as_deref(), at("ossEndpoint"), "{name}");
    assert_eq!(config.oss_sts_role.as_deref(), at("ossStsRole"), "{name}");
    let format = config.format.map(ots::ObjectFormat::api_name_of);
    assert_eq!(format.as_deref(), at("format"), "{name}");
    let time = config.event_time_column.as_ref().and_then(|c| c.time_format);
    let time = time.map(ots::EventTimeFormat::api_name_of);
    assert_eq!(time.as_deref(), at("eventTimeColumn/timeFormat"), "{name}");
    assert_eq!(
        at(&format!("schema/{}/columnName", config.schema.len())),
        None,
        "{name}"
    );
    for (i, column) in config.schema.iter().enumerate() {
        let at = |key: &str| field(capture, &format!("/taskConfig/schema/{i}/{key}"));
        assert_eq!(column.column_name.as_deref(), at("columnName"), "{name}");
        assert_eq!(column.oss_column_name.as_deref(), at("ossColumnName"), "{name}");
        let kind = column.r#type.map(ots::ParquetType::api_name_of);
        assert_eq!(kind.as_deref(), at("type"), "{name}");
        let encode = column.encode.map(ots::ParquetEncoding::api_name_of);
        assert_eq!(encode.as_deref(), at("encode"), "{name}");
    }
}

fn check_describe_task(capture: &Capture, got: &ots::DescribeDeliveryTaskResponse) {
    let name = &capture.name;
    let config = got.task_config.as_ref().expect("a config");
    let stat = got.task_sync_stat.as_ref().expect("a status");
    assert_eq!(got.task_type, Some(ots::DeliveryTaskType::BaseInc as i32), "{name}");
    assert_eq!(stat.task_sync_phase, Some(ots::TaskSyncPhase::Incr as i32), "{name}");
    assert_eq!(stat.current_sync_timestamp, Some(1_700_000_000_000_000_000), "{name}");
    let bucket = config.oss_bucket.as_deref().expect("a bucket");
    let prefix = config.oss_prefix.as_deref().expect("a prefix");
    if name.starts_with("ots_go_") {
        let result = &capture.json["sdk_result"]["result"]["TaskConfig"];
        assert_eq!(result["OssBucket"], bucket, "{name}");
        assert_eq!(result["OssPrefix"], prefix, "{name}");
        let types: Vec<_> = config.schema.iter().map(|c| c.r#type).collect();
        assert_eq!(types, [Some(1), Some(2), Some(3)], "{name}");
    } else {
        let result = capture.text("/sdk_result/result");
        assert!(result.contains(&format!("ossPrefix: {prefix},")), "{name}: {result}");
        assert!(result.contains(&format!("ossBucket: {bucket},")), "{name}: {result}");
        let event = config.event_time_column.as_ref().expect("an event column");
        assert_eq!(event.time_format, Some(ots::EventTimeFormat::Rfc1123 as i32), "{name}");
    }
}

fn check_create_table(capture: &Capture, sent: &ots::CreateTableRequest) {
    let name = &capture.name;
    let meta = sent.table_meta.as_ref().expect("a meta");
    assert_eq!(
        meta.table_name.as_deref(),
        field(capture, "/table_meta/table_name"),
        "{name}"
    );
    for (i, column) in meta.primary_key.iter().enumerate() {
        let at = |key: &str| field(capture, &format!("/table_meta/primary_key/{i}/{key}"));
        assert_eq!(column.name.as_deref(), at("name"), "{name}");
        let kind = column.r#type.map(ots::PrimaryKeyType::api_name_of);
        assert_eq!(kind.as_deref(), at("type"), "{name}");
    }
    for (i, column) in meta.defined_column.iter().enumerate() {
        let at = |key: &str| field(capture, &format!("/table_meta/defined_column/{i}/{key}"));
        let kind = column.r#type.map(ots::DefinedColumnType::api_name_of);
        assert_eq!(kind.as_deref(), at("type"), "{name}");
    }
    assert_eq!(meta.primary_key.len(), 2, "{name}");
    assert_eq!(
        sent.table_options.as_ref().and_then(|o| o.time_to_live),
        Some(-1),
        "{name}"
    );
}

fn check_describe_table(capture: &Capture, got: &ots::DescribeTableResponse) {
    let name = &capture.name;
    let meta = got.table_meta.as_ref().expect("a meta");
    assert_eq!(meta.table_name.as_deref(), Some("sampleTable"), "{name}");
    assert_eq!(meta.primary_key.len(), 2, "{name}");
    let options = got.table_options.as_ref().expect("options");
    assert_eq!(options.deviation_cell_version_in_sec, Some(86400), "{name}");
    assert_eq!(options.allow_update, Some(true), "{name}");
    let details = got.reserved_throughput_details.as_ref().expect("throughput");
    assert_eq!(details.last_increase_time, Some(1_700_000_000), "{name}");
}

#[test]
fn oss_requests_recompute() {
    for capture in captures(&["oss_"]) {
        let (name, sent) = (&capture.name, &capture.request);
        let bucket = Some(capture.text("/bucket")).filter(|bucket| !bucket.is_empty());
        let resource = sign::oss::Resource {
            bucket,
            key: capture.text("/key"),
        };
        let header = sent.header("authorization").expect("an authorization");
        let parsed = sign::oss::parse_authorization(header).expect("a known form");
        let mut ours = sent.clone();
        match (capture.text("/signature/scheme"), &parsed) {
            (
                "OSS4-HMAC-SHA256 (V4)",
                sign::oss::Authorization::V4 {
                    scope,
                    additional_headers,
                    signature,
                    ..
                },
            ) => {
                let canonical = sign::oss::canonical_request_v4(sent, resource, additional_headers);
                assert_eq!(canonical, capture.text("/signature/canonical_request"), "{name}");
                let secret = &capture.secret;
                let again = sign::oss::signature_v4(sent, secret, resource, scope, additional_headers);
                assert_eq!(&again, signature, "{name}");
                let date = sent.header("x-oss-date").expect("a date");
                let region = &scope.region;
                sign::oss::sign_v4(&mut ours, &capture.credentials(), resource, region, date);
            }
            ("OSS V1 HMAC-SHA1", sign::oss::Authorization::V1 { signature, .. }) => {
                let text = sign::oss::string_to_sign_v1(sent, resource);
                assert_eq!(text, capture.text("/signature/string_to_sign"), "{name}");
                let again = sign::oss::signature_v1(sent, &capture.secret, resource);
                assert_eq!(&again, signature, "{name}");
                let date = sent.header("date").expect("a date");
                sign::oss::sign_v1(&mut ours, &capture.credentials(), resource, date);
            }
            (other, _) => panic!("{name}: unknown scheme {other:?}"),
        }
        assert_same_headers(&ours, sent, name);
    }
}

#[test]
fn oss_bodies_are_read_and_requests_written_byte_for_byte() {
    for capture in captures(&["oss_"]) {
        let (name, sent, reply) = (&capture.name, &capture.request, &capture.response);
        if !reply.is_success() {
            let error: oss::Error = oss::decode(&reply.body).expect(name);
            assert_eq!(error.request_id.as_deref(), reply.header("x-oss-request-id"), "{name}");
            assert!(
                error
                    .code
                    .is_some_and(|code| capture.text("/response/body_text").contains(&code))
            );
            continue;
        }
        let sub_resource = sent.query.iter().map(|(k, _)| k.as_str()).find(|k| {
            [
                "acl",
                "bucketInfo",
                "encryption",
                "lifecycle",
                "list-type",
                "location",
                "tagging",
                "versioning",
                "marker",
            ]
            .contains(k)
        });
        match (sent.method.as_str(), sub_resource) {
            ("PUT", None) if sent.body.is_empty() => {}
            ("PUT", None) => written_again::<oss::CreateBucketConfiguration>(&capture),
            ("PUT", Some("tagging")) => written_again::<oss::Tagging>(&capture),
            ("PUT", Some("versioning")) => written_again::<oss::VersioningConfiguration>(&capture),
            ("PUT", Some("encryption")) => written_again::<oss::ServerSideEncryptionRule>(&capture),
            ("PUT", Some("lifecycle")) => written_again::<oss::LifecycleConfiguration>(&capture),
            ("PUT", Some("acl")) | ("DELETE", _) => assert!(sent.body.is_empty(), "{name}"),
            ("GET", Some(sub_resource)) => check_oss_reply(&capture, sub_resource),
            other => panic!("{name}: unknown operation {other:?}"),
        }
    }
}

fn check_oss_reply(capture: &Capture, sub_resource: &str) {
    let name = &capture.name;
    match sub_resource {
        "bucketInfo" => {
            let bucket = read::<oss::BucketInfo>(capture).bucket.expect(name);
            assert_eq!(bucket.name.as_deref(), Some("datadeliverytest"), "{name}");
            assert_eq!(bucket.versioning.as_deref(), Some("Enabled"), "{name}");
            let grant = bucket.access_control_list.and_then(|list| list.grant);
            assert_eq!(grant.as_deref(), Some("private"), "{name}");
        }
        "acl" => {
            let policy = read::<oss::AccessControlPolicy>(capture);
            let grant = policy.access_control_list.and_then(|list| list.grant);
            assert_eq!(grant.as_deref(), Some("private"), "{name}");
        }
        "location" => {
            let constraint = read::<oss::LocationConstraint>(capture);
            assert_eq!(constraint.location, "oss-cn-hangzhou", "{name}");
        }
        "tagging" => {
            let tags = read::<oss::Tagging>(capture).tag_set.tags;
            assert_eq!(
                tags,
                [oss::Tag {
                    key: "k".into(),
                    value: "v".into()
                }],
                "{name}"
            );
        }
        "versioning" => {
            let versioning = read::<oss::VersioningConfiguration>(capture);
            assert_eq!(versioning.status.as_deref(), Some("Enabled"), "{name}");
        }
        "encryption" => {
            let rule = read::<oss::ServerSideEncryptionRule>(capture);
            let rule = rule.apply_server_side_encryption_by_default.expect(name);
            assert_eq!(rule.sse_algorithm.as_deref(), Some("AES256"), "{name}");
        }
        "lifecycle" => {
            let rules = read::<oss::LifecycleConfiguration>(capture).rules;
            let days = rules[0].expiration.as_ref().and_then(|e| e.days);
            assert_eq!((rules.len(), days), (1, Some(30)), "{name}");
        }
        "list-type" => {
            let list = read::<oss::ListObjectsResult>(capture);
            assert_eq!((list.key_count, list.is_truncated), (Some(0), Some(false)), "{name}");
        }
        "marker" => {
            let list = read::<oss::ListBucketsResult>(capture);
            assert_eq!((list.max_keys, list.buckets.buckets), (Some(100), vec![]), "{name}");
        }
        other => panic!("{name}: unknown sub-resource {other:?}"),
    }
}

fn written_again<T: oss::XmlBody>(capture: &Capture) {
    let name = &capture.name;
    let decoded: T = oss::decode(&capture.request.body).expect(name);
    let bytes = oss::encode(&decoded).expect(name);
    assert_eq!(String::from_utf8_lossy(&bytes), capture.text("/body_decoded"), "{name}");
    assert_eq!(bytes, capture.request.body.to_vec(), "{name}");
}

/// Decodes a reply and demands that it survives being written and read again.
fn read<T: oss::XmlBody + PartialEq + std::fmt::Debug>(capture: &Capture) -> T {
    let name = &capture.name;
    let decoded: T = oss::decode(&capture.response.body).expect(name);
    let again: T = oss::decode(&oss::encode_reply(&decoded).expect(name)).expect(name);
    assert_eq!(decoded, again, "{name}");
    decoded
}

#[test]
fn rpc_requests_recompute() {
    for capture in captures(&["ram_", "rs_", "dw_"]) {
        let (name, sent) = (&capture.name, &capture.request);
        if capture.text("/signature/scheme").starts_with("RPC HMAC-SHA1") {
            old_rpc_request_recomputes(&capture);
            continue;
        }
        assert_eq!(capture.text("/signature/scheme"), "ACS3-HMAC-SHA256", "{name}");
        let header = sent.header("authorization").expect("an authorization");
        let parsed = sign::acs3::parse_authorization(header).expect("a known form");
        assert_eq!(
            sign::acs3::canonical_request(sent, &parsed.signed_headers),
            capture.text("/signature/canonical_request"),
            "{name}"
        );
        let again = sign::acs3::signature(sent, &capture.secret, &parsed.signed_headers);
        assert!(sign::same_signature(&again, &parsed.signature), "{name}");
        let hash = sign::sha256_hex(&sent.body);
        assert_eq!(sent.header("x-acs-content-sha256"), Some(hash.as_str()), "{name}");
    }
}

/// A request with RPC signature 1.0, over the parameters of the query and of the form.
fn old_rpc_request_recomputes(capture: &Capture) {
    let (name, sent) = (&capture.name, &capture.request);
    assert_eq!(
        sign::rpc_v1::string_to_sign(sent),
        capture.text("/signature/string_to_sign"),
        "{name}"
    );
    let value = |query: &[(String, String)]| {
        let found = query.iter().find(|(n, _)| n == "Signature");
        found.map(|(_, v)| v.clone())
    };
    let mut ours = sent.clone();
    sign::rpc_v1::sign(&mut ours, &capture.credentials());
    assert_eq!(value(&ours.query), value(&sent.query), "{name}");
    let sorted = |mut query: Vec<(String, String)>| {
        query.sort();
        query
    };
    assert_eq!(sorted(ours.query), sorted(sent.query.clone()), "{name}");
}

/// Decodes a reply and gives what was understood of it.
fn decoded<T: serde::Serialize + serde::de::DeserializeOwned>(capture: &Capture) -> Value {
    let name = &capture.name;
    let reply: T = rpc::decode("reply", &capture.response.body).expect(name);
    serde_json::to_value(&reply).expect(name)
}

/// Every field of `ours` is in what the SDK returned, with the same value; a number may be text there.
fn assert_within(ours: &Value, sdk: &Value, name: &str) {
    match (ours, sdk) {
        (Value::Object(ours), Value::Object(sdk)) => {
            assert!(!ours.is_empty(), "{name}");
            for (key, value) in ours {
                assert_within(value, &sdk[key], name);
            }
        }
        (Value::Array(ours), Value::Array(sdk)) => {
            assert_eq!(ours.len(), sdk.len(), "{name}");
            for (ours, sdk) in ours.iter().zip(sdk) {
                assert_within(ours, sdk, name);
            }
        }
        (Value::String(text), Value::Number(number)) => assert_eq!(text, &number.to_string(), "{name}"),
        _ => assert_eq!(ours, sdk, "{name}"),
    }
}

#[test]
fn rpc_replies_decode_to_what_the_sdk_returned() {
    for capture in captures(&["ram_", "rs_"]) {
        let (name, reply) = (&capture.name, &capture.response);
        if !reply.is_success() {
            let error = rpc::decode_error(&reply.body).expect(name);
            assert_eq!(
                error.code.as_deref(),
                Some(capture.text("/sdk_result/fields/code")),
                "{name}"
            );
            continue;
        }
        let result = &capture.json["sdk_result"]["body"];
        let fits = match capture.request.header("x-acs-action").expect("an action") {
            "GetRole" | "CreateRole" | "UpdateRole" | "CreateServiceLinkedRole" => written::<rpc::RoleReply>(&capture),
            "ListRoles" => written::<rpc::ListRolesReply>(&capture),
            "ListPoliciesForRole" => written::<rpc::ListPoliciesForRoleReply>(&capture),
            "DeleteServiceLinkedRole" => written::<rpc::DeleteServiceLinkedRoleReply>(&capture),
            "GetServiceLinkedRoleDeletionStatus" => written::<rpc::DeletionStatusReply>(&capture),
            "DeleteRole" | "AttachPolicyToRole" | "DetachPolicyFromRole" => written::<rpc::EmptyReply>(&capture),
            other => panic!("{name}: unknown action {other:?}"),
        };
        assert_contains(&fits, result, name);
    }
}

/// Decodes a reply, demands that writing it gives the JSON that came, and returns that JSON.
fn written<T: serde::Serialize + serde::de::DeserializeOwned>(capture: &Capture) -> Value {
    let name = &capture.name;
    let decoded: T = rpc::decode("reply", &capture.response.body).expect(name);
    let ours: Value = serde_json::from_slice(&rpc::encode(&decoded).expect(name)).expect(name);
    let came: Value = serde_json::from_slice(&capture.response.body).expect(name);
    assert_eq!(ours, came, "{name}");
    ours
}

/// Every field the SDK returned must be in what was decoded; the SDK knows fewer fields.
fn assert_contains(ours: &Value, sdk: &Value, name: &str) {
    match (ours, sdk) {
        (Value::Object(ours), Value::Object(sdk)) => {
            for (key, value) in sdk {
                assert_contains(&ours[key], value, name);
            }
        }
        (Value::Array(ours), Value::Array(sdk)) => {
            assert_eq!(ours.len(), sdk.len(), "{name}");
            for (ours, sdk) in ours.iter().zip(sdk) {
                assert_contains(ours, sdk, name);
            }
        }
        _ => assert_eq!(ours, sdk, "{name}"),
    }
}
