//! Whole drivers against a cloud that answers what it is told to: no reply may make one panic, ask for ever, or repeat a key.
//!
//! Input: one byte chooses driver, verb and object; then replies, each of a status byte and a body, separated by `~~`. The last
//! reply is given again when there is no other.

use headworks::base::json::from_typed_json;
use headworks::base::{Known, Secret, Type, Value};
use headworks::driver::{BoxFuture, Cloud, DataDriver, Driver, ProviderConfig, Session};
use headworks::drivers::{alicloud, huaweicloud};
use headworks::wire::sign::ots::sign_response;
use headworks::wire::{Credentials, Request, Response, TransportError};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

pub(super) const WORDS: &[&str] = &[
    "~~\x00",
    "~~\x01",
    "~~\x02",
    "~~\x03",
    "~~\x04",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "99999999999999999999",
    "1e999",
    "\"\"",
    "<",
    ">",
    "</",
    "/>",
    "<Error><Code>NoSuchBucket</Code></Error>",
    "<IsTruncated>true</IsTruncated>",
    "{\"Code\":\"EntityNotExist.Role\"}",
    "\"NextToken\":\"a\"",
    "\"Data\":{",
    "\"TotalCount\":1000000000",
    "\"has_more_tasks\":true",
    "\"is_more\":true",
    "\"total_count\":4294967295",
    "{\"tasks\":[",
    "{\"agencies\":[",
    "{\"roles\":[",
    "{\"databases\":[",
    "{\"task_id\":\"x\"}",
    "\"status\":\"RUNNING\"",
    "\"stream_status\":\"CREATING\"",
    "{\"token\":{",
    "\"Content\":\"{\\\"a\\\":1}\"",
    "\x0a\x11OTSObjectNotExist",
];

const KEY: &str = "PLANTEDSECRETOFNOACCOUNT";

/// More requests than this of one call of a driver are an endless loop.
const REQUESTS_MAX: usize = 20_000;

struct Script {
    replies: Vec<(u16, Vec<u8>)>,
    state: Mutex<(usize, SignedDuration)>,
}

impl Cloud for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let mut state = self.state.lock().expect("no panic while held");
        let (status, body) = self
            .replies
            .get(state.0)
            .or(self.replies.last())
            .cloned()
            .unwrap_or((404, Vec::new()));
        state.0 += 1;
        assert!(state.0 < REQUESTS_MAX, "a driver asks for ever");
        let now = start() + state.1;
        let mut response = Response {
            status,
            headers: vec![
                ("x-ots-requestid".into(), "r".into()),
                ("x-ots-contenttype".into(), "protocol buffer".into()),
                ("x-ots-date".into(), now.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()),
                ("x-subject-token".into(), "PLANTEDTOKEN".into()),
                (
                    "x-oss-next-append-position".into(),
                    String::from_utf8_lossy(&body).into_owned(),
                ),
            ],
            body: body.into(),
        };
        sign_response(&mut response, &request.path, KEY, "LTAIPLANTED");
        Box::pin(std::future::ready(Ok(response)))
    }

    fn now(&self) -> Timestamp {
        start() + self.state.lock().expect("no panic while held").1
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'_, ()> {
        // Waiting passes time; a sleep that only bounds a request is dropped before it is asked.
        Box::pin(async move {
            let mut state = self.state.lock().expect("no panic while held");
            let longer = SignedDuration::try_from(pause).unwrap_or(SignedDuration::from_hours(1));
            state.1 = state.1.saturating_add(longer).min(SignedDuration::from_hours(24 * 365));
        })
    }

    fn random(&self) -> u128 {
        7
    }
}

fn start() -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("in range")
}

enum Kind {
    Managed(Box<dyn Driver>),
    Data(Box<dyn DataDriver>),
}

struct Subject {
    driver: Kind,
    object: Known,
}

type Catalogue = (
    Vec<(&'static str, Box<dyn Driver>)>,
    Vec<(&'static str, Box<dyn DataDriver>)>,
);

fn subjects((managed, data): Catalogue) -> Vec<Subject> {
    let registry = super::records::registry();
    let managed = managed
        .into_iter()
        .map(|(name, driver)| (name, registry.resource(name), Kind::Managed(driver)));
    let data = data
        .into_iter()
        .map(|(name, driver)| (name, registry.data(name), Kind::Data(driver)));
    let mut subjects = Vec::new();
    for (name, schema, driver) in managed.chain(data) {
        let ty = schema
            .unwrap_or_else(|| panic!("{name} has a schema"))
            .block
            .object_type();
        let object = Known::new(sample(&ty, 0)).expect("all of it is known");
        subjects.push(Subject { driver, object });
    }
    subjects
}

/// An object that has every attribute, so that a driver has something to do with each.
fn sample(ty: &Type, depth: usize) -> Value {
    match ty {
        Type::Bool => Value::bool(true),
        Type::Number => Value::int(3),
        Type::String => Value::string("sample"),
        Type::Object(object) if depth < 8 => {
            let attributes = object
                .attributes
                .iter()
                .map(|(name, ty)| (name.clone(), sample(ty, depth + 1)));
            Value::object(attributes.collect())
        }
        Type::List(element) if depth < 8 => Value::list((**element).clone(), vec![sample(element, depth + 1)]),
        Type::Set(element) if depth < 8 => Value::set((**element).clone(), [sample(element, depth + 1)]),
        Type::Map(element) if depth < 8 => {
            Value::map((**element).clone(), [("k".into(), sample(element, depth + 1))].into())
        }
        ty => from_typed_json(&serde_json::Value::Null, ty).unwrap_or_else(|_| Value::null(ty.clone())),
    }
}

pub(super) fn alibaba(data: &[u8]) {
    static SUBJECTS: OnceLock<Vec<Subject>> = OnceLock::new();
    let subjects = SUBJECTS.get_or_init(|| subjects((alicloud::catalogue(), alicloud::data_catalogue())));
    drive("alicloud", "cn-hangzhou", subjects, data);
}

pub(super) fn huawei(data: &[u8]) {
    static SUBJECTS: OnceLock<Vec<Subject>> = OnceLock::new();
    let subjects = SUBJECTS.get_or_init(|| subjects((huaweicloud::catalogue(), huaweicloud::data_catalogue())));
    drive("huaweicloud", "cn-north-4", subjects, data);
}

fn drive(provider: &str, region: &str, subjects: &[Subject], data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let mut config = ProviderConfig {
        provider: provider.into(),
        region: Some(region.into()),
        account_id: Some("1234567890123456".into()),
        credentials: Some(Credentials {
            access_key: "LTAIPLANTED".into(),
            secret: Secret::new(KEY),
            security_token: None,
        }),
        ..ProviderConfig::default()
    };
    config
        .settings
        .insert("project_id".into(), "0123456789abcdef0123456789abcdef".into());
    config.settings.insert("max_retries".into(), "2".into());
    let cloud = Arc::new(Script {
        replies: replies(rest),
        state: Mutex::new((0, SignedDuration::ZERO)),
    });
    let session = Session::new(config, cloud).within(Duration::from_secs(60));
    let Some(subject) = subjects.get(usize::from(*choice) % subjects.len()) else {
        return;
    };
    let verb = usize::from(*choice) / subjects.len();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let said = runtime.block_on(async {
        match &subject.driver {
            Kind::Managed(driver) => match verb % 5 {
                0 | 1 => driver
                    .read(&session, &subject.object)
                    .await
                    .map(|_| ())
                    .map_err(|e| e.to_string()),
                2 => driver
                    .create(&session, &subject.object)
                    .await
                    .map(|_| ())
                    .map_err(|f| f.error.to_string()),
                3 => driver
                    .update(&session, &subject.object, &subject.object)
                    .await
                    .map(|_| ())
                    .map_err(|f| f.error.to_string()),
                _ => driver
                    .delete(&session, &subject.object)
                    .await
                    .map_err(|e| e.to_string()),
            },
            Kind::Data(driver) => driver
                .read(&session, &subject.object)
                .await
                .map(|_| ())
                .map_err(|e| e.to_string()),
        }
    });
    if let Err(said) = said {
        assert!(!said.contains(KEY), "a key is repeated: {said}");
    }
}

fn replies(data: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut parts = Vec::new();
    let mut rest = data;
    loop {
        let at = rest.windows(2).position(|w| w == b"~~");
        let (part, after) = at.map_or((rest, &[][..]), |at| (&rest[..at], &rest[at + 2..]));
        let (status, body) = part.split_first().map_or((0, part), |(s, body)| (*s, body));
        let status = [200, 404, 400, 403, 500, 429, 503, 204, 409, 307][usize::from(status) % 10];
        parts.push((status, body.to_vec()));
        if at.is_none() || parts.len() > 64 {
            return parts;
        }
        rest = after;
    }
}
