//! What the two SDKs of DIS sent, replayed against the embedded DIS: it is taken, and the reply has what the SDK was
//! served.
#![allow(clippy::unwrap_used)]

use super::dis_sim::{Client, at_once};
use super::{Capture, DOMAIN, PROJECT, accepts, json_of, lenient, sim_for};
use headworks::sim::huaweicloud::project_id;
use headworks::sim::{Chaos, Service, Settings, Sim, SimOptions};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The id of the task in captured replies and batches.
const TASK_ID: &str = "As805BudhcH1lDs6gbn";
/// The id of the stream in captured paths.
const STREAM_ID: &str = "8QM3Nt9YTLOwtUVYJhO";

/// Id of the role that may do everything.
pub(super) const TENANT_ADMINISTRATOR: &str = "0f3a2d418ed747fa8be46e92757be9ff";

pub(super) type Objects = Vec<(&'static str, String, Json)>;

pub(super) fn stream(project: &str, partitions: usize) -> Json {
    let partitions: Vec<Json> = (0..partitions).map(|n| json!({"number": n})).collect();
    json!({
        "project": project, "name": "newstream", "stream_id": STREAM_ID, "stream_type": "COMMON", "data_type": "BLOB",
        "data_duration": 24, "partitions": partitions, "created_ms": 0, "modified_ms": 0,
        "tags": [{"key": "env", "value": "old"}],
    })
}

pub(super) fn agency(name: &str) -> Json {
    json!({
        "id": "a1", "name": name, "domain_id": DOMAIN, "trust_domain_name": "op_svc_dis", "trust_domain_id": "d1",
        "duration": null, "created_ms": 0, "grants": [{"place": "project", "project_id": project_id("MOS"), "role_id": TENANT_ADMINISTRATOR}],
    })
}

pub(super) fn bucket(name: &str) -> Json {
    json!({
        "name": name, "owner": DOMAIN, "region": "cn-north-4", "created_ms": 0, "acl": "private", "storage_class": "STANDARD",
    })
}

pub(super) fn database(project: &str) -> Json {
    json!({
        "project": project, "name": "db1", "owner": "o", "enterprise_project_id": "0", "resource_id": "r",
        "created_ms": 0,
    })
}

pub(super) fn table(project: &str) -> Json {
    json!({
        "project": project, "database": "db1", "name": "tb1", "data_location": "DLI", "owner": "o", "created_ms": 0,
    })
}

/// An agency, two buckets and a DLI table.
pub(super) fn outside(project: &str) -> Objects {
    vec![
        ("iam_agency", format!("{DOMAIN}/a1"), agency("dis_admin_agency")),
        ("obs_bucket", "obsbucket".to_string(), bucket("obsbucket")),
        ("obs_bucket", "obsbackupbucket".to_string(), bucket("obsbackupbucket")),
        ("dli_database", format!("{project}/db1"), database(project)),
        ("dli_table", format!("{project}/db1/tb1"), table(project)),
    ]
}

/// A dump task that delivered long ago.
fn task(name: &str, kind: &str, destination: Json) -> (&'static str, String, Json) {
    (
        "dis_dump_task",
        format!("{PROJECT}/newstream/{name}"),
        json!({
            "project": PROJECT, "stream": "newstream", "name": name, "task_id": TASK_ID, "destination_type": kind,
            "destination": destination, "created_ms": 0, "delivers_from_ms": 0,
        }),
    )
}

fn task_for(capture: &str) -> (&'static str, String, Json) {
    let dli = json!({
        "agency_name": "dis_admin_agency", "obs_bucket_path": "obsbucket", "deliver_time_interval": 300,
        "consumer_strategy": "LATEST", "retry_duration": 1800, "dli_database_name": "DB1", "dli_table_name": "tb1",
    });
    match capture {
        "dis_v3_task_show_obs" => task(
            "newtask",
            "OBS",
            json!({
                "agency_name": "dis_admin_agency", "partition_format": "yyyy/MM/dd", "obs_bucket_path": "obsbucket",
                "deliver_time_interval": 60, "consumer_strategy": "LATEST", "retry_duration": 0,
                "destination_file_type": "text", "record_delimiter": "\n",
            }),
        ),
        name if name.contains("_dws_") => task(
            "newtask",
            "DWS",
            json!({"agency_name": "dis_admin_agency", "dws_cluster_name": "c", "deliver_time_interval": 60}),
        ),
        name if name.starts_with("dis_old_") => task("dlitask", "DLI", dli),
        _ => task("newtask", "DLI", dli),
    }
}

/// What exists before the captured call.
fn ground(capture: &Capture) -> Objects {
    let name = capture.name.as_str();
    let mut objects = outside(PROJECT);
    // Streams are created and missed where they are not.
    let no_stream = name.contains("_stream_create") || name.contains("_error_") && !name.ends_with("500");
    if !no_stream {
        objects.push(("dis_stream", format!("{PROJECT}/newstream"), stream(PROJECT, 1)));
    }
    if name.contains("_task_") && !name.contains("_create") {
        objects.push(task_for(name));
    }
    let needs_app = (name.contains("_app_") || name.contains("_checkpoint_")) && !name.contains("app_create");
    if needs_app {
        let app = json!({"project": PROJECT, "name": "newapp", "app_id": "bd6IPpvgiIflQPMpi9M", "created_ms": 1});
        objects.push(("dis_app", format!("{PROJECT}/newapp"), app));
        let partition = "shardId-0000000000";
        let checkpoint = json!({
            "project": PROJECT, "app": "newapp", "stream": "newstream", "partition": partition,
            "sequence_number": "1", "metadata": "m",
        });
        let key = format!("{PROJECT}/newapp/newstream/{partition}");
        objects.push(("dis_checkpoint", key, checkpoint));
    }
    objects
}

/// Parts of what the SDK was served that the embedded DIS answers otherwise, with the reason.
fn except(capture: &str) -> &'static [&'static str] {
    match capture {
        // The partition after the only one: an exclusive cursor, as the reference says.
        "dis_v3_stream_show_paged" => &[".partitions[] has no elements"],
        // Offsets are numbers in the SDK's model and texts in the captured reply.
        "dis_v3_app_consumer_state" => &[
            ".partition_consuming_states[].latest_offset is 0, not like \"1000\"",
            ".partition_consuming_states[].earliest_offset is 0, not like \"10\"",
        ],
        _ => &[],
    }
}

#[tokio::test]
async fn every_captured_request_is_taken_and_answered_as_its_sdk_needs() {
    let mut replayed = 0;
    for capture in Capture::all(&["dis_"]) {
        // The reply to a caller without rights: there are no rights in the embedded cloud.
        if capture.name == "dis_v3_error_403" {
            continue;
        }
        let sim = match capture.name.as_str() {
            "dis_v3_error_500" => failing(&capture).await,
            _ => sim_for(&capture, lenient(), &ground(&capture)).await,
        };
        let reply = accepts(&sim, Service::Dis, &capture, except(&capture.name)).await;
        if reply.status >= 400 {
            same_error(&capture, &json_of(&reply));
        }
        assert!(!sim.requests().contains_key("Unknown"), "{}", capture.name);
        replayed += 1;
        sim.stop().await;
    }
    assert!(replayed >= 55, "{replayed} captures were replayed");
}

/// The service's own failure, injected.
async fn failing(capture: &Capture) -> Sim {
    let key = headworks::sim::AccessKey::new(capture.text("access_key_id"), capture.text("access_key_secret"));
    Sim::start(SimOptions {
        chaos: Some(Chaos::parse("at=ShowStream:1:error_before").unwrap()),
        settings: lenient(),
        access_keys: vec![key],
        ..SimOptions::default()
    })
    .await
    .unwrap()
}

/// One code in both spellings, so that either SDK finds it.
fn same_error(capture: &Capture, ours: &Json) {
    let theirs = &capture.json["served_response"]["body"];
    let code = theirs.get("errorCode").or(theirs.get("error_code")).unwrap();
    assert_eq!(&ours["errorCode"], code, "{}", capture.name);
    assert_eq!(&ours["error_code"], code, "{}", capture.name);
    for member in ["message", "error_msg"] {
        assert!(ours[member].is_string(), "{}: {member}", capture.name);
    }
}

#[tokio::test]
async fn no_captured_request_is_taken_with_another_secret() {
    for capture in Capture::all(&["dis_"]) {
        let mut other = capture.clone();
        other.json["access_key_secret"] = json!("not the secret");
        let sim = sim_for(&other, lenient(), &ground(&capture)).await;
        let before = sim.world().inventory();
        let reply = super::replay(&sim, Service::Dis, &capture).await;
        assert_eq!(reply.status, 401, "{}: {reply:?}", capture.name);
        assert_eq!(sim.world().inventory(), before, "{}", capture.name);
        sim.stop().await;
    }
}

#[tokio::test]
async fn the_project_of_a_path_is_one_of_the_accounts() {
    let capture = Capture::load("dis_v3_error_403");
    let strict = Settings {
        any_project: false,
        ..lenient()
    };
    let sim = sim_for(&capture, strict, &[]).await;
    let reply = super::replay(&sim, Service::Dis, &capture).await;
    assert_eq!(reply.status, 403, "{reply:?}");
    sim.stop().await;
}

#[tokio::test]
async fn every_operation_has_the_name_that_sdks_give_it() {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for capture in Capture::all(&["dis_v3_"]) {
        let sim = sim_for(&capture, lenient(), &ground(&capture)).await;
        super::replay(&sim, Service::Dis, &capture).await;
        for (name, calls) in sim.requests() {
            *counted.entry(name).or_default() += calls;
        }
        sim.stop().await;
    }
    let names: Vec<&str> = counted.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "BatchCreateTags",
            "BatchStartTransferTask",
            "BatchStopTransferTask",
            "CommitCheckpoint",
            "CreateApp",
            "CreateStream",
            "CreateTag",
            "CreateTransferTask",
            "DeleteApp",
            "DeleteCheckpoint",
            "DeleteStream",
            "DeleteTransferTask",
            "ListApp",
            "ListPolicies",
            "ListStreams",
            "ListTransferTasks",
            "ShowApp",
            "ShowCheckpoint",
            "ShowConsumerState",
            "ShowStream",
            "ShowStreamTags",
            "ShowTransferTask",
            "UpdatePartitionCount",
            "UpdateStream",
        ]
    );
}

/// Every place in a body, as JSON pointers.
fn places(json: &Json, at: &str, found: &mut Vec<String>) {
    found.push(at.to_string());
    match json {
        Json::Object(map) => map
            .iter()
            .for_each(|(name, v)| places(v, &format!("{at}/{name}"), found)),
        Json::Array(items) => {
            for (n, v) in items.iter().enumerate() {
                places(v, &format!("{at}/{n}"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn whatever_stands_in_a_body_gets_an_answer_of_the_service() {
    let c = Client::new(at_once()).await;
    for (kind, key, json) in outside(&c.project) {
        c.sim.put_object(kind, &key, json).unwrap();
    }
    let odd = [
        Json::Null,
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("é€\u{10ffff}/..%2f\u{0}".repeat(30)),
        json!([[]]),
        json!({"": {}}),
        json!(true),
    ];
    let mut refused = 0;
    for capture in Capture::all(&["dis_v3_"]) {
        let body = capture.json["body_decoded"].clone();
        let mut all = Vec::new();
        if !body.is_null() {
            places(&body, "", &mut all);
        }
        let path = capture.text("path").replace(&format!("/v2/{PROJECT}"), "");
        let path = path.replace(&format!("/v3/{PROJECT}"), "/v3");
        for place in all {
            for value in &odd {
                let mut body = body.clone();
                *body.pointer_mut(&place).unwrap() = value.clone();
                c.sim
                    .put_object("dis_stream", &format!("{}/newstream", c.project), stream(&c.project, 1))
                    .unwrap();
                let (status, reply) = c.call(capture.text("method"), &path, &body).await;
                let code = reply["error_code"].as_str().unwrap_or_default();
                let known = status < 300 || (status == 400 && code.starts_with("DIS."));
                assert!(known, "{} {place} {value}: {status} {reply}", capture.name);
                refused += u32::from(status == 400);
                c.get("/streams/newstream").await;
            }
        }
    }
    assert!(refused > 500, "{refused}");
    c.sim.stop().await;
}
