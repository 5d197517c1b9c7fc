//! The embedded cloud in trouble: refused senders, injected faults, restarts, changes behind the back.
#![allow(clippy::unwrap_used)]

use crate::raw_http::{exchange, send};
use crate::sim_client::*;
use headworks::sim::{AccessKey, Chaos, Service, Sim, SimOptions};
use headworks::wire::codec::ots as wire;
use headworks::wire::sign::ots as ots_sign;
use headworks::wire::{Credentials, Response};
use http::Method;
use prost::Message;
use serde_json::{Value, json};

const LIST: wire::ListTableRequest = wire::ListTableRequest {};

/// The temporary key of these tests, with this token.
fn temp(token: Option<&str>) -> Credentials {
    Credentials {
        access_key: "temp".to_string(),
        secret: headworks::base::Secret::new("s"),
        security_token: token.map(headworks::base::Secret::new),
    }
}

#[tokio::test]
async fn senders_that_cannot_be_trusted_are_refused() {
    let options = SimOptions {
        access_keys: vec![AccessKey::new("temp", "s").with_token("tok")],
        ..SimOptions::default()
    };
    let sim = stepped(options).await;
    let message = |r: &Response| {
        let error = wire::Error::decode(r.body.clone()).unwrap();
        (r.status, error.message.unwrap())
    };
    let endpoint = sim.endpoint(Service::Tablestore);
    let mut request = ots_request("ListTable", &LIST);
    request.set_header("x-ots-date", "2026-01-01T00:00:00.000Z");
    ots_sign::sign_v2(&mut request, &Sim::credentials());
    let (status, text) = message(&send(endpoint, &request).await.unwrap());
    assert_eq!(status, 403);
    assert!(
        text.starts_with("Mismatch between system time and x-ots-date"),
        "{text}"
    );
    let mut request = ots_request("ListTable", &LIST);
    request.body = bytes::Bytes::from_static(b"other");
    let (_, text) = message(&send(endpoint, &request).await.unwrap());
    assert!(text.starts_with("Mismatch between MD5"), "{text}");
    let mut request = ots_request("ListTable", &LIST);
    request.set_header("x-ots-accesskeyid", "nobody");
    let (_, text) = message(&send(endpoint, &request).await.unwrap());
    assert_eq!(text, "The AccessKeyID does not exist.");
    let mut request = ots_request("ListTable", &LIST);
    request.headers.retain(|(n, _)| n != "x-ots-signature");
    assert_eq!(message(&send(endpoint, &request).await.unwrap()).0, 400);
    let mut request = ots_request("ListTable", &LIST);
    request.method = Method::GET;
    let refused = send(endpoint, &request).await.unwrap();
    assert_eq!(ots_outcome(&refused), (405, "OTSMethodNotAllowed".to_string()));
    for (token, status) in [(Some("tok"), 200), (Some("old"), 403), (None, 403)] {
        let mut request = ots_request("ListTable", &LIST);
        ots_sign::sign_v2(&mut request, &temp(token));
        assert_eq!(send(endpoint, &request).await.unwrap().status, status, "{token:?}");
    }

    assert_eq!(sim.world().inventory(), "");
    sim.stop().await;
}

#[tokio::test]
async fn rpc_and_oss_senders_that_cannot_be_trusted_are_refused() {
    let options = SimOptions {
        access_keys: vec![AccessKey::new("temp", "s").with_token("tok")],
        ..SimOptions::default()
    };
    let sim = stepped(options).await;
    let ram = sim.endpoint(Service::Ram);
    let code = |r: &Response| -> String {
        let json: Value = serde_json::from_slice(&r.body).unwrap();
        json["Code"].as_str().unwrap_or_default().to_string()
    };
    let request = rpc_request("2015-04-01", "GetCallerIdentity", &[], &Sim::credentials());
    assert_eq!(code(&send(ram, &request).await.unwrap()), "");
    assert_eq!(code(&send(ram, &request).await.unwrap()), "SignatureNonceUsed");
    let mut request = rpc_request("2015-04-01", "GetCallerIdentity", &[], &Sim::credentials());
    request.set_header("x-acs-action", "ListRoles");
    assert_eq!(code(&send(ram, &request).await.unwrap()), "SignatureDoesNotMatch");
    let request = rpc_request("2015-04-01", "GetCallerIdentity", &[], &temp(None));
    assert_eq!(
        code(&send(ram, &request).await.unwrap()),
        "InvalidSecurityToken.MismatchWithAccessKey"
    );

    let mut request = oss_request(Method::GET, "bucket-1", "", &[("acl", "")], "");
    request.set_header("x-oss-date", "20260101T000000Z");
    let refused = send(sim.endpoint(Service::Oss), &request).await.unwrap();
    assert_eq!(refused.status, 400, "the scope says another day");
    request.headers.retain(|(n, _)| n != "authorization");
    assert_eq!(send(sim.endpoint(Service::Oss), &request).await.unwrap().status, 403);
    assert_eq!(sim.world().inventory(), "");
    sim.stop().await;
}

/// Creates table `t` in an embedded cloud with this fault on the call; gives what the client saw and
/// whether the table exists afterwards.
async fn create_table_under(fault: &str) -> (std::io::Result<Response>, bool) {
    let chaos = Chaos::parse(&format!("at=CreateTable:1:{fault}")).unwrap();
    let sim = stepped(SimOptions {
        chaos: Some(chaos),
        ..SimOptions::default()
    })
    .await;
    let seen = try_ots(&sim, "CreateTable", &table("t")).await;
    assert_eq!(sim.faults().get(&format!("CreateTable:{fault}")), Some(&1));
    // The next call is not hit.
    assert_eq!(ots(&sim, "ListTable", &LIST).await.0, 200);
    let exists = sim.object("ots_table", "inst/t").is_some();
    sim.stop().await;
    (seen, exists)
}

#[tokio::test]
async fn every_fault_does_what_its_name_says() {
    for (fault, status, exists) in [
        ("throttle", 403, false),
        ("error_before", 500, false),
        ("error_after", 500, true),
        ("garbage", 200, true),
        ("wrong_signature", 200, true),
    ] {
        let (seen, there) = create_table_under(fault).await;
        assert_eq!((seen.unwrap().status, there), (status, exists), "{fault}");
    }
    for (fault, exists) in [("lost_before", false), ("lost_after", true), ("truncate", true)] {
        let (seen, there) = create_table_under(fault).await;
        assert!(seen.is_err(), "{fault}");
        assert_eq!(there, exists, "{fault}");
    }
}

#[tokio::test]
async fn spoiled_replies_do_not_pass_verification() {
    for (fault, want) in [
        ("garbage", ots_sign::ResponseSignatureError::BodyHash),
        ("wrong_signature", ots_sign::ResponseSignatureError::Signature),
    ] {
        let (seen, _) = create_table_under(fault).await;
        let sent = ots_request("CreateTable", &table("t"));
        let who = Sim::credentials();
        let result = ots_sign::verify_response(
            &sent,
            &seen.unwrap(),
            who.secret.expose(),
            &who.access_key,
            jiff::Timestamp::now(),
        );
        assert_eq!(result, Err(want), "{fault}");
    }
}

#[tokio::test]
async fn the_same_faults_hit_the_same_calls() {
    let run = async |seed: u32| {
        let spec = format!("seed={seed},throttle=0.2,error_after=0.2,lost_before=0.2");
        let sim = stepped(SimOptions {
            chaos: Some(Chaos::parse(&spec).unwrap()),
            ..SimOptions::default()
        })
        .await;
        let mut seen = Vec::new();
        for _ in 0..40 {
            seen.push(try_ots(&sim, "ListTable", &LIST).await.map_or(0, |r| r.status));
        }
        assert_eq!(sim.requests().get("ListTable"), Some(&40));
        sim.stop().await;
        seen
    };
    let first = run(7).await;
    assert_eq!(first, run(7).await);
    assert_ne!(first, run(8).await);
    for status in [0, 200, 403, 500] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
}

#[tokio::test]
async fn the_world_outlives_the_process_and_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SimOptions {
        database: Some(folder.path().join("new/sim.db")),
        ..SimOptions::default()
    };
    let sim = stepped(options()).await;
    ground(&sim).await;
    assert_eq!(ots(&sim, "CreateDeliveryTask", &task("abc", 2)).await.0, 200);
    sim.advance_ms(600).unwrap();
    assert_eq!(progress(&sim, "abc").await.0, 2);
    let inventory = sim.world().inventory();
    let second = Sim::start(options()).await.unwrap_err().to_string();
    assert!(second.contains("another process"), "{second}");
    sim.stop().await;

    let sim = stepped(options()).await;
    assert_eq!(sim.world().inventory(), inventory);
    assert_eq!(progress(&sim, "abc").await.0, 2, "the clock goes on where it stood");
    assert_eq!(ots(&sim, "DeleteDeliveryTask", &delete_task("abc")).await.0, 200);
    // Dropped, not stopped: nothing is left to be written.
    drop(sim);
    let sim = start_after_drop(options()).await;
    assert!(sim.object("ots_delivery_task", "inst/t/abc").is_none());
    assert!(sim.object("ots_table", "inst/t").is_some());
    sim.stop().await;
}

#[tokio::test]
async fn a_world_file_with_an_object_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sim.db");
    let options = || SimOptions {
        database: Some(path.clone()),
        ..SimOptions::default()
    };
    stepped(options()).await.stop().await;
    let put = |kind: &str, json: &str| {
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute("DELETE FROM objects", []).unwrap();
        file.execute("INSERT INTO objects VALUES (?1, 'k', ?2)", [kind, json])
            .unwrap();
    };
    for (kind, json, part) in [
        ("ots_cube", "{}", "unknown kind `ots_cube`"),
        (
            "oss_bucket",
            r#"{"name": "k"}"#,
            "object oss_bucket k: not of kind oss_bucket",
        ),
        ("oss_bucket", "{", "is not JSON"),
    ] {
        put(kind, json);
        let message = Sim::start(options()).await.unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(file);
    let message = Sim::start(options()).await.unwrap_err().to_string();
    assert!(message.contains("newer version"), "{message}");
}

/// Starts over a file that a dropped embedded cloud may still be letting go of.
async fn start_after_drop(options: SimOptions) -> Sim {
    // The tasks of the dropped one end at their next turn.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    Sim::start(options).await.unwrap()
}

#[tokio::test]
async fn the_admin_interface_changes_things_over_http() {
    let sim = stepped(SimOptions::default()).await;
    ground(&sim).await;
    let admin = async |method: &str, path: &str, body: &str| {
        let headers = [
            ("host".to_string(), "127.0.0.1".to_string()),
            ("content-length".to_string(), body.len().to_string()),
        ];
        let r = exchange(sim.endpoint(Service::Admin), method, path, &headers, body.as_bytes()).await;
        let r = r.unwrap();
        (r.status, serde_json::from_slice::<Value>(&r.body).unwrap())
    };
    let (_, all) = admin("GET", "/objects", "").await;
    assert_eq!(all.as_array().unwrap().len(), 4);
    let (_, bucket) = admin("GET", "/objects/oss_bucket/bucket-1", "").await;
    assert_eq!(bucket["acl"], "private");
    let path = "/objects/ots_table/inst/t";
    assert_eq!(admin("PATCH", path, r#"{"time_to_live": 86400}"#).await.0, 200);
    assert_eq!(admin("GET", path, "").await.1["time_to_live"], 86400);
    for (method, path, body, status) in [
        ("PATCH", path, r#"{"time_to_live": "x"}"#, 400),
        ("PATCH", path, r#"{"name": "u"}"#, 400),
        ("PATCH", path, r#"{"unknown": 1}"#, 400),
        ("PATCH", path, "not json", 400),
        ("PATCH", "/objects/ots_table/inst/u", "{}", 404),
        ("PUT", "/objects/nonsense/x", "{}", 400),
        ("DELETE", path, "", 200),
        ("DELETE", path, "", 404),
        ("POST", "/clock", r#"{"advance_ms": -1}"#, 400),
        ("POST", "/clock", r#"{"advance_ms": 5000}"#, 200),
        ("GET", "/", "", 404),
    ] {
        assert_eq!(admin(method, path, body).await.0, status, "{method} {path} {body}");
    }
    assert_eq!(admin("GET", "/clock", "").await.1["world_ms"], json!(START_MS + 5000));
    sim.stop().await;
}
