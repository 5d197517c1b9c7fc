//! What RPC-style services share: who is calling, the parameters, the forms of replies and errors.
//! Knows no operation.

use super::rpc_auth;
use crate::sim::world::{Now, World};
use crate::wire::request::{Request, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// A verified call.
#[derive(Debug)]
pub(crate) struct Call {
    /// Operation name.
    pub(crate) action: String,
    /// API version, a date.
    pub(crate) version: String,
    /// Uid of the calling account.
    pub(crate) account: String,
    params: Vec<(String, String)>,
}

/// An error reply in the making.
#[derive(Debug)]
pub(crate) struct RpcError {
    status: u16,
    code: String,
    message: String,
}

impl RpcError {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    fn reply(&self, now: Now) -> Response {
        let body = json!({
            "RequestId": request_id(now),
            "HostId": "sim",
            "Code": self.code,
            "Message": self.message,
            "Recommend": format!("https://api.aliyun.com/troubleshoot?q={}", self.code),
        });
        json_reply(self.status, &body, now)
    }
}

/// What an operation answers: the fields of its reply beside `RequestId`.
pub(crate) type Answer = Result<Map<String, Value>, RpcError>;

impl Call {
    /// A parameter; `None` when absent or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
            .filter(|v| !v.is_empty())
    }

    /// A parameter as sent, also when empty.
    pub(crate) fn sent(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A parameter that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&str, RpcError> {
        self.get(name).ok_or_else(|| {
            RpcError::new(
                400,
                format!("Missing{name}"),
                format!("{name} is mandatory for this action."),
            )
        })
    }

    /// A whole-number parameter within bounds.
    pub(crate) fn number(&self, name: &str, low: i64, high: i64) -> Result<Option<i64>, RpcError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        match text.parse::<i64>() {
            Ok(n) if (low..=high).contains(&n) => Ok(Some(n)),
            _ => Err(RpcError::new(
                400,
                format!("InvalidParameter.{name}"),
                format!("The parameter {name} must be between {low} and {high}."),
            )),
        }
    }
}

/// The operation a request calls.
pub(crate) fn operation(request: &Request) -> String {
    request
        .header("x-acs-action")
        .map(str::to_string)
        .or_else(|| find(&params(request), "Action"))
        .filter(|a| !a.is_empty() && a.len() <= 80 && a.bytes().all(|b| b.is_ascii_alphanumeric()))
        .unwrap_or_else(|| "Unknown".to_string())
}

/// Verifies a request, lets `act` answer it and puts the answer into its form.
pub(crate) fn serve(
    request: &Request,
    world: &mut World,
    now: Now,
    act: impl FnOnce(&Call, &mut World) -> Answer,
) -> Response {
    let params = params(request);
    let result = rpc_auth::verify(request, &params, world, now).and_then(|key| {
        let version = request
            .header("x-acs-version")
            .map(str::to_string)
            .or_else(|| find(&params, "Version"))
            .unwrap_or_default();
        let call = Call {
            action: operation(request),
            version,
            account: key.account,
            params,
        };
        super::roles::settle(world, now.world_ms);
        act(&call, world)
    });
    match result {
        Ok(mut fields) => {
            fields.insert("RequestId".to_string(), Value::String(request_id(now)));
            json_reply(200, &Value::Object(fields), now)
        }
        Err(error) => error.reply(now),
    }
}

/// The error for an operation or version that the service does not have.
pub(crate) fn unknown_action(call: &Call) -> RpcError {
    RpcError::new(
        404,
        "InvalidAction.NotFound",
        format!(
            "Specified api is not found, please check your url and method. ({} {})",
            call.version, call.action
        ),
    )
}

/// The gateway's reply to throttled calls, or an internal error.
pub(crate) fn trouble(now: Now, throttled: bool) -> Response {
    if throttled {
        let error = RpcError::new(429, "Throttling.User", "Request was denied due to user flow control.");
        return error.reply(now);
    }
    RpcError::new(
        503,
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.",
    )
    .reply(now)
}

/// Query and form-body parameters.
fn params(request: &Request) -> Vec<(String, String)> {
    let mut all = request.query.clone();
    let form = request
        .header("content-type")
        .is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
    if form {
        all.extend(url::form_urlencoded::parse(&request.body).into_owned());
    }
    all
}

fn find(params: &[(String, String)], name: &str) -> Option<String> {
    params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
}

fn request_id(now: Now) -> String {
    format!("51A00000-0000-4000-8000-{:012X}", now.request)
}

fn json_reply(status: u16, body: &Value, now: Now) -> Response {
    Response {
        status,
        headers: vec![
            ("content-type".to_string(), "application/json;charset=utf-8".to_string()),
            ("x-acs-request-id".to_string(), request_id(now)),
        ],
        body: Bytes::from(body.to_string()),
    }
}
