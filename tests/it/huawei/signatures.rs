//! The signature of the JSON services against every captured request of the SDKs, and whom the embedded cloud turns away.

use super::{Capture, json_of};
use crate::raw_http;
use crate::sim_client::{START_MS, stepped};
use bytes::Bytes;
use headworks::base::Secret;
use headworks::sim::huaweicloud::{DEMO_DOMAIN, DEMO_DOMAIN_NAME, DEMO_PASSWORD, DEMO_USER, project_id};
use headworks::sim::{AccessKey, Service, Settings, Sim, SimClock, SimOptions};
use headworks::wire::sign::huawei::{self, Authorization};
use headworks::wire::{Credentials, Request, Response};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const SCHEME: &str = "SDK-HMAC-SHA256";

/// A captured request that is signed, as it was signed.
struct Signed {
    name: String,
    request: Request,
    secret: String,
    date: String,
    authorization: Authorization,
}

impl Signed {
    fn of(capture: &Capture) -> Option<Self> {
        let text = capture.header("authorization").filter(|a| a.starts_with(SCHEME))?;
        let authorization = huawei::parse_authorization(&text).unwrap_or_else(|| panic!("{}: {text}", capture.name));
        let mut request = capture.request();
        if authorization.scope.is_some() {
            // The first DIS SDK signs the host without its port.
            let host = request.authority.split(':').next().unwrap().to_string();
            request.set_header("host", host);
        }
        Some(Self {
            name: capture.name.clone(),
            secret: capture.text("access_key_secret").to_string(),
            date: request.header("x-sdk-date").unwrap().to_string(),
            authorization,
            request,
        })
    }

    fn signature_of(&self, request: &Request) -> String {
        let a = &self.authorization;
        huawei::signature(request, &self.secret, &self.date, a.scope.as_ref(), &a.signed_headers)
    }
}

fn all() -> Vec<Signed> {
    Capture::all(&[""]).iter().filter_map(Signed::of).collect()
}

#[test]
fn every_captured_signature_is_recomputed() {
    let mut counts: BTreeMap<(String, bool), usize> = BTreeMap::new();
    for signed in all() {
        let recomputed = signed.signature_of(&signed.request);
        assert_eq!(recomputed, signed.authorization.signature, "{}", signed.name);
        let service = signed.name.split('_').next().unwrap().to_string();
        *counts
            .entry((service, signed.authorization.scope.is_some()))
            .or_default() += 1;
    }
    let expected = [
        ("dis", false, 41),
        ("dis", true, 17),
        ("dli", false, 10),
        ("iam", false, 20),
        ("kafka", false, 28),
    ];
    let expected = expected.map(|(service, scoped, count)| ((service.to_string(), scoped), count));
    assert_eq!(counts, BTreeMap::from(expected));
    // A second request in the same call is never signed with this scheme, so none is left out above.
    for capture in Capture::all(&[""]) {
        let others = capture.json["other_requests_in_same_call"].to_string();
        assert!(!others.contains(SCHEME), "{}", capture.name);
    }
}

#[test]
fn every_part_of_a_request_is_covered() {
    for signed in all() {
        let captured = &signed.authorization.signature;
        let mut changes: Vec<(String, Request)> = Vec::new();
        let mut change = |what: &str, act: &dyn Fn(&mut Request)| {
            let mut request = signed.request.clone();
            act(&mut request);
            changes.push((what.to_string(), request));
        };
        change("method", &|r| r.method = http::Method::PATCH);
        change("path", &|r| r.path.push('x'));
        change("query", &|r| r.query.push(("zz".to_string(), String::new())));
        change("body", &|r| r.body = Bytes::from([r.body.as_ref(), b" "].concat()));
        for name in &signed.authorization.signed_headers {
            let longer = format!("{}x", signed.request.header(name).unwrap_or_default());
            change(name, &|r| r.set_header(name, longer.clone()));
        }
        for (what, request) in changes {
            assert_ne!(&signed.signature_of(&request), captured, "{}: {what}", signed.name);
        }
        let again = |secret: &str, date: &str, scope: Option<&huawei::Scope>| {
            let headers = &signed.authorization.signed_headers;
            huawei::signature(&signed.request, secret, date, scope, headers)
        };
        let scope = signed.authorization.scope.as_ref();
        assert_ne!(
            &again("other", &signed.date, scope),
            captured,
            "{}: secret",
            signed.name
        );
        assert_ne!(
            &again(&signed.secret, "20200101T000000Z", scope),
            captured,
            "{}: date",
            signed.name
        );
        let elsewhere = scope.map(|s| huawei::Scope {
            region: "elsewhere".to_string(),
            ..s.clone()
        });
        if elsewhere.is_some() {
            let other = again(&signed.secret, &signed.date, elsewhere.as_ref());
            assert_ne!(&other, captured, "{}: region", signed.name);
        }
    }
}

#[test]
fn a_slash_at_the_end_and_the_order_of_the_query_mean_nothing() {
    for signed in all() {
        let mut request = signed.request.clone();
        request.query.reverse();
        match request.path.strip_suffix('/') {
            Some(without) => request.path = without.to_string(),
            None => request.path.push('/'),
        }
        assert_eq!(
            signed.signature_of(&request),
            signed.authorization.signature,
            "{}",
            signed.name
        );
    }
}

fn project() -> String {
    project_id("cn-north-4")
}

/// A request that everybody with a key may make, not signed yet.
fn plain() -> Request {
    Request {
        method: http::Method::GET,
        scheme: "http".to_string(),
        authority: "127.0.0.1".to_string(),
        path: format!("/v2/{}/instances", project()),
        query: vec![("engine".to_string(), "kafka".to_string())],
        headers: vec![("content-type".to_string(), "application/json".to_string())],
        body: Bytes::new(),
    }
}

fn date_of(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A signed request, changed by `act` before it is signed.
fn signed_by(who: &Credentials, date: &str, act: impl FnOnce(&mut Request)) -> Request {
    let mut request = plain();
    act(&mut request);
    huawei::sign(&mut request, who, date);
    request
}

/// Signs with these headers only.
fn signed_headers(names: &[&str], date: &str) -> Request {
    let mut request = plain();
    request.set_header("host", "127.0.0.1");
    request.set_header("x-sdk-date", date);
    let key = Sim::credentials();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let signature = huawei::signature(&request, key.secret.expose(), date, None, &names);
    let text = format!(
        "{SCHEME} Access={}, SignedHeaders={}, Signature={signature}",
        key.access_key,
        names.join(";")
    );
    request.set_header("authorization", text);
    request
}

async fn outcome(sim: &Sim, service: Service, request: &Request) -> (u16, String) {
    let reply = raw_http::send(sim.endpoint(service), request).await.unwrap();
    let code = json_of(&reply)["error_code"].as_str().unwrap_or_default().to_string();
    (reply.status, code)
}

fn key(id: &str, secret: &str, token: Option<&str>) -> Credentials {
    Credentials {
        access_key: id.to_string(),
        secret: Secret::new(secret),
        security_token: token.map(Secret::new),
    }
}

#[tokio::test]
async fn who_is_turned_away() {
    let sim = Sim::start(SimOptions {
        clock: SimClock::Fixed { start_ms: START_MS },
        access_keys: vec![AccessKey::new("temporary", "ts").with_token("tt")],
        ..SimOptions::default()
    })
    .await
    .unwrap();
    let demo = Sim::credentials();
    let now = date_of(START_MS);
    let dms = async |request: &Request| outcome(&sim, Service::Dms, request).await;
    let welcome = (200, String::new());
    let refused = (401, "APIGW.0301".to_string());

    assert_eq!(dms(&signed_by(&demo, &now, |_| ())).await, welcome);
    assert_eq!(dms(&signed_headers(&["host", "x-sdk-date"], &now)).await, welcome);
    assert_eq!(
        dms(&signed_by(&key("temporary", "ts", Some("tt")), &now, |_| ())).await,
        welcome
    );
    let unsigned_body = signed_by(&demo, &now, |r| {
        r.set_header("x-sdk-content-sha256", "UNSIGNED-PAYLOAD")
    });
    assert_eq!(dms(&unsigned_body).await, welcome);
    for minutes in [-15, 15] {
        let date = date_of(START_MS + minutes * 60_000);
        assert_eq!(dms(&signed_by(&demo, &date, |_| ())).await, welcome, "{minutes}");
    }

    assert_eq!(dms(&plain()).await, refused, "not signed");
    let mut other_scheme = plain();
    other_scheme.set_header("authorization", "OBS id:signature");
    assert_eq!(dms(&other_scheme).await, refused, "another scheme");
    assert_eq!(dms(&signed_by(&key("nobody", "s", None), &now, |_| ())).await, refused);
    assert_eq!(
        dms(&signed_by(&key(&demo.access_key, "wrong", None), &now, |_| ())).await,
        refused
    );
    for token in [None, Some("other")] {
        assert_eq!(
            dms(&signed_by(&key("temporary", "ts", token), &now, |_| ())).await,
            refused
        );
    }
    for names in [["host"], ["x-sdk-date"]] {
        assert_eq!(
            dms(&signed_headers(&names, &now)).await,
            refused,
            "only {names:?} is signed"
        );
    }
    for minutes in [-16, 16] {
        let date = date_of(START_MS + minutes * 60_000);
        assert_eq!(dms(&signed_by(&demo, &date, |_| ())).await, refused, "{minutes}");
    }
    assert_eq!(dms(&signed_by(&demo, "yesterday", |_| ())).await, refused);
    let other_body = signed_by(&demo, &now, |r| r.set_header("x-sdk-content-sha256", "0".repeat(64)));
    assert_eq!(dms(&other_body).await, refused);
    let mut changed = signed_by(&demo, &now, |_| ());
    changed.query.push(("limit".to_string(), "1".to_string()));
    assert_eq!(dms(&changed).await, refused);

    let forbidden = (403, "APIGW.0302".to_string());
    let elsewhere = project_id("eu-de");
    let other_project = signed_by(&demo, &now, |r| r.set_header("x-project-id", elsewhere.clone()));
    assert_eq!(dms(&other_project).await, forbidden);
    let not_mine = signed_by(&demo, &now, |r| r.path = format!("/v2/{}/instances", "0".repeat(32)));
    assert_eq!(dms(&not_mine).await, forbidden);
    let no_json = signed_by(&demo, &now, |r| {
        r.method = http::Method::POST;
        r.body = Bytes::from_static(b"{");
    });
    assert_eq!(dms(&no_json).await.0, 400);
    sim.stop().await;
}

async fn ask_token(sim: &Sim, password: &str, scope: Json) -> Response {
    let mut request = plain();
    request.method = http::Method::POST;
    request.path = "/v3/auth/tokens".to_string();
    request.query.clear();
    let user = json!({"name": DEMO_USER, "password": password, "domain": {"name": DEMO_DOMAIN_NAME}});
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    request.body = json!({"auth": {"identity": identity, "scope": scope}})
        .to_string()
        .into();
    raw_http::send(sim.endpoint(Service::Iam), &request).await.unwrap()
}

#[tokio::test]
async fn a_token_opens_its_project_for_a_day() {
    let sim = Sim::start(SimOptions {
        clock: SimClock::Fixed { start_ms: START_MS },
        ..SimOptions::default()
    })
    .await
    .unwrap();
    let scope = json!({"project": {"name": "cn-north-4"}});
    assert_eq!(ask_token(&sim, "wrong", scope.clone()).await.status, 401);
    let unknown = json!({"project": {"name": "nowhere"}});
    assert_eq!(ask_token(&sim, DEMO_PASSWORD, unknown).await.status, 401);
    let reply = ask_token(&sim, DEMO_PASSWORD, scope).await;
    assert_eq!(reply.status, 201);
    let token = json_of(&reply)["token"].clone();
    assert_eq!(
        (&token["project"]["id"], &token["project"]["domain"]["id"]),
        (&json!(project()), &json!(DEMO_DOMAIN))
    );
    assert!(!token.to_string().contains(DEMO_PASSWORD));
    let token = reply.header("x-subject-token").unwrap().to_string();
    let with = |token: &str, project: &str| {
        let mut request = plain();
        request.path = format!("/v2/{project}/instances");
        request.set_header("x-auth-token", token);
        request
    };
    let dms = async |request: Request| outcome(&sim, Service::Dms, &request).await;
    assert_eq!(dms(with(&token, &project())).await, (200, String::new()));
    let expired = (401, "APIGW.0307".to_string());
    assert_eq!(dms(with("another", &project())).await, expired);
    assert_eq!(dms(with(&token, &project_id("eu-de"))).await.0, 403);
    sim.advance_ms(24 * 60 * 60 * 1000 - 1).unwrap();
    assert_eq!(dms(with(&token, &project())).await.0, 200);
    sim.advance_ms(1).unwrap();
    assert_eq!(dms(with(&token, &project())).await, expired);
    assert_eq!(sim.world().inventory(), "");
    sim.stop().await;
}

#[tokio::test]
async fn a_cloud_that_does_not_look_at_the_clock_takes_an_old_date() {
    let settings = Settings {
        check_freshness: false,
        ..Settings::default()
    };
    let sim = stepped(SimOptions {
        settings,
        ..SimOptions::default()
    })
    .await;
    let request = signed_by(&Sim::credentials(), &date_of(0), |_| ());
    assert_eq!(outcome(&sim, Service::Dms, &request).await.0, 200);
    sim.stop().await;
}
