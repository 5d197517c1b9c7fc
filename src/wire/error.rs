//! What can go wrong between us and a service: an answer that is an error, or no usable answer.
//! Decides how error bodies are read; never decides whether to retry, and never repeats a secret.

use super::codec::{FormatError, oss, ots, rpc};
use super::sign::ots::ResponseSignatureError;
use super::{Credentials, Response};
use prost::Message;
use serde_json::Value as Json;
use std::fmt;
use std::time::Duration;

/// The services whose wire is spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Tablestore.
    Tablestore,
    /// Object Storage Service.
    Oss,
    /// Resource Access Management.
    Ram,
    /// Resource Management.
    ResourceManager,
    /// DataWorks.
    DataWorks,
    /// Huawei Cloud's IAM.
    Iam,
    /// Data Ingestion Service.
    Dis,
    /// Data Lake Insight.
    Dli,
    /// Distributed Message Service for Kafka.
    Dms,
    /// Object Storage Service of Huawei Cloud.
    Obs,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tablestore => "Tablestore",
            Self::Oss => "OSS",
            Self::Ram => "RAM",
            Self::ResourceManager => "Resource Management",
            Self::DataWorks => "DataWorks",
            Self::Iam => "IAM",
            Self::Dis => "DIS",
            Self::Dli => "DLI",
            Self::Dms => "DMS",
            Self::Obs => "OBS",
        })
    }
}

/// A service's answer that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Who answered.
    pub service: Service,
    /// What was asked, such as `CreateDeliveryTask`.
    pub operation: String,
    /// HTTP status code.
    pub status: u16,
    /// The service's code; empty when the body was not in the service's format, as from a gateway.
    pub code: String,
    /// The service's text, or the beginning of a body that could not be read; may be empty.
    pub message: String,
    /// The service's id of the request; empty when it gave none.
    pub request_id: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: HTTP {}", self.service, self.operation, self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if !self.request_id.is_empty() {
            write!(f, " (request {})", self.request_id)?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

impl ApiError {
    /// Reads an error of Tablestore: a protobuf message, the request id in a header.
    pub fn from_ots(operation: &str, response: &Response) -> Self {
        let body = ots::Error::decode(response.body.clone())
            .ok()
            .filter(|e| e.code.is_some());
        let parts = body.map(|e| (e.code, e.message));
        Self::build(Service::Tablestore, operation, response, parts, "x-ots-requestid", None)
    }

    /// Reads an error of OSS: XML, or nothing but the status.
    pub fn from_oss(operation: &str, response: &Response) -> Self {
        let body = oss::decode::<oss::Error>(&response.body).ok();
        let id = body.as_ref().and_then(|e| e.request_id.clone());
        let parts = body.map(|e| (e.code, e.message));
        Self::build(Service::Oss, operation, response, parts, "x-oss-request-id", id)
    }

    /// Reads an error of an RPC service: JSON or XML.
    pub fn from_rpc(service: Service, operation: &str, response: &Response) -> Self {
        let body = rpc::decode_error(&response.body).ok();
        let id = body.as_ref().and_then(|e| e.request_id.clone());
        let parts = body.map(|e| (e.code, e.message));
        Self::build(service, operation, response, parts, "x-acs-request-id", id)
    }

    /// Reads the failure that a reply of HTTP 200 tells of in its body, as DataWorks does: `Success` is false, or the
    /// `Status` of its data is `fail`. None when the reply is a success.
    pub fn from_rpc_success(service: Service, operation: &str, response: &Response) -> Option<Self> {
        let body: Json = serde_json::from_slice(&response.body).ok()?;
        let text = |json: &Json, name: &str| json.get(name).and_then(json_text);
        let no =
            |json: &Json| *json == Json::Bool(false) || json.as_str().is_some_and(|t| t.eq_ignore_ascii_case("false"));
        let data = body.get("Data").unwrap_or(&Json::Null);
        let refused = body.get("Success").is_some_and(no);
        let failed = text(data, "Status").is_some_and(|s| s.eq_ignore_ascii_case("fail"));
        if !refused && !failed {
            return None;
        }
        let code = text(&body, "ErrorCode").or_else(|| text(&body, "Code"));
        let words = [(&body, "ErrorMessage"), (data, "Message"), (&body, "Message")];
        let message = words.into_iter().find_map(|(json, name)| text(json, name));
        let parts = Some((code, message));
        let mut error = Self::build(
            service,
            operation,
            response,
            parts,
            "x-acs-request-id",
            text(&body, "RequestId"),
        );
        let told = body
            .get("HttpStatusCode")
            .and_then(json_text)
            .and_then(|s| s.parse().ok());
        error.status = told.filter(|s| (400..600).contains(s)).unwrap_or(response.status);
        Some(error)
    }

    /// Reads an error of a JSON service of Huawei Cloud, in any of its shapes: `error_code` and `error_msg`, the
    /// `errorCode` and `message` of the live DIS, `code` and `message`, each also one level down as IAM has it.
    pub fn from_huawei(service: Service, operation: &str, response: &Response) -> Self {
        let body: Option<Json> = serde_json::from_slice(&response.body).ok();
        let parts = body.as_ref().and_then(huawei_error);
        let id = body.as_ref().and_then(|b| b.get("request_id")).and_then(json_text);
        Self::build(service, operation, response, parts, "x-request-id", id)
    }

    /// Reads an error of OBS: XML, or nothing but the status.
    pub fn from_obs(operation: &str, response: &Response) -> Self {
        let body = oss::decode::<oss::Error>(&response.body).ok();
        let id = body.as_ref().and_then(|e| e.request_id.clone());
        let parts = body.map(|e| (e.code, e.message));
        Self::build(Service::Obs, operation, response, parts, "x-obs-request-id", id)
    }

    fn build(
        service: Service,
        operation: &str,
        response: &Response,
        parts: Option<(Option<String>, Option<String>)>,
        id_header: &str,
        id: Option<String>,
    ) -> Self {
        let (code, message) = parts.unwrap_or_else(|| (None, Some(excerpt(&response.body))));
        Self {
            service,
            operation: operation.to_string(),
            status: response.status,
            code: plain(&code.unwrap_or_default()),
            message: plain(without_signed_text(&message.unwrap_or_default())),
            request_id: plain(
                &id.or_else(|| response.header(id_header).map(str::to_string))
                    .unwrap_or_default(),
            ),
        }
    }

    /// The same error with every occurrence of the secret and the security token hidden, should
    /// the service have echoed one.
    pub fn without_secrets(mut self, credentials: &Credentials) -> Self {
        let secrets = [Some(&credentials.secret), credentials.security_token.as_ref()];
        for secret in secrets.into_iter().flatten().filter(|s| !s.expose().is_empty()) {
            for text in [&mut self.code, &mut self.message, &mut self.request_id] {
                *text = text.replace(secret.expose(), "(secret)");
            }
        }
        for text in [&mut self.code, &mut self.message, &mut self.request_id] {
            *text = crate::base::mask::mask(text).into_owned();
        }
        self
    }
}

/// Code and message of an error body, wherever they stand.
fn huawei_error(body: &Json) -> Option<(Option<String>, Option<String>)> {
    let first = |json: &Json, names: &[&str]| names.iter().find_map(|n| json.get(*n)).and_then(json_text);
    let inner = body.as_object()?.values().filter(|v| v.is_object());
    std::iter::once(body).chain(inner).find_map(|json| {
        let code = first(json, &["error_code", "errorCode", "code"]);
        let message = first(json, &["error_msg", "errorMsg", "message", "error_message"]);
        (code.is_some() || message.is_some()).then_some((code, message))
    })
}

/// Text, or a number as text: IAM's code is the HTTP status as a number.
fn json_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Cuts the signed text that the services append to a signature error: it holds the security token.
fn without_signed_text(message: &str) -> &str {
    let lower = message.to_ascii_lowercase();
    match lower.find("string to sign") {
        // ASCII lower-casing keeps every byte offset.
        Some(at) => message
            .get(..at)
            .unwrap_or_default()
            .trim_end_matches([' ', ',', '.', ';']),
        None => message,
    }
}

/// The beginning of a body that is in no known format, for people to recognise it.
fn excerpt(body: &[u8]) -> String {
    const LIMIT: usize = 200;
    let text = String::from_utf8_lossy(body);
    // Cut before it is masked, a secret might be there in half.
    let text = crate::base::mask::mask(&text);
    let mut short: String = text.trim().chars().take(LIMIT).collect();
    if text.trim().chars().nth(LIMIT).is_some() {
        short.push('…');
    }
    short
}

/// Replaces control characters, so that a reply cannot steer the terminal it is shown on.
fn plain(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// No usable answer. `endpoint` is host and port only: queries may hold credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection came about, so the request was not sent.
    #[error("cannot reach {endpoint}: {reason}")]
    Unreachable {
        /// Host and port.
        endpoint: String,
        /// What the network said.
        reason: String,
    },
    /// No connection, or no whole reply, within the limit.
    #[error("{endpoint} did not {} within {limit:?}", if *.connecting { "accept a connection" } else { "answer" })]
    TimedOut {
        /// Host and port.
        endpoint: String,
        /// The limit that passed.
        limit: Duration,
        /// Whether it was the connection that took too long, so that nothing was sent.
        connecting: bool,
    },
    /// The connection broke after the request may have been sent.
    #[error("the connection to {endpoint} broke before the reply was complete: {reason}")]
    Interrupted {
        /// Host and port.
        endpoint: String,
        /// What the network said.
        reason: String,
    },
    /// The reply is larger than is read.
    #[error("the reply of {endpoint} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port.
        endpoint: String,
        /// The limit, bytes.
        limit: u64,
    },
    /// Plain HTTP to another machine.
    #[error("{endpoint} is not on this machine, so it needs https: plain http is for loopback addresses only")]
    NotTls {
        /// Host and port.
        endpoint: String,
    },
    /// The request cannot be sent as it was signed.
    #[error("the request to {endpoint} cannot be sent as signed: {reason}")]
    Unsendable {
        /// Host and port.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// A successful reply whose body is not in the service's format.
    #[error("{service} {operation}: the reply cannot be read: {source}")]
    Garbled {
        /// Who answered.
        service: Service,
        /// What was asked.
        operation: String,
        /// What was expected, and what is wrong.
        source: FormatError,
    },
    /// A reply that the service did not sign for us.
    #[error("{service} {operation}: the reply is not trusted: {source}")]
    ReplySignature {
        /// Who should have answered.
        service: Service,
        /// What was asked.
        operation: String,
        /// What is wrong.
        source: ResponseSignatureError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;

    fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            body: body.to_vec().into(),
        }
    }

    #[test]
    fn each_service_has_its_own_error_body() {
        let body = ots::Error {
            code: Some("OTSObjectNotExist".into()),
            message: Some("Requested table does not exist.".into()),
            ..ots::Error::default()
        };
        let reply = response(404, &[("x-ots-requestid", "0005")], &body.encode_to_vec());
        assert_eq!(
            ApiError::from_ots("DescribeTable", &reply).to_string(),
            "Tablestore DescribeTable: HTTP 404 OTSObjectNotExist: Requested table does not exist. \
             (request 0005)"
        );
        let xml = b"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code>\
            <Message>no</Message><RequestId>5C</RequestId></Error>";
        assert_eq!(
            ApiError::from_oss("GetBucketInfo", &response(404, &[], xml)).to_string(),
            "OSS GetBucketInfo: HTTP 404 NoSuchBucket: no (request 5C)"
        );
        let json = br#"{"Code":"EntityNotExist.Role","Message":"no","RequestId":"0B"}"#;
        assert_eq!(
            ApiError::from_rpc(Service::Ram, "GetRole", &response(404, &[], json)).to_string(),
            "RAM GetRole: HTTP 404 EntityNotExist.Role: no (request 0B)"
        );
    }

    #[test]
    fn unreadable_bodies_give_status_and_a_short_harmless_excerpt() {
        let html = format!("<html>\x1b[31m\n{}", "x".repeat(500));
        let reply = response(502, &[], html.as_bytes());
        for error in [
            ApiError::from_ots("ListTable", &reply),
            ApiError::from_oss("PutBucket", &reply),
            ApiError::from_rpc(Service::ResourceManager, "GetRole", &reply),
        ] {
            assert_eq!((error.status, error.code.as_str()), (502, ""));
            assert!(error.message.starts_with("<html> [31m x"), "{}", error.message);
            assert_eq!(error.message.chars().count(), 201);
        }
        let empty = ApiError::from_oss("GetBucketInfo", &response(404, &[], b""));
        assert_eq!(empty.to_string(), "OSS GetBucketInfo: HTTP 404");
        let no_code = ApiError::from_ots("ListTable", &response(500, &[], b""));
        assert_eq!(no_code.to_string(), "Tablestore ListTable: HTTP 500");
    }

    #[test]
    fn echoed_secrets_are_cut_or_hidden() {
        let json = br#"{"Code":"SignatureDoesNotMatch","Message":"Specified signature does not match our calculation. server string to sign is:POST&%2F&SecurityToken%3Dtoken"}"#;
        let error = ApiError::from_rpc(Service::Ram, "GetRole", &response(400, &[], json));
        assert_eq!(
            error.message,
            "Specified signature does not match our calculation. server"
        );
        let json = br#"{"Code":"InvalidSecurityToken","Message":"bad token tok-1 of key sec-1"}"#;
        let credentials = Credentials {
            access_key: "id".into(),
            secret: Secret::new("sec-1"),
            security_token: Some(Secret::new("tok-1")),
        };
        let error = ApiError::from_rpc(Service::Ram, "GetRole", &response(400, &[], json));
        assert_eq!(
            error.without_secrets(&credentials).message,
            "bad token (secret) of key (secret)"
        );
    }

    #[test]
    fn a_secret_that_is_cut_in_half_is_hidden_too() {
        let secret = "cut/in-half+0123456789abcdef";
        crate::base::mask::remember(secret);
        let body = format!("{}{secret}", "x".repeat(190));
        let error = ApiError::from_ots("ListTable", &response(502, &[], body.as_bytes()));
        assert!(error.message.ends_with("x(secret)"), "{}", error.message);
    }

    #[test]
    fn all_shapes_of_huawei_errors_are_read() {
        for (body, code, message) in [
            (r#"{"error_code":"DIS.4301","error_msg":"gone"}"#, "DIS.4301", "gone"),
            (r#"{"errorCode":"DIS.4200","message":"bad"}"#, "DIS.4200", "bad"),
            (r#"{"code":"X","message":"m"}"#, "X", "m"),
            (
                r#"{"error":{"code":404,"message":"no agency","title":"Not Found"}}"#,
                "404",
                "no agency",
            ),
            (r#"{"error_msg":"only words"}"#, "", "only words"),
            ("<html>", "", "<html>"),
            ("[]", "", "[]"),
        ] {
            let reply = Response {
                status: 400,
                headers: vec![("x-request-id".into(), "r-1".into())],
                body: body.as_bytes().to_vec().into(),
            };
            let error = ApiError::from_huawei(Service::Dis, "X", &reply);
            let found = (error.code.as_str(), error.message.as_str(), error.request_id.as_str());
            assert_eq!(found, (code, message, "r-1"), "{body}");
        }
    }

    #[test]
    fn transport_errors_say_what_and_how_long() {
        let timed_out = |connecting| TransportError::TimedOut {
            endpoint: "h:1".into(),
            limit: Duration::from_secs(10),
            connecting,
        };
        assert_eq!(
            timed_out(true).to_string(),
            "h:1 did not accept a connection within 10s"
        );
        assert_eq!(timed_out(false).to_string(), "h:1 did not answer within 10s");
    }
}
