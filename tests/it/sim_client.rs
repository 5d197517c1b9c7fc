//! A client of the embedded cloud for tests: signs with the project's own signers, sends over a socket.
#![allow(clippy::unwrap_used)]

use crate::raw_http;
use bytes::Bytes;
use headworks::sim::{Service, Sim, SimClock, SimOptions};
use headworks::wire::codec::ots;
use headworks::wire::sign::{acs3, oss as oss_sign, ots as ots_sign};
use headworks::wire::{Credentials, Request, Response};
use prost::Message;
use serde_json::Value;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the world clock of tests begins.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

static NONCE: AtomicU64 = AtomicU64::new(0);

/// An embedded cloud whose world clock stands.
pub(crate) async fn stepped(options: SimOptions) -> Sim {
    Sim::start(SimOptions {
        clock: SimClock::Stepped { start_ms: START_MS },
        ..options
    })
    .await
    .unwrap()
}

fn post(path: &str, body: Vec<u8>) -> Request {
    Request {
        method: http::Method::POST,
        scheme: "http".to_string(),
        authority: "127.0.0.1".to_string(),
        path: path.to_string(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Bytes::from(body),
    }
}

fn now(form: &str) -> String {
    jiff::Timestamp::now().strftime(form).to_string()
}

/// A signed Tablestore request for instance `inst`.
pub(crate) fn ots_request(operation: &str, message: &impl Message) -> Request {
    let mut request = post(&format!("/{operation}"), message.encode_to_vec());
    request.set_header("x-ots-date", now("%Y-%m-%dT%H:%M:%S.%3fZ"));
    request.set_header("x-ots-apiversion", "2015-12-31");
    request.set_header("x-ots-instancename", "inst");
    ots_sign::sign_v2(&mut request, &Sim::credentials());
    request
}

/// Calls Tablestore; an error is a lost connection.
pub(crate) async fn try_ots(sim: &Sim, operation: &str, message: &impl Message) -> io::Result<Response> {
    raw_http::send(sim.endpoint(Service::Tablestore), &ots_request(operation, message)).await
}

/// Calls Tablestore and gives status and error code (`""` for success).
pub(crate) async fn ots(sim: &Sim, operation: &str, message: &impl Message) -> (u16, String) {
    ots_outcome(&try_ots(sim, operation, message).await.unwrap())
}

/// Status and error code of a Tablestore reply.
pub(crate) fn ots_outcome(response: &Response) -> (u16, String) {
    if response.is_success() {
        return (response.status, String::new());
    }
    let error = ots::Error::decode(response.body.clone()).unwrap();
    (response.status, error.code.unwrap())
}

/// A signed OSS request, path style.
pub(crate) fn oss_request(
    method: http::Method,
    bucket: &str,
    key: &str,
    query: &[(&str, &str)],
    body: &str,
) -> Request {
    let mut request = post(&format!("/{bucket}/{key}"), body.as_bytes().to_vec());
    request.method = method;
    request.query = query
        .iter()
        .map(|(k, v)| ((*k).to_string(), (*v).to_string()))
        .collect();
    let resource = oss_sign::Resource {
        bucket: Some(bucket),
        key,
    };
    let date = now("%Y%m%dT%H%M%SZ");
    oss_sign::sign_v4(&mut request, &Sim::credentials(), resource, "cn-hangzhou", &date);
    request
}

/// Calls OSS on a bucket and gives status and body.
pub(crate) async fn oss(sim: &Sim, method: http::Method, bucket: &str, query: &str, body: &str) -> (u16, String) {
    let pairs: Vec<(&str, &str)> = query.split('&').filter(|q| !q.is_empty()).map(|q| (q, "")).collect();
    let request = oss_request(method, bucket, "", &pairs, body);
    let response = raw_http::send(sim.endpoint(Service::Oss), &request).await.unwrap();
    (response.status, String::from_utf8_lossy(&response.body).into_owned())
}

/// A signed RPC request with parameters in the query.
pub(crate) fn rpc_request(version: &str, action: &str, params: &[(&str, &str)], who: &Credentials) -> Request {
    let mut request = post("/", Vec::new());
    request.query = params
        .iter()
        .map(|(k, v)| ((*k).to_string(), (*v).to_string()))
        .collect();
    let nonce = NONCE.fetch_add(1, Ordering::Relaxed);
    request.set_header("x-acs-action", action);
    request.set_header("x-acs-version", version);
    request.set_header("x-acs-date", now("%Y-%m-%dT%H:%M:%SZ"));
    request.set_header("x-acs-signature-nonce", format!("nonce-{nonce}"));
    acs3::sign(&mut request, who);
    request
}

/// Calls RAM, STS or (by version) Resource Management and gives status and JSON.
pub(crate) async fn rpc(sim: &Sim, version: &str, action: &str, params: &[(&str, &str)]) -> (u16, Value) {
    let endpoint = if version == "2020-03-31" {
        sim.endpoint(Service::ResourceManager)
    } else {
        sim.endpoint(Service::Ram)
    };
    let request = rpc_request(version, action, params, &Sim::credentials());
    let response = raw_http::send(endpoint, &request).await.unwrap();
    (response.status, serde_json::from_slice(&response.body).unwrap())
}

/// A valid CreateTable request.
pub(crate) fn table(name: &str) -> ots::CreateTableRequest {
    ots::CreateTableRequest {
        table_meta: Some(ots::TableMeta {
            table_name: Some(name.to_string()),
            primary_key: vec![ots::PrimaryKeySchema {
                name: Some("pk".to_string()),
                r#type: Some(1),
                option: None,
            }],
            ..ots::TableMeta::default()
        }),
        reserved_throughput: Some(ots::ReservedThroughput {
            capacity_unit: Some(ots::CapacityUnit {
                read: Some(0),
                write: Some(0),
            }),
        }),
        table_options: Some(ots::TableOptions {
            time_to_live: Some(-1),
            max_versions: Some(1),
            ..ots::TableOptions::default()
        }),
        ..ots::CreateTableRequest::default()
    }
}

/// A valid CreateDeliveryTask request for table `t`, bucket `bucket-1` and the service-linked role.
pub(crate) fn task(name: &str, kind: i32) -> ots::CreateDeliveryTaskRequest {
    let text = |t: &str| Some(t.to_string());
    ots::CreateDeliveryTaskRequest {
        table_name: text("t"),
        task_name: text(name),
        task_type: Some(kind),
        task_config: Some(ots::OssTaskConfig {
            oss_prefix: text("p/$yyyy/$MM"),
            oss_bucket: text("bucket-1"),
            oss_endpoint: text("oss-cn-hangzhou.aliyuncs.com"),
            oss_sts_role: text("acs:ram::1234567890123456:role/aliyunserviceroleforotsdatadelivery"),
            format: Some(0),
            schema: vec![ots::ParquetSchema {
                column_name: text("pk"),
                oss_column_name: text("pk"),
                r#type: Some(1),
                encode: Some(0),
                type_extend: None,
            }],
            ..ots::OssTaskConfig::default()
        }),
    }
}

/// Names a task of table `t`.
pub(crate) fn delete_task(name: &str) -> ots::DeleteDeliveryTaskRequest {
    ots::DeleteDeliveryTaskRequest {
        table_name: Some("t".to_string()),
        task_name: Some(name.to_string()),
    }
}

/// Phase, error code and synced time (ns) of a task of table `t`.
pub(crate) async fn progress(sim: &Sim, name: &str) -> (i32, i32, i64) {
    let asked = ots::DescribeDeliveryTaskRequest {
        table_name: Some("t".to_string()),
        task_name: Some(name.to_string()),
    };
    let response = try_ots(sim, "DescribeDeliveryTask", &asked).await.unwrap();
    assert_eq!(response.status, 200);
    let reply = ots::DescribeDeliveryTaskResponse::decode(response.body).unwrap();
    let stat = reply.task_sync_stat.unwrap();
    (
        stat.task_sync_phase.unwrap(),
        stat.error_code.unwrap(),
        stat.current_sync_timestamp.unwrap(),
    )
}

/// Makes the service-linked role, bucket `bucket-1` and table `t`.
pub(crate) async fn ground(sim: &Sim) {
    let service = [("ServiceName", "datadelivery.ots.aliyuncs.com")];
    assert_eq!(rpc(sim, "2020-03-31", "CreateServiceLinkedRole", &service).await.0, 200);
    assert_eq!(oss(sim, http::Method::PUT, "bucket-1", "", "").await.0, 200);
    assert_eq!(ots(sim, "CreateTable", &table("t")).await.0, 200);
}
