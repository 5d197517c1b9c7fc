//! Huawei Cloud against its official SDKs, in both directions: what a driver sends equals what was captured from the SDK
//! for the same input, and the embedded cloud takes what the SDK sent and answers what the SDK reads. Here is how captures
//! are read, replayed and compared; the tables of cases stand in one file a service.

mod dis_captures_driver;
mod dis_captures_sim;
mod dis_driver;
mod dis_sim;
mod dis_tasks_sim;
mod dli;
mod iam;
mod iam_dli_lives;
mod kafka_drivers;
mod kafka_life;
mod kafka_sim;
mod network;
mod obs;
mod obs_life;
mod obs_site;
mod official_names;
mod roles;
mod signatures;

use crate::raw_http::exchange;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::FutureExt;
use headworks::base::json::implied;
use headworks::base::{Known, Secret};
use headworks::driver::{BoxFuture, Cloud, Driver, ProviderConfig, Session};
use headworks::drivers::huaweicloud::catalogue;
use headworks::sim::{AccessKey, Service, Settings, Sim, SimOptions};
use headworks::wire::sign::huawei;
use headworks::wire::sign::percent::parse_query;
use headworks::wire::{Credentials, Request, Response, TransportError};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The project of all captures.
pub(crate) const PROJECT: &str = "0123456789abcdef0123456789abcdef";
/// The account of all captures.
pub(crate) const DOMAIN: &str = "fedcba9876543210fedcba9876543210";

/// One captured exchange.
#[derive(Clone)]
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) json: Json,
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures/huawei")
}

impl Capture {
    pub(crate) fn load(name: &str) -> Capture {
        let path = directory().join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Capture {
            name: name.to_string(),
            json: serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}")),
        }
    }

    /// All captures whose name begins with one of these.
    pub(crate) fn all(prefixes: &[&str]) -> Vec<Capture> {
        let mut names: Vec<String> = std::fs::read_dir(directory())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter_map(|file| file.strip_suffix(".json").map(str::to_string))
            .filter(|name| prefixes.iter().any(|p| name.starts_with(p)))
            .collect();
        names.sort();
        assert!(!names.is_empty(), "no capture is named {prefixes:?}");
        names.iter().map(|name| Capture::load(name)).collect()
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    /// Headers as sent, names in lower case.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        pairs(&self.json["headers"])
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let all = self.headers();
        all.into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(self.text("body_base64")).unwrap()
    }

    /// The request as a server reads it.
    pub(crate) fn request(&self) -> Request {
        Request {
            method: self.text("method").parse().unwrap(),
            scheme: "http".to_string(),
            authority: self.header("host").unwrap_or_default(),
            path: self.text("path").to_string(),
            query: parse_query(self.text("query")),
            headers: self.headers(),
            body: self.body().into(),
        }
    }

    /// What the SDK was answered.
    pub(crate) fn served(&self) -> Response {
        let served = &self.json["served_response"];
        let body = match &served["body"] {
            Json::String(text) => text.clone(),
            Json::Null => String::new(),
            json => json.to_string(),
        };
        Response {
            status: u16::try_from(served["status"].as_u64().unwrap()).unwrap(),
            headers: pairs(&served["headers"]),
            body: body.into_bytes().into(),
        }
    }

    /// The clock that the SDK read; any for a call that is not dated.
    pub(crate) fn now(&self) -> Timestamp {
        let (form, date) = match (self.header("x-sdk-date"), self.header("date")) {
            (None, Some(date)) => ("%a, %d %b %Y %H:%M:%S GMT", date),
            (Some(date), _) => ("%Y%m%dT%H%M%SZ", date),
            (None, None) => ("%Y%m%dT%H%M%SZ", "20261120T212200Z".to_string()),
        };
        let civil = DateTime::strptime(form, &date).unwrap();
        civil.to_zoned(TimeZone::UTC).unwrap().timestamp()
    }

    fn same_call(&self, method: &str, path: &str, query: &[(String, String)]) -> bool {
        method == self.text("method")
            && same_but_for_a_slash(path, self.text("path"))
            && sorted(query.to_vec()) == sorted(parse_query(self.text("query")))
    }
}

fn pairs(map: &Json) -> Vec<(String, String)> {
    let pairs = map.as_object().into_iter().flatten();
    pairs
        .map(|(k, v)| (k.to_lowercase(), v.as_str().unwrap_or_default().to_string()))
        .collect()
}

fn same_but_for_a_slash(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

fn sorted(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.sort();
    pairs
}

/// What a driver is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Read,
    Create,
    /// From the first object of the input to the second.
    Update,
    Delete,
}

/// A reply to a call that is not the captured one: method, end of the path, status and body.
pub(crate) type Other = (&'static str, &'static str, u16, Json);

/// What one capture is compared with.
pub(crate) struct Case {
    pub(crate) capture: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) verb: Verb,
    /// The object, for an update the pair `[prior, planned]`.
    pub(crate) input: Json,
    /// Replies to other calls; the rest is answered with "there is none".
    pub(crate) others: Vec<Other>,
    /// What differs from the SDK's request (`query`, `body`, a header), with the reason. A path that differs in more than
    /// a slash at its end is named as we send it: `path /v2/…`.
    pub(crate) except: &'static [(&'static str, &'static str)],
}

/// Answers the captured call as it was answered and others as told. A call may be answered differently the second time:
/// replies of the same method and path are used in turn, the last one again and again.
struct Replay {
    capture: Capture,
    others: Vec<Other>,
    slept: Mutex<Duration>,
    sent: Mutex<Vec<Request>>,
}

impl Replay {
    fn answer(&self, request: &Request, before: usize) -> Response {
        let method = request.method.as_str();
        if self.capture.same_call(method, &request.path, &request.query) {
            return self.capture.served();
        }
        let fits: Vec<&Other> = self
            .others
            .iter()
            .filter(|(m, end, ..)| *m == method && request.path.ends_with(end))
            .collect();
        let (status, body) = match fits.get(before).or(fits.last()) {
            Some((_, _, status, body)) => (*status, body.clone()),
            None => (404, json!({"error_code": "NONE.404", "error_msg": "there is none"})),
        };
        Response {
            status,
            headers: vec![("content-type".to_string(), "application/json".to_string())],
            body: if body.is_null() {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            }
            .into(),
        }
    }
}

impl Cloud for Replay {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let mut sent = self.sent.lock().unwrap();
        let same = |r: &&Request| r.method == request.method && r.path == request.path;
        let before = sent.iter().filter(same).count();
        let response = self.answer(&request, before);
        sent.push(request);
        async move { Ok(response) }.boxed()
    }

    fn now(&self) -> Timestamp {
        self.capture.now() + *self.slept.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        // The session also sleeps beside every request to bound it; only a sleep that is awaited passes time.
        async move {
            *self.slept.lock().unwrap() += pause;
        }
        .boxed()
    }

    fn random(&self) -> u128 {
        7
    }
}

fn session(case: &Case) -> (Session, Arc<Replay>) {
    let capture = Capture::load(case.capture);
    let mut config = ProviderConfig {
        provider: "huaweicloud".to_string(),
        region: Some("eu-de".to_string()),
        credentials: Some(Credentials {
            access_key: capture.text("access_key_id").to_string(),
            secret: Secret::new(capture.text("access_key_secret")),
            security_token: capture.header("x-security-token").map(Secret::new),
        }),
        ..ProviderConfig::default()
    };
    config.settings.insert("project_id".into(), PROJECT.into());
    config.settings.insert("domain_id".into(), DOMAIN.into());
    let host = capture.header("host").unwrap_or_default();
    for service in ["iam", "dis", "dli", "dms", "obs"] {
        let address = match host.starts_with("127.0.0.1") {
            true => format!("http://{host}"),
            false => format!("https://{}", host.trim_start_matches("examplebucket.")),
        };
        config.endpoints.insert(service.to_string(), address);
    }
    let cloud = Arc::new(Replay {
        capture,
        others: case.others.clone(),
        slept: Mutex::new(Duration::ZERO),
        sent: Mutex::new(Vec::new()),
    });
    (Session::new(config, Arc::clone(&cloud) as Arc<dyn Cloud>), cloud)
}

pub(crate) fn known(json: &Json) -> Known {
    Known::new(implied(json)).expect("JSON is known")
}

/// Runs the driver; gives what it returned, as text.
async fn run(case: &Case, session: &Session) -> String {
    let driver: Box<dyn Driver> = catalogue()
        .into_iter()
        .find(|(name, _)| *name == case.resource)
        .map(|(_, driver)| driver)
        .unwrap_or_else(|| panic!("{} is not in the catalogue", case.resource));
    match case.verb {
        Verb::Read => format!("{:?}", driver.read(session, &known(&case.input)).await),
        Verb::Create => format!("{:?}", driver.create(session, &known(&case.input)).await),
        Verb::Delete => format!("{:?}", driver.delete(session, &known(&case.input)).await),
        Verb::Update => {
            let (prior, planned) = (known(&case.input[0]), known(&case.input[1]));
            format!("{:?}", driver.update(session, &prior, &planned).await)
        }
    }
}

/// What differs between our request and the captured one. Bodies are compared by meaning where they are JSON. The SDK
/// signs its `user-agent` too, so signatures are recomputed instead of compared.
fn differences(ours: &Request, capture: &Capture) -> BTreeSet<String> {
    let theirs = capture.request();
    let mut found = BTreeSet::new();
    let mut check = |what: &str, same: bool| {
        if !same {
            found.insert(what.to_string());
        }
    };
    check("method", ours.method == theirs.method);
    let path = match same_but_for_a_slash(&ours.path, &theirs.path) {
        true => "path".to_string(),
        false => format!("path {}", ours.path),
    };
    check(&path, ours.path == theirs.path);
    check("query", sorted(ours.query.clone()) == sorted(theirs.query.clone()));
    let json = |body: &[u8]| serde_json::from_slice::<Json>(body).ok();
    check(
        "body",
        match (json(&ours.body), json(&theirs.body)) {
            (Some(a), Some(b)) => a == b,
            _ => ours.body == theirs.body,
        },
    );
    // OBS's own signature covers nothing that only the SDK sends.
    let keep = |name: &str, value: &str| match name {
        "content-type" | "content-md5" | "date" | "host" => true,
        "authorization" => value.starts_with("OBS "),
        _ => name.starts_with("x-") && name != "x-sdk-content-sha256",
    };
    let kept = |headers: &[(String, String)]| -> BTreeMap<String, String> {
        headers.iter().filter(|(n, v)| keep(n, v)).cloned().collect()
    };
    let (mut mine, theirs) = (kept(&ours.headers), kept(&theirs.headers));
    mine.insert("host".to_string(), ours.authority.clone());
    for name in mine.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        check(name, mine.get(name) == theirs.get(name));
    }
    found
}

/// Runs the driver and compares the request that is the captured call with the capture. Gives what the driver returned,
/// as text.
pub(crate) async fn compare(case: &Case) -> String {
    let (session, cloud) = session(case);
    let outcome = run(case, &session).await;
    let sent = cloud.sent.lock().unwrap().clone();
    let expected: BTreeSet<String> = case.except.iter().map(|(what, _)| (*what).to_string()).collect();
    let call = |r: &&Request| {
        let path = same_but_for_a_slash(&r.path, cloud.capture.text("path"));
        let method = cloud.capture.text("method");
        r.method.as_str() == method && (path || expected.contains(&format!("path {}", r.path)))
    };
    let candidates: Vec<&Request> = sent.iter().filter(call).collect();
    let best = candidates.iter().min_by_key(|r| differences(r, &cloud.capture).len());
    let Some(ours) = best else {
        panic!("{}: the call was not made; sent {sent:#?}; {outcome}", case.capture);
    };
    assert_eq!(
        differences(ours, &cloud.capture),
        expected,
        "{}: the differences are not those listed; ours is {ours:?}\n{}",
        case.capture,
        String::from_utf8_lossy(&ours.body)
    );
    let authorization = ours.header("authorization").unwrap_or_default();
    if let Some(a) = huawei::parse_authorization(authorization) {
        let secret = cloud.capture.text("access_key_secret");
        let date = ours.header("x-sdk-date").unwrap_or_default();
        assert_eq!(
            huawei::signature(ours, secret, date, None, &a.signed_headers),
            a.signature
        );
    }
    outcome
}

/// Every capture of a service is compared, or there is a reason why not.
pub(crate) fn all_are_compared(prefixes: &[&str], cases: &[Case], not_called: &[(&str, &str)]) {
    let compared: BTreeSet<&str> = cases.iter().map(|c| c.capture).collect();
    for capture in Capture::all(prefixes) {
        let excused = not_called.iter().any(|(name, _)| capture.name == *name);
        assert!(
            compared.contains(capture.name.as_str()) != excused,
            "{} is neither compared nor excused, or both",
            capture.name
        );
    }
}

/// Settings under which what the captures are about exists at once.
pub(crate) fn lenient() -> Settings {
    Settings {
        check_freshness: false,
        any_project: true,
        ..Settings::default()
    }
}

/// An embedded cloud that takes the capture's key, with these objects: kind, key and JSON.
pub(crate) async fn sim_for(capture: &Capture, settings: Settings, objects: &[(&str, String, Json)]) -> Sim {
    let mut key = AccessKey::new(capture.text("access_key_id"), capture.text("access_key_secret"));
    if let Some(token) = capture.header("x-security-token") {
        key = key.with_token(token);
    }
    let options = SimOptions {
        settings,
        access_keys: vec![key],
        ..SimOptions::default()
    };
    let sim = Sim::start(options).await.unwrap();
    for (kind, key, json) in objects {
        sim.put_object(kind, key, json.clone())
            .unwrap_or_else(|e| panic!("{kind} {key}: {e}"));
    }
    sim
}

/// Sends the captured request, byte for byte, to the embedded cloud.
pub(crate) async fn replay(sim: &Sim, service: Service, capture: &Capture) -> Response {
    let target = match capture.text("request_target") {
        "" => capture.text("path"),
        target => target,
    };
    let method = capture.text("method");
    exchange(
        sim.endpoint(service),
        method,
        target,
        &capture.headers(),
        &capture.body(),
    )
    .await
    .unwrap()
}

/// The parts of `theirs` that `ours` lacks or has as another type of JSON, as paths. Null may stand for anything.
pub(crate) fn lacking(ours: &Json, theirs: &Json) -> Vec<String> {
    let mut found = Vec::new();
    compare_shapes(ours, theirs, "", &mut found);
    found
}

fn compare_shapes(ours: &Json, theirs: &Json, path: &str, found: &mut Vec<String>) {
    match (ours, theirs) {
        (_, Json::Null) | (Json::Null, _) if !path.is_empty() => {}
        (Json::Object(a), Json::Object(b)) => {
            for (name, theirs) in b {
                let inner = format!("{path}.{name}");
                match a.get(name) {
                    Some(ours) => compare_shapes(ours, theirs, &inner, found),
                    None => found.push(inner),
                }
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            if let (Some(ours), Some(theirs)) = (a.first(), b.first()) {
                compare_shapes(ours, theirs, &format!("{path}[]"), found);
            } else if a.is_empty() && !b.is_empty() {
                found.push(format!("{path}[] has no elements"));
            }
        }
        (a, b) => {
            if std::mem::discriminant(a) != std::mem::discriminant(b) {
                found.push(format!("{path} is {a}, not like {b}"));
            }
        }
    }
}

/// The reply as JSON; null for an empty body.
pub(crate) fn json_of(reply: &Response) -> Json {
    match reply.body.is_empty() {
        true => Json::Null,
        false => serde_json::from_slice(&reply.body).unwrap_or_else(|e| panic!("{e}: {reply:?}")),
    }
}

/// The embedded cloud takes the captured request and answers with the same status and no less than the SDK was served,
/// but for the paths in `except`.
pub(crate) async fn accepts(sim: &Sim, service: Service, capture: &Capture, except: &[&str]) -> Response {
    let reply = replay(sim, service, capture).await;
    let served = capture.served();
    assert_eq!(reply.status, served.status, "{}: {reply:?}", capture.name);
    if let Ok(theirs) = serde_json::from_slice::<Json>(&served.body) {
        let found = lacking(&json_of(&reply), &theirs);
        let found: Vec<&String> = found.iter().filter(|f| !except.contains(&f.as_str())).collect();
        assert!(found.is_empty(), "{}: {found:?} in {}", capture.name, json_of(&reply));
    }
    reply
}
