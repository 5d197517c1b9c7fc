//! What the JSON services share: who is calling, the parts of a path, the forms of replies and errors. Knows no
//! operation.

use super::auth::{self, Caller, PROJECTS, project_id};
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// How a service spells its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `error_code` and `error_msg`.
    Plain,
    /// Both those and the `errorCode` and `message` of the live DIS, so that SDKs of both generations read it.
    Dis,
    /// `{"error":{"code":404,"message":…,"title":…}}`.
    Iam,
}

/// An error reply in the making.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    /// The reply, as the service spells it.
    pub(crate) fn reply(&self, dialect: Dialect, now: Now) -> Response {
        let body = match dialect {
            Dialect::Plain => json!({
                "error_code": self.code,
                "error_msg": self.message,
                "request_id": request_id(now),
            }),
            Dialect::Dis => json!({
                "error_code": self.code,
                "error_msg": self.message,
                "errorCode": self.code,
                "message": self.message,
            }),
            Dialect::Iam => json!({
                "error": {"code": self.status, "message": self.message, "title": self.code},
            }),
        };
        json_reply(self.status, Some(&body), now)
    }
}

/// What an operation answers: status and, where there is one, body.
pub(crate) type Answer = Result<(u16, Option<Value>), Fault>;

/// A verified call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Who calls.
    pub(crate) caller: Caller,
    /// The request itself.
    pub(crate) request: &'a Request,
    /// Decoded parts of the path, without empty ones.
    pub(crate) path: Vec<String>,
    /// The body as JSON; null for none.
    pub(crate) body: Value,
}

impl Call<'_> {
    /// A query parameter; `None` when absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.request.query_param(name).filter(|v| !v.is_empty())
    }

    /// A whole number in the query, within bounds, or `default`.
    pub(crate) fn number(&self, name: &str, default: usize, most: usize) -> usize {
        self.query(name)
            .and_then(|n| n.parse().ok())
            .unwrap_or(default)
            .clamp(1, most)
    }
}

/// Decoded parts of a path, without empty ones: a slash at the end means nothing.
pub(crate) fn path(request: &Request) -> Vec<String> {
    let parts = request.path.split('/').filter(|p| !p.is_empty());
    parts
        .map(|p| percent_decode_str(p).decode_utf8_lossy().into_owned())
        .collect()
}

/// Verifies a request, lets `act` answer it and puts the answer into its form.
pub(crate) fn serve(
    request: &Request,
    world: &mut World,
    now: Now,
    dialect: Dialect,
    act: impl FnOnce(&Call<'_>, &mut World) -> Answer,
) -> Response {
    let answer = auth::verify(request, world, now).and_then(|caller| {
        let body = match request.body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&request.body)
                .map_err(|e| Fault::new(400, "APIGW.0106", format!("the body is not JSON: {e}")))?,
        };
        let call = Call {
            caller,
            request,
            path: path(request),
            body,
        };
        act(&call, world)
    });
    match answer {
        Ok((status, body)) => json_reply(status, body.as_ref(), now),
        Err(fault) => fault.reply(dialect, now),
    }
}

/// The project in a path: one of the account's, and the one that the request says it is for.
pub(crate) fn check_project(call: &Call<'_>, project: &str, world: &World) -> Result<(), Fault> {
    let known = world.settings.any_project || PROJECTS.iter().any(|name| project_id(name) == project);
    let stated = call.caller.project.as_ref().is_none_or(|p| p == project);
    if known && stated {
        return Ok(());
    }
    Err(Fault::new(
        403,
        "APIGW.0302",
        "The project id of the path is not one that the caller may use.",
    ))
}

/// The name of the region whose project this is.
pub(crate) fn region_of(project: &str) -> Option<&'static str> {
    PROJECTS.iter().copied().find(|name| project_id(name) == project)
}

/// No operation has this method and path.
pub(crate) fn no_such_api(request: &Request) -> Fault {
    Fault::new(
        404,
        "APIGW.0101",
        format!(
            "The API does not exist or has not been published: {} {}",
            request.method, request.path
        ),
    )
}

/// "Too many requests" or "internal error", in the dialect of a service.
pub(crate) fn trouble(dialect: Dialect, now: Now, throttled: bool) -> Response {
    let fault = match (dialect, throttled) {
        (Dialect::Dis, true) => Fault::new(400, "DIS.4305", "Too many requests."),
        (Dialect::Dis, false) => Fault::new(500, "DIS.5000", "System error."),
        (_, true) => Fault::new(429, "APIGW.0308", "The throttling threshold has been reached."),
        (_, false) => Fault::new(500, "APIGW.9999", "Internal error."),
    };
    fault.reply(dialect, now)
}

/// A server-made id in the form of a UUID, the same for the same seed.
pub(crate) fn uuid(seed: &str) -> String {
    let h = hex_id(seed);
    let part = |from: usize, to: usize| h.get(from..to).unwrap_or_default().to_string();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// A server-made id of 32 hexadecimal digits, the same for the same seed.
pub(crate) fn hex_id(seed: &str) -> String {
    crate::wire::sign::sha256_hex(seed.as_bytes())
        .chars()
        .take(32)
        .collect()
}

fn request_id(now: Now) -> String {
    format!("{:032x}", now.request)
}

fn json_reply(status: u16, body: Option<&Value>, now: Now) -> Response {
    let mut headers = vec![("x-request-id".to_string(), request_id(now))];
    if body.is_some() {
        headers.push(("content-type".to_string(), "application/json".to_string()));
    }
    Response {
        status,
        headers,
        body: body.map_or_else(Bytes::new, |b| Bytes::from(b.to_string())),
    }
}
